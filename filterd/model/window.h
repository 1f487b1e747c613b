/* What one sender wrote last in one conversation, so that a secret cut into several messages is found when its last part comes.
 *
 * A window keeps the ends of the latest texts, in order.  A new text is joined with what stands before it (and, when it
 * corrects an earlier one, XEP-0308, behind it), once with a space between two texts and once with nothing where a number or token
 * seems to be cut.  Only a finding that crosses a border of the new text is news: what lies within one text has been
 * judged with it.
 */
#ifndef FILTERD_MODEL_WINDOW_H
#define FILTERD_MODEL_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	WINDOW_PIECES_MAX = 24,     /* texts in a window; the oldest makes room */
	WINDOW_BYTES = 512,         /* of all its texts together; likewise */
	WINDOW_EDGE = 160,          /* bytes kept of one text, its end; looked at of the new one, from its start; and before and behind that */
	WINDOW_JOIN_MAX = WINDOW_BYTES + WINDOW_PIECES_MAX + WINDOW_EDGE + 1,
};

struct window_piece {
	uint64_t id;                /* unique; not 0 */
	uint64_t name;              /* what its sender called it, hashed, or 0: corrections refer to that */
	uint64_t at_ms;
	uint16_t from, size;        /* in text */
	bool cut;                   /* its start is not kept: nothing before it can touch what is */
};

/* Plain data; all zero is an empty window. */
struct window {
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

struct window_joined {
	char data[WINDOW_JOIN_MAX];
	size_t size;
	size_t start, end;          /* where the new text stands in it */
};

/* Joins the text with those of the window.  corrects: the id of the text whose place it takes, or 0: it comes behind all.  space: one
 * between any two texts; else not where the word before looks like a part of a number or token.  False if there is nothing to join it
 * with. */
bool window_join(const struct window *w, uint64_t corrects, bool space, const char *text, size_t size, struct window_joined *j_r)
	__attribute__((warn_unused_result));
/* False if nothing near the borders could be a part of a number or token: no digit, nothing that may be one in another script,
 * and no long word of ASCII. */
bool window_suspicious(const struct window_joined *j);
/* True if [start, end) of the joined text crosses a border of the new text; *start_r and *end_r are the part of it in the new text. */
bool window_part(const struct window_joined *j, size_t start, size_t end, size_t *start_r, size_t *end_r);
/* A message may come in several forms (languages, XHTML-IM), of which clients show one; a window has room for one.  True if the text should
 * stand for it rather than the other: it has more of what secrets are made of, so that a decoy hides nothing. */
bool window_prefers(const char *text, size_t size, const char *to, size_t to_size);

#endif
