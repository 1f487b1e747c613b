/* Events to syslog, on libevent: to a local socket, by UDP (RFC 5426), TCP (RFC 6587 octet counting) or TLS (RFC 5425).
 *
 * Never blocks the caller.  While the target is away, events wait in a queue; when that is full new ones are
 * dropped and counted, and the count is reported as syslog.dropped once the target is back.
 */
#ifndef FILTERD_AUDIT_REPORT_H
#define FILTERD_AUDIT_REPORT_H

#include "conf/conf.h"
#include "model/event.h"

#include <stddef.h>
#include <stdint.h>

struct event_base;
struct report;

enum { REPORT_QUEUE_MAX = 4096, REPORT_QUEUE_BYTES_MAX = 4 << 20 };

struct report_counters {
	uint64_t sent;     /* handed to the kernel */
	uint64_t dropped;  /* for good */
	size_t waiting;
	int connected;
};

/* Opens what it can now (CA file, names of the resolver), connects in the loop.  NULL with err. */
struct report *report_new(struct event_base *base, const struct conf_syslog *conf, struct cfgerr *err) __attribute__((warn_unused_result));
void report_event(struct report *r, const struct event_record *e);
void report_counters(const struct report *r, struct report_counters *c_r);
/* What still waits is lost; to stop in order, run the loop until report_counters() shows nothing waiting. */
void report_free(struct report **r);

#endif
