/* Character references of HTML and XML. */
#ifndef FILTERD_EXTRACT_ENTITY_H
#define FILTERD_EXTRACT_ENTITY_H

#include <stddef.h>
#include <stdint.h>

/* Decodes the reference at s (behind '&'): the names of HTML 4 and XML, those of ASCII characters of HTML 5, and numbers
 * (their semicolon may be missing, as browsers let it).  Returns the bytes to skip, or 0 if it is none. */
size_t entity_decode(const char *s, size_t size, uint32_t *cp_r);

#endif
