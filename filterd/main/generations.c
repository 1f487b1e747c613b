#include "config.h"

#include "main/generations.h"

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "main/notify.h"
#include "main/supervise.h"
#include "main/words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	ANSWER_MS = 300000,        /* for a nursery to load and self-test, and the broker to answer */
	DRAIN_SPARE_MS = 30000,    /* over the time of a file */
	WRECK_SPARE_MS = 5000,     /* … for a nursery that may not end by itself */
};

void generations_config_free(struct config *c)
{
	conf_free(&c->conf);
	bundle_free(&c->bundle);
}

/* Starts a nursery with these bytes and offers it to the broker.  On failure nothing is left; the text says why. */
static int propose(struct monitor *m, const struct bundle *b, enum monitor_reason reason, char *text, size_t text_size)
{
	struct proposal *p = &m->proposal;
	int pair[2] = { -1, -1 }, plain = -1, secret = -1, r = -1;
	uint32_t n = ++m->generation;
	pid_t pid = -1;
	if (io_socketpair(SOCK_SEQPACKET, pair) < 0 || (plain = bundle_to_fd(b, BUNDLE_WITH_INDEXES)) < 0 ||
	    (secret = bundle_to_fd(b, BUNDLE_WITH_SECRETS)) < 0 || (pid = supervise_start_nursery(m, n, pair[1], plain, b)) < 0) {
		snprintf(text, text_size, "the nursery could not be started: %s", strerror(errno));
		goto out;
	}
	if (!words_say(m, &(struct monitor_msg){.type = MONITOR_GENERATION,
	                                  .generation = n,
	                                  .reason = reason,
	                                  .fds = {secret, pair[0]},
	                                  .nfds = 2})) {
		snprintf(text, text_size, "the broker does not listen");
		goto out; /* the nursery ends with its channel */
	}
	*p = (struct proposal){ .generation = n, .reason = reason, .pid = pid, .deadline_ms = clock_ms() + ANSWER_MS };
	log_info("role=nursery pid=%ld generation=%u started", (long)pid, n);
	r = 0;
out:
	io_close(&pair[0]);
	io_close(&pair[1]);
	io_close(&plain);
	io_close(&secret);
	return r;
}

struct watch *generations_watch_new(const struct conf *c)
{
	const char *dirs[] = { c->scan.signatures, c->scan.official };
	struct watch *w = watch_new(dirs, 2);
	if (!w)
		log_error("signatures are not watched error=\"%s\"", strerror(errno));
	return w;
}

static bool same_folders(const struct conf_scan *a, const struct conf_scan *b)
{
	return strcmp(a->signatures, b->signatures) == 0 && strcmp(a->official, b->official) == 0;
}

static void take_config(struct monitor *m, struct config *next, const struct privs *broker_privs)
{
	bool same = same_folders(&m->config.conf->scan, &next->conf->scan);
	generations_config_free(&m->config);
	m->config = *next;
	*next = (struct config){ 0 };
	m->broker_privs = *broker_privs;
	if (same)
		return; /* the watch may hold a change that came while the nursery was loading */
	watch_free(&m->watch);
	m->watch = generations_watch_new(m->config.conf);
	m->signatures_wanted = true; /* as nobody watched these folders while it was */
}

void generations_accepted(struct monitor *m, uint32_t n)
{
	struct proposal *p = &m->proposal;
	if (p->generation != n)
		return;
	log_info("generation=%u accepted", n);
	if (m->nursery.pid)
		supervise_drain(m, m->nursery.pid, (uint64_t)m->config.conf->scan.file_time_ms +
		                                   (m->wrecked ? WRECK_SPARE_MS : DRAIN_SPARE_MS));
	m->wrecked = false;
	m->nursery.pid = p->pid;
	m->nursery_generation = n;
	m->nursery.started_ms = clock_ms();
	if (!p->pid) /* it died between its HELLO and now */
		supervise_ended(&m->nursery, clock_ms());
	if (p->reason == REASON_RELOAD)
		take_config(m, &p->config, &p->broker_privs);
	if (p->reason == REASON_RELOAD || p->reason == REASON_SIGNATURES)
		words_answer_requests(m, true, "the new generation serves");
	if (!m->served) {
		struct monitor_msg msg = { .type = MONITOR_EVENT, .event = EVENT_SERVICE_START };
		monitor_add_field(&msg, "version", PACKAGE_VERSION);
		words_say(m, &msg);
	}
	m->served = true;
	*p = (struct proposal){ 0 };
	notify_send("READY=1\nSTATUS=Filtering.");
}

/* "FILE:LINE: text", as errors of rule files read, taken apart for the event. */
static void split_error(const char *text, struct cfgerr *err)
{
	int line = 0, end = 0;
	char file[256];
	if (*text == '/' && sscanf(text, "%255[^:]:%d: %n", file, &line, &end) == 2 && end > 0)
		cfgerr_set(err, file, line, "%s", text + end);
	else
		cfgerr_set(err, "", 0, "%s", text);
}

void generations_refused(struct monitor *m, enum monitor_reason reason, const char *text)
{
	struct proposal *p = &m->proposal;
	struct cfgerr err;
	split_error(text, &err);
	if (p->pid)
		supervise_drain(m, p->pid, SUPERVISE_ORPHAN_MS);
	generations_config_free(&p->config);
	*p = (struct proposal){ 0 };

	if (!m->served && reason != REASON_RELOAD && reason != REASON_SIGNATURES) {
		log_error("can't start reason=\"%s\"", text);
		supervise_stop(m, "it could not start", 1);
		return;
	}
	if (reason == REASON_RELOAD)
		words_config_rejected(m, &err);
	else if (reason == REASON_SIGNATURES)
		words_signatures_rejected(m, text);
	else
		log_error("role=nursery refused reason=\"%s\"", text);
	if (reason == REASON_RELOAD || reason == REASON_SIGNATURES) {
		words_answer_requests(m, false, text);
		notify_send("READY=1\nSTATUS=Filtering. The last reload was refused; see the log.");
	}
	if (reason == REASON_RESTART && m->wrecked)
		m->nursery.start_at_ms = clock_ms() + SUPERVISE_LIFE_GOOD_MS; /* it serves on: no hurry */
	else if (reason == REASON_RESTART)
		supervise_ended(&m->nursery, clock_ms());
}

/* What a reload can't change, because other processes and the lock rest on it. */
static int check_fixed(const struct conf *old, const struct conf *new, struct cfgerr *err)
{
	const char *name = strcmp(old->state_dir, new->state_dir) != 0 ? "state_dir"
		: strcmp(old->run_dir, new->run_dir) != 0                  ? "run_dir"
		: strcmp(old->user, new->user) != 0                        ? "user"
									   : NULL;
	return name ? cfgerr_set(err, new->path, 0, "%s can't be changed by a reload; restart filterd for that", name)
	            : 0;
}

/* Who the roles will be: the configured user if we are root, else whoever we are.  The broker is also in the groups
 * of its sockets, so that it can give them away. */
int generations_find_users(const struct conf *c, struct privs *plain, struct privs *broker, char *why, size_t why_size)
{
	*plain = *broker = (struct privs){ .uid = geteuid(), .gid = getegid() };
	if (geteuid() != 0)
		return 0;
	if (privs_find_user(c->user, plain, why, why_size) < 0)
		return -1;
	*broker = *plain;
	if (privs_add_group(broker, c->control.group, why, why_size) < 0)
		return -1;
	return privs_add_group(broker, c->inspect.group, why, why_size);
}

void generations_begin_reload(struct monitor *m)
{
	struct config next = { 0 };
	struct privs plain, broker;
	struct cfgerr err = { 0 };
	char text[MONITOR_TEXT_SIZE];
	m->reload_wanted = m->signatures_wanted = false; /* a reload loads signatures, too */
	notify_reloading();
	int r = conf_load(m->options->conf_path, &next.bundle, &next.conf, &err);
	if (r == 0)
		r = check_fixed(m->config.conf, next.conf, &err);
	if (r == 0 && (r = generations_find_users(next.conf, &plain, &broker, text, sizeof text)) < 0)
		cfgerr_set(&err, next.conf->path, 0, "%s", text);
	if (r == 0 && (r = propose(m, &next.bundle, REASON_RELOAD, text, sizeof text)) < 0)
		cfgerr_set(&err, "", 0, "%s", text);
	if (r == 0) {
		m->proposal.config = next;
		m->proposal.broker_privs = broker;
		return;
	}
	generations_config_free(&next);
	words_config_rejected(m, &err);
	words_of_error(&err, text, sizeof text);
	words_answer_requests(m, false, text);
	notify_send("READY=1\nSTATUS=Filtering. The last reload was refused; see the log.");
}

void generations_begin_signatures(struct monitor *m)
{
	char text[MONITOR_TEXT_SIZE];
	m->signatures_wanted = false;
	notify_reloading();
	if (propose(m, &m->config.bundle, REASON_SIGNATURES, text, sizeof text) < 0)
		generations_refused(m, REASON_SIGNATURES, text);
}

void generations_begin_restart(struct monitor *m)
{
	char text[MONITOR_TEXT_SIZE];
	enum monitor_reason reason = m->served ? REASON_RESTART : REASON_START;
	if (propose(m, &m->config.bundle, reason, text, sizeof text) < 0)
		generations_refused(m, reason, text);
}
