/* A set of fingerprints made ready for lookups: common ones left out, and a filter in front that most lookups end at. */
#ifndef FILTERD_DETECT_PRINTS_INDEX_H
#define FILTERD_DETECT_PRINTS_INDEX_H

#include "detect/prints_file.h"

struct prints_index {
	uint8_t key[PRINTS_KEY_SIZE];
	uint64_t *hashes;     /* sorted; the same one once for each document */
	uint16_t *documents;
	size_t n;
	unsigned bits;        /* the first ones of a hash choose its bucket */
	uint32_t *buckets;    /* where each begins */
	uint64_t *filter;     /* of each bucket: three bits for each hash that is in it */
	uint32_t *own;        /* of each document: how many fingerprints are its own */
	uint32_t *ids;
	size_t ndocuments;
};

/* -1 without memory. */
int prints_index_make(const struct prints *p, struct prints_index *x_r) __attribute__((warn_unused_result));
void prints_index_free(struct prints_index *x);
/* The entries of a fingerprint (winnow.h): [*first_r, returned end), fewer than PRINTS_COMMON_MAX; *first_r itself if there are none. */
size_t prints_index_find(const struct prints_index *x, uint64_t print, size_t *first_r);

/* The same in two steps, for many at a time: the first one asks for the memory that the second needs. */
uint64_t prints_index_begin(const struct prints_index *x, uint64_t print);
size_t prints_index_end(const struct prints_index *x, uint64_t hash, size_t *first_r);

#endif
