#include "model/carry.h"

#include <stdint.h>
#include <string.h>

enum { GAP_MAX = 3, TOKEN_MIN = 3, NUMERAL_MAX = 6 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

#define BIT(c) (1u << ((c) - 'a'))
enum { ACCENT = 1 << 26 }; /* a letter beyond ASCII */

/* By first letter: the second ones, which tell most words to be none; and the words, as people write them, too. */
static const struct {
	uint32_t second;
	const char *words;
} numerals['z' - 'a' + 1] = {
	['a' - 'a'] = { BIT('c'), "acht " },
	['c' - 'a'] = { BIT('e') | BIT('i') | BIT('u'), "cero cinco cinq cuatro " },
	['d' - 'a'] = { BIT('e') | BIT('o') | BIT('r'), "deux dos drei " },
	['e' - 'a'] = { BIT('i'), "eight ein eins " },
	['f' - 'a'] = { BIT('i') | BIT('o') | BIT('u') | ACCENT, "five four fuenf funf fünf " },
	['h' - 'a'] = { BIT('u'), "huit " },
	['n' - 'a'] = { BIT('i') | BIT('e') | BIT('u'), "nine neuf neun nueve null nil " },
	['o' - 'a'] = { BIT('n') | BIT('c') | BIT('h'), "one ocho oh " },
	['q' - 'a'] = { BIT('u'), "quatre " },
	['s' - 'a'] = { BIT('i') | BIT('e'), "six seven sechs sieben sept siete seis " },
	['t' - 'a'] = { BIT('w') | BIT('h') | BIT('r'), "two three tres trois " },
	['u' - 'a'] = { BIT('n'), "un une uno " },
	['v' - 'a'] = { BIT('i'), "vier " },
	['z' - 'a'] = { BIT('e') | BIT('w') | ACCENT, "zero zéro zwei zwo " },
};

size_t carry_numeral(const char *s, size_t size)
{
	if (size < 2)
		return 0;
	const unsigned first = (unsigned char)(s[0] | 0x20) - 'a', second = (unsigned char)(s[1] | 0x20) - 'a';
	if (first >= 26 || !(numerals[first].second & (second < 26 ? 1u << second : (unsigned char)s[1] >= 0x80 ? ACCENT : 0u)))
		return 0;
	size_t n = 2;
	while (n < size && n <= NUMERAL_MAX && is_letter(s[n]))
		n++;
	for (const char *w = numerals[first].words; *w; w = strchr(w, ' ') + 1) {
		size_t i = 1;
		while (i < n && ((s[i] | 0x20) == w[i] || s[i] == w[i]))
			i++;
		if (i == n && w[n] == ' ')
			return n;
	}
	return 0;
}

static uint32_t code_point(const unsigned char *s, size_t size, size_t *bytes_r)
{
	size_t n = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	*bytes_r = n <= size ? n : size;
	if (n > size)
		return 0;
	uint32_t cp = s[0] & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++)
		cp = cp << 6 | (s[i] & 0x3f);
	return cp;
}

/* Decimal digits (General_Category Nd), and the raised, circled and full-width ones that NFKC makes digits.  Unicode 15; where a block is taken whole,
 * it is one that hardly anybody chats in. */
static bool is_digit_point(uint32_t cp)
{
	static const struct {
		uint32_t from, to;
	} ranges[] = {
		{ 0x00b2, 0x00b3 }, { 0x00b9, 0x00b9 }, { 0x0660, 0x0669 }, { 0x06f0, 0x06f9 }, { 0x07c0, 0x07c9 }, { 0x0e50, 0x0e59 }, { 0x0ed0, 0x0ed9 },
		{ 0x0f20, 0x0f29 }, { 0x1040, 0x1049 }, { 0x1090, 0x1099 }, { 0x17e0, 0x17e9 }, { 0x1810, 0x1819 }, { 0x1946, 0x194f }, { 0x19d0, 0x19da },
		{ 0x1a80, 0x1a99 }, { 0x1b50, 0x1b59 }, { 0x1bb0, 0x1bb9 }, { 0x1c40, 0x1c59 }, { 0x2070, 0x2089 }, { 0x2460, 0x24ff }, { 0x2776, 0x2793 },
		{ 0xa620, 0xa629 }, { 0xa8d0, 0xa8d9 }, { 0xa900, 0xa909 }, { 0xa9d0, 0xa9f9 }, { 0xaa50, 0xaa59 }, { 0xabf0, 0xabf9 }, { 0xff10, 0xff19 },
		{ 0x104a0, 0x104a9 }, { 0x10d30, 0x10d39 }, { 0x11000, 0x11fff }, { 0x16a60, 0x16b59 }, { 0x1d7ce, 0x1d7ff }, { 0x1e140, 0x1e959 },
		{ 0x1f100, 0x1f10a }, { 0x1fbf0, 0x1fbf9 },
	};
	if (cp >= 0x0900 && cp <= 0x0dff) /* the scripts of India, all laid out alike */
		return (cp & 0x7f) >= 0x66 && (cp & 0x7f) <= 0x6f;
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges && cp >= ranges[i].from; i++)
		if (cp <= ranges[i].to)
			return true;
	return false;
}

/* A word of ASCII with letters and digits; 0: it is none. */
static size_t token(const char *s, size_t size)
{
	size_t n = 0, digits = 0;
	for (; n < size && (is_digit(s[n]) || s[n] == '_' || (is_letter(s[n]) && (unsigned char)s[n] < 0x80)); n++)
		digits += is_digit(s[n]);
	return n >= TOKEN_MIN && digits > 0 && digits < n ? n : 0;
}

/* What begins at i, in bytes, and its weight; *weight_r is 0 if it is nothing that counts. */
static size_t unit(const char *text, size_t i, size_t size, size_t *weight_r)
{
	bool begins = i == 0 || (!is_letter(text[i - 1]) && !is_digit(text[i - 1]));
	size_t n = 1;
	*weight_r = 0;
	if ((unsigned char)text[i] >= 0x80) {
		*weight_r = is_digit_point(code_point((const unsigned char *)text + i, size - i, &n));
		return n;
	}
	if (begins && (n = token(text + i, size - i)) > 0) {
		*weight_r = n - 2;
		return n;
	}
	if (is_digit(text[i])) {
		*weight_r = 1;
		return 1;
	}
	if (begins && (n = carry_numeral(text + i, size - i)) > 0) {
		*weight_r = 1;
		return n;
	}
	return 1;
}

/* True if the character of n bytes may stand between the parts of a number: all but letters, and of other scripts spaces and dashes alone. */
static bool parts(const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;
	return n == 1 ? !is_letter(*s) : (n == 2 && u[0] == 0xc2 && u[1] == 0xa0) || (n == 3 && u[0] == 0xe2 && (u[1] == 0x80 || u[1] == 0x81));
}

static bool has_letter(const char *s, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (is_letter(s[i]))
			return true;
	return false;
}

/* The letters behind the first group of an IBAN, as in GB82 WEST 1234. */
static size_t capitals(const char *s, size_t size)
{
	size_t n = 0;
	while (n < size && s[n] >= 'A' && s[n] <= 'Z')
		n++;
	return n >= 2 && (n == size || (!is_letter(s[n]) && !is_digit(s[n]))) ? n : 0;
}

/* "1) ", "2: ", "1/2 ": says which part comes. */
static bool is_label(const char *text, size_t from, size_t to, size_t size)
{
	if (to - from == 3 && text[from + 1] == '/')
		return to == size || text[to] != '/';
	return to - from <= 2 && to + 1 < size && (text[to] == ':' || text[to] == ')') && text[to + 1] == ' ';
}

/* A time, date, address, version or price: groups of few digits with dots, colons or slashes between. */
static bool is_figure(const char *s, size_t size)
{
	size_t group = 0, groups = 1, dashes = 0;
	for (size_t i = 0; i < size; i++) {
		if (is_digit(s[i])) {
			if (++group > 3 && (group > 4 || memchr("12", s[i - 3], 2) == NULL))
				return false;
			continue;
		}
		if (!memchr(".:/-,", s[i], 5))
			return false;
		dashes += s[i] == '-';
		groups++;
		group = 0;
	}
	return groups > 1 && (dashes == 0 || (dashes == 2 && groups == 3));
}

/* What stands around a price, a percentage, a number to call, one of a ticket. */
static bool is_marked(const char *text, size_t from, size_t to, size_t size)
{
	static const char *const before[] = { "+", "#", "$", "$ ", "€", "€ ", "£", "£ " }, *const behind[] = { "%", " %", "€", " €", "$", " $" };
	for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
		size_t n = strlen(before[i]);
		if (from >= n && memcmp(text + from - n, before[i], n) == 0)
			return true;
	}
	for (size_t i = 0; i < sizeof behind / sizeof *behind; i++) {
		size_t n = strlen(behind[i]);
		if (size - to >= n && memcmp(text + to, behind[i], n) == 0)
			return true;
	}
	return false;
}

struct carry carry_find(const char *text, size_t size)
{
	struct carry best = { 0 }, run = { 0 };
	size_t gap = 0, n, weight;
	bool token = false; /* it ends in one */
	for (size_t i = 0; i < size; i += n) {
		n = unit(text, i, size, &weight);
		size_t letters = weight == 0 && token && gap <= GAP_MAX ? capitals(text + i, size - i) : 0;
		if (letters > 0)
			n = letters;
		else if (weight == 0) {
			gap += parts(text + i, n) ? 1 : GAP_MAX + 1;
			continue;
		}
		if (gap > GAP_MAX || run.weight == 0 || (gap > 0 && is_label(text, run.from, run.to, size)))
			run = (struct carry){ .from = i };
		run.to = i + n;
		run.weight += weight;
		token = weight > 1 || letters > 0;
		gap = 0;
		if (run.weight >= best.weight)
			best = run;
	}
	if (best.weight > 0 && (is_figure(text + best.from, best.to - best.from) || is_marked(text, best.from, best.to, size)))
		return (struct carry){ 0 };
	best.bare = best.weight > 0 && !has_letter(text, 0, best.from) && !has_letter(text, best.to, size);
	return best;
}

bool carry_part(const struct carry *c)
{
	enum { GROUP = 4, MIN = 6 }; /* beside words there must be as many as a group of a card has, or more */
	return c->weight >= MIN || c->weight == GROUP || (c->bare && c->weight > 0);
}

size_t carry_numerals(const char *text, size_t size, size_t max)
{
	size_t i = 0, found = 0;
	for (size_t words = 0; words < max && i < size; words++) {
		while (i < size && !is_letter(text[i]))
			i++;
		size_t from = i;
		while (i < size && is_letter(text[i]))
			i++;
		found += i > from && i - from <= NUMERAL_MAX && carry_numeral(text + from, i - from) > 0;
	}
	return found;
}

/* What a byte may begin.  In no script from U+00C0 to U+063F is there a digit of any kind (Latin, Greek, Cyrillic, Hebrew; the first beyond is
 * U+0660), and none from U+2000 to U+203F, where quotation marks and dashes are: much of the world's chat has these in every message. */
enum { PLAIN, DIGIT, SIGN, PUNCTUATION };
static const uint8_t kinds[256] = {
	['0'] = DIGIT, ['1'] = DIGIT, ['2'] = DIGIT, ['3'] = DIGIT, ['4'] = DIGIT, ['5'] = DIGIT, ['6'] = DIGIT, ['7'] = DIGIT, ['8'] = DIGIT, ['9'] = DIGIT,
	[':'] = SIGN, ['='] = SIGN, [0xc2] = DIGIT, [0xd9 ... 0xe1] = DIGIT, [0xe2] = PUNCTUATION, [0xe3 ... 0xff] = DIGIT,
};

/* True if none of eight bytes is beyond ASCII, or from '0' to '?', where digits and signs are. */
static bool plain8(const char *s)
{
	const uint64_t ones = ~(uint64_t)0 / 0xff;
	uint64_t v;
	memcpy(&v, s, sizeof v);
	const uint64_t row = (v & ones * 0xf0) ^ ones * 0x30; /* 0 where a byte is of that row */
	return ((v | ((row - ones) & ~row)) & ones * 0x80) == 0;
}

/* The text is valid UTF-8, but may end within a code point here. */
static int glance(const char *text, size_t size, bool all)
{
	int seen = 0;
	for (size_t i = 0; i < size; i++) {
		if (i + 8 <= size && plain8(text + i)) {
			i += 7;
			continue;
		}
		const uint8_t kind = kinds[(unsigned char)text[i]];
		if (kind == PLAIN)
			continue;
		if (kind == SIGN)
			seen |= i > 0 && is_letter(text[i - 1]) && (i + 1 == size || text[i + 1] != '/') ? CARRY_VALUE : 0;
		else
			seen |= kind == DIGIT || i + 1 == size || (unsigned char)text[i + 1] != 0x80 ? CARRY_FIGURES : 0;
		if (seen & CARRY_FIGURES || (seen && !all))
			break;
	}
	return seen;
}

bool carry_tells(const char *text, size_t size)
{
	return glance(text, size, false) != 0;
}

int carry_glance(const char *text, size_t size)
{
	enum { FIRST_WORDS = 2 };
	const int seen = glance(text, size, true);
	return seen & CARRY_FIGURES || carry_numerals(text, size, FIRST_WORDS) == 0 ? seen : seen | CARRY_FIGURES;
}
