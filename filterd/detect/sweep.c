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

static int add_run(struct sweep *w, size_t start, size_t end, uint32_t digits)
{
	if (w->nruns == w->runs_cap) {
		size_t cap = w->runs_cap ? w->runs_cap * 2 : 64;
		struct number_run *p = realloc(w->runs, cap * sizeof *p);
		if (!p)
			return -1;
		w->runs = p;
		w->runs_cap = cap;
	}
	w->runs[w->nruns++] = (struct number_run){ (uint32_t)start, (uint32_t)end, digits };
	if (digits > w->run_digits)
		w->run_digits = digits;
	return 0;
}

int sweep_make(struct sweep *w, const char *text, size_t size, char *low)
{
	const unsigned char *s = (const unsigned char *)text;
	uint32_t in_run = 0, digits = 0, token = 0, token_max = 0;
	size_t number_start = 0;
	unsigned shape = 0;
	w->shapes[0] = w->shapes[1] = w->shapes[2] = w->shapes[3] = 0;
	w->nruns = 0;
	w->run_digits = 0;
	for (size_t i = 0; i < size; i++) {
		unsigned char c = s[i];
		unsigned k = kind[c];
		unsigned sh = k & BIT_SHAPE;
		if (low)
			low[i] = (char)(sh == SHAPE_UPPER ? c + 32 : c);
		shape = (shape << 2 | sh) & 0xff;
		if (i >= 3)
			w->shapes[shape >> 6] |= UINT64_C(1) << (shape & 63);
		token = k & BIT_TOKEN ? token + 1 : 0;
		token_max = token > token_max ? token : token_max;
		in_run += sh == SHAPE_DIGIT;
		if (!(k & BIT_NUMBER)) {
			if (in_run >= SWEEP_DIGITS_MIN && add_run(w, number_start, i, in_run) < 0)
				return -1;
			digits += in_run;
			in_run = 0;
			number_start = i + 1;
		}
	}
	for (size_t i = size, pad = 0; pad < 3; i++, pad++) {
		shape = shape << 2 & 0xff;
		if (i >= 3)
			w->shapes[shape >> 6] |= UINT64_C(1) << (shape & 63);
	}
	w->digits = digits + in_run;
	w->token_max = token_max;
	return in_run >= SWEEP_DIGITS_MIN ? add_run(w, number_start, size, in_run) : 0;
}

void sweep_free(struct sweep *w)
{
	free(w->runs);
	*w = (struct sweep){ 0 };
}
