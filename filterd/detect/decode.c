#include "detect/decode.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { HEX_BYTES_MIN = 8, BASE64_MIN = 16, SPELLED_MIN = 8, WORD_MAX = 8, DECODE_WORK = 8, DECODE_WORK_MIN = 4096 };

/* What a byte can be part of. */
enum { LETTER = 1, DIGIT = 2, BASE64 = 4, HEX = 8, MARK = 16, ALIKE = 32 };

#define D (DIGIT | BASE64 | HEX)
#define H (LETTER | BASE64 | HEX)
#define L (LETTER | BASE64)
static const uint8_t kind[256] = {
	['%'] = MARK, ['&'] = MARK, ['='] = MARK, ['\\'] = MARK, ['+'] = BASE64, ['-'] = BASE64, ['/'] = BASE64, ['_'] = BASE64,
	['0'] = D, D, D, D, D, D, D, D, D, D,
	['A'] = H, H, H, H, H, H, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
	['a'] = H, H, H, H, H, H, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
	[0xc4] = ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, ALIKE,
};
#undef D
#undef H
#undef L

static int is(char c, unsigned kinds)
{
	return kind[(unsigned char)c] & kinds;
}

static int hex(char c)
{
	return !is(c, HEX) ? -1 : c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

static int hex_pair(const char *s, size_t size, size_t at)
{
	return at + 2 <= size && is(s[at], HEX) && is(s[at + 1], HEX) ? hex(s[at]) << 4 | hex(s[at + 1]) : -1;
}

static int is_letter(char c)
{
	return is(c, LETTER);
}

static int is_digit(char c)
{
	return is(c, DIGIT);
}

static int is_base64(char c)
{
	return is(c, BASE64);
}

static int is_control(char c)
{
	return ((unsigned char)c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
}

/* A decoder reads one piece at s[at] and writes what it stands for to dst, which is as long as what is left of s.  Returns how
 * many bytes it has read, 0: it is nothing for it. */
typedef size_t (*decoder)(const char *s, size_t size, size_t at, char *dst, size_t *n);

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

static size_t entity(const char *s, size_t size, size_t at, char *dst, size_t *n)
{
	static const struct {
		const char *name, *text;
	} names[] = { { "&lt;", "<" }, { "&gt;", ">" }, { "&amp;", "&" }, { "&quot;", "\"" }, { "&apos;", "'" }, { "&nbsp;", " " }, { "&shy;", "" }, { "&zwnj;", "" } };
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

static size_t percent(const char *s, size_t size, size_t at, char *dst, size_t *n)
{
	return marked_pairs(s, size, at, '%', dst, n);
}

static size_t quoted(const char *s, size_t size, size_t at, char *dst, size_t *n)
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

static size_t backslash(const char *s, size_t size, size_t at, char *dst, size_t *n)
{
	uint32_t cp = 0, low = 0;
	size_t len = one_backslash(s, size, at, &cp), more;
	if (!len)
		return 0;
	if (cp >= 0xd800 && cp <= 0xdbff && (more = one_backslash(s, size, at + len, &low)) && low >= 0xdc00 && low <= 0xdfff) {
		cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
		len += more;
	}
	if (cp == 0 || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return 0;
	*n = (size_t)text_encode(cp, dst);
	return len;
}

static int is_number(char c)
{
	return is_digit(c) || c == ' ' || c == '-' || c == '.' || c == '/';
}

enum { CHANCE_MAX = 64 };

/* A row in digits alone that does not stand for a number, told at its first pair. */
static int is_chance(const char *s, size_t size, size_t at)
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
static size_t hex_row(const char *s, size_t size, size_t at, char *dst, size_t *n)
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
static size_t base64(const char *s, size_t size, size_t at, char *dst, size_t *n)
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

/* The first two letters of a digit word. */
static int begins_digit_word(const char *s)
{
#define SECOND(c) (UINT32_C(1) << ((c) - 'a'))
	static const uint32_t second[26] = {
		['z' - 'a'] = SECOND('e') | SECOND('w'), ['o' - 'a'] = SECOND('h') | SECOND('n') | SECOND('c'), ['n' - 'a'] = SECOND('u') | SECOND('i') | SECOND('e'),
		['c' - 'a'] = SECOND('e') | SECOND('u') | SECOND('i'), ['e' - 'a'] = SECOND('i'), ['u' - 'a'] = SECOND('n'),
		['t' - 'a'] = SECOND('w') | SECOND('h') | SECOND('r'), ['d' - 'a'] = SECOND('e') | SECOND('o') | SECOND('r'),
		['f' - 'a'] = SECOND('o') | SECOND('i') | SECOND('u'), ['v' - 'a'] = SECOND('i'), ['q' - 'a'] = SECOND('u'),
		['s' - 'a'] = SECOND('i') | SECOND('e'), ['a' - 'a'] = SECOND('c'), ['h' - 'a'] = SECOND('u'),
	};
#undef SECOND
	if (!is_letter(s[0]) || !is_letter(s[1]))
		return 0;
	return second[(s[0] | 0x20) - 'a'] >> ((s[1] | 0x20) - 'a') & 1;
}

static int digit_word(const char *w, size_t size)
{
	/* as the view writes them: without marks; in order */
	static const struct {
		const char name[WORD_MAX];
		uint8_t size;
		char digit;
	} words[] = {
		{ "acht", 4, '8' }, { "cero", 4, '0' }, { "cinco", 5, '5' }, { "cinq", 4, '5' }, { "cuatro", 6, '4' }, { "deux", 4, '2' }, { "dos", 3, '2' }, { "drei", 4, '3' },
		{ "eight", 5, '8' }, { "ein", 3, '1' }, { "eins", 4, '1' }, { "five", 4, '5' }, { "four", 4, '4' }, { "fuenf", 5, '5' }, { "funf", 4, '5' }, { "huit", 4, '8' },
		{ "neuf", 4, '9' }, { "neun", 4, '9' }, { "nil", 3, '0' }, { "nine", 4, '9' }, { "nueve", 5, '9' }, { "null", 4, '0' }, { "ocho", 4, '8' }, { "oh", 2, '0' },
		{ "one", 3, '1' }, { "quatre", 6, '4' }, { "sechs", 5, '6' }, { "seis", 4, '6' }, { "sept", 4, '7' }, { "seven", 5, '7' }, { "sieben", 6, '7' }, { "siete", 5, '7' },
		{ "six", 3, '6' }, { "three", 5, '3' }, { "tres", 4, '3' }, { "trois", 5, '3' }, { "two", 3, '2' }, { "un", 2, '1' }, { "une", 3, '1' }, { "uno", 3, '1' },
		{ "vier", 4, '4' }, { "zero", 4, '0' }, { "zwei", 4, '2' }, { "zwo", 3, '2' },
	};
	static const uint8_t first[27] = { 0, 1, 1, 5, 8, 11, 15, 15, 16, 16, 16, 16, 16, 16, 22, 25, 25, 26, 26, 33, 37, 40, 41, 41, 41, 41, 44 };
	if (size >= WORD_MAX || size < 2 || !begins_digit_word(w))
		return -1;
	unsigned letter = (unsigned)(w[0] | 0x20) - 'a';
	for (unsigned i = first[letter]; i < first[letter + 1]; i++) {
		size_t k = 1;
		while (k < size && words[i].size == size && (w[k] | 0x20) == words[i].name[k])
			k++;
		if (k == size)
			return words[i].digit;
	}
	return -1;
}

/* Single digits between them count too; what parts them is one or two characters. */
static size_t spelled(const char *s, size_t size, size_t at, char *dst, size_t *n)
{
	size_t end = at, i = at, words = 0;
	while (i < size) {
		size_t to = i;
		while (to < size && is_letter(s[to]) && to - i <= WORD_MAX)
			to++;
		int d = to > i ? digit_word(s + i, to - i) : is_digit(s[i]) && (i + 1 == size || !is_digit(s[i + 1])) ? s[to++] : -1;
		if (d < 0 || (to < size && is_letter(s[to])))
			break;
		words += to - i > 1;
		dst[(*n)++] = (char)d;
		end = i = to;
		while (i < size && i < end + 2 && s[i] && strchr(" ,-.;/\n", s[i]))
			i++;
	}
	return words >= SPELLED_MIN ? end - at : 0;
}

/* The Latin letter that this one of another script looks like (UTS #39, confusables), or 0. */
static char looks_like(uint32_t cp)
{
	static const struct {
		uint16_t cp;
		char letter;
	} rows[] = {
		{ 0x0131, 'i' }, { 0x0251, 'a' }, { 0x0261, 'g' }, { 0x0269, 'i' }, { 0x028f, 'y' }, { 0x0391, 'A' },
		{ 0x0392, 'B' }, { 0x0395, 'E' }, { 0x0396, 'Z' }, { 0x0397, 'H' }, { 0x0399, 'I' }, { 0x039a, 'K' },
		{ 0x039c, 'M' }, { 0x039d, 'N' }, { 0x039f, 'O' }, { 0x03a1, 'P' }, { 0x03a4, 'T' }, { 0x03a5, 'Y' },
		{ 0x03a7, 'X' }, { 0x03b1, 'a' }, { 0x03b2, 'b' }, { 0x03b3, 'y' }, { 0x03b5, 'e' }, { 0x03b7, 'n' },
		{ 0x03b9, 'i' }, { 0x03ba, 'k' }, { 0x03bd, 'v' }, { 0x03bf, 'o' }, { 0x03c1, 'p' }, { 0x03c3, 'o' },
		{ 0x03c4, 't' }, { 0x03c5, 'u' }, { 0x03c7, 'x' }, { 0x03c9, 'w' }, { 0x03f2, 'c' }, { 0x03f3, 'j' },
		{ 0x0405, 'S' }, { 0x0406, 'I' }, { 0x0408, 'J' }, { 0x0410, 'A' }, { 0x0412, 'B' }, { 0x0415, 'E' },
		{ 0x041a, 'K' }, { 0x041c, 'M' }, { 0x041d, 'H' }, { 0x041e, 'O' }, { 0x0420, 'P' }, { 0x0421, 'C' },
		{ 0x0422, 'T' }, { 0x0423, 'Y' }, { 0x0425, 'X' }, { 0x042c, 'b' }, { 0x0430, 'a' }, { 0x0432, 'b' },
		{ 0x0433, 'r' }, { 0x0435, 'e' }, { 0x043a, 'k' }, { 0x043c, 'm' }, { 0x043d, 'h' }, { 0x043e, 'o' },
		{ 0x0440, 'p' }, { 0x0441, 'c' }, { 0x0442, 't' }, { 0x0443, 'y' }, { 0x0445, 'x' }, { 0x044c, 'b' },
		{ 0x0455, 's' }, { 0x0456, 'i' }, { 0x0458, 'j' }, { 0x0474, 'V' }, { 0x0475, 'v' }, { 0x04ae, 'Y' },
		{ 0x04af, 'y' }, { 0x04bb, 'h' }, { 0x04c0, 'I' }, { 0x04cf, 'l' }, { 0x0501, 'd' }, { 0x051a, 'Q' },
		{ 0x051b, 'q' }, { 0x051c, 'W' }, { 0x051d, 'w' }, { 0x0566, 'q' }, { 0x0570, 'h' }, { 0x0578, 'n' },
		{ 0x057d, 'u' }, { 0x0585, 'o' },
	};
	size_t lo = 0, hi = sizeof rows / sizeof *rows;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (rows[mid].cp < cp)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < sizeof rows / sizeof *rows && rows[lo].cp == cp ? rows[lo].letter : 0;
}

/* First bytes of the letters in looks_like(): U+0131 to U+057F. */
static int may_look_like(char c)
{
	return is(c, ALIKE);
}

/* A word of Latin letters and such that look like them: nobody mixes scripts within a word but to hide it. */
static size_t mixed_word(const char *s, size_t size, size_t at, char *dst, size_t *n)
{
	size_t i = at, others = 0;
	while (i < size) {
		uint32_t cp;
		int len = is_letter(s[i]) ? 1 : may_look_like(s[i]) ? text_decode(s + i, size - i, &cp) : 0;
		char c = len == 1 ? s[i] : len > 1 ? looks_like(cp) : 0;
		if (len > 1 && !c)
			return 0;
		if (len == 0)
			break;
		others += len > 1;
		dst[(*n)++] = c;
		i += (size_t)len;
	}
	return others > 0 && others < *n && (i == size || (unsigned char)s[i] < 0x80) ? i - at : 0;
}

/* At a glance: one of each kind beside each other. */
static int may_be_mixed(const char *s, size_t size, size_t at)
{
	return may_look_like(s[at]) && ((at > 0 && is_letter(s[at - 1])) || (at + 2 < size && is_letter(s[at + 2])));
}

/* Text is UTF-8 without control characters. */
static int is_text(const char *s, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (is_control(s[i]))
			return 0;
	return text_is_utf8(s, size);
}

static int try(decoder decode, const char *s, size_t size, size_t at, struct decoded *d, size_t *read_r)
{
	size_t n = 0, len = decode(s, size, at, d->data + d->size, &n);
	if (len == 0 || !is_text(d->data + d->size, n)) {
		d->work += n;
		return 0;
	}
	d->pieces[d->npieces++] = (struct decode_piece){ (uint32_t)d->size, (uint32_t)(d->size + n), (uint32_t)at, (uint32_t)(at + len) };
	d->size += n;
	*read_r = len;
	return 1;
}

/* Two pairs, and a third one or a separator. */
static int may_be_hex(const char *s, size_t size, size_t at)
{
	return at + 2 * HEX_BYTES_MIN <= size && hex_pair(s, size, at) >= 0 && hex_pair(s, size, at + (hex(s[at + 2]) < 0) + 2) >= 0;
}

static int all_base64(const char *s, size_t size)
{
	while (size > 0 && is_base64(s[size - 1]))
		size--;
	return size == 0;
}

/* What may begin at s[at].  Words are looked at from their start only. */
static int decode_at(const char *s, size_t size, size_t at, struct decoded *d, size_t *read_r)
{
	char c = s[at];
	if (c == '&')
		return try(entity, s, size, at, d, read_r);
	if (c == '%')
		return try(percent, s, size, at, d, read_r);
	if (c == '=')
		return try(quoted, s, size, at, d, read_r);
	if (c == '\\')
		return try(backslash, s, size, at, d, read_r);
	if (d->mixed && (is_letter(c) || may_look_like(c)) && (at == 0 || (!is_letter(s[at - 1]) && (unsigned char)s[at - 1] < 0x80)) &&
	    try(mixed_word, s, size, at, d, read_r))
		return 1;
	if ((!is_letter(c) && !is_digit(c)) || (at > 0 && (is_letter(s[at - 1]) || is_digit(s[at - 1]))))
		return 0;
	/* each is asked only where a look at the next bytes leaves it a chance: most words have none */
	return (may_be_hex(s, size, at) && !is_chance(s, size, at) && try(hex_row, s, size, at, d, read_r)) ||
	       (at + BASE64_MIN <= size && all_base64(s + at, BASE64_MIN) && try(base64, s, size, at, d, read_r)) ||
	       (at + 2 <= size && (is_digit(c) || begins_digit_word(s + at)) && try(spelled, s, size, at, d, read_r));
}

static int room(struct decoded *d, size_t size)
{
	if (d->cap < size) {
		char *p = realloc(d->data, size);
		if (!p)
			return -1;
		d->data = p;
		d->cap = size;
	}
	if (d->npieces == d->pieces_cap) {
		size_t cap = d->pieces_cap ? 2 * d->pieces_cap : 64;
		struct decode_piece *p = realloc(d->pieces, cap * sizeof *p);
		if (!p)
			return -1;
		d->pieces = p;
		d->pieces_cap = cap;
	}
	return 0;
}

int decode_wanted(const char *s, size_t size, int tokens)
{
	unsigned pairs = 0, words = 0;
	if (tokens)
		return 1;
	for (size_t i = 0; i < size;) {
		size_t from = i;
		while (i < size && is(s[i], LETTER | DIGIT))
			i++;
		size_t len = i - from;
		if (len == 0) {
			if (is(s[i], MARK) || may_be_mixed(s, size, i))
				return 1;
			i++;
			continue;
		}
		pairs = len == 2 && hex_pair(s, size, from) >= 0 ? pairs + 1 : 0;
		words = (len == 1 && is_digit(s[from])) || (len > 1 && len < WORD_MAX && begins_digit_word(s + from)) ? words + 1 : 0;
		if (pairs == HEX_BYTES_MIN || words == SPELLED_MIN)
			return 1;
	}
	return 0;
}

/* What decode_at() has nothing to say of ends at the next mark or the next start of a word. */
static size_t skip_plain(const char *s, size_t size, size_t i, int mixed)
{
	const unsigned word = mixed ? LETTER : LETTER | DIGIT; /* a word of mixed scripts may begin behind a digit */
	i++;
	while (i < size && is(s[i - 1], word) && is(s[i], word))
		i++;
	while (i < size && !is(s[i], LETTER | DIGIT | MARK | ALIKE))
		i++;
	return i;
}

/* Puts s[from, to) where it ends at `size` of what is decoded, which counts it already. */
static void copy_plain(struct decoded *d, size_t size, const char *s, size_t from, size_t to)
{
	memcpy(d->data + size - (to - from), s + from, to - from);
}

int decode_make(struct decoded *d, const char *s, size_t size)
{
	d->size = d->npieces = 0;
	d->work = 0;
	d->cut = size > DECODE_SIZE_MAX;
	d->mixed = 0;
	if (d->cut)
		return 0;
	if (room(d, size + 8) < 0)
		return -1;
	for (size_t i = 0; i < size && !d->mixed; i++)
		d->mixed = (unsigned char)s[i] >= 0x80 && may_be_mixed(s, size, i);
	size_t i = 0, plain = 0; /* from here on nothing is copied yet: most texts have no piece */
	while (i < size) {
		size_t len, before = d->size;
		if (d->npieces == d->pieces_cap && room(d, size + 8) < 0)
			return -1;
		if (d->npieces == DECODE_PIECES_MAX || d->work > DECODE_WORK * (uint64_t)size + DECODE_WORK_MIN) {
			d->cut = 1;
			d->size += size - i;
			i = size;
		} else if (decode_at(s, size, i, d, &len)) {
			copy_plain(d, before, s, plain, i);
			i += len;
			plain = i;
		} else {
			len = skip_plain(s, size, i, d->mixed) - i;
			d->size += len;
			i += len;
		}
	}
	copy_plain(d, d->size, s, plain, d->npieces > 0 ? size : plain);
	return d->npieces > 0;
}

void decode_free(struct decoded *d)
{
	if (d->data)
		explicit_bzero(d->data, d->cap);
	free(d->data);
	free(d->pieces);
	*d = (struct decoded){ 0 };
}

/* The number of pieces that end at or before `at` in the decoded text. */
static size_t pieces_before(const struct decoded *d, size_t at)
{
	size_t lo = 0, hi = d->npieces;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (d->pieces[mid].to <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static size_t outside(const struct decoded *d, size_t k, size_t at)
{
	return k ? d->pieces[k - 1].end + (at - d->pieces[k - 1].to) : at;
}

size_t decode_map(const struct decoded *d, size_t start, size_t end, size_t *start_r, size_t *end_r)
{
	size_t a = pieces_before(d, start), b = a;
	while (b < d->npieces && d->pieces[b].from < end)
		b++;
	*start_r = a < b && d->pieces[a].from <= start ? d->pieces[a].start : outside(d, a, start);
	*end_r = a < b && d->pieces[b - 1].to >= end ? d->pieces[b - 1].end : outside(d, b, end);
	return b - a;
}
