/* Values of records in normal form, the same for what stands in a table and for what stands in a text (FORMAT.edm, section 2).
 *
 * All of it works on text that is folded as the view is, in lower case.  Candidates are sequences of tokens.
 */
#ifndef FILTERD_DETECT_EDM_NORM_H
#define FILTERD_DETECT_EDM_NORM_H

#include <stddef.h>
#include <stdint.h>

enum edm_type { EDM_NUMBER = 1, EDM_TEXT, EDM_EMAIL, EDM_PHONE, EDM_DATE, EDM_TYPES };

enum { EDM_NORM_MAX = 256, EDM_LENGTH_MAX = 63, EDM_WORDS_MAX = 8, EDM_RUN_MAX = 24 };

/* Letters, or digits: "ab12" is two tokens, the second glued to the first.  Each ideograph or syllable that is written without
 * spaces is a token of its own. */
struct edm_token {
	uint32_t start, end;
	uint8_t digits; /* else letters */
	uint8_t ascii;
	uint8_t glued;  /* belongs to the word before it */
};

/* What of a type's candidates can stand in an index at all. */
struct edm_shape {
	uint64_t lengths;    /* bit n: a normal form of n bytes; 63: or longer */
	uint32_t words;      /* EDM_TEXT: bit n: n words */
	uint8_t no_digits;   /* EDM_NUMBER: some have none … */
	uint8_t letters;     /* … some have letters */
};

/* "number" …; 0: there is no such type. */
enum edm_type edm_type_find(const char *name, size_t size);
const char *edm_type_name(enum edm_type t);

/* Tokens from *at on, which is moved behind the last; as many as there is room for. */
size_t edm_tokens(const char *low, size_t size, size_t *at, struct edm_token *out, size_t max);
/* True if what stands between two neighbours doesn't part a value of this type. */
int edm_joins(enum edm_type t, const char *low, const struct edm_token *a, const struct edm_token *b);

/* The normal form of n tokens into dst (EDM_NORM_MAX bytes); its size, 0: they are no value of this type.
 * EDM_TEXT: n tokens, glued ones included. */
size_t edm_norm(enum edm_type t, const char *low, const struct edm_token *tokens, size_t n, char *dst);
/* The same for an address around the '@' at `at`. */
size_t edm_norm_email(const char *low, size_t size, size_t at, size_t *start_r, size_t *end_r, char *dst);
/* The same for a whole value of a table, as it is written there.  0 if it is none, or too short to be told from other text;
 * shape learns of it. */
size_t edm_norm_value(enum edm_type t, const char *value, size_t size, char *dst, struct edm_shape *shape);

#endif
