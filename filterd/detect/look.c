#include "detect/look.h"

#include <string.h>

static int read_set(const struct syntax *n, struct look_set *s)
{
	while (n->type == SYNTAX_CAT && n->nkids == 1)
		n = n->kids[0];
	if (n->type != SYNTAX_SET || n->loose)
		return -1;
	*s = (struct look_set){ n->set, n->wide };
	return 0;
}

/* The sets of n, so many times: behind those that the alternative has. */
static int add_sets(struct look *l, const struct syntax *n)
{
	uint8_t *size = &l->size[l->n];
	if (n->type == SYNTAX_CAT) {
		for (uint32_t i = 0; i < n->nkids; i++)
			if (add_sets(l, n->kids[i]) < 0)
				return -1;
		return 0;
	}
	if (n->type == SYNTAX_REPEAT) {
		for (uint32_t i = 0; i < n->min; i++)
			if (n->min != n->max || n->min > LOOK_SETS_MAX || add_sets(l, n->kids[0]) < 0)
				return -1;
		return n->min > 0 ? 0 : -1;
	}
	return *size == LOOK_SETS_MAX || read_set(n, &l->alt[l->n][*size]) < 0 ? -1 : (++*size, 0);
}

/* A sequence of sets, at its far end perhaps a set that must not follow. */
static int add_alternative(struct look *l, const struct syntax *n)
{
	const struct syntax *const *kid = n->type == SYNTAX_CAT ? (const struct syntax *const *)n->kids : &n;
	uint32_t nkids = n->type == SYNTAX_CAT ? n->nkids : 1, far = l->kind == LOOK_AHEAD ? nkids - 1 : 0;
	if (l->n == LOOK_ALTS_MAX || nkids == 0)
		return -1;
	l->size[l->n] = 0;
	if (kid[far]->type == SYNTAX_EMPTY) {
		const struct syntax *g = kid[far];
		if (g->look != l->kind || !g->negative || read_set(g->looked, &l->guard[l->n]) < 0)
			return -1;
		l->guarded[l->n] = 1;
	}
	for (uint32_t i = 0; i < nkids; i++)
		if ((i != far || !l->guarded[l->n]) && add_sets(l, kid[i]) < 0)
			return -1;
	return l->size[l->n] > 0 ? (l->n++, 0) : -1;
}

static int read_look(const struct syntax *n, struct look *l)
{
	*l = (struct look){ .kind = n->look, .negative = n->negative };
	if (n->look == LOOK_WORD)
		return 0;
	if (n->look != LOOK_AHEAD && n->look != LOOK_BEHIND)
		return -1;
	if (n->looked->type != SYNTAX_ALT)
		return add_alternative(l, n->looked);
	for (uint32_t i = 0; i < n->looked->nkids; i++)
		if (add_alternative(l, n->looked->kids[i]) < 0)
			return -1;
	return 0;
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

/* 1: the sequence stands there, 0: it doesn't, -1: it takes PCRE2 to know, as a character above ASCII is several bytes. */
static int stands_there(const struct look *l, int i, const char *s, size_t size, size_t at)
{
	size_t n = l->size[i], room = l->kind == LOOK_AHEAD ? size - at : at;
	const char *p = l->kind == LOOK_AHEAD ? s + at : s + at - n;
	if (n > room)
		return 0;
	for (size_t k = 0; k < n; k++)
		if (!byte_set_has(&l->alt[i][k].set, (unsigned char)p[k]))
			return 0;
	if (!l->guarded[i] || n == room)
		return 1;
	unsigned char next = (unsigned char)(l->kind == LOOK_AHEAD ? p[n] : p[-1]);
	return next >= 0x80 && l->guard[i].wide ? -1 : !byte_set_has(&l->guard[i].set, next);
}

static int look_holds(const struct look *l, const char *s, size_t size, size_t at)
{
	int unknown = 0;
	if (l->kind == LOOK_WORD)
		return word_holds(s, size, at);
	for (int i = 0; i < l->n; i++) {
		int there = stands_there(l, i, s, size, at);
		if (there > 0)
			return !l->negative;
		unknown |= there < 0;
	}
	size_t from = l->kind == LOOK_AHEAD ? at : at > 4 * LOOK_SETS_MAX ? at - 4 * LOOK_SETS_MAX : 0;
	size_t to = l->kind == LOOK_AHEAD ? (size - at > LOOK_SETS_MAX ? at + LOOK_SETS_MAX : size) : at;
	for (size_t i = from; i < to && !unknown; i++)
		if ((unsigned char)s[i] >= 0x80)
			for (int k = 0; k < l->n; k++)
				for (int j = 0; j < l->size[k]; j++)
					unknown |= l->alt[k][j].wide;
	return unknown ? -1 : l->negative;
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
		const struct byte_set *next = &k->alt[a][side == LOOK_AHEAD ? 0 : k->size[a] - 1].set;
		for (int w = 0; w < 4; w++) {
			l->open.bit[w] &= ~next->bit[w];
			l->barred.bit[w] |= k->size[a] == 1 && !k->guarded[a] ? next->bit[w] : 0;
		}
	}
}

/* Those among kids [from, to) of root. */
static void looks_read(const struct syntax *root, uint32_t from, uint32_t to, int behind, struct looks *l)
{
	*l = (struct looks){ .edge = 1, .open = { { UINT64_MAX, UINT64_MAX } } };
	for (uint32_t i = from; i < to; i++) {
		const struct syntax *k = root->kids[i];
		l->border |= k->border;
		if (k->look == LOOK_NONE)
			continue;
		if (l->n < LOOKS_MAX && read_look(k, &l->look[l->n]) == 0)
			read_next(l, &l->look[l->n++], behind ? LOOK_AHEAD : LOOK_BEHIND);
		else
			l->ask = 1;
	}
}

struct syntax looks_split(const struct syntax *root, struct looks *before, struct looks *behind)
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
	looks_read(root, 0, from, 0, before);
	looks_read(root, to, end, 1, behind);
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
