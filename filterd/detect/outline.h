/* The outline of a pattern: what a match begins with, as rows of characters out of a set.  "[A-Z]{2}\d{6,8}(?!\d)" is a row of
 * two and a row of six to eight.
 *
 * An outline says too much rather than too little.  Where it says all (sure), the match is known without PCRE2.  Many outlines
 * are looked for at once, at every place of a text (trace.h).
 */
#ifndef FILTERD_DETECT_OUTLINE_H
#define FILTERD_DETECT_OUTLINE_H

#include "base/arena.h"
#include "detect/look.h"

#include <stddef.h>

enum { OUTLINE_ROWS_MAX = 40, OUTLINE_ALTS_MAX = 48, OUTLINE_ROW_MAX = 255, OUTLINE_HEAD = 12, OUTLINE_DIGITS = 31 };

struct outline_row {
	struct byte_set set;
	uint8_t min, max; /* bytes; as many as there are, up to max */
	uint8_t lazy;
};

/* One way to match: the rows follow each other, each as long as it can be. */
struct outline_alt {
	uint8_t nrows;
	uint8_t sure; /* behind the rows the match ends */
	uint8_t shared; /* so many rows from the start are those of the alternative before */
	struct outline_row *rows;
};

struct outline {
	uint8_t nalts;
	uint8_t ask; /* there are conditions that are not told here: PCRE2 has the last word */
	struct looks before, behind;
	struct byte_set ahead;              /* bytes that can stand before a match */
	struct byte_set head[OUTLINE_HEAD]; /* bytes that can stand at its first places */
	uint8_t nhead;                      /* from here on all can, and the text may end */
	uint8_t digit;                      /* one of these places is always a digit */
	uint32_t rows;                      /* bit n: a match can begin with n digits in a row and no more; the last bit: or more */
	uint8_t mark;                       /* each match has this byte, which is rare in texts, in it; 0: there is none */
	uint32_t mark_at;                   /* so many bytes behind its start at most */
	uint32_t reach;                     /* a match is at least so long, */
	struct byte_set inside;             /* and all of so many bytes are of these */
	uint8_t telling;                    /* few texts have such a row */
	struct outline_alt alt[];           /* the one that PCRE2 tries first stands first */
};

/* NULL if the pattern begins with nothing that is rare in texts (or no memory); else in the arena. */
struct outline *outline_read(const struct syntax *root, struct arena *a);

/* Does alternative i match at start?  0: no.  1: from start to *end_r.  -1: PCRE2 has to be asked.  Alternatives are asked one behind
 * the other; *refused is 0 before the first, then at which row (1 is the first one) the last one asked did not fit. */
int outline_fits(const struct outline *o, int i, const char *s, size_t size, size_t start, int *refused, size_t *end_r);

#endif
