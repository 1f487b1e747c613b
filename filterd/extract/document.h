/* Documents whose text must be read by rules of their own: one reader for each kind, in one table.
 *
 * libclamav unpacks; what it hands over as a layer comes here first.  Layers of no such kind are for layer_text.
 */
#ifndef FILTERD_EXTRACT_DOCUMENT_H
#define FILTERD_EXTRACT_DOCUMENT_H

#include "model/verdict.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct document {
	const char *data;
	size_t size;
	size_t text_max;       /* bytes of text of one part */
	uint64_t unpack_max;   /* bytes that its parts may have together */
	uint32_t parts_max;
	uint64_t deadline_ms;  /* clock_ms() */
	/* Takes a text (UTF-8, valid during the call); part is the inner path below the document, "" for itself. */
	void (*give)(void *ctx, const char *part, enum text_role role, const char *text, size_t size);
	/* Tells that the text of this part of the file has been given: not to be given again when libclamav comes to it. */
	void (*given)(void *ctx, const char *data, size_t size);
	void *ctx;
	bool parts_unread;     /* out: some of what libclamav unpacks from it is not in what was given */
	const char *why;       /* out: static text, what was in the way */
};

/* Gives all the text of a document.  CAUSE_NONE only if it was read to its end: then the raw bytes need no look for
 * text.  What was given before a failure stands. */
typedef enum cause document_fn(struct document *d);

/* The reader for a layer of libclamav's type ("CL_TYPE_…"), or NULL.  *sure_r is false if it may be something else that
 * only mentions the mark of a document, or can be read otherwise: then CAUSE_UNSCANNABLE means no more than that. */
document_fn *document_reader(const char *type, const char *data, size_t size, bool *sure_r);

/* For readers that go on behind what they can't read: of several causes the first one stands.  why: static text. */
static inline void document_fail(struct document *d, enum cause *first, enum cause cause, const char *why)
{
	if (*first != CAUSE_NONE)
		return;
	*first = cause;
	d->why = why;
}

/* Prepares the libraries, so that a closed-in process needs no file of theirs.  -1 if one does not work. */
int document_init(void) __attribute__((warn_unused_result));

#endif
