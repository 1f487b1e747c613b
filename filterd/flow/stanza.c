#include "flow/stanza.h"

#include "base/text.h"
#include "flow/across.h"
#include "xmpp/ns.h"

#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

enum {
	TEXTS_OWN_MAX = SCAN_TEXTS_MAX - 2 - ACROSS_TEXTS_MAX, /* two more: attributes, and all texts beyond; and those across messages */
	BLOB_MAX = 512 * 1024,
};

/* Texts under construction: a growing string with its pieces. */
struct joined {
	struct buf data, pieces;
	enum text_role role;
};

struct reader {
	struct stanza *s;
	struct joined attributes, rest;
};

static void joined_init(struct joined *j, enum text_role role)
{
	buf_init(&j->data, 4 * XML_BYTES_MAX);
	buf_init(&j->pieces, (XML_NODES_MAX + 1) * sizeof(struct stanza_piece));
	j->role = role;
}

static void joined_free(struct joined *j)
{
	buf_free(&j->data);
	buf_free(&j->pieces);
}

static int join(struct joined *j, const char *text, size_t size, struct xml_node *node, struct xml_attr *attr, bool separate)
{
	if (separate && buf_left(&j->data) > 0 && buf_put(&j->data, "\n", 1) < 0)
		return -1;
	struct stanza_piece p = { .start = (uint32_t)buf_left(&j->data), .end = (uint32_t)(buf_left(&j->data) + size), .node = node, .attr = attr };
	return buf_put(&j->data, text, size) | buf_put(&j->pieces, &p, sizeof p);
}

/* A new text.  Most stanzas have a handful, so room for all that a job takes would be zeroed for nothing. */
static struct stanza_text *new_text(struct stanza *s)
{
	if (s->ntexts == s->texts_cap) {
		size_t cap = s->texts_cap ? 4 * s->texts_cap : 8;
		struct stanza_text *texts = arena_alloc(s->arena, cap * sizeof *texts);
		if (!texts)
			return NULL;
		if (s->ntexts)
			memcpy(texts, s->texts, s->ntexts * sizeof *texts);
		s->texts = texts;
		s->texts_cap = cap;
	}
	return &s->texts[s->ntexts];
}

/* The finished text becomes one of the stanza's.  Empty ones are left out. */
static int add_joined(struct stanza *s, const struct joined *j)
{
	size_t size = buf_left(&j->data), bytes = buf_left(&j->pieces);
	if (size == 0)
		return 0;
	struct stanza_text *t = new_text(s);
	if (!t)
		return -1;
	t->role = j->role;
	t->data = arena_strndup(s->arena, (const char *)buf_ptr(&j->data), size);
	t->size = (uint32_t)size;
	t->pieces = arena_alloc(s->arena, bytes);
	if (!t->data || !t->pieces)
		return -1;
	memcpy(t->pieces, buf_ptr(&j->pieces), bytes);
	t->npieces = bytes / sizeof *t->pieces;
	s->ntexts++;
	return 0;
}

/* A text of its own; beyond the most that a job takes, texts are joined: none is left out. */
static int add_text(struct reader *r, enum text_role role, struct xml_node *n)
{
	struct stanza *s = r->s;
	if (n->size == 0 || strspn(n->text, " \t\r\n") == n->size)
		return 0;
	if (s->ntexts >= TEXTS_OWN_MAX)
		return join(&r->rest, n->text, n->size, n, NULL, true);
	struct stanza_text *t = new_text(s);
	if (!t || !(t->pieces = arena_alloc(s->arena, sizeof *t->pieces)))
		return -1;
	t->role = role;
	t->data = n->text;
	t->size = (uint32_t)n->size;
	t->pieces[0] = (struct stanza_piece){ 0, (uint32_t)n->size, n, NULL };
	t->npieces = 1;
	s->ntexts++;
	return 0;
}

static bool is_block(const char *name)
{
	static const char *const names[] = { "p", "br", "div", "li", "ul", "ol", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "td" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* All text below e as one: what a client shows when it drops or renders the markup in it. */
static int add_below(struct reader *r, enum text_role role, struct xml_node *e)
{
	struct joined j;
	int result = 0;
	joined_init(&j, role);
	for (struct xml_node *n = xml_next(e, e); n && result == 0; n = xml_next(n, e)) {
		if (!n->name)
			result = join(&j, n->text, n->size, n, NULL, false);
		else if (is_block(n->name) && buf_left(&j.data) > 0)
			result = buf_put(&j.data, "\n", 1);
	}
	if (result == 0 && r->s->ntexts < TEXTS_OWN_MAX)
		result = add_joined(r->s, &j);
	else if (result == 0)
		for (struct xml_node *n = xml_next(e, e); n && result == 0; n = xml_next(n, e))
			result = n->name ? 0 : join(&r->rest, n->text, n->size, n, NULL, false);
	joined_free(&j);
	return result;
}

static bool is_one_of(const char *s, const char *const *list)
{
	while (*list && strcmp(*list, s) != 0)
		list++;
	return *list;
}

/* Nothing to read in it: servers stamp from, but let any other attribute pass as the client wrote it. */
static bool is_stamped(const struct xml_attr *a)
{
	static const char *const types[] = { "chat", "groupchat", "headline", "normal", "error", "get", "set", "result", "unavailable",
	                                     "subscribe", "subscribed", "unsubscribe", "unsubscribed", "probe", NULL };
	return a->ns[0] == '\0' && (strcmp(a->name, "from") == 0 || (strcmp(a->name, "type") == 0 && is_one_of(a->value, types)));
}

/* Attributes that are an address. */
static const struct { const char *ns, *name, *attr; } addresses[] = {
	{ NS_CLIENT, "message", "to" }, { NS_CLIENT, "message", "from" }, { NS_CLIENT, "presence", "to" }, { NS_CLIENT, "presence", "from" },
	{ NS_CLIENT, "iq", "to" }, { NS_CLIENT, "iq", "from" },
	{ NS_REPLY, "reply", "to" }, { NS_REFERENCE, "reference", "uri" }, { NS_MUC_USER, "invite", "to" }, { NS_MUC_USER, "invite", "from" },
	{ NS_MUC_USER, "decline", "to" }, { NS_MUC_USER, "item", "jid" }, { NS_MUC_ADMIN, "item", "jid" }, { NS_DIRECT_INVITE, "x", "jid" },
	{ NS_DELAY, "delay", "from" }, { NS_SID, "stanza-id", "by" }, { NS_ADDRESS, "address", "jid" },
};

static bool is_address(const struct xml_node *e, const struct xml_attr *a)
{
	if (strcmp(a->name, "uri") == 0 && strncasecmp(a->value, "xmpp:", 5) != 0) /* RFC 5122 */
		return false;
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
		if (a->ns[0] == '\0' && strcmp(a->name, addresses[i].attr) == 0 && xml_is(e, addresses[i].ns, addresses[i].name))
			return true;
	return false;
}

/* A JID looks like an e-mail address, but who is spoken to is no news: its parts are looked at, each for itself.  None of them can be masked. */
static int join_address(struct joined *j, const char *jid, size_t size)
{
	const char *end = jid + size, *slash = memchr(jid, '/', size), *at = memchr(jid, '@', slash ? (size_t)(slash - jid) : size);
	const char *cut[] = { at ? at : slash, at ? slash : NULL, end };
	for (size_t i = 0; i < 3; i++) {
		if (!cut[i])
			continue;
		if (cut[i] > jid && join(j, jid, (size_t)(cut[i] - jid), NULL, NULL, true) != 0)
			return -1;
		jid = cut[i] + 1;
	}
	return 0;
}

/* Every attribute value, joined by newlines. The stanza's own addressing can be read but not masked. */
static int add_attributes(struct reader *r, struct xml_node *e)
{
	static const char *const addressing[] = { "to", "id", "type", NULL };
	for (struct xml_attr *a = e->attrs; a; a = a->next) {
		bool fixed = e == r->s->top && a->ns[0] == '\0' && is_one_of(a->name, addressing);
		if (e == r->s->top && is_stamped(a))
			continue;
		if (a->size == 0)
			continue;
		if (is_address(e, a) ? join_address(&r->attributes, a->value, a->size)
		                     : join(&r->attributes, a->value, a->size, NULL, fixed ? NULL : a, true))
			return -1;
	}
	return 0;
}

static enum text_role role_of(const struct stanza *s, const struct xml_node *e)
{
	if (e->parent == s->top && strcmp(e->ns, NS_CLIENT) == 0) {
		if (strcmp(e->name, "body") == 0)
			return ROLE_BODY;
		if (strcmp(e->name, "subject") == 0)
			return ROLE_SUBJECT;
		if (strcmp(e->name, "status") == 0)
			return ROLE_STATUS;
	}
	if (strcmp(e->ns, NS_NICK) == 0 || strcmp(e->name, "nick") == 0 || strcmp(e->name, "name") == 0)
		return ROLE_NAME;
	return ROLE_OTHER;
}

/* Base64 in the way stanzas carry it: white space anywhere.  -1 if it is none. */
static long decode_base64(struct arena *a, const char *text, size_t size, unsigned char **out_r)
{
	char *clean = arena_alloc(a, size + 1);
	unsigned char *out = arena_alloc(a, size / 4 * 3 + 3);
	size_t n = 0;
	if (!clean || !out)
		return -1;
	for (size_t i = 0; i < size; i++)
		if (!strchr(" \t\r\n", text[i]))
			clean[n++] = text[i];
	if (n == 0 || n % 4 != 0)
		return -1;
	const char *padding = memchr(clean, '=', n); /* inside, decoders differ in what they make of it */
	if (padding && (padding < clean + n - 2 || clean[n - 1] != '='))
		return -1;
	int got = EVP_DecodeBlock(out, (const unsigned char *)clean, (int)n);
	if (got < 0)
		return -1;
	*out_r = out;
	return got - (clean[n - 1] == '=') - (clean[n - 2] == '=');
}

static bool carries_file(const struct xml_node *e)
{
	return (strcmp(e->name, "BINVAL") == 0 && strcmp(e->ns, "vcard-temp") == 0) ||           /* XEP-0054 */
	       (strcmp(e->name, "data") == 0 && strcmp(e->ns, "urn:xmpp:avatar:data") == 0) ||   /* XEP-0084 */
	       (strcmp(e->name, "data") == 0 && strcmp(e->ns, NS_BOB) == 0);
}

static void add_blob(struct stanza *s, const char *name, const char *base64, size_t base64_size)
{
	unsigned char *data;
	long size = s->nblobs == STANZA_BLOBS_MAX || base64_size > BLOB_MAX * 4 / 3 + 4 ?
	            -1 : decode_base64(s->arena, base64, base64_size, &data);
	if (size < 0) {
		s->causes |= 1u << CAUSE_UNSCANNABLE;
		return;
	}
	s->blobs[s->nblobs++] = (struct stanza_blob){ name, data, (size_t)size };
}

static void add_blob_of(struct stanza *s, const struct xml_node *e)
{
	const struct xml_node *text = e->first;
	if (text && (text->name || text->next))
		s->causes |= 1u << CAUSE_UNSCANNABLE;
	else if (text)
		add_blob(s, e->name, text->text, text->size);
}

/* A file in the address itself (RFC 2397): XEP-0292 photos, pictures in XHTML-IM. */
static void look_for_data_uri(struct stanza *s, const char *name, const char *text, size_t size)
{
	static const char mark[] = ";base64";
	while (size > 0 && strchr(" \t\r\n", *text))
		text++, size--;
	if (size < 5 || strncasecmp(text, "data:", 5) != 0)
		return;
	const char *comma = memchr(text, ',', size);
	size_t head = comma ? (size_t)(comma - text) : 0, rest = size - head - 1;
	if (!comma || head != strcspn(text, ", \t\r\n"))
		return;
	if (head >= 5 + sizeof mark - 1 && strncasecmp(comma - (sizeof mark - 1), mark, sizeof mark - 1) == 0)
		add_blob(s, name, comma + 1, rest);
	else if (memchr(comma, '%', rest + 1))
		s->causes |= 1u << CAUSE_UNSCANNABLE; /* bytes in another spelling */
}

/* Content that only its recipient can read, or that will come by a way which passes nobody who can scan it. */
static void look_for_unreadable(struct stanza *s, const struct xml_node *e)
{
	/* at any depth: a forwarded message (XEP-0297) is read by its receiver as one that came by itself */
	static const char *const sealed[] = { NS_OMEMO, NS_OMEMO_OLD, NS_OPENPGP, NS_PGP_ENCRYPTED, NS_E2E, NS_EME, NULL };
	static const char *const names[] = { "encrypted", "openpgp", "x", "e2e", "encryption", NULL };
	const char *local = e->name;
	if (is_one_of(local, names) && is_one_of(e->ns, sealed))
		s->causes |= 1u << CAUSE_ENCRYPTED;
	if (strcmp(e->ns, NS_IBB) == 0 && (strcmp(local, "open") == 0 || strcmp(local, "data") == 0))
		s->file_offer = true;
	if (strcmp(e->ns, NS_SI) == 0 && strcmp(local, "si") == 0)
		s->file_offer = true;
	if (strcmp(e->ns, NS_BYTESTREAMS) == 0 && strcmp(local, "query") == 0 && strcmp(s->type, "set") == 0)
		s->file_offer = true;
	if (strncmp(e->ns, NS_JINGLE_FT_PREFIX, sizeof NS_JINGLE_FT_PREFIX - 1) == 0 && strcmp(local, "description") == 0)
		s->file_offer = true;
	if (carries_file(e))
		add_blob_of(s, e);
	else if (e->first && !e->first->name && role_of(s, e) == ROLE_OTHER)
		look_for_data_uri(s, local, e->first->text, e->first->size);
	for (const struct xml_attr *a = e->attrs; a; a = a->next)
		look_for_data_uri(s, local, a->value, a->size);
}

/* libotr takes a message for one of its own wherever in it the tag stands; "?OTR?" at the start asks for a session. */
static bool has_otr(const char *p, const char *end)
{
	if (end - p >= 4 && memcmp(p, "?OTR", 4) == 0)
		return true;
	while ((p = memmem(p, (size_t)(end - p), "?OTR", 4))) {
		p += 4;
		if (p < end && strchr(":,|", *p))
			return true;
	}
	return false;
}

static bool has_scheme(const char *p, const char *end, const char *scheme)
{
	size_t n = strlen(scheme);
	for (const char *start = p; (p = memmem(p, (size_t)(end - p), "://", 3)); p += 3)
		if ((size_t)(p - start) >= n && strncasecmp(p - n, scheme, n) == 0)
			return true;
	return false;
}

static void look_into_text(struct stanza *s, const struct stanza_text *t)
{
	static const char pgp[] = "-----BEGIN PGP MESSAGE-----"; /* RFC 4880 section 6.2 */
	const char *end = t->data + t->size;
	if (has_otr(t->data, end) || has_scheme(t->data, end, "aesgcm") /* XEP-0454: the file behind it is encrypted */ ||
	    memmem(t->data, t->size, pgp, sizeof pgp - 1))
		s->causes |= 1u << CAUSE_ENCRYPTED;
}

static int collect(struct reader *r)
{
	struct stanza *s = r->s;
	if (add_attributes(r, s->top) < 0)
		return -1;
	for (struct xml_node *n = xml_next(s->top, s->top); n; n = xml_next(n, s->top)) {
		if (!n->name) {
			const struct xml_node *e = n->parent;
			enum text_role role = role_of(s, e);
			/* a body is read as one below, if markup splits it */
			if (!carries_file(e) && add_text(r, role, n) < 0)
				return -1;
			continue;
		}
		if (add_attributes(r, n) < 0)
			return -1;
		look_for_unreadable(s, n);
		bool split = n->first && (n->first->next || n->first->name);
		if (n->parent == s->top && split && (role_of(s, n) == ROLE_BODY || role_of(s, n) == ROLE_SUBJECT) && add_below(r, role_of(s, n), n) < 0)
			return -1;
		if (xml_is(n, NS_XHTML, "body") && split && add_below(r, ROLE_XHTML, n) < 0)
			return -1;
	}
	if (add_joined(s, &r->attributes) < 0 || add_joined(s, &r->rest) < 0)
		return -1;
	for (size_t i = 0; i < s->ntexts; i++)
		look_into_text(s, &s->texts[i]);
	if (s->file_offer)
		s->causes |= 1u << CAUSE_UNSCANNABLE;
	return 0;
}

static enum channel_kind channel_of(const struct stanza *s)
{
	if (strcmp(s->top->name, "presence") == 0)
		return CHANNEL_PRESENCE;
	if (strcmp(s->top->name, "iq") == 0)
		return CHANNEL_IQ;
	return strcmp(s->type, "chat") == 0 ? CHANNEL_CHAT : strcmp(s->type, "groupchat") == 0 ? CHANNEL_GROUPCHAT :
	       strcmp(s->type, "headline") == 0 ? CHANNEL_HEADLINE : CHANNEL_NORMAL;
}

static bool is_broadcast(const struct stanza *s)
{
	if (s->channel == CHANNEL_PRESENCE)
		return s->to[0] == '\0';
	if (s->channel != CHANNEL_IQ || strcmp(s->type, "set") != 0)
		return false;
	return xml_child(s->top, NS_PUBSUB, "pubsub") || xml_child(s->top, "vcard-temp", "vCard") ||
	       xml_child(s->top, "urn:ietf:params:xml:ns:vcard-4.0", "vcard");
}

static const char *attr_or_empty(const struct xml_node *e, const char *name)
{
	const char *v = xml_attr(e, name);
	return v ? v : "";
}

int stanza_read(struct arena *a, const char *data, size_t size, struct stanza *s_r)
{
	struct stanza s = { .arena = a };
	s.top = xml_parse(a, data, size, NS_CLIENT);
	if (!s.top || strcmp(s.top->ns, NS_CLIENT) != 0 ||
	    (strcmp(s.top->name, "message") != 0 && strcmp(s.top->name, "presence") != 0 && strcmp(s.top->name, "iq") != 0))
		return -1;
	s.from = attr_or_empty(s.top, "from");
	s.to = attr_or_empty(s.top, "to");
	s.type = attr_or_empty(s.top, "type");
	s.id = attr_or_empty(s.top, "id");
	s.channel = channel_of(&s);
	s.lang = xml_lang(s.top);
	if (!s.lang && xml_child(s.top, NS_CLIENT, "body"))
		s.lang = xml_lang(xml_child(s.top, NS_CLIENT, "body"));
	s.answerable = strcmp(s.type, "error") != 0 && strcmp(s.type, "result") != 0 && !(s.channel == CHANNEL_PRESENCE && s.to[0] == '\0');
	s.broadcast = is_broadcast(&s);
	s.correction = xml_child(s.top, NS_CORRECT, "replace") != NULL;
	struct reader r = { .s = &s };
	joined_init(&r.attributes, ROLE_ATTRIBUTE);
	joined_init(&r.rest, ROLE_OTHER);
	int result = collect(&r);
	joined_free(&r.attributes);
	joined_free(&r.rest);
	if (result < 0)
		return -1;
	*s_r = s;
	return 0;
}

int stanza_write(struct buf *b, const struct stanza *s)
{
	return xml_write(b, s->top, NS_CLIENT);
}
