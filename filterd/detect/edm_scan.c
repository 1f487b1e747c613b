/* From a text to the rows of real records: candidates, lookups, and which of them are of one row. */
#include "detect/edm_set.h"

#include "detect/candidate.h"
#include "detect/sort.h"

#include <stdlib.h>
#include <string.h>

enum {
	TOKENS = 1024,
	HITS_MAX = 4096,
	PAIRS_MAX = 32768,
	RARE_MAX = 256,     /* rows of a value that are all gone through; of a more frequent one only those that others point at */
	SHARED_MAX = 4096,  /* of two frequent values: rows of the rarer one that are tried */
	MEMBERS_MAX = 256,  /* values of one row in one text */
};

/* A value of a column, found in the text; its rows. */
struct hit {
	uint32_t start, end;
	struct edm_range rows;
	uint8_t column;
	uint8_t wanted;
};

struct pair {
	uint32_t row, hit;
};

struct edm_scratch {
	struct edm_token tokens[TOKENS + EDM_RUN_MAX];
	struct hit hits[HITS_MAX];
	size_t nhits;
	struct pair pairs[PAIRS_MAX];
	size_t npairs;
};

struct edm_scratch *edm_scratch_new(void)
{
	return calloc(1, sizeof(struct edm_scratch));
}

void edm_scratch_free(struct edm_scratch **x)
{
	if (*x)
		explicit_bzero(*x, sizeof **x);
	free(*x);
	*x = NULL;
}

struct search {
	const struct edm_file *file;
	struct detect_scratch *s;
	struct edm_scratch *x;
	const char *low;
	size_t size;
	const struct edm_token *tokens;
	size_t ntokens;
	size_t digits;      /* the first token of digits from the one at hand on; ntokens: there is none */
};

/* ---- candidates ---- */

static void look_up(struct search *c, enum edm_type t, const char *norm, size_t n, size_t start, size_t end)
{
	const struct edm_index *x = &c->file->index;
	unsigned bit = n < EDM_LENGTH_MAX ? (unsigned)n : EDM_LENGTH_MAX;
	if (n == 0 || !(x->shapes[t].lengths >> bit & 1) || budget_spent(&c->s->budget))
		return;
	struct edm_range all = edm_index_find(x, c->file->key, t, norm, n);
	for (uint32_t k = 0; all.n && k < x->ncolumns; k++) {
		struct edm_range r = x->columns[k].type == t ? edm_index_column(x, all, k) : (struct edm_range){ 0, 0 };
		if (r.n == 0)
			continue;
		if (c->x->nhits == HITS_MAX) {
			c->s->budget.limited = 1;
			return;
		}
		c->x->hits[c->x->nhits++] = (struct hit){ (uint32_t)start, (uint32_t)end, r, (uint8_t)k, 0 };
	}
}

/* A word may not go on behind token `last`. */
static int ends_word(const struct search *c, size_t last)
{
	return last + 1 == c->ntokens || !c->tokens[last + 1].glued;
}

static void try_tokens(struct search *c, enum edm_type t, size_t i, size_t n)
{
	char norm[EDM_NORM_MAX];
	size_t size = edm_norm(t, c->low, c->tokens + i, n, norm);
	look_up(c, t, norm, size, c->tokens[i].start, c->tokens[i + n - 1].end);
}

static void numbers_from(struct search *c, size_t i)
{
	const struct edm_shape *sh = &c->file->index.shapes[EDM_NUMBER];
	const struct edm_token *t = c->tokens;
	size_t len = 0;
	int digits = 0;
	if ((t[i].glued && !t[i].digits) || (!sh->no_digits && c->digits == c->ntokens))
		return;
	for (size_t j = i; j < c->ntokens && j - i < EDM_RUN_MAX; j++) {
		if (!t[j].ascii || (!t[j].digits && !sh->letters) || (j > i && !edm_joins(EDM_NUMBER, c->low, &t[j - 1], &t[j])))
			return;
		digits |= t[j].digits;
		len += t[j].end - t[j].start;
		if (len > EDM_LENGTH_MAX || sh->lengths >> len == 0)
			return;
		if ((sh->lengths >> len & 1) && (digits || sh->no_digits) && ends_word(c, j))
			try_tokens(c, EDM_NUMBER, i, j - i + 1);
	}
}

static void texts_from(struct search *c, size_t i)
{
	uint32_t words = c->file->index.shapes[EDM_TEXT].words;
	const struct edm_token *t = c->tokens;
	unsigned n = 0;
	if (t[i].glued)
		return;
	for (size_t j = i; j < c->ntokens && j - i < EDM_RUN_MAX; j++) {
		if (j > i && !edm_joins(EDM_TEXT, c->low, &t[j - 1], &t[j]))
			return;
		n += !t[j].glued;
		if (words >> n == 0 || n > EDM_WORDS_MAX)
			return;
		if ((words >> n & 1) && ends_word(c, j))
			try_tokens(c, EDM_TEXT, i, j - i + 1);
	}
}

static void phones_from(struct search *c, size_t i)
{
	const struct edm_token *t = c->tokens;
	size_t len = 0;
	if (t[i].glued)
		return;
	for (size_t j = i; j < c->ntokens && j - i < EDM_RUN_MAX && t[j].digits; j++) {
		if (j > i && !edm_joins(EDM_PHONE, c->low, &t[j - 1], &t[j]))
			return;
		len += t[j].end - t[j].start;
		if (len > 18)
			return;
		if (len >= 6 && ends_word(c, j))
			try_tokens(c, EDM_PHONE, i, j - i + 1);
	}
}

static void dates_from(struct search *c, size_t i)
{
	const struct edm_token *t = c->tokens;
	if (t[i].digits && t[i].end - t[i].start == 8)
		try_tokens(c, EDM_DATE, i, 1);
	if (c->ntokens - i >= 3 && (t[i].digits || t[i + 1].digits) && t[i + 2].digits && edm_joins(EDM_DATE, c->low, &t[i], &t[i + 1]) &&
	    edm_joins(EDM_DATE, c->low, &t[i + 1], &t[i + 2]))
		try_tokens(c, EDM_DATE, i, 3);
}

static void emails(struct search *c)
{
	const char *p = c->low, *end = c->low + c->size;
	char norm[EDM_NORM_MAX];
	size_t from, to;
	for (; !c->s->budget.over && (p = memchr(p, '@', (size_t)(end - p))); p++) {
		size_t n = edm_norm_email(c->low, c->size, (size_t)(p - c->low), &from, &to, norm);
		look_up(c, EDM_EMAIL, norm, n, from, to);
	}
}

static int by_start(const void *pa, const void *pb)
{
	const struct hit *a = pa, *b = pb;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->end < b->end ? -1 : a->end > b->end;
}

/* All values of the index in the view at hand, by where they begin. */
static void find_hits(struct search *c)
{
	static void (*const from[EDM_TYPES])(struct search *, size_t) = {
		[EDM_NUMBER] = numbers_from, [EDM_TEXT] = texts_from, [EDM_PHONE] = phones_from, [EDM_DATE] = dates_from
	};
	size_t at = 0, kept = 0;
	c->x->nhits = 0;
	c->tokens = c->x->tokens;
	do {
		c->ntokens = kept + edm_tokens(c->low, c->size, &at, c->x->tokens + kept, TOKENS + EDM_RUN_MAX - kept);
		/* the last ones begin candidates only when what follows them is there too */
		size_t starts = at < c->size ? c->ntokens - EDM_RUN_MAX : c->ntokens;
		c->digits = 0;
		for (size_t i = 0; i < starts && !c->s->budget.over; i++) {
			while (c->digits < c->ntokens && (c->digits < i || !c->tokens[c->digits].digits))
				c->digits++;
			for (int t = EDM_NUMBER; t < EDM_TYPES; t++)
				if (from[t] && c->file->index.shapes[t].lengths)
					from[t](c, i);
		}
		kept = c->ntokens - starts;
		memmove(c->x->tokens, c->x->tokens + starts, kept * sizeof *c->tokens);
	} while (kept > 0 && !c->s->budget.over);
	if (c->file->index.shapes[EDM_EMAIL].lengths)
		emails(c);
	sort_items(c->x->hits, c->x->nhits, sizeof *c->x->hits, by_start);
}

/* ---- which are of one row ---- */

struct join {
	struct search *c;
	const struct edm_rule *rule;
};

static int takes_part(const struct join *j, const struct hit *h)
{
	return j->rule->columns >> h->column & 1;
}

/* True if b, and what begins behind it, begins too late to lie in one window with a. */
static int is_past(const struct join *j, const struct hit *a, const struct hit *b)
{
	return (size_t)b->start - a->start >= (j->c->s->view.ascii ? 1u : 4u) * (size_t)j->rule->within;
}

/* True if a, which begins first, and b lie in one window. */
static int near(const struct join *j, const struct hit *a, const struct hit *b)
{
	size_t end = a->end > b->end ? a->end : b->end, within = j->rule->within, bytes = end - a->start, points = 0;
	if (bytes <= within)
		return 1;
	if (j->c->s->view.ascii || bytes > 4 * within)
		return 0;
	for (size_t i = a->start; i < end; i++)
		points += ((unsigned char)j->c->low[i] & 0xc0) != 0x80;
	return points <= within;
}

static void add_pair(struct join *j, uint32_t row, size_t hit)
{
	struct edm_scratch *x = j->c->x;
	if (x->npairs == PAIRS_MAX)
		j->c->s->budget.limited = 1;
	else
		x->pairs[x->npairs++] = (struct pair){ row, (uint32_t)hit };
}

static void add_rare(struct join *j, size_t hit)
{
	struct edm_range r = j->c->x->hits[hit].rows;
	for (uint32_t i = 0; i < r.n; i++)
		add_pair(j, edm_place_row(edm_index_place(&j->c->file->index, r.first + i)), hit);
}

/* Rows that two frequent values have in common. */
static void add_shared(struct join *j, size_t a, size_t b)
{
	const struct edm_index *x = &j->c->file->index;
	struct edm_range few = j->c->x->hits[a].rows, many = j->c->x->hits[b].rows;
	if (few.n > many.n) {
		struct edm_range t = few;
		few = many;
		many = t;
	}
	if (few.n > SHARED_MAX) {
		j->c->s->budget.limited = 1;
		few.n = SHARED_MAX;
	}
	for (uint32_t i = 0; i < few.n && !budget_spent(&j->c->s->budget); i++) {
		uint32_t row = edm_place_row(edm_index_place(x, few.first + i));
		if (edm_index_has_row(x, many, row)) {
			add_pair(j, row, a);
			add_pair(j, row, b);
		}
	}
}

static void make_pairs(struct join *j)
{
	struct edm_scratch *x = j->c->x;
	x->npairs = 0;
	for (size_t i = 0; i < x->nhits && !budget_spent(&j->c->s->budget); i++) {
		const struct hit *h = &x->hits[i];
		if (!takes_part(j, h))
			continue;
		if (h->rows.n <= RARE_MAX) {
			add_rare(j, i);
			continue;
		}
		/* a long value may end too far away, and a short one behind its start not */
		for (size_t k = i + 1; k < x->nhits && !is_past(j, h, &x->hits[k]) && !budget_spent(&j->c->s->budget); k++)
			if (takes_part(j, &x->hits[k]) && x->hits[k].rows.n > RARE_MAX && x->hits[k].column != h->column && near(j, h, &x->hits[k]))
				add_shared(j, i, k);
	}
}

/* Values of one row in one window: do they make what the rule asks for?  Each place in the text stands for one column
 * only. */
static int enough(const struct join *j, struct hit *const *m, size_t n)
{
	uint32_t seen = 0, taken = 0, end = 0;
	unsigned count = 0;
	for (size_t i = 0; i < n; i++) {
		seen |= 1u << m[i]->column;
		if (m[i]->start < end || (taken >> m[i]->column & 1))
			continue;
		taken |= 1u << m[i]->column;
		end = m[i]->end;
		count++;
	}
	return count >= j->rule->min && (j->rule->require & ~seen) == 0;
}

static void judge_row(struct join *j, struct hit **m, size_t n)
{
	struct hit *in[MEMBERS_MAX];
	for (size_t i = 0; i < n && !budget_spent(&j->c->s->budget); i++) {
		size_t members = 0;
		for (size_t k = i; k < n && !is_past(j, m[i], m[k]); k++)
			if (near(j, m[i], m[k]))
				in[members++] = m[k];
		if (enough(j, in, members))
			for (size_t k = 0; k < members; k++)
				in[k]->wanted = 1;
	}
}

/* The hits of pairs [from, to), all of one row, and the frequent values around them that are of this row too. */
static void judge_pairs(struct join *j, size_t from, size_t to)
{
	struct edm_scratch *x = j->c->x;
	struct hit *m[MEMBERS_MAX];
	size_t n = 0, at = 0, pair = from;
	const struct hit *first = &x->hits[x->pairs[from].hit], *last = &x->hits[x->pairs[to - 1].hit];
	uint32_t reach = 4 * j->rule->within + EDM_NORM_MAX;
	while (at < x->nhits && x->hits[at].start + reach < first->start)
		at++;
	for (; at < x->nhits && x->hits[at].start <= last->end + reach && !budget_spent(&j->c->s->budget); at++) {
		struct hit *h = &x->hits[at];
		while (pair < to && x->pairs[pair].hit < at)
			pair++;
		int in = pair < to && x->pairs[pair].hit == at;
		if (!in && takes_part(j, h) && h->rows.n > RARE_MAX)
			in = edm_index_has_row(&j->c->file->index, h->rows, x->pairs[from].row);
		if (!in)
			continue;
		if (n == MEMBERS_MAX) {
			j->c->s->budget.limited = 1;
			break;
		}
		m[n++] = h;
	}
	judge_row(j, m, n);
}

static int by_row(const void *pa, const void *pb)
{
	const struct pair *a = pa, *b = pb;
	if (a->row != b->row)
		return a->row < b->row ? -1 : 1;
	return a->hit < b->hit ? -1 : a->hit > b->hit;
}

static void join_rows(struct join *j)
{
	struct edm_scratch *x = j->c->x;
	make_pairs(j);
	sort_items(x->pairs, x->npairs, sizeof *x->pairs, by_row);
	for (size_t from = 0, to; from < x->npairs && !budget_spent(&j->c->s->budget); from = to) {
		to = from + 1;
		while (to < x->npairs && x->pairs[to].row == x->pairs[from].row)
			to++;
		judge_pairs(j, from, to);
	}
}

static void scan_rule(const struct detect_set *set, struct search *c, const struct edm_rule *r)
{
	struct join j = { c, r };
	for (size_t i = 0; i < c->x->nhits; i++)
		c->x->hits[i].wanted = r->min == 1 && takes_part(&j, &c->x->hits[i]);
	if (r->min > 1)
		join_rows(&j);
	for (size_t i = 0; i < c->x->nhits && !budget_spent(&c->s->budget); i++) {
		const struct hit *h = &c->x->hits[i];
		if (h->wanted && !scan_excluded(&set->detectors[r->detector], c->s, h->start, h->end))
			scan_note(set, c->s, r->detector, r->confidence, h->start, h->end);
	}
}

static int search_file(const struct edm_set *e, struct detect_scratch *s, size_t file, struct search *c_r)
{
	if (e->files[file].index.entries == 0)
		return -1;
	*c_r = (struct search){ .file = &e->files[file], .s = s, .x = s->edm, .low = scan_lower(s), .size = s->view.size };
	find_hits(c_r);
	return c_r->x->nhits ? 0 : -1;
}

void edm_scan(const struct detect_set *set, struct detect_scratch *s)
{
	const struct edm_set *e = set->edm;
	for (size_t i = 0; e && i < e->nfiles && !s->budget.over; i++) {
		struct search c;
		if (search_file(e, s, i, &c) < 0)
			continue;
		for (size_t k = 0; k < e->nrules; k++)
			if (e->rules[k].file == i)
				scan_rule(set, &c, &e->rules[k]);
	}
}

size_t edm_explain(const struct detect_set *set, struct detect_scratch *s, size_t detector,
                   void (*found)(void *arg, const char *column, size_t start, size_t end, size_t rows), void *arg)
{
	const struct edm_set *e = set->edm;
	size_t n = 0;
	for (size_t k = 0; e && k < e->nrules; k++) {
		struct search c;
		if (e->rules[k].detector != detector || search_file(e, s, e->rules[k].file, &c) < 0)
			continue;
		for (size_t i = 0; i < c.x->nhits; i++) {
			const struct hit *h = &c.x->hits[i];
			if (!(e->rules[k].columns >> h->column & 1))
				continue;
			n++;
			found(arg, c.file->index.columns[h->column].name, h->start, h->end, h->rows.n);
		}
	}
	return n;
}
