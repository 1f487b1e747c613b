/* One arena per item: memory that ends together.  Nothing in it is freed on its own;
 * arena_free() zeroes all of it first, since items hold people's messages. */
#ifndef FILTERD_BASE_ARENA_H
#define FILTERD_BASE_ARENA_H

#include <stddef.h>

struct arena;

/* An arena that gives out at most max bytes; NULL without memory. */
struct arena *arena_new(size_t max);
/* Zeroes and frees everything, sets *a to NULL.  NULL is fine. */
void arena_free(struct arena **a);
/* size bytes, zeroed, aligned for any type.  NULL when max is reached or memory is out. */
void *arena_alloc(struct arena *a, size_t size) __attribute__((warn_unused_result));
/* A copy of size bytes with a NUL behind it; NULL as above. */
char *arena_strndup(struct arena *a, const char *s, size_t size) __attribute__((warn_unused_result));
char *arena_strdup(struct arena *a, const char *s) __attribute__((warn_unused_result));
/* Bytes given out so far. */
size_t arena_used(const struct arena *a);

#endif
