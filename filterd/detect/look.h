/* What a pattern asks of the text beside a match: (?<!\d), (?![A-Z]|[.,]\d), \b. */
#ifndef FILTERD_DETECT_LOOK_H
#define FILTERD_DETECT_LOOK_H

#include "detect/syntax.h"

#include <stddef.h>

enum { LOOK_ALTS_MAX = 8, LOOK_SETS_MAX = 8, LOOKS_MAX = 4 };

struct look_set {
	struct byte_set set;
	uint8_t wide; /* and characters above ASCII */
};

/* A short sequence of characters; it counts only where none of the guards stands at its far end: ",\d\d(?!\d|-\d)". */
struct look_seq {
	uint8_t size, nguards;
	struct look_set *set;
	struct look_seq *guard;
};

/* A condition on the text next to a match: one of a few sequences stands there, or none of them. */
struct look {
	uint8_t kind, negative; /* LOOK_AHEAD, LOOK_BEHIND or LOOK_WORD */
	uint8_t n;
	struct look_seq *alt;
};

/* All conditions at one end of a match. */
struct looks {
	uint8_t n;
	uint8_t ask;             /* there are some that are not understood: PCRE2 has the last word */
	uint8_t border;          /* a digit can't stand there */
	uint8_t edge;            /* at the start (end) of the text they hold */
	struct byte_set barred;  /* next to these bytes they don't hold, */
	struct byte_set open;    /* next to these they do; next to others it takes a closer look */
	struct look look[LOOKS_MAX];
};

/* Parts the conditions at both ends of a pattern from what lies between, which is returned: its kids are those of root.  What the
 * conditions are made of is in the arena. */
struct syntax looks_split(const struct syntax *root, struct arena *a, struct looks *before_r, struct looks *behind_r);
/* Do both ask the same? */
int looks_equal(const struct looks *a, const struct looks *b);
/* 1: all hold at byte at of s, 0: one doesn't, -1: it takes PCRE2 to know. */
int looks_hold(const struct looks *l, const char *s, size_t size, size_t at, int behind);

#endif
