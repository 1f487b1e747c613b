#include "detect/look.h"

#include <string.h>

static int read_set(const struct syntax *n, struct look_set *s)
{
	if (n->type != SYNTAX_SET || n->loose)
		return -1;
	*s = (struct look_set){ n->set, n->wide };
	return 0;
}

/* The sets of n, so many times, behind those that the sequence has. */
static int add_sets(struct look_seq *q, const struct syntax *n)
{
	if (n->type == SYNTAX_CAT) {
		for (uint32_t i = 0; i < n->nkids; i++)
			if (add_sets(q, n->kids[i]) < 0)
				return -1;
		return 0;
	}
	if (n->type == SYNTAX_REPEAT) {
		if (n->min != n->max || n->min == 0 || n->min > LOOK_SETS_MAX)
			return -1;
		for (uint32_t i = 0; i < n->min; i++)
			if (add_sets(q, n->kids[0]) < 0)
				return -1;
		return 0;
	}
	return q->size == LOOK_SETS_MAX || read_set(n, &q->set[q->size]) < 0 ? -1 : (q->size++, 0);
}

static int read_alternatives(const struct syntax *n, int kind, int guards, struct arena *a, struct look_seq **alt_r, uint8_t *n_r);

/* A sequence of sets; at its far end, if guards are allowed, perhaps what must not follow. */
static int read_sequence(const struct syntax *n, int kind, int guards, struct arena *a, struct look_seq *q)
{
	const struct syntax *const *kid = n->type == SYNTAX_CAT ? (const struct syntax *const *)n->kids : &n;
	uint32_t nkids = n->type == SYNTAX_CAT ? n->nkids : 1, far = kind == LOOK_AHEAD ? nkids - 1 : 0;
	*q = (struct look_seq){ .set = arena_alloc(a, LOOK_SETS_MAX * sizeof *q->set) };
	if (!q->set || nkids == 0)
		return -1;
	const struct syntax *guard = guards && kid[far]->type == SYNTAX_EMPTY ? kid[far] : NULL;
	if (guard && (guard->look != kind || !guard->negative || read_alternatives(guard->looked, kind, 0, a, &q->guard, &q->nguards) < 0))
		return -1;
	for (uint32_t i = 0; i < nkids; i++)
		if ((i != far || !guard) && add_sets(q, kid[i]) < 0)
			return -1;
	return q->size > 0 ? 0 : -1;
}

static int read_alternatives(const struct syntax *n, int kind, int guards, struct arena *a, struct look_seq **alt_r, uint8_t *n_r)
{
	const struct syntax *const *kid = n->type == SYNTAX_ALT ? (const struct syntax *const *)n->kids : &n;
	uint32_t nkids = n->type == SYNTAX_ALT ? n->nkids : 1;
	*alt_r = nkids <= LOOK_ALTS_MAX ? arena_alloc(a, nkids * sizeof **alt_r + 1) : NULL;
	if (!*alt_r)
		return -1;
	for (*n_r = 0; *n_r < nkids; ++*n_r)
		if (read_sequence(kid[*n_r], kind, guards, a, &(*alt_r)[*n_r]) < 0)
			return -1;
	return 0;
}

static int read_look(const struct syntax *n, struct arena *a, struct look *l)
{
	*l = (struct look){ .kind = n->look, .negative = n->negative };
	if (n->look == LOOK_WORD)
		return 0;
	if (n->look != LOOK_AHEAD && n->look != LOOK_BEHIND)
		return -1;
	const struct syntax *looked = n->looked;
	while (looked->type == SYNTAX_CAT && looked->nkids == 1)
		looked = looked->kids[0];
	return read_alternatives(looked, n->look, 1, a, &l->alt, &l->n);
}

static int sequences_equal(const struct look_seq *a, const struct look_seq *b, uint8_t n)
{
	for (uint8_t i = 0; i < n; i++) {
		if (a[i].size != b[i].size || a[i].nguards != b[i].nguards || !sequences_equal(a[i].guard, b[i].guard, a[i].nguards))
			return 0;
		for (uint8_t k = 0; k < a[i].size; k++)
			if (a[i].set[k].wide != b[i].set[k].wide || memcmp(&a[i].set[k].set, &b[i].set[k].set, sizeof a->set->set) != 0)
				return 0;
	}
	return 1;
}

int looks_equal(const struct looks *a, const struct looks *b)
{
	if (a->n != b->n || a->ask != b->ask || a->border != b->border)
		return 0;
	for (uint8_t i = 0; i < a->n; i++) {
		const struct look *x = &a->look[i], *y = &b->look[i];
		if (x->kind != y->kind || x->negative != y->negative || x->n != y->n || !sequences_equal(x->alt, y->alt, x->n))
			return 0;
	}
	return 1; /* the rest follows from these */
}

static int is_word(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static int word_holds(const char *s, size_t size, size_t at)
{
	unsigned char before = at > 0 ? (unsigned char)s[at - 1] : ' ', behind = at < size ? (unsigned char)s[at] : ' ';
	if (before >= 0x80 || behind >= 0x80)
		return -1;
	return is_word(before) != is_word(behind);
}

/* A character above ASCII is several bytes: one that a set may mean stands within reach. */
static int is_unclear(const struct look_seq *q, int kind, const char *s, size_t size, size_t at)
{
	size_t from = kind == LOOK_AHEAD ? at : at > 4u * q->size ? at - 4u * q->size : 0;
	size_t to = kind == LOOK_AHEAD ? (size - at > q->size ? at + q->size : size) : at;
	for (size_t i = from; i < to; i++)
		for (uint8_t k = 0; k < q->size && (unsigned char)s[i] >= 0x80; k++)
			if (q->set[k].wide)
				return 1;
	return 0;
}

/* 1: one of the sequences stands there, 0: none does, -1: it takes PCRE2 to know. */
static int any_stands(const struct look_seq *alt, uint8_t nalts, int kind, const char *s, size_t size, size_t at)
{
	int unclear = 0;
	for (const struct look_seq *q = alt; q < alt + nalts; q++) {
		size_t n = q->size, room = kind == LOOK_AHEAD ? size - at : at, k = 0;
		const char *p = kind == LOOK_AHEAD ? s + at : s + at - n;
		while (n <= room && k < n && byte_set_has(&q->set[k].set, (unsigned char)p[k]))
			k++;
		int guarded = k < n ? 0 : any_stands(q->guard, q->nguards, kind, s, size, kind == LOOK_AHEAD ? at + n : at - n);
		if (k == n && guarded == 0)
			return 1;
		unclear |= guarded < 0 || is_unclear(q, kind, s, size, at);
	}
	return unclear ? -1 : 0;
}

static int look_holds(const struct look *l, const char *s, size_t size, size_t at)
{
	if (l->kind == LOOK_WORD)
		return word_holds(s, size, at);
	int stands = any_stands(l->alt, l->n, l->kind, s, size, at);
	return stands < 0 ? -1 : stands != l->negative;
}

/* What the byte next to the place tells. */
static void read_next(struct looks *l, const struct look *k, enum syntax_look side)
{
	if (k->kind != side || !k->negative) {
		memset(&l->open, 0, sizeof l->open);
		l->edge = 0;
		return;
	}
	for (int a = 0; a < k->n; a++) {
		const struct look_seq *q = &k->alt[a];
		const struct byte_set *next = &q->set[side == LOOK_AHEAD ? 0 : q->size - 1].set;
		for (int w = 0; w < 4; w++) {
			l->open.bit[w] &= ~next->bit[w];
			l->barred.bit[w] |= q->size == 1 && !q->nguards ? next->bit[w] : 0;
		}
	}
}

/* Those among kids [from, to) of root. */
static void looks_read(const struct syntax *root, uint32_t from, uint32_t to, int behind, struct arena *a, struct looks *l)
{
	*l = (struct looks){ .edge = 1, .open = { { UINT64_MAX, UINT64_MAX } } };
	for (uint32_t i = from; i < to; i++) {
		const struct syntax *k = root->kids[i];
		l->border |= k->border;
		if (k->look == LOOK_NONE)
			continue;
		if (l->n < LOOKS_MAX && read_look(k, a, &l->look[l->n]) == 0)
			read_next(l, &l->look[l->n++], behind ? LOOK_AHEAD : LOOK_BEHIND);
		else
			l->ask = 1;
	}
}

struct syntax looks_split(const struct syntax *root, struct arena *a, struct looks *before, struct looks *behind)
{
	struct syntax middle = *root;
	uint32_t from = 0, to = 0, end = 0;
	if (root->type == SYNTAX_CAT) {
		to = end = root->nkids;
		while (from < to && root->kids[from]->type == SYNTAX_EMPTY)
			from++;
		while (to > from && root->kids[to - 1]->type == SYNTAX_EMPTY)
			to--;
		middle.kids = root->kids + from;
		middle.nkids = to - from;
	}
	looks_read(root, 0, from, 0, a, before);
	looks_read(root, to, end, 1, a, behind);
	return middle;
}

int looks_hold(const struct looks *l, const char *s, size_t size, size_t at, int behind)
{
	int r = l->ask ? -1 : 1;
	if (at == (behind ? size : 0)) {
		if (l->edge)
			return r;
	} else {
		unsigned char next = (unsigned char)s[behind ? at : at - 1];
		if (byte_set_has(&l->barred, next))
			return 0;
		if (byte_set_has(&l->open, next))
			return r;
	}
	for (int i = 0; i < l->n; i++) {
		int one = look_holds(&l->look[i], s, size, at);
		if (one == 0)
			return 0;
		r = one < 0 ? -1 : r;
	}
	return r;
}
