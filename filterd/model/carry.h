/* Which part of a text may be a part of a number or token that is spread over several.
 *
 * A glance, not a detector: what is found here is joined with its like and looked at by the rules.
 */
#ifndef FILTERD_MODEL_CARRY_H
#define FILTERD_MODEL_CARRY_H

#include <stdbool.h>
#include <stddef.h>

struct carry {
	size_t from, to;  /* bytes of the text */
	size_t weight;    /* digits and number words in it, and characters of tokens: 0 if there is none */
	bool bare;        /* the text says nothing else: there is no letter around it */
};

/* The row of digits (of any script), number words and words like xK7 that weighs most: what parts them is three characters at most, and no letter.
 * Times, dates, prices, numbers to call and the like are none.  The text is valid UTF-8. */
struct carry carry_find(const char *text, size_t size);

/* True if it is a part of a number, rather than a count or code in a sentence. */
bool carry_part(const struct carry *c);

/* What a glance at a text tells. */
enum {
	CARRY_FIGURES = 1, /* a digit, a code point that may be one by its first byte, or a number word among the first words: else it is taken for words */
	CARRY_VALUE = 2,   /* the sign between a name and its value: "word: x", "key=x" */
};
int carry_glance(const char *text, size_t size);
/* True if there is a digit, what may be one, or such a sign. */
bool carry_tells(const char *text, size_t size);

/* How many of the first words (up to max; no more are looked at) are number words. */
size_t carry_numerals(const char *text, size_t size, size_t max);

/* The bytes of the word for a digit, in English, German, French or Spanish, that begins at s; 0 if there is none.  Within one text the rules read
 * many more languages (detect/digitwords.h): each costs every message here. */
size_t carry_numeral(const char *s, size_t size);

#endif
