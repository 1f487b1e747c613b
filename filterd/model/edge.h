/* How a text begins and ends, where another of the same sender may go on with it. */
#ifndef FILTERD_MODEL_EDGE_H
#define FILTERD_MODEL_EDGE_H

#include <stdbool.h>
#include <stddef.h>

enum { EDGE_LONG_WORD = 12 };  /* a word of ASCII that long may be a token */

struct edge {
	size_t front, back;    /* bytes of white space and of signs that something goes on ("…", "..."), before and behind what it says */
	bool word;             /* there is no space within */
	bool token;            /* its last word looks like a part of a token: digits among letters, underscores, capitals behind its first letter, or long */
};

/* The text is valid UTF-8.  Of one that says nothing front is its size. */
struct edge edge_find(const char *text, size_t size);
/* The front alone. */
size_t edge_front(const char *text, size_t size);
/* True if the word that ends the text may go on with the one that begins with next: digits with a digit, a token with anything. */
bool edge_goes_on(bool token, char last, char next);

#endif
