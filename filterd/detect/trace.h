/* All outlines at once: at each place of a text, which patterns may begin there.
 *
 * Bit by bit in parallel, as in Baeza-Yates and Gonnet, "A new approach to text searching", CACM 35 (1992): a table per
 * place of the outlines' heads tells for each byte the patterns that take it there; most places are done after two.
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

/* Where heads fit from *from on, ordered by place; *from is where to go on.  max is at least the number of patterns.  Returns how
 * many; 0: the text is through. */
size_t trace_find(const struct trace *t, const char *s, size_t size, size_t *from, struct trace_hit *hits, size_t max);

#endif
