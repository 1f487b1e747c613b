/* The texts that a message makes together with those before it (model/window.h), and what found in them is news.
 *
 * Where one text of a sender ends and the next begins, a number or token may go on: with a space between, with none, with
 * other talk or a heading between its parts.  Each way to read it is a text of its own for the rules to look at.  Only what crosses a border
 * is news, or what the message alone does not show (as a password that the one before announced): all else has been judged with its message.
 */
#ifndef FILTERD_MODEL_READING_H
#define FILTERD_MODEL_READING_H

#include "model/verdict.h"
#include "model/window.h"

enum {
	READINGS_MAX = 8,           /* of one text */
	READING_TEXTS_MAX = 3,      /* of one message */
	READING_BLOCKS_MAX = 6,
	READING_MAX = WINDOW_BYTES + WINDOW_PIECES_MAX + 2 * WINDOW_EDGE,
};

/* One place where the new text stands in a reading. */
struct reading_block {
	uint16_t from, until;       /* what belongs together */
	uint16_t start, end;        /* the new text, or a part of it … */
	uint16_t at;                /* … that begins here in it */
	bool cut;                   /* it goes on behind what stands here */
	struct window_ended ended[WINDOW_ENDED_MAX]; /* at the end of what stands right before it */
	bool crossing;              /* only what crosses a border counts … */
	uint16_t words;             /* … and, if it begins behind this, where a part begins */
};

struct reading {
	char data[READING_MAX];
	size_t size;
	struct reading_block blocks[READING_BLOCKS_MAX];
	size_t nblocks;
	uint16_t parts[WINDOW_PIECES_MAX]; /* where they begin, in a reading of parts alone */
	size_t nparts;
};

/* Makes the readings of a text (valid UTF-8) that comes behind those of the window; none if there is nothing to join it with, or nothing near
 * that could be a part of something.  corrects: the id of the text whose place it takes, too, or 0.  Returns how many. */
size_t reading_make(struct window *w, uint64_t corrects, const char *text, size_t size, struct reading out[READINGS_MAX]);

/* Makes a finding in a reading one of the text: text `f->text` of the message.  False if it is no news.  known: what was found in the message's texts
 * alone. */
bool reading_news(const struct reading *r, struct finding *f, const struct finding *known, size_t n);

/* Says what was found at the end of a text that stands in its window under id: all that was found in its message, of which text `which` is it. */
void reading_end(struct window *w, uint64_t id, const char *text, size_t size, const struct finding *found, size_t n, uint16_t which);
/* True if reading_end() has something to say. */
bool reading_ends(const char *text, size_t size, const struct finding *found, size_t n, uint16_t which);

/* A message may come in several forms (languages, XHTML-IM), of which clients show one, and say more in extensions. */
struct reading_text {
	const char *data;
	size_t size;                /* 0: not to be looked at */
	bool shown;                 /* clients show it */
};
/* Which of them are read together with other messages: first the one that stands for it, which has more of what secrets are made of than the others
 * that are shown, so that a decoy hides nothing; then those with figures that it does not have.  Returns how many; 0 if none is shown. */
size_t reading_choose(const struct reading_text *texts, size_t n, size_t out[READING_TEXTS_MAX]);

#endif
