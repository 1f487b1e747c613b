/* What a pattern asks of the text beside a match: (?<!\d), (?![A-Z]|[.,]\d), \b. */
#ifndef FILTERD_DETECT_LOOK_H
#define FILTERD_DETECT_LOOK_H

#include "detect/syntax.h"

#include <stddef.h>

enum { LOOK_ALTS_MAX = 6, LOOK_SETS_MAX = 4, LOOKS_MAX = 4 };

/* A condition on the text next to a match: one of a few short sequences stands there, or none of them. */
struct look {
	uint8_t kind, negative; /* LOOK_AHEAD, LOOK_BEHIND or LOOK_WORD */
	uint8_t n;
	uint8_t size[LOOK_ALTS_MAX];
	struct {
		struct byte_set set;
		uint8_t wide;
	} alt[LOOK_ALTS_MAX][LOOK_SETS_MAX];
};

/* The conditions among kids [from, to) of root into looks, LOOKS_MAX of them, n_r says how many.  Those that are not understood
 * set ask: they are left to PCRE2.  Returns nonzero if a digit can't stand beside the place. */
int looks_read(const struct syntax *root, uint32_t from, uint32_t to, struct look *looks, uint8_t *n_r, uint8_t *ask);
/* 1: the condition holds at byte at of s, 0: it doesn't, -1: it takes PCRE2 to know. */
int look_holds(const struct look *l, const char *s, size_t size, size_t at);

#endif
