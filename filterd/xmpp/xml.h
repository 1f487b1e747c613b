/* XML as XMPP allows it (RFC 6120 section 11): no DTD, no processing instructions, no comments, no
 * entities but the five built-in ones.  Elements become a small tree in the arena of their item.
 *
 * All input is hostile: bytes, depth, nodes and attributes are capped, and what a cap refuses is an
 * error, never a shortened tree.
 */
#ifndef FILTERD_XMPP_XML_H
#define FILTERD_XMPP_XML_H

#include "base/arena.h"
#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	XML_BYTES_MAX = 512 * 1024, /* one stanza */
	XML_DEPTH_MAX = 100,
	XML_NODES_MAX = 20000,      /* elements, texts and attributes of one stanza */
	XML_ARENA_MAX = 16 << 20,   /* enough for a stanza at all caps */
};

struct xml_attr {
	const char *ns;      /* "" for the usual attribute without a prefix */
	const char *name;
	char *value;
	size_t size;
	struct xml_attr *next;
};

/* An element (name set) or a text (name NULL). */
struct xml_node {
	struct xml_node *parent, *next, *first, *last;
	const char *ns, *name;
	struct xml_attr *attrs, *attrs_last;
	char *text;
	size_t size, cap;
};

/* Parses one serialised element; a top element without xmlns gets default_ns.  NULL when it is malformed, has what XMPP forbids,
 * breaks a cap, or has anything behind it.  The tree lives in a. */
struct xml_node *xml_parse(struct arena *a, const char *data, size_t size, const char *default_ns);

/* First child element with this name and namespace (NULL: any), or NULL. */
struct xml_node *xml_child(const struct xml_node *e, const char *ns, const char *name);
bool xml_is(const struct xml_node *e, const char *ns, const char *name);
/* Value of the attribute without namespace, or NULL. */
const char *xml_attr(const struct xml_node *e, const char *name);
/* xml:lang in scope at e, or NULL. */
const char *xml_lang(const struct xml_node *e);
/* Next node in document order below top; NULL at the end. */
struct xml_node *xml_next(const struct xml_node *n, const struct xml_node *top);

/* Serialises e; default_ns is what the surrounding stream has as xmlns, so that it is not
 * declared again.  -1 when b is full. */
int xml_write(struct buf *b, const struct xml_node *e, const char *default_ns) __attribute__((warn_unused_result));
/* Appends text with & < > ' " escaped (attribute values and texts alike). */
int xml_escape(struct buf *b, const char *s, size_t size) __attribute__((warn_unused_result));

/* A stream: elements come one by one below an open root (RFC 6120 section 4). */
struct xml_stream;

struct xml_stream_ops {
	/* The root was opened; attributes as in e (e has no children, valid during the call). */
	void (*open)(void *ctx, const struct xml_node *e);
	/* A whole child of the root; valid during the call.  May free the stream's user, but not the stream. */
	void (*element)(void *ctx, const struct xml_node *e);
	/* The root was closed. */
	void (*close)(void *ctx);
};

struct xml_stream *xml_stream_new(const struct xml_stream_ops *ops, void *ctx);
void xml_stream_free(struct xml_stream **s);
/* Feeds bytes; -1 when the stream is broken (for good).  drained: the socket has nothing more for
 * now, so what is complete must come out even if expat would rather wait for more. */
int xml_stream_feed(struct xml_stream *s, const char *data, size_t size, bool drained) __attribute__((warn_unused_result));

#endif
