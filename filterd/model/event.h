/* Events: what filterd tells the outside world.  Names are fixed here, in one table, and are part of
 * the interface: SIEM rules are written against them.  filterd-events(7) documents each. */
#ifndef FILTERD_MODEL_EVENT_H
#define FILTERD_MODEL_EVENT_H

#include <stddef.h>
#include <stdint.h>

/* RFC 5424 section 6.2.1 */
enum severity { SEV_ALERT = 1, SEV_CRITICAL = 2, SEV_ERROR = 3, SEV_WARNING = 4, SEV_NOTICE = 5, SEV_INFO = 6 };

enum event_id {
	EVENT_MALWARE_FOUND,
	EVENT_DLP_MATCH,
	EVENT_DLP_ALLOWED,
	EVENT_POLICY_BLOCK,
	EVENT_POLICY_REDACT,
	EVENT_POLICY_DELIVER_UNSCANNED,
	EVENT_QUARANTINE_HELD,
	EVENT_SCAN_FAILED,
	EVENT_UPLOAD_REFUSED,
	EVENT_LINK_UP,
	EVENT_LINK_DOWN,
	EVENT_CHANNEL_UP,
	EVENT_CHANNEL_DOWN,
	EVENT_CONFIG_RELOADED,
	EVENT_CONFIG_REJECTED,
	EVENT_SIGNATURES_RELOADED,
	EVENT_SIGNATURES_REJECTED,
	EVENT_ENGINE_DEGRADED,
	EVENT_WORKER_DIED,
	EVENT_PROCESS_HUNG,
	EVENT_JOURNAL_REPAIRED,
	EVENT_JOURNAL_CHECKPOINT,
	EVENT_QUARANTINE_REPAIRED,
	EVENT_SYSLOG_DROPPED,
	EVENT_SERVICE_START,
	EVENT_SERVICE_STOP,
	EVENT_COUNT
};

struct event_info {
	const char *name;        /* "malware.found" */
	enum severity severity;  /* default; a rule's own severity may raise it */
	int incident;            /* 1: goes to the audit journal before its effect is visible */
	const char *fields;      /* names of its fields, space separated */
	const char *help;        /* one sentence */
};

const struct event_info *event_info(enum event_id id);
/* EVENT_COUNT if there is no such name */
enum event_id event_from_name(const char *name);

/* A field: name from event_info().fields, value as it came (the reporter escapes it). */
struct event_field {
	const char *name;
	const char *value;
};

enum { EVENT_FIELDS_MAX = 24, EVENT_REF_SIZE = 17 };

/* One event on its way to syslog and journal.  (libevent has the short names.) */
struct event_record {
	enum event_id id;
	enum severity severity;
	char ref[EVENT_REF_SIZE];   /* ties message, notice, quarantine item and event; "" if none */
	size_t nfields;
	struct event_field fields[EVENT_FIELDS_MAX]; /* values are borrowed */
};

/* Starts an event with the table's severity and this reference (or NULL). */
void event_record_init(struct event_record *e, enum event_id id, const char *ref);
/* Adds a field; a NULL value is left out; beyond EVENT_FIELDS_MAX nothing is added. */
void event_record_add(struct event_record *e, const char *name, const char *value);

#endif
