#include "detect/heading.h"

#include <string.h>

enum { LIST_HEADING = 60, LIST_EDGE = 4 };

/* A line of the text, without its end. */
struct line {
	size_t from, to;
};

/* -1: it is longer than a row may be. */
static int own_line(const struct term_text *t, size_t start, size_t end, struct line *l_r)
{
	size_t first = start > HEADING_LINE ? start - HEADING_LINE : 0, last = t->size - end > HEADING_LINE ? end + HEADING_LINE : t->size;
	const char *before = memrchr(t->s + first, '\n', start - first), *after = memchr(t->s + end, '\n', last - end);
	*l_r = (struct line){ before ? (size_t)(before - t->s) + 1 : first, after ? (size_t)(after - t->s) : last };
	return (!before && first > 0) || (!after && last < t->size) ? -1 : 0;
}

static size_t cells(const char *s, size_t size, char mark)
{
	size_t n = 1;
	for (const char *p = s; (p = memchr(p, mark, (size_t)(s + size - p))) != NULL; p++)
		n++;
	return n;
}

static struct line cell(const struct term_text *t, struct line l, char mark, size_t column)
{
	for (; column > 1; column--)
		l.from = (size_t)((const char *)memchr(t->s + l.from, mark, l.to - l.from) - t->s) + 1;
	const char *end = memchr(t->s + l.from, mark, l.to - l.from);
	return (struct line){ l.from, end ? (size_t)(end - t->s) : l.to };
}

int heading_find(const struct term_text *t, size_t start, size_t end, size_t *from_r, size_t *to_r)
{
	struct line own, above = { 0, 0 };
	if (!memchr(t->s, '\n', start < HEADING_LINE ? start : HEADING_LINE) || own_line(t, start, end, &own) < 0)
		return 0;
	const char *mark = "\t;|,";
	while (*mark && !memchr(t->s + own.from, *mark, own.to - own.from))
		mark++;
	size_t n = *mark ? cells(t->s + own.from, own.to - own.from, *mark) : 1;
	for (int i = 0; i < HEADING_LINES && above.from < own.from; i++, above.from = above.to + 1) {
		size_t rest = own.from - above.from;
		const char *newline = memchr(t->s + above.from, '\n', rest < HEADING_LINE ? rest : HEADING_LINE);
		if (!newline)
			return 0;
		above.to = (size_t)(newline - t->s);
		struct line c = above;
		if (*mark && cells(t->s + above.from, above.to - above.from, *mark) != n)
			continue;
		if (*mark)
			c = cell(t, above, *mark, cells(t->s + own.from, start - own.from, *mark));
		else if (above.to - above.from > LIST_HEADING || own.to - own.from > end - start + LIST_EDGE)
			return 0;
		*from_r = c.from;
		*to_r = c.to;
		return 1;
	}
	return 0;
}
