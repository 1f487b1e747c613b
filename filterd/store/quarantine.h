/* The quarantine: what was held, encrypted on disk, with an index.
 *
 * dir/<item>.blob  the content (store/blob.h, context "quarantine/<item>") under a key of its own
 * dir/<item>.head  "filtqua1" ‖ that key, wrapped by the store's ‖ meta (JSON), encrypted; both bound to the item
 * dir/index.sqlite rows for listing.  Head and blob are the truth: the row is made from them, and again if lost.
 * Order: blob durable, head durable, folder durable, row committed.  An item is kept once quarantine_hold returns 0.
 */
#ifndef FILTERD_STORE_QUARANTINE_H
#define FILTERD_STORE_QUARANTINE_H

#include "store/blob.h"

#include <stddef.h>
#include <stdint.h>

struct quarantine;

enum { QUARANTINE_META_MAX = 65535, QUARANTINE_ITEM_MAX = 64 };
enum {
	QUARANTINE_REFUSED = -1,  /* bad item id, no regular file, meta too long, or there is such an item already */
	QUARANTINE_IO = -2,       /* no space or I/O error; nothing is left */
	QUARANTINE_NONE = -3,     /* no such item */
	QUARANTINE_DAMAGED = -4,  /* changed, cut, swapped, or under another key */
};

struct quarantine_found {
	unsigned adopted;  /* items whose row was missing and was made again */
	unsigned orphans;  /* blobs without a head: never acknowledged; removed */
	unsigned lost;     /* rows whose files are gone, and heads that can't be opened */
	char example[QUARANTINE_ITEM_MAX + 8]; /* one of the lost */
};

/* Opens or makes the store in dir (which must exist) and compares index and files.  NULL with a sentence in error. */
struct quarantine *quarantine_open(const char *dir, const uint8_t key[BLOB_KEY], struct quarantine_found *found_r, char *error,
	size_t error_size) __attribute__((warn_unused_result));
/* Seals the content of fd before the meta is known, since meta carries its digest; outputs size and SHA-256.  One at a time;
 * followed by quarantine_hold or quarantine_abort. */
int quarantine_seal(struct quarantine *q, const char *item, int fd, uint64_t *size_r, uint8_t sha256_r[32])
	__attribute__((warn_unused_result));
/* Keeps what was sealed, with this meta. */
int quarantine_hold(struct quarantine *q, const char *meta, size_t meta_size) __attribute__((warn_unused_result));
void quarantine_abort(struct quarantine *q);
/* Takes back an item that was not acknowledged yet (the journal could not take its entry). */
void quarantine_undo(struct quarantine *q, const char *item);

typedef int quarantine_row_fn(void *ctx, const char *item, int64_t time, const char *meta);
/* Newest first, at most limit rows, until row answers nonzero. */
int quarantine_list(struct quarantine *q, uint32_t limit, quarantine_row_fn *row, void *ctx) __attribute__((warn_unused_result));
/* The content to the descriptor out; *meta_r is malloc'ed. */
int quarantine_get(struct quarantine *q, const char *item, int out, char **meta_r) __attribute__((warn_unused_result));
void quarantine_close(struct quarantine **q);

#endif
