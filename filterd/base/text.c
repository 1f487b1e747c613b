#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int text_decode(const char *str, size_t size, uint32_t *cp_r)
{
	const unsigned char *s = (const unsigned char *)str;
	if (size == 0)
		return 0;
	if (s[0] < 0x80) {
		*cp_r = s[0];
		return 1;
	}
	int n = s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : s[0] >= 0xe0 && s[0] < 0xf0 ? 3 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : 0;
	if (n == 0 || size < (size_t)n)
		return 0;
	uint32_t cp = s[0] & (0x7fu >> n);
	for (int i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		cp = cp << 6 | (s[i] & 0x3f);
	}
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	if (cp < least[n] || cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000))
		return 0;
	*cp_r = cp;
	return n;
}

int text_encode(uint32_t cp, char dst[4])
{
	if (cp < 0x80) {
		dst[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		dst[0] = (char)(0xc0 | cp >> 6);
		dst[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		dst[0] = (char)(0xe0 | cp >> 12);
		dst[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		dst[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	dst[0] = (char)(0xf0 | cp >> 18);
	dst[1] = (char)(0x80 | (cp >> 12 & 0x3f));
	dst[2] = (char)(0x80 | (cp >> 6 & 0x3f));
	dst[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}

bool text_is_utf8(const char *s, size_t size)
{
	uint32_t cp;
	for (size_t i = 0; i < size;) {
		int n = text_decode(s + i, size - i, &cp);
		if (n == 0)
			return false;
		i += (size_t)n;
	}
	return true;
}

static bool is_control(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x2028 || cp == 0x2029 || cp == 0x200e || cp == 0x200f ||
	       cp == 0x61c || (cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069) || cp == 0xfeff;
}

const char *text_quote(char *dst, size_t dst_size, const char *s, size_t size)
{
	static const char cut[] = "…";
	size_t room = dst_size - sizeof cut; /* always room for the mark and a NUL */
	size_t o = 0;
	for (size_t i = 0; i < size;) {
		char piece[16];
		uint32_t cp = 0;
		int n = text_decode(s + i, size - i, &cp), len;
		if (n == 0) {
			len = snprintf(piece, sizeof piece, "\\x{%02x}", (unsigned char)s[i]);
			n = 1;
		} else if (is_control(cp)) {
			len = snprintf(piece, sizeof piece, "\\u{%x}", cp);
		} else if (cp == '\\' || cp == '"') {
			piece[0] = '\\';
			piece[1] = (char)cp;
			len = 2;
		} else {
			memcpy(piece, s + i, (size_t)n);
			len = n;
		}
		if (o + (size_t)len > room) {
			memcpy(dst + o, cut, sizeof cut);
			return dst;
		}
		memcpy(dst + o, piece, (size_t)len);
		o += (size_t)len;
		i += (size_t)n;
	}
	dst[o] = '\0';
	return dst;
}

void text_hex(char *dst, const void *data, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *p = data;
	for (size_t i = 0; i < size; i++) {
		dst[2 * i] = digits[p[i] >> 4];
		dst[2 * i + 1] = digits[p[i] & 15];
	}
	dst[2 * size] = '\0';
}

static int nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int text_unhex(void *dst, size_t size, const char *s)
{
	unsigned char *p = dst;
	if (strlen(s) != 2 * size)
		return -1;
	for (size_t i = 0; i < size; i++) {
		int hi = nibble(s[2 * i]), lo = nibble(s[2 * i + 1]);
		if (hi < 0 || lo < 0)
			return -1;
		p[i] = (unsigned char)(hi << 4 | lo);
	}
	return 0;
}

int text_size(const char *s, int64_t *size_r)
{
	char *rest;
	errno = 0;
	if (!isdigit((unsigned char)*s))
		return -1;
	long long v = strtoll(s, &rest, 10);
	if (errno)
		return -1;
	while (*rest == ' ')
		rest++;
	int shift = *rest == 'K' ? 10 : *rest == 'M' ? 20 : *rest == 'G' ? 30 : 0;
	if (shift)
		rest++;
	if (shift && strncmp(rest, "iB", 2) == 0)
		rest += 2;
	else if (*rest == 'B')
		rest++;
	if (*rest || v > INT64_MAX >> shift)
		return -1;
	*size_r = (int64_t)v << shift;
	return 0;
}

/* Bytes of the code point at s; of what is no UTF-8, one. */
static size_t point(const char *s, size_t size)
{
	uint32_t cp;
	int n = text_decode(s, size, &cp);
	return n > 0 ? (size_t)n : 1;
}

bool text_glob_part(const char *pattern, size_t pattern_size, const char *s, size_t size)
{
	size_t p = 0, i = 0, star = SIZE_MAX, retry = 0; /* the last star seen; what lies before it fits already */
	while (i < size) {
		if (p < pattern_size && pattern[p] == '*') {
			star = p++;
			retry = i;
		} else if (p < pattern_size && pattern[p] == '?') {
			p++;
			i += point(s + i, size - i);
		} else if (p < pattern_size && tolower((unsigned char)pattern[p]) == tolower((unsigned char)s[i])) {
			p++;
			i++;
		} else if (star != SIZE_MAX) { /* it stands for one more */
			p = star + 1;
			retry += point(s + retry, size - retry);
			i = retry;
		} else {
			return false;
		}
	}
	while (p < pattern_size && pattern[p] == '*')
		p++;
	return p == pattern_size;
}

bool text_glob(const char *pattern, const char *s, size_t size)
{
	return text_glob_part(pattern, strlen(pattern), s, size);
}
