#include "flow/incident.h"

#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVIDENCE_MAX = 64 };

/* How many acknowledgements are awaited, and how they came. */
struct waiting {
	unsigned open;
	bool ok;
	incident_done_fn *done;
	void *ctx;
};

static void settle(struct waiting *w, bool ok)
{
	w->ok &= ok;
	if (--w->open > 0)
		return;
	w->done(w->ctx, w->ok);
	free(w);
}

static void on_ack(void *ctx, int status)
{
	settle(ctx, status == 0);
}

static void put(struct broker *b, const struct event_record *e, struct waiting *w)
{
	report_event(b->report, e);
	w->open++;
	if (recorder_record(b->recorder, e, on_ack, w) < 0)
		settle(w, false);
}

static void start(struct event_record *e, enum event_id id, const struct incident_subject *s)
{
	event_record_init(e, id, s->ref);
	event_record_add(e, "from", s->from);
	event_record_add(e, "to", s->to[0] ? s->to : NULL);
	event_record_add(e, "channel", s->channel);
}

static void put_match(struct broker *b, const struct generation *g, const struct incident_subject *s, const struct decision *d,
                      const struct decide_hit *hit, const struct decide_text *texts, struct waiting *w)
{
	static const char *const modes[] = { "off", "monitor", "enforce" };
	const struct finding *f = hit->first;
	const char *value = texts ? texts[f->text].data + f->start : NULL;
	size_t size = texts ? f->end - f->start : 0;
	char evidence[EVIDENCE_MAX * 3 + 1], count[16], confidence[8], hash[17];
	char document[12], share_document[4], share_message[4];
	struct event_record e;
	/* A long value (a key) shows nothing of itself. */
	if (!value || size > EVIDENCE_MAX || mask_apply(&g->detectors[f->detector].mask, value, size, evidence, sizeof evidence) < 0)
		snprintf(evidence, sizeof evidence, "(%zu bytes)", size);
	snprintf(count, sizeof count, "%u", hit->count);
	snprintf(confidence, sizeof confidence, "%u", f->confidence);
	snprintf(document, sizeof document, "%u", f->document);
	snprintf(share_document, sizeof share_document, "%u", f->share_document);
	snprintf(share_message, sizeof share_message, "%u", f->share_message);
	if (value)
		broker_hash(b, value, size, hash);
	start(&e, EVENT_DLP_MATCH, s);
	e.severity = hit->rule->severity;
	event_record_add(&e, "rule", hit->rule->id);
	event_record_add(&e, "detector", hit->condition->detector);
	event_record_add(&e, "count", count);
	event_record_add(&e, "confidence", confidence);
	event_record_add(&e, "evidence", value ? evidence : NULL);
	event_record_add(&e, "hash", value ? hash : NULL);
	event_record_add(&e, "document", f->document ? document : NULL);
	event_record_add(&e, "share_document", f->document ? share_document : NULL);
	event_record_add(&e, "share_message", f->document ? share_message : NULL);
	event_record_add(&e, "across", s->across ? "messages" : NULL);
	event_record_add(&e, "path", s->paths ? s->paths[f->text] : NULL);
	event_record_add(&e, "mode", modes[hit->rule->mode]);
	event_record_add(&e, "action", action_name(hit->rule->mode == RULE_ENFORCE ? d->action : ACTION_DELIVER));
	put(b, &e, w);
}

static void put_malware(struct broker *b, const struct incident_subject *s, const struct decision *d, struct waiting *w)
{
	struct event_record e;
	start(&e, EVENT_MALWARE_FOUND, s);
	event_record_add(&e, "name", s->name);
	event_record_add(&e, "signature", s->signature);
	event_record_add(&e, "sha256", s->sha256);
	event_record_add(&e, "size", s->size);
	event_record_add(&e, "action", action_name(d->action));
	put(b, &e, w);
}

static void put_failure(struct broker *b, const struct incident_subject *s, const struct decision *d, struct waiting *w)
{
	struct event_record e;
	start(&e, EVENT_SCAN_FAILED, s);
	event_record_add(&e, "cause", cause_name(d->cause));
	event_record_add(&e, "name", s->name ? s->name : s->failure);
	event_record_add(&e, "action", action_name(d->action));
	put(b, &e, w);
}

static const char *denial_name(enum denial why)
{
	static const char *const names[] = { NULL, "talk-denied", "files-denied", "file-size", "tls-required", "peer-certificate-required" };
	return names[why];
}

static void fill_outcome(struct event_record *e, const struct incident_subject *s, const struct decision *d)
{
	event_record_add(e, "rule", d->rule ? d->rule->id : NULL);
	event_record_add(e, "cause", d->denial ? denial_name(d->denial) : d->malware && !d->cause ? "malware" : d->cause ? cause_name(d->cause) : NULL);
	event_record_add(e, "zones", s->zones);
}

static void put_outcome(struct broker *b, const struct incident_subject *s, const struct decision *d, struct waiting *w)
{
	struct event_record e;
	if (d->action == ACTION_DELIVER && !d->unscanned)
		return; /* a monitored match, already told */
	start(&e, d->action == ACTION_BLOCK ? EVENT_POLICY_BLOCK : d->action == ACTION_REDACT ? EVENT_POLICY_REDACT : EVENT_POLICY_DELIVER_UNSCANNED, s);
	fill_outcome(&e, s, d);
	put(b, &e, w);
}

/* quarantine.held is told only when it is true: the event waits, with its strings, for the recorder. */
struct held {
	struct broker *b;
	struct waiting *w;
	struct event_record e;
	struct arena *strings;
};

static void on_held(void *ctx, int status)
{
	struct held *h = ctx;
	struct waiting *w = h->w;
	if (status == RECORDER_ON_DISK)
		report_event(h->b->report, &h->e);
	arena_free(&h->strings);
	free(h);
	settle(w, status == RECORDER_ON_DISK);
}

static struct held *held_new(struct broker *b, struct waiting *w, const struct event_record *e)
{
	struct held *h = calloc(1, sizeof *h);
	if (!h || !(h->strings = arena_new(1 << 20))) {
		free(h);
		return NULL;
	}
	h->b = b;
	h->w = w;
	h->e = *e;
	for (size_t i = 0; i < e->nfields; i++) {
		h->e.fields[i].value = arena_strdup(h->strings, e->fields[i].value);
		if (!h->e.fields[i].value) {
			arena_free(&h->strings);
			free(h);
			return NULL;
		}
	}
	return h;
}

static void put_held(struct broker *b, const struct incident_subject *s, const struct decision *d, int held, struct waiting *w)
{
	struct event_record e;
	start(&e, EVENT_QUARANTINE_HELD, s);
	fill_outcome(&e, s, d);
	event_record_add(&e, "item", s->ref);
	event_record_add(&e, "sha256", s->sha256);
	event_record_add(&e, "size", s->size);
	struct held *h = held >= 0 ? held_new(b, w, &e) : NULL;
	w->open++;
	if (!h || recorder_hold(b->recorder, s->ref, &e, held, on_held, h) < 0) {
		if (h)
			arena_free(&h->strings);
		free(h);
		settle(w, false);
	}
}

/* Causes in which the scanner failed, rather than the content being closed to it. */
static bool is_failure(enum cause c)
{
	return c != CAUSE_NONE && c != CAUSE_ENCRYPTED;
}

void incident_record(struct broker *b, const struct generation *g, const struct incident_subject *s, const struct decision *d,
                     const struct decide_text *texts, int held, incident_done_fn *done, void *ctx)
{
	struct waiting *w = malloc(sizeof *w);
	if (!w) {
		done(ctx, false);
		return;
	}
	*w = (struct waiting){ .open = 1, .ok = true, .done = done, .ctx = ctx };
	if (d->malware)
		put_malware(b, s, d, w);
	for (size_t i = 0; i < d->nhits; i++)
		put_match(b, g, s, d, &d->hits[i], texts, w);
	if (d->unscanned && is_failure(d->cause))
		put_failure(b, s, d, w);
	if (d->action == ACTION_QUARANTINE)
		put_held(b, s, d, held, w);
	else if (!d->malware || d->action != ACTION_BLOCK || d->denial)
		put_outcome(b, s, d, w);
	settle(w, true);
}
