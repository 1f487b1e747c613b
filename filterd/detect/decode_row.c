#include "detect/decoders.h"

#include <string.h>

static int is_base64(char c)
{
	return is(c, BASE64);
}

static int is_number(char c)
{
	return is_digit(c) || c == ' ' || c == '-' || c == '.' || c == '/';
}

enum { CHANCE_MAX = 64 };

int decode_is_chance(const char *s, size_t size, size_t at)
{
	int b = hex_pair(s, size, at);
	if (b < 0 || is_number((char)b))
		return 0;
	size_t end = size - at > CHANCE_MAX ? at + CHANCE_MAX : size;
	while (at < end && is(s[at], DIGIT))
		at++;
	return at == size || (at < end && !is(s[at], LETTER) && !strchr(" :,-", s[at]));
}

/* All pairs stand close, or all are parted by the same one of space, colon, comma or dash. */
size_t decode_hex(const char *s, size_t size, size_t at, char *dst, size_t *n)
{
	size_t i = at;
	char sep = at + 2 < size && s[at + 2] && strchr(" :,-", s[at + 2]) ? s[at + 2] : 0;
	int b;
	while ((b = hex_pair(s, size, i)) >= 0) {
		dst[(*n)++] = (char)b;
		i += 2;
		if (!sep)
			continue;
		if (i >= size || s[i] != sep || hex_pair(s, size, i + 1) < 0)
			break;
		i++;
	}
	int odd = i < size && (is_letter(s[i]) || is_digit(s[i])), letters = 0, words = 0;
	for (size_t k = at; k < i; k++)
		letters |= is_letter(s[k]);
	for (size_t k = 0; k < *n; k++)
		words |= !is_number(dst[k]);
	/* a row of digits is most likely a number: only another number may hide in it */
	return *n < HEX_BYTES_MIN || odd || (!letters && words) ? 0 : i - at;
}

static int base64_value(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26 : is_digit(c) ? c - '0' + 52 : c == '+' || c == '-' ? 62 : 63;
}

/* Lines of it are joined, as MIME writes them. */
size_t decode_base64(const char *s, size_t size, size_t at, char *dst, size_t *n)
{
	size_t i = at, chars = 0;
	uint32_t bits = 0;
	for (;; i++) {
		size_t next = i;
		if (chars >= BASE64_MIN && next < size && s[next] == '\r')
			next++;
		if (chars >= BASE64_MIN && next < size && s[next] == '\n')
			next++;
		if (next >= size || !is_base64(s[next]))
			break;
		i = next;
		bits = bits << 6 | (uint32_t)base64_value(s[i]);
		if (++chars % 4 == 0) {
			dst[(*n)++] = (char)(bits >> 16);
			dst[(*n)++] = (char)(bits >> 8);
			dst[(*n)++] = (char)bits;
			if (is_control(dst[*n - 3]) || is_control(dst[*n - 2]) || is_control(dst[*n - 1]))
				return 0; /* no text: most words end here */
			if (*n == 3 && ((unsigned char)dst[0] >= 0xf5 || ((unsigned char)dst[0] >= 0x80 && ((unsigned char)dst[1] & 0xc0) != 0x80)))
				return 0; /* no UTF-8: most numbers end here */
		}
	}
	if (chars < BASE64_MIN || chars % 4 == 1)
		return 0;
	if (chars % 4 >= 2)
		dst[(*n)++] = (char)(bits >> (chars % 4 == 2 ? 4 : 10));
	if (chars % 4 == 3)
		dst[(*n)++] = (char)(bits >> 2);
	while (i < size && s[i] == '=' && chars++ % 4)
		i++;
	return i - at;
}
