#include "policy/zones.h"

#include "base/text.h"
#include "model/jid.h"

#include <string.h>
#include <strings.h>

const char *zone_of(const struct conf *conf, const char *domain, size_t domain_len)
{
	const char *best = ZONE_PUBLIC;
	size_t best_len = 0;
	for (size_t z = 0; z < conf->nzones; z++) {
		for (size_t d = 0; d < conf->zones[z].domains.count; d++) {
			const char *pattern = conf->zones[z].domains.item[d];
			size_t len = strlen(pattern);
			if (len == domain_len && strncasecmp(pattern, domain, len) == 0)
				return conf->zones[z].name;
			if (strncmp(pattern, "*.", 2) == 0 && len > best_len && jid_domain_is(domain, domain_len, pattern + 2)) {
				best = conf->zones[z].name;
				best_len = len;
			}
		}
	}
	return best;
}

const char *zone_of_jid(const struct conf *conf, const char *jid, size_t size)
{
	struct jid j;
	if (jid_parse(jid, size, &j) < 0)
		return ZONE_PUBLIC;
	return zone_of(conf, j.domain, j.domain_len);
}

bool zone_is_own(const struct conf *conf, const char *zone)
{
	for (size_t i = 0; i < conf->nzones; i++)
		if (strcmp(conf->zones[i].name, zone) == 0)
			return conf->zones[i].own;
	return false;
}

const char *zone_of_room(const struct conf *conf, const char *room, size_t size)
{
	for (size_t i = 0; i < conf->nrooms; i++)
		if (text_glob(conf->rooms[i].room, room, size))
			return conf->rooms[i].zone;
	return NULL;
}

const struct conf_policy *zone_policy(const struct conf *conf, const char *from, const char *to)
{
	for (size_t i = 0; i + 1 < conf->npolicies; i++) {
		const struct conf_policy *p = &conf->policies[i];
		if ((strcmp(p->from, "*") == 0 || strcmp(p->from, from) == 0) && (strcmp(p->to, "*") == 0 || strcmp(p->to, to) == 0))
			return p;
	}
	return &conf->policies[conf->npolicies - 1];
}
