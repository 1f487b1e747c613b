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
	uint8_t ask;   /* PCRE2 has the last word */
	uint8_t plain; /* any digits in one row: where the size is right it fits */
};

/* Most patterns share a few kinds of conditions at their ends. */
struct kinds {
	const struct looks **looks;
	uint32_t n;
};

/* Variants of one size whose ends are of the same kinds, which are looked at first. */
struct bucket {
	uint32_t before, behind; /* the kinds */
	uint32_t n;
	struct key *keys;
	struct place *places;
};

struct number_index {
	struct bucket *buckets[VARIANT_DIGITS_MAX + 1]; /* by number of digits */
	uint32_t nbuckets[VARIANT_DIGITS_MAX + 1];
	unsigned size_max, gap_max;
	struct kinds before, behind;
};

static uint32_t kind_of(struct kinds *k, const struct looks *l)
{
	uint32_t i = 0;
	while (i < k->n && !looks_equal(k->looks[i], l))
		i++;
	if (i == k->n)
		k->looks[k->n++] = l;
	return i;
}

static struct bucket *bucket_for(struct number_index *x, unsigned size, uint32_t before, uint32_t behind)
{
	uint32_t i = 0;
	while (i < x->nbuckets[size] && (x->buckets[size][i].before != before || x->buckets[size][i].behind != behind))
		i++;
	if (i == x->nbuckets[size])
		x->buckets[size][x->nbuckets[size]++] = (struct bucket){ .before = before, .behind = behind };
	return &x->buckets[size][i];
}

/* Called twice: first the buckets are made, then what has been counted is put into them. */
static void fill(struct number_index *x, const struct pattern *patterns, const struct pattern_list *list)
{
	for (uint32_t i = 0; i < list->n; i++) {
		const struct variants *v = patterns[list->item[i]].cls.variants;
		uint32_t before = kind_of(&x->before, &v->before), behind = kind_of(&x->behind, &v->behind);
		for (uint16_t k = 0; k < v->n; k++) {
			const struct variant *one = &v->variant[k];
			struct bucket *b = bucket_for(x, one->size, before, behind);
			uint32_t at = b->n++;
			if (!b->keys)
				continue;
			b->keys[at] = (struct key){ ~one->may, one->must };
			b->places[at] = (struct place){ v, list->item[i], k, v->ask, one->fixed == 0 && one->may == 0 };
		}
		for (int g = 0; g < v->ngaps; g++)
			x->gap_max = v->gaps[g].max > x->gap_max ? v->gaps[g].max : x->gap_max;
	}
}

static int make_room(struct number_index *x, struct arena *a, const struct pattern *patterns, const struct pattern_list *list)
{
	size_t n[VARIANT_DIGITS_MAX + 1] = { 0 };
	for (uint32_t i = 0; i < list->n; i++)
		for (uint16_t k = 0; k < patterns[list->item[i]].cls.variants->n; k++)
			n[patterns[list->item[i]].cls.variants->variant[k].size]++;
	for (unsigned size = 0; size <= VARIANT_DIGITS_MAX; size++) {
		if (!n[size])
			continue;
		x->size_max = size;
		if (!(x->buckets[size] = arena_alloc(a, n[size] * sizeof *x->buckets[size])))
			return -1;
	}
	x->before.looks = arena_alloc(a, list->n * sizeof *x->before.looks + 1);
	x->behind.looks = arena_alloc(a, list->n * sizeof *x->behind.looks + 1);
	return x->before.looks && x->behind.looks ? 0 : -1;
}

struct number_index *number_index_new(struct arena *a, const struct pattern *patterns, const struct pattern_list *list)
{
	struct number_index *x = arena_alloc(a, sizeof *x);
	if (!x)
		return NULL;
	*x = (struct number_index){ 0 };
	if (make_room(x, a, patterns, list) < 0)
		return NULL;
	fill(x, patterns, list);
	for (unsigned size = 0; size <= x->size_max; size++)
		for (struct bucket *b = x->buckets[size]; b && b < x->buckets[size] + x->nbuckets[size]; b++) {
			b->keys = arena_alloc(a, b->n * sizeof *b->keys);
			b->places = arena_alloc(a, b->n * sizeof *b->places);
			if (!b->keys || !b->places)
				return NULL;
			b->n = 0;
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

/* What is known of the ends at one place; of the first kinds it is kept. */
struct borders {
	uint64_t known, hold, ask;
};

static int look_there(struct borders *b, const struct kinds *k, uint32_t kind, const struct view *v, size_t at, int behind)
{
	uint64_t bit = kind < 64 ? UINT64_C(1) << kind : 0;
	int r = looks_hold(k->looks[kind], v->data, v->size, at, behind);
	b->known |= bit;
	b->hold |= r != 0 ? bit : 0;
	b->ask |= r < 0 ? bit : 0;
	return r;
}

static inline int border_holds(struct borders *b, const struct kinds *k, uint32_t kind, const struct view *v, size_t at, int behind)
{
	if (kind >= 64 || !(b->known >> kind & 1))
		return look_there(b, k, kind, v, at, behind);
	return !(b->hold >> kind & 1) ? 0 : b->ask >> kind & 1 ? -1 : 1;
}

static uint64_t order_of(const struct number_hit *h)
{
	return (uint64_t)h->pattern << 16 | h->order;
}

static int by_order(const void *a, const void *b)
{
	uint64_t x = order_of(a), y = order_of(b);
	return x < y ? -1 : x > y;
}

enum { FEW = 24 };

static void sort_hits(struct number_hit *hits, size_t n)
{
	if (n > FEW) {
		sort_items(hits, n, sizeof *hits, by_order);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		struct number_hit h = hits[i];
		uint64_t order = order_of(&h);
		size_t k = i;
		for (; k > 0 && order_of(&hits[k - 1]) > order; k--)
			hits[k] = hits[k - 1];
		hits[k] = h;
	}
}

/* A row of digit blocks that begins at block `at`. */
struct row {
	const struct number_index *index;
	const struct view *view;
	const struct digit_block *blocks;
	size_t at, written; /* blocks from there on are not in digits yet */
	struct digits digits;
	uint64_t cuts; /* bit k: a gap behind digit k */
	struct borders start, end;
};

/* The variants of a bucket that fit the row up to block j. */
static int find_fitting(const struct bucket *b, struct row *r, size_t j, struct number_hit *hits, int n)
{
	int before = 0, behind = 0;
	for (uint32_t i = 0; i < b->n; i++) {
		const struct place *p = &b->places[i];
		if ((r->cuts & b->keys[i].not) | (b->keys[i].must & ~r->cuts))
			continue;
		if (!before) { /* not asked yet */
			before = border_holds(&r->start, &r->index->before, b->before, r->view, r->blocks[r->at].start, 0);
			behind = before ? border_holds(&r->end, &r->index->behind, b->behind, r->view, r->blocks[j].end, 1) : 0;
			if (!behind)
				return n;
		}
		if (!p->plain) {
			while (r->written <= j)
				add_block(&r->digits, &r->blocks[r->written++]);
			if (!variant_fits(p->of, &p->of->variant[p->order], r->view->data, &r->digits, r->cuts))
				continue;
		}
		if (n == NUMBER_HITS_MAX)
			return -1;
		hits[n++] = (struct number_hit){ p->pattern, p->order, before > 0 && behind > 0 && !p->ask, r->blocks[r->at].start, r->blocks[j].end };
	}
	return n;
}

int number_index_find(const struct number_index *x, const struct view *v, const struct digit_block *blocks, size_t nblocks, size_t at,
                      struct number_hit hits[NUMBER_HITS_MAX])
{
	struct row r;
	unsigned size = 0;
	int n = 0;
	r.index = x;
	r.view = v;
	r.blocks = blocks;
	r.at = r.written = at;
	r.digits.n = 0;
	r.cuts = 0;
	r.start = (struct borders){ 0 };
	for (size_t j = at; j < nblocks; j++) {
		if (j > at) {
			if (blocks[j].start - blocks[j - 1].end > x->gap_max)
				break;
			r.cuts |= UINT64_C(1) << (size - 1);
		}
		uint32_t len = blocks[j].end - blocks[j].start;
		if (len > x->size_max - size)
			break;
		size += len;
		r.end = (struct borders){ 0 };
		for (const struct bucket *b = x->buckets[size], *end = b + x->nbuckets[size]; b < end; b++)
			if ((n = find_fitting(b, &r, j, hits, n)) < 0)
				return -1;
	}
	sort_hits(hits, (size_t)n);
	return n;
}
