/* The windows (model/window.h) of all senders and conversations.
 *
 * A conversation is the sender's bare JID and the bare JID written to.  It outlives reloads, not the broker.  Memory is bounded, and shared
 * fairly: who begins one too many loses his own that was unused the longest; when all room is taken, he who has the most does.  So nobody who
 * writes to many addresses makes others' windows go.
 */
#ifndef FILTERD_FLOW_RECENT_H
#define FILTERD_FLOW_RECENT_H

#include "model/window.h"

#include <stddef.h>
#include <stdint.h>

struct recent;
struct recent_talk; /* one conversation */

enum {
	RECENT_TALKS_MAX = 8192,     /* of all senders; about 13 MB … */
	RECENT_BYTES_MAX = 24 << 20, /* … and never more than this, however long the addresses are */
	RECENT_SHARE = 128,          /* of one sender */
};

struct recent *recent_new(void);
void recent_free(struct recent **r);

/* The conversation of two JIDs, with what came since since_ms; made if need be.  NULL without memory.  Valid until the next call. */
struct recent_talk *recent_talk(struct recent *r, const char *from, const char *to, uint64_t since_ms);
struct window *recent_window(struct recent_talk *t);
/* What all of it takes, tables aside. */
size_t recent_bytes(const struct recent *r);
/* A number that no other text has. */
uint64_t recent_number(struct recent *r);
/* What window_named() wants, of a stanza's id: never 0 but for "". */
uint64_t recent_name(const struct recent *r, const char *id);

#endif
