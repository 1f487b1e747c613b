/* The streams of compound files by what is in them: libclamav hands some of them over, under names of its own. */
#ifndef FILTERD_EXTRACT_STREAMS_H
#define FILTERD_EXTRACT_STREAMS_H

#include <stdbool.h>
#include <stddef.h>

struct stream;

struct streams { /* starts as all zeros */
	struct stream *all;
	size_t n, room;
};

/* Remembers a stream; beyond some thousand, or without memory, it is forgotten: then it is only looked at twice. */
void streams_add(struct streams *s, const char *name, const void *data, size_t size);
/* The name of a stream with just these bytes, which is handed over now; NULL if there is none.  Valid until streams_free(). */
const char *streams_hand(struct streams *s, const void *data, size_t size);
/* True if a stream with these bytes was handed over. */
bool streams_handed(const struct streams *s, const void *data, size_t size);
void streams_free(struct streams *s);

#endif
