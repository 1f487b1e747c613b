/* The digit blocks of a number-shaped pattern: "\d{4}-\d{4}" is two blocks of four.
 *
 * A text's digit blocks are compared with them before PCRE2 is asked: a few comparisons instead of a regex
 * run at every digit of a digit-heavy text.  The shapes say too much rather than too little.
 */
#ifndef FILTERD_DETECT_NUMBERS_H
#define FILTERD_DETECT_NUMBERS_H

#include "detect/sweep.h"
#include "detect/syntax.h"

enum { NUMBER_BLOCKS_MAX = 10, NUMBER_SHAPES_MAX = 48 };

struct number_shape {
	uint8_t nblocks;
	struct {
		uint16_t min, max; /* digits */
		uint8_t gap;       /* separators before the block; 0 for the first */
	} block[NUMBER_BLOCKS_MAX];
};

struct number_shapes {
	uint16_t n;
	uint8_t border_start, border_end; /* a match takes its first (last) block from the first digit on (to the last) */
	struct number_shape shape[NUMBER_SHAPES_MAX];
};

/* NULL if the pattern has no such shapes, or too many (or no memory); else in the arena. */
struct number_shapes *numbers_read(const struct syntax *root, struct arena *a);
/* True if a match can begin in block at of the n. */
int numbers_fit(const struct number_shapes *s, const struct digit_block *blocks, size_t n, size_t at);

#endif
