/* Many literals at once: where in a text does which of them occur.
 *
 * One interface and two bodies: a portable one, and Hyperscan where it is built in.  Both find the same, and are about as fast; some
 * versions of Hyperscan's kin lose matches, so a body is asked to prove itself before it is relied on.
 */
#ifndef FILTERD_DETECT_LITERAL_H
#define FILTERD_DETECT_LITERAL_H

#include <stddef.h>
#include <stdint.h>

struct literal_set;

enum literal_body { LITERAL_PORTABLE, LITERAL_HYPERSCAN };

struct literal_text {
	const char *s; /* in ASCII lower case, 3 to 255 bytes; must outlive the set */
	uint8_t size;
};

struct literal_hit {
	uint32_t start;
	uint32_t literal; /* index in the texts given to literal_new() */
};

enum { LITERAL_PAD = 4 };

/* Is it built in? */
int literal_has(enum literal_body body);
/* 0 if the body finds what there is to find: random literals at random places, and what some versions of it are known to lose.
 * -1: it doesn't, msg says what.  Takes a few hundredths of a second. */
int literal_selftest(enum literal_body body, char *msg, size_t size) __attribute__((warn_unused_result));

/* NULL without memory, or if the body is not built in.  Shared through fork, by one thread in each process. */
struct literal_set *literal_new(enum literal_body body, const struct literal_text *texts, size_t n) __attribute__((warn_unused_result));
/* The body's name. */
const char *literal_name(const struct literal_set *l);
void literal_free(struct literal_set **l);
/* Bytes it occupies. */
size_t literal_memory(const struct literal_set *l);

/* Every occurrence, overlapping ones too, ordered by start.  low is the text in ASCII lower case, with LITERAL_PAD
 * readable bytes behind it.  Returns the number of hits, or -1 if there are more
 * than max: then the first max of them are there. */
int literal_scan(const struct literal_set *l, const char *low, size_t size, struct literal_hit *hits, size_t max);

#endif
