/* Numbers in dress: groups of digits parted by what nobody parts them with, or marked up (XEP-0393), or with letters in place of digits. */
#ifndef FILTERD_DETECT_DRESSED_H
#define FILTERD_DETECT_DRESSED_H

#include "detect/sweep.h"

#include <stddef.h>

/* Fewer digits are no number that one would hide; more are a list. */
enum { DRESSED_DIGITS_MIN = 8, DRESSED_DIGITS_MAX = 64 };

/* Might one stand in s?  At a glance. */
int dressed_wanted(const char *s, size_t size, const struct sweep *w);

/* Reads the one that begins at the digit s[at], its groups parted in one way.  dst, which is as long as what is left of s, takes it in plain
 * dress: with dashes between groups, or in one piece where they are not of a number's kind.  Returns how many bytes it has read, 0: it is
 * none; then none begins before *next_r. */
size_t dressed_read(const char *s, size_t size, size_t at, char *dst, size_t *n, size_t *next_r);

/* Is this word of digits and letters one of which all letters look like digits? */
int dressed_may_be_alike(const char *s, size_t size);

/* The same for letters that look like digits, "4o12 8888 8888 l88l", whose separators stay.  What it reads is a guess. */
size_t dressed_read_alike(const char *s, size_t size, size_t at, char *dst, size_t *n, size_t *next_r);

#endif
