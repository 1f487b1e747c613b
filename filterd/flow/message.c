#include "flow/message.h"

#include "base/clock.h"
#include "base/io.h"
#include "base/text.h"
#include "flow/across.h"
#include "flow/audience.h"
#include "flow/incident.h"
#include "flow/notice.h"
#include "flow/redact.h"
#include "flow/stanza.h"
#include "flow/value.h"
#include "ipc/inspect_wire.h"
#include "policy/zones.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	ARENA_MAX = 64 << 20,
	SESSION_BYTES_MAX = 32 << 20,  /* of one session's items under way: no sender fills the broker … */
	ITEM_BYTES_MAX = 256 << 20,    /* … nor do all together */
};

struct item;

/* A file inside a stanza, while it is looked at. */
struct blob {
	struct item *item;
	int fd;
	char sha256[65];
	struct decide_file *as;         /* in item's files */
};

enum next { STEP_NEXT, STEP_WAIT, STEP_END };

struct item {
	struct broker *b;
	struct arena *arena;
	struct session *session;
	uint32_t id;
	bool again;                     /* asked before, over another channel */
	unsigned step;
	struct generation *g;           /* whose policy decides */
	char *raw;                      /* as it came, for the quarantine; in the arena */
	size_t raw_size;
	size_t charged;                 /* of the limits above */
	struct stanza stanza;
	bool parsed;
	char ref[EVENT_REF_SIZE];

	/* what inspection said */
	unsigned jobs;                  /* not yet answered */
	bool deferred;                  /* an answer came while the step was still starting jobs */
	uint32_t causes;
	bool malware;
	char signature[128], failure[128];
	struct finding *findings;
	size_t nfindings;
	struct decide_text *texts;      /* of the stanza, as it came */
	struct across across;           /* with the messages before it */
	bool unmaskable;                /* not all places of what was found are known */
	struct blob blobs[STANZA_BLOBS_MAX];
	struct decide_file files[STANZA_BLOBS_MAX];

	/* classified and decided */
	const char *from_zone;
	struct audience audience;
	char zones_text[256];
	const struct decide_tally *tallies;
	struct decision decision;
	struct buf masked;              /* the stanza that goes on, when redacted … */
	struct decide_text *masked_texts; /* … its texts, … */
	size_t masked_body;             /* … and which of them is the first body */
};

static void item_run(struct item *it);

static void item_free(struct item *it)
{
	for (size_t i = 0; i < STANZA_BLOBS_MAX; i++)
		io_close(&it->blobs[i].fd);
	it->b->items--;
	it->b->item_bytes -= it->charged;
	it->session->open_bytes -= it->charged;
	session_unref(it->session);
	generation_unref(&it->g);
	buf_free(&it->masked);
	arena_free(&it->arena);
	explicit_bzero(it, sizeof *it);
	free(it);
}

/* parse */

static void charge(struct item *it, size_t size)
{
	it->charged += size;
	it->b->item_bytes += size;
	it->session->open_bytes += size;
}

static enum next step_parse(struct item *it)
{
	/* The server let it through, so we and it disagree on what XML is: exactly what must not pass. */
	it->parsed = stanza_read(it->arena, it->raw, it->raw_size, &it->stanza) == 0;
	if (it->parsed)
		it->causes |= it->stanza.causes;
	else
		it->causes |= 1u << CAUSE_UNSCANNABLE;
	charge(it, arena_used(it->arena) - it->charged); /* a tree may take many times what its text does */
	return STEP_NEXT;
}

/* inspect */

static void keep_generation(struct item *it, struct generation *g)
{
	if (g && !it->g)
		it->g = generation_ref(g);
	else if (g && it->g != g)
		it->causes |= 1u << CAUSE_RELOADING; /* two parts of it were judged by two generations */
}

static void job_done(struct item *it)
{
	if (--it->jobs > 0 || it->deferred)
		return;
	it->step++;
	item_run(it);
}

static void add_cause(struct item *it, const struct pool_result *r)
{
	if (r->cause == CAUSE_NONE)
		return;
	it->causes |= 1u << r->cause;
	snprintf(it->failure, sizeof it->failure, "%s", r->name);
}

/* Room for n more behind those there are; NULL without memory, which is a cause. */
static struct finding *more_findings(struct item *it, size_t n)
{
	struct finding *all = arena_alloc(it->arena, (it->nfindings + n) * sizeof *all), *more;
	if (!all) {
		it->causes |= 1u << CAUSE_NO_SPACE;
		return NULL;
	}
	if (it->nfindings > 0)
		memcpy(all, it->findings, it->nfindings * sizeof *all);
	more = all + it->nfindings;
	it->findings = all;
	it->nfindings += n;
	return more;
}

static int by_place(const void *pa, const void *pb)
{
	const struct finding *a = pa, *b = pb;
	return a->text != b->text ? (a->text < b->text ? -1 : 1) : a->start != b->start ? (a->start < b->start ? -1 : 1) :
	       a->end != b->end ? (a->end < b->end ? -1 : 1) : (int)a->detector - (int)b->detector;
}

/* In order again, and each once: what is found across messages is found with a space between them and without. */
static void merge_findings(struct item *it)
{
	size_t n = 0;
	qsort(it->findings, it->nfindings, sizeof *it->findings, by_place);
	for (size_t i = 0; i < it->nfindings; i++) {
		struct finding *f = &it->findings[i], *last = n > 0 ? &it->findings[n - 1] : NULL;
		if (!last || by_place(last, f) != 0)
			it->findings[n++] = *f;
		else if (f->confidence > last->confidence)
			last->confidence = f->confidence;
	}
	it->nfindings = n;
}

/* What completes a secret, wherever else it stands in the message. */
static void add_copies(struct item *it, const struct finding *crossing, size_t n)
{
	size_t total = 0;
	for (size_t i = 0; i < n; i++)
		total += across_copies(&it->stanza, &crossing[i], NULL);
	for (size_t i = 0; i < n && !it->unmaskable; i++)
		it->unmaskable = total > ACROSS_COPIES_MAX || across_hides(&it->stanza, &crossing[i]);
	if (total > ACROSS_COPIES_MAX) {
		it->causes |= 1u << CAUSE_OVER_BUDGET;
		return;
	}
	struct finding *copies = total > 0 ? more_findings(it, total) : NULL;
	for (size_t i = 0; copies && i < n; i++)
		copies += across_copies(&it->stanza, &crossing[i], copies);
}

static const char *sender_of(const struct item *it)
{
	return it->parsed && it->stanza.from[0] ? it->stanza.from : it->session->jid;
}

static void on_texts(void *ctx, const struct pool_result *r)
{
	struct item *it = ctx;
	keep_generation(it, r->g);
	add_cause(it, r);
	const size_t room = r->nfindings + 1; /* one for the rest of what was found before */
	struct finding *more = r->nfindings > 0 || it->across.n > 0 ? more_findings(it, room) : NULL;
	size_t n = 0, own = 0;
	for (size_t i = 0; more && i < r->nfindings; i++) { /* in order: those of the stanza's own texts come first */
		more[n] = r->findings[i];
		own += more[n].text < it->stanza.ntexts;
		if (more[n].text < it->stanza.ntexts || across_map(&it->across, &it->stanza, more[n].text - it->stanza.ntexts, &more[n], more, own))
			n++;
	}
	if (more && it->g)
		n += across_rest(&it->across, it->b->recent, &it->stanza, sender_of(it), it->g->number, &more[n]);
	it->nfindings -= more ? room - n : 0;
	if (it->across.found) {
		add_copies(it, more + own, n - own);
		merge_findings(it);
	}
	job_done(it);
}

static void on_blob(void *ctx, const struct pool_result *r)
{
	const struct blob *blob = ctx;
	struct item *it = blob->item;
	keep_generation(it, r->g);
	add_cause(it, r);
	blob->as->types = r->types ? arena_strdup(it->arena, r->types) : "";
	if (!blob->as->types) {
		blob->as->types = "";
		it->causes |= 1u << CAUSE_NO_SPACE;
	}
	blob->as->unscanned = r->cause != CAUSE_NONE;
	blob->as->encrypted = r->cause == CAUSE_ENCRYPTED;
	if (r->status == SCAN_MALWARE) {
		it->malware = true;
		snprintf(it->signature, sizeof it->signature, "%s", r->name);
	}
	/* They point behind all texts, where there is none: nothing of it can be shown, compared, or masked. */
	struct finding *more = r->nfindings > 0 ? more_findings(it, r->nfindings) : NULL;
	for (size_t i = 0; more && i < r->nfindings; i++)
		more[i] = (struct finding){ .text = (uint16_t)it->stanza.ntexts, .detector = r->file_findings[i].detector, .confidence = r->file_findings[i].confidence,
			                     .document = r->file_findings[i].document, .share_document = r->file_findings[i].share_document, .share_message = r->file_findings[i].share_message };
	job_done(it);
}

static void start_texts(struct item *it)
{
	struct scan_text texts[SCAN_TEXTS_MAX];
	const struct stanza *s = &it->stanza;
	it->texts = arena_alloc(it->arena, (s->ntexts + 1) * sizeof *it->texts); /* the last: of files inside, which have none */
	if (!it->texts) {
		it->causes |= 1u << CAUSE_NO_SPACE;
		return;
	}
	for (size_t i = 0; i < s->ntexts; i++) {
		texts[i] = (struct scan_text){ s->texts[i].role, s->texts[i].data, s->texts[i].size };
		it->texts[i] = (struct decide_text){ s->texts[i].data, s->texts[i].size };
	}
	if (across_begin(&it->across, it->b->recent, s, sender_of(it), it->b->g ? it->b->g->conf->scan.window_s : 0) < 0)
		it->causes |= 1u << CAUSE_NO_SPACE;
	for (size_t i = 0; i < it->across.n; i++)
		texts[s->ntexts + i] = (struct scan_text){ ROLE_BODY, it->across.readings[i].data, (uint32_t)it->across.readings[i].size };
	it->jobs++;
	if (s->ntexts == 0) /* nothing to read in it, and a generation is needed all the same */
		it->jobs--;
	else if (!pool_scan_texts(it->b->pool, texts, s->ntexts + it->across.n, on_texts, it)) {
		it->jobs--; /* what is only too much for now must not get by as what may pass uninspected for its size */
		it->causes |= 1u << (errno == EMSGSIZE ? CAUSE_TOO_BIG : CAUSE_TIMEOUT);
	}
}

static void start_blob(struct item *it, size_t i)
{
	const struct stanza_blob *data = &it->stanza.blobs[i];
	struct blob *blob = &it->blobs[i];
	unsigned char digest[EVP_MAX_MD_SIZE];
	if (EVP_Digest(data->data, data->size, digest, NULL, EVP_sha256(), NULL) == 1)
		text_hex(blob->sha256, digest, 32);
	it->files[i] = (struct decide_file){ .name = "", .declared = "", .types = "", .sha256 = blob->sha256, .size = data->size };
	blob->item = it;
	blob->as = &it->files[i];
	blob->fd = io_memfd_sealed("filterd-blob", data->data, data->size);
	it->jobs++;
	if (blob->fd < 0 || !pool_scan_file(it->b->pool, blob->fd, data->size, data->name, on_blob, blob)) {
		it->jobs--;
		it->causes |= 1u << CAUSE_NO_SPACE;
		blob->as->unscanned = true;
	}
}

static enum next step_inspect(struct item *it)
{
	if (!it->parsed)
		return STEP_NEXT;
	it->deferred = true;
	start_texts(it);
	for (size_t i = 0; i < it->stanza.nblobs; i++)
		start_blob(it, i);
	it->deferred = false;
	return it->jobs > 0 ? STEP_WAIT : STEP_NEXT;
}

/* classify */

/* "internal>internal,partners"; "internal>*" for all zones. */
static void name_zones(struct item *it)
{
	char *text = it->zones_text;
	size_t size = sizeof it->zones_text, at = (size_t)snprintf(text, size, "%s>", it->from_zone); /* names have 63 bytes at most */
	if (it->audience.everybody) {
		snprintf(text + at, size - at, "*");
		return;
	}
	for (size_t i = 0; i < it->audience.nzones && at < size; i++)
		at += (size_t)snprintf(text + at, size - at, "%s%s", i ? "," : "", it->audience.zones[i]);
}

static enum next step_classify(struct item *it)
{
	if (!it->g) {
		if (!it->b->g) { /* channels are not offered before the first generation serves; yet nothing may pass */
			it->decision = (struct decision){ .action = ACTION_BLOCK, .cause = CAUSE_RELOADING, .unscanned = true };
			return STEP_NEXT;
		}
		it->g = generation_ref(it->b->g);
		if (!pool_current(it->b->pool))
			it->causes |= 1u << CAUSE_SCANNER_DOWN;
	}
	const struct conf *conf = it->g->conf;
	const char *from = sender_of(it);
	it->from_zone = zone_of_jid(conf, from, strlen(from));
	audience_of(it->b, conf, it->session, it->parsed ? &it->stanza : NULL, from, &it->audience);
	name_zones(it);
	return STEP_NEXT;
}

/* decide */

static uint32_t channels_of(const struct item *it)
{
	const struct stanza *s = &it->stanza;
	if (!it->parsed)
		return 1u << CHANNEL_NORMAL;
	return 1u << s->channel | (s->nblobs > 0 || s->file_offer ? 1u << CHANNEL_FILE : 0) | (s->correction ? 1u << CHANNEL_CORRECTION : 0);
}

static struct decide_input input_of(const struct item *it, const struct decide_text *texts, const struct finding *findings, size_t n)
{
	const struct session *s = it->session;
	return (struct decide_input){
		.rules = it->g->rules,
		.is = {
			.conf = it->g->conf,
			.from = it->from_zone,
			.to = it->audience.zones,
			.nto = it->audience.nzones,
			.channels = channels_of(it),
			.sender = sender_of(it),
			.recipient = it->parsed ? it->stanza.to : "",
			.files = it->files,
			.nfiles = it->parsed ? it->stanza.nblobs : 0,
		},
		.is_file = it->parsed && it->stanza.file_offer,
		.check_peer = true,
		.tls = s->flags & INSPECT_SESSION_TLS || s->origin == INSPECT_COMPONENT,
		.peer_cert = s->flags & INSPECT_SESSION_CERT,
		.is_s2s = s->origin == INSPECT_S2S,
		.can_redact = it->parsed && !it->unmaskable,
		.malware = it->malware,
		.causes = it->causes,
		.texts = texts,
		.findings = findings,
		.nfindings = n,
		.tallies = it->tallies,
	};
}

/* Looks up what was found on the allow-list.  Without memory nothing is on it. */
static void look_up(struct item *it, struct decide_input *in)
{
	const struct allow_list *l = &in->rules->allow;
	const struct allow_entry **allowed = l->nvalues > 0 ? arena_alloc(it->arena, in->nfindings * sizeof *allowed) : NULL;
	for (size_t i = 0; allowed && i < in->nfindings; i++) {
		const struct finding *f = &in->findings[i];
		const char *data = in->texts[f->text].data;
		unsigned char hash[VALUE_HASH];
		if (data && value_hash(it->b->hash_key, data + f->start, f->end - f->start, hash) == 0)
			allowed[i] = allow_value(l, hash);
	}
	in->allowed = allowed;
	in->today = allow_today(clock_wall_s());
}

static void count_over_time(struct item *it)
{
	struct decide_input in = input_of(it, it->texts, it->findings, it->nfindings);
	look_up(it, &in);
	const struct drip_item item = { .from = sender_of(it), .to = it->parsed ? it->stanza.to : "", .again = it->again };
	if (drip_count(it->b->drip, it->arena, &in, &item, clock_ms(), &it->tallies) < 0)
		it->causes |= 1u << CAUSE_NO_SPACE;
}

static enum next step_decide(struct item *it)
{
	if (!it->g)
		return STEP_NEXT;
	count_over_time(it);
	struct decide_input in = input_of(it, it->texts, it->findings, it->nfindings);
	look_up(it, &in);
	policy_decide(it->arena, &in, &it->decision);
	return STEP_NEXT;
}

/* mask */

/* A second, independent look at the result is what makes "redacted" a promise. */
static void on_verified(void *ctx, const struct pool_result *r)
{
	struct item *it = ctx;
	struct decision again;
	uint32_t before = it->causes;
	it->causes |= r->cause ? 1u << r->cause : 0;
	if (r->g != it->g)
		it->causes |= 1u << CAUSE_RELOADING;
	struct decide_input in = input_of(it, it->masked_texts, r->findings, r->nfindings);
	look_up(it, &in);
	policy_decide(it->arena, &in, &again);
	it->causes = before;
	if (again.action >= ACTION_REDACT)
		it->decision.action = ACTION_BLOCK;
	it->step++;
	item_run(it);
}

static int mask_findings(struct item *it)
{
	const struct redact how = {
		.findings = it->findings,
		.nfindings = it->nfindings,
		.rules = it->decision.redact,
		.texts = it->texts,
		.detectors = it->g->detectors,
		.language = it->g->conf->language,
		.key = it->b->hash_key,
	};
	return redact_stanza(it->arena, &it->stanza, &how) < 0 ? -1 : stanza_write(&it->masked, &it->stanza);
}

static enum next step_mask(struct item *it)
{
	struct stanza again;
	struct scan_text texts[SCAN_TEXTS_MAX];
	if (it->decision.action != ACTION_REDACT)
		return STEP_NEXT;
	it->masked_texts = arena_alloc(it->arena, SCAN_TEXTS_MAX * sizeof *it->masked_texts);
	/* The texts that findings point into stay as they were (masking writes new ones), for evidence in events. */
	if (!it->masked_texts || mask_findings(it) < 0 || buf_left(&it->masked) > INSPECT_STANZA_MAX ||
	    stanza_read(it->arena, (const char *)buf_ptr(&it->masked), buf_left(&it->masked), &again) < 0) {
		it->decision.action = ACTION_BLOCK;
		return STEP_NEXT;
	}
	it->masked_body = again.ntexts;
	for (size_t i = again.ntexts; i-- > 0;)
		if (again.texts[i].role == ROLE_BODY)
			it->masked_body = i;
	for (size_t i = 0; i < again.ntexts; i++) {
		texts[i] = (struct scan_text){ again.texts[i].role, again.texts[i].data, again.texts[i].size };
		it->masked_texts[i] = (struct decide_text){ again.texts[i].data, again.texts[i].size };
	}
	if (pool_scan_texts(it->b->pool, texts, again.ntexts, on_verified, it))
		return STEP_WAIT;
	it->decision.action = ACTION_BLOCK;
	return STEP_NEXT;
}

/* record */

static void on_recorded(void *ctx, bool ok)
{
	struct item *it = ctx;
	if (!ok) {
		/* What can't be proved later must not happen, unless policy says that it may. */
		struct decision *d = &it->decision;
		bool may_pass = it->g != NULL;
		for (size_t i = 0; may_pass && i < it->audience.nzones; i++)
			may_pass = zone_policy(it->g->conf, it->from_zone, it->audience.zones[i])->on_failure[CAUSE_NO_SPACE] == ACTION_DELIVER;
		if (!may_pass && d->action < ACTION_BLOCK) {
			d->action = ACTION_BLOCK;
			d->cause = CAUSE_NO_SPACE;
			d->rule = NULL;
		} else if (d->action == ACTION_QUARANTINE) {
			d->action = ACTION_BLOCK; /* not held, so it must not be said to be */
		}
	}
	it->step++;
	item_run(it);
}

static enum next step_record(struct item *it)
{
	const struct decision *d = &it->decision;
	unsigned char digest[EVP_MAX_MD_SIZE];
	char sha256[2 * EVP_MAX_MD_SIZE + 1] = "", size[24];
	unsigned digest_size = 0;
	int held = -1;
	if (d->action == ACTION_DELIVER && d->nhits == 0 && !d->allowed && !d->unscanned)
		return STEP_NEXT;
	broker_reference(it->ref);
	if (d->action == ACTION_QUARANTINE) {
		held = io_memfd_sealed("filterd-held", it->raw, it->raw_size);
		if (EVP_Digest(it->raw, it->raw_size, digest, &digest_size, EVP_sha256(), NULL) == 1)
			text_hex(sha256, digest, digest_size);
	}
	snprintf(size, sizeof size, "%zu", it->raw_size);
	const struct incident_subject subject = {
		.across = it->across.found,
		.ref = it->ref,
		.from = sender_of(it),
		.to = it->parsed ? it->stanza.to : "",
		.channel = channel_kind_name(it->parsed ? it->stanza.channel : CHANNEL_NORMAL),
		.zones = it->zones_text,
		.sha256 = sha256[0] ? sha256 : NULL,
		.size = sha256[0] ? size : NULL,
		.signature = it->malware ? it->signature : NULL,
		.failure = it->failure[0] ? it->failure : NULL,
	};
	incident_record(it->b, it->g, &subject, &it->decision, it->texts, held, on_recorded, it);
	io_close(&held);
	return STEP_WAIT;
}

/* act */

static void tell_sender(struct item *it)
{
	if (it->stanza.channel == CHANNEL_IQ || it->stanza.channel == CHANNEL_PRESENCE || !it->session->channel) /* without one, links may be gone too */
		return;
	notice_send(it->b, channel_link(it->session->channel), &it->decision, sender_of(it), it->stanza.lang, it->g->conf->language, it->ref);
}

static void bounce(struct item *it)
{
	struct buf b;
	const char *by = it->session->channel ? link_conf(it->b->links[channel_link(it->session->channel)])->domain : "";
	/* a request must be answered (RFC 6120 section 8.2.3), if with no reason */
	static const struct decision unexplained = { .action = ACTION_BLOCK };
	bool silent = it->decision.silent;
	if (it->parsed && (!it->stanza.answerable || (silent && it->stanza.channel != CHANNEL_IQ))) {
		channel_drop(it->session, it->id);
		return;
	}
	buf_init(&b, 64 << 10);
	if (notice_error(&b, silent ? &unexplained : &it->decision, by, it->parsed ? it->stanza.lang : NULL, it->g ? it->g->conf->language : NULL,
	                 silent ? "" : it->ref) == 0)
		channel_bounce(it->session, it->id, buf_ptr(&b), buf_left(&b));
	else
		channel_drop(it->session, it->id);
	buf_free(&b);
}

/* What recipients will have seen of the body. */
static void leave_window(struct item *it)
{
	const struct decide_text *t = it->decision.action == ACTION_DELIVER ? (it->texts ? &it->texts[it->across.text] : NULL) :
	                              it->decision.action == ACTION_REDACT ? &it->masked_texts[it->masked_body] : NULL;
	if (it->parsed)
		across_end(&it->across, it->b->recent, &it->stanza, sender_of(it), t ? t->data : NULL, t ? t->size : 0);
}

static enum next step_act(struct item *it)
{
	leave_window(it);
	struct broker_counters *n = &it->b->counters;
	if (it->decision.cause != CAUSE_NONE)
		n->failed++;
	switch (it->decision.action) {
	case ACTION_DELIVER:
		n->delivered++;
		channel_deliver(it->session, it->id);
		if (it->decision.notify)
			tell_sender(it);
		break;
	case ACTION_REDACT:
		n->redacted++;
		channel_replace(it->session, it->id, buf_ptr(&it->masked), buf_left(&it->masked));
		if (!it->decision.silent)
			tell_sender(it);
		break;
	case ACTION_QUARANTINE:
		n->quarantined++;
		bounce(it);
		break;
	default:
		n->blocked++;
		bounce(it);
		break;
	}
	return STEP_END;
}

static const struct {
	const char *name;
	enum next (*run)(struct item *it);
} steps[] = {
	{ "parse", step_parse },
	{ "inspect", step_inspect },
	{ "classify", step_classify },
	{ "decide", step_decide },
	{ "mask", step_mask },
	{ "record", step_record },
	{ "act", step_act },
};

static void item_run(struct item *it)
{
	while (it->step < sizeof steps / sizeof *steps) {
		switch (steps[it->step].run(it)) {
		case STEP_NEXT:
			it->step++;
			continue;
		case STEP_WAIT:
			return;
		case STEP_END:
			break;
		}
		break;
	}
	item_free(it);
}

/* No room for an item: the sender is asked to try again. */
static void refuse(struct session *s, uint32_t id)
{
	static const char error[] = "<error type='wait'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
	channel_bounce(s, id, error, sizeof error - 1);
}

void message_inspect(struct broker *b, struct session *s, uint32_t id, bool again, const char *stanza, size_t size)
{
	bool room = s->open_bytes + size <= SESSION_BYTES_MAX && b->item_bytes + size <= ITEM_BYTES_MAX;
	struct item *it = room ? calloc(1, sizeof *it) : NULL;
	b->counters.inspected += !again;
	if (!it || !(it->arena = arena_new(ARENA_MAX)) || !(it->raw = arena_strndup(it->arena, stanza, size))) {
		if (it)
			arena_free(&it->arena);
		free(it);
		refuse(s, id);
		return;
	}
	it->b = b;
	it->session = session_ref(s);
	it->id = id;
	it->again = again;
	it->raw_size = size;
	buf_init(&it->masked, 4 * XML_BYTES_MAX);
	for (size_t i = 0; i < STANZA_BLOBS_MAX; i++)
		it->blobs[i].fd = -1;
	b->items++;
	charge(it, size);
	item_run(it);
}
