#include "flow/incident.h"

#include "base/arena.h"
#include "base/text.h"

#include <inttypes.h>
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

/* What was found: of the finding that is surest, as much as may be told. */
struct told {
	char evidence[EVIDENCE_MAX * 3 + 1], hash[VALUE_HASH_SIZE], count[16], confidence[8], span[24], document[12], share_document[4], share_message[4];
};

static void add_finding(struct event_record *e, struct broker *b, const struct generation *g, const struct incident_subject *s,
                        const struct decide_hit *hit, const struct decide_text *texts, struct told *t)
{
	const struct finding *f = hit->first;
	const char *value = texts && texts[f->text].data ? texts[f->text].data + f->start : NULL;
	size_t size = value ? f->end - f->start : 0;
	/* A long value (a key) shows nothing of itself. */
	if (!value || size > EVIDENCE_MAX || mask_apply(&g->detectors[f->detector].mask, value, size, t->evidence, sizeof t->evidence) < 0)
		snprintf(t->evidence, sizeof t->evidence, "(%zu bytes)", size);
	snprintf(t->count, sizeof t->count, "%u", hit->count);
	snprintf(t->confidence, sizeof t->confidence, "%u", f->confidence);
	unsigned char hash[VALUE_HASH];
	bool hashed = value && value_hash(b->hash_key, value, size, hash) == 0;
	if (hashed)
		text_hex(t->hash, hash, VALUE_HASH);
	event_record_add(e, "detector", hit->condition->detector);
	event_record_add(e, "count", t->count);
	if (hit->condition->per != PER_ITEM) {
		snprintf(t->span, sizeof t->span, "%" PRIu64, hit->span_ms / 1000);
		event_record_add(e, "per", condition_per_name(hit->condition->per));
		event_record_add(e, "span", t->span);
	}
	event_record_add(e, "confidence", t->confidence);
	event_record_add(e, "evidence", value ? t->evidence : NULL);
	event_record_add(e, "hash", hashed ? t->hash : NULL);
	if (f->document) {
		snprintf(t->document, sizeof t->document, "%u", f->document);
		snprintf(t->share_document, sizeof t->share_document, "%u", f->share_document);
		snprintf(t->share_message, sizeof t->share_message, "%u", f->share_message);
		event_record_add(e, "document", t->document);
		event_record_add(e, "share_document", t->share_document);
		event_record_add(e, "share_message", t->share_message);
	}
	event_record_add(e, "across", s->across ? "messages" : NULL);
	event_record_add(e, "path", s->paths ? s->paths[f->text] : NULL);
}

/* The file that a rule's `when` speaks of. */
static void add_file(struct event_record *e, const struct decide_file *f, char size[24])
{
	snprintf(size, 24, "%" PRIu64, f->size);
	event_record_add(e, "name", f->name[0] ? f->name : NULL);
	event_record_add(e, "sha256", f->sha256[0] ? f->sha256 : NULL);
	event_record_add(e, "size", size);
}

static void put_match(struct broker *b, const struct generation *g, const struct incident_subject *s, const struct decision *d,
                      const struct decide_hit *hit, const struct decide_text *texts, struct waiting *w)
{
	static const char *const modes[] = { "off", "monitor", "enforce" };
	struct told told;
	char size[24], also[64];
	struct event_record e;
	start(&e, EVENT_DLP_MATCH, s);
	e.severity = hit->rule->also & ALSO_ALERT && hit->rule->mode == RULE_ENFORCE ? SEV_ALERT : hit->rule->severity;
	rule_also_names(hit->rule->also, also, sizeof also);
	event_record_add(&e, "rule", hit->rule->id);
	if (hit->condition)
		add_finding(&e, b, g, s, hit, texts, &told);
	if (hit->file)
		add_file(&e, hit->file, size);
	event_record_add(&e, "mode", modes[hit->rule->mode]);
	event_record_add(&e, "action", action_name(hit->rule->mode == RULE_ENFORCE ? d->action : ACTION_DELIVER));
	event_record_add(&e, "also", also[0] ? also : NULL);
	put(b, &e, w);
}

/* What is on the allow-list is not silently gone. */
static void put_allowed(struct broker *b, const struct generation *g, const struct incident_subject *s, const struct decide_allowed *a,
                        const struct decide_text *texts, struct waiting *w)
{
	struct told told;
	char size[24];
	struct event_record e;
	start(&e, EVENT_DLP_ALLOWED, s);
	event_record_add(&e, "rule", a->hit.rule->id);
	if (a->hit.condition)
		add_finding(&e, b, g, s, &a->hit, texts, &told);
	if (a->hit.file)
		add_file(&e, a->hit.file, size);
	event_record_add(&e, "by", allow_kind_name(a->entry->kind));
	event_record_add(&e, "until", a->entry->until);
	event_record_add(&e, "reason", a->entry->reason);
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
	if (d->alert)
		e->severity = SEV_ALERT;
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
	for (const struct decide_allowed *a = d->allowed; a; a = a->next)
		put_allowed(b, g, s, a, texts, w);
	if (d->unscanned && is_failure(d->cause))
		put_failure(b, s, d, w);
	if (d->action == ACTION_QUARANTINE)
		put_held(b, s, d, held, w);
	else if (!d->malware || d->action != ACTION_BLOCK || d->denial)
		put_outcome(b, s, d, w);
	settle(w, true);
}
