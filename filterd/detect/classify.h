/* What every match of a pattern must contain, so that most texts never meet PCRE2.
 *
 * literal  one of a few literals of three bytes or more, at most so far from the match's start: the pattern is
 *          run in a small window around each literal that the shared literal scan reports
 * number   digits and number separators only: one shared pass over the digits of a text finds it, or else the pattern is
 *          run on number-like runs with enough digits
 * shape    enough digits, a long enough token or one of a set of letter/digit shapes: else it is not run at all
 * always   none of these: run on every text
 */
#ifndef FILTERD_DETECT_CLASSIFY_H
#define FILTERD_DETECT_CLASSIFY_H

#include "base/arena.h"

#include <stddef.h>
#include <stdint.h>

enum pattern_class { CLASS_LITERAL, CLASS_NUMBER, CLASS_SHAPE, CLASS_ALWAYS };

enum { LITERALS_MAX = 64, LITERAL_SIZE_MAX = 48, LITERAL_SIZE_MIN = 3 };

struct number_shapes; /* numbers.h */
struct variants;      /* variants.h */
struct outline;       /* outline.h */

struct literals {
	uint8_t n;
	struct {
		uint8_t size;
		char s[LITERAL_SIZE_MAX]; /* ASCII in lower case */
	} item[LITERALS_MAX];
};

struct classified {
	enum pattern_class kind;
	struct literals *literals; /* CLASS_LITERAL */
	uint32_t before;           /* bytes between the start of a match and its literal at most; SYNTAX_INF: unbounded */
	uint32_t width;            /* of a match at most, and what its look-aheads may read behind it; SYNTAX_INF: unbounded */
	uint32_t digits;           /* at least so many digits */
	uint32_t token;            /* at least so many token characters in a row */
	uint8_t need;              /* this byte, no letter, digit or space; 0: none is needed */
	uint64_t shapes[4];        /* one of these 4-character shapes (sweep.h) */
	uint8_t first[4];          /* the shape's classes, one bit each, as far as positions are fixed */
	uint8_t digit_at;          /* the first position that is always a digit; 4: none of the first four */
	uint8_t wide;              /* it begins above ASCII */
	uint32_t leading;          /* it begins with so many token characters */
	struct number_shapes *numbers; /* CLASS_NUMBER: its digit blocks, if they are plain */
	struct variants *variants;     /* CLASS_NUMBER: written out, if it can be */
	struct outline *outline;   /* all classes but CLASS_LITERAL: how a match begins, if that is rare in texts */
	double cost;               /* steps of backtracking from one start at most, roughly */
};

/* Beyond this the pattern is compiled so that the clock can stop it, which makes it several times slower. */
#define CLASSIFY_COST_MAX 1e6

/* As filterd-rules(5) calls it: "literal", "number", "token" (it has an outline), "prefilter" (CLASS_SHAPE) or "always". */
const char *pattern_class_name(const struct classified *c);

/* Never fails: what is not understood is CLASS_ALWAYS.  The result is in the arena. */
void classify(const char *pattern, struct arena *a, struct classified *c_r);

#endif
