#include "audit/tlog.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SHA-256 over a prefix byte and one or two parts.  OpenSSL fails here only without memory, and
 * then there is no right answer to go on with. */
static void digest(int prefix, const void *a, size_t a_size, const void *b, size_t b_size, uint8_t *hash_r)
{
	static EVP_MD_CTX *ctx; /* kept: making one costs more than the hash */
	static EVP_MD *sha256;  /* fetched once, likewise */
	uint8_t p = (uint8_t)prefix;
	if (!ctx && (!(ctx = EVP_MD_CTX_new()) || !(sha256 = EVP_MD_fetch(NULL, "SHA256", NULL))))
		abort();
	if (!EVP_DigestInit_ex2(ctx, sha256, NULL) || (prefix >= 0 && !EVP_DigestUpdate(ctx, &p, 1)) ||
	    !EVP_DigestUpdate(ctx, a, a_size) || !EVP_DigestUpdate(ctx, b, b_size) || !EVP_DigestFinal_ex(ctx, hash_r, NULL))
		abort();
}

void tlog_leaf(const void *entry, size_t size, uint8_t hash_r[TLOG_HASH])
{
	digest(0, entry, size, "", 0, hash_r);
}

void tlog_node(const uint8_t left[TLOG_HASH], const uint8_t right[TLOG_HASH], uint8_t hash_r[TLOG_HASH])
{
	digest(1, left, TLOG_HASH, right, TLOG_HASH, hash_r);
}

/* Root of a perfect tree over count (a power of two) hashes. */
static void perfect_root(const uint8_t (*hash)[TLOG_HASH], unsigned count, uint8_t root_r[TLOG_HASH])
{
	uint8_t work[TLOG_WIDTH][TLOG_HASH];
	memcpy(work, hash, count * TLOG_HASH);
	for (; count > 1; count /= 2)
		for (unsigned i = 0; i < count / 2; i++)
			tlog_node(work[2 * i], work[2 * i + 1], work[i]);
	memcpy(root_r, work[0], TLOG_HASH);
}

void tlog_tile_root(const uint8_t hash[TLOG_WIDTH][TLOG_HASH], uint8_t root_r[TLOG_HASH])
{
	perfect_root(hash, TLOG_WIDTH, root_r);
}

int tlog_add(struct tlog *t, const uint8_t leaf[TLOG_HASH], tlog_full_fn *full, void *ctx)
{
	uint8_t hash[TLOG_HASH];
	memcpy(hash, leaf, TLOG_HASH);
	for (unsigned l = 0; l < TLOG_LEVELS; l++) {
		memcpy(t->level[l].hash[t->level[l].count++], hash, TLOG_HASH);
		if (t->level[l].count < TLOG_WIDTH)
			break;
		uint64_t index = (t->size >> (8 * l)) >> 8;
		int r = full ? full(ctx, l, index, (const uint8_t(*)[TLOG_HASH])t->level[l].hash) : 0;
		if (r)
			return r;
		tlog_tile_root((const uint8_t(*)[TLOG_HASH])t->level[l].hash, hash);
		t->level[l].count = 0;
	}
	t->size++;
	return 0;
}

/* The tree of n leaves is a row of perfect trees, biggest first (the bits of n); RFC 6962 joins them from the right. */
void tlog_root(const struct tlog *t, uint8_t root_r[TLOG_HASH])
{
	int have = 0;
	for (unsigned l = 0; l < TLOG_LEVELS; l++) {
		unsigned end = t->level[l].count;
		for (unsigned width = 1; width < TLOG_WIDTH; width *= 2) {
			if (!(end & width))
				continue;
			uint8_t sub[TLOG_HASH];
			end -= width;
			perfect_root((const uint8_t(*)[TLOG_HASH])&t->level[l].hash[end], width, sub);
			if (have)
				tlog_node(sub, root_r, root_r);
			else
				memcpy(root_r, sub, TLOG_HASH);
			have = 1;
		}
	}
	if (!have)
		digest(-1, "", 0, "", 0, root_r);
}

void tlog_path(int level, uint64_t index, unsigned width, char path_r[TLOG_PATH_SIZE])
{
	unsigned part[8];
	int n = 0;
	do
		part[n++] = (unsigned)(index % 1000);
	while ((index /= 1000) > 0);
	int o = level < 0 ? snprintf(path_r, TLOG_PATH_SIZE, "tile/entries") : snprintf(path_r, TLOG_PATH_SIZE, "tile/%d", level);
	while (n-- > 0)
		o += snprintf(path_r + o, (size_t)(TLOG_PATH_SIZE - o), n > 0 ? "/x%03u" : "/%03u", part[n]);
	if (width)
		snprintf(path_r + o, (size_t)(TLOG_PATH_SIZE - o), ".p/%u", width);
}
