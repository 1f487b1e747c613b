/* Which contents were dealt with: by a hash that can't be forged, else one member could be made to look like another. */
#ifndef FILTERD_EXTRACT_SEEN_H
#define FILTERD_EXTRACT_SEEN_H

#include <stdbool.h>
#include <stddef.h>

struct seen { /* begins as all zeros */
	unsigned char (*slots)[16];
	size_t room, n;
};

/* True if these bytes, white space at their end aside, were here before; remembers them (up to 65,536 of them). */
bool seen_before(struct seen *s, const char *data, size_t size);
void seen_free(struct seen *s);

#endif
