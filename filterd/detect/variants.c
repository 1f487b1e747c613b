#include "detect/variants.h"

#include "detect/sweep.h"

#include <stdlib.h>
#include <string.h>

enum { GAP_BYTES_MAX = 8, NO_GAP = 0xff };

/* A variant as far as it is written. */
struct partial {
	struct variant v;
	struct variant_gap gap;          /* open: behind the last digit */
	uint8_t has_gap, parts;          /* of how many nodes the open gap is made */
	uint8_t as;                      /* the open gap repeats the one behind this digit; NO_GAP: none */
	const struct syntax *group;      /* the one that the open gap is */
	const struct syntax *from[VARIANT_DIGITS_MAX]; /* the group that each closed gap is, or NULL */
};

struct list {
	struct partial *item;
	size_t n;
};

struct writer {
	struct variant_gap gaps[VARIANT_GAPS_MAX];
	size_t ngaps;
	int ask;
	int depth;
};

static const uint16_t all_digits = 0x3ff;

/* -1 if n is no set of digits. */
static int digit_set(const struct syntax *n)
{
	int d = 0;
	if (n->type != SYNTAX_SET || n->wide || n->loose)
		return -1;
	for (unsigned c = 0; c < 256; c++) {
		if (!byte_set_has(&n->set, c))
			continue;
		if (c < '0' || c > '9')
			return -1;
		d |= 1 << (c - '0');
	}
	return d;
}

static int is_gap_set(const struct syntax *n)
{
	if (n->type != SYNTAX_SET || n->wide || n->loose)
		return 0;
	for (unsigned c = 0; c < 256; c++)
		if (byte_set_has(&n->set, c) && (!sweep_is_number((unsigned char)c) || (c >= '0' && c <= '9')))
			return 0;
	return 1;
}

/* A node that is nothing but a gap: a set of separators, repeated or in groups. */
static int is_gap(const struct syntax *n, struct variant_gap *g)
{
	struct variant_gap k;
	if (is_gap_set(n)) {
		*g = (struct variant_gap){ n->set, 1, 1 };
		return 1;
	}
	if (n->atomic)
		return 0;
	if (n->type == SYNTAX_CAT && n->nkids == 1)
		return is_gap(n->kids[0], g);
	if (n->type == SYNTAX_REPEAT && is_gap(n->kids[0], g)) {
		/* every number of bytes from the least to the most, without holes */
		int whole = g->max <= 1 || (n->max == 1 && (n->min == 1 || g->min <= 1));
		if (!whole || (uint64_t)g->max * n->max > GAP_BYTES_MAX)
			return 0;
		g->min = (uint8_t)(g->min * n->min);
		g->max = (uint8_t)(g->max * n->max);
		return 1;
	}
	if (n->type != SYNTAX_ALT || !is_gap(n->kids[0], g) || g->min != 1 || g->max != 1)
		return 0;
	for (uint32_t i = 1; i < n->nkids; i++) {
		if (!is_gap(n->kids[i], &k) || k.min != 1 || k.max != 1)
			return 0;
		for (int w = 0; w < 4; w++)
			g->set.bit[w] |= k.set.bit[w];
	}
	return 1;
}

static int add(struct list *l, const struct partial *p)
{
	if (l->n == VARIANTS_MAX)
		return -1;
	l->item[l->n++] = *p;
	return 0;
}

static int put_gap(struct partial *p, const struct variant_gap *g, const struct syntax *group, int as)
{
	if (p->v.size == 0)
		return -1;
	if (p->has_gap) { /* of one set in several pieces is still plain */
		if (memcmp(&p->gap.set, &g->set, sizeof g->set) != 0 || as != NO_GAP || p->as != NO_GAP || p->gap.max + g->max > GAP_BYTES_MAX)
			return -1;
		p->gap.min = (uint8_t)(p->gap.min + g->min);
		p->gap.max = (uint8_t)(p->gap.max + g->max);
		p->group = NULL;
		p->parts++;
		return 0;
	}
	p->has_gap = p->parts = 1;
	p->gap = *g;
	p->group = group;
	p->as = (uint8_t)as;
	return 0;
}

/* What group \1 means: the gap that it is. */
static int put_again(struct partial *p, const struct syntax *group)
{
	struct variant_gap g;
	if (!is_gap(group, &g))
		return -1;
	for (int k = p->v.size - 2; k >= 0; k--)
		if (p->from[k] == group)
			return put_gap(p, &g, NULL, k);
	return -1;
}

/* Member by member: what pads the structure is not told. */
static int same_gap(const struct variant_gap *a, const struct variant_gap *b)
{
	return a->min == b->min && a->max == b->max && memcmp(&a->set, &b->set, sizeof a->set) == 0;
}

static int close_gap(struct writer *w, struct partial *p)
{
	struct variant *v = &p->v;
	size_t k = v->size - 1u, i = 0;
	if (!p->has_gap)
		return 0;
	while (i < w->ngaps && !same_gap(&w->gaps[i], &p->gap))
		i++;
	if (i == VARIANT_GAPS_MAX || (p->as != NO_GAP && v->nsame == VARIANT_GAPS_MAX))
		return -1;
	if (i == w->ngaps)
		w->gaps[w->ngaps++] = p->gap;
	v->gap[k] = (uint8_t)i;
	v->may |= UINT64_C(1) << k;
	v->must |= (uint64_t)(p->gap.min > 0) << k;
	p->from[k] = p->group;
	if (p->as != NO_GAP) {
		v->same[v->nsame].gap = (uint8_t)k;
		v->same[v->nsame++].as = p->as;
	}
	p->has_gap = p->parts = 0;
	p->group = NULL;
	return 0;
}

static int put_digit(struct writer *w, struct partial *p, unsigned set)
{
	if (p->v.size == VARIANT_DIGITS_MAX || (p->v.size > 0 && close_gap(w, p) < 0))
		return -1;
	p->v.set[p->v.size++] = (uint16_t)set;
	if (set != all_digits)
		p->v.fixed = p->v.size;
	return 0;
}

/* Adds to out what p can become by n, in PCRE2's order. */
static int write_one(struct writer *w, const struct syntax *n, const struct partial *p, struct list *out);

static int write_cat(struct writer *w, const struct syntax *n, uint32_t from, const struct partial *p, struct list *out)
{
	if (from == n->nkids)
		return add(out, p);
	struct list some = { malloc(VARIANTS_MAX * sizeof *p), 0 };
	int r = some.item ? write_one(w, n->kids[from], p, &some) : -1;
	for (size_t i = 0; i < some.n && r == 0; i++)
		r = write_cat(w, n, from + 1, &some.item[i], out);
	free(some.item);
	return r;
}

static int write_repeat(struct writer *w, const struct syntax *n, uint32_t done, const struct partial *p, struct list *out)
{
	if (n->lazy && done >= n->min && add(out, p) < 0)
		return -1;
	if (done < n->max) {
		struct list some = { malloc(VARIANTS_MAX * sizeof *p), 0 };
		int r = some.item ? write_one(w, n->kids[0], p, &some) : -1;
		for (size_t i = 0; i < some.n && r == 0; i++)
			r = memcmp(&some.item[i], p, sizeof *p) == 0 ? -1 : write_repeat(w, n, done + 1, &some.item[i], out);
		free(some.item);
		if (r < 0)
			return -1;
	}
	return n->lazy || done < n->min ? 0 : add(out, p);
}

static int write_one(struct writer *w, const struct syntax *n, const struct partial *p, struct list *out)
{
	struct variant_gap g;
	struct partial next = *p;
	int digits = digit_set(n);
	if (n->atomic || w->depth > 32)
		return -1;
	if (digits >= 0)
		return put_digit(w, &next, (unsigned)digits) < 0 ? -1 : add(out, &next);
	if (is_gap(n, &g))
		return put_gap(&next, &g, n, NO_GAP) < 0 ? -1 : add(out, &next);
	int r = 0;
	w->depth++;
	switch (n->type) {
	case SYNTAX_EMPTY:
		w->ask |= n->look != LOOK_NONE;
		r = add(out, p);
		break;
	case SYNTAX_ANY:
		r = n->nkids == 1 && put_again(&next, n->kids[0]) == 0 ? add(out, &next) : -1;
		break;
	case SYNTAX_CAT:
		r = write_cat(w, n, 0, p, out);
		break;
	case SYNTAX_ALT:
		for (uint32_t i = 0; i < n->nkids && r == 0; i++)
			r = write_one(w, n->kids[i], p, out);
		break;
	case SYNTAX_REPEAT:
		r = n->min > VARIANT_DIGITS_MAX || n->max > 2 * VARIANT_DIGITS_MAX ? -1 : write_repeat(w, n, 0, p, out);
		break;
	case SYNTAX_SET:
		r = -1;
		break;
	}
	w->depth--;
	return r;
}

struct variants *variants_read(const struct syntax *root, struct arena *a)
{
	struct variants head = { 0 }, *v = NULL;
	struct writer w = { 0 };
	if (root->type != SYNTAX_CAT || root->atomic)
		return NULL;
	struct syntax middle = looks_split(root, a, &head.before, &head.behind);
	if (!head.before.border || !head.behind.border)
		return NULL;
	struct partial *start = calloc(1, sizeof *start);
	struct list out = { malloc(VARIANTS_MAX * sizeof *out.item), 0 };
	if (!start || !out.item || (start->as = NO_GAP, write_cat(&w, &middle, 0, start, &out)) < 0 || out.n == 0)
		goto done;
	for (size_t i = 0; i < out.n; i++)
		if (out.item[i].has_gap || out.item[i].v.size == 0)
			goto done;
	v = arena_alloc(a, sizeof *v + out.n * sizeof *v->variant);
	if (!v)
		goto done;
	*v = head;
	v->ask |= (uint8_t)w.ask;
	v->n = (uint16_t)out.n;
	v->ngaps = (uint8_t)w.ngaps;
	memcpy(v->gaps, w.gaps, sizeof w.gaps);
	for (size_t i = 0; i < out.n; i++)
		v->variant[i] = out.item[i].v;
done:
	free(start);
	free(out.item);
	return v;
}
