/* The text that a reader of documents collects: UTF-8 only, bounded, zeroed when freed. */
#ifndef FILTERD_EXTRACT_TEXT_OUT_H
#define FILTERD_EXTRACT_TEXT_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text_out {
	char *data;
	size_t len, room;
	size_t max;  /* bytes; set by the owner, the rest starts as 0 */
	bool full;   /* something was left out: beyond max, or no memory */
};

/* Adds bytes that are valid UTF-8. */
void text_out_add(struct text_out *o, const char *s, size_t size);
/* Adds one code point; U+FFFD for what is none. */
void text_out_cp(struct text_out *o, uint32_t cp);
/* Ends a line, unless one was just ended or nothing was said yet. */
void text_out_break(struct text_out *o);
/* Adds bytes in the charset of that name (of MIME or a page), as Latin-1 where iconv does not know it, and marks
 * (U+FFFD) for what can't be decoded.  NULL: UTF-8 if it is valid, else Latin-1. */
void text_out_decoded(struct text_out *o, const char *charset, const char *s, size_t size);
/* Zeroes and frees; max stays. */
void text_out_free(struct text_out *o);

#endif
