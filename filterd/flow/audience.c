#include "flow/audience.h"

#include "ipc/inspect_wire.h"
#include "model/jid.h"
#include "policy/zones.h"
#include "xmpp/ns.h"
#include "xmpp/rooms.h"

#include <string.h>
#include <strings.h>

enum { JOINED_MAX = 256 };   /* rooms elsewhere that one session joins; it may join more, but with less memory */

struct address {
	const char *text;
	size_t bare;             /* of it, without the resource */
};

static void add_everybody(const struct conf *conf, struct audience *a)
{
	a->nzones = broker_all_zones(conf, a->zones);
	a->everybody = true;
}

static void add_zone(const struct conf *conf, struct audience *a, const char *zone)
{
	for (size_t i = 0; i < a->nzones; i++)
		if (strcmp(a->zones[i], zone) == 0)
			return;
	a->zones[a->nzones++] = zone; /* each zone of conf and public once: there is room */
}

/* The hosts that filterd guards are those of users. */
static bool is_users_host(const struct broker *b, const char *jid, size_t size)
{
	struct jid j;
	if (jid_parse(jid, size, &j) < 0)
		return false;
	for (size_t l = 0; l < b->nlinks; l++) {
		const struct conf_strings *guards = &link_conf(b->links[l])->guards;
		for (size_t i = 0; i < guards->count; i++)
			if (strlen(guards->item[i]) == j.domain_len && strncasecmp(guards->item[i], j.domain, j.domain_len) == 0)
				return true;
	}
	return false;
}

/* Joining such a room (XEP-0045 section 7.2.2) makes it known as one for the rest of the session: not every client marks its
 * private messages. */
static bool has_joined(struct session *s, const struct stanza *st, const struct address *to)
{
	struct buf nothing;
	if (s->joined && rooms_find(s->joined, to->text, to->bare, &nothing) == 0)
		return true;
	if (st->channel != CHANNEL_PRESENCE || !xml_child(st->top, NS_MUC, "x"))
		return false;
	if (!s->joined)
		s->joined = rooms_new();
	if (s->joined && rooms_count(s->joined) < JOINED_MAX)
		rooms_set(s->joined, to->text, to->bare, "", 0);
	return true;
}

/* To a room that no connector knows?  Users send groupchat to rooms only, and to the room itself; what rooms send goes to
 * full addresses.  XEP-0045 marks what else is said within a room (7.5) or through it (7.8.2). */
static bool is_to_unknown_room(const struct broker *b, struct session *s, const struct stanza *st, const struct address *to)
{
	if (is_users_host(b, to->text, to->bare))
		return false;
	if (has_joined(s, st, to))
		return true;
	if (st->channel == CHANNEL_GROUPCHAT)
		return s->origin == INSPECT_C2S || !to->text[to->bare];
	if (st->channel == CHANNEL_IQ)
		return xml_child(st->top, NS_MUC_OWNER, "query") || xml_child(st->top, NS_MUC_ADMIN, "query");
	return xml_child(st->top, NS_MUC_USER, "x");
}

/* Whom an invitation or its refusal (XEP-0045 section 7.8.2) is for: the room passes it on. */
static void add_invited(const struct conf *conf, const struct stanza *st, struct audience *a)
{
	for (const struct xml_node *x = st->top->first; x; x = x->next) {
		if (!x->name || !xml_is(x, NS_MUC_USER, "x"))
			continue;
		for (const struct xml_node *e = x->first; e; e = e->next) {
			const char *invited = e->name ? xml_attr(e, "to") : NULL;
			if (invited)
				add_zone(conf, a, zone_of_jid(conf, invited, strlen(invited)));
		}
	}
}

static void add_occupants(const struct conf *conf, struct buf *domains, struct audience *a)
{
	const char *domain;
	size_t size;
	while (inspect_next_domain(domains, &domain, &size))
		add_zone(conf, a, zone_of_jid(conf, domain, size));
}

void audience_of(const struct broker *b, const struct conf *conf, struct session *s, const struct stanza *st,
                 const char *from, struct audience *a_r)
{
	*a_r = (struct audience){ 0 };
	if (!st || st->broadcast) {
		add_everybody(conf, a_r);
		return;
	}
	struct address to = { st->to[0] ? st->to : from, 0 };
	to.bare = jid_bare_len(to.text, strlen(to.text));
	struct buf domains;
	const char *configured = zone_of_room(conf, to.text, to.bare);
	bool known = s->channel && rooms_find(channel_rooms(s->channel), to.text, to.bare, &domains) == 0;
	if (!known && (configured || is_to_unknown_room(b, s, st, &to))) {
		add_everybody(conf, a_r);
		return;
	}
	if (known)
		add_occupants(conf, &domains, a_r);
	if (configured)
		add_zone(conf, a_r, configured);
	if (known)
		add_invited(conf, st, a_r);
	if (a_r->nzones == 0)
		add_zone(conf, a_r, zone_of_jid(conf, to.text, to.bare));
}
