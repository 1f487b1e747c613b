/* A set of document fingerprints as bytes (FORMAT.fingerprint): documents, and which keyed hash stands in which.
 *
 * The bytes may come from anywhere: prints_read() checks all of it before anything is used.
 */
#ifndef FILTERD_DETECT_PRINTS_FILE_H
#define FILTERD_DETECT_PRINTS_FILE_H

#include "base/buf.h"

#include <stddef.h>
#include <stdint.h>

enum {
	PRINTS_KEY_SIZE = 16,
	PRINTS_NAME_MAX = 255,
	PRINTS_DOCUMENTS_MAX = 60000,
	PRINTS_ENTRIES_MAX = 1 << 26,
	PRINTS_COMMON_MIN = 2,
	PRINTS_COMMON_MAX = 64,
	PRINTS_COMMON_DEFAULT = 10,
};
#define PRINTS_FILE_MAX ((size_t)1 << 30)

struct prints_document {
	char name[PRINTS_NAME_MAX + 1]; /* UTF-8 */
	uint32_t id;          /* of this document as long as the set lives; from 1 on, rising */
	uint32_t prints;      /* different fingerprints */
	uint32_t characters;  /* letters and digits */
	uint64_t added;       /* seconds since 1970 */
	uint8_t boilerplate;  /* what stands in it is no document's own */
};

/* That this hash stands in this document. */
struct prints_entry {
	uint64_t hash;
	uint16_t document;    /* index, not id */
};

struct prints {
	uint8_t key[PRINTS_KEY_SIZE];
	uint32_t common;      /* what stands in so many documents is no document's own */
	uint32_t next_id;
	struct prints_document *documents;
	size_t ndocuments;
	struct prints_entry *entries; /* sorted by hash, then document; each once */
	size_t nentries;
};

/* NULL, or what is wrong with the bytes; then p_r holds nothing. */
const char *prints_read(const void *data, size_t size, struct prints *p_r) __attribute__((warn_unused_result));
/* Appends the bytes of p.  -1 without memory. */
int prints_write(const struct prints *p, struct buf *out) __attribute__((warn_unused_result));
/* Zeroes and frees what p holds. */
void prints_free(struct prints *p);

/* Adds a document of these fingerprints (winnow.h; any order, the same one more than once).  NULL, or why not. */
const char *prints_add(struct prints *p, const struct prints_document *d, const uint64_t *hashes, size_t nhashes)
	__attribute__((warn_unused_result));
void prints_remove(struct prints *p, size_t document);
/* True if the run of entries [i, end) of one hash tells no document from others. */
int prints_is_common(const struct prints *p, size_t i, size_t end);
/* The end of the run of entries of the hash at i. */
size_t prints_run(const struct prints *p, size_t i);
/* Fingerprints of each document that are its own, into own_r[ndocuments]. */
void prints_count_own(const struct prints *p, uint32_t *own_r);

/* A fingerprint under the set's key (SipHash-2-4). */
uint64_t prints_hash(const uint8_t key[PRINTS_KEY_SIZE], uint64_t print);

#endif
