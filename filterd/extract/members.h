/* Whole names of archive members: libclamav tells them when it announces a member, and later only their last part. */
#ifndef FILTERD_EXTRACT_MEMBERS_H
#define FILTERD_EXTRACT_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct member_name;

struct members { /* begins as all zeros */
	struct member_name *names;
	size_t n, room, first;
};

/* Remembers a name.  False if it is what was added last (libclamav announces some twice), or there is no room. */
bool members_add(struct members *m, const char *name, uint64_t size);
/* The first announced name that ends in base and has this size, or else any size; it is forgotten.  Without one, base
 * itself.  Cut to fit dst. */
void members_take(struct members *m, const char *base, uint64_t size, char *dst, size_t dst_size);
/* True if base is the last part of name. */
bool members_is(const char *name, const char *base);
void members_free(struct members *m);

#endif
