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

/* What parts two codes of a row; 0: nothing does. */
static size_t code_gap(const char *s, size_t size, size_t at)
{
	size_t n = 0;
	if (at < size && s[at] && strchr(" :,;-|/", s[at]))
		n = 1;
	if (n && s[at] != ' ' && at + 1 < size && s[at + 1] == ' ')
		n = 2;
	return n;
}

/* Letters and digits, spaces and dashes for the most part: what codes that stand for text stand for. */
static int reads_well(const char *s, size_t size)
{
	size_t good = 0;
	for (size_t i = 0; i < size; i++)
		good += is(s[i], LETTER | DIGIT) || s[i] == ' ' || s[i] == '-' || s[i] == '.';
	return good * 10 >= size * 9;
}

/* Hexadecimal digits in groups of two, four or eight, all parted by the same; or in one row. */
static size_t hex_row(const char *s, size_t size, size_t at, char *dst, size_t *n)
{
	size_t i = at, unit = 0, gap = 0;
	while (at + unit < size && unit <= 8 && hex(s[at + unit]) >= 0)
		unit++;
	if (unit != 2 && unit != 4 && unit != 8)
		unit = 0;
	if (unit && (gap = code_gap(s, size, at + unit)) == 0)
		unit = 0;
	int b;
	while ((b = hex_pair(s, size, i)) >= 0) {
		dst[(*n)++] = (char)b;
		i += 2;
		if (!unit || *n % (unit / 2) != 0)
			continue;
		if (i + gap >= size || memcmp(s + i, s + at + unit, gap) != 0 || hex_pair(s, size, i + gap) < 0)
			break;
		i += gap;
	}
	int odd = i < size && is(s[i], LETTER | DIGIT), letters = 0, words = 0;
	for (size_t k = at; k < i; k++)
		letters |= is_letter(s[k]);
	for (size_t k = 0; k < *n; k++)
		words |= !is_number(dst[k]);
	/* a row of digits is most likely a number: only another number may hide in it */
	return *n < HEX_BYTES_MIN || odd || (!letters && words) ? 0 : i - at;
}

/* 0x34 0x35, or 0x3435… */
static size_t hex_marked(const char *s, size_t size, size_t at, char *dst, size_t *n)
{
	size_t i = at, end = at;
	int b;
	while (i + 4 <= size && s[i] == '0' && (s[i + 1] | 0x20) == 'x') {
		size_t from = i += 2;
		for (; (b = hex_pair(s, size, i)) >= 0; i += 2)
			dst[(*n)++] = (char)b;
		if (i == from || (i < size && is(s[i], LETTER | DIGIT)))
			return 0;
		end = i;
		i += code_gap(s, size, i);
	}
	return *n < HEX_BYTES_MIN ? 0 : end - at;
}

size_t decode_hex(const char *s, size_t size, size_t at, char *dst, size_t *n)
{
	return at + 1 < size && s[at] == '0' && (s[at + 1] | 0x20) == 'x' ? hex_marked(s, size, at, dst, n) : hex_row(s, size, at, dst, n);
}

/* Codes of characters in one base, the same number of digits each if width is not 0. */
static size_t codes(const char *s, size_t size, size_t at, int base, size_t width, char *dst, size_t *n)
{
	size_t i = at, end = at;
	for (*n = 0; i < size;) {
		int value = 0;
		size_t from = i;
		while (i < size && is_digit(s[i]) && s[i] - '0' < base && i - from < 9)
			value = value * base + (s[i++] - '0');
		if (i == from || (width && i - from != width) || (i < size && is(s[i], LETTER | DIGIT)) || value < ' ' || value > '~')
			break;
		dst[(*n)++] = (char)value;
		end = i;
		size_t gap = code_gap(s, size, i);
		if (gap == 0)
			break;
		i += gap;
	}
	return *n < HEX_BYTES_MIN || !reads_well(dst, *n) ? 0 : end - at;
}

/* Bits in one row, eight for each character. */
static size_t bits(const char *s, size_t size, size_t at, char *dst, size_t *n)
{
	size_t i = at;
	unsigned value = 0;
	for (*n = 0; i < size && (s[i] == '0' || s[i] == '1'); i++) {
		value = value << 1 | (unsigned)(s[i] - '0');
		if ((i - at) % 8 == 7)
			dst[(*n)++] = (char)value;
	}
	return *n < HEX_BYTES_MIN || (i - at) % 8 != 0 || (i < size && is(s[i], LETTER | DIGIT)) || !reads_well(dst, *n) ? 0 : i - at;
}

size_t decode_codes(const char *s, size_t size, size_t at, char *dst, size_t *n)
{
	size_t width = 0, len = 0;
	while (at + width < size && width < 65 && is_digit(s[at + width]))
		width++;
	if (width == 2 || width == 3)
		len = width == 3 && s[at] <= '1' ? codes(s, size, at, 8, 3, dst, n) : 0;
	if (!len && (width == 2 || width == 3))
		len = codes(s, size, at, 10, 0, dst, n);
	if (!len && (width == 7 || width == 8))
		len = codes(s, size, at, 2, width, dst, n);
	return !len && width > 63 ? bits(s, size, at, dst, n) : len;
}

/* RFC 4648 section 6, in either case; not in both. */
size_t decode_base32(const char *s, size_t size, size_t at, char *dst, size_t *n)
{
	uint64_t value = 0;
	unsigned have = 0, cases = 0;
	size_t i = at;
	for (; i < size && (is_letter(s[i]) || (s[i] >= '2' && s[i] <= '7')); i++) {
		cases |= s[i] >= 'a' ? 1 : s[i] >= 'A' ? 2 : 0;
		value = value << 5 | (unsigned)(s[i] >= 'A' ? (s[i] | 0x20) - 'a' : s[i] - '2' + 26);
		have += 5;
		if (have < 8)
			continue;
		have -= 8;
		dst[(*n)++] = (char)(value >> have);
		if (is_control(dst[*n - 1]) || (unsigned char)dst[*n - 1] >= 0x80)
			return 0; /* most words end here */
	}
	if (i - at < BASE64_MIN || cases == 3 || (i < size && is(s[i], LETTER | DIGIT)) || !reads_well(dst, *n))
		return 0;
	while (i < size && s[i] == '=')
		i++;
	return i - at;
}

static int base64_value(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26 : is_digit(c) ? c - '0' + 52 : c == '+' || c == '-' ? 62 : 63;
}

/* Is the byte at place i of text that may have each ASCII character in two bytes, as Windows has it? */
static int fits_wide(const char *dst, size_t i)
{
	return i % 2 ? dst[i] == '\0' : (unsigned char)dst[i] < 0x80 && !is_control(dst[i]);
}

static int fits_text(const char *dst, size_t i)
{
	if (is_control(dst[i]))
		return 0; /* no text: most words end here */
	if (i != 0)
		return 1;
	/* no UTF-8: most numbers end here */
	return (unsigned char)dst[0] < 0xf5 && ((unsigned char)dst[0] < 0x80 || ((unsigned char)dst[1] & 0xc0) == 0x80);
}

static size_t from_wide(char *dst, size_t n)
{
	size_t o = 0;
	for (size_t i = 0; i < n; i += 2)
		dst[o++] = dst[i];
	return o;
}

/* Lines of it are joined, as MIME writes them. */
size_t decode_base64(const char *s, size_t size, size_t at, char *dst, size_t *n)
{
	size_t i = at, chars = 0;
	uint32_t bits = 0;
	int (*fits)(const char *dst, size_t i) = fits_text;
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
			if (*n == 3 && dst[1] == '\0')
				fits = fits_wide;
			if (!fits(dst, *n - 3) || !fits(dst, *n - 2) || !fits(dst, *n - 1))
				return 0;
		}
	}
	if (chars < BASE64_MIN || chars % 4 == 1)
		return 0;
	if (chars % 4 >= 2)
		dst[(*n)++] = (char)(bits >> (chars % 4 == 2 ? 4 : 10));
	if (chars % 4 == 3)
		dst[(*n)++] = (char)(bits >> 2);
	if (fits == fits_wide)
		*n = from_wide(dst, *n);
	while (i < size && s[i] == '=' && chars++ % 4)
		i++;
	return i - at;
}
