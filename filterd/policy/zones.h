/* Zones: named sets of domains.  What no zone names is "public". */
#ifndef FILTERD_POLICY_ZONES_H
#define FILTERD_POLICY_ZONES_H

#include "conf/conf.h"

#include <stdbool.h>
#include <stddef.h>

#define ZONE_PUBLIC "public"

/* The zone of a domain: an exact name wins over "*.suffix", the longer suffix over the shorter.
 * Never NULL; belongs to conf. */
const char *zone_of(const struct conf *conf, const char *domain, size_t domain_len);
/* The same for a JID; an address without a domain is in "public". */
const char *zone_of_jid(const struct conf *conf, const char *jid, size_t size);
/* Whether the zone is the organisation's own (zones.own). */
bool zone_is_own(const struct conf *conf, const char *zone);
/* The zone configured for a room's bare address; NULL if there is none. */
const char *zone_of_room(const struct conf *conf, const char *room, size_t size);
/* The policy row for this pair: the first that fits; the last row fits all. */
const struct conf_policy *zone_policy(const struct conf *conf, const char *from, const char *to);

#endif
