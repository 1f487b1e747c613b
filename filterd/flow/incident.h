/* The events of one decision: told to syslog, and in the journal before their effect is visible. */
#ifndef FILTERD_FLOW_INCIDENT_H
#define FILTERD_FLOW_INCIDENT_H

#include "flow/broker.h"
#include "policy/decide.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an incident is about. Strings are borrowed for the call. */
struct incident_subject {
	const char *ref, *from, *to, *channel, *zones;
	const char *name;        /* of a file, or NULL */
	const char *sha256;      /* hex, or NULL */
	const char *size;        /* decimal, or NULL */
	const char *signature;   /* of malware, or NULL */
	const char *const *paths; /* where in a file each finding is, by its `text`; or NULL */
	const char *failure;     /* what a failed scan said, or NULL */
	bool across;             /* something was found only together with messages before */
};

/* Called once, when every event is on disk (ok) or some can't be. */
typedef void incident_done_fn(void *ctx, bool ok);

/* Records everything about a decision; done is called later, or (nothing to record) from inside.
 * texts: what the findings of d's hits point into, or NULL if that is not at hand (files).
 * held: the item as it was, for ACTION_QUARANTINE, a descriptor that stays the caller's; else -1. */
void incident_record(struct broker *b, const struct generation *g, const struct incident_subject *s, const struct decision *d,
                     const struct decide_text *texts, int held, incident_done_fn *done, void *ctx);

#endif
