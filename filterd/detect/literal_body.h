/* What a literal matcher is made of; only the matcher's own files include this. */
#ifndef FILTERD_DETECT_LITERAL_BODY_H
#define FILTERD_DETECT_LITERAL_BODY_H

#include "detect/literal.h"

struct literal_hits {
	struct literal_hit *hit;
	size_t n, max;
};

/* Keeps hits in order of their start; they come nearly so, a literal is at most 255 bytes.  -1: there is no room. */
static inline int literal_add_hit(struct literal_hits *h, uint32_t start, uint32_t literal)
{
	if (h->n == h->max)
		return -1;
	size_t i = h->n++;
	for (; i > 0 && h->hit[i - 1].start > start; i--)
		h->hit[i] = h->hit[i - 1];
	h->hit[i] = (struct literal_hit){ start, literal };
	return 0;
}

struct literal_body_ops {
	const char *name;
	void *(*make)(const struct literal_text *texts, size_t n); /* NULL: it can't */
	void (*free)(void *set);
	size_t (*memory)(const void *set);
	int (*scan)(const void *set, const char *low, size_t size, struct literal_hits *h); /* -1: no room for all, or a failure */
	int (*honest)(char *msg, size_t size); /* or NULL: what versions of it are known to lose; 0: it lost something, which msg says */
};

/* literal_selftest() of any body. */
int literal_prove(const struct literal_body_ops *ops, char *msg, size_t size);

extern const struct literal_body_ops literal_grams;
extern const struct literal_body_ops literal_hyperscan; /* if built with it */

#endif
