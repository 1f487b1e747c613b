/* A number-shaped pattern written out: each sequence of digits and separators that it matches, in the order in which
 * PCRE2 would try them.  "\d{3}[ -]?\d{2,3}" is two variants, of six and of five digits.
 *
 * One pass over a text's digit blocks then finds the matches of all such patterns (pass.h) without running PCRE2.
 */
#ifndef FILTERD_DETECT_VARIANTS_H
#define FILTERD_DETECT_VARIANTS_H

#include "detect/look.h"

#include <stddef.h>

enum { VARIANT_DIGITS_MAX = 36, VARIANTS_MAX = 64, VARIANT_GAPS_MAX = 24 };

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

struct variants {
	uint16_t n;
	uint8_t ngaps;
	uint8_t ask; /* the pattern has conditions that are not told here: PCRE2 has the last word on each match */
	struct variant_gap gaps[VARIANT_GAPS_MAX];
	struct looks before, behind;
	struct variant variant[]; /* the one tried first stands first */
};

/* NULL if the pattern can't be written out like this, or its matches can begin or end within a row of digits (or no
 * memory); else in the arena. */
struct variants *variants_read(const struct syntax *root, struct arena *a);

#endif
