#include "detect/decode.h"

#include "base/text.h"
#include "detect/decoders.h"
#include "detect/digitwords.h"
#include "detect/dressed.h"
#include "detect/spelled.h"

#include <stdlib.h>
#include <string.h>

/* A word such as "reversed" says so of a message, in a book it stands somewhere. */
enum { TURNED_TEXT_MAX = 4096 };
enum { WORD_MAX = 24, PROBE_STEP = 16, PROBE_GAP = 4, PROBE_BACK = 4, SINGLES_MIN = 6, TELLS_MIN = 5, SPELLED_WORK = 16, DECODE_WORK = 8, DECODE_WORK_MIN = 4096 };

#define D (DIGIT | BASE64 | HEX)
#define H (LETTER | BASE64 | HEX)
#define L (LETTER | BASE64)
const uint8_t decode_kind[256] = {
	['$'] = LEET_MARK, ['@'] = LEET_MARK, ['%'] = MARK, ['&'] = MARK, ['='] = MARK, ['\\'] = MARK, ['+'] = BASE64, ['-'] = BASE64, ['/'] = BASE64, ['_'] = BASE64,
	['0'] = D, D, D, D, D, D, D, D, D, D,
	[0xc3] = FOREIGN, [0xd6] = FOREIGN, FOREIGN, FOREIGN, FOREIGN, FOREIGN, FOREIGN, FOREIGN, FOREIGN, FOREIGN, FOREIGN,
	FOREIGN, FOREIGN, FOREIGN, FOREIGN, FOREIGN, FOREIGN, FOREIGN, FOREIGN, FOREIGN, FOREIGN, FOREIGN, FOREIGN, FOREIGN, FOREIGN,
	['A'] = H, H, H, H, H, H, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
	['a'] = H, H, H, H, H, H, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
	[0xc4] = ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, ALIKE,
};
#undef D
#undef H
#undef L

int decode_init(void)
{
	return digitwords_init();
}

/* Text is UTF-8 without control characters. */
static int is_text(const char *s, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (is_control(s[i]))
			return 0;
	return text_is_utf8(s, size);
}

static void add_piece(struct decoded *d, size_t at, size_t len, size_t n)
{
	d->pieces[d->npieces++] = (struct decode_piece){ .from = (uint32_t)d->size, .to = (uint32_t)(d->size + n), .start = (uint32_t)at, .end = (uint32_t)(at + len) };
	d->size += n;
}

static int try(decoder decode, const char *s, size_t size, size_t at, struct decoded *d, size_t *read_r)
{
	size_t n = 0, len = decode(s, size, at, d->data + d->size, &n);
	if (len == 0 || !is_text(d->data + d->size, n)) {
		d->work += n;
		return 0;
	}
	add_piece(d, at, len, n);
	*read_r = len;
	return 1;
}

/* Two pairs, and a third one or a separator. */
static int may_be_hex(const char *s, size_t size, size_t at)
{
	if (at + 2 * HEX_BYTES_MIN > size)
		return 0;
	if (s[at] == '0' && (s[at + 1] | 0x20) == 'x')
		return hex_pair(s, size, at + 2) >= 0;
	return hex_pair(s, size, at) >= 0 && hex_pair(s, size, at + (hex(s[at + 2]) < 0) + 2) >= 0;
}

/* Two or three digits, or seven or eight and more bits. */
static int may_be_codes(const char *s, size_t size, size_t at)
{
	size_t n = 0, ones = 0;
	while (at + n < size && n < 9 && is_digit(s[at + n]))
		ones += s[at + n++] <= '1';
	return n == 2 || n == 3 || (n >= 7 && ones == n);
}

static int all_base64(const char *s, size_t size)
{
	while (size > 0 && is(s[size - 1], BASE64))
		size--;
	return size == 0;
}

/* The end of a row of letters of ASCII and of scripts of two bytes, whose words spaces part. */
static size_t word_end(const char *s, size_t size, size_t i)
{
	while (i < size)
		if (is_letter(s[i]))
			i++;
		else if ((unsigned char)s[i] >= 0xc3 && (unsigned char)s[i] < 0xe0 && i + 2 <= size)
			i += 2;
		else
			break;
	return i;
}

/* A byte of such a letter, seen from behind. */
static int is_lettered(char c)
{
	return is_letter(c) || ((unsigned char)c >= 0x80 && (unsigned char)c < 0xe0);
}

static int after_alnum(const char *s, size_t at)
{
	return at > 0 && (is(s[at - 1], LETTER | DIGIT) || (at > 1 && (unsigned char)s[at - 2] >= 0xc3 && (unsigned char)s[at - 2] < 0xe0));
}

static int may_be_digit_word(const char *s, size_t size, size_t at)
{
	size_t end;
	if ((unsigned char)s[at] >= 0xe0)
		return at + 3 <= size && digitword_possible3(s + at);
	end = word_end(s, size, at);
	return end > at && (end - at >= WORD_MAX || digitword_possible(s + at, end - at));
}

/* Numbers spelled out begin at a word for a digit, at digits before one, or at two capitals before one. */
static int try_spelled(const char *s, size_t size, size_t at, struct decoded *d, size_t *read_r)
{
	size_t n = 0, word = at;
	if (at < d->spelled_next)
		return 0;
	if (is_digit(s[at])) {
		while (word < size && !is_letter(s[word]) && (unsigned char)s[word] < 0x80)
			word++;
		d->spelled_next = word; /* unless there is one, the digits before it need not be looked at again */
	} else if (at + 2 < size && s[at] <= 'Z' && s[at + 1] >= 'A' && s[at + 1] <= 'Z' && !is_letter(s[at + 2])) {
		word = may_be_digit_word(s, size, at) ? at : at + 3;
	}
	if (word >= size || !may_be_digit_word(s, size, word))
		return 0;
	size_t len = spelled_read(s, size, at, d->data + d->size, &n, &d->spelled_next);
	if (len == 0)
		return 0;
	d->work += SPELLED_WORK * len;
	add_piece(d, at, len, n);
	*read_r = len;
	return 1;
}

/* A number in dress; letters that look like digits make a guess of it. */
static int try_dressed(const char *s, size_t size, size_t at, struct decoded *d, size_t *read_r)
{
	size_t n = 0, len = 0;
	if (d->hints & DECODE_DRESSED && at >= d->dressed_next)
		len = dressed_read(s, size, at, d->data + d->size, &n, &d->dressed_next);
	int guess = len == 0;
	if (guess && d->hints & DECODE_ALIKE && at >= d->alike_next && !(at > 1 && is_digit(s[at - 2]))) {
		n = 0;
		len = dressed_read_alike(s, size, at, d->data + d->size, &n, &d->alike_next);
	}
	if (len == 0)
		return 0;
	add_piece(d, at, len, n);
	d->pieces[d->npieces - 1].guess = (uint32_t)guess;
	*read_r = len;
	return 1;
}

/* What may begin at s[at].  Words are looked at from their start only. */
static int decode_at(const char *s, size_t size, size_t at, struct decoded *d, size_t *read_r)
{
	char c = s[at];
	if (c == '&')
		return try(decode_entity, s, size, at, d, read_r);
	if (c == '%')
		return try(decode_percent, s, size, at, d, read_r);
	if (c == '=')
		return try(decode_quoted, s, size, at, d, read_r);
	if (c == '\\')
		return try(decode_backslash, s, size, at, d, read_r);
	if (d->hints & DECODE_WORDS && (is(c, LETTER | DIGIT) || (unsigned char)c >= 0xc3) && ((unsigned char)c >= 0xe0 || !after_alnum(s, at)) &&
	    try_spelled(s, size, at, d, read_r))
		return 1;
	if (d->mixed && (is_letter(c) || is(c, ALIKE)) && (at == 0 || (!is_letter(s[at - 1]) && (unsigned char)s[at - 1] < 0x80)) &&
	    try(decode_mixed_word, s, size, at, d, read_r))
		return 1;
	if ((!is_letter(c) && !is_digit(c)) || (at > 0 && (is_letter(s[at - 1]) || is_digit(s[at - 1]))))
		return 0;
	if (d->hints & (DECODE_DRESSED | DECODE_ALIKE) && try_dressed(s, size, at, d, read_r))
		return 1;
	if (d->hints & DECODE_SPACED && at + 1 < size && !is(s[at + 1], LETTER | DIGIT) && try(decode_spaced, s, size, at, d, read_r))
		return 1;
	if (d->hints & DECODE_LEET && try(decode_leet, s, size, at, d, read_r))
		return 1;
	/* each is asked only where a look at the next bytes leaves it a chance: most words have none */
	if (c == 'U' && at + 1 < size && s[at + 1] == '+')
		return try(decode_u_plus, s, size, at, d, read_r);
	if (is_digit(c) && may_be_codes(s, size, at) && try(decode_codes, s, size, at, d, read_r))
		return 1;
	if ((may_be_hex(s, size, at) && !decode_is_chance(s, size, at) && try(decode_hex, s, size, at, d, read_r)) ||
	       (at + BASE64_MIN <= size && all_base64(s + at, BASE64_MIN) &&
	        (try(decode_base64, s, size, at, d, read_r) || try(decode_base32, s, size, at, d, read_r))))
		return 1;
	if (!(d->hints & DECODE_TURNED) || !try(decode_turned, s, size, at, d, read_r))
		return 0;
	d->pieces[d->npieces - 1].guess = 1;
	return 1;
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

/* What a row of words and digits has so far that may be a number spelled out. */
struct row {
	unsigned digits, words;
};

static unsigned row_hint(const struct row *r)
{
	return r->words > 0 && r->digits >= (r->words >= SPELLED_WORDS ? SPELLED_DIGITS : SPELLED_LONG) ? DECODE_WORDS : 0;
}

/* "FourOneTwo": one word goes on behind the other. */
static int is_glued(const char *s, size_t size)
{
	struct digitword w;
	return digitword_at(s, size, UINT64_MAX, 0, &w) && digitword_at(s + w.size, size - w.size, UINT64_MAX, 0, &w);
}

static void row_word(struct row *r, const char *s, size_t size)
{
	if (size == 1)
		return; /* "y" between them */
	if (size < WORD_MAX && digitword_possible(s, size)) {
		r->words++;
		r->digits += 2;
	} else if (size >= WORD_MAX && is_glued(s, size)) {
		r->words += SPELLED_WORDS;
		r->digits += SPELLED_DIGITS;
	} else {
		*r = (struct row){ 0 };
	}
}

/* Digits, with words among them perhaps: "4eight88". */
static void row_digits(struct row *r, const char *s, size_t from, size_t to)
{
	while (from < to) {
		size_t at = from;
		while (at < to && is_digit(s[at]))
			at++;
		r->digits += (unsigned)(at - from);
		from = at;
		while (at < to && is_letter(s[at]))
			at++;
		if (at > from)
			row_word(r, s + from, at - from);
		from = at;
	}
}

/* The code point of three bytes or more at s[at]; scripts that have such ones may write words without space between them.  Returns its size,
 * or that of the word which begins there. */
static size_t row_foreign(struct row *r, const char *s, size_t size, size_t at)
{
	unsigned char c = (unsigned char)s[at];
	struct digitword w;
	size_t n = c >= 0xf0 ? 4 : 3;
	if (c < 0xf0 && digitword_possible3(s + at) && digitword_at(s + at, size - at, UINT64_MAX, 0, &w)) {
		r->words++;
		r->digits++;
		return w.size;
	}
	if (c != 0xe2 && c < 0xf0 && !(c == 0xe3 && (unsigned char)s[at + 1] == 0x80)) /* neither punctuation nor a picture */
		*r = (struct row){ 0 };
	return n;
}

/* Hexadecimal for one, two or four characters of ASCII; or 0x and one. */
static int is_pair(const char *s, size_t size)
{
	if (size == 4 && s[0] == '0' && (s[1] | 0x20) == 'x')
		return 1;
	if (size != 2 && size != 4 && size != 8)
		return 0;
	for (size_t i = 0; i < size; i++)
		if (hex(s[i]) < 0 || (size > 2 && i % 2 == 0 && (s[i] < '2' || s[i] > '7')))
			return 0;
	return 1;
}

/* Each word and digit of the text: rows of numbers spelled out, rows of hexadecimal pairs. */
static unsigned look_closely(const char *s, size_t size)
{
	unsigned hints = 0, pairs = 0, codes = 0, singles = 0;
	struct row row = { 0 };
	for (size_t i = 0; i < size;) {
		size_t from = i;
		unsigned kinds = 0;
		while (i < size && is(s[i], LETTER | DIGIT))
			kinds |= decode_kind[(unsigned char)s[i++]];
		size_t len = i - from;
		if (len == 0 && (unsigned char)s[i] < 0xc3) {
			i++;
			continue;
		}
		if (len == 0 && (unsigned char)s[i] >= 0xe0) {
			i += row_foreign(&row, s, size, i);
			hints |= row_hint(&row);
			continue;
		}
		singles = len == 1 ? singles + 1 : 0;
		hints |= singles >= SINGLES_MIN ? DECODE_SPACED : 0;
		pairs = is_pair(s + from, len) ? pairs + len / 2 : 0;
		codes = kinds & LETTER ? 0 : len == 2 || len == 3 || (len >= 7 && s[from] <= '1' && s[from + 1] <= '1') ? codes + 1 : 0;
		if (kinds & DIGIT) {
			hints |= kinds & LETTER && dressed_may_be_alike(s + from, len) ? DECODE_ALIKE : 0;
			row_digits(&row, s, from, i);
		} else {
			i = word_end(s, size, i);
			hints |= i - from >= TELLS_MIN && size <= TURNED_TEXT_MAX && decode_tells_turned(s + from, i - from) ? DECODE_TURNED : 0;
			row_word(&row, s + from, i - from);
		}
		hints |= pairs >= HEX_BYTES_MIN || codes >= HEX_BYTES_MIN ? DECODE_MARKS : row_hint(&row);
	}
	return hints;
}

typedef uint8_t bytes __attribute__((vector_size(16))); /* a few instructions where the machine has such, else a loop */

static bytes load(const char *s)
{
	bytes b;
	memcpy(&b, s, sizeof b);
	return b;
}

static bytes marks_in(bytes b)
{
	return (bytes)((b == '%') | (b == '&') | (b == '=') | (b == '\\'));
}

static bytes leet_marks_in(bytes b)
{
	return (bytes)((b == '$') | (b == '@'));
}

static bytes alike_in(bytes b)
{
	return (bytes)((b >= 0xc4) & (b <= 0xd5));
}

/* Is there a byte of that kind, which `in` tells for sixteen at once? */
static inline int has(unsigned the_kind, bytes (*in)(bytes), const char *s, size_t size)
{
	bytes any = { 0 };
	uint64_t half[2];
	if (size < sizeof any) {
		for (size_t i = 0; i < size; i++)
			if (is(s[i], the_kind))
				return 1;
		return 0;
	}
	for (size_t i = 0; i + sizeof any <= size; i += sizeof any)
		any |= in(load(s + i));
	any |= in(load(s + size - sizeof any));
	memcpy(half, &any, sizeof half);
	return (half[0] | half[1]) != 0;
}

/* A letter of ASCII beside one that may look like such. */
static int has_mixed(const char *s, size_t size)
{
	if (!has(ALIKE, alike_in, s, size))
		return 0;
	for (size_t i = 1; i < size; i++) {
		uint64_t a, b;
		for (; i + 8 <= size; i += 8) {
			memcpy(&a, s + i - 1, 8);
			memcpy(&b, s + i, 8);
			if ((a ^ b) & UINT64_C(0x8080808080808080))
				break;
		}
		for (size_t end = i + 8 < size ? i + 8 : size; i < end; i++)
			if ((is(s[i], ALIKE) && is_letter(s[i - 1])) || (i > 1 && is_letter(s[i]) && is(s[i - 2], ALIKE)))
				return 1;
		i--;
	}
	return 0;
}

static int is_row_item(const char *s, size_t from, size_t end)
{
	return end - from == 1 || (end - from < WORD_MAX && digitword_possible(s + from, end - from));
}

/* The word before, or behind, the one at [from, end): its neighbour in a row. */
static int has_neighbour(const char *s, size_t size, size_t from, size_t end)
{
	size_t i = end, k = from;
	while (i < size && i < end + PROBE_GAP && (unsigned char)s[i] < 0x80 && !is(s[i], LETTER | DIGIT))
		i++;
	if (i < size && is_digit(s[i]))
		return 1;
	size_t to = word_end(s, size - i > WORD_MAX ? i + WORD_MAX : size, i);
	if (to > i && is_row_item(s, i, to))
		return 1;
	while (k > 0 && k + PROBE_GAP > from && (unsigned char)s[k - 1] < 0x80 && !is(s[k - 1], LETTER | DIGIT))
		k--;
	if (k == 0 || is_digit(s[k - 1]))
		return k > 0;
	for (i = k; k > 0 && i - k < WORD_MAX && is_lettered(s[k - 1]);)
		k--;
	return i > k && is_row_item(s, k, i);
}

/* Might the word that lies at s[p], or begins right behind it, be one in a number spelled out? */
static int probe(const char *s, size_t size, size_t p)
{
	for (size_t end = p + PROBE_GAP; p < end && p < size && (unsigned char)s[p] < 0x80 && !is(s[p], LETTER | DIGIT);)
		p++;
	if (p == size || is_digit(s[p]))
		return p < size;
	if ((unsigned char)s[p] >= 0x80) {
		while (p > 0 && ((unsigned char)s[p] & 0xc0) == 0x80)
			p--;
		/* a word of several such code points may have begun before */
		for (size_t k = 0; k < PROBE_BACK && (unsigned char)s[p] >= 0xe0; k++, p -= 3)
			if (digitword_possible3(s + p) || p < 3 || ((unsigned char)s[p] >= 0xe4 && k == 0))
				return digitword_possible3(s + p);
		if ((unsigned char)s[p] >= 0xe0)
			return 0;
	}
	size_t from = p;
	while (from > 0 && p - from < WORD_MAX && is_lettered(s[from - 1]))
		from--;
	size_t end = word_end(s, size - from > WORD_MAX ? from + WORD_MAX : size, p);
	if (end - from >= WORD_MAX && p - from < WORD_MAX)
		return is_glued(s + from, size - from);
	return is_row_item(s, from, end) && has_neighbour(s, size, from, end);
}

/* A digit amid letters, or one of the two marks that stand for letters. */
static int may_be_leet(const char *s, size_t size, const struct sweep *w)
{
	for (size_t i = 0; i < w->nblocks; i++) {
		const struct digit_block *b = &w->blocks[i];
		if (b->end - b->start == 1 && b->start > 0 && b->end < size && is_letter(s[b->end]) && is_letter(s[b->start - 1]))
			return 1;
	}
	if (!has(LEET_MARK, leet_marks_in, s, size))
		return 0;
	for (const char *p = s; (p = memchr(p, '$', size - (size_t)(p - s))); p++)
		if (p > s && p + 1 < s + size && is_letter(p[-1]) && (is_letter(p[1]) || p[1] == '$' || p[1] == '@'))
			return 1;
	for (const char *p = s; (p = memchr(p, '@', size - (size_t)(p - s))); p++)
		if (p > s && p + 2 < s + size && (p[-1] | 0x20) == 'p' && ((p[1] | 0x20) == 's' || p[1] == '$'))
			return 1;
	return 0;
}

unsigned decode_wanted(const struct view *v, const struct sweep *w)
{
	const char *s = v->data;
	unsigned hints = w->ntokens > 0 || has(MARK, marks_in, s, v->size) ? DECODE_MARKS : 0;
	/* bytes of ASCII in hexadecimal have a digit each */
	int closely = w->digits >= HEX_BYTES_MIN;
	hints |= (v->turned ? DECODE_TURNED : 0) | (may_be_leet(s, v->size, w) ? DECODE_LEET : 0);
	if (w->digits >= DRESSED_DIGITS_MIN && dressed_wanted(s, v->size, w))
		hints |= DECODE_DRESSED;
	if (!v->ascii && !(hints & DECODE_MARKS) && has_mixed(s, v->size))
		hints |= DECODE_MARKS;
	for (size_t p = PROBE_STEP - 1; p < v->size && !closely; p += PROBE_STEP)
		closely = probe(s, v->size, p);
	return closely ? hints | look_closely(s, v->size) : hints;
}

/* What decode_at() has nothing to say of ends at the next mark or the next start of a word. */
static size_t skip_plain(const struct decoded *d, const char *s, size_t size, size_t i)
{
	const unsigned stops = LETTER | DIGIT | MARK | ALIKE | (d->hints & DECODE_WORDS ? FOREIGN : 0);
	const unsigned word = d->mixed ? LETTER : LETTER | DIGIT; /* a word of mixed scripts may begin behind a digit */
	i++;
	while (i < size && is(s[i - 1], word) && is(s[i], word))
		i++;
	while (i < size && !is(s[i], stops))
		i++;
	return i;
}

/* Puts s[from, to) where it ends at `size` of what is decoded, which counts it already. */
static void copy_plain(struct decoded *d, size_t size, const char *s, size_t from, size_t to)
{
	memcpy(d->data + size - (to - from), s + from, to - from);
}

int decode_make(struct decoded *d, const char *s, size_t size, unsigned hints)
{
	d->size = d->npieces = d->spelled_next = d->dressed_next = d->alike_next = 0;
	d->hints = hints;
	d->work = 0;
	d->cut = size > DECODE_SIZE_MAX;
	d->mixed = 0;
	if (d->cut)
		return 0;
	if (room(d, size + 8) < 0)
		return -1;
	d->mixed = has_mixed(s, size);
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
			len = skip_plain(d, s, size, i) - i;
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

int decode_is_guess(const struct decoded *d, size_t start, size_t end)
{
	for (size_t i = pieces_before(d, start); i < d->npieces && d->pieces[i].from < end; i++)
		if (d->pieces[i].guess)
			return 1;
	return 0;
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
