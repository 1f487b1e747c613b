/* Files of the journal: written whole and durably, or not at all. */
#ifndef FILTERD_AUDIT_JFILE_H
#define FILTERD_AUDIT_JFILE_H

#include "audit/tlog.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* All paths are below dir, an open folder.  0, or -1 with errno. */

/* New content under path by way of a temporary name, fsync, rename and fsync of the folder; folders are made. */
int jfile_write(int dir, const char *path, const void *data, size_t size) __attribute__((warn_unused_result));
/* Reads up to max bytes; *data_r is malloc'ed. */
int jfile_read(int dir, const char *path, size_t max, uint8_t **data_r, size_t *size_r) __attribute__((warn_unused_result));
/* Removes the partial tiles `path`.p/ once the full one exists; failing is no harm. */
void jfile_drop_partials(int dir, int level, uint64_t index);

/* A tile's first `width` hashes, from the full tile or the partial one of that width.  EBADMSG: wrong size. */
int jfile_read_tile(int dir, unsigned level, uint64_t index, unsigned width, uint8_t hash_r[TLOG_WIDTH][TLOG_HASH])
	__attribute__((warn_unused_result));
/* The tree of the first size leaves, from its tiles. */
int jfile_load_tree(int dir, uint64_t size, struct tlog *t_r) __attribute__((warn_unused_result));

enum { JFILE_BUNDLE_MAX = TLOG_WIDTH * (2 + 65535) };
/* A bundle's entries, walked: 1 and the next one, 0 at the end, -1 if the bytes do not come out even. */
int jfile_bundle_next(const uint8_t **p, const uint8_t *end, const uint8_t **entry_r, size_t *size_r);
/* Reads a bundle, full or partial (width 0 = full, else from the full one if the partial is gone).  Holds at least width entries. */
int jfile_read_bundle(int dir, uint64_t index, unsigned width, uint8_t **data_r, size_t *size_r) __attribute__((warn_unused_result));

#endif
