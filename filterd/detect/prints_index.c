#include "detect/prints_index.h"

#include <stdlib.h>
#include <string.h>

enum { ENTRIES_PER_BUCKET = 4 };

static unsigned bits_for(size_t n)
{
	unsigned bits = 0;
	while (((size_t)1 << bits) < n)
		bits++;
	return bits;
}

static size_t bucket_of(const struct prints_index *x, uint64_t hash)
{
	return x->bits ? (size_t)(hash >> (64 - x->bits)) : 0;
}

/* What the filter of a bucket has for a hash: of bits that didn't choose the bucket. */
static uint64_t marks(uint64_t hash)
{
	return (uint64_t)1 << (hash & 63) | (uint64_t)1 << (hash >> 6 & 63) | (uint64_t)1 << (hash >> 12 & 63);
}

static void take_own(const struct prints *p, struct prints_index *x)
{
	for (size_t i = 0, end; i < p->nentries; i = end) {
		end = prints_run(p, i);
		for (size_t k = i; k < end && !prints_is_common(p, i, end); k++) {
			x->hashes[x->n] = p->entries[k].hash;
			x->documents[x->n++] = p->entries[k].document;
		}
	}
}

static void fill_tables(struct prints_index *x)
{
	size_t b = 0;
	for (size_t i = 0; i < x->n; i++) {
		x->filter[bucket_of(x, x->hashes[i])] |= marks(x->hashes[i]);
		while (b <= bucket_of(x, x->hashes[i]))
			x->buckets[b++] = (uint32_t)i;
	}
	while (b <= (size_t)1 << x->bits)
		x->buckets[b++] = (uint32_t)x->n;
}

int prints_index_make(const struct prints *p, struct prints_index *x_r)
{
	struct prints_index x = { .ndocuments = p->ndocuments };
	memcpy(x.key, p->key, sizeof x.key);
	x.bits = bits_for(p->nentries / ENTRIES_PER_BUCKET);
	x.hashes = calloc(p->nentries + 1, sizeof *x.hashes);
	x.documents = calloc(p->nentries + 1, sizeof *x.documents);
	x.buckets = calloc(((size_t)1 << x.bits) + 1, sizeof *x.buckets);
	x.filter = calloc((size_t)1 << x.bits, sizeof *x.filter);
	x.own = calloc(p->ndocuments + 1, sizeof *x.own);
	x.ids = calloc(p->ndocuments + 1, sizeof *x.ids);
	if (!x.hashes || !x.documents || !x.buckets || !x.filter || !x.own || !x.ids) {
		prints_index_free(&x);
		return -1;
	}
	take_own(p, &x);
	fill_tables(&x);
	prints_count_own(p, x.own);
	for (size_t i = 0; i < p->ndocuments; i++)
		x.ids[i] = p->documents[i].id;
	*x_r = x;
	return 0;
}

void prints_index_free(struct prints_index *x)
{
	free(x->hashes);
	free(x->documents);
	free(x->buckets);
	free(x->filter);
	free(x->own);
	free(x->ids);
	explicit_bzero(x, sizeof *x);
}

uint64_t prints_index_begin(const struct prints_index *x, uint64_t print)
{
	uint64_t hash = prints_hash(x->key, print);
	__builtin_prefetch(&x->filter[bucket_of(x, hash)]);
	return hash;
}

size_t prints_index_find(const struct prints_index *x, uint64_t print, size_t *first_r)
{
	return prints_index_end(x, prints_hash(x->key, print), first_r);
}

size_t prints_index_end(const struct prints_index *x, uint64_t hash, size_t *first_r)
{
	size_t b = bucket_of(x, hash);
	*first_r = 0;
	if (marks(hash) & ~x->filter[b])
		return 0;
	size_t i = x->buckets[b], stop = x->buckets[b + 1];
	while (i < stop && x->hashes[i] < hash)
		i++;
	*first_r = i;
	while (i < stop && x->hashes[i] == hash)
		i++;
	return i;
}
