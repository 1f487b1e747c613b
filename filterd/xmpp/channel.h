/* Inspect channels (PROTOCOL.inspect): the listener, the tokens and the connectors that attached.
 *
 * This file speaks frames; it neither parses stanzas nor decides.  Answers are written in the
 * order they are given and leave together at the end of the event loop's turn.
 */
#ifndef FILTERD_XMPP_CHANNEL_H
#define FILTERD_XMPP_CHANNEL_H

#include "base/buf.h"
#include "conf/cfgerr.h"
#include "conf/conf.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct channels;  /* listener and all channels */
struct channel;   /* one attached connector */

/* What the connector says of a session; lives as long as the session or any reference to it. */
struct session {
	struct channel *channel;  /* NULL once the channel is gone */
	uint32_t number;
	uint8_t origin;           /* enum inspect_origin */
	uint8_t flags;            /* INSPECT_SESSION_… */
	char *jid, *host, *address;
	unsigned refs;
	size_t open_bytes;        /* memory of stanzas under way; the pipeline's count */
	struct rooms *joined;     /* rooms of which no connector knows and which it has joined; NULL: none (xmpp/rooms.h) */
};

struct channel_ops {
	void (*up)(void *ctx, struct channel *c);
	/* Its connector settles what is open by on_failure; c is valid during the call only. */
	void (*down)(void *ctx, struct channel *c, const char *reason);
	/* A stanza to judge; stanza is valid during the call. Must be answered once; an
	 * answer that nobody waits for any more (CANCEL, channel gone) is dropped.  */
	void (*inspect)(void *ctx, struct session *s, uint32_t id, bool again, const char *stanza, size_t size);
	void (*injected)(void *ctx, struct channel *c, uint32_t id, uint8_t status);
};

/* Opens the UNIX socket and, if configured, the TLS listener. */
int channels_new(struct event_base *base, const struct conf_inspect *conf, const struct channel_ops *ops, void *ctx,
                 struct channels **cs_r, struct cfgerr *err) __attribute__((warn_unused_result));
void channels_free(struct channels **cs);

/* The <attach/> element of a new offer for the link with this index, with a fresh token; the link's
 * earlier token is void.  -1 when b is full or there is no randomness. */
int channels_offer(struct channels *cs, size_t link, struct buf *b) __attribute__((warn_unused_result));
/* The channel attached by an offer of this link, or NULL. */
struct channel *channels_of_link(struct channels *cs, size_t link);

const char *channel_software(const struct channel *c);
size_t channel_link(const struct channel *c);
unsigned channel_open(const struct channel *c);      /* ids not yet answered */
uint64_t channel_inspected(const struct channel *c); /* ids in all */
const struct rooms *channel_rooms(const struct channel *c); /* what its connector says of rooms (xmpp/rooms.h) */

struct session *session_ref(struct session *s);
void session_unref(struct session *s);

/* Answers.  Nothing happens when the channel is gone meanwhile. */
void channel_deliver(struct session *s, uint32_t id);
void channel_replace(struct session *s, uint32_t id, const void *stanza, size_t size);
void channel_bounce(struct session *s, uint32_t id, const void *error, size_t size);
void channel_drop(struct session *s, uint32_t id);

#endif
