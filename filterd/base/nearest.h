/* "Did you mean …?": of some words, the one that a slip of the pen turned into another. */
#ifndef FILTERD_BASE_NEAREST_H
#define FILTERD_BASE_NEAREST_H

#include <stddef.h>

enum { NEAREST_SIZE = 100 };

/* While it is looked for. */
struct nearest {
	const char *word;  /* as it was written */
	const char *best;  /* NULL: none is near */
	size_t distance;
};

/* Letters changed, left out, added or swapped (Damerau and Levenshtein; optimal string alignment): at most 2 of them, and fewer than half of
 * the word; case does not count. */
void nearest_try(struct nearest *n, const char *candidate);
/* "; did you mean \"verhoeff\"?", or "" if none is near.  Returns dst. */
const char *nearest_question(const struct nearest *n, char *dst, size_t dst_size);

#endif
