#include "model/reading.h"

#include <string.h>

enum {
	NEAR = 64,         /* bytes of a border on either side in which digits count */
	FIRST_WORDS = 2,   /* of a text, among which a row of number words begins */
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

static bool same_kind(char a, char b)
{
	return (is_lower(a) && is_lower(b)) || (is_upper(a) && is_upper(b)) || (is_digit(a) && is_digit(b));
}

static bool letters(char a, char b)
{
	return (is_lower(a) || is_upper(a)) && (is_lower(b) || is_upper(b));
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

/* Without what only says that it goes on. */
static struct part said(const struct window *w, size_t i)
{
	const struct window_piece *p = &w->pieces[i];
	return (struct part){ w->text + p->from + p->edge.front, (size_t)p->size - p->edge.front - p->edge.back };
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
	if (from == 0)
		return;
	while (((unsigned char)r->data[from] & 0xc0) == 0x80)
		from++;
	r->size -= from;
	memmove(r->data, r->data + from, r->size);
}

/* The end of what there is. */
struct end {
	bool word;   /* it was a word alone … */
	bool token;  /* … and looks like a part of a token */
};

static bool is_glued(const struct reading *r, enum way way, struct end before, struct part next, bool word, bool is_new)
{
	if (way == SPACED || r->size == 0)
		return false;
	const char last = r->data[r->size - 1], sign = next.s[next.size - 1];
	return edge_goes_on(before.token, last, *next.s) || (is_new && letters(last, *next.s)) ||
	       (way == WELDED && word && same_kind(last, *next.s) && (before.word || sign == ':' || sign == '='));
}

/* A word that grew by another: capitals behind the first letter, or digits among letters, make a token of both. */
static bool grows_token(char last, char next)
{
	return is_upper(next) || next == '_' || is_digit(last) != is_digit(next);
}

static void put_piece(struct reading *r, const struct window *w, size_t i, enum way way, struct end *e)
{
	const struct window_piece *wp = &w->pieces[i];
	const struct part p = way == SPACED ? piece(w, i) : said(w, i);
	if (p.size == 0)
		return;
	const bool glued = is_glued(r, way, *e, p, wp->edge.word, false);
	if (r->size > 0 && !glued)
		put(r, " ", 1);
	e->token = wp->edge.token || (glued && wp->edge.word && (e->token || grows_token(r->data[r->size - 1], *p.s)));
	e->word = wp->edge.word;
	put(r, p.s, p.size);
}

/* All texts in their order; the new one in the place of `at`, or behind all.  word: the new one is one.  False if there is nothing beside it. */
static bool join(const struct window *w, size_t at, enum way way, const char *text, size_t size, bool word, struct reading *r)
{
	const size_t skip = way == SPACED ? 0 : edge_front(text, size);
	const struct part new = { text + skip, size - skip };
	size_t first = at, near = 0; /* what is farther away than the edge is cut off below */
	struct end e = { 0 };
	if (new.size == 0)
		return false;
	while (first > 0 && !(first < at && w->pieces[first].cut) && near <= WINDOW_EDGE)
		near += w->pieces[--first].size;
	r->size = r->nparts = 0;
	for (size_t i = first; i < at; i++)
		put_piece(r, w, i, way, &e);
	if (r->size > 0 && !is_glued(r, way, e, new, word, true))
		put(r, " ", 1);
	keep_last(r, WINDOW_EDGE);
	struct reading_block *b = &r->blocks[0];
	*b = (struct reading_block){ .start = (uint16_t)r->size, .at = (uint16_t)skip };
	put(r, new.s, cut_short(new.s, new.size, WINDOW_EDGE));
	b->end = (uint16_t)r->size;
	b->cut = b->end - b->start < (long)new.size;
	e = (struct end){ word, b->cut || at >= w->n ? false : edge_find(text, size).token };
	for (size_t i = at + 1; !b->cut && i < w->n && !w->pieces[i].cut && r->size - b->end < WINDOW_EDGE; i++)
		put_piece(r, w, i, way, &e);
	b->until = (uint16_t)r->size;
	r->nblocks = 1;
	return b->start > 0 || b->end < b->until;
}

static bool in_word(char c)
{
	return c != ' ' && (unsigned char)c < 0x80;
}

static bool long_word_ends(struct part p)
{
	size_t n = 0;
	while (n < p.size && n < EDGE_LONG_WORD && in_word(p.s[p.size - n - 1]))
		n++;
	return n == EDGE_LONG_WORD;
}

static bool long_word_begins(struct part p)
{
	size_t n = 0;
	while (n < p.size && n < EDGE_LONG_WORD && in_word(p.s[n]))
		n++;
	return n == EDGE_LONG_WORD;
}

static bool tells(const struct window *w, size_t i, struct part p)
{
	return w->pieces[i].glance && carry_tells(p.s, p.size);
}

static bool ends_suspicious(const struct window *w, size_t at)
{
	for (size_t i = at, near = NEAR; i > 0 && near > 0 && (i == at || !w->pieces[i].cut);) {
		struct part p = piece(w, --i);
		if (p.size > near)
			p.s += p.size - near;
		p.size = p.size < near ? p.size : near;
		if (tells(w, i, p) || (i + 1 == at && long_word_ends(piece(w, i))))
			return true;
		near -= p.size;
	}
	return false;
}

static bool begins_suspicious(const struct window *w, size_t at)
{
	for (size_t i = at, near = NEAR; i < w->n && near > 0 && !w->pieces[i].cut; i++) {
		struct part p = piece(w, i);
		p.size = p.size < near ? p.size : near;
		if (tells(w, i, p) || (i == at && long_word_begins(p)))
			return true;
		near -= p.size;
	}
	return false;
}

/* Number words before it and in it, enough for the rules to read as digits. */
static bool is_spelled(const struct window *w, size_t at, const char *text, size_t size)
{
	size_t n = carry_numerals(text, size, FIRST_WORDS);
	if (n == 0)
		return false;
	n = carry_numerals(text, size, SIZE_MAX);
	for (size_t i = at; i > 0 && n < SPELLED_MIN; i--)
		if (w->pieces[i - 1].glance)
			n += carry_numerals(w->text + w->pieces[i - 1].from, w->pieces[i - 1].size, SIZE_MAX);
	return n >= SPELLED_MIN;
}

/* False if nothing near the borders could be a part of a number or token: no digit, nothing that may be one in another script, no sign of a value,
 * no long word of ASCII; and if it is no row of number words.  Much of all talk ends here. */
static bool is_suspicious(const struct window *w, size_t at, bool within, const char *text, size_t size)
{
	const size_t behind = within ? at + 1 : w->n, near = size < NEAR ? size : NEAR;
	if (size == 0 || (at == 0 && behind >= w->n))
		return false;
	return carry_tells(text, near) || long_word_begins((struct part){ text, size }) || (at > 0 && ends_suspicious(w, at)) ||
	       (behind < w->n && (begins_suspicious(w, behind) || carry_tells(text + size - near, near) || long_word_ends((struct part){ text, size }))) ||
	       is_spelled(w, at, text, size < WINDOW_EDGE ? size : WINDOW_EDGE);
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

/* Bytes of piece i that are no part of a number. */
static size_t count_words(struct window *w, size_t i)
{
	const struct carry c = window_carry(w, i);
	return w->pieces[i].size - (carry_part(&c) ? c.to - c.from : 0);
}

/* The words around and between what may be parts of a number, so that they still say what it is.  False if there are no such parts. */
static bool read_words(struct window *w, const struct carry *new, const char *text, struct reading *r)
{
	size_t n = 0, first = w->n, near = 0;
	for (size_t i = 0; i < w->n; i++) {
		const struct carry c = window_carry(w, i);
		n += carry_part(&c);
	}
	r->size = 0;
	if (n == 0)
		return false;
	for (; first > 0 && near <= CONTEXT_MAX; near += count_words(w, first))
		first--;
	for (size_t i = first; i < w->n; i++) {
		const struct part p = piece(w, i);
		const struct carry c = window_carry(w, i);
		put_words(r, p.s, carry_part(&c) ? c.from : p.size);
		if (carry_part(&c))
			put_words(r, p.s + c.to, p.size - c.to);
	}
	put_words(r, text, new->from);
	keep_last(r, CONTEXT_MAX);
	return true;
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
	bool token = false;
	r->nparts = 0;
	for (size_t i = first; i < w->n; i++) {
		const struct carry c = window_carry(w, i);
		if (!carry_part(&c))
			continue;
		const struct part p = { w->text + w->pieces[i].from + c.from, c.to - c.from };
		if (r->nparts > 0 && (way == SPACED || !edge_goes_on(token, r->data[r->size - 1], *p.s)))
			put(r, " ", 1);
		token = edge_find(p.s, p.size).token;
		r->parts[r->nparts++] = (uint16_t)r->size;
		put(r, p.s, p.size);
	}
	if (r->nparts == 0)
		return false;
	if (way == SPACED || !edge_goes_on(token, r->data[r->size - 1], text[new.from]))
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
static bool read_pairs(struct window *w, const char *text, size_t size, bool word, struct reading *r)
{
	size_t aside = 0;
	r->size = r->nblocks = r->nparts = 0;
	if (edge_front(text, size) > 0)
		return false;
	for (size_t i = w->n; i-- > 0 && r->nblocks + 2 <= READING_BLOCKS_MAX && r->size + 2 * (sizeof barrier + PAIR_TAIL + PAIR_HEAD) <= READING_MAX;) {
		const struct part p = said(w, i);
		if (p.size == 0)
			continue;
		const char last = p.s[p.size - 1];
		const struct carry c = window_carry(w, i);
		const bool goes = edge_goes_on(w->pieces[i].edge.token, last, *text), digits = is_digit(last) && is_digit(*text) && carry_part(&c);
		const bool announced = word && w->n - 1 - i <= ASIDES_MAX && aside <= ASIDE_MAX;
		aside += p.size;
		if (i + 1 == w->n)
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
	const bool there = at < w->n && is_suspicious(w, at, true, text, size), behind = is_suspicious(w, w->n, false, text, size);
	if (!there && !behind)
		return 0;
	const size_t head = size < WINDOW_EDGE ? size : WINDOW_EDGE;
	const bool word = edge_find(text, head).word;
	if (there && join(w, at, SPACED, text, size, word, &out[n])) {
		n++;
		n += join(w, at, GLUED, text, size, word, &out[n]);
	}
	struct reading *spaced = &out[n];
	if (!behind || !join(w, w->n, SPACED, text, size, word, spaced))
		return n;
	n++;
	n += join(w, w->n, GLUED, text, size, word, &out[n]) && !same(&out[n], spaced);
	n += word && join(w, w->n, WELDED, text, size, word, &out[n]) && !same(&out[n], &out[n - 1]);
	if (!word && !(carry_glance(text, head) & CARRY_FIGURES))
		return n;
	if (read_cores(w, SPACED, text, size, &out[n]) && !same(&out[n], spaced)) {
		n++;
		n += read_cores(w, GLUED, text, size, &out[n]) && !same(&out[n], &out[n - 1]);
	}
	return n + read_pairs(w, text, size, word, &out[n]);
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
	return n > m || (n == 0 && m == 0 && to_size < EDGE_LONG_WORD && size >= EDGE_LONG_WORD);
}
