/* The portable body: a bitmap of the literals' rarest four (or three) bytes, looked up at every position, then the few candidates
 * compared. */
#include "detect/literal_body.h"

#include <stdlib.h>
#include <string.h>

enum { GRAM_BITS = 18, BUCKET_BITS = 13 };

struct entry {
	uint32_t gram, mask; /* 3 or 4 bytes, as loaded from memory */
	uint32_t literal;
	uint8_t at;          /* where in the literal the gram stands */
	uint8_t size;
	const char *s;
};

struct grams {
	uint64_t seen[2][(1 << GRAM_BITS) / 64]; /* grams of 3 and of 4 bytes */
	int any3;
	uint32_t bucket[(1 << BUCKET_BITS) + 1]; /* first entry of each */
	size_t n;
	struct entry entries[];
};

static inline uint32_t load(const char *s)
{
	uint32_t w;
	memcpy(&w, s, 4);
	return w;
}

/* The mask for three bytes depends on the byte order. */
static inline uint32_t mask3(void)
{
	return load("\xff\xff\xff\0");
}

static inline uint32_t hash(uint32_t gram)
{
	return (gram * 0x9e3779b1u) >> (32 - GRAM_BITS);
}

static inline int has(const uint64_t *set, uint32_t h)
{
	return set[h >> 6] >> (h & 63) & 1;
}

/* How common a byte is in texts, roughly: the gram of the least common bytes is looked up. */
static int commonness(unsigned char c)
{
	static const char order[] = "qzxjkvbpygfwmucldrhsnioate "; /* rare to common */
	const char *p = c ? strchr(order, c) : NULL;
	if (p)
		return 6 + (int)(p - order);
	return c >= '0' && c <= '9' ? 8 : c >= 0x80 ? 12 : 4;
}

static struct entry make_entry(const struct literal_text *t, uint32_t index)
{
	int len = t->size < 4 ? 3 : 4, best = 0, best_cost = 1 << 20;
	for (int at = 0; at + len <= t->size; at++) {
		int cost = 0;
		for (int k = 0; k < len; k++)
			cost += commonness((unsigned char)t->s[at + k]);
		if (cost < best_cost) {
			best_cost = cost;
			best = at;
		}
	}
	char gram[4] = { 0 };
	memcpy(gram, t->s + best, (size_t)len);
	return (struct entry){ load(gram), len == 3 ? mask3() : UINT32_MAX, index, (uint8_t)best, t->size, t->s };
}

static int by_bucket(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;
	uint32_t ha = hash(a->gram), hb = hash(b->gram);
	return ha < hb ? -1 : ha > hb ? 1 : a->literal < b->literal ? -1 : a->literal > b->literal;
}

static void *gram_new(const struct literal_text *texts, size_t n)
{
	struct grams *l = calloc(1, sizeof *l + n * sizeof *l->entries);
	if (!l)
		return NULL;
	l->n = n;
	for (size_t i = 0; i < n; i++) {
		struct entry *e = &l->entries[i];
		*e = make_entry(&texts[i], (uint32_t)i);
		int three = e->mask != UINT32_MAX;
		uint32_t h = hash(e->gram);
		l->any3 |= three;
		l->seen[!three][h >> 6] |= UINT64_C(1) << (h & 63);
	}
	qsort(l->entries, n, sizeof *l->entries, by_bucket);
	for (size_t b = 0, i = 0; b <= 1 << BUCKET_BITS; b++) {
		while (i < n && hash(l->entries[i].gram) >> (GRAM_BITS - BUCKET_BITS) < b)
			i++;
		l->bucket[b] = (uint32_t)i;
	}
	return l;
}

static size_t gram_memory(const void *set)
{
	const struct grams *l = set;
	return sizeof *l + l->n * sizeof *l->entries;
}

static __attribute__((noinline)) int look(const struct grams *l, const char *low, size_t size, size_t i, uint32_t gram, struct literal_hits *h)
{
	uint32_t b = hash(gram) >> (GRAM_BITS - BUCKET_BITS);
	for (uint32_t k = l->bucket[b]; k < l->bucket[b + 1]; k++) {
		const struct entry *e = &l->entries[k];
		if (e->gram != (gram & e->mask) || i < e->at || i - e->at + e->size > size ||
		    memcmp(low + i - e->at, e->s, e->size) != 0)
			continue;
		if (literal_add_hit(h, (uint32_t)(i - e->at), e->literal) < 0)
			return -1;
	}
	return 0;
}

static int gram_scan(const void *set, const char *low, size_t size, struct literal_hits *h)
{
	const struct grams *l = set;
	const uint32_t m3 = mask3();
	for (size_t i = 0; i + 3 <= size; i++) {
		uint32_t w = load(low + i), w3 = w & m3;
		if (has(l->seen[1], hash(w)) && look(l, low, size, i, w, h) < 0)
			return -1;
		if (l->any3 && has(l->seen[0], hash(w3)) && look(l, low, size, i, w3, h) < 0)
			return -1;
	}
	return 0;
}

const struct literal_body_ops literal_grams = { "portable", gram_new, free, gram_memory, gram_scan, NULL };
