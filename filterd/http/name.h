/* File names, media types and random words in URLs. */
#ifndef FILTERD_HTTP_NAME_H
#define FILTERD_HTTP_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* True for 1 to UPLOAD_NAME_MAX bytes of UTF-8 that are one path segment: no slash or backslash, no control
 * characters (C0, C1, DEL, bidirectional controls, which disguise what a file is), not "." or "..". */
bool name_is_good(const char *name);
/* Percent-encodes all but RFC 3986 unreserved characters; -1 if dst is too small. */
int name_encode(const char *name, char *dst, size_t dst_size) __attribute__((warn_unused_result));
/* True if the percent-encoded segment means exactly name, however it chose to encode it. */
bool name_matches(const char *segment, const char *name);

/* Copies "type/subtype" in lower case without parameters; "" if it is not one (RFC 9110 section 8.3.1). */
void media_type_copy(char *dst, size_t dst_size, const char *type);
/* True for an RFC 9110 section 5.6.2 token. */
bool is_token(const char *s, size_t size);

/* size*4/3 URL-safe characters (base64url) of size random bytes, size a multiple of 3, and a NUL; -1 without
 * randomness. */
int random_word(char *dst, size_t size) __attribute__((warn_unused_result));

#endif
