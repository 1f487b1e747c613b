#include "conf/check.h"

#include "base/nearest.h"
#include "base/text.h"
#include "model/pattern.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct check {
	const struct conf *conf;
	conf_line_fn *line;
	const void *ctx;
	struct cfgerr *err;
};

#define REFUSE(k, section, item, ...)                                                                                  \
	cfgerr_set((k)->err, (k)->conf->path, (k)->line((k)->ctx, section, item), __VA_ARGS__)

static int check_links(const struct check *k)
{
	const struct conf *c = k->conf;
	int uploads = 0;
	if (c->nlinks == 0)
		return REFUSE(k, "links", -1,
		              "links: at least one component link is needed, such as links = ( { domain = "
		              "\"filter.example.org\"; secret_file = \"…\"; } )");
	for (size_t i = 0; i < c->nlinks; i++) {
		const struct conf_link *l = &c->links[i];
		for (size_t j = 0; j < i; j++)
			if (strcmp(c->links[j].domain, l->domain) == 0)
				return REFUSE(k, "links", (int)i, "links.domain: \"%s\" is there twice", l->domain);
		if (l->serves == LINK_UPLOAD && l->guards.count)
			return REFUSE(k, "links", (int)i,
			              "links.guards: only a link that serves \"filter\" can guard hosts");
		uploads += l->serves == LINK_UPLOAD;
	}
	if (uploads > 1)
		return REFUSE(k, "links", -1, "links.serves: only one link can serve \"upload\"");
	if (uploads && !*c->upload.listen)
		return REFUSE(k, "upload", -1, "upload.listen: must be given, because a link serves \"upload\"");
	return 0;
}

/* Certificate and key come together. */
static int check_pair(const struct check *k, const char *section, const char *certificate, const char *key)
{
	if (!*certificate == !*key)
		return 0;
	return REFUSE(k, section, -1, "%s.%s: must be given together with %s.%s", section, *key ? "certificate" : "key",
	              section, *key ? "key" : "certificate");
}

static int check_address(const struct check *k, const char *section, const char *listen)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST };
	struct addrinfo *found = NULL;
	if (!*listen)
		return 0;
	if (getaddrinfo(listen, NULL, &hints, &found) != 0)
		return REFUSE(k, section, -1, "%s.listen: \"%s\" is no IP address", section, listen);
	freeaddrinfo(found);
	return 0;
}

static int check_listeners(const struct check *k)
{
	const struct conf_inspect *in = &k->conf->inspect;
	const struct conf_upload *up = &k->conf->upload;
	if (check_pair(k, "inspect", in->certificate, in->key) < 0 ||
	    check_pair(k, "upload", up->certificate, up->key) < 0)
		return -1;
	if (*in->listen && !*in->certificate)
		return REFUSE(k, "inspect", -1,
		              "inspect.certificate: must be given, because inspect.listen is (channels between "
		              "machines are always encrypted)");
	if (!*in->listen && !*in->socket)
		return REFUSE(k, "inspect", -1,
		              "inspect: give a socket, or listen with a certificate and key; connectors can't attach "
		              "otherwise");
	if (check_address(k, "inspect", in->listen) < 0 || check_address(k, "upload", up->listen) < 0)
		return -1;
	if (!*up->listen)
		return 0;
	if (strncmp(up->url, "https://", 8) != 0 && strncmp(up->url, "http://", 7) != 0)
		return REFUSE(k, "upload", -1, "upload.url: must be given and begin with https:// or http://");
	if (strpbrk(up->url, " \t\r\n\"<>?#"))
		return REFUSE(k, "upload", -1, "upload.url: must not hold spaces, quotes, '<', '>', '?' or '#'");
	if (up->size_max > up->quota)
		return REFUSE(k, "upload", -1,
		              "upload.size_max: is larger than upload.quota, so that such a file could never be taken");
	return 0;
}

static int check_syslog(const struct check *k)
{
	const char *t = k->conf->syslog.target;
	if (strcmp(t, "none") == 0 || (strncmp(t, "unix:/", 6) == 0 && strlen(t) < 5 + 108))
		return 0;
	if (strncmp(t, "udp:", 4) == 0 || strncmp(t, "tcp:", 4) == 0 || strncmp(t, "tls:", 4) == 0) {
		const char *port = strrchr(t, ':');
		char *rest;
		if (port > t + 4) {
			unsigned long n = strtoul(port + 1, &rest, 10);
			if (rest > port + 1 && !*rest && n >= 1 && n <= 65535)
				return 0;
		}
	}
	return REFUSE(k, "syslog", -1,
	              "syslog.target: must be unix:PATH, udp:HOST:PORT, tcp:HOST:PORT, tls:HOST:PORT or none");
}

static int check_zones(const struct check *k)
{
	const struct conf *c = k->conf;
	for (size_t i = 0; i < c->nzones; i++) {
		const struct conf_zone *z = &c->zones[i];
		if (strcmp(z->name, "public") == 0 || strcmp(z->name, "*") == 0)
			return REFUSE(k, "zones", (int)i,
			              "zones.name: \"%s\" can't be defined; it is what no other zone names", z->name);
		for (size_t j = 0; j <= i; j++) {
			const struct conf_zone *other = &c->zones[j];
			if (j < i && strcmp(other->name, z->name) == 0)
				return REFUSE(k, "zones", (int)i, "zones.name: \"%s\" is there twice", z->name);
			for (size_t a = 0; a < z->domains.count; a++)
				for (size_t b = 0; b < (j < i ? other->domains.count : a); b++)
					if (strcmp(z->domains.item[a], other->domains.item[b]) == 0)
						return REFUSE(k, "zones", (int)i,
						              "zones.domains: \"%s\" is there twice",
						              z->domains.item[a]);
		}
	}
	return 0;
}

static int check_groups(const struct check *k)
{
	const struct conf *c = k->conf;
	for (size_t i = 0; i < c->ngroups; i++) {
		const struct conf_group *g = &c->groups[i];
		for (size_t j = 0; j < i; j++)
			if (strcmp(c->groups[j].name, g->name) == 0)
				return REFUSE(k, "groups", (int)i, "groups.name: \"%s\" is there twice", g->name);
		for (size_t j = 0; j < g->users.count; j++)
			if (!pattern_jid_is_good(g->users.item[j]))
				return REFUSE(k, "groups", (int)i,
				              "groups.users: \"%s\" is no bare JID, such as user@example.org or *@example.org",
				              g->users.item[j]);
	}
	return 0;
}

static int zone_exists(const struct conf *c, const char *name)
{
	if (strcmp(name, "*") == 0 || strcmp(name, "public") == 0)
		return 1;
	for (size_t i = 0; i < c->nzones; i++)
		if (strcmp(c->zones[i].name, name) == 0)
			return 1;
	return 0;
}

static int refuse_zone(const struct check *k, const char *section, size_t item, const char *key, const char *name)
{
	struct nearest near = { .word = name };
	char question[NEAREST_SIZE];
	nearest_try(&near, "public");
	for (size_t i = 0; i < k->conf->nzones; i++)
		nearest_try(&near, k->conf->zones[i].name);
	return REFUSE(k, section, (int)item, "%s.%s: there is no zone \"%s\"%s", section, key, name, nearest_question(&near, question, sizeof question));
}

/* Whatever fits the one fits the other, as far as can be told: '?' fits a '*' no further than its first character. */
static bool hides(const char *first, const char *pattern)
{
	return text_glob(first, pattern, strlen(pattern)) && !(strchr(first, '?') && strchr(pattern, '*'));
}

static int check_rooms(const struct check *k)
{
	const struct conf *c = k->conf;
	for (size_t i = 0; i < c->nrooms; i++) {
		const struct conf_room *r = &c->rooms[i];
		const char *at = strchr(r->room, '@');
		if (!at || at == r->room || !at[1] || strchr(r->room, '/'))
			return REFUSE(k, "rooms", (int)i,
			              "rooms.room: \"%s\" is no room's address, such as \"board@rooms.example.org\" or "
			              "\"*@rooms.example.org\"",
			              r->room);
		if (strcmp(r->zone, "*") == 0 || !zone_exists(c, r->zone))
			return refuse_zone(k, "rooms", i, "zone", r->zone);
		for (size_t j = 0; j < i; j++)
			if (hides(c->rooms[j].room, r->room))
				return REFUSE(k, "rooms", (int)i,
				              "rooms: this entry can never count, because \"%s\" before it always fits first",
				              c->rooms[j].room);
	}
	return 0;
}

static int check_policies(const struct check *k)
{
	const struct conf *c = k->conf;
	for (size_t i = 0; i < c->npolicies; i++) {
		const struct conf_policy *p = &c->policies[i];
		if (!zone_exists(c, p->from))
			return refuse_zone(k, "policy", i, "from", p->from);
		if (!zone_exists(c, p->to))
			return refuse_zone(k, "policy", i, "to", p->to);
		for (size_t j = 0; j < i; j++) {
			const struct conf_policy *q = &c->policies[j];
			int shadowed = (strcmp(q->from, "*") == 0 || strcmp(q->from, p->from) == 0) &&
			               (strcmp(q->to, "*") == 0 || strcmp(q->to, p->to) == 0);
			if (shadowed)
				return REFUSE(k, "policy", (int)i,
				              "policy: this row can never count, because the row (\"%s\", \"%s\") "
				              "before it always fits first",
				              q->from, q->to);
		}
	}
	return 0;
}

int conf_check(const struct conf *c, conf_line_fn *line, const void *ctx, struct cfgerr *err)
{
	const struct check k = { c, line, ctx, err };
	if (check_links(&k) < 0 || check_listeners(&k) < 0 || check_syslog(&k) < 0 || check_zones(&k) < 0 ||
	    check_rooms(&k) < 0 || check_groups(&k) < 0 || check_policies(&k) < 0)
		return -1;
	return 0;
}
