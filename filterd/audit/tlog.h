/* The Merkle tree of a transparency log, as numbers and hashes: RFC 6962 section 2.1, cut in tiles of 256 as in
 * C2SP tlog-tiles.  No files here.
 *
 * A tree is kept as its right-hand edge: for each tile level, the hashes of the tile not yet full.  From
 * that alone its root is computed and further leaves are added.
 */
#ifndef FILTERD_AUDIT_TLOG_H
#define FILTERD_AUDIT_TLOG_H

#include <stddef.h>
#include <stdint.h>

enum { TLOG_HASH = 32, TLOG_WIDTH = 256, TLOG_LEVELS = 8, TLOG_PATH_SIZE = 80 };

struct tlog {
	uint64_t size;     /* leaves */
	struct {
		unsigned count; /* 0..255 */
		uint8_t hash[TLOG_WIDTH][TLOG_HASH];
	} level[TLOG_LEVELS];
};

/* SHA-256(0x00 ‖ entry) */
void tlog_leaf(const void *entry, size_t size, uint8_t hash_r[TLOG_HASH]);
/* SHA-256(0x01 ‖ left ‖ right) */
void tlog_node(const uint8_t left[TLOG_HASH], const uint8_t right[TLOG_HASH], uint8_t hash_r[TLOG_HASH]);
/* Root of a full tile. */
void tlog_tile_root(const uint8_t hash[TLOG_WIDTH][TLOG_HASH], uint8_t root_r[TLOG_HASH]);

/* Called for each tile that became full, lowest level first; nonzero ends tlog_add with it. */
typedef int tlog_full_fn(void *ctx, unsigned level, uint64_t index, const uint8_t hash[TLOG_WIDTH][TLOG_HASH]);

/* Adds one leaf hash.  full may be NULL.  On a nonzero answer of full the tree is of no use any more. */
int tlog_add(struct tlog *t, const uint8_t leaf[TLOG_HASH], tlog_full_fn *full, void *ctx);
/* Root of the tree; of the empty one SHA-256 of nothing. */
void tlog_root(const struct tlog *t, uint8_t root_r[TLOG_HASH]);

/* "tile/0/x001/x234/067", or "tile/entries/…" with level TLOG_ENTRIES; width 0 = the full tile, else "….p/<width>". */
enum { TLOG_ENTRIES = -1 };
void tlog_path(int level, uint64_t index, unsigned width, char path_r[TLOG_PATH_SIZE]);

#endif
