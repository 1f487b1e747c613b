/* Index of uploads: which slots were given out, which files are here, whose they are, when they end.
 *
 * An SQLite database (WAL) beside the files: DIR/index.db, files in DIR/d<day>/<id>.  A folder for each
 * day keeps one fsync(dir) enough for a batch of new files, and lets expiry empty old folders without
 * touching those that new files go to.
 *
 * Writes collect in one open transaction; reads see them at once.  uploads_commit() ends it without
 * waiting for the disk; the commit is durable after fdatasync(uploads_log_fd()), which any thread may
 * do.  That is what `PRAGMA synchronous=FULL` does, without stopping the event loop for it.
 *
 * All functions belong to one thread, but for uploads_checkpoint().  0 is success, -1 a failure of
 * the database or disk (errno is set where the system gave a reason), if nothing else is said.
 */
#ifndef FILTERD_STORE_UPLOADS_H
#define FILTERD_STORE_UPLOADS_H

#include "conf/cfgerr.h"

#include <stddef.h>
#include <stdint.h>

enum { UPLOADS_ID_SIZE = 25, UPLOADS_HASH_SIZE = 32 };

/* SLOT → TAKEN (its one PUT has begun) → CLEAN or REFUSED.  Only CLEAN is ever served. */
enum upload_state { UPLOAD_STATE_SLOT, UPLOAD_STATE_TAKEN, UPLOAD_STATE_CLEAN, UPLOAD_STATE_REFUSED };

struct upload_row {
	char id[UPLOADS_ID_SIZE];              /* random, URL-safe: name in URL and on disk */
	uint8_t token_hash[UPLOADS_HASH_SIZE]; /* SHA-256 of the PUT token; the token is nowhere kept */
	uint8_t sha256[UPLOADS_HASH_SIZE];     /* of the content, once clean */
	const char *owner, *name, *type;       /* bare JID, file name (UTF-8), media type ("" if none) */
	int64_t size;                          /* bytes */
	int64_t created, expires;              /* Unix time, seconds */
	int64_t day;                           /* folder of the file: d<day> */
	enum upload_state state;
};

struct uploads;

/* Opens or creates the store in dir and sets right what a crash left: half-done uploads, files
 * without a clean row, clean rows without a file.  Takes time in proportion to the number of files. */
int uploads_open(const char *dir, struct uploads **u_r, struct cfgerr *err) __attribute__((warn_unused_result));
/* Commits and closes; sets *u to NULL.  NULL is fine. */
void uploads_close(struct uploads **u);

/* Adds a slot; row->state and sha256 are not looked at. */
int uploads_add_slot(struct uploads *u, const struct upload_row *row) __attribute__((warn_unused_result));
/* 1 and a row to free with uploads_row_free(), or 0 if there is none. */
int uploads_find(struct uploads *u, const char *id, struct upload_row **row_r) __attribute__((warn_unused_result));
void uploads_row_free(struct upload_row **row);
/* Slot → taken: 1, or 0 if it is no open slot (any more). */
int uploads_take(struct uploads *u, const char *id) __attribute__((warn_unused_result));
/* Taken → clean; its file is in folder day. */
int uploads_set_clean(struct uploads *u, const char *id, const uint8_t sha256[UPLOADS_HASH_SIZE], int64_t day,
                      int64_t expires) __attribute__((warn_unused_result));
int uploads_set_refused(struct uploads *u, const char *id, int64_t expires) __attribute__((warn_unused_result));
int uploads_delete(struct uploads *u, const char *id) __attribute__((warn_unused_result));

struct uploads_usage {
	int64_t bytes;        /* open slots and files; each at least UPLOADS_CHARGE_MIN */
	int64_t slots;        /* open slots and uploads under way */
	int64_t next_expires; /* Unix time at which the first of them ends; 0 if there is none */
};
enum { UPLOADS_CHARGE_MIN = 4096 }; /* a file costs a block and a row, however small it is */
int uploads_usage(struct uploads *u, const char *owner, struct uploads_usage *usage_r)
        __attribute__((warn_unused_result));

/* Removes up to max rows that expired before now and gives their files' paths below the folder of the
 * store ("" for rows without a file); the caller commits, then unlinks.  Returns how many, or -1. */
struct uploads_path {
	char path[16 + UPLOADS_ID_SIZE];
};
int uploads_expire(struct uploads *u, int64_t now, struct uploads_path *paths_r, int max)
        __attribute__((warn_unused_result));

int uploads_dir_fd(const struct uploads *u); /* of the store; stays the store's */
/* Folder for a new file, made if need be; stays the store's, valid until the next call but one day later. */
int uploads_day_fd(struct uploads *u, int64_t day) __attribute__((warn_unused_result));
/* The file of a clean row, read-only; the caller closes it. */
int uploads_open_file(const struct uploads *u, const struct upload_row *row) __attribute__((warn_unused_result));

/* Ends the open transaction, if there is one.  See above for durability.  On failure everything since the last
 * commit is undone. */
int uploads_commit(struct uploads *u) __attribute__((warn_unused_result));
int uploads_is_dirty(const struct uploads *u);
int uploads_log_fd(const struct uploads *u);
/* True when the log has grown so far that uploads_checkpoint() should be called. */
int uploads_wants_checkpoint(const struct uploads *u);
/* Moves the log into the database.  From any thread, but one at a time, while another uses the store. */
void uploads_checkpoint(struct uploads *u);

#endif
