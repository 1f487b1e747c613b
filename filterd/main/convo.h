/* One line of `filterctl rules match --jsonl`: a text, or a conversation.
 *
 *   {"id": any, "text": "…"}
 *   {"id": any, "messages": ["…" or {"id": "…", "from": "…", "body": "…", "xhtml": "…", "replace": "id" or index}, …]}
 */
#ifndef FILTERD_MAIN_CONVO_H
#define FILTERD_MAIN_CONVO_H

#include "base/arena.h"
#include "detect/detect.h"

#include <jansson.h>

enum { CONVO_MESSAGES_MAX = 4096, CONVO_TEXTS_MAX = 3, CONVO_ARENA_MAX = 64 << 20 };

struct convo_message {
	const char *from;                          /* "" if nobody is named */
	struct detect_text texts[CONVO_TEXTS_MAX]; /* the body, the text of the XHTML, the values of its attributes */
	size_t ntexts;                             /* 1 or more */
	int has_body;                              /* the first one is the body */
	int broken;                                /* its xhtml is no well-formed XML: its text is what stands between the tags */
	long replaces;                             /* index of the message that it corrects; -1: none */
};

struct convo {
	const json_t *id;
	int is_list;
	struct convo_message *messages;            /* in the arena */
	size_t n;
};

/* Reads a line; strings stay line's, what is made of markup is a's.  NULL, or what is wrong with it. */
const char *convo_read(const json_t *line, struct arena *a, struct convo *c_r) __attribute__((warn_unused_result));

#endif
