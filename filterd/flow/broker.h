/* The broker: what its parts share.  main/broker.c makes it, the pipelines (message.h, file.h) work with it. */
#ifndef FILTERD_FLOW_BROKER_H
#define FILTERD_FLOW_BROKER_H

#include "audit/recorder_client.h"
#include "audit/report.h"
#include "conf/conf.h"
#include "flow/drip.h"
#include "flow/generation.h"
#include "flow/pool.h"
#include "flow/recent.h"
#include "flow/value.h"
#include "http/upload.h"
#include "model/event.h"
#include "xmpp/channel.h"
#include "xmpp/link.h"

#include <event2/event.h>
#include <stddef.h>
#include <stdint.h>

enum { BROKER_LINKS_MAX = 64 };

struct broker_counters {
	uint64_t inspected, delivered, redacted, quarantined, blocked, files_clean, files_refused, failed;
};

struct broker {
	struct event_base *base;
	const struct conf *conf;            /* of the start: what needs a restart to change */
	struct generation *g;               /* serving, or the last one that did; NULL before the first */
	struct pool *pool;
	struct drip *drip;                  /* counts over time, for rules */
	struct recent *recent;              /* what senders wrote last */
	struct channels *channels;
	struct link *links[BROKER_LINKS_MAX];
	size_t nlinks;
	struct upload_service *uploads;     /* NULL if none is configured */
	struct report *report;
	struct recorder *recorder;
	unsigned char hash_key[VALUE_KEY]; /* of the words for what was found */
	struct broker_counters counters;
	uint64_t started_ms;
	unsigned items;                     /* stanzas under way */
	size_t item_bytes;                  /* of them, with what is made of each */
};

/* A fresh reference: 16 hex digits, 64 random bits. */
void broker_reference(char ref_r[EVENT_REF_SIZE]);
/* Tells syslog; for events that are no incident, or whose effect needs not wait for the journal. */
void broker_report(struct broker *b, const struct event_record *e);
/* Zones in which something that everybody may see counts as seen: all that are configured, and public.
 * zones_r has room for nzones + 1. */
size_t broker_all_zones(const struct conf *conf, const char **zones_r);

#endif
