#include "detect/decoders.h"

#include "base/text.h"

#include <string.h>

/* Hexadecimal or decimal digits; 0 if there are none or it is no code point. */
static size_t code_point(const char *s, size_t size, size_t at, unsigned base, uint32_t *cp_r)
{
	uint32_t cp = 0;
	size_t i = at;
	for (; i < size && i < at + 8; i++) {
		int v = hex(s[i]);
		if (v < 0 || (unsigned)v >= base)
			break;
		cp = cp * base + (uint32_t)v;
	}
	*cp_r = cp;
	return cp > 0 && cp <= 0x10ffff && !(cp >= 0xd800 && cp <= 0xdfff) ? i - at : 0;
}

size_t decode_entity(const char *s, size_t size, size_t at, char *dst, size_t *n)
{
	static const struct {
		const char *name, *text;
	} names[] = {
		{ "&lt;", "<" }, { "&gt;", ">" }, { "&amp;", "&" }, { "&quot;", "\"" }, { "&apos;", "'" }, { "&nbsp;", " " }, { "&shy;", "" }, { "&zwnj;", "" },
		{ "&zwj;", "" }, { "&ZeroWidthSpace;", "" }, { "&NoBreak;", "" }, { "&ensp;", " " }, { "&emsp;", " " }, { "&thinsp;", " " }, { "&hairsp;", " " },
		{ "&Tab;", "\t" }, { "&NewLine;", "\n" }, { "&hyphen;", "-" }, { "&dash;", "-" }, { "&ndash;", "-" }, { "&mdash;", "-" }, { "&minus;", "-" },
		{ "&period;", "." }, { "&comma;", "," }, { "&colon;", ":" }, { "&semi;", ";" }, { "&sol;", "/" }, { "&bsol;", "\\" }, { "&lowbar;", "_" },
		{ "&plus;", "+" }, { "&equals;", "=" }, { "&commat;", "@" }, { "&num;", "#" }, { "&ast;", "*" }, { "&lpar;", "(" }, { "&rpar;", ")" }, { "&vert;", "|" },
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t len = strlen(names[i].name);
		if (len <= size - at && memcmp(s + at, names[i].name, len) == 0) {
			*n = strlen(names[i].text);
			memcpy(dst, names[i].text, *n);
			return len;
		}
	}
	if (size - at < 3 || s[at + 1] != '#')
		return 0;
	int x = s[at + 2] == 'x' || s[at + 2] == 'X';
	size_t from = at + 2 + (size_t)x;
	uint32_t cp;
	size_t digits = code_point(s, size, from, x ? 16 : 10, &cp);
	if (!digits)
		return 0;
	*n = (size_t)text_encode(cp, dst);
	from += digits;
	return from - at + (from < size && s[from] == ';'); /* browsers read it without, too */
}

/* Pairs of hexadecimal digits behind a mark, as many as follow each other. */
static size_t marked_pairs(const char *s, size_t size, size_t at, char mark, char *dst, size_t *n)
{
	size_t i = at;
	int b;
	while (i < size && s[i] == mark && (b = hex_pair(s, size, i + 1)) >= 0) {
		dst[(*n)++] = (char)b;
		i += 3;
	}
	return i - at;
}

/* Four hexadecimal digits; 0 if they are none or no code point. */
static uint32_t four_digits(const char *s, size_t size, size_t at)
{
	int high = hex_pair(s, size, at), low = high < 0 ? -1 : hex_pair(s, size, at + 2);
	uint32_t cp = low < 0 ? 0 : (uint32_t)(high << 8 | low);
	return cp >= 0xd800 && cp <= 0xdfff ? 0 : cp;
}

size_t decode_percent(const char *s, size_t size, size_t at, char *dst, size_t *n)
{
	uint32_t cp;
	if (at + 1 < size && s[at + 1] == 'u' && (cp = four_digits(s, size, at + 2)) != 0) { /* as escape() of JavaScript writes it */
		*n = (size_t)text_encode(cp, dst);
		return 6;
	}
	return marked_pairs(s, size, at, '%', dst, n);
}

size_t decode_quoted(const char *s, size_t size, size_t at, char *dst, size_t *n)
{
	size_t i = at + 1;
	if (i < size && s[i] == '\r')
		i++;
	if (i < size && s[i] == '\n')
		return i + 1 - at;
	return marked_pairs(s, size, at, '=', dst, n);
}

static size_t one_backslash(const char *s, size_t size, size_t at, uint32_t *cp_r)
{
	char c = at + 1 < size ? s[at + 1] : 0;
	size_t from = at + 2, n = c == 'u' ? 4 : c == 'x' ? 2 : c == 'U' ? 8 : 0;
	uint32_t cp = 0;
	if (!n)
		return 0;
	if (from < size && s[from] == '{') {
		size_t digits = code_point(s, size, from + 1, 16, cp_r);
		from += 1 + digits;
		return digits && from < size && s[from] == '}' ? from + 1 - at : 0;
	}
	for (size_t i = 0; i < n; i++) {
		int v = from + i < size ? hex(s[from + i]) : -1;
		if (v < 0)
			return 0;
		cp = cp << 4 | (uint32_t)v;
	}
	*cp_r = cp;
	return 2 + n;
}

/* \064 as in C and of shells, \n \" \/ and the like as in JSON. */
static size_t short_backslash(const char *s, size_t size, size_t at, char *dst, size_t *n)
{
	static const char from[] = "nrt\"/'\\", to[] = "\n\r\t\"/'\\";
	char c = at + 1 < size ? s[at + 1] : '\0';
	const char *p = c ? strchr(from, c) : NULL;
	if (p) {
		dst[(*n)++] = to[p - from];
		return 2;
	}
	unsigned value = 0;
	size_t i = at + 1;
	while (i < size && i < at + 4 && s[i] >= '0' && s[i] <= '7')
		value = value * 8 + (unsigned)(s[i++] - '0');
	if (i - at < 3 || value < ' ' || value > '~')
		return 0;
	dst[(*n)++] = (char)value;
	return i - at;
}

size_t decode_u_plus(const char *s, size_t size, size_t at, char *dst, size_t *n)
{
	size_t i = at, count = 0;
	uint32_t cp;
	while (i + 6 <= size && s[i] == 'U' && s[i + 1] == '+' && (cp = four_digits(s, size, i + 2)) != 0 && (i + 6 == size || hex(s[i + 6]) < 0)) {
		*n += (size_t)text_encode(cp, dst + *n);
		count++;
		i += 6;
		if (i + 1 < size && (s[i] == ' ' || s[i] == ',') && s[i + 1] == 'U')
			i++;
	}
	return count > 1 ? i - at : 0;
}

size_t decode_backslash(const char *s, size_t size, size_t at, char *dst, size_t *n)
{
	uint32_t cp = 0, low = 0;
	size_t len = one_backslash(s, size, at, &cp), more;
	if (!len)
		return short_backslash(s, size, at, dst, n);
	if (cp >= 0xd800 && cp <= 0xdbff && (more = one_backslash(s, size, at + len, &low)) && low >= 0xdc00 && low <= 0xdfff) {
		cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
		len += more;
	}
	if (cp == 0 || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return 0;
	*n = (size_t)text_encode(cp, dst);
	return len;
}
