/* What one sender wrote last in one conversation, so that a secret cut into several messages is found when its last part comes
 * (model/reading.h).
 *
 * A window keeps the ends of the latest texts, in order.  When room is short, old talk goes before old numbers do, so that nobody
 * washes the first half of a number out of it with words.
 */
#ifndef FILTERD_MODEL_WINDOW_H
#define FILTERD_MODEL_WINDOW_H

#include "model/carry.h"
#include "model/edge.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	WINDOW_PIECES_MAX = 24,     /* texts in a window; the oldest makes room */
	WINDOW_BYTES = 512,         /* of all its texts together; likewise */
	WINDOW_EDGE = 160,          /* bytes kept of one text, its end */
	WINDOW_KEPT = 3,            /* the latest texts stay, … */
	WINDOW_WORDS = 6,           /* … and so many that are but words, as long as there are bytes for them */
};

struct window_piece {
	uint64_t id;                /* unique; not 0 */
	uint64_t name;              /* what its sender called it, hashed, or 0: corrections refer to that */
	uint64_t at_ms;
	uint16_t from, size;        /* in text */
	bool cut;                   /* its start is not kept: nothing before it can touch what is */
	uint8_t glance;             /* carry_glance() of it */
	struct { uint8_t front, back; bool word, token; } edge; /* edge_find() of it */
	bool found;                 /* carry is known */
	struct { uint8_t from, to, weight; bool bare; } carry; /* carry_find() of it, by window_carry() */
};

/* Plain data; all zero is an empty window. */
struct window {
	struct {                    /* kept by model/rest.h */
		uint64_t id, at_ms; /* of the text that was found to end a number, or 0 */
		uint32_t generation;
		uint16_t detector;
		uint8_t confidence, digits;
	} rest;
	struct window_piece pieces[WINDOW_PIECES_MAX];
	uint8_t n;
	uint16_t used;
	char text[WINDOW_BYTES];
};

/* Takes in a text (valid UTF-8) that came at at_ms.  id: 1 or more, unique in the window. */
void window_add(struct window *w, uint64_t id, uint64_t name, uint64_t at_ms, const char *text, size_t size);
/* The id of the latest text of this name, or 0. */
uint64_t window_named(const struct window *w, uint64_t name);
/* Puts another text in the place of that of id; of size 0: takes it out.  Nothing happens if it is not there (any more). */
void window_replace(struct window *w, uint64_t id, const char *text, size_t size);
/* Takes out what came before since_ms. */
void window_forget(struct window *w, uint64_t since_ms);
/* What of piece i may be a part of a number or token; looked for once. */
struct carry window_carry(struct window *w, size_t i);

#endif
