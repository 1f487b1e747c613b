#include "flow/notice.h"

#include "xmpp/ns.h"
#include "xmpp/xml.h"

#include <string.h>

/* Condition and type of the stanza error: whether it makes sense to try again, or to change something. */
struct condition {
	const char *name, *type;
};

static struct condition condition_of(const struct decision *d)
{
	switch (d->denial) {
	case DENY_TALK:
	case DENY_FILES:
		return (struct condition){ "forbidden", "auth" };
	case DENY_FILE_SIZE:
		return (struct condition){ "not-acceptable", "modify" };
	case DENY_TLS:
	case DENY_PEER_CERT:
		return (struct condition){ "not-authorized", "auth" };
	case DENY_NOTHING:
		break;
	}
	switch (d->cause) {
	case CAUSE_SCANNER_DOWN:
	case CAUSE_TIMEOUT:
	case CAUSE_RELOADING:
	case CAUSE_NO_SPACE:
		return (struct condition){ "resource-constraint", "wait" };
	default:
		return (struct condition){ "policy-violation", "modify" };
	}
}

static int put(struct buf *b, const char *s)
{
	return buf_put(b, s, strlen(s));
}

static int put_escaped(struct buf *b, const char *s)
{
	return xml_escape(b, s, strlen(s));
}

static int put_sentence(struct buf *b, const struct decision *d, const char *lang, const char *fallback, const char *ref)
{
	int r = put_escaped(b, notice_text(d, lang, fallback));
	if (d->action == ACTION_QUARANTINE && d->rule)
		r |= put(b, " (Held for review.)");
	if (ref[0])
		r |= put(b, " [") | put_escaped(b, ref) | put(b, "]");
	return r;
}

int notice_error(struct buf *b, const struct decision *d, const char *by, const char *lang, const char *fallback, const char *ref)
{
	struct condition c = condition_of(d);
	int r = put(b, "<error type='") | put(b, c.type) | put(b, "' by='") | put_escaped(b, by) | put(b, "'><") | put(b, c.name) |
	        put(b, " xmlns='" NS_STANZAS "'/><text xmlns='" NS_STANZAS "'>") | put_sentence(b, d, lang, fallback, ref) | put(b, "</text>");
	if (ref[0])
		r |= put(b, "<incident xmlns='" NS_NOTICE "' reference='") | put_escaped(b, ref) | put(b, "'/>");
	return r | put(b, "</error>");
}

int notice_delivered(struct buf *b, const struct decision *d, const char *from, const char *to, const char *lang, const char *fallback, const char *ref)
{
	return put(b, "<message type='headline' from='") | put_escaped(b, from) | put(b, "' to='") | put_escaped(b, to) | put(b, "'><body>") |
	       put_sentence(b, d, lang, fallback, ref) | put(b, "</body><incident xmlns='" NS_NOTICE "' reference='") | put_escaped(b, ref) |
	       put(b, "'/><no-store xmlns='urn:xmpp:hints'/></message>");
}

void notice_send(struct broker *b, size_t link, const struct decision *d, const char *to, const char *lang, const char *fallback, const char *ref)
{
	struct buf out;
	buf_init(&out, 64 << 10);
	if (notice_delivered(&out, d, link_conf(b->links[link])->domain, to, lang, fallback, ref) == 0)
		(void)link_send(b->links[link], buf_ptr(&out), buf_left(&out));
	buf_free(&out);
}
