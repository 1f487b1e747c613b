/* Terms: the words and phrases of evidence, word lists and exclusions. */
#ifndef FILTERD_DETECT_TERM_H
#define FILTERD_DETECT_TERM_H

#include "base/arena.h"

#include <stddef.h>
#include <stdint.h>

/* Folded as the view is, and in lower case unless exact. */
struct term {
	const char *s;
	uint16_t size;
	uint8_t open_start, open_end; /* written with *: may go on within the word */
	uint8_t is_short;             /* ASCII without a piece that the literal matcher could look for (set by plan.c) */
	uint64_t letters;             /* what it is made of (term_letters) */
	uint8_t exact;                /* case counts: it is looked for in the view, not in the view in lower case */
};

/* A text that terms are looked for in, in lower case. */
struct term_text {
	const char *s;
	size_t size;
	int ascii;
	uint64_t letters; /* of it, or of more */
};

/* One bit for each ASCII letter and digit that is in s; the other bits are shared by other characters of ASCII.  What lacks one of a
 * term's bits doesn't have the term in it. */
uint64_t term_letters(const char *s, size_t size);

/* Makes a term of a rule file ready: folded, * at either end read.  -1 if nothing of it is left or it is longer than
 * 255 bytes. */
int term_read(struct arena *a, const char *text, int exact, struct term *t_r) __attribute__((warn_unused_result));

/* The end of the term that begins at `at` of s, as a word of its own where its ends are not open; 0: it does not stand
 * there.  A space in the term stands for spaces, line ends, dashes and underscores. */
size_t term_end(const struct term *t, const char *s, size_t size, size_t at);
/* Where a term begins if what follows its first `piece` bytes stands at `at`; SIZE_MAX: it doesn't begin. */
size_t term_start(const struct term *t, size_t piece, const char *s, size_t at);
/* The end of the first that lies in [from, to) of s, or 0. */
size_t term_find(const struct term *t, const char *s, size_t size, size_t from, size_t to);

#endif
