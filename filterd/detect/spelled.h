/* Numbers spelled out: rows of digit words, of one language or several, and of digits among them. */
#ifndef FILTERD_DETECT_SPELLED_H
#define FILTERD_DETECT_SPELLED_H

#include <stddef.h>

/* SPELLED_DIGITS in all, SPELLED_WORDS of them words; or SPELLED_LONG and one word.  A longer row than SPELLED_MAX is cut in such. */
enum { SPELLED_DIGITS = 8, SPELLED_WORDS = 3, SPELLED_LONG = 13, SPELLED_MAX = 512 };

/* Reads the row that begins at s[at]; dst, which is as long as what is left of s, takes its digits, *n how many bytes; between groups of
 * them stands a dash.  Returns how many bytes it has read, 0: it is none; then *next_r is where one may begin next. */
size_t spelled_read(const char *s, size_t size, size_t at, char *dst, size_t *n, size_t *next_r);

#endif
