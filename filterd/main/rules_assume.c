#include "main/rules_assume.h"

#include "policy/zones.h"

#include <stdio.h>
#include <string.h>

/* Without a configuration: the one zone that is the organisation's own by its name. */
static const char plain[] = "links = ( { domain = \"filter.invalid\"; secret_file = \"/nonexistent\"; } );\n"
                            "zones = ( { name = \"internal\"; domains = [ \"internal.invalid\" ]; } );\n";

static int wrong(const char *option, const char *value, const char *why)
{
	fprintf(stderr, "filterctl: --%s %.200s: %s\n", option, value, why);
	return -1;
}

static int take_conf(const struct rules_options *o, struct assumed *a)
{
	struct bundle b = { 0 };
	struct cfgerr err = { 0 };
	a->conf = o->ctl->conf;
	a->configured = a->conf != NULL;
	if (a->configured)
		return 0;
	int r = bundle_add_data(&b, BUNDLE_CONFIG, "assumed", plain, sizeof plain - 1);
	if (r == 0)
		r = conf_parse(&b, &a->own, &err);
	bundle_free(&b);
	a->conf = a->own;
	if (r < 0)
		fputs("filterctl: out of memory\n", stderr);
	return r;
}

static bool zone_known(const struct conf *c, const char *name)
{
	bool known = strcmp(name, ZONE_PUBLIC) == 0;
	for (size_t i = 0; !known && i < c->nzones; i++)
		known = strcmp(c->zones[i].name, name) == 0;
	return known;
}

/* The organisation's own zone, or the one that is everybody else's. */
static const char *zone_on(const struct assumed *a, bool own)
{
	for (size_t i = 0; own && i < a->conf->nzones; i++)
		if (a->conf->zones[i].own)
			return a->conf->zones[i].name;
	return own ? "internal" : ZONE_PUBLIC;
}

/* A zone's name, or an address, of which the configuration knows the zone. */
static int read_place(const struct assumed *a, const char *option, const char *value, bool own, const char **zone_r, const char **jid_r)
{
	if (strchr(value, '@')) {
		*jid_r = value;
		*zone_r = a->configured ? zone_of_jid(a->conf, value, strlen(value)) : zone_on(a, own);
		return 0;
	}
	if (a->configured && !zone_known(a->conf, value)) {
		char names[400] = ZONE_PUBLIC;
		for (size_t i = 0, n = strlen(names); i < a->conf->nzones && n < sizeof names; i++)
			n += (size_t)snprintf(names + n, sizeof names - n, ", %s", a->conf->zones[i].name);
		fprintf(stderr, "filterctl: --%s %.200s: there is no such zone in %s, which has %s; an address has an @\n", option, value, a->conf->path,
		        names);
		return -1;
	}
	*zone_r = value;
	return 0;
}

static int add_zone(struct assumed *a, const char *zone)
{
	for (size_t i = 0; i < a->is.nto; i++)
		if (strcmp(a->zones[i], zone) == 0)
			return 0;
	a->zones[a->is.nto++] = zone;
	return 0;
}

static int read_channel(const char *name, struct assumed *a)
{
	a->channel = CHANNEL_CHAT;
	if (!name)
		name = "chat";
	a->correction = strcmp(name, channel_kind_name(CHANNEL_CORRECTION)) == 0;
	if (a->correction) {
		a->is.channels = 1u << CHANNEL_CHAT | 1u << CHANNEL_CORRECTION;
		return 0;
	}
	int k = 0;
	while (k < CHANNEL_FILE && strcmp(channel_kind_name((enum channel_kind)k), name) != 0)
		k++;
	if (k == CHANNEL_FILE)
		return wrong("channel", name, "it is one of chat, groupchat, normal, headline, presence, iq, upload, correction");
	a->channel = (enum channel_kind)k;
	a->is.channels = 1u << k | (k == CHANNEL_UPLOAD ? 1u << CHANNEL_FILE : 0);
	return 0;
}

/* Whose ends are own, as the option's word says; -1: no such word. */
static int read_direction(const char *name, bool *from_own_r, bool *to_own_r)
{
	for (int k = 0; k < 4; k++) {
		*from_own_r = k & 2;
		*to_own_r = k & 1;
		if (strcmp(direction_name(*from_own_r, *to_own_r), name) == 0)
			return 0;
	}
	return wrong("direction", name, "it is one of outgoing, incoming, internal, external");
}

static int take_places(const struct rules_options *o, struct assumed *a)
{
	bool from_own = true, to_own = false;
	if (o->direction && read_direction(o->direction, &from_own, &to_own) < 0)
		return -1;
	a->is.from = zone_on(a, from_own);
	if (o->from && read_place(a, "from", o->from, from_own, &a->is.from, &a->is.sender) < 0)
		return -1;
	for (size_t i = 0; i < o->nto; i++) {
		const char *zone = NULL;
		if (read_place(a, "to", o->to[i], to_own, &zone, &a->is.recipient) < 0 || add_zone(a, zone) < 0)
			return -1;
	}
	/* what everybody can fetch or see counts as sent everywhere */
	if (o->nto == 0 && !o->direction && (a->channel == CHANNEL_UPLOAD || a->channel == CHANNEL_PRESENCE))
		for (size_t i = 0; i < a->conf->nzones; i++)
			add_zone(a, a->conf->zones[i].name);
	if (a->is.nto == 0 || (o->nto == 0 && !to_own))
		add_zone(a, zone_on(a, to_own));
	for (size_t i = 0; o->direction && i < a->is.nto; i++)
		if (strcmp(direction_name(zone_is_own(a->conf, a->is.from), zone_is_own(a->conf, a->is.to[i])), o->direction) != 0)
			return wrong("direction", o->direction, "that is not how --from and --to lie; of these three, give what you need");
	return 0;
}

int assume(const struct rules_options *o, struct assumed *a_r)
{
	*a_r = (struct assumed){ 0 };
	a_r->is = (struct when_facts){ .to = a_r->zones, .sender = "", .recipient = "" };
	if (take_conf(o, a_r) < 0 || read_channel(o->channel, a_r) < 0)
		goto failed;
	a_r->is.conf = a_r->conf;
	if (take_places(o, a_r) == 0)
		return 0;
failed:
	assumed_free(a_r);
	return -1;
}

const char *assumed_direction(const struct assumed *a)
{
	const char *direction = NULL;
	for (size_t i = 0; i < a->is.nto; i++) {
		const char *this = direction_name(zone_is_own(a->conf, a->is.from), zone_is_own(a->conf, a->is.to[i]));
		if (direction && strcmp(direction, this) != 0)
			return "";
		direction = this;
	}
	return direction ? direction : "";
}

void assumed_free(struct assumed *a)
{
	conf_free(&a->own);
}
