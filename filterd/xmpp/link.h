/* A component link (XEP-0114): one stream to an XMPP server, kept up for ever.
 *
 * It connects, proves the shared secret, answers pings (XEP-0199), pings a silent server, and comes
 * back with jittered back-off when anything fails.  Stanzas for the component's user go up
 * through the callback table.
 */
#ifndef FILTERD_XMPP_LINK_H
#define FILTERD_XMPP_LINK_H

#include "conf/conf.h"
#include "xmpp/xml.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct link;

struct link_ops {
	void (*up)(void *ctx, struct link *l);
	/* reason: a short word such as "refused", "stream-error", "ping-timeout"; retry_ms: when it tries again */
	void (*down)(void *ctx, struct link *l, const char *reason, uint32_t retry_ms);
	/* A stanza other than a ping or its answer; valid during the call. */
	void (*stanza)(void *ctx, struct link *l, const struct xml_node *e);
};

/* Starts connecting when the loop runs; reads conf's CA file now.  conf must outlive it.  NULL without memory, or if the CA file can't be
 * read. */
struct link *link_new(struct event_base *base, const struct conf_link *conf, const struct link_ops *ops, void *ctx);
/* Ends the stream politely (best effort) and frees it. */
void link_free(struct link **l);
bool link_is_up(const struct link *l);
const struct conf_link *link_conf(const struct link *l);
/* True if e answers a ping of this link.  A server that routes all its components to all of them (ejabberd's
 * global_routes) may bring the answer over another link. */
bool link_take_pong(struct link *l, const struct xml_node *e);
/* Sends a serialised stanza.  -1 when the link is down or its output is full (64 MiB waiting). */
int link_send(struct link *l, const void *data, size_t size);

#endif
