#include "detect/sweep.h"

#include <stdlib.h>
#include <string.h>

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

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

static uint64_t load(const char *s)
{
	uint64_t w;
	memcpy(&w, s, 8);
	return w;
}

/* The top bit of each byte that lies in [from, to]; bytes above 0x7f never do. */
static uint64_t in_range(uint64_t w, unsigned from, unsigned to)
{
	uint64_t low = w & EACH(0x7f);
	return (low + EACH(0x80 - from)) & ~(low + EACH(0x7f - to)) & ~w & EACH(0x80);
}

static void lower(const char *s, size_t size, char *low)
{
	size_t i = 0;
	for (; i + 8 <= size; i += 8) {
		uint64_t w = load(s + i);
		w |= in_range(w, 'A', 'Z') >> 2; /* 0x80 to 0x20 */
		memcpy(low + i, &w, 8);
	}
	for (; i < size; i++)
		low[i] = (char)(s[i] >= 'A' && s[i] <= 'Z' ? s[i] + 32 : s[i]);
}

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The next digit at or behind i, or size. */
static size_t next_digit(const char *s, size_t size, size_t i)
{
	for (; i + 8 <= size && !in_range(load(s + i), '0', '9'); i += 8)
		;
	while (i < size && !is_digit(s[i]))
		i++;
	return i;
}

static int end_run(struct sweep *w, const struct number_run *r)
{
	if (r->digits < SWEEP_DIGITS_MIN)
		return 0;
	if (!room(&w->runs, w->nruns, &w->runs_cap, sizeof *w->runs))
		return -1;
	w->runs[w->nruns++] = *r;
	w->run_digits = r->digits > w->run_digits ? r->digits : w->run_digits;
	return 0;
}

/* One run, its first digit at i.  Returns where it ends; SIZE_MAX without memory. */
static size_t sweep_run(struct sweep *w, const char *s, size_t size, size_t i)
{
	struct number_run r = { .block = (uint32_t)w->nblocks };
	size_t start = i;
	while (start > 0 && sweep_is_number((unsigned char)s[start - 1]))
		start--;
	while (i < size && sweep_is_number((unsigned char)s[i])) {
		size_t from = i;
		while (i < size && is_digit(s[i]))
			i++;
		if (i == from) {
			i++;
			continue;
		}
		if (!room(&w->blocks, w->nblocks, &w->blocks_cap, sizeof *w->blocks))
			return SIZE_MAX;
		w->blocks[w->nblocks++] = (struct digit_block){ (uint32_t)from, (uint32_t)i };
		r.digits += (uint32_t)(i - from);
	}
	r.start = (uint32_t)start;
	r.end = (uint32_t)i;
	r.nblocks = (uint32_t)w->nblocks - r.block;
	w->digits += r.digits;
	return end_run(w, &r) < 0 ? SIZE_MAX : i;
}

/* A long token has a token character at every SWEEP_TOKEN_MIN-th byte: the others need not be looked at. */
static int sweep_tokens(struct sweep *w, const char *s, size_t size)
{
	size_t done = 0; /* what was looked at */
	for (size_t i = SWEEP_TOKEN_MIN - 1; i < size; i += SWEEP_TOKEN_MIN) {
		if (!sweep_is_token((unsigned char)s[i]))
			continue;
		size_t from = i, to = i + 1;
		while (from > done && sweep_is_token((unsigned char)s[from - 1]))
			from--;
		while (to < size && sweep_is_token((unsigned char)s[to]))
			to++;
		done = to;
		i = to;
		if (to - from < SWEEP_TOKEN_MIN)
			continue;
		if (!room(&w->tokens, w->ntokens, &w->tokens_cap, sizeof *w->tokens))
			return -1;
		w->tokens[w->ntokens++] = (struct token){ (uint32_t)from, (uint32_t)to };
		w->token_max = to - from > w->token_max ? (uint32_t)(to - from) : w->token_max;
	}
	return 0;
}

static void sweep_shapes(struct sweep *w, const char *s, size_t size)
{
	unsigned shape = 0;
	memset(w->shapes, 0, sizeof w->shapes);
	for (size_t i = 0; i < size + 3; i++) {
		shape = (shape << 2 | (i < size ? sweep_shape((unsigned char)s[i]) : SHAPE_OTHER)) & 0xff;
		if (i >= 3)
			w->shapes[shape >> 6] |= UINT64_C(1) << (shape & 63);
	}
}

int sweep_make(struct sweep *w, const char *s, size_t size, int want_shapes, char *low)
{
	w->nruns = w->nblocks = w->ntokens = 0;
	w->digits = w->run_digits = w->token_max = 0;
	lower(s, size, low);
	if (want_shapes)
		sweep_shapes(w, s, size);
	else
		memset(w->shapes, 0xff, sizeof w->shapes);
	for (size_t i = next_digit(s, size, 0); i < size; i = next_digit(s, size, i)) {
		i = sweep_run(w, s, size, i);
		if (i == SIZE_MAX)
			return -1;
	}
	return sweep_tokens(w, s, size);
}

void sweep_free(struct sweep *w)
{
	free(w->runs);
	free(w->blocks);
	free(w->tokens);
	*w = (struct sweep){ 0 };
}
