/* The rest of a number of which enough was found to tell what it is.
 *
 * Cards have 13 to 19 digits.  Who sends one digit by digit may, by chance, have one that is valid before its end; what is masked then is
 * one digit in the middle, which the others and the check digit tell.  So figures that follow count as its rest, up to the longest card.
 */
#ifndef FILTERD_MODEL_REST_H
#define FILTERD_MODEL_REST_H

#include "model/reading.h"

/* True if a finding that is news ends a number at which more figures may go on: `in` is its place in the reading, `is` that in the text. */
bool rest_may_follow(const struct reading *r, const struct finding *in, const struct finding *is, const char *text, size_t size);

/* A text that is to be judged, beside what was found in it. */
struct rest_text {
	uint64_t id, at_ms;      /* as in the window */
	uint32_t generation;     /* whose detectors looked at it */
	const char *data;
	size_t size;
};

/* True if a text that says nothing but figures may be the rest of what was noted before: then that is a finding in it (of text 0).  r and in: what
 * ends a number in it (rest_may_follow()), which is noted, or NULL. */
bool rest_take(struct window *w, const struct rest_text *t, const struct reading *r, const struct finding *in, struct finding *f_r);

#endif
