#include "detect/trace.h"

#include <string.h>

enum { END = 256, BYTES = 257 }; /* what stands before and behind a text */

struct trace {
	uint32_t npatterns, words; /* of 64 patterns each */
	const uint32_t *pattern;
	unsigned depth;            /* places told */
	uint64_t pair[BYTES][4];   /* the bytes that something begins with behind this one */
	uint64_t *ahead;           /* [BYTES][words] */
	uint64_t *head[OUTLINE_HEAD];
};

static void set_bits(uint64_t *table, uint32_t words, uint32_t i, const struct byte_set *s, int end)
{
	for (unsigned c = 0; c < BYTES; c++)
		if (c == END ? end : byte_set_has(s, c))
			table[c * words + i / 64] |= UINT64_C(1) << i % 64;
}

static void fill_pairs(struct trace *t)
{
	for (unsigned a = 0; a < BYTES; a++)
		for (unsigned b = 0; b < 256; b++)
			for (uint32_t w = 0; w < t->words; w++)
				if (t->ahead[a * t->words + w] & t->head[0][b * t->words + w])
					t->pair[a][b / 64] |= UINT64_C(1) << b % 64;
}

struct trace *trace_new(struct arena *a, const struct pattern *patterns, const struct pattern_list *list)
{
	struct trace *t = arena_alloc(a, sizeof *t);
	if (!t)
		return NULL;
	*t = (struct trace){ .npatterns = list->n, .words = (list->n + 63) / 64, .pattern = list->item };
	size_t size = BYTES * t->words * sizeof *t->ahead + 1;
	for (uint32_t i = 0; i < list->n; i++) {
		const struct outline *o = patterns[list->item[i]].cls.outline;
		t->depth = o->nhead > t->depth ? o->nhead : t->depth;
	}
	for (unsigned k = 0; k <= t->depth; k++) {
		uint64_t *table = arena_alloc(a, size);
		if (!table)
			return NULL;
		memset(table, 0, size);
		for (uint32_t i = 0; i < list->n; i++) {
			const struct outline *o = patterns[list->item[i]].cls.outline;
			if (k == 0)
				set_bits(table, t->words, i, &o->ahead, 1);
			else
				set_bits(table, t->words, i, &o->head[k - 1], k - 1 >= o->nhead);
		}
		*(k == 0 ? &t->ahead : &t->head[k - 1]) = table;
	}
	fill_pairs(t);
	return t;
}

static int begins(const struct trace *t, unsigned before, unsigned char c)
{
	return t->pair[before][c / 64] >> c % 64 & 1;
}

/* The patterns of word w whose heads fit at `at`. */
static uint64_t fitting(const struct trace *t, const char *s, size_t size, size_t at, uint32_t w)
{
	unsigned before = at > 0 ? (unsigned char)s[at - 1] : END;
	uint64_t m = t->ahead[before * t->words + w];
	for (unsigned k = 0; k < t->depth && m; k++) {
		unsigned c = at + k < size ? (unsigned char)s[at + k] : END;
		m &= t->head[k][c * t->words + w];
	}
	return m;
}

size_t trace_find(const struct trace *t, const char *s, size_t size, size_t *from, struct trace_hit *hits, size_t max)
{
	size_t n = 0, at = *from;
	if (t->npatterns == 0)
		return 0;
	for (; at < size; at++) {
		if (!begins(t, at > 0 ? (unsigned char)s[at - 1] : END, (unsigned char)s[at]))
			continue;
		if (n + t->npatterns > max)
			break;
		for (uint32_t w = 0; w < t->words; w++)
			for (uint64_t m = fitting(t, s, size, at, w); m; m &= m - 1)
				hits[n++] = (struct trace_hit){ t->pattern[w * 64 + (uint32_t)__builtin_ctzll(m)], (uint32_t)at };
	}
	*from = at;
	return n;
}
