#include "flow/admin.h"

#include "config.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RELOADS_MAX = 16, LIST_MAX = 1000 };

struct reload {
	uint32_t id;
	struct control_request *req; /* NULL = free */
};

struct admin {
	struct broker *b;
	struct control_server *server;
	struct control_ops control;
	const struct admin_ops *ops;
	void *ctx;
	uint32_t ids;
	struct reload reloads[RELOADS_MAX];
};

/* status */

static json_t *links_json(const struct broker *b)
{
	json_t *list = json_array();
	for (size_t i = 0; i < b->nlinks; i++) {
		const struct conf_link *c = link_conf(b->links[i]);
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:i, s:b}", "domain", c->domain, "serves",
			c->serves == LINK_UPLOAD ? "upload" : "filter", "host", c->host, "port", c->port, "up", link_is_up(b->links[i])));
	}
	return list;
}

static json_t *channels_json(const struct broker *b)
{
	json_t *list = json_array();
	for (size_t i = 0; i < b->nlinks; i++) {
		const struct channel *c = channels_of_link(b->channels, i);
		if (c)
			json_array_append_new(list, json_pack("{s:s, s:s, s:i, s:I}", "link", link_conf(b->links[i])->domain, "software",
				channel_software(c), "open", (int)channel_open(c), "inspected", (json_int_t)channel_inspected(c)));
	}
	return list;
}

static json_t *scan_json(const struct broker *b)
{
	struct pool_status s;
	pool_status(b->pool, &s);
	return json_pack("{s:b, s:i, s:i, s:i, s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:s*}", "serving", pool_current(b->pool) != NULL,
		"text_workers", (int)s.text_workers, "file_workers", (int)s.file_workers, "text_waiting", (int)s.text_waiting,
		"file_waiting", (int)s.file_waiting, "outstanding", (int)s.outstanding, "text_jobs", (json_int_t)s.text_jobs,
		"file_jobs", (json_int_t)s.file_jobs, "deaths", (json_int_t)s.deaths, "timeouts", (json_int_t)s.timeouts,
		"signatures", (json_int_t)(b->g ? b->g->signatures : 0), "degraded", b->g && b->g->degraded[0] ? b->g->degraded : NULL);
}

static json_t *counters_json(const struct broker *b)
{
	const struct broker_counters *n = &b->counters;
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "inspected", (json_int_t)n->inspected, "delivered", (json_int_t)n->delivered,
		"redacted", (json_int_t)n->redacted, "quarantined", (json_int_t)n->quarantined, "blocked", (json_int_t)n->blocked,
		"failed", (json_int_t)n->failed, "files_clean", (json_int_t)n->files_clean, "files_refused", (json_int_t)n->files_refused);
}

static void on_status(void *ctx, struct control_request *req, json_t *cmd, int fd)
{
	const struct broker *b = ((struct admin *)ctx)->b;
	json_t *uploads = b->uploads ? json_pack("{s:i}", "port", upload_service_port(b->uploads)) : json_null();
	control_reply(req, json_pack("{s:b, s:s, s:I, s:i, s:o, s:o, s:o, s:{s:i, s:i}, s:o, s:o, s:i}", "ok", 1, "version", PACKAGE_VERSION,
		"uptime_s", (json_int_t)((clock_ms() - b->started_ms) / 1000), "generation", b->g ? (int)b->g->number : 0,
		"links", links_json(b), "channels", channels_json(b), "scan", scan_json(b),
		"rules", "detectors", b->g ? (int)b->g->ndetectors : 0, "rules", b->g ? (int)b->g->rules->nrules : 0,
		"counters", counters_json(b), "upload", uploads, "under_way", (int)b->items));
}

/* reload */

static void on_reload(void *ctx, struct control_request *req, json_t *cmd, int fd)
{
	struct admin *a = ctx;
	for (size_t i = 0; i < RELOADS_MAX; i++) {
		if (a->reloads[i].req)
			continue;
		a->reloads[i] = (struct reload){ ++a->ids, req };
		if (a->ops->reload(a->ctx, a->ids) < 0) {
			a->reloads[i].req = NULL;
			control_reply_error(req, "The monitor can't be reached; is filterd stopping?");
		}
		return;
	}
	control_reply_error(req, "Too many reloads are waiting; try again when they are done.");
}

void admin_reloaded(struct admin *a, uint32_t id, int ok, const char *text)
{
	for (size_t i = 0; i < RELOADS_MAX; i++) {
		struct control_request *req = a->reloads[i].req;
		if (!req || a->reloads[i].id != id)
			continue;
		a->reloads[i].req = NULL;
		if (ok)
			control_reply(req, json_pack("{s:b, s:i}", "ok", 1, "generation", a->b->g ? (int)a->b->g->number : 0));
		else
			control_reply_error(req, "%s", text);
	}
}

/* scan */

struct scan {
	struct admin *admin;
	struct control_request *req;
	int fd;
};

static json_t *findings_json(const struct pool_result *r)
{
	json_t *list = json_array();
	for (size_t i = 0; i < r->nfindings; i++) {
		const struct scan_file_finding *f = &r->file_findings[i];
		json_t *j = json_pack("{s:s, s:i, s:i, s:i, s:s%}", "detector", r->g->detectors[f->detector].id, "start", (int)f->start,
			"end", (int)f->end, "confidence", (int)f->confidence, "path", f->path, f->path_len);
		if (f->document)
			json_object_update_new(j, json_pack("{s:I, s:i, s:i}", "document", (json_int_t)f->document, "share_document", f->share_document,
				"share_message", f->share_message));
		json_array_append_new(list, j);
	}
	return list;
}

static void on_scanned(void *ctx, const struct pool_result *r)
{
	struct scan *s = ctx;
	control_reply(s->req, json_pack("{s:b, s:s, s:s, s:s, s:s, s:o}", "ok", 1, "status", scan_status_name(r->status), "name", r->name,
		"cause", cause_name(r->cause), "types", r->types ? r->types : "", "findings", findings_json(r)));
	close(s->fd);
	free(s);
}

static void on_scan(void *ctx, struct control_request *req, json_t *cmd, int fd)
{
	struct admin *a = ctx;
	struct stat st;
	const char *name = json_string_value(json_object_get(cmd, "name"));
	struct scan *s = malloc(sizeof *s);
	if (!s || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		control_reply_error(req, "The descriptor that came with the command is no regular file.");
	} else {
		*s = (struct scan){ a, req, fd };
		if (pool_scan_file(a->b->pool, fd, (uint64_t)st.st_size, name ? name : "", on_scanned, s))
			return;
		control_reply_error(req, "No more jobs can be taken now; try again.");
	}
	free(s);
	close(fd);
}

/* quarantine */

static void on_items(void *ctx, int status, const char *json, size_t size)
{
	struct control_request *req = ctx;
	json_t *items = status == RECORDER_ON_DISK ? json_loadb(json, size, 0, NULL) : NULL;
	if (items)
		control_reply(req, json_pack("{s:b, s:o}", "ok", 1, "items", items));
	else
		control_reply_error(req, "The recorder did not answer; see filterd's log.");
}

/* What is known of an item, without its content: reading that is for a reviewer's tool, not for a status line. */
static void on_item(void *ctx, int status, const char *meta, size_t size, int fd)
{
	struct control_request *req = ctx;
	json_t *item = status == RECORDER_ON_DISK ? json_loadb(meta, size, 0, NULL) : NULL;
	if (fd >= 0)
		close(fd);
	if (item)
		control_reply(req, json_pack("{s:b, s:o}", "ok", 1, "item", item));
	else
		control_reply_error(req, status == RECORDER_REFUSED ? "There is no item with this id." : "The recorder did not answer; see filterd's log.");
}

static void on_quarantine(void *ctx, struct control_request *req, json_t *cmd, int fd)
{
	struct recorder *rec = ((struct admin *)ctx)->b->recorder;
	const char *op = json_string_value(json_object_get(cmd, "op")), *id = json_string_value(json_object_get(cmd, "id"));
	json_int_t limit = json_integer_value(json_object_get(cmd, "limit"));
	int r;
	if (op && strcmp(op, "list") == 0) {
		r = recorder_list(rec, limit > 0 && limit <= LIST_MAX ? (uint32_t)limit : LIST_MAX, on_items, req);
	} else if (op && strcmp(op, "show") == 0 && id) {
		r = recorder_get(rec, id, on_item, req);
	} else {
		control_reply_error(req, "quarantine knows the operations \"list\", and \"show\" with an \"id\".");
		return;
	}
	if (r < 0)
		control_reply_error(req, "The recorder can't be reached; see filterd's log.");
}

/* hash: of a value, for the allow-list */

static void on_hash(void *ctx, struct control_request *req, json_t *cmd, int fd)
{
	const struct broker *b = ((struct admin *)ctx)->b;
	const json_t *value = json_object_get(cmd, "value");
	unsigned char hash[VALUE_HASH];
	char hex[VALUE_HASH_SIZE];
	if (!json_is_string(value) || json_string_length(value) == 0) {
		control_reply_error(req, "hash wants a \"value\".");
		return;
	}
	if (value_hash(b->hash_key, json_string_value(value), json_string_length(value), hash) < 0) {
		control_reply_error(req, "filterd is out of memory.");
		return;
	}
	text_hex(hex, hash, VALUE_HASH);
	control_reply(req, json_pack("{s:b, s:s}", "ok", 1, "hash", hex));
}

static const struct control_command commands[] = {
	{ "status", 0, 5, on_status },
	{ "reload", 0, 200, on_reload },
	{ "scan", 1, 120, on_scan },
	{ "quarantine", 0, 30, on_quarantine },
	{ "hash", 0, 5, on_hash },
	{ NULL, 0, 0, NULL },
};

struct admin *admin_new(struct broker *b, const struct admin_ops *ops, void *ctx, struct cfgerr *err)
{
	struct admin *a = calloc(1, sizeof *a);
	if (!a) {
		cfgerr_set(err, "", 0, "out of memory");
		return NULL;
	}
	a->b = b;
	a->ops = ops;
	a->ctx = ctx;
	a->control = (struct control_ops){ commands, a };
	a->server = control_server_new(b->base, b->conf->control.socket, b->conf->control.group, &a->control);
	if (!a->server) {
		cfgerr_set(err, b->conf->control.socket, 0, "can't listen on the control socket: %s", strerror(errno));
		admin_free(&a);
	}
	return a;
}

void admin_free(struct admin **ap)
{
	struct admin *a = *ap;
	if (!a)
		return;
	control_server_free(&a->server);
	free(a);
	*ap = NULL;
}
