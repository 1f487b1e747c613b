#include "config.h"

#include "xmpp/xml.h"

#include <expat.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_XML "http://www.w3.org/XML/1998/namespace"

/* Cannot be part of a namespace or a name, so splitting at it is safe. */
enum { SEP = '\x01' };
enum { NS_MAX = 512 }; /* expat repeats it for every name: a long one would make a small stanza take megabytes */

/* The one builder behind documents and streams. */
struct builder {
	XML_Parser parser;
	struct arena *arena;      /* of the element under way */
	struct xml_node *top;     /* NULL outside an element */
	struct xml_node *current;
	const char *default_ns;   /* for a top element without xmlns; NULL in streams */
	size_t depth, nodes;
	bool broken, complete;
	struct xml_stream *stream; /* NULL for a document */
};

struct xml_stream {
	struct builder b;
	const struct xml_stream_ops *ops;
	void *ctx;
	bool opened;
	size_t pending; /* bytes of the element under way */
};

static void give_up(struct builder *b)
{
	b->broken = true;
	XML_StopParser(b->parser, XML_FALSE);
}

static bool take_node(struct builder *b)
{
	if (++b->nodes > XML_NODES_MAX) {
		give_up(b);
		return false;
	}
	return true;
}

/* expat gives "namespace SEP local"; no SEP when there is no namespace */
static int split_name(struct builder *b, const char *full, const char **ns_r, const char **name_r)
{
	const char *sep = strchr(full, SEP);
	const char *local = sep ? sep + 1 : full;
	size_t size = sep ? (size_t)(sep - full) : 0;
	const char *outer = b->current ? b->current->ns : ""; /* nearly always the same */
	if (size > NS_MAX)
		return -1;
	*ns_r = !sep ? "" : strncmp(outer, full, size) == 0 && outer[size] == '\0' ? outer : arena_strndup(b->arena, full, size);
	*name_r = arena_strdup(b->arena, local);
	return *ns_r && *name_r ? 0 : -1;
}

static struct xml_node *new_node(struct builder *b)
{
	struct xml_node *n = take_node(b) ? arena_alloc(b->arena, sizeof *n) : NULL;
	if (!n) {
		give_up(b);
		return NULL;
	}
	n->parent = b->current;
	if (b->current) {
		if (b->current->last)
			b->current->last->next = n;
		else
			b->current->first = n;
		b->current->last = n;
	}
	return n;
}

static int add_attrs(struct builder *b, struct xml_node *n, const XML_Char **atts)
{
	for (; *atts; atts += 2) {
		struct xml_attr *at = take_node(b) ? arena_alloc(b->arena, sizeof *at) : NULL;
		if (!at || split_name(b, atts[0], &at->ns, &at->name) < 0)
			return -1;
		at->size = strlen(atts[1]);
		at->value = arena_strndup(b->arena, atts[1], at->size);
		if (!at->value)
			return -1;
		if (n->attrs_last)
			n->attrs_last->next = at;
		else
			n->attrs = at;
		n->attrs_last = at;
	}
	return 0;
}

static void on_start(void *data, const XML_Char *name, const XML_Char **atts)
{
	struct builder *b = data;
	if (b->broken)
		return;
	if (++b->depth > XML_DEPTH_MAX) {
		give_up(b);
		return;
	}
	if (!b->arena && !(b->arena = arena_new(XML_ARENA_MAX))) {
		give_up(b);
		return;
	}
	struct xml_node *n = new_node(b);
	if (!n)
		return;
	if (split_name(b, name, &n->ns, &n->name) < 0 || add_attrs(b, n, atts) < 0) {
		give_up(b);
		return;
	}
	struct xml_stream *s = b->stream;
	if (s && !s->opened) { /* the root is not kept: its children are what comes out */
		s->opened = true;
		s->ops->open(s->ctx, n);
		arena_free(&b->arena);
		b->nodes = 0;
		return;
	}
	if (!b->top) {
		b->top = n;
		if (n->ns[0] == '\0' && b->default_ns)
			n->ns = b->default_ns;
	} else if (n->ns[0] == '\0' && b->default_ns) {
		n->ns = b->default_ns; /* no xmlns anywhere above: it is the stream's */
	}
	b->current = n;
}

static void on_end(void *data, const XML_Char *name)
{
	struct builder *b = data;
	struct xml_stream *s = b->stream;
	if (b->broken)
		return;
	b->depth--;
	if (s && b->depth == 0) {
		b->complete = true;
		s->ops->close(s->ctx);
		return;
	}
	struct xml_node *n = b->current;
	b->current = n->parent;
	if (n != b->top)
		return;
	if (!s) {
		b->complete = true;
		return;
	}
	b->top = NULL;
	b->nodes = 0;
	struct arena *a = b->arena;
	b->arena = NULL;
	s->pending = 0;
	s->ops->element(s->ctx, n);
	arena_free(&a);
}

static void on_text(void *data, const XML_Char *s, int len)
{
	struct builder *b = data;
	if (b->broken)
		return;
	if (!b->current) { /* white space between stanzas */
		if (b->stream)
			b->stream->pending = 0;
		return;
	}
	struct xml_node *n = b->current->last;
	size_t more = (size_t)len;
	if (!n || n->name) {
		n = new_node(b);
		if (!n)
			return;
	}
	if (n->size + more + 1 > n->cap) {
		/* expat hands text over in pieces (per line, per entity): doubling keeps joining them linear */
		size_t cap = n->size ? 2 * (n->size + more) : more + 1;
		char *text = arena_alloc(b->arena, cap);
		if (!text) {
			give_up(b);
			return;
		}
		if (n->size)
			memcpy(text, n->text, n->size);
		n->text = text;
		n->cap = cap;
	}
	memcpy(n->text + n->size, s, more);
	n->size += more;
	n->text[n->size] = '\0';
}

/* What RFC 6120 section 11.1 forbids ends the stream. */
static void on_doctype(void *data, const XML_Char *n, const XML_Char *sys, const XML_Char *pub, int internal) { give_up(data); }
static void on_pi(void *data, const XML_Char *target, const XML_Char *text) { give_up(data); }
static void on_comment(void *data, const XML_Char *text) { give_up(data); }

static void set_handlers(struct builder *b)
{
	XML_SetUserData(b->parser, b);
	XML_SetElementHandler(b->parser, on_start, on_end);
	XML_SetCharacterDataHandler(b->parser, on_text);
	XML_SetStartDoctypeDeclHandler(b->parser, on_doctype);
	XML_SetProcessingInstructionHandler(b->parser, on_pi);
	XML_SetCommentHandler(b->parser, on_comment);
}

struct xml_node *xml_parse(struct arena *a, const char *data, size_t size, const char *default_ns)
{
	/* One parser serves all documents of the process: making one costs more than parsing a chat message. */
	static XML_Parser parser;
	static unsigned long salt;
	if (size > XML_BYTES_MAX)
		return NULL;
	if (parser)
		XML_ParserReset(parser, "UTF-8");
	else
		parser = XML_ParserCreateNS("UTF-8", SEP);
	if (!parser || (!salt && RAND_bytes((unsigned char *)&salt, sizeof salt) != 1))
		return NULL;
	XML_SetHashSalt(parser, salt); /* else expat asks the kernel for one at every reset */
	struct builder b = { .parser = parser, .arena = a, .default_ns = default_ns };
	set_handlers(&b);
	if (XML_Parse(parser, data, (int)size, 1) != XML_STATUS_OK || b.broken || !b.complete)
		return NULL;
	return b.top;
}

struct xml_stream *xml_stream_new(const struct xml_stream_ops *ops, void *ctx)
{
	struct xml_stream *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->ops = ops;
	s->ctx = ctx;
	s->b.stream = s;
	s->b.parser = XML_ParserCreateNS("UTF-8", SEP);
	if (!s->b.parser) {
		free(s);
		return NULL;
	}
	set_handlers(&s->b);
	return s;
}

void xml_stream_free(struct xml_stream **sp)
{
	struct xml_stream *s = *sp;
	if (!s)
		return;
	XML_ParserFree(s->b.parser);
	arena_free(&s->b.arena);
	free(s);
	*sp = NULL;
}

/* expat holds a token back until the input has grown enough, which would leave a complete stanza undelivered;
 * switching that off for good makes a long token quadratic.  So it is switched off only when the socket is empty. */
static enum XML_Status flush_deferred(XML_Parser p)
{
#ifdef HAVE_XML_REPARSE_DEFERRAL
	XML_SetReparseDeferralEnabled(p, XML_FALSE);
	enum XML_Status r = XML_Parse(p, "", 0, 0);
	XML_SetReparseDeferralEnabled(p, XML_TRUE);
	return r;
#else
	return XML_STATUS_OK;
#endif
}

int xml_stream_feed(struct xml_stream *s, const char *data, size_t size, bool drained)
{
	/* In pieces, so that an element over the cap is refused before expat has buffered far more than it. */
	while (size > 0 && !s->b.broken) {
		size_t n = size < 16384 ? size : 16384;
		s->pending += n;
		if (XML_Parse(s->b.parser, data, (int)n, 0) != XML_STATUS_OK)
			s->b.broken = true;
		if (s->pending > XML_BYTES_MAX + 16384)
			s->b.broken = true;
		data += n;
		size -= n;
	}
	if (!s->b.broken && drained && flush_deferred(s->b.parser) != XML_STATUS_OK)
		s->b.broken = true;
	return s->b.broken ? -1 : 0;
}

bool xml_is(const struct xml_node *e, const char *ns, const char *name)
{
	return e->name && (!name || strcmp(e->name, name) == 0) && (!ns || strcmp(e->ns, ns) == 0);
}

struct xml_node *xml_child(const struct xml_node *e, const char *ns, const char *name)
{
	for (struct xml_node *c = e->first; c; c = c->next)
		if (xml_is(c, ns, name))
			return c;
	return NULL;
}

const char *xml_attr(const struct xml_node *e, const char *name)
{
	for (const struct xml_attr *a = e->attrs; a; a = a->next)
		if (a->ns[0] == '\0' && strcmp(a->name, name) == 0)
			return a->value;
	return NULL;
}

const char *xml_lang(const struct xml_node *e)
{
	for (; e; e = e->parent)
		for (const struct xml_attr *a = e->attrs; a; a = a->next)
			if (strcmp(a->name, "lang") == 0 && strcmp(a->ns, NS_XML) == 0)
				return a->value;
	return NULL;
}

struct xml_node *xml_next(const struct xml_node *n, const struct xml_node *top)
{
	if (n->first)
		return n->first;
	while (n != top && !n->next)
		n = n->parent;
	return n == top ? NULL : n->next;
}

int xml_escape(struct buf *b, const char *s, size_t size)
{
	size_t from = 0;
	int r = 0;
	for (size_t i = 0; i < size; i++) {
		const char *e;
		switch (s[i]) {
		case '&': e = "&amp;"; break;
		case '<': e = "&lt;"; break;
		case '>': e = "&gt;"; break;
		case '"': e = "&quot;"; break;
		case '\'': e = "&apos;"; break;
		case '\r': e = "&#xD;"; break; /* a parser would turn it into a newline */
		default: continue;
		}
		r |= buf_put(b, s + from, i - from) | buf_put(b, e, strlen(e));
		from = i + 1;
	}
	return r | buf_put(b, s + from, size - from);
}

/* Newlines and tabs in attribute values would come back as spaces. */
static int escape_attr(struct buf *b, const char *s, size_t size)
{
	int r = 0;
	for (size_t i = 0; i < size; i++) {
		if (s[i] == '\n')
			r |= buf_put(b, "&#xA;", 5);
		else if (s[i] == '\t')
			r |= buf_put(b, "&#x9;", 5);
		else
			r |= xml_escape(b, s + i, 1);
	}
	return r;
}

static int put_str(struct buf *b, const char *s)
{
	return buf_put(b, s, strlen(s));
}

static int put_attr(struct buf *b, const char *name, const char *value, size_t size)
{
	return put_str(b, " ") | put_str(b, name) | put_str(b, "='") | escape_attr(b, value, size) | put_str(b, "'");
}

static int write_tag(struct buf *b, const struct xml_node *e, const char *outer_ns)
{
	unsigned prefixes = 0;
	int r = put_str(b, "<") | put_str(b, e->name);
	if (strcmp(e->ns, outer_ns) != 0)
		r |= put_attr(b, "xmlns", e->ns, strlen(e->ns));
	for (const struct xml_attr *a = e->attrs; a; a = a->next) {
		char name[32] = "";
		if (a->ns[0] == '\0') {
			r |= put_attr(b, a->name, a->value, a->size);
			continue;
		}
		if (strcmp(a->ns, NS_XML) != 0) { /* prefixes of attributes are made anew: ns1:, ns2: … */
			snprintf(name, sizeof name, "xmlns:ns%u", ++prefixes);
			r |= put_attr(b, name, a->ns, strlen(a->ns));
			snprintf(name, sizeof name, "ns%u:", prefixes);
		}
		r |= put_str(b, " ") | put_str(b, name[0] ? name : "xml:") | put_str(b, a->name) | put_str(b, "='") |
		     escape_attr(b, a->value, a->size) | put_str(b, "'");
	}
	return r | put_str(b, e->first ? ">" : "/>");
}

int xml_write(struct buf *b, const struct xml_node *top, const char *default_ns)
{
	const struct xml_node *n = top;
	int r = 0;
	for (;;) { /* iterative: depth is the sender's choice */
		if (!n->name)
			r |= xml_escape(b, n->text, n->size);
		else
			r |= write_tag(b, n, n == top ? default_ns : n->parent->ns);
		if (r != 0)
			return -1;
		if (n->first) {
			n = n->first;
			continue;
		}
		while (n != top && !n->next) {
			n = n->parent;
			if (put_str(b, "</") | put_str(b, n->name) | put_str(b, ">"))
				return -1;
		}
		if (n == top)
			return 0;
		n = n->next;
	}
}
