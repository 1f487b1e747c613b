#include "detect/trace.h"

#include <string.h>

enum { EDGE = 256, BYTES = 257 }; /* what stands before and behind a text */
enum { GROUP_PATTERNS = 64, KINDS_MAX = 24 };

/* Where a group's patterns are looked for. */
enum where { NEAR_DIGITS, AMONG_DIGITS, IN_TOKENS, EVERYWHERE, IN_ROWS, NEAR_MARK };

/* Up to 64 patterns, one bit each. */
struct group {
	enum where where;
	uint32_t n;
	uint32_t pattern[GROUP_PATTERNS];
	uint64_t open;           /* those that count without evidence */
	uint32_t ngates;
	uint32_t gate[GROUP_PATTERNS];  /* evidence, */
	uint64_t gated[GROUP_PATTERNS]; /* and those that can't do without it */
	uint32_t reach;          /* the shortest match */
	struct byte_set inside;  /* IN_ROWS: of these bytes */
	uint8_t mark;            /* NEAR_MARK: this byte, */
	uint32_t mark_at;        /* so many bytes behind the start at most */
	unsigned depth;          /* places told */
	uint8_t begins[256];     /* something begins with this byte */
	uint64_t *ahead;         /* [BYTES]: what can begin behind this byte */
	uint64_t *head[OUTLINE_HEAD]; /* [BYTES] each: what can have it at this place */
	uint64_t row[OUTLINE_DIGITS + 1]; /* what can begin with so many digits in a row, and no more; the last: or more */
};

struct trace {
	uint32_t ngroups, nkinds;
	struct group group[]; /* those of a kind: with room left the last one only */
};

static int is_token_set(const struct byte_set *s)
{
	for (unsigned c = 0; c < 256; c++)
		if (byte_set_has(s, c) && !sweep_is_token((unsigned char)c))
			return 0;
	return 1;
}

/* It can begin with a digit behind a digit. */
static int begins_among_digits(const struct outline *o)
{
	int ahead = 0, head = 0;
	for (unsigned c = '0'; c <= '9'; c++) {
		ahead |= byte_set_has(&o->ahead, c);
		head |= byte_set_has(&o->head[0], c);
	}
	return ahead && head;
}

static enum where where(const struct outline *o)
{
	if (o->reach >= SWEEP_TOKEN_MIN && is_token_set(&o->inside))
		return IN_TOKENS;
	return o->digit ? (begins_among_digits(o) ? AMONG_DIGITS : NEAR_DIGITS) : o->telling ? IN_ROWS : o->mark ? NEAR_MARK : EVERYWHERE;
}

static int same_kind(const struct group *g, enum where w, const struct outline *o)
{
	return g->where == w && (w < IN_ROWS || (w == NEAR_MARK ? g->mark == o->mark : memcmp(&g->inside, &o->inside, sizeof o->inside) == 0));
}

static struct group *new_group(struct trace *t, enum where w, const struct outline *o)
{
	struct group *g = &t->group[t->ngroups++];
	*g = (struct group){ .where = w, .inside = o->inside, .mark = o->mark, .reach = UINT32_MAX };
	return g;
}

static struct group *last_group(struct trace *t, enum where w, const struct outline *o)
{
	for (uint32_t i = t->ngroups; i > 0; i--)
		if (same_kind(&t->group[i - 1], w, o))
			return &t->group[i - 1];
	return NULL;
}

/* The group for patterns of this kind.  Rows of different sets, and marks, are kinds of their own, while there are some left. */
static struct group *group_for(struct trace *t, const struct outline *o)
{
	enum where w = where(o);
	struct group *g = last_group(t, w, o);
	if (!g && w >= IN_ROWS && t->nkinds == KINDS_MAX)
		g = last_group(t, w = EVERYWHERE, o);
	if (g && g->n < GROUP_PATTERNS)
		return g;
	t->nkinds += !g && w >= IN_ROWS;
	return new_group(t, w, o);
}

static void set_bits(uint64_t *table, uint32_t i, const struct byte_set *s, int edge)
{
	for (unsigned c = 0; c < BYTES; c++)
		if (c == EDGE ? edge : byte_set_has(s, c))
			table[c] |= UINT64_C(1) << i;
}

static void fill_rows(struct group *g, const struct pattern *patterns)
{
	for (unsigned n = 0; n <= OUTLINE_DIGITS; n++)
		for (uint32_t i = 0; i < g->n; i++)
			g->row[n] |= (uint64_t)(patterns[g->pattern[i]].cls.outline->rows >> n & 1) << i;
}

static int fill_group(struct group *g, struct arena *a, const struct pattern *patterns)
{
	for (unsigned k = 0; k <= g->depth; k++) {
		uint64_t *table = arena_alloc(a, BYTES * sizeof *table);
		if (!table)
			return -1;
		memset(table, 0, BYTES * sizeof *table);
		for (uint32_t i = 0; i < g->n; i++) {
			const struct outline *o = patterns[g->pattern[i]].cls.outline;
			if (k == 0)
				set_bits(table, i, &o->ahead, 1);
			else
				set_bits(table, i, &o->head[k - 1], k - 1 >= o->nhead);
		}
		*(k == 0 ? &g->ahead : &g->head[k - 1]) = table;
	}
	for (unsigned c = 0; c < 256; c++)
		g->begins[c] = g->head[0][c] != 0;
	fill_rows(g, patterns);
	return 0;
}

static void add_gate(struct group *g, const struct pattern *p, uint64_t bit)
{
	uint32_t i = 0;
	if (p->gate == PATTERN_OPEN || p->gate_short) { /* of short terms only a closer look tells */
		g->open |= bit;
		return;
	}
	while (i < g->ngates && g->gate[i] != p->gate)
		i++;
	g->ngates += i == g->ngates;
	g->gate[i] = p->gate;
	g->gated[i] |= bit;
}

static uint64_t active(const struct group *g, const struct trace_seen *seen)
{
	uint64_t m = g->open;
	if (!seen->seen)
		return UINT64_MAX;
	for (uint32_t i = 0; i < g->ngates; i++)
		m |= seen->seen[g->gate[i]] == seen->text ? g->gated[i] : 0;
	return m;
}

struct trace *trace_new(struct arena *a, const struct pattern *patterns, const struct pattern_list *list)
{
	/* the kinds that are always the same, those of rows and marks, and one more wherever 64 patterns are full */
	size_t groups_max = IN_ROWS + KINDS_MAX + list->n / GROUP_PATTERNS;
	struct trace *t = arena_alloc(a, sizeof *t + groups_max * sizeof *t->group);
	if (!t)
		return NULL;
	*t = (struct trace){ 0 };
	for (uint32_t i = 0; i < list->n; i++) {
		const struct outline *o = patterns[list->item[i]].cls.outline;
		struct group *g = group_for(t, o);
		add_gate(g, &patterns[list->item[i]], UINT64_C(1) << g->n);
		g->pattern[g->n++] = list->item[i];
		g->depth = o->nhead > g->depth ? o->nhead : g->depth;
		g->mark_at = o->mark_at > g->mark_at ? o->mark_at : g->mark_at;
		g->reach = o->reach < g->reach ? o->reach : g->reach;
	}
	for (uint32_t i = 0; i < t->ngroups; i++)
		if (fill_group(&t->group[i], a, patterns) < 0)
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
	case AMONG_DIGITS:
		if (at->row == w->nblocks)
			return 0;
		if (g->where == NEAR_DIGITS && at->row > 0)
			done = w->blocks[at->row - 1].end;
		at->from = w->blocks[at->row].start > OUTLINE_HEAD - 1 ? w->blocks[at->row].start - (OUTLINE_HEAD - 1) : 0;
		at->from = at->from > done ? at->from : done;
		at->to = g->where == NEAR_DIGITS ? w->blocks[at->row].start + 1 : w->blocks[at->row].end;
		at->row++;
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

/* Those of m whose heads fit at `at`. */
static uint64_t fitting(const struct group *g, const char *s, size_t size, size_t at, uint64_t m)
{
	for (unsigned k = 1; k < g->depth && m; k++)
		m &= g->head[k][at + k < size ? (unsigned char)s[at + k] : EDGE];
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

/* What of m the digits at `at` leave: how many of them stand there tells more than each. */
static uint64_t fitting_row(const struct group *g, const struct digit_block *digits, size_t at, uint64_t m)
{
	if (!digits || at < digits->start)
		return m;
	size_t n = digits->end - at;
	return m & g->row[n < OUTLINE_DIGITS ? n : OUTLINE_DIGITS];
}

/* The hits of the places at hand; stops where the next place might be too much. */
static size_t find(const struct group *g, const char *s, size_t size, const struct digit_block *digits, struct trace_at *at, struct trace_hit *hits, size_t n, size_t max)
{
	size_t i = at->from;
	unsigned before = i > 0 ? (unsigned char)s[i - 1] : EDGE;
	for (; i < at->to; i++) {
		unsigned c = (unsigned char)s[i];
		uint64_t m = g->ahead[before] & g->head[0][c] & at->active;
		before = c;
		if (m == 0) {
			if (!g->begins[c]) {
				i = skip(g, s, i + 1, at->to) - 1;
				before = (unsigned char)s[i];
			}
			continue;
		}
		m = fitting_row(g, digits, i, m);
		if (m == 0)
			continue;
		if (n + g->n > max)
			break;
		for (m = fitting(g, s, size, i, m); m; m &= m - 1)
			hits[n++] = (struct trace_hit){ g->pattern[__builtin_ctzll(m)], (uint32_t)i };
	}
	at->from = i;
	return n;
}

size_t trace_find(const struct trace *t, const char *s, size_t size, const struct sweep *sweep, const struct trace_seen *seen,
                  struct trace_at *at, struct trace_hit *hits, size_t max)
{
	size_t n = 0;
	while (at->group < t->ngroups) {
		const struct group *g = &t->group[at->group];
		if (!at->begun)
			at->active = active(g, seen);
		at->begun = 1;
		while (at->active && (at->from < at->to || next_places(g, s, size, sweep, at))) {
			const struct digit_block *digits = g->where <= AMONG_DIGITS ? &sweep->blocks[at->row - 1] : NULL;
			n = find(g, s, size, digits, at, hits, n, max);
			if (at->from < at->to)
				return n;
		}
		*at = (struct trace_at){ .group = at->group + 1 };
	}
	return n;
}
