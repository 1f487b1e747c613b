/* Tables within a text: what a column is called. */
#ifndef FILTERD_DETECT_HEADING_H
#define FILTERD_DETECT_HEADING_H

#include "detect/term.h"

enum {
	HEADING_LINES = 5,   /* it stands in one of the first so many lines of the text */
	HEADING_LINE = 2048, /* longer lines are no rows */
};

/* The heading of the column in which [start, end) of the text stands: the cell above it, [*from_r, *to_r), in the first line that is parted by
 * the same character (tab, ; | or ,) into as many cells as its own.  For a line that holds nothing else, one of a list: the first line, if it
 * is short.  0: there is none. */
int heading_find(const struct term_text *t, size_t start, size_t end, size_t *from_r, size_t *to_r);

#endif
