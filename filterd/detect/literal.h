/* Many literals at once: where in a text does which of them occur.
 *
 * One interface, so that another matcher can stand behind it; this one is portable: a bitmap of the
 * literals' rarest four (or three) bytes, looked up at every position, then the few candidates compared.
 */
#ifndef FILTERD_DETECT_LITERAL_H
#define FILTERD_DETECT_LITERAL_H

#include <stddef.h>
#include <stdint.h>

struct literal_set;

struct literal_text {
	const char *s; /* in ASCII lower case, 3 to 255 bytes; must outlive the set */
	uint8_t size;
};

struct literal_hit {
	uint32_t start;
	uint32_t literal; /* index in the texts given to literal_new() */
};

enum { LITERAL_PAD = 4 };

/* NULL without memory.  Read-only afterwards, shared through fork. */
struct literal_set *literal_new(const struct literal_text *texts, size_t n) __attribute__((warn_unused_result));
void literal_free(struct literal_set **l);
/* Bytes it occupies. */
size_t literal_memory(const struct literal_set *l);

/* Every occurrence, overlapping ones too, ordered by start.  low is the text in ASCII lower case, with LITERAL_PAD
 * readable bytes behind it.  Returns the number of hits, or -1 if there are more
 * than max: then the first max of them are there. */
int literal_scan(const struct literal_set *l, const char *low, size_t size, struct literal_hit *hits, size_t max);

#endif
