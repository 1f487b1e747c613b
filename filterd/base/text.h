/* Small helpers for text from outside. */
#ifndef FILTERD_BASE_TEXT_H
#define FILTERD_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True if the bytes are valid UTF-8 (RFC 3629: no surrogates, no overlongs). */
bool text_is_utf8(const char *s, size_t size);
/* Decodes the code point at s[0..size); returns its length (1-4), or 0 if it is not valid. */
int text_decode(const char *s, size_t size, uint32_t *cp_r);
/* Encodes cp into dst (room for 4); returns its length. */
int text_encode(uint32_t cp, char dst[4]);

/* Hostile text made fit for a log line or an event field: control characters (C0, C1, DEL,
 * U+2028/2029, bidirectional controls) become \u{hex}, a backslash and a quote get a backslash,
 * invalid bytes become \x{hex}, and it is cut (with "…") to fit dst_size, which is at least 8.  Returns dst. */
const char *text_quote(char *dst, size_t dst_size, const char *s, size_t size);

/* A number of bytes as people write it: "100M" is a number and K, M or G, optionally followed by "iB" or "B".  -1 if it is none. */
int text_size(const char *s, int64_t *size_r) __attribute__((warn_unused_result));

/* True if all of s[0..size) fits the pattern, in which '*' stands for any characters, none too, and '?' for one.  ASCII case does
 * not matter.  Takes pattern length times size steps at most. */
bool text_glob(const char *pattern, const char *s, size_t size);
bool text_glob_part(const char *pattern, size_t pattern_size, const char *s, size_t size);

/* Lower-case hex of size bytes; dst holds 2*size+1. */
void text_hex(char *dst, const void *data, size_t size);
/* The reverse; -1 unless s is exactly 2*size hex digits. */
int text_unhex(void *dst, size_t size, const char *s) __attribute__((warn_unused_result));

#endif
