#include "model/edge.h"

#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t dots(const char *s, size_t size)
{
	size_t n = 0;
	while (n < size && s[n] == '.')
		n++;
	return n >= 2 ? n : 0;
}

size_t edge_front(const char *text, size_t size)
{
	size_t at = 0;
	for (size_t n = 1; at < size && n > 0; at += n) {
		const char *s = text + at;
		n = is_space(*s) ? 1 : *s == '.' ? dots(s, size - at) : size - at >= 3 && memcmp(s, "…", 3) == 0 ? 3 : 0;
	}
	return at;
}

/* Where what it says ends. */
static size_t trim(const char *text, size_t from, size_t size)
{
	while (size > from) {
		const char *last = text + size - 1;
		if (is_space(*last)) {
			size--;
		} else if (size - from >= 3 && memcmp(last - 2, "…", 3) == 0) {
			size -= 3;
		} else if (size - from >= 2 && last[0] == '.' && last[-1] == '.') {
			while (size > from && text[size - 1] == '.')
				size--;
		} else {
			break;
		}
	}
	return size;
}

static bool is_token(const char *s, size_t from, size_t size)
{
	size_t at = size, digits = 0;
	while (at > from && (unsigned char)s[at - 1] > ' ') {
		const char c = s[--at];
		digits += is_digit(c);
		if (c == '_' || (c >= 'A' && c <= 'Z' && at > from && (unsigned char)s[at - 1] > ' ') || size - at >= EDGE_LONG_WORD)
			return true;
	}
	return digits > 0 && digits < size - at;
}

struct edge edge_find(const char *text, size_t size)
{
	struct edge e = { .front = edge_front(text, size), .word = true };
	const size_t end = trim(text, e.front, size);
	e.back = size - end;
	for (size_t i = e.front; e.word && i < end; i++)
		e.word = !is_space(text[i]);
	e.token = is_token(text, e.front, end);
	return e;
}

bool edge_goes_on(bool token, char last, char next)
{
	return (is_digit(last) && is_digit(next)) || (token && (unsigned char)next > ' ');
}
