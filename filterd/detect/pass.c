#include "detect/pass.h"

#include "detect/sort.h"
#include "detect/variants.h"

#include <string.h>

/* What can be said of a variant by its gaps' places alone. */
struct key {
	uint64_t not, must;
};

struct place {
	const struct variants *of;
	uint32_t pattern;
	uint16_t order;
	uint8_t before, behind; /* indexes of the conditions at its ends */
};

/* Most patterns share a few kinds of borders: each is looked at once at a place.  The last one has room for all others. */
enum { KINDS_MAX = 64 };

struct kinds {
	const struct looks *looks[KINDS_MAX];
	uint8_t n;
};

struct number_index {
	size_t n[VARIANT_DIGITS_MAX + 1]; /* by number of digits */
	struct key *keys[VARIANT_DIGITS_MAX + 1];
	struct place *places[VARIANT_DIGITS_MAX + 1];
	unsigned size_max, gap_max;
	struct kinds before, behind;
};

static uint8_t kind_of(struct kinds *k, const struct looks *l)
{
	uint8_t i = 0;
	while (i < k->n && memcmp(k->looks[i], l, sizeof *l) != 0)
		i++;
	if (i == KINDS_MAX)
		return KINDS_MAX;
	if (i == k->n)
		k->looks[k->n++] = l;
	return i;
}

static int fill(struct number_index *x, const struct pattern *patterns, const struct pattern_list *list)
{
	memset(x->n, 0, sizeof x->n);
	for (uint32_t i = 0; i < list->n; i++) {
		const struct variants *v = patterns[list->item[i]].cls.variants;
		uint8_t before = kind_of(&x->before, &v->before), behind = kind_of(&x->behind, &v->behind);
		for (uint16_t k = 0; k < v->n; k++) {
			const struct variant *one = &v->variant[k];
			size_t at = x->n[one->size]++;
			if (!x->keys[one->size])
				continue;
			x->keys[one->size][at] = (struct key){ ~one->may, one->must };
			x->places[one->size][at] = (struct place){ v, list->item[i], k, before, behind };
		}
		for (int g = 0; g < v->ngaps; g++)
			x->gap_max = v->gaps[g].max > x->gap_max ? v->gaps[g].max : x->gap_max;
	}
	return 0;
}

struct number_index *number_index_new(struct arena *a, const struct pattern *patterns, const struct pattern_list *list)
{
	struct number_index *x = arena_alloc(a, sizeof *x);
	if (!x)
		return NULL;
	*x = (struct number_index){ 0 };
	fill(x, patterns, list); /* counts */
	for (unsigned i = 0; i <= VARIANT_DIGITS_MAX; i++) {
		if (!x->n[i])
			continue;
		x->size_max = i;
		x->keys[i] = arena_alloc(a, x->n[i] * sizeof *x->keys[i]);
		x->places[i] = arena_alloc(a, x->n[i] * sizeof *x->places[i]);
		if (!x->keys[i] || !x->places[i])
			return NULL;
	}
	fill(x, patterns, list);
	return x;
}

/* The digits of a candidate, and where they stand. */
struct digits {
	uint32_t at[VARIANT_DIGITS_MAX];
	unsigned n;
};

static void add_block(struct digits *d, const struct digit_block *b)
{
	for (uint32_t i = b->start; i < b->end; i++)
		d->at[d->n++] = i;
}

static int gap_fits(const struct variant_gap *g, const char *s, size_t size)
{
	if (size < g->min || size > g->max)
		return 0;
	for (size_t i = 0; i < size; i++)
		if (!byte_set_has(&g->set, (unsigned char)s[i]))
			return 0;
	return 1;
}

static int variant_fits(const struct variants *all, const struct variant *v, const char *s, const struct digits *d, uint64_t cuts)
{
	for (unsigned k = 0; k < v->fixed; k++)
		if (!(v->set[k] >> (s[d->at[k]] - '0') & 1))
			return 0;
	for (uint64_t left = cuts; left; left &= left - 1) {
		unsigned k = (unsigned)__builtin_ctzll(left);
		if (!gap_fits(&all->gaps[v->gap[k]], s + d->at[k] + 1, d->at[k + 1] - d->at[k] - 1))
			return 0;
	}
	for (unsigned i = 0; i < v->nsame; i++) {
		unsigned a = v->same[i].gap, b = v->same[i].as;
		uint32_t size = d->at[a + 1] - d->at[a];
		if (size != d->at[b + 1] - d->at[b] || memcmp(s + d->at[a] + 1, s + d->at[b] + 1, size - 1) != 0)
			return 0;
	}
	return 1;
}

/* What is known of the borders at one place. */
struct borders {
	uint64_t known, hold, ask;
};

static int border_holds(struct borders *b, const struct kinds *k, uint8_t kind, const struct looks *l, const struct view *v, size_t at, int behind)
{
	uint64_t bit = kind < k->n ? UINT64_C(1) << kind : 0;
	if (!(b->known & bit)) {
		int r = looks_hold(l, v->data, v->size, at, behind);
		if (!bit)
			return r;
		b->known |= bit;
		b->hold |= r != 0 ? bit : 0;
		b->ask |= r < 0 ? bit : 0;
	}
	return !(b->hold & bit) ? 0 : b->ask & bit ? -1 : 1;
}

static int by_order(const void *pa, const void *pb)
{
	const struct number_hit *a = pa, *b = pb;
	if (a->pattern != b->pattern)
		return a->pattern < b->pattern ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

int number_index_find(const struct number_index *x, const struct view *v, const struct digit_block *blocks, size_t nblocks, size_t at,
                      struct number_hit hits[NUMBER_HITS_MAX])
{
	struct digits d;
	uint64_t cuts = 0;
	unsigned size = 0;
	int n = 0;
	size_t written = at; /* blocks from here on are not in d yet */
	struct borders start = { 0 };
	d.n = 0;
	for (size_t j = at; j < nblocks; j++) {
		struct borders end = { 0 };
		if (j > at) {
			if (blocks[j].start - blocks[j - 1].end > x->gap_max)
				break;
			cuts |= UINT64_C(1) << (size - 1);
		}
		uint32_t len = blocks[j].end - blocks[j].start;
		if (len > x->size_max - size)
			break;
		size += len;
		const struct key *keys = x->keys[size];
		for (size_t i = 0; i < x->n[size]; i++) {
			if ((cuts & keys[i].not) | (keys[i].must & ~cuts))
				continue;
			const struct place *p = &x->places[size][i];
			int before = border_holds(&start, &x->before, p->before, &p->of->before, v, blocks[at].start, 0);
			if (before == 0)
				continue;
			int behind = border_holds(&end, &x->behind, p->behind, &p->of->behind, v, blocks[j].end, 1);
			if (behind == 0)
				continue;
			while (written <= j)
				add_block(&d, &blocks[written++]);
			if (!variant_fits(p->of, &p->of->variant[p->order], v->data, &d, cuts))
				continue;
			if (n == NUMBER_HITS_MAX)
				return -1;
			hits[n++] = (struct number_hit){ p->pattern, p->order, before > 0 && behind > 0 && !p->of->ask, blocks[at].start, blocks[j].end };
		}
	}
	if (n > 1)
		sort_items(hits, (size_t)n, sizeof *hits, by_order);
	return n;
}
