#include "flow/file.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "flow/incident.h"
#include "flow/notice.h"
#include "policy/zones.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_MAX = 4 << 20 };

struct upload_item {
	struct broker *b;
	struct arena *arena;
	struct upload_job *job;
	int fd;                         /* the service's */
	char *owner, *name;             /* in the arena */
	char sha256[65], size_text[24];
	uint64_t size;
	struct decide_file file;
	struct generation *g;
	char ref[EVENT_REF_SIZE];
	char signature[128], failure[128];
	const char **paths;             /* of its findings, in the arena */
	struct decision decision;
};

/* "report.zip/word/document.xml": where people will look for it.  NULL without memory. */
static const char *whole_path(struct upload_item *it, const struct scan_file_finding *f)
{
	size_t name = strlen(it->name);
	char *path = arena_alloc(it->arena, name + 1 + f->path_len + 1);
	if (path)
		snprintf(path, name + 1 + f->path_len + 1, "%s%s%.*s", it->name, f->path_len ? "/" : "", (int)f->path_len, f->path_len ? f->path : "");
	return path;
}

/* Over any link of the filter's: an upload came over none. */
static void tell_owner(struct upload_item *it)
{
	for (size_t i = 0; i < it->b->nlinks; i++) {
		if (link_conf(it->b->links[i])->serves != LINK_FILTER || !link_is_up(it->b->links[i]))
			continue;
		notice_send(it->b, i, &it->decision, it->owner, NULL, it->g->conf->language, it->ref);
		return;
	}
}

static void finish(struct upload_item *it, enum upload_verdict verdict)
{
	struct upload_job *job = it->job;
	bool silent = it->decision.silent;
	if (verdict == UPLOAD_CLEAN && it->decision.notify)
		tell_owner(it);
	const char *text = verdict == UPLOAD_CLEAN || silent ? NULL : notice_text(&it->decision, NULL, it->g ? it->g->conf->language : NULL);
	char sentence[1200] = "";
	if (text)
		snprintf(sentence, sizeof sentence, "%s", text);
	if (verdict == UPLOAD_CLEAN)
		it->b->counters.files_clean++;
	else
		it->b->counters.files_refused++;
	upload_verdict(job, verdict, it->ref[0] && !silent ? it->ref : NULL, sentence[0] ? sentence : NULL);
	generation_unref(&it->g);
	arena_free(&it->arena);
	free(it);
}

static bool is_passing_cause(enum cause c)
{
	return c == CAUSE_SCANNER_DOWN || c == CAUSE_TIMEOUT || c == CAUSE_RELOADING || c == CAUSE_NO_SPACE;
}

static void act(struct upload_item *it, bool recorded)
{
	const struct decision *d = &it->decision;
	if (d->action == ACTION_DELIVER && (recorded || !d->unscanned))
		finish(it, UPLOAD_CLEAN);
	else
		finish(it, d->denial == DENY_NOTHING && !d->malware && is_passing_cause(d->cause) ? UPLOAD_UNAVAILABLE : UPLOAD_REFUSED);
}

static void on_recorded(void *ctx, bool ok)
{
	struct upload_item *it = ctx;
	if (!ok && it->decision.action == ACTION_DELIVER) {
		it->decision.action = ACTION_BLOCK;
		it->decision.cause = CAUSE_NO_SPACE;
	}
	act(it, ok);
}

/* The texts of a file's layers stay in the worker, so `distinct` has nothing to compare: each finding counts. */
static void decide(struct upload_item *it, const struct pool_result *r)
{
	const char *zones[CONF_ZONES_MAX + 1];
	struct finding *findings = arena_alloc(it->arena, r->nfindings * sizeof *findings);
	it->paths = arena_alloc(it->arena, r->nfindings * sizeof *it->paths);
	if (!findings || !it->paths) {
		it->decision = (struct decision){ .action = ACTION_BLOCK, .cause = CAUSE_NO_SPACE, .unscanned = true };
		return;
	}
	for (size_t i = 0; i < r->nfindings; i++) {
		const struct scan_file_finding *f = &r->file_findings[i];
		findings[i] = (struct finding){ .text = (uint16_t)i, .detector = f->detector, .confidence = f->confidence, .document = f->document,
			                 .share_document = f->share_document, .share_message = f->share_message };
		/* most are in one part */
		bool same = i > 0 && f->path_len == f[-1].path_len && memcmp(f->path, f[-1].path, f->path_len) == 0;
		it->paths[i] = same ? it->paths[i - 1] : whole_path(it, f);
	}
	it->file.types = r->types ? arena_strdup(it->arena, r->types) : "";
	if (!it->file.types) {
		it->decision = (struct decision){ .action = ACTION_BLOCK, .cause = CAUSE_NO_SPACE, .unscanned = true };
		return;
	}
	it->file.unscanned = r->status == SCAN_UNSCANNABLE;
	it->file.encrypted = r->status == SCAN_UNSCANNABLE && r->cause == CAUSE_ENCRYPTED;
	struct decide_input in = {
		.rules = it->g->rules,
		.is = {
			.conf = it->g->conf,
			.from = zone_of_jid(it->g->conf, it->owner, strlen(it->owner)),
			.to = zones,
			.nto = broker_all_zones(it->g->conf, zones), /* who has the link can fetch it */
			.channels = 1u << CHANNEL_UPLOAD | 1u << CHANNEL_FILE,
			.sender = it->owner,
			.recipient = "",
			.files = &it->file,
			.nfiles = 1,
		},
		.is_file = true,
		.file_size = it->size,
		.malware = r->status == SCAN_MALWARE,
		.causes = r->status == SCAN_UNSCANNABLE ? 1u << r->cause : 0,
		.findings = findings,
		.nfindings = r->nfindings,
		.today = allow_today(clock_wall_s()),
	};
	const struct drip_item item = { .from = it->owner, .to = "", .name = it->sha256 };
	if (drip_count(it->b->drip, it->arena, &in, &item, clock_ms(), &in.tallies) < 0)
		in.causes |= 1u << CAUSE_NO_SPACE;
	policy_decide(it->arena, &in, &it->decision);
}

static void on_scanned(void *ctx, const struct pool_result *r)
{
	struct upload_item *it = ctx;
	if (r->g)
		it->g = generation_ref(r->g);
	else if (it->b->g)
		it->g = generation_ref(it->b->g);
	broker_reference(it->ref);
	if (r->status == SCAN_MALWARE)
		snprintf(it->signature, sizeof it->signature, "%s", r->name);
	else if (r->status == SCAN_UNSCANNABLE)
		snprintf(it->failure, sizeof it->failure, "%s", r->name);
	if (it->g)
		decide(it, r);
	else
		it->decision = (struct decision){ .action = ACTION_BLOCK, .cause = CAUSE_RELOADING, .unscanned = true };
	const struct decision *d = &it->decision;
	if (d->action == ACTION_DELIVER && d->nhits == 0 && !d->allowed && !d->unscanned) {
		it->ref[0] = '\0';
		act(it, true);
		return;
	}
	const struct incident_subject subject = {
		.ref = it->ref, .from = it->owner, .to = "", .channel = channel_kind_name(CHANNEL_UPLOAD), .zones = "upload", .name = it->name,
		.sha256 = it->sha256, .size = it->size_text,
		.paths = it->paths,
		.signature = it->signature[0] ? it->signature : NULL,
		.failure = it->failure[0] ? it->failure : NULL,
	};
	incident_record(it->b, it->g, &subject, d, NULL, d->action == ACTION_QUARANTINE ? it->fd : -1, on_recorded, it);
}

static int on_upload(void *ctx, struct upload_job *job, int fd, const struct upload_meta *meta)
{
	struct broker *b = ctx;
	struct upload_item *it = calloc(1, sizeof *it);
	if (!it)
		return -1;
	it->b = b;
	it->job = job;
	it->fd = fd;
	it->size = (uint64_t)meta->size;
	it->arena = arena_new(ARENA_MAX);
	it->owner = it->arena ? arena_strdup(it->arena, meta->owner) : NULL;
	it->name = it->owner ? arena_strdup(it->arena, meta->name) : NULL;
	const char *declared = it->name ? arena_strdup(it->arena, meta->type) : NULL;
	text_hex(it->sha256, meta->sha256, 32);
	snprintf(it->size_text, sizeof it->size_text, "%" PRIu64, it->size);
	it->file = (struct decide_file){ .name = it->name, .declared = declared, .types = "", .sha256 = it->sha256, .size = it->size };
	if (!declared || !pool_scan_file(b->pool, fd, it->size, it->name, on_scanned, it)) {
		arena_free(&it->arena);
		free(it);
		return -1;
	}
	return 0;
}

static void on_event(void *ctx, const struct event_record *e)
{
	broker_report(ctx, e);
}

const struct upload_ops file_upload_ops = { on_upload, on_event };
