/* The audit journal: an append-only transparency log on disk (C2SP tlog-tiles), written by one process.
 *
 * In its folder:  checkpoint · tile/… (full and partial tiles and entry bundles, as published) · tail · verifier
 * `tail` holds what no full bundle has yet: "filtlog1", the index of its first entry (u64), then for each entry
 * u16 size ‖ entry ‖ the first 8 bytes of its leaf hash (so that a torn write can't pass for an entry).
 * `verifier` is the verifier key text.  Entries are durable after journal_commit(); the checkpoint that
 * covers them may follow later.  When a bundle's 256 entries are there, bundle and tiles are written, and then a new
 * tail takes the old one's place: a crash between two steps repeats them with the same bytes.
 */
#ifndef FILTERD_AUDIT_JOURNAL_H
#define FILTERD_AUDIT_JOURNAL_H

#include "audit/note.h"

#include <stddef.h>
#include <stdint.h>

struct journal;

enum { JOURNAL_ENTRY_MAX = 65535, JOURNAL_BATCH_MAX = 4 << 20 };
enum { JOURNAL_MALFORMED = -1, JOURNAL_IO = -2, JOURNAL_FULL_BATCH = -3 };

struct journal_repair {
	uint64_t replayed;   /* entries that no checkpoint covered yet */
	uint64_t torn_bytes; /* cut off the end of the tail, kept in torn-<index>-<n> */
	int rebuilt_tail;    /* 1: the tail was missing or short and came back from a partial bundle */
};

/* Opens or makes the journal in dir (which must exist; mode 0700 is the caller's) and replays its tail.
 * seed is the Ed25519 key; origin names a new journal, an old one keeps its own.  NULL with a sentence in
 * error when it is in use, damaged below its checkpoint, or signed by another key. */
struct journal *journal_open(const char *dir, const uint8_t seed[NOTE_KEY], const char *origin, struct journal_repair *repair_r,
	char *error, size_t error_size) __attribute__((warn_unused_result));
/* Takes one entry into the group.  JOURNAL_MALFORMED if empty or too long, JOURNAL_FULL_BATCH: commit first. */
int journal_append(struct journal *j, const void *entry, size_t size) __attribute__((warn_unused_result));
size_t journal_staged(const struct journal *j);
/* Makes the group durable: 0, and all of it is; JOURNAL_IO with errno, and none of it counts. */
int journal_commit(struct journal *j) __attribute__((warn_unused_result));
/* Signs a checkpoint over all committed entries.  JOURNAL_IO with errno: the old one stays. */
int journal_checkpoint(struct journal *j) __attribute__((warn_unused_result));
uint64_t journal_size(const struct journal *j);    /* committed entries */
uint64_t journal_covered(const struct journal *j); /* … of which the checkpoint covers */
/* The checkpoint in force, as a note; "" before the first. */
const char *journal_note(const struct journal *j);
/* Closes without signing. */
void journal_close(struct journal **j);

#endif
