#include "detect/prints_index.h"

#include <stdlib.h>
#include <string.h>

enum { FILTER_BITS_MIN = 9, FILTER_PER_ENTRY = 16, ENTRIES_PER_BUCKET = 4 };

static unsigned bits_for(size_t n)
{
	unsigned bits = 0;
	while (((size_t)1 << bits) < n)
		bits++;
	return bits;
}

static size_t first_bits(uint64_t hash, unsigned bits)
{
	return bits ? (size_t)(hash >> (64 - bits)) : 0;
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
		size_t bit = first_bits(x->hashes[i], x->filter_bits);
		x->filter[bit / 64] |= (uint64_t)1 << bit % 64;
		while (b <= first_bits(x->hashes[i], x->bucket_bits))
			x->buckets[b++] = (uint32_t)i;
	}
	while (b <= (size_t)1 << x->bucket_bits)
		x->buckets[b++] = (uint32_t)x->n;
}

int prints_index_make(const struct prints *p, struct prints_index *x_r)
{
	struct prints_index x = { .ndocuments = p->ndocuments };
	memcpy(x.key, p->key, sizeof x.key);
	x.bucket_bits = bits_for(p->nentries / ENTRIES_PER_BUCKET);
	x.filter_bits = bits_for(p->nentries * FILTER_PER_ENTRY);
	if (x.filter_bits < FILTER_BITS_MIN)
		x.filter_bits = FILTER_BITS_MIN;
	x.hashes = calloc(p->nentries + 1, sizeof *x.hashes);
	x.documents = calloc(p->nentries + 1, sizeof *x.documents);
	x.buckets = calloc(((size_t)1 << x.bucket_bits) + 1, sizeof *x.buckets);
	x.filter = calloc((size_t)1 << (x.filter_bits - 6), sizeof *x.filter);
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
	__builtin_prefetch(&x->filter[first_bits(hash, x->filter_bits) / 64]);
	return hash;
}

size_t prints_index_find(const struct prints_index *x, uint64_t print, size_t *first_r)
{
	return prints_index_end(x, prints_hash(x->key, print), first_r);
}

size_t prints_index_end(const struct prints_index *x, uint64_t hash, size_t *first_r)
{
	size_t bit = first_bits(hash, x->filter_bits);
	*first_r = 0;
	if (!(x->filter[bit / 64] >> bit % 64 & 1))
		return 0;
	size_t b = first_bits(hash, x->bucket_bits), i = x->buckets[b], stop = x->buckets[b + 1];
	while (i < stop && x->hashes[i] < hash)
		i++;
	*first_r = i;
	while (i < stop && x->hashes[i] == hash)
		i++;
	return i;
}
