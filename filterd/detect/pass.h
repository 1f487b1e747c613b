/* All patterns that are written out in variants, looked for at once: for each row of digit blocks the variants of as many
 * digits are compared with where its gaps are, then with the gaps' texts and the digits. */
#ifndef FILTERD_DETECT_PASS_H
#define FILTERD_DETECT_PASS_H

#include "detect/scratch.h"

struct number_index;

/* Of the patterns in the list, all of which have cls.variants; in the arena.  NULL without memory. */
struct number_index *number_index_new(struct arena *a, const struct pattern *patterns, const struct pattern_list *list);

/* A variant that fits. */
struct number_hit {
	uint32_t pattern;
	uint16_t order;      /* of the variant in its pattern: the lowest is PCRE2's match */
	int8_t sure;         /* 0: PCRE2 has to be asked whether and where a match begins here */
	uint32_t start, end;
};

enum { NUMBER_HITS_MAX = 1024 };

/* What begins at block at of the run's blocks, ordered by pattern, then order.  Returns how many, or -1 when there are more
 * than NUMBER_HITS_MAX: then those are there. */
int number_index_find(const struct number_index *x, const struct view *v, const struct digit_block *blocks, size_t nblocks, size_t at,
                      struct number_hit hits[NUMBER_HITS_MAX]);

#endif
