#include "detect/sweep.h"

#include <stdlib.h>

enum { BIT_SHAPE = 3, BIT_NUMBER = 4, BIT_TOKEN = 8 };

#define D (SHAPE_DIGIT | BIT_NUMBER | BIT_TOKEN)
#define U (SHAPE_UPPER | BIT_TOKEN)
#define L (SHAPE_LOWER | BIT_TOKEN)
#define N BIT_NUMBER
#define T BIT_TOKEN
#define B (BIT_NUMBER | BIT_TOKEN)
static const uint8_t kind[256] = {
	['\t'] = N, [' '] = N, ['('] = N, [')'] = N, ['*'] = N, ['+'] = B, [','] = N, ['-'] = B, ['.'] = N, ['/'] = B,
	['0'] = D, D, D, D, D, D, D, D, D, D, [':'] = N, ['='] = T,
	['A'] = U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, ['_'] = B,
	['a'] = L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, ['|'] = N,
};

int sweep_is_number(unsigned char c)
{
	return (kind[c] & BIT_NUMBER) != 0;
}

int sweep_is_token(unsigned char c)
{
	return (kind[c] & BIT_TOKEN) != 0;
}

unsigned sweep_shape(unsigned char c)
{
	return kind[c] & BIT_SHAPE;
}

/* Room for one more element of size bytes; 0 without memory. */
static int room(void *array, size_t n, size_t *cap, size_t size)
{
	void **p = array;
	if (n < *cap)
		return 1;
	size_t more = *cap ? *cap * 2 : 64;
	void *q = realloc(*p, more * size);
	if (!q)
		return 0;
	*p = q;
	*cap = more;
	return 1;
}

static int end_run(struct sweep *w, size_t start, size_t end, uint32_t digits, size_t block)
{
	if (digits < SWEEP_DIGITS_MIN)
		return 0;
	if (!room(&w->runs, w->nruns, &w->runs_cap, sizeof *w->runs))
		return -1;
	w->runs[w->nruns++] = (struct number_run){ (uint32_t)start, (uint32_t)end, digits, (uint32_t)block, (uint32_t)(w->nblocks - block) };
	if (digits > w->run_digits)
		w->run_digits = digits;
	return 0;
}

static int end_block(struct sweep *w, size_t start, size_t end)
{
	if (!room(&w->blocks, w->nblocks, &w->blocks_cap, sizeof *w->blocks))
		return -1;
	w->blocks[w->nblocks++] = (struct digit_block){ (uint32_t)start, (uint32_t)end };
	return 0;
}

static int end_token(struct sweep *w, size_t end, uint32_t size)
{
	if (size > w->token_max)
		w->token_max = size;
	if (size < SWEEP_TOKEN_MIN)
		return 0;
	if (!room(&w->tokens, w->ntokens, &w->tokens_cap, sizeof *w->tokens))
		return -1;
	w->tokens[w->ntokens++] = (struct token){ (uint32_t)(end - size), (uint32_t)end };
	return 0;
}

int sweep_make(struct sweep *w, const char *text, size_t size, char *low)
{
	const unsigned char *s = (const unsigned char *)text;
	uint32_t digits = 0, in_run = 0, in_block = 0, token = 0;
	size_t run_start = 0, run_block = 0;
	unsigned shape = 0;
	int r = 0;
	w->shapes[0] = w->shapes[1] = w->shapes[2] = w->shapes[3] = 0;
	w->nruns = w->nblocks = w->ntokens = 0;
	w->run_digits = w->token_max = 0;
	for (size_t i = 0; i < size; i++) {
		unsigned char c = s[i];
		unsigned k = kind[c], sh = k & BIT_SHAPE;
		if (low)
			low[i] = (char)(sh == SHAPE_UPPER ? c + 32 : c);
		shape = (shape << 2 | sh) & 0xff;
		if (i >= 3)
			w->shapes[shape >> 6] |= UINT64_C(1) << (shape & 63);
		if (sh == SHAPE_DIGIT) {
			in_block++;
			token++;
			continue;
		}
		if (in_block) {
			r |= end_block(w, i - in_block, i);
			in_run += in_block;
			in_block = 0;
		}
		if (k & BIT_TOKEN) {
			token++;
		} else if (token) {
			r |= end_token(w, i, token);
			token = 0;
		}
		if (!(k & BIT_NUMBER)) {
			if (in_run) {
				r |= end_run(w, run_start, i, in_run, run_block);
				digits += in_run;
				in_run = 0;
				run_block = w->nblocks;
			}
			run_start = i + 1;
		}
	}
	for (size_t i = size, pad = 0; pad < 3; i++, pad++) {
		shape = shape << 2 & 0xff;
		if (i >= 3)
			w->shapes[shape >> 6] |= UINT64_C(1) << (shape & 63);
	}
	if (in_block)
		r |= end_block(w, size - in_block, size);
	in_run += in_block;
	w->digits = digits + in_run;
	r |= end_token(w, size, token);
	return r | end_run(w, run_start, size, in_run, run_block);
}

void sweep_free(struct sweep *w)
{
	free(w->runs);
	free(w->blocks);
	free(w->tokens);
	*w = (struct sweep){ 0 };
}
