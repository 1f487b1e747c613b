/* A number-shaped pattern written out: each sequence of digits and separators that it matches, in the order in which
 * PCRE2 would try them.  "\d{3}[ -]?\d{2,3}" is two variants, of six and of five digits.
 *
 * One pass over a text's digit blocks then finds the matches of all such patterns (pass.h) without running PCRE2.
 */
#ifndef FILTERD_DETECT_VARIANTS_H
#define FILTERD_DETECT_VARIANTS_H

#include "detect/syntax.h"

#include <stddef.h>

enum { VARIANT_DIGITS_MAX = 36, VARIANTS_MAX = 64, VARIANT_GAPS_MAX = 24, LOOK_ALTS_MAX = 6, LOOK_SETS_MAX = 4, LOOKS_MAX = 4 };

/* What stands between two digits. */
struct variant_gap {
	struct byte_set set;
	uint8_t min, max; /* bytes */
};

struct variant {
	uint8_t size;                         /* digits */
	uint8_t nsame;                        /* gaps that repeat another one */
	uint8_t fixed;                        /* digits from the start that are not all free */
	uint64_t may, must;                   /* bit k: a gap behind digit k is allowed, is needed */
	uint16_t set[VARIANT_DIGITS_MAX];     /* bit d: digit d may stand there */
	uint8_t gap[VARIANT_DIGITS_MAX];      /* behind digit k: index in gaps */
	struct {
		uint8_t gap, as;              /* the texts behind these two digits are equal */
	} same[VARIANT_GAPS_MAX];
};

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

struct variants {
	uint16_t n;
	uint8_t ngaps, nbefore, nbehind;
	uint8_t ask; /* the pattern has conditions that are not told here: PCRE2 has the last word on each match */
	struct variant_gap gaps[VARIANT_GAPS_MAX];
	struct look before[LOOKS_MAX], behind[LOOKS_MAX];
	struct variant variant[]; /* the one tried first stands first */
};

/* NULL if the pattern can't be written out like this, or its matches can begin or end within a row of digits (or no
 * memory); else in the arena. */
struct variants *variants_read(const struct syntax *root, struct arena *a);

/* 1: the condition holds at byte at of s, 0: it doesn't, -1: it takes PCRE2 to know. */
int look_holds(const struct look *l, const char *s, size_t size, size_t at);

#endif
