#include "detect/edm_norm.h"

#include "base/text.h"
#include "detect/fold.h"
#include "detect/view.h"

#include <string.h>

enum { NUMBER_MIN = 4, TEXT_MIN = 4, PHONE_MIN = 6, PHONE_MAX = 15, GAP_MAX = 3, VALUE_MAX = 1024 };

static const char *const type_names[EDM_TYPES] = { "", "number", "text", "email", "phone", "date" };

enum edm_type edm_type_find(const char *name, size_t size)
{
	for (int t = EDM_NUMBER; t < EDM_TYPES; t++)
		if (strlen(type_names[t]) == size && memcmp(type_names[t], name, size) == 0)
			return (enum edm_type)t;
	return 0;
}

const char *edm_type_name(enum edm_type t)
{
	return type_names[t < EDM_TYPES ? t : 0];
}

/* ---- tokens ---- */

static int is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static int is_letter(unsigned char c)
{
	return c >= 'a' && c <= 'z';
}

/* Punctuation and symbols beyond ASCII that stand at words. */
static int parts_words(uint32_t cp)
{
	return cp < 0xaa || (cp >= 0xab && cp < 0xb5) || (cp >= 0xb6 && cp < 0xba) || (cp >= 0xbb && cp < 0xc0) || cp == 0xd7 || cp == 0xf7 ||
	       (cp >= 0x2000 && cp < 0x2c00) || (cp >= 0x3000 && cp < 0x3005) || (cp >= 0x3008 && cp < 0x3021) || cp == 0x30fb ||
	       (cp >= 0xfe00 && cp < 0xfe70) || (cp >= 0xff00 && cp < 0xff10) || (cp >= 0x1f000 && cp < 0x20000);
}

/* Scripts that are written without spaces, or whose words grow endings as they like (Hangul). */
static int stands_alone(uint32_t cp)
{
	return (cp >= 0x2e80 && cp < 0xa000) || (cp >= 0xac00 && cp < 0xd7b0) || (cp >= 0xf900 && cp < 0xfb00) || (cp >= 0x20000 && cp < 0x40000);
}

enum kind { KIND_NONE, KIND_DIGIT, KIND_LETTER, KIND_OTHER, KIND_ALONE };

static const uint8_t ascii_kinds[0x80] = { ['0' ... '9'] = KIND_DIGIT, ['A' ... 'Z'] = KIND_LETTER, ['a' ... 'z'] = KIND_LETTER };

static enum kind wide_kind(const char *low, size_t size, size_t at, size_t *len_r)
{
	uint32_t cp = 0;
	int n = text_decode(low + at, size - at, &cp);
	*len_r = n > 0 ? (size_t)n : 1;
	return n <= 0 || parts_words(cp) ? KIND_NONE : stands_alone(cp) ? KIND_ALONE : KIND_OTHER;
}

static inline enum kind kind_at(const char *low, size_t size, size_t at, size_t *len_r)
{
	unsigned char c = (unsigned char)low[at];
	if (c >= 0x80)
		return wide_kind(low, size, at, len_r);
	*len_r = 1;
	return ascii_kinds[c];
}

/* True if a word that may go on ends right before at. */
static int open_before(const char *low, size_t size, size_t at)
{
	size_t from = at, len;
	while (from > 0 && ((unsigned char)low[--from] & 0xc0) == 0x80)
		;
	enum kind k = at > 0 ? kind_at(low, size, from, &len) : KIND_NONE;
	return k != KIND_NONE && k != KIND_ALONE;
}

size_t edm_tokens(const char *low, size_t size, size_t *at, struct edm_token *out, size_t max)
{
	size_t n = 0, i = *at, len;
	while (i < size && n < max) {
		enum kind k = kind_at(low, size, i, &len);
		if (k == KIND_NONE) {
			i += len;
			continue;
		}
		struct edm_token t = { .start = (uint32_t)i, .digits = k == KIND_DIGIT, .ascii = k == KIND_DIGIT || k == KIND_LETTER };
		t.glued = k != KIND_ALONE && open_before(low, size, i);
		i += len;
		while (k != KIND_ALONE && i < size) {
			enum kind next = kind_at(low, size, i, &len);
			if (next == KIND_NONE || next == KIND_ALONE || (next == KIND_DIGIT) != t.digits)
				break;
			t.ascii &= next != KIND_OTHER;
			i += len;
		}
		t.end = (uint32_t)i;
		out[n++] = t;
	}
	*at = i;
	return n;
}

/* Bit t: may stand inside a value of type t. */
enum { IN_NUMBER = 1 << EDM_NUMBER, IN_PHONE = 1 << EDM_PHONE, IN_DATE = 1 << EDM_DATE, IN_ALL = IN_NUMBER | IN_PHONE | IN_DATE };
static const uint8_t inside[0x80] = {
	[' '] = IN_ALL, ['-'] = IN_ALL, ['.'] = IN_ALL, ['/'] = IN_ALL, ['\n'] = IN_ALL,
	['_'] = IN_NUMBER, [':'] = IN_NUMBER, ['('] = IN_PHONE, [')'] = IN_PHONE, [','] = IN_DATE,
};

int edm_joins(enum edm_type t, const char *low, const struct edm_token *a, const struct edm_token *b)
{
	if (b->start - a->end > GAP_MAX)
		return 0;
	for (size_t i = a->end; t != EDM_TEXT && i < b->start; i++)
		if ((low[i] & 0x80) || !(inside[(unsigned char)low[i]] >> t & 1))
			return 0;
	return 1;
}

/* ---- normal forms ---- */

static size_t norm_number(const char *low, const struct edm_token *t, size_t n, char *dst)
{
	size_t o = 0;
	for (size_t i = 0; i < n; i++) {
		size_t len = t[i].end - t[i].start;
		if (!t[i].ascii || o + len > EDM_LENGTH_MAX)
			return 0;
		memcpy(dst + o, low + t[i].start, len);
		o += len;
	}
	return o >= NUMBER_MIN ? o : 0;
}

struct word {
	const char *s;
	size_t size;
};

static int word_after(const struct word *a, const struct word *b)
{
	size_t n = a->size < b->size ? a->size : b->size;
	int c = memcmp(a->s, b->s, n);
	return c ? c > 0 : a->size > b->size;
}

/* Words in alphabetical order: "Müller, Anna" is "Anna Müller". */
static size_t norm_text(const char *low, const struct edm_token *t, size_t n, char *dst)
{
	struct word words[EDM_WORDS_MAX];
	size_t count = 0, o = 0;
	for (size_t i = 0; i < n;) {
		size_t k = i + 1;
		while (k < n && t[k].glued)
			k++;
		if (count == EDM_WORDS_MAX)
			return 0;
		struct word w = { low + t[i].start, t[k - 1].end - t[i].start };
		size_t place = count++;
		for (; place > 0 && word_after(&words[place - 1], &w); place--)
			words[place] = words[place - 1];
		words[place] = w;
		i = k;
	}
	for (size_t i = 0; i < count; i++) {
		if (o + words[i].size + 1 > EDM_NORM_MAX)
			return 0;
		if (o)
			dst[o++] = ' ';
		memcpy(dst + o, words[i].s, words[i].size);
		o += words[i].size;
	}
	return o >= TEXT_MIN ? o : 0;
}

/* ITU-T E.164: how many digits the country code at the beginning has. */
static size_t country_code(const char *d)
{
	static const char two[] = "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98";
	if (d[0] == '1' || d[0] == '7')
		return 1;
	for (const char *p = two; *p; p += p[2] ? 3 : 2)
		if (p[0] == d[0] && p[1] == d[1])
			return 2;
	return 3;
}

/* The national number without country code and trunk prefix: "+49 (0)30 12 …", "0049 30 12 …" and "030 12 …" are one. */
static size_t norm_phone(const char *low, const struct edm_token *t, size_t n, char *dst)
{
	char d[32];
	size_t o = 0, from = 0;
	for (size_t i = 0; i < n; i++) {
		size_t len = t[i].end - t[i].start;
		if (!t[i].digits || o + len > PHONE_MAX + 3)
			return 0;
		memcpy(d + o, low + t[i].start, len);
		o += len;
	}
	if (o < PHONE_MIN)
		return 0;
	int plus = t[0].start > 0 && low[t[0].start - 1] == '+';
	int zeros = !plus && d[0] == '0' && d[1] == '0';
	if (plus || zeros)
		from = (zeros ? 2 : 0) + country_code(d + (zeros ? 2 : 0));
	else if (o == 11 && d[0] == '1')
		from = 1; /* the North American trunk prefix is the country code, too */
	while (from < o && d[from] == '0')
		from++;
	if (o - from < PHONE_MIN || o - from > PHONE_MAX)
		return 0;
	memcpy(dst, d + from, o - from);
	return o - from;
}

static unsigned number_of(const char *low, const struct edm_token *t)
{
	unsigned v = 0;
	for (size_t i = t->start; i < t->end; i++)
		v = v * 10 + (unsigned)(low[i] - '0');
	return v;
}

/* Months by the first letters that tell them apart, in English, German, French, Spanish and Italian. */
static unsigned month_of(const char *low, const struct edm_token *t)
{
	static const struct {
		const char *name;
		unsigned month;
	} names[] = {
		{ "jan", 1 }, { "ene", 1 }, { "gen", 1 }, { "feb", 2 }, { "fev", 2 }, { "mar", 3 }, { "apr", 4 }, { "avr", 4 }, { "abr", 4 },
		{ "may", 5 }, { "mai", 5 }, { "mag", 5 }, { "juin", 6 }, { "jun", 6 }, { "giu", 6 }, { "juil", 7 }, { "jul", 7 }, { "lug", 7 },
		{ "aug", 8 }, { "aou", 8 }, { "ago", 8 }, { "sep", 9 }, { "set", 9 }, { "oct", 10 }, { "okt", 10 }, { "ott", 10 }, { "nov", 11 },
		{ "dec", 12 }, { "dez", 12 }, { "dic", 12 },
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t n = strlen(names[i].name);
		if (t->end - t->start >= n && memcmp(low + t->start, names[i].name, n) == 0)
			return names[i].month;
	}
	return 0;
}

/* Year, then day and month, the smaller first: whoever writes 3/4 may mean either, so both are one. */
static size_t norm_date(const char *low, const struct edm_token *t, size_t n, char *dst)
{
	unsigned v[3], month = 0, year, a, b;
	if (n == 1 && t->digits && t->end - t->start == 8) { /* ISO 8601 without dashes */
		unsigned whole = number_of(low, t);
		v[0] = whole / 10000;
		v[1] = whole / 100 % 100;
		v[2] = whole % 100;
	} else {
		if (n != 3)
			return 0;
		for (size_t i = 0; i < n; i++) {
			size_t len = t[i].end - t[i].start;
			if (t[i].digits ? len > 4 || len == 3 : month != 0 || (month = month_of(low, &t[i])) == 0)
				return 0;
			v[i] = t[i].digits ? number_of(low, &t[i]) : month;
		}
	}
	if (v[0] > 31 || (t[0].digits && t[0].end - t[0].start == 4)) {
		year = v[0];
		a = v[1];
		b = v[2];
	} else {
		year = v[2];
		a = v[0];
		b = v[1];
	}
	if (n == 3 && year < 100 && t[2].end - t[2].start <= 2)
		year += year < 40 ? 2000 : 1900;
	if (a > b) {
		unsigned swap = a;
		a = b;
		b = swap;
	}
	if (year < 1800 || year > 2199 || a < 1 || a > 12 || b < 1 || b > 31)
		return 0;
	unsigned digits[8] = { year / 1000, year / 100 % 10, year / 10 % 10, year % 10, a / 10, a % 10, b / 10, b % 10 };
	for (int i = 0; i < 8; i++)
		dst[i] = (char)('0' + digits[i]);
	return 8;
}

size_t edm_norm(enum edm_type t, const char *low, const struct edm_token *tokens, size_t n, char *dst)
{
	static size_t (*const norms[EDM_TYPES])(const char *, const struct edm_token *, size_t, char *) = {
		[EDM_NUMBER] = norm_number, [EDM_TEXT] = norm_text, [EDM_PHONE] = norm_phone, [EDM_DATE] = norm_date
	};
	return n > 0 && norms[t] ? norms[t](low, tokens, n, dst) : 0;
}

static int is_local(unsigned char c)
{
	return is_letter(c) || is_digit(c) || c >= 0x80 || (c && strchr("._%+-'&", c));
}

static int is_domain(unsigned char c)
{
	return is_letter(c) || is_digit(c) || c >= 0x80 || c == '-' || c == '.';
}

size_t edm_norm_email(const char *low, size_t size, size_t at, size_t *start_r, size_t *end_r, char *dst)
{
	size_t start = at, end = at + 1;
	while (start > 0 && at - start < 64 && is_local((unsigned char)low[start - 1]))
		start--;
	while (end < size && end - at < 150 && is_domain((unsigned char)low[end]))
		end++;
	while (start < at && strchr(".'&%-", low[start]))
		start++;
	while (end > at + 1 && strchr(".-", low[end - 1]))
		end--;
	if (start == at || end < at + 3)
		return 0;
	memcpy(dst, low + start, end - start);
	*start_r = start;
	*end_r = end;
	return end - start;
}

/* ---- values of a table ---- */

static void lower(char *s, size_t size)
{
	for (size_t i = 0; i < size;) {
		uint32_t cp = 0;
		int n = text_decode(s + i, size - i, &cp);
		if (n > 0)
			text_encode(cp < 0x80 && cp >= 'A' && cp <= 'Z' ? cp + 32 : cp < 0x80 ? cp : fold_lower(cp), s + i);
		i += (size_t)(n > 0 ? n : 1);
	}
}

size_t edm_norm_value(enum edm_type t, const char *value, size_t size, char *dst, struct edm_shape *shape)
{
	char low[VALUE_MAX];
	struct edm_token tokens[EDM_RUN_MAX + 1];
	size_t len, at = 0, start, end, n, words = 0, out;
	if (view_fold(value, size, low, sizeof low, &len) < 0)
		return 0;
	lower(low, len);
	if (t == EDM_EMAIL) {
		const char *sign = memchr(low, '@', len);
		out = sign ? edm_norm_email(low, len, (size_t)(sign - low), &start, &end, dst) : 0;
	} else {
		n = edm_tokens(low, len, &at, tokens, EDM_RUN_MAX + 1);
		for (size_t i = 0; i < n; i++) {
			words += !tokens[i].glued;
			if (i && !edm_joins(t, low, &tokens[i - 1], &tokens[i]))
				return 0;
		}
		out = n <= EDM_RUN_MAX ? edm_norm(t, low, tokens, n, dst) : 0;
	}
	if (out == 0)
		return 0;
	shape->lengths |= 1ull << (out < EDM_LENGTH_MAX ? out : EDM_LENGTH_MAX);
	shape->words |= 1u << words;
	int digits = 0, letters = 0;
	for (size_t i = 0; i < out; i++) {
		digits |= is_digit((unsigned char)dst[i]);
		letters |= !is_digit((unsigned char)dst[i]);
	}
	shape->no_digits |= (uint8_t)!digits;
	shape->letters |= (uint8_t)letters;
	return out;
}
