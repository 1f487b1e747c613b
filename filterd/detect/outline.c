#include "detect/outline.h"

#include <stdlib.h>
#include <string.h>

/* More than one place in so many: then one call that looks for the pattern is cheaper than many that try it. */
#define RARE 0.004
/* A row of bytes that one place in so many has. */
#define TELLING 0.001

/* A way to match, as far as it is read. */
struct partial {
	struct outline_row rows[OUTLINE_ROWS_MAX];
	uint8_t nrows;
	uint8_t ended; /* what follows is not told any more */
	uint8_t ask;
};

struct list {
	struct partial *item;
	size_t n;
};

static void word_set(struct byte_set *s)
{
	for (unsigned c = 0; c < 128; c++)
		if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_')
			byte_set_add(s, c);
}

static int meet(const struct byte_set *a, const struct byte_set *b)
{
	return ((a->bit[0] & b->bit[0]) | (a->bit[1] & b->bit[1]) | (a->bit[2] & b->bit[2]) | (a->bit[3] & b->bit[3])) != 0;
}

static int within(const struct byte_set *a, const struct byte_set *b)
{
	return ((a->bit[0] & ~b->bit[0]) | (a->bit[1] & ~b->bit[1]) | (a->bit[2] & ~b->bit[2]) | (a->bit[3] & ~b->bit[3])) == 0;
}

static void join(struct byte_set *a, const struct byte_set *b)
{
	for (int i = 0; i < 4; i++)
		a->bit[i] |= b->bit[i];
}

static int add(struct list *l, const struct partial *p)
{
	if (l->n == OUTLINE_ALTS_MAX)
		return -1;
	l->item[l->n++] = *p;
	return 0;
}

/* The way ends here: what stands so far is true of every match. */
static int end(struct list *l, const struct partial *p)
{
	struct partial e = *p;
	e.ended = e.ask = 1;
	return add(l, &e);
}

static int put_row(struct partial *p, const struct syntax *set, uint64_t min, uint64_t max, int lazy)
{
	struct outline_row *r = &p->rows[p->nrows];
	if (p->nrows == OUTLINE_ROWS_MAX)
		return -1;
	*r = (struct outline_row){ .set = set->set, .lazy = (uint8_t)lazy };
	if (set->wide) { /* a character above ASCII is up to four bytes */
		r->set.bit[2] = r->set.bit[3] = UINT64_MAX;
		max = max < OUTLINE_ROW_MAX ? 4 * max : max;
	}
	p->ask |= set->wide | set->loose;
	if (min > OUTLINE_ROW_MAX || max > OUTLINE_ROW_MAX) {
		p->ended = p->ask = 1;
		min = min < OUTLINE_ROW_MAX ? min : OUTLINE_ROW_MAX;
		max = min;
	}
	r->min = (uint8_t)min;
	r->max = (uint8_t)max;
	p->nrows += max > 0;
	return 0;
}

/* Adds to out what p can become by n, in PCRE2's order. -1: out is full. */
static int write_one(const struct syntax *n, const struct partial *p, struct list *out, int depth);

static int write_cat(const struct syntax *n, uint32_t from, const struct partial *p, struct list *out, int depth)
{
	size_t before = out->n;
	if (from == n->nkids || p->ended)
		return add(out, p);
	struct list some = { malloc(OUTLINE_ALTS_MAX * sizeof *p), 0 };
	int r = some.item ? write_one(n->kids[from], p, &some, depth) : -1;
	for (size_t i = 0; i < some.n && r == 0; i++)
		r = write_cat(n, from + 1, &some.item[i], out, depth);
	free(some.item);
	if (r == 0 || from == 0)
		return r;
	out->n = before; /* too many ways to go on: told as far as here */
	return end(out, p);
}

static int write_repeat(const struct syntax *n, uint32_t done, const struct partial *p, struct list *out, int depth)
{
	const struct syntax *kid = n->kids[0];
	struct partial next = *p;
	next.ask |= n->atomic;
	if (kid->type == SYNTAX_CAT && kid->nkids == 1 && !kid->atomic)
		kid = kid->kids[0];
	if (kid->type == SYNTAX_SET)
		return put_row(&next, kid, n->min, n->max, n->lazy) < 0 ? end(out, p) : add(out, &next);
	if (done >= n->min && n->max - done > 2) /* that many more or fewer are not written out */
		return end(out, p);
	if (n->lazy && done >= n->min && add(out, p) < 0)
		return -1;
	if (done < n->max) {
		struct list some = { malloc(OUTLINE_ALTS_MAX * sizeof *p), 0 };
		int r = some.item ? write_one(kid, &next, &some, depth + 1) : -1;
		for (size_t i = 0; i < some.n && r == 0; i++) {
			int same = some.item[i].nrows == p->nrows; /* PCRE2 ends a loop that takes nothing */
			r = some.item[i].ended ? add(out, &some.item[i]) : same ? end(out, p) : write_repeat(n, done + 1, &some.item[i], out, depth);
		}
		free(some.item);
		if (r < 0)
			return -1;
	}
	return n->lazy || done < n->min ? 0 : add(out, p);
}

/* The set that a group is; NULL: it is more. */
static const struct syntax *one_set(const struct syntax *n)
{
	while (n->type == SYNTAX_CAT && n->nkids == 1)
		n = n->kids[0];
	return n->type == SYNTAX_SET ? n : NULL;
}

static int write_whole(const struct syntax *n, const struct partial *p, struct list *out, int depth)
{
	struct partial next = *p;
	const struct syntax *set;
	int r = 0;
	next.ask |= n->atomic;
	switch (n->type) {
	case SYNTAX_SET:
		return put_row(&next, n, 1, 1, 0) < 0 ? end(out, p) : add(out, &next);
	case SYNTAX_EMPTY:
		next.ask |= n->look != LOOK_NONE;
		return add(out, &next);
	case SYNTAX_ANY:
		next.ask = 1;
		set = n->nkids == 1 ? one_set(n->kids[0]) : NULL;
		return set && put_row(&next, set, 1, 1, 0) == 0 ? add(out, &next) : end(out, p);
	case SYNTAX_CAT:
		return write_cat(n, 0, &next, out, depth + 1);
	case SYNTAX_ALT:
		for (uint32_t i = 0; i < n->nkids && r == 0; i++)
			r = write_one(n->kids[i], &next, out, depth + 1);
		return r;
	case SYNTAX_REPEAT:
		return write_repeat(n, 0, &next, out, depth);
	}
	return -1;
}

static int write_one(const struct syntax *n, const struct partial *p, struct list *out, int depth)
{
	size_t before = out->n;
	if (depth < 24 && write_whole(n, p, out, depth) == 0)
		return 0;
	out->n = before; /* too many ways: all that is told of them is that they are there */
	return end(out, p);
}

/* None of the row's bytes can stand behind a match that ends in one of them: it ends where the row of them ends. */
static int barred(const struct outline *o, const struct outline_row *r)
{
	const struct byte_set *set = &r->set;
	struct byte_set word = { { 0 } };
	word_set(&word);
	for (int i = 0; i < o->behind.n; i++) {
		const struct look *l = &o->behind.look[i];
		if (l->kind == LOOK_WORD && r->min > 0 && within(set, &word))
			return 1;
		for (int a = 0; a < l->n; a++)
			if (l->kind == LOOK_AHEAD && l->negative && l->alt[a].size == 1 && !l->alt[a].nguards && within(set, &l->alt[a].set[0].set))
				return 1;
	}
	return 0;
}

/* The first row of p which may give bytes back for what follows; nrows: none. */
static int undecided(const struct outline *o, const struct partial *p)
{
	int last = p->nrows;
	for (int i = 0; i < last; i++) {
		const struct outline_row *r = &p->rows[i];
		int open = 1;
		for (int k = i + 1; r->min < r->max && open && k < last; k++) {
			if (meet(&r->set, &p->rows[k].set))
				return i;
			open = p->rows[k].min == 0;
		}
		if (r->min == r->max || !open)
			continue;
		if (p->ended || !barred(o, r))
			return i;
	}
	return last;
}

/* Writes p out so that each row is as long as it can be; what can't be is cut off. */
static void decide(const struct outline *o, const struct partial *p, struct list *out)
{
	int at = undecided(o, p);
	const struct outline_row *r = &p->rows[at];
	if (at == p->nrows) {
		add(out, p);
		return;
	}
	size_t before = out->n;
	for (int k = r->min; k <= r->max && r->max - r->min < 8 && !p->ended; k++) {
		struct partial one = *p;
		one.rows[at].min = one.rows[at].max = (uint8_t)(r->lazy ? k : r->max - (k - r->min));
		if (one.rows[at].max == 0) {
			memmove(&one.rows[at], &one.rows[at + 1], (size_t)(--one.nrows - at) * sizeof *one.rows);
		}
		if (out->n == OUTLINE_ALTS_MAX)
			break;
		decide(o, &one, out);
		if (k == r->max && out->n < OUTLINE_ALTS_MAX)
			return;
	}
	out->n = before;
	struct partial cut = *p;
	cut.rows[at].max = r->min;
	cut.nrows = (uint8_t)(at + (r->min > 0));
	cut.ended = cut.ask = 1;
	add(out, &cut);
}

/* Where a match can be in an alternative after some bytes: bytes of row, which have begun. */
struct states {
	uint64_t in[OUTLINE_ROWS_MAX + 1][(OUTLINE_ROW_MAX + 64) / 64];
};

/* A match can have ended a row with n bytes of it: the rows that it can be in next.  1: it can be at its end. */
static int enter(struct states *to, const struct outline_alt *alt, int row)
{
	while (row < alt->nrows) {
		to->in[row][0] |= 1; /* no byte of it yet */
		if (alt->rows[row++].min > 0)
			return 0;
	}
	return 1;
}

/* The bytes that can stand at the alternative's first places; returns how many places are told. */
static int head_of_alt(const struct outline_alt *alt, struct byte_set head[OUTLINE_HEAD])
{
	struct states now = { 0 }, next;
	int at = 0, ended = enter(&now, alt, 0);
	for (; at < OUTLINE_HEAD && !ended; at++, now = next) {
		next = (struct states){ 0 };
		for (int r = 0; r < alt->nrows; r++)
			for (int n = 0; n < alt->rows[r].max; n++) {
				if (!(now.in[r][n / 64] >> n % 64 & 1))
					continue;
				join(&head[at], &alt->rows[r].set);
				if (n + 1 < alt->rows[r].max)
					next.in[r][(n + 1) / 64] |= UINT64_C(1) << (n + 1) % 64;
				if (n + 1 >= alt->rows[r].min)
					ended |= enter(&next, alt, r + 1);
			}
	}
	return at;
}

static void head_of(struct outline *o)
{
	o->nhead = OUTLINE_HEAD;
	for (int i = 0; i < o->nalts; i++) {
		int n = head_of_alt(&o->alt[i], o->head);
		o->nhead = n < o->nhead ? (uint8_t)n : o->nhead;
	}
	o->head[0].bit[2] = 0; /* no match begins inside a character */
	memset(&o->head[o->nhead], 0xff, (OUTLINE_HEAD - o->nhead) * sizeof *o->head);
	for (int k = 0; k < o->nhead; k++)
		o->digit |= within(&o->head[k], &(struct byte_set){ { UINT64_C(0x3ff) << '0' } });
}

/* The share of a text's bytes that are in the set, roughly. */
static double share(const struct byte_set *s)
{
	double f = 0;
	for (unsigned c = 0; c < 256; c++)
		if (byte_set_has(s, c))
			f += c >= 'a' && c <= 'z' ? 0.7 / 26 : c == ' ' ? 0.15 : c >= '0' && c <= '9' ? 0.05 / 10 : c >= 'A' && c <= 'Z' ? 0.05 / 26 : c < 0x80 ? 0.05 / 65 : 0.002;
	return f < 1 ? f : 1;
}

static const struct byte_set digits = { { UINT64_C(0x3ff) << '0' } };

/* With how many digits in a row an alternative begins, as far as that is told. */
static uint32_t rows_of_alt(const struct outline *o, const struct outline_alt *alt)
{
	unsigned least = 0, most = 0;
	int k = 0;
	for (; k < alt->nrows && within(&alt->rows[k].set, &digits); k++) {
		least += alt->rows[k].min;
		most += alt->rows[k].max;
	}
	int ends = k < alt->nrows ? alt->rows[k].min > 0 && !meet(&alt->rows[k].set, &digits) : alt->sure && within(&digits, &o->behind.barred);
	least = least < OUTLINE_DIGITS ? least : OUTLINE_DIGITS;
	uint32_t from = ~UINT32_C(0) << least;
	return ends && most < OUTLINE_DIGITS ? from & ~(~UINT32_C(1) << most) : from;
}

static void rows_of(struct outline *o)
{
	for (int i = 0; i < o->nalts; i++)
		o->rows |= rows_of_alt(o, &o->alt[i]);
}

/* The bytes of the shortest match: as many are of these sets, whatever way it goes. */
static void inside_of(struct outline *o)
{
	o->reach = UINT32_MAX;
	for (int i = 0; i < o->nalts; i++) {
		uint32_t n = 0;
		for (int k = 0; k < o->alt[i].nrows; k++)
			n += o->alt[i].rows[k].min;
		o->reach = n < o->reach ? n : o->reach;
	}
	for (int i = 0; i < o->nalts; i++) {
		uint32_t n = 0;
		for (int k = 0; k < o->alt[i].nrows && n < o->reach; n += o->alt[i].rows[k++].min)
			join(&o->inside, &o->alt[i].rows[k].set);
	}
	/* patterns of capitals and digits share one look for such rows */
	static const struct byte_set capitals = { { UINT64_C(0x3ff) << '0', UINT64_C(0x7fffffe) } };
	if (within(&o->inside, &capitals))
		o->inside = capitals;
	double p = 1;
	for (uint32_t i = 0; i < o->reach && p > TELLING; i++)
		p *= share(&o->inside);
	o->telling = p <= TELLING;
}

static void ahead_of(struct outline *o)
{
	struct byte_set word = { { 0 } };
	word_set(&word);
	memset(&o->ahead, 0xff, sizeof o->ahead);
	for (int i = 0; i < o->before.n; i++) {
		const struct look *l = &o->before.look[i];
		if (l->kind == LOOK_WORD && o->nhead > 0 && within(&o->head[0], &word))
			for (int w = 0; w < 4; w++)
				o->ahead.bit[w] &= ~word.bit[w];
	}
	for (int w = 0; w < 4; w++)
		o->ahead.bit[w] &= ~o->before.barred.bit[w];
}

static int is_rare(const struct outline *o)
{
	double all = 0;
	for (int i = 0; i < o->nalts; i++) {
		double p = share(&o->ahead);
		for (int k = 0; k < o->alt[i].nrows; k++)
			for (int j = 0; j < o->alt[i].rows[k].min; j++)
				p *= share(&o->alt[i].rows[k].set);
		all += p;
	}
	return o->nhead > 0 && all < RARE;
}

/* The byte that the set is, if few texts have it; 0: no such set. */
static uint8_t rare_byte(const struct byte_set *s)
{
	uint8_t found = 0;
	for (unsigned c = 1; c < 256; c++)
		if (byte_set_has(s, c)) {
			if (found || !strchr("@#$%&*+<=>[\\]^`{|}~./:", (int)c))
				return 0;
			found = (uint8_t)c;
		}
	return found;
}

static void mark_of(struct outline *o)
{
	for (int i = 0; i < o->nalts; i++) {
		uint32_t before = 0;
		uint8_t mark = 0;
		for (int k = 0; k < o->alt[i].nrows && !mark; k++) {
			mark = o->alt[i].rows[k].min > 0 ? rare_byte(&o->alt[i].rows[k].set) : 0;
			before += mark ? 0 : o->alt[i].rows[k].max;
		}
		o->mark = i == 0 || mark == o->mark ? mark : 0;
		o->mark_at = before > o->mark_at ? before : o->mark_at;
		if (!o->mark)
			return;
	}
}

static int same_row(const struct outline_row *a, const struct outline_row *b)
{
	return memcmp(&a->set, &b->set, sizeof a->set) == 0 && a->min == b->min && a->max == b->max && a->lazy == b->lazy;
}

static struct outline *make(const struct outline *head, const struct list *l, struct arena *a)
{
	struct outline *o = arena_alloc(a, sizeof *o + l->n * sizeof *o->alt);
	if (!o)
		return NULL;
	*o = *head;
	for (size_t i = 0; i < l->n; i++) {
		const struct partial *p = &l->item[i];
		struct outline_alt *alt = &o->alt[o->nalts++];
		*alt = (struct outline_alt){ .nrows = p->nrows, .sure = !p->ask && !p->ended, .rows = arena_alloc(a, (p->nrows + 1u) * sizeof *p->rows) };
		if (!alt->rows)
			return NULL;
		memcpy(alt->rows, p->rows, p->nrows * sizeof *p->rows);
		for (int k = 0; k < p->nrows && alt->sure; k++)
			alt->sure = p->rows[k].min == p->rows[k].max || !p->rows[k].lazy;
		while (i > 0 && alt->shared < alt->nrows && alt->shared < alt[-1].nrows && same_row(&alt->rows[alt->shared], &alt[-1].rows[alt->shared]))
			alt->shared++;
	}
	head_of(o);
	ahead_of(o);
	inside_of(o);
	mark_of(o);
	rows_of(o);
	return is_rare(o) ? o : NULL;
}

/* Tells the first rows of each way only, and ways that are then the same once. */
static void tell_less(struct list *l, uint8_t rows)
{
	size_t n = 0;
	for (size_t i = 0; i < l->n; i++) {
		struct partial *p = &l->item[i];
		if (p->nrows > rows) {
			memset(&p->rows[rows], 0, (size_t)(p->nrows - rows) * sizeof *p->rows);
			p->nrows = rows;
			p->ended = p->ask = 1;
		}
		size_t k = 0;
		while (k < n && memcmp(&l->item[k], p, sizeof *p) != 0)
			k++;
		if (k == n)
			l->item[n++] = *p;
	}
	l->n = n;
}

/* -1: the ways are too many. */
static int decide_all(struct outline *head, const struct list *all, struct list *out)
{
	size_t plain = 0;
	out->n = 0;
	for (size_t i = 0; i < all->n && out->n < OUTLINE_ALTS_MAX; i++) {
		plain += undecided(head, &all->item[i]) == all->item[i].nrows;
		decide(head, &all->item[i], out);
	}
	if (out->n == OUTLINE_ALTS_MAX) /* one may be missing */
		return -1;
	/* written out one by one, the ways of several alternatives are no longer in the order of PCRE2 */
	head->ask |= all->n > 1 && plain < all->n;
	return 0;
}

struct outline *outline_read(const struct syntax *root, struct arena *a)
{
	struct outline head = { 0 }, *o = NULL;
	struct syntax middle = looks_split(root, a, &head.before, &head.behind);
	if (root->type == SYNTAX_CAT)
		head.ask |= root->atomic;
	struct partial *start = calloc(1, sizeof *start);
	struct list all = { malloc(OUTLINE_ALTS_MAX * sizeof *start), 0 }, out = { malloc(OUTLINE_ALTS_MAX * sizeof *start), 0 };
	if (start && all.item && out.item && write_one(&middle, start, &all, 0) == 0) {
		int r = decide_all(&head, &all, &out);
		for (uint8_t rows = 8; r < 0 && rows >= 2; rows /= 2) {
			tell_less(&all, rows);
			r = decide_all(&head, &all, &out);
		}
		if (r == 0 && out.n > 0)
			o = make(&head, &out, a);
	}
	free(start);
	free(all.item);
	free(out.item);
	return o;
}

int outline_fits(const struct outline *o, int i, const char *s, size_t size, size_t start, int *refused, size_t *end_r)
{
	const struct outline_alt *alt = &o->alt[i];
	size_t at = start;
	if (*refused && alt->shared >= *refused)
		return 0; /* it begins like one that did not fit */
	*refused = 0;
	for (int k = 0; k < alt->nrows; k++) {
		const struct outline_row *r = &alt->rows[k];
		size_t n = 0, most = size - at < r->max ? size - at : r->max;
		while (n < most && byte_set_has(&r->set, (unsigned char)s[at + n]))
			n++;
		if (n < r->min) {
			*refused = k + 1;
			return 0;
		}
		at += n;
	}
	int before = looks_hold(&o->before, s, size, start, 0);
	if (before == 0 || !alt->sure)
		return before ? -1 : 0;
	int behind = looks_hold(&o->behind, s, size, at, 1);
	*end_r = at;
	return behind == 0 ? 0 : before < 0 || behind < 0 || o->ask ? -1 : 1;
}
