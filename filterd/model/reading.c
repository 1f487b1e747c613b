#include "model/reading.h"

#include <string.h>

enum {
	NEAR = 64,         /* bytes of a border on either side in which digits count */
	LONG_WORD = 12,    /* what touches a border on either side and is that long may be a token */
	SPELLED_MIN = 6,   /* number words in a row of texts: fewer are talk */
	CONTEXT_MAX = 100, /* bytes of words before a number that is read without the words between its parts */
	PAIR_TAIL = 80,    /* bytes of an earlier text and … */
	PAIR_HEAD = 64,    /* … of the new one that are read together */
	ASIDE_MAX = 40,    /* bytes, and … */
	ASIDES_MAX = 3,    /* … texts between an announcement and what it announces */
};

/* No pattern goes across it. */
static const char barrier[] = "\n;;;;\n";

enum way {
	SPACED,  /* a space between any two texts */
	GLUED,   /* none where the word before looks like a part of a number or token, nor before the new text where a word may be cut */
	WELDED,  /* nor between texts of one word each */
};

struct part {
	const char *s;
	size_t size;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* "…", or two dots or more, as a sign that something goes on. */
static size_t ellipsis(const char *s, size_t size)
{
	size_t n = 0;
	while (n < size && s[n] == '.')
		n++;
	return n >= 2 ? n : size >= 3 && memcmp(s, "…", 3) == 0 ? 3 : 0;
}

static struct part trim(struct part p, bool front, bool back)
{
	for (size_t n; front && p.size > 0 && (n = is_space(*p.s) ? 1 : ellipsis(p.s, p.size)) > 0; p.size -= n)
		p.s += n;
	for (;  back && p.size > 0;) {
		const char *last = p.s + p.size;
		if (is_space(last[-1]))
			p.size--;
		else if (p.size >= 3 && memcmp(last - 3, "…", 3) == 0)
			p.size -= 3;
		else if (p.size >= 2 && last[-1] == '.' && last[-2] == '.')
			while (p.size > 0 && p.s[p.size - 1] == '.')
				p.size--;
		else
			break;
	}
	return p;
}

static bool is_word(struct part p)
{
	for (size_t i = 0; i < p.size; i++)
		if (is_space(p.s[i]))
			return false;
	return true;
}

/* True if the word that ends what there is may go on with what comes: digits with a digit; a token, which is a word with digits,
 * underscores, capitals behind its first letter, or a long one, with anything. */
static bool goes_on(const char *s, size_t size, char next)
{
	size_t from = size, digits = 0;
	bool token = false;
	while (from > 0 && (unsigned char)s[from - 1] > ' ') {
		char c = s[--from];
		digits += is_digit(c);
		token |= c == '_' || (is_upper(c) && from > 0 && (unsigned char)s[from - 1] > ' ');
	}
	char last = size > from ? s[size - 1] : ' ';
	if (is_digit(last) && is_digit(next))
		return true;
	return (unsigned char)next > ' ' && (token || size - from >= LONG_WORD || (digits > 0 && digits < size - from));
}

static bool same_kind(char a, char b)
{
	return (is_lower(a) && is_lower(b)) || (is_upper(a) && is_upper(b)) || (is_digit(a) && is_digit(b));
}

static bool letters(char a, char b)
{
	return (is_lower(a) || is_upper(a)) && (is_lower(b) || is_upper(b));
}

static bool is_glued(const struct reading *r, enum way way, struct part before, struct part next, bool is_new)
{
	if (way == SPACED || r->size == 0)
		return false;
	char last = r->data[r->size - 1];
	return goes_on(r->data, r->size, *next.s) || (is_new && letters(last, *next.s)) ||
	       (way == WELDED && is_word(next) && same_kind(last, *next.s) && (is_word(before) || strchr(":=", next.s[next.size - 1])));
}

static void put(struct reading *r, const char *s, size_t size)
{
	memcpy(r->data + r->size, s, size);
	r->size += size;
}

static struct part piece(const struct window *w, size_t i)
{
	return (struct part){ w->text + w->pieces[i].from, w->pieces[i].size };
}

static size_t cut_short(const char *s, size_t size, size_t max)
{
	while (size > max && max > 0 && ((unsigned char)s[max] & 0xc0) == 0x80)
		max--;
	return size < max ? size : max;
}

/* What is farther away can't be part of a number or token; each byte costs every message. */
static void keep_last(struct reading *r, size_t max)
{
	size_t from = r->size > max ? r->size - max : 0;
	while (from > 0 && ((unsigned char)r->data[from] & 0xc0) == 0x80)
		from++;
	r->size -= from;
	memmove(r->data, r->data + from, r->size);
}

/* All texts in their order; the new one in the place of `at`, or behind all.  False if there is nothing beside it. */
static bool join(const struct window *w, size_t at, enum way way, const char *text, size_t size, struct reading *r)
{
	size_t first = at;
	struct part before = { 0 }, new = trim((struct part){ text, size }, way != SPACED, false);
	while (first > 0 && !(first < at && w->pieces[first].cut))
		first--;
	r->size = r->nparts = 0;
	for (size_t i = first; i < at; i++) {
		struct part p = way == SPACED ? piece(w, i) : trim(piece(w, i), true, true);
		if (p.size == 0)
			continue;
		if (r->size > 0 && !is_glued(r, way, before, p, false))
			put(r, " ", 1);
		put(r, p.s, p.size);
		before = p;
	}
	if (new.size == 0)
		return false;
	if (r->size > 0 && !is_glued(r, way, before, new, true))
		put(r, " ", 1);
	keep_last(r, WINDOW_EDGE);
	struct reading_block *b = &r->blocks[0];
	*b = (struct reading_block){ .start = (uint16_t)r->size, .at = (uint16_t)(new.s - text) };
	put(r, new.s, cut_short(new.s, new.size, WINDOW_EDGE));
	b->end = (uint16_t)r->size;
	b->cut = b->end - b->start < (long)new.size;
	for (size_t i = at + 1; !b->cut && i < w->n && !w->pieces[i].cut && r->size - b->end < WINDOW_EDGE; i++) {
		struct part p = piece(w, i);
		if (way == SPACED || !goes_on(r->data, r->size, *p.s))
			put(r, " ", 1);
		put(r, p.s, p.size);
	}
	b->until = (uint16_t)r->size;
	r->nblocks = 1;
	return b->start > 0 || b->end < b->until;
}

static bool has_digit(const struct reading *r, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (carry_digit(r->data + i, r->size - i))
			return true;
	return false;
}

static bool in_word(char c)
{
	return c != ' ' && (unsigned char)c < 0x80;
}

/* "word: x", "key=x": a name and its value. */
static bool has_sign(const struct reading *r, size_t from, size_t to)
{
	for (size_t i = from > 0 ? from : 1; i < to; i++)
		if ((r->data[i] == ':' || r->data[i] == '=') && (is_lower(r->data[i - 1]) || is_upper(r->data[i - 1])) && (i + 1 == to || r->data[i + 1] != '/'))
			return true;
	return false;
}

static bool suspicious_at(const struct reading *r, size_t border)
{
	size_t from = border > NEAR ? border - NEAR : 0, to = r->size - border > NEAR ? border + NEAR : r->size, left = border, right = border;
	while (from > 0 && ((unsigned char)r->data[from] & 0xc0) == 0x80)
		from--;
	if (has_digit(r, from, to) || has_sign(r, from, to))
		return true;
	while (left > 0 && (left == border || in_word(r->data[left - 1])) && border - left < LONG_WORD)
		left--;
	while (right < r->size && in_word(r->data[right]) && right - border < LONG_WORD)
		right++;
	return border - left >= LONG_WORD || right - border >= LONG_WORD;
}

/* False if nothing near the borders could be a part of a number or token: no digit, nothing that may be one in another script, no sign of a value,
 * no long word of ASCII; and if it is no row of number words. */
static bool is_suspicious(const struct reading *r)
{
	const struct reading_block *b = &r->blocks[0];
	if ((b->start > 0 && suspicious_at(r, b->start)) || (b->end < b->until && suspicious_at(r, b->end)))
		return true;
	return carry_numerals(r->data + b->start, (size_t)b->end - b->start, 4) > 0 && carry_numerals(r->data, r->size, SIZE_MAX) >= SPELLED_MIN;
}

static bool same(const struct reading *a, const struct reading *b)
{
	return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

/* The words, without their digits. */
static void put_words(struct reading *r, const char *s, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!is_digit(s[i]))
			put(r, s + i, 1);
	if (r->size > 0 && r->data[r->size - 1] != ' ')
		put(r, " ", 1);
}

/* The words around and between what may be parts of a number, so that they still say what it is.  False if there are no such parts. */
static bool read_words(struct window *w, const struct carry *new, const char *text, struct reading *r)
{
	size_t n = 0;
	r->size = 0;
	for (size_t i = 0; i < w->n; i++) {
		const struct part p = piece(w, i);
		const struct carry c = window_carry(w, i);
		n += carry_part(&c);
		put_words(r, p.s, carry_part(&c) ? c.from : p.size);
		if (carry_part(&c))
			put_words(r, p.s + c.to, p.size - c.to);
	}
	put_words(r, text, new->from);
	keep_last(r, CONTEXT_MAX);
	return n > 0;
}

/* What may be parts of a number, behind each other; all words stand before them. */
static bool read_cores(struct window *w, enum way way, const char *text, size_t size, struct reading *r)
{
	const size_t head = cut_short(text, size, WINDOW_EDGE);
	const struct carry new = carry_find(text, head);
	if (new.weight == 0 || (!new.bare && new.weight < 2) || !read_words(w, &new, text, r))
		return false;
	const size_t words = r->size;
	size_t room = WINDOW_EDGE, first = w->n;
	for (; first > 0 && room > 0; first--) {
		const struct carry c = window_carry(w, first - 1);
		if (carry_part(&c) && c.to - c.from + 1 > room)
			break;
		room -= carry_part(&c) ? c.to - c.from + 1 : 0;
	}
	r->nparts = 0;
	for (size_t i = first; i < w->n; i++) {
		const struct carry c = window_carry(w, i);
		if (!carry_part(&c))
			continue;
		const struct part p = { w->text + w->pieces[i].from + c.from, c.to - c.from };
		if (r->nparts > 0 && (way == SPACED || !goes_on(r->data, r->size, *p.s)))
			put(r, " ", 1);
		r->parts[r->nparts++] = (uint16_t)r->size;
		put(r, p.s, p.size);
	}
	if (r->nparts == 0)
		return false;
	if (way == SPACED || !goes_on(r->data, r->size, text[new.from]))
		put(r, " ", 1);
	struct reading_block *b = &r->blocks[0];
	*b = (struct reading_block){ .start = (uint16_t)r->size, .at = (uint16_t)new.from, .cut = head < size, .crossing = true, .words = (uint16_t)words };
	put(r, text + new.from, head - new.from);
	b->end = b->until = (uint16_t)r->size;
	r->nblocks = 1;
	return true;
}

static void put_pair(struct reading *r, struct part p, bool space, const char *text, size_t size, bool crossing)
{
	struct reading_block *b = &r->blocks[r->nblocks++];
	const size_t head = cut_short(text, size, PAIR_HEAD);
	size_t from = p.size > PAIR_TAIL ? p.size - PAIR_TAIL : 0;
	while (from < p.size && ((unsigned char)p.s[from] & 0xc0) == 0x80)
		from++;
	if (r->size > 0)
		put(r, barrier, sizeof barrier - 1);
	b->from = (uint16_t)r->size;
	put(r, p.s + from, p.size - from);
	if (space)
		put(r, " ", 1);
	b->start = (uint16_t)r->size;
	put(r, text, head);
	b->end = b->until = (uint16_t)r->size;
	b->at = b->words = 0;
	b->cut = head < size;
	b->crossing = crossing;
}

/* The new text behind single earlier ones, whatever came between: what both could be halves of; and behind an announcement, if what came
 * between was short. */
static bool read_pairs(struct window *w, const char *text, size_t size, struct reading *r)
{
	const struct part new = trim((struct part){ text, size }, false, true);
	size_t aside = 0;
	r->size = r->nblocks = r->nparts = 0;
	if (is_space(*text) || ellipsis(text, size))
		return false;
	for (size_t i = w->n; i-- > 0 && r->nblocks + 2 <= READING_BLOCKS_MAX;) {
		const struct part p = trim(piece(w, i), false, true);
		if (p.size == 0)
			continue;
		const struct carry c = window_carry(w, i);
		const bool goes = goes_on(p.s, p.size, *text), digits = is_digit(p.s[p.size - 1]) && is_digit(*text) && carry_part(&c);
		const bool announced = is_word(new) && w->n - 1 - i <= ASIDES_MAX && aside <= ASIDE_MAX;
		aside += p.size;
		if (i + 1 == w->n || r->size + 2 * (sizeof barrier + PAIR_TAIL + PAIR_HEAD) > READING_MAX)
			continue;
		if (digits || (announced && !goes))
			put_pair(r, p, true, text, size, !announced);
		if (goes)
			put_pair(r, p, false, text, size, true);
	}
	return r->nblocks > 0;
}

size_t reading_make(struct window *w, uint64_t corrects, const char *text, size_t size, struct reading out[READINGS_MAX])
{
	size_t n = 0, at = w->n;
	for (size_t i = 0; corrects && i < w->n; i++)
		if (w->pieces[i].id == corrects)
			at = i;
	if (at < w->n && join(w, at, SPACED, text, size, &out[n]) && is_suspicious(&out[n])) {
		n++;
		n += join(w, at, GLUED, text, size, &out[n]);
	}
	struct reading *spaced = &out[n];
	if (!join(w, w->n, SPACED, text, size, spaced) || !is_suspicious(spaced))
		return n;
	n++;
	n += join(w, w->n, GLUED, text, size, &out[n]) && !same(&out[n], spaced);
	n += join(w, w->n, WELDED, text, size, &out[n]) && !same(&out[n], &out[n - 1]);
	if (read_cores(w, SPACED, text, size, &out[n]) && !same(&out[n], spaced)) {
		n++;
		n += read_cores(w, GLUED, text, size, &out[n]) && !same(&out[n], &out[n - 1]);
	}
	return n + read_pairs(w, text, size, &out[n]);
}

/* True if a number goes on on the other side of what parts the groups of a time, date, price or address: then that is what it is. */
static bool goes_on_behind(const struct reading *r, size_t end)
{
	return end + 1 < r->size && strchr(".:/-,", r->data[end]) && is_digit(r->data[end + 1]) && is_digit(r->data[end - 1]);
}

static bool goes_on_before(const struct reading *r, size_t start)
{
	return start >= 2 && strchr(".:/-,", r->data[start - 1]) && is_digit(r->data[start - 2]) && is_digit(r->data[start]);
}

/* Numbers that happen to stand behind each other here make many others; one that was cut up begins with a part. */
static bool begins_part(const struct reading *r, size_t start)
{
	for (size_t i = 0; i < r->nparts; i++)
		if (r->parts[i] == start)
			return true;
	return r->nparts == 0;
}

static bool is_known(const struct finding *f, const struct finding *known, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (known[i].text == f->text && known[i].detector == f->detector && known[i].start < f->end && f->start < known[i].end &&
		    known[i].confidence >= f->confidence)
			return true;
	return false;
}

bool reading_news(const struct reading *r, struct finding *f, const struct finding *known, size_t n)
{
	const struct reading_block *b = r->blocks;
	while (b < r->blocks + r->nblocks && !(f->start >= b->from && f->end <= b->until))
		b++;
	if (b == r->blocks + r->nblocks)
		return false;
	const uint32_t start = f->start > b->start ? f->start : b->start, end = f->end < b->end ? f->end : b->end;
	const bool crosses = f->start < b->start || f->end > b->end;
	if (start >= end || (!crosses && (b->crossing || (b->cut && end == b->end))))
		return false;
	if (crosses && (goes_on_before(r, f->start) || goes_on_behind(r, f->end) || (f->start >= b->words && !begins_part(r, f->start))))
		return false;
	f->start = start - b->start + b->at;
	f->end = end - b->start + b->at;
	return crosses || !is_known(f, known, n);
}

static size_t count_digits(const char *s, size_t size)
{
	size_t n = 0;
	for (size_t i = 0; i < size; i++)
		n += is_digit(s[i]) || (unsigned char)s[i] >= 0x80;
	return n;
}

bool reading_prefers(const char *text, size_t size, const char *to, size_t to_size)
{
	size_t n = count_digits(text, size), m = count_digits(to, to_size);
	return n > m || (n == 0 && m == 0 && to_size < LONG_WORD && size >= LONG_WORD);
}
