#include "audit/report.h"

#include "audit/rfc5424.h"
#include "audit/syslog_target.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

enum { RETRY_FIRST_MS = 100, RETRY_MAX_MS = 10000 };

struct message {
	TAILQ_ENTRY(message) next;
	size_t size;
	char text[];
};

TAILQ_HEAD(messages, message);

struct report {
	struct syslog_target *target;
	struct rfc5424 format;
	uint32_t sequence;
	size_t message_max;
	struct messages waiting;  /* oldest first; its first `flying` ones are with the target, but not sent yet */
	size_t nwaiting, bytes, flying;
	uint64_t sent, dropped, dropped_told;
	int connected;
	unsigned retry_ms;
	struct event *retry;
};

static void enqueue(struct report *r, const struct event_record *e)
{
	char text[RFC5424_MAX];
	size_t size = rfc5424_print(&r->format, e, r->sequence = r->sequence % 0x7fffffff + 1, text, r->message_max);
	struct message *m = NULL;
	if (r->nwaiting < REPORT_QUEUE_MAX && r->bytes + size <= REPORT_QUEUE_BYTES_MAX)
		m = malloc(sizeof *m + size);
	if (!m) {
		r->dropped++;
		return;
	}
	m->size = size;
	memcpy(m->text, text, size);
	TAILQ_INSERT_TAIL(&r->waiting, m, next);
	r->nwaiting++;
	r->bytes += size;
}

static void remove_first(struct report *r)
{
	struct message *m = TAILQ_FIRST(&r->waiting);
	TAILQ_REMOVE(&r->waiting, m, next);
	r->nwaiting--;
	r->bytes -= m->size;
	free(m);
}

static void flush(struct report *r)
{
	size_t skip = r->flying;
	struct message *m, *after;
	if (!r->connected)
		return;
	for (m = TAILQ_FIRST(&r->waiting); m && skip > 0; skip--)
		m = TAILQ_NEXT(m, next);
	for (; m; m = after) {
		after = TAILQ_NEXT(m, next);
		switch (syslog_target_send(r->target, m->text, m->size)) {
		case SYSLOG_SENT:
			r->sent++;
			r->retry_ms = RETRY_FIRST_MS;
			remove_first(r);
			break;
		case SYSLOG_TAKEN:
			r->flying++;
			break;
		case SYSLOG_UNFIT:
			r->dropped++;
			remove_first(r);
			break;
		case SYSLOG_LATER:
			return;
		}
		if (!r->connected)
			return;
	}
}

static void tell_dropped(struct report *r)
{
	char count[24];
	struct event_record e;
	uint64_t new = r->dropped - r->dropped_told;
	if (new == 0 || r->nwaiting >= REPORT_QUEUE_MAX)
		return;
	snprintf(count, sizeof count, "%llu", (unsigned long long)new);
	event_record_init(&e, EVENT_SYSLOG_DROPPED, NULL);
	event_record_add(&e, "count", count);
	uint64_t before = r->dropped;
	enqueue(r, &e);
	if (r->dropped == before)
		r->dropped_told = before;
	else
		r->dropped = before; /* no room for this either: the count is told later */
}

static void on_up(void *ctx)
{
	struct report *r = ctx;
	r->connected = 1;
	flush(r);
	tell_dropped(r); /* behind what waited: there is room now */
	flush(r);
}

static void on_room(void *ctx, size_t done)
{
	struct report *r = ctx;
	if (done > 0)
		r->retry_ms = RETRY_FIRST_MS; /* not before: who accepts and hangs up at once is not back */
	for (; done > 0 && r->flying > 0; done--, r->flying--) {
		r->sent++;
		remove_first(r);
	}
	tell_dropped(r);
	flush(r);
}

static void on_down(void *ctx)
{
	struct report *r = ctx;
	struct timeval tv = { r->retry_ms / 1000, (r->retry_ms % 1000) * 1000 };
	r->connected = 0;
	r->flying = 0; /* what was not written wholly goes again */
	event_add(r->retry, &tv);
	r->retry_ms = r->retry_ms * 2 < RETRY_MAX_MS ? r->retry_ms * 2 : RETRY_MAX_MS;
}

static void on_retry(evutil_socket_t fd, short what, void *ctx)
{
	struct report *r = ctx;
	syslog_target_connect(r->target);
}

struct report *report_new(struct event_base *base, const struct conf_syslog *conf, struct cfgerr *err)
{
	struct report *r = calloc(1, sizeof *r);
	if (!r) {
		cfgerr_set(err, "syslog", 0, "no memory");
		return NULL;
	}
	const struct syslog_hooks hooks = { on_up, on_room, on_down, r };
	TAILQ_INIT(&r->waiting);
	r->retry_ms = RETRY_FIRST_MS;
	r->format.pid = (long)getpid();
	r->format.facility = rfc5424_facility(conf->facility);
	rfc5424_set_hostname(&r->format, conf->hostname);
	r->retry = event_new(base, -1, 0, on_retry, r);
	if (r->format.facility < 0)
		cfgerr_set(err, "syslog", 0, "syslog.facility: there is no '%s'", conf->facility);
	else if (r->retry && (r->target = syslog_target_new(base, conf, &hooks, err))) {
		r->message_max = syslog_target_is_datagram(r->target) ? RFC5424_DATAGRAM_MAX : RFC5424_MAX;
		struct timeval now = { 0, 0 };
		event_add(r->retry, &now); /* from the loop: the caller need not expect callbacks before */
		return r;
	}
	report_free(&r);
	return NULL;
}

void report_event(struct report *r, const struct event_record *e)
{
	enqueue(r, e);
	flush(r);
}

void report_counters(const struct report *r, struct report_counters *c_r)
{
	*c_r = (struct report_counters){ r->sent, r->dropped, r->nwaiting, r->connected };
}

void report_free(struct report **rp)
{
	struct report *r = *rp;
	if (!r)
		return;
	syslog_target_free(&r->target);
	while (!TAILQ_EMPTY(&r->waiting))
		remove_first(r);
	if (r->retry)
		event_free(r->retry);
	free(r);
	*rp = NULL;
}
