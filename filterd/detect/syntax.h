/* Reads the syntax of a PCRE2 pattern into a tree, for analysis only: what every match must contain.
 *
 * The tree says too much rather than too little (a node may stand for more texts than the pattern
 * matches), never less.  What the reader does not know (recursion, conditions, verbs, extended mode, \K, …)
 * it refuses; such a pattern is simply run everywhere.
 */
#ifndef FILTERD_DETECT_SYNTAX_H
#define FILTERD_DETECT_SYNTAX_H

#include "base/arena.h"

#include <stdint.h>

enum { SYNTAX_INF = 1 << 24 }; /* "without bound", as a count or a width */

struct byte_set {
	uint64_t bit[4];
};

enum syntax_type {
	SYNTAX_SET,    /* one byte out of set, or if wide one code point above U+007F */
	SYNTAX_EMPTY,  /* no width: assertions, empty alternatives; border: no digit may stand behind (or before) this place.
	                * kids are never set; an assertion says what it is in look */
	SYNTAX_ANY,    /* up to max bytes: what the group kids[0] (if known) matched, or if wide (\R, \X) any text */
	SYNTAX_CAT,
	SYNTAX_ALT,
	SYNTAX_REPEAT, /* kids[0], min to max times */
};

enum syntax_look {
	LOOK_NONE,  /* matches everywhere */
	LOOK_AHEAD, /* at looked must (negative: must not) match behind, */
	LOOK_BEHIND, /* before this place */
	LOOK_WORD,  /* \b */
	LOOK_OTHER, /* some other condition */
};

struct syntax {
	enum syntax_type type;
	struct byte_set set;
	uint8_t wide, border;
	uint8_t loose;  /* the set has ASCII characters that the pattern does not take */
	uint8_t lazy;   /* SYNTAX_REPEAT: fewer first */
	uint8_t atomic; /* nothing in it is tried a second way */
	uint8_t look, negative; /* SYNTAX_EMPTY: enum syntax_look */
	struct syntax *looked;
	uint32_t min, max;
	struct syntax **kids;
	uint32_t nkids, cap;
};

struct syntax_tree {
	struct syntax *root;
	uint32_t look_ahead; /* most bytes that a look-ahead or anchor may read behind the match */
};

static inline int byte_set_has(const struct byte_set *s, unsigned c) { return s->bit[c >> 6] >> (c & 63) & 1; }
static inline void byte_set_add(struct byte_set *s, unsigned c) { s->bit[c >> 6] |= UINT64_C(1) << (c & 63); }

/* -1: not understood (or no memory). */
int syntax_read(const char *pattern, struct arena *a, struct syntax_tree *tree_r) __attribute__((warn_unused_result));
/* The most bytes a match of the node takes; SYNTAX_INF or more: unbounded. */
uint32_t syntax_width(const struct syntax *n);

#endif
