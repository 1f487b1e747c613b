/* What all patterns' cheap conditions ask of a view, found out once: digits, what stands between them, long tokens.  Most bytes
 * of ordinary text are looked at eight at a time, or not at all. */
#ifndef FILTERD_DETECT_SWEEP_H
#define FILTERD_DETECT_SWEEP_H

#include <stddef.h>
#include <stdint.h>

/* The classes of a byte that shapes are made of, two bits each; four in a row, first one highest, are a shape. */
enum { SHAPE_OTHER, SHAPE_DIGIT, SHAPE_UPPER, SHAPE_LOWER };
enum { SWEEP_DIGITS_MIN = 6, SWEEP_TOKEN_MIN = 16 }; /* fewer are no number run, no token */

/* Digits in a row. */
struct digit_block {
	uint32_t start, end;
};

/* Digits and what may stand between them, with enough digits. */
struct number_run {
	uint32_t start, end, digits;
	uint32_t block, nblocks; /* its digit blocks */
};

/* A long row of token characters. */
struct token {
	uint32_t start, end;
};

struct sweep {
	uint64_t shapes[4];    /* shapes that occur; behind the end stands SHAPE_OTHER; all of them if not asked for */
	uint32_t digits;       /* in all */
	uint32_t token_max;    /* longest row of token characters, 0 if none is long */
	uint32_t run_digits;   /* most digits in one run */
	struct number_run *runs;
	size_t nruns, runs_cap;
	struct digit_block *blocks; /* all there are */
	size_t nblocks, blocks_cap;
	struct token *tokens;
	size_t ntokens, tokens_cap;
};

int sweep_is_number(unsigned char c); /* digits, and what stands between them */
int sweep_is_token(unsigned char c);  /* base64, base64url and _ */
unsigned sweep_shape(unsigned char c);

/* low takes the size bytes in ASCII lower case.  -1 without memory. */
int sweep_make(struct sweep *w, const char *s, size_t size, int want_shapes, char *low) __attribute__((warn_unused_result));
void sweep_free(struct sweep *w);

#endif
