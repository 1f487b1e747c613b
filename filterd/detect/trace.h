/* All outlines at once: at each place of a text, which patterns may begin there.
 *
 * Bit by bit in parallel, as in Baeza-Yates and Gonnet, "A new approach to text searching", CACM 35 (1992): a table per
 * place of the outlines' heads tells for each byte the patterns that take it there; most places are done after two.
 *
 * Most places are not even looked at: a pattern with a digit among its first characters begins near digits only, one that is a
 * long row of token characters, or of some other set, only where such a row is.
 */
#ifndef FILTERD_DETECT_TRACE_H
#define FILTERD_DETECT_TRACE_H

#include "detect/outline.h"
#include "detect/set.h"

struct trace;

/* Of the patterns in the list, all of which have cls.outline; in the arena.  NULL without memory. */
struct trace *trace_new(struct arena *a, const struct pattern *patterns, const struct pattern_list *list);

struct trace_hit {
	uint32_t pattern, start;
};

/* Which evidence is in the text: that of this index if seen[index] is text.  seen is NULL: who knows. */
struct trace_seen {
	const uint32_t *seen;
	uint32_t text;
};

/* How far a search has come.  All zero at first. */
struct trace_at {
	uint32_t group;   /* of patterns */
	uint8_t begun;    /* active is known */
	uint64_t active;  /* those of the group that may count */
	size_t row;       /* of the group's rows in the text */
	size_t from, to;  /* places of the row at hand that are left */
	size_t seen;      /* the text was looked through for rows up to here */
};

/* Where heads fit, those of one pattern ordered by place; patterns that can't do without evidence only where it was seen.  sweep is of the
 * text.  max is at least the number of patterns.  Returns how many; 0: that was all. */
size_t trace_find(const struct trace *t, const char *s, size_t size, const struct sweep *sweep, const struct trace_seen *seen,
                  struct trace_at *at, struct trace_hit *hits, size_t max);

#endif
