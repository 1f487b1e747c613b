#include "detect/trace.h"

#include <string.h>

enum { EDGE = 256, BYTES = 257 }; /* what stands before and behind a text */
enum { GROUPS_MAX = 8, LONG_ROW = 16 };

/* Where a group's patterns are looked for. */
enum where { NEAR_DIGITS, IN_TOKENS, EVERYWHERE, IN_ROWS, NEAR_MARK };

struct group {
	enum where where;
	uint32_t n, words;       /* patterns; words of 64 of them */
	uint32_t *pattern;
	uint32_t reach;          /* the shortest match */
	struct byte_set inside;  /* IN_ROWS: of these bytes */
	uint8_t mark;            /* NEAR_MARK: this byte, */
	uint32_t mark_at;        /* so many bytes behind the start at most */
	unsigned depth;          /* places told */
	uint8_t begins[256];     /* something begins with this byte */
	uint64_t pair[BYTES][4]; /* the bytes that something begins with behind this one */
	uint64_t *ahead;         /* [BYTES][words] */
	uint64_t *head[OUTLINE_HEAD];
};

struct trace {
	uint32_t ngroups, npatterns;
	struct group group[GROUPS_MAX];
};

static int is_token_set(const struct byte_set *s)
{
	for (unsigned c = 0; c < 256; c++)
		if (byte_set_has(s, c) && !sweep_is_token((unsigned char)c))
			return 0;
	return 1;
}

/* A row of these bytes, as long as a line of text, is not what most texts are. */
static int is_telling(const struct outline *o)
{
	return o->reach >= LONG_ROW && !(byte_set_has(&o->inside, '.') && byte_set_has(&o->inside, ' ') && byte_set_has(&o->inside, 'E'));
}

static enum where where(const struct outline *o)
{
	if (o->reach >= SWEEP_TOKEN_MIN && is_token_set(&o->inside))
		return IN_TOKENS;
	return o->digit ? NEAR_DIGITS : o->mark ? NEAR_MARK : is_telling(o) ? IN_ROWS : EVERYWHERE;
}

static int same_kind(const struct group *g, enum where w, const struct outline *o)
{
	return g->where == w && (w == NEAR_MARK ? g->mark == o->mark : memcmp(&g->inside, &o->inside, sizeof o->inside) == 0);
}

/* The group for patterns of this kind: rows of different sets are different groups, while there are some left. */
static struct group *group_for(struct trace *t, const struct outline *o)
{
	enum where w = where(o);
	uint32_t i = w < IN_ROWS ? w : IN_ROWS;
	while (w >= IN_ROWS && i < t->ngroups && !same_kind(&t->group[i], w, o))
		i++;
	if (i == GROUPS_MAX)
		i = EVERYWHERE;
	if (i == t->ngroups) {
		t->ngroups++;
		t->group[i] = (struct group){ .where = w, .inside = o->inside, .mark = o->mark, .reach = UINT32_MAX };
	}
	return &t->group[i];
}

static void set_bits(uint64_t *table, uint32_t words, uint32_t i, const struct byte_set *s, int edge)
{
	for (unsigned c = 0; c < BYTES; c++)
		if (c == EDGE ? edge : byte_set_has(s, c))
			table[c * words + i / 64] |= UINT64_C(1) << i % 64;
}

static void fill_pairs(struct group *g)
{
	for (unsigned a = 0; a < BYTES; a++)
		for (unsigned b = 0; b < 256; b++)
			for (uint32_t w = 0; w < g->words; w++)
				if (g->ahead[a * g->words + w] & g->head[0][b * g->words + w]) {
					g->pair[a][b / 64] |= UINT64_C(1) << b % 64;
					g->begins[b] = 1;
				}
}

static int fill_group(struct group *g, struct arena *a, const struct pattern *patterns)
{
	g->words = (g->n + 63) / 64;
	size_t size = BYTES * g->words * sizeof *g->ahead;
	for (unsigned k = 0; k <= g->depth; k++) {
		uint64_t *table = arena_alloc(a, size);
		if (!table)
			return -1;
		memset(table, 0, size);
		for (uint32_t i = 0; i < g->n; i++) {
			const struct outline *o = patterns[g->pattern[i]].cls.outline;
			if (k == 0)
				set_bits(table, g->words, i, &o->ahead, 1);
			else
				set_bits(table, g->words, i, &o->head[k - 1], k - 1 >= o->nhead);
		}
		*(k == 0 ? &g->ahead : &g->head[k - 1]) = table;
	}
	if (g->n > 0)
		fill_pairs(g);
	return 0;
}

struct trace *trace_new(struct arena *a, const struct pattern *patterns, const struct pattern_list *list)
{
	struct trace *t = arena_alloc(a, sizeof *t);
	if (!t)
		return NULL;
	*t = (struct trace){ .ngroups = IN_ROWS, .npatterns = list->n };
	for (uint32_t i = 0; i < IN_ROWS; i++)
		t->group[i] = (struct group){ .where = (enum where)i, .reach = UINT32_MAX };
	for (uint32_t i = 0; i < list->n; i++) {
		const struct outline *o = patterns[list->item[i]].cls.outline;
		struct group *g = group_for(t, o);
		if (!g->pattern && !(g->pattern = arena_alloc(a, list->n * sizeof *g->pattern)))
			return NULL;
		g->pattern[g->n++] = list->item[i];
		g->depth = o->nhead > g->depth ? o->nhead : g->depth;
		g->mark_at = o->mark_at > g->mark_at ? o->mark_at : g->mark_at;
		g->reach = o->reach < g->reach ? o->reach : g->reach;
	}
	for (uint32_t i = 0; i < t->ngroups; i++)
		if (t->group[i].n > 0 && fill_group(&t->group[i], a, patterns) < 0)
			return NULL;
	return t;
}

/* The next row of at least reach bytes out of the set, behind at->seen. */
static int next_row(const struct group *g, const char *s, size_t size, struct trace_at *at)
{
	while (size - at->seen >= g->reach) {
		size_t from = at->seen + g->reach, to = from;
		while (from > at->seen && byte_set_has(&g->inside, (unsigned char)s[from - 1]))
			from--;
		if (from > at->seen) { /* it may begin behind from at the earliest */
			at->seen = from;
			continue;
		}
		while (to < size && byte_set_has(&g->inside, (unsigned char)s[to]))
			to++;
		at->from = from;
		at->to = to - g->reach + 1;
		at->seen = to;
		return 1;
	}
	return 0;
}

static int next_mark(const struct group *g, const char *s, size_t size, struct trace_at *at)
{
	const char *p = at->seen < size ? memchr(s + at->seen, g->mark, size - at->seen) : NULL;
	if (!p)
		return 0;
	size_t done = at->to, i = (size_t)(p - s);
	at->from = i > g->mark_at ? i - g->mark_at : 0;
	at->from = at->from > done ? at->from : done;
	at->to = at->seen = i + 1;
	return 1;
}

/* The next places where patterns of the group may begin. */
static int next_places(const struct group *g, const char *s, size_t size, const struct sweep *w, struct trace_at *at)
{
	size_t done = at->to;
	switch (g->where) {
	case NEAR_DIGITS:
		if (at->row == w->nblocks)
			return 0;
		at->from = w->blocks[at->row].start > OUTLINE_HEAD - 1 ? w->blocks[at->row].start - (OUTLINE_HEAD - 1) : 0;
		at->from = at->from > done ? at->from : done;
		at->to = w->blocks[at->row++].end;
		return 1;
	case IN_TOKENS:
		while (at->row < w->ntokens && w->tokens[at->row].end - w->tokens[at->row].start < g->reach)
			at->row++;
		if (at->row == w->ntokens)
			return 0;
		at->from = w->tokens[at->row].start;
		at->to = w->tokens[at->row++].end - g->reach + 1;
		return 1;
	case IN_ROWS:
		return next_row(g, s, size, at);
	case NEAR_MARK:
		return next_mark(g, s, size, at);
	case EVERYWHERE:
		at->to = size;
		return at->row++ == 0;
	}
	return 0;
}

/* The patterns of word w whose heads fit at `at`. */
static uint64_t fitting(const struct group *g, const char *s, size_t size, size_t at, unsigned before, uint32_t w)
{
	uint64_t m = g->ahead[before * g->words + w];
	for (unsigned k = 0; k < g->depth && m; k++) {
		unsigned c = at + k < size ? (unsigned char)s[at + k] : EDGE;
		m &= g->head[k][c * g->words + w];
	}
	return m;
}

/* From i on: the first place that something may begin at. */
static size_t skip(const struct group *g, const char *str, size_t i, size_t to)
{
	const unsigned char *s = (const unsigned char *)str;
	const uint8_t *b = g->begins;
	while (i + 8 <= to && !(b[s[i]] | b[s[i + 1]] | b[s[i + 2]] | b[s[i + 3]] | b[s[i + 4]] | b[s[i + 5]] | b[s[i + 6]] | b[s[i + 7]]))
		i += 8;
	while (i < to && !b[s[i]])
		i++;
	return i;
}

/* The hits of the places at hand; stops where the next place might be too much. */
static size_t find(const struct group *g, const char *s, size_t size, struct trace_at *at, struct trace_hit *hits, size_t n, size_t max)
{
	size_t i = at->from;
	for (; (i = skip(g, s, i, at->to)) < at->to; i++) {
		unsigned before = i > 0 ? (unsigned char)s[i - 1] : EDGE;
		unsigned char c = (unsigned char)s[i];
		if (!(g->pair[before][c / 64] >> c % 64 & 1))
			continue;
		if (n + g->n > max)
			break;
		for (uint32_t w = 0; w < g->words; w++)
			for (uint64_t m = fitting(g, s, size, i, before, w); m; m &= m - 1)
				hits[n++] = (struct trace_hit){ g->pattern[w * 64 + (uint32_t)__builtin_ctzll(m)], (uint32_t)i };
	}
	at->from = i;
	return n;
}

size_t trace_find(const struct trace *t, const char *s, size_t size, const struct sweep *sweep, struct trace_at *at,
                  struct trace_hit *hits, size_t max)
{
	size_t n = 0;
	while (at->group < t->ngroups) {
		const struct group *g = &t->group[at->group];
		while (g->n > 0 && (at->from < at->to || next_places(g, s, size, sweep, at))) {
			n = find(g, s, size, at, hits, n, max);
			if (at->from < at->to)
				return n;
		}
		*at = (struct trace_at){ .group = at->group + 1 };
	}
	return n;
}
