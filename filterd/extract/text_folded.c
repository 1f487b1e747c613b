#include "extract/text_folded.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool begins(const char *s, size_t size, const char *with)
{
	return size >= strlen(with) && strncasecmp(s, with, strlen(with)) == 0;
}

bool text_folded_is(const char *s, size_t size)
{
	static const char *const starts[] = { "BEGIN:VCARD", "BEGIN:VCALENDAR", "BEGIN:VNOTE", "dn: ", "dn:: ", "version: 1\n", "version: 1\r\n" };
	while (size > 0 && isspace((unsigned char)*s))
		s++, size--;
	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
		if (begins(s, size, starts[i]))
			return true;
	return false;
}

/* The length of a line's end at s that is only a fold, with the blank behind it; else 0. */
static size_t fold(const char *s, size_t size)
{
	size_t n = size > 0 && s[0] == '\r';
	if (n == size || s[n] != '\n' || n + 1 >= size || (s[n + 1] != ' ' && s[n + 1] != '\t'))
		return 0;
	return n + 2;
}

/* Whether the value of the line at s is quoted-printable (vCard 2.1, 2.1.3). */
static bool is_quoted(const char *s, size_t size)
{
	static const char mark[] = "QUOTED-PRINTABLE";
	const char *colon = memchr(s, ':', size);
	for (size_t n = colon ? (size_t)(colon - s) : 0; n >= sizeof mark - 1; n--, s++)
		if (begins(s, n, mark))
			return true;
	return false;
}

static int hex(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? (c | 0x20) - 'a' + 10 : -1;
}

/* One line, its end included; returns its length. */
static size_t add_quoted(struct text_out *o, const char *s, size_t size)
{
	struct text_out bytes = { .max = size };
	size_t i = 0;
	while (i < size && s[i] != '\n') {
		size_t soft = i + 1 + (i + 1 < size && s[i + 1] == '\r');
		if (s[i] == '=' && soft < size && s[soft] == '\n') {
			i = soft + 1;
		} else if (s[i] == '=' && i + 2 < size && hex(s[i + 1]) >= 0 && hex(s[i + 2]) >= 0) {
			char c = (char)(hex(s[i + 1]) * 16 + hex(s[i + 2]));
			text_out_add(&bytes, &c, 1);
			i += 3;
		} else {
			text_out_add(&bytes, s + i++, 1);
		}
	}
	if (bytes.len > 0)
		text_out_decoded(o, NULL, bytes.data, bytes.len);
	o->full |= bytes.full;
	text_out_free(&bytes);
	text_out_add(o, "\n", 1);
	return i + (i < size);
}

static size_t add_line(struct text_out *o, const char *s, size_t size)
{
	size_t i = 0;
	bool folded = false;
	while (i < size) {
		size_t n = fold(s + i, size - i);
		if (n > 0) {
			folded = true;
			i += n;
		} else if (s[i] == '\n') {
			/* a long one may be base64, and the next is none of it */
			text_out_add(o, "\n\n", folded ? 2 : 1);
			return i + 1;
		} else if (s[i] == '\\' && i + 1 < size && s[i + 1] && strchr("nN,;\\:", s[i + 1])) {
			text_out_add(o, tolower((unsigned char)s[i + 1]) == 'n' ? "\n" : s + i + 1, 1);
			i += 2;
		} else {
			for (n = 1; i + n < size && !strchr("\r\n\\", s[i + n]); n++)
				;
			text_out_add(o, s + i, n);
			i += n;
		}
	}
	return i;
}

void text_folded_add(struct text_out *o, const char *s, size_t size)
{
	for (size_t i = 0; i < size && !o->full;) {
		const char *end = memchr(s + i, '\n', size - i);
		size_t line = end ? (size_t)(end - s) - i : size - i;
		i += (is_quoted(s + i, line) ? add_quoted : add_line)(o, s + i, size - i);
	}
}
