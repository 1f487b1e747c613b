/* From a text to the documents that parts of it were copied from. */
#include "detect/prints_set.h"

#include "detect/candidate.h"
#include "detect/sort.h"

#include <stdlib.h>
#include <string.h>

/* Passages with one changed word or two between them are one: a change hides up to WINNOW_W + WINNOW_K characters behind it. */
enum { HITS_MAX = 1 << 18, GAP_MAX = WINNOW_W + WINNOW_K + 12, EDGE = WINNOW_W - 1 };

/* A fingerprint of a document, found in the text. */
struct hit {
	uint32_t start, end; /* bytes of the view */
	uint32_t at;         /* in characters that count */
	uint32_t entry;      /* of the index */
	uint16_t document;
	uint8_t set;
};

struct prints_scratch {
	struct hit *hits;
	size_t n, cap;
	size_t characters;   /* of the view at hand that count */
};

struct prints_scratch *prints_scratch_new(void)
{
	return calloc(1, sizeof(struct prints_scratch));
}

void prints_scratch_free(struct prints_scratch **xp)
{
	struct prints_scratch *x = *xp;
	if (!x)
		return;
	free(x->hits);
	free(x);
	*xp = NULL;
}

struct search {
	const struct prints_set *set;
	struct detect_scratch *s;
	struct prints_scratch *x;
};

static int add_hit(const struct search *q, const struct winnow_print *p, size_t set, size_t entry)
{
	struct prints_scratch *x = q->x;
	if (x->n == x->cap) {
		size_t cap = x->cap ? 2 * x->cap : 256;
		struct hit *more = cap <= HITS_MAX ? realloc(x->hits, cap * sizeof *more) : NULL;
		if (!more) {
			q->s->budget.limited = 1;
			return -1;
		}
		x->hits = more;
		x->cap = cap;
	}
	x->hits[x->n++] = (struct hit){ p->start, p->end, p->at, (uint32_t)entry, q->set->sets[set].index.documents[entry], (uint8_t)set };
	return 0;
}

/* All of them at a time, since memory is waited for only once then. */
static int look_up(void *arg, const struct winnow_print *p, size_t n)
{
	struct search *q = arg;
	uint64_t hashes[WINNOW_AT_ONCE];
	for (size_t i = 0; i < q->set->nsets; i++) {
		const struct prints_index *x = &q->set->sets[i].index;
		for (size_t k = 0; k < n; k++)
			hashes[k] = prints_index_begin(x, p[k].hash);
		for (size_t k = 0; k < n; k++) {
			size_t entry, end = prints_index_end(x, hashes[k], &entry);
			for (; entry < end; entry++)
				if (add_hit(q, &p[k], i, entry) < 0)
					return -1;
		}
	}
	return budget_spent(&q->s->budget) ? -1 : 0;
}

static int by_document(const struct hit *a, const struct hit *b)
{
	if (a->set != b->set)
		return a->set < b->set ? -1 : 1;
	return a->document < b->document ? -1 : a->document > b->document;
}

static int by_entry(const void *pa, const void *pb)
{
	const struct hit *a = pa, *b = pb;
	return a->entry < b->entry ? -1 : a->entry > b->entry;
}

static int by_place(const void *pa, const void *pb)
{
	const struct hit *a = pa, *b = pb;
	int c = by_document(a, b);
	return c ? c : a->at < b->at ? -1 : a->at > b->at;
}

/* In percent, rounded down, but not to 0. */
static uint8_t share(uint64_t part, uint64_t all)
{
	uint64_t percent = all ? 100 * part / all : 0;
	return (uint8_t)(percent > 100 ? 100 : percent == 0 && part > 0 ? 1 : percent);
}

static uint32_t different(struct hit *h, size_t n)
{
	uint32_t count = 0;
	sort_items(h, n, sizeof *h, by_entry);
	for (size_t i = 0; i < n; i++)
		count += i == 0 || h[i].entry != h[i - 1].entry;
	return count;
}

static uint32_t covered(const struct hit *h, size_t n)
{
	uint32_t count = 0, end = 0;
	for (size_t i = 0; i < n; i++) {
		uint32_t from = h[i].at > end ? h[i].at : end, to = h[i].at + WINNOW_K;
		count += to - from;
		end = to;
	}
	return count;
}

/* [h, h + n) are all of one document.  What was copied reaches up to EDGE characters beyond them on both sides, so they are sure to
 * be WINNOW_T fewer than what the detector asks for. */
static struct prints_found weigh(const struct prints_set *set, const struct prints_scratch *x, struct hit *h, size_t n)
{
	const struct prints_index *index = &set->sets[h->set].index;
	struct prints_found f = { .id = index->ids[h->document] };
	f.share_document = share(different(h, n), index->own[h->document]);
	sort_items(h, n, sizeof *h, by_place);
	f.characters = covered(h, n);
	f.share_message = share(f.characters, x->characters);
	return f;
}

static int wanted(const struct prints_def *d, const struct prints_found *f)
{
	return f->characters + WINNOW_T >= d->min_characters && f->share_document >= d->min_share_document &&
	       f->share_message >= d->min_share_message;
}

/* The passages of one document, each grown to where it may have begun and ended. */
static void note_passages(const struct detect_set *set, struct detect_scratch *s, const struct prints_rule *r, const struct hit *h, size_t n,
                          const struct prints_found *f)
{
	const struct winnow_table *t = &set->prints->winnow;
	const struct view *v = &s->view;
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && h[end].at <= h[end - 1].at + WINNOW_K + GAP_MAX; end++)
			;
		size_t from = winnow_grow(t, v->data, v->size, h[i].start, -1, EDGE);
		size_t to = winnow_grow(t, v->data, v->size, h[end - 1].end, 1, EDGE);
		scan_note_document(set, s, r->detector, r->def->confidence, from, to, f);
	}
}

static void judge(const struct detect_set *set, struct detect_scratch *s, struct hit *h, size_t n)
{
	struct prints_found f = weigh(set->prints, s->prints, h, n);
	for (size_t i = 0; i < set->prints->nrules; i++) {
		const struct prints_rule *r = &set->prints->rules[i];
		if (r->set == h->set && wanted(r->def, &f))
			note_passages(set, s, r, h, n, &f);
	}
}

/* All hits of the view at hand, those of one document together. */
static void collect(const struct detect_set *set, struct detect_scratch *s)
{
	struct prints_scratch *x = s->prints;
	struct search q = { .set = set->prints, .s = s, .x = x };
	x->n = 0;
	x->characters = winnow(&set->prints->winnow, s->view.data, s->view.size, look_up, &q);
	sort_items(x->hits, x->n, sizeof *x->hits, by_place);
}

static size_t document_end(const struct prints_scratch *x, size_t i)
{
	size_t end = i + 1;
	while (end < x->n && by_document(&x->hits[i], &x->hits[end]) == 0)
		end++;
	return end;
}

void prints_scan(const struct detect_set *set, struct detect_scratch *s)
{
	struct prints_scratch *x = s->prints;
	if (!set->prints || s->view.size < set->prints->size_min)
		return;
	collect(set, s);
	for (size_t i = 0, end; i < x->n && !budget_spent(&s->budget); i = end) {
		end = document_end(x, i);
		judge(set, s, &x->hits[i], end - i);
	}
}

size_t prints_explain(const struct detect_set *set, struct detect_scratch *s, size_t detector,
                      void (*found)(void *arg, const struct prints_found *f), void *arg)
{
	const struct prints_rule *r = NULL;
	size_t n = 0;
	for (size_t i = 0; set->prints && i < set->prints->nrules; i++)
		if (set->prints->rules[i].detector == detector)
			r = &set->prints->rules[i];
	if (!r)
		return 0;
	collect(set, s);
	for (size_t i = 0, end; i < s->prints->n; i = end) {
		end = document_end(s->prints, i);
		if (s->prints->hits[i].set != r->set)
			continue;
		struct prints_found f = weigh(set->prints, s->prints, &s->prints->hits[i], end - i);
		f.counts = wanted(r->def, &f);
		found(arg, &f);
		n++;
	}
	return n;
}
