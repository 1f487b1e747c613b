#include "config.h"

#include "main/monitor.h"

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "conf/conf.h"
#include "ipc/monitor_wire.h"
#include "main/notify.h"
#include "proc/folders.h"
#include "proc/lock.h"
#include "proc/privs.h"
#include "proc/spawn.h"
#include "proc/watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	LIFE_GOOD_MS = 10000,      /* who lived this long is started again at once */
	PAUSE_FIRST_MS = 100,
	PAUSE_MAX_MS = 1000,       /* service is back within two seconds, however often something dies */
	ANSWER_MS = 300000,        /* for a nursery to load and self-test, and the broker to answer */
	ANSWER_DEAD_MS = 5000,     /* … when the nursery is dead already */
	STOP_MS = 10000,
	PING_MS = 1000,
	PINGS_MAX = 5,             /* a broker that leaves so many unanswered is hung */
	PINGS_START_MAX = 20,      /* … when it has not answered any yet: it may be starting on a slow machine */
	WRECK_SPARE_MS = 5000,     /* over the time of a file, for a nursery that may not end by itself */
	DRAIN_SPARE_MS = 30000,
	ORPHAN_MS = 5000,          /* for a nursery to end that nobody uses */
	DRAINING_MAX = 16,
	REQUESTS_MAX = 32,
};

/* A process that must always be there. */
struct role {
	const char *name;
	pid_t pid;             /* 0 = not running */
	uint64_t started_ms;
	uint64_t start_at_ms;  /* when not running */
	int pause_ms;
};

/* A configuration with the bytes it came from. */
struct config {
	struct bundle bundle;
	struct conf *conf;
};

/* Does the broker answer?  Counted in pings, not by the clock: what we sleep through ourselves is not its fault. */
struct pings {
	uint32_t last;         /* id of the last one sent */
	uint32_t answered;     /* the newest that was answered */
	uint64_t next_ms;
};

/* A process.hung of a broker, for the next broker to report. */
struct hung {
	pid_t pid;             /* 0 = nothing to report */
	const char *reason;
};

/* A generation the broker has not answered yet. */
struct proposal {
	uint32_t generation;   /* 0 = none */
	enum monitor_reason reason;
	pid_t pid;             /* of its nursery; 0 = dead */
	uint64_t deadline_ms;
	struct config config;  /* REASON_RELOAD: what counts when it is accepted */
	struct privs broker_privs;
};

struct drained {
	pid_t pid;
	uint64_t deadline_ms;
};

struct monitor {
	const struct monitor_options *options;
	int lock_fd, signal_fd;
	bool root;
	struct privs broker_privs, plain_privs;
	struct watch *watch;
	struct config config;      /* in force */
	struct role broker, recorder, nursery;
	int broker_fd;             /* our end of its channel, -1 */
	struct pings pings;
	struct hung hung;
	uint32_t recorders;        /* sockets to recorders this broker was given */
	bool wrecked;              /* the serving nursery runs, but is to be replaced */
	int recorder_fd;           /* the next recorder's end, when its broker has the other already; else -1 */
	uint32_t generation;       /* the last given out */
	uint32_t nursery_generation; /* of the serving one */
	struct proposal proposal;
	bool served;               /* a generation has been accepted since we started */
	bool reload_wanted, signatures_wanted;
	uint32_t requests[REQUESTS_MAX]; /* RELOADs of the broker that wait for DONE */
	int nrequests;
	struct drained draining[DRAINING_MAX];
	bool stopping;
	uint64_t stop_deadline_ms;
	int failed;                /* exit status, once stopping */
};

static void config_free(struct config *c)
{
	conf_free(&c->conf);
	bundle_free(&c->bundle);
}

/* ---- words to the broker ---- */

static bool say(struct monitor *m, const struct monitor_msg *msg)
{
	if (m->broker_fd < 0)
		return false;
	if (monitor_send(m->broker_fd, msg) == 0)
		return true;
	log_warn("to=broker type=%c error=\"%s\"", msg->type, strerror(errno));
	return false;
}

static void answer_requests(struct monitor *m, bool ok, const char *text)
{
	for (int i = 0; i < m->nrequests; i++) {
		struct monitor_msg msg = { .type = MONITOR_DONE, .id = m->requests[i], .ok = ok };
		snprintf(msg.text, sizeof msg.text, "%s", text);
		say(m, &msg);
	}
	m->nrequests = 0;
}

static void error_words(const struct cfgerr *err, char *dst, size_t dst_size)
{
	if (!*err->file)
		snprintf(dst, dst_size, "%s", err->text);
	else if (!err->line)
		snprintf(dst, dst_size, "%s: %s", err->file, err->text);
	else
		snprintf(dst, dst_size, "%s:%d: %s", err->file, err->line, err->text);
}

static void report_config_rejected(struct monitor *m, const struct cfgerr *err)
{
	char line[16], words[1024];
	struct monitor_msg msg = { .type = MONITOR_EVENT, .event = EVENT_CONFIG_REJECTED };
	snprintf(line, sizeof line, "%d", err->line);
	monitor_add_field(&msg, "file", err->file);
	if (err->line)
		monitor_add_field(&msg, "line", line);
	monitor_add_field(&msg, "reason", err->text);
	say(m, &msg);
	error_words(err, words, sizeof words);
	log_error("event=config.rejected reason=\"%s\"", words);
}

static void report_signatures_rejected(struct monitor *m, const char *text)
{
	struct monitor_msg msg = { .type = MONITOR_EVENT, .event = EVENT_SIGNATURES_REJECTED };
	monitor_add_field(&msg, "reason", text);
	say(m, &msg);
	log_error("event=signatures.rejected reason=\"%s\"", text);
}

static void report_hung(struct monitor *m, const char *role, pid_t pid, const char *reason)
{
	char number[16];
	struct monitor_msg msg = { .type = MONITOR_EVENT, .event = EVENT_PROCESS_HUNG };
	snprintf(number, sizeof number, "%ld", (long)pid);
	monitor_add_field(&msg, "role", role);
	monitor_add_field(&msg, "pid", number);
	monitor_add_field(&msg, "reason", reason);
	say(m, &msg);
	log_error("event=process.hung role=%s pid=%ld reason=\"%s\"", role, (long)pid, reason);
}

/* ---- starting ---- */

static void role_started(struct role *r, pid_t pid)
{
	r->pid = pid;
	r->started_ms = clock_ms();
	log_info("role=%s pid=%ld started", r->name, (long)pid);
}

/* It ended, or could not be started or replaced: when is the next attempt? */
static void role_pause(struct role *r, uint64_t now_ms)
{
	bool good = r->pid > 0 && now_ms - r->started_ms >= LIFE_GOOD_MS;
	r->pause_ms = good ? 0 : r->pause_ms == 0 ? PAUSE_FIRST_MS : r->pause_ms * 2;
	if (r->pause_ms > PAUSE_MAX_MS)
		r->pause_ms = PAUSE_MAX_MS;
	r->start_at_ms = now_ms + (uint64_t)r->pause_ms;
}

static void role_ended(struct role *r, uint64_t now_ms)
{
	role_pause(r, now_ms);
	r->pid = 0;
}

static bool role_due(const struct role *r, uint64_t now_ms)
{
	return r->pid == 0 && r->start_at_ms <= now_ms;
}

static pid_t start_role(struct monitor *m, const char *role, const int *fds, int nfds, const struct privs *privs)
{
	const char *const argv[] = { "filterd", "--role", role, NULL };
	struct spawn s = { .path = m->options->self, .argv = argv, .nfds = nfds, .privs = m->root ? privs : NULL };
	memcpy(s.fds, fds, (size_t)nfds * sizeof *fds);
	pid_t pid = spawn_run(&s);
	if (pid < 0)
		log_error("role=%s program=%s error=\"%s\"", role, m->options->self, strerror(errno));
	return pid;
}

static void start_broker(struct monitor *m, uint64_t now_ms)
{
	int channel[2] = { -1, -1 }, recorder[2] = { -1, -1 }, bundle = -1;
	pid_t pid = -1;
	if (io_socketpair(SOCK_SEQPACKET, channel) == 0 && io_socketpair(SOCK_SEQPACKET, recorder) == 0 &&
	    (bundle = bundle_to_fd(&m->config.bundle, 1)) >= 0 && io_nonblock(channel[0]) == 0)
		pid = start_role(m, "broker", (const int[]){ channel[1], bundle, recorder[1] }, 3, &m->broker_privs);
	io_close(&channel[1]);
	io_close(&recorder[1]);
	io_close(&bundle);
	if (pid < 0) {
		io_close(&channel[0]);
		io_close(&recorder[0]);
		role_ended(&m->broker, now_ms);
		return;
	}
	role_started(&m->broker, pid);
	m->broker_fd = channel[0];
	m->pings = (struct pings){ .next_ms = now_ms + PING_MS };
	m->recorders = 1;
	if (m->hung.pid)
		report_hung(m, "broker", m->hung.pid, m->hung.reason);
	m->hung = (struct hung){ 0 };
	io_close(&m->recorder_fd);
	m->recorder_fd = recorder[0];
	/* with the broker before went its nurseries: no pause for the next */
	m->nursery.start_at_ms = now_ms;
}

/* There is one journal, so there is never more than one recorder: called only when the one before is gone. */
static void start_recorder(struct monitor *m, uint64_t now_ms)
{
	int pair[2] = { m->recorder_fd, -1 }, bundle = -1;
	pid_t pid = -1;
	if ((pair[0] >= 0 || io_socketpair(SOCK_SEQPACKET, pair) == 0) &&
	    (bundle = bundle_to_fd(&m->config.bundle, 0)) >= 0)
		pid = start_role(m, "recorder", (const int[]){ pair[0], bundle }, 2, &m->plain_privs);
	if (pid > 0) {
		role_started(&m->recorder, pid);
		if (pair[1] >= 0 && say(m, &(struct monitor_msg){ .type = MONITOR_RECORDER, .fds = { pair[1] }, .nfds = 1 }))
			m->recorders++;
		io_close(&m->recorder_fd);
		pair[0] = m->recorder_fd >= 0 || pair[1] < 0 ? -1 : pair[0];
	} else {
		role_ended(&m->recorder, now_ms);
		if (pair[0] == m->recorder_fd)
			pair[0] = -1; /* kept for the next attempt */
	}
	io_close(&pair[0]);
	io_close(&pair[1]);
	io_close(&bundle);
}

static pid_t start_nursery(struct monitor *m, uint32_t generation, int channel, int bundle)
{
	char number[16];
	const char *const argv[] = { "filterd-scan", number, NULL };
	struct spawn s = {.path = m->options->scan,
	                  .argv = argv,
	                  .fds = {channel, bundle},
	                  .nfds = 2,
	                  .privs = m->root ? &m->plain_privs : NULL};
	snprintf(number, sizeof number, "%u", generation);
	pid_t pid = spawn_run(&s);
	if (pid < 0)
		log_error("role=nursery program=%s error=\"%s\"", m->options->scan, strerror(errno));
	return pid;
}

/* ---- generations ---- */

/* Starts a nursery with these bytes and offers it to the broker.  On failure nothing is left; the text says why. */
static int propose(struct monitor *m, const struct bundle *b, enum monitor_reason reason, char *text, size_t text_size)
{
	struct proposal *p = &m->proposal;
	int pair[2] = { -1, -1 }, plain = -1, secret = -1, r = -1;
	uint32_t n = ++m->generation;
	pid_t pid = -1;
	if (io_socketpair(SOCK_SEQPACKET, pair) < 0 || (plain = bundle_to_fd(b, 0)) < 0 ||
	    (secret = bundle_to_fd(b, 1)) < 0 || (pid = start_nursery(m, n, pair[1], plain)) < 0) {
		snprintf(text, text_size, "the nursery could not be started: %s", strerror(errno));
		goto out;
	}
	if (!say(m, &(struct monitor_msg){.type = MONITOR_GENERATION,
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

/* Its channel is closed, or will be: it has this long to end by itself. */
static void drain(struct monitor *m, pid_t pid, uint64_t ms)
{
	struct drained *slot = &m->draining[0];
	for (int i = 0; i < DRAINING_MAX; i++) {
		if (m->draining[i].pid == 0) {
			slot = &m->draining[i];
			break;
		}
		if (m->draining[i].deadline_ms < slot->deadline_ms)
			slot = &m->draining[i];
	}
	if (slot->pid)
		kill(slot->pid, SIGKILL); /* more reloads than anybody drains: the oldest has had its time */
	*slot = (struct drained){ pid, clock_ms() + ms };
}

static struct watch *make_watch(const struct conf *c)
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
	config_free(&m->config);
	m->config = *next;
	*next = (struct config){ 0 };
	m->broker_privs = *broker_privs;
	if (same)
		return; /* the watch may hold a change that came while the nursery was loading */
	watch_free(&m->watch);
	m->watch = make_watch(m->config.conf);
	m->signatures_wanted = true; /* as nobody watched these folders while it was */
}

static void accepted(struct monitor *m, uint32_t n)
{
	struct proposal *p = &m->proposal;
	if (p->generation != n)
		return;
	log_info("generation=%u accepted", n);
	if (m->nursery.pid)
		drain(m, m->nursery.pid, (uint64_t)m->config.conf->scan.file_time_ms + (m->wrecked ? WRECK_SPARE_MS : DRAIN_SPARE_MS));
	m->wrecked = false;
	m->nursery.pid = p->pid;
	m->nursery_generation = n;
	m->nursery.started_ms = clock_ms();
	if (!p->pid) /* it died between its HELLO and now */
		role_ended(&m->nursery, clock_ms());
	if (p->reason == REASON_RELOAD) {
		take_config(m, &p->config, &p->broker_privs);
	}
	if (p->reason == REASON_RELOAD || p->reason == REASON_SIGNATURES)
		answer_requests(m, true, "the new generation serves");
	if (!m->served) {
		struct monitor_msg msg = { .type = MONITOR_EVENT, .event = EVENT_SERVICE_START };
		monitor_add_field(&msg, "version", PACKAGE_VERSION);
		say(m, &msg);
	}
	m->served = true;
	*p = (struct proposal){ 0 };
	notify_send("READY=1\nSTATUS=Filtering.");
}

static void stop(struct monitor *m, const char *reason, int failed);

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

static void refused(struct monitor *m, enum monitor_reason reason, const char *text)
{
	struct proposal *p = &m->proposal;
	struct cfgerr err;
	split_error(text, &err);
	if (p->pid)
		drain(m, p->pid, ORPHAN_MS);
	config_free(&p->config);
	*p = (struct proposal){ 0 };

	if (!m->served && reason != REASON_RELOAD && reason != REASON_SIGNATURES) {
		log_error("can't start reason=\"%s\"", text);
		stop(m, "it could not start", 1);
		return;
	}
	if (reason == REASON_RELOAD)
		report_config_rejected(m, &err);
	else if (reason == REASON_SIGNATURES)
		report_signatures_rejected(m, text);
	else
		log_error("role=nursery refused reason=\"%s\"", text);
	if (reason == REASON_RELOAD || reason == REASON_SIGNATURES) {
		answer_requests(m, false, text);
		notify_send("READY=1\nSTATUS=Filtering. The last reload was refused; see the log.");
	}
	if (reason == REASON_RESTART && m->wrecked)
		role_pause(&m->nursery, clock_ms()); /* better than none */
	else if (reason == REASON_RESTART)
		role_ended(&m->nursery, clock_ms());
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
static int find_users(const struct conf *c, struct privs *plain, struct privs *broker, char *why, size_t why_size)
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

static void begin_reload(struct monitor *m)
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
	if (r == 0 && (r = find_users(next.conf, &plain, &broker, text, sizeof text)) < 0)
		cfgerr_set(&err, next.conf->path, 0, "%s", text);
	if (r == 0 && (r = propose(m, &next.bundle, REASON_RELOAD, text, sizeof text)) < 0)
		cfgerr_set(&err, "", 0, "%s", text);
	if (r == 0) {
		m->proposal.config = next;
		m->proposal.broker_privs = broker;
		return;
	}
	config_free(&next);
	report_config_rejected(m, &err);
	error_words(&err, text, sizeof text);
	answer_requests(m, false, text);
	notify_send("READY=1\nSTATUS=Filtering. The last reload was refused; see the log.");
}

static void begin_signatures(struct monitor *m)
{
	char text[MONITOR_TEXT_SIZE];
	m->signatures_wanted = false;
	notify_reloading();
	if (propose(m, &m->config.bundle, REASON_SIGNATURES, text, sizeof text) < 0)
		refused(m, REASON_SIGNATURES, text);
}

static void begin_restart(struct monitor *m)
{
	char text[MONITOR_TEXT_SIZE];
	enum monitor_reason reason = m->served ? REASON_RESTART : REASON_START;
	if (propose(m, &m->config.bundle, reason, text, sizeof text) < 0)
		refused(m, reason, text);
}

/* ---- what happens to us ---- */

/* The broker has broken the protocol, or does not answer: only its end helps. */
static void end_broker(struct monitor *m, const char *why)
{
	log_error("role=broker pid=%ld ended by force reason=\"%s\"", (long)m->broker.pid, why);
	io_close(&m->broker_fd);
	if (m->broker.pid)
		kill(m->broker.pid, SIGKILL);
}

/* What hangs is ended by force, told, and started again like what died. */

static void ping_broker(struct monitor *m, uint64_t now_ms)
{
	struct pings *p = &m->pings;
	if (m->broker_fd < 0 || now_ms < p->next_ms)
		return;
	if (p->last - p->answered >= (p->answered ? PINGS_MAX : PINGS_START_MAX)) {
		m->hung = (struct hung){ m->broker.pid, "it did not answer in time" };
		end_broker(m, m->hung.reason);
		return;
	}
	p->next_ms = now_ms + PING_MS;
	say(m, &(struct monitor_msg){ .type = MONITOR_PING, .id = ++p->last });
}

static void take_pong(struct monitor *m, uint32_t id)
{
	struct pings *p = &m->pings;
	if (id > p->answered && id <= p->last)
		p->answered = id;
}

/* It serves on with the workers it has until another does: what is wrong may keep the next from starting, too. */
static void nursery_wrecked(struct monitor *m, uint32_t generation)
{
	if (generation != m->nursery_generation || m->nursery.pid == 0 || m->wrecked)
		return; /* it has been replaced or has ended meanwhile */
	m->wrecked = true;
	/* one that goes wrong again and again is not loaded again and again */
	m->nursery.start_at_ms = m->nursery.started_ms + LIFE_GOOD_MS;
	report_hung(m, "nursery", m->nursery.pid, "it did not replace its workers in time");
}

static void recorder_hung(struct monitor *m, uint32_t number)
{
	if (number != m->recorders || m->recorder.pid == 0)
		return; /* the broker speaks of one before */
	report_hung(m, "recorder", m->recorder.pid, "it did not answer in time");
	kill(m->recorder.pid, SIGKILL);
}

static void take_message(struct monitor *m, const struct monitor_msg *msg)
{
	switch (msg->type) {
	case MONITOR_ACCEPTED:
		accepted(m, msg->generation);
		break;
	case MONITOR_REFUSED:
		if (m->proposal.generation == msg->generation)
			refused(m, m->proposal.reason, msg->text);
		break;
	case MONITOR_RELOAD:
		if (m->nrequests < REQUESTS_MAX) {
			m->requests[m->nrequests++] = msg->id;
			m->reload_wanted = true;
		} else {
			struct monitor_msg no = {
			        .type = MONITOR_DONE, .id = msg->id, .text = "too many reloads are waiting already"};
			say(m, &no);
		}
		break;
	case MONITOR_PONG:
		take_pong(m, msg->id);
		break;
	case MONITOR_WRECKED:
		nursery_wrecked(m, msg->generation);
		break;
	case MONITOR_RECORDER_HUNG:
		recorder_hung(m, msg->id);
		break;
	default:
		break; /* monitor_recv() lets nothing else through */
	}
}

static void read_broker(struct monitor *m)
{
	struct monitor_msg msg;
	int r = 1;
	for (int i = 0; i < 16 && m->broker_fd >= 0 && (r = monitor_recv(m->broker_fd, MONITOR_SIDE_BROKER, &msg)) == 1;
	     i++)
		take_message(m, &msg);
	if (r == 0)
		io_close(&m->broker_fd); /* its end as a process follows, or it is overdue in check_deadlines() */
	else if (r < 0 && errno != EAGAIN && m->broker_fd >= 0)
		end_broker(m, errno == EPROTO ? "it sent what it may not send" : strerror(errno));
}

static void broker_ended(struct monitor *m, uint64_t now_ms)
{
	io_close(&m->broker_fd);
	role_ended(&m->broker, now_ms);
	/* Its nurseries see their channel close and end; nobody answers for the proposal any more. */
	if (m->nursery.pid)
		drain(m, m->nursery.pid, ORPHAN_MS);
	m->nursery.pid = 0;
	m->wrecked = false;
	if (m->proposal.generation) {
		if (m->proposal.pid)
			drain(m, m->proposal.pid, ORPHAN_MS);
		m->reload_wanted |= m->proposal.reason == REASON_RELOAD;
		config_free(&m->proposal.config);
		m->proposal = (struct proposal){ 0 };
	}
	m->nrequests = 0; /* who asked is gone with it */
}

static void child_ended(struct monitor *m, pid_t pid, int status, uint64_t now_ms)
{
	const char *name = "nursery";
	if (pid == m->broker.pid)
		name = "broker";
	else if (pid == m->recorder.pid)
		name = "recorder";
	if (WIFSIGNALED(status))
		log_warn("role=%s pid=%ld signal=%d ended", name, (long)pid, WTERMSIG(status));
	else
		log_info("role=%s pid=%ld status=%d ended", name, (long)pid, WEXITSTATUS(status));

	if (pid == m->broker.pid)
		broker_ended(m, now_ms);
	else if (pid == m->recorder.pid)
		role_ended(&m->recorder, now_ms);
	else if (pid == m->nursery.pid) {
		role_ended(&m->nursery, now_ms);
		m->wrecked = false;
	}
	else if (pid == m->proposal.pid) {
		m->proposal.pid = 0;
		m->proposal.deadline_ms = now_ms + ANSWER_DEAD_MS;
	}
	for (int i = 0; i < DRAINING_MAX; i++)
		if (m->draining[i].pid == pid)
			m->draining[i] = (struct drained){ 0 };
}

static void reap(struct monitor *m)
{
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		child_ended(m, pid, status, clock_ms());
}

static void kill_all(const struct monitor *m)
{
	const pid_t pids[] = { m->broker.pid, m->recorder.pid, m->nursery.pid, m->proposal.pid };
	for (size_t i = 0; i < sizeof pids / sizeof *pids; i++)
		if (pids[i])
			kill(pids[i], SIGKILL);
	for (int i = 0; i < DRAINING_MAX; i++)
		if (m->draining[i].pid)
			kill(m->draining[i].pid, SIGKILL);
}

/* In order: the broker answers what is open and ends; with it the channels of the nurseries and the recorder. */
static void stop(struct monitor *m, const char *reason, int failed)
{
	if (m->stopping) { /* asked twice: somebody is in a hurry */
		kill_all(m);
		return;
	}
	m->stopping = true;
	m->failed = failed;
	m->stop_deadline_ms = clock_ms() + STOP_MS;
	notify_send("STOPPING=1");
	log_info("stopping reason=\"%s\"", reason);
	if (m->served) {
		struct monitor_msg msg = { .type = MONITOR_EVENT, .event = EVENT_SERVICE_STOP };
		monitor_add_field(&msg, "reason", reason);
		say(m, &msg);
	}
	io_close(&m->broker_fd);
	io_close(&m->recorder_fd);
}

static bool all_ended(const struct monitor *m)
{
	if (m->broker.pid || m->recorder.pid || m->nursery.pid || m->proposal.pid)
		return false;
	for (int i = 0; i < DRAINING_MAX; i++)
		if (m->draining[i].pid)
			return false;
	return true;
}

static void read_signals(struct monitor *m)
{
	struct signalfd_siginfo info;
	while (read(m->signal_fd, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo == SIGCHLD)
			reap(m);
		else if (info.ssi_signo == SIGHUP)
			m->reload_wanted = true;
		else
			stop(m, info.ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT", 0);
	}
}

static void check_deadlines(struct monitor *m, uint64_t now_ms)
{
	if (m->stopping && now_ms >= m->stop_deadline_ms) {
		log_warn("not all ended within %d ms, killing them", STOP_MS);
		kill_all(m);
		m->stop_deadline_ms = now_ms + STOP_MS;
	}
	for (int i = 0; i < DRAINING_MAX; i++)
		if (m->draining[i].pid && now_ms >= m->draining[i].deadline_ms) {
			log_warn("role=nursery pid=%ld has not drained in time, killing it", (long)m->draining[i].pid);
			kill(m->draining[i].pid, SIGKILL);
			m->draining[i].deadline_ms = now_ms + DRAIN_SPARE_MS;
		}
	if (!m->stopping && m->proposal.generation && now_ms >= m->proposal.deadline_ms)
		end_broker(m, "it has not answered for a generation in time");
	if (!m->stopping)
		ping_broker(m, now_ms);
	if (!m->stopping && m->broker.pid && m->broker_fd < 0)
		kill(m->broker.pid, SIGKILL); /* closed its channel but lives */
}

/* Whatever should be there and can be started now. */
static void start_what_is_due(struct monitor *m, uint64_t now_ms)
{
	if (m->stopping)
		return;
	if (role_due(&m->broker, now_ms))
		start_broker(m, now_ms);
	if (role_due(&m->recorder, now_ms) && m->broker_fd >= 0)
		start_recorder(m, now_ms);
	if (m->broker_fd < 0 || m->proposal.generation)
		return;
	if (m->reload_wanted && m->served)
		begin_reload(m);
	else if (role_due(&m->nursery, now_ms) || (m->wrecked && m->nursery.start_at_ms <= now_ms))
		begin_restart(m);
	else if (m->signatures_wanted && m->served)
		begin_signatures(m);
}

static int earlier(int a, int b)
{
	return a < 0 ? b : b < 0 || a < b ? a : b;
}

static int until(uint64_t when_ms, uint64_t now_ms)
{
	return when_ms <= now_ms ? 0 : (int)(when_ms - now_ms);
}

static int timeout_ms(const struct monitor *m, uint64_t now_ms)
{
	const struct role *roles[] = { &m->broker, &m->recorder, &m->nursery };
	int t = m->stopping ? until(m->stop_deadline_ms, now_ms) : -1;
	for (size_t i = 0; i < 3 && !m->stopping; i++)
		if ((roles[i]->pid == 0 || (roles[i] == &m->nursery && m->wrecked)) && roles[i]->start_at_ms > now_ms)
			t = earlier(t, until(roles[i]->start_at_ms, now_ms));
	if (m->proposal.generation && !m->stopping)
		t = earlier(t, until(m->proposal.deadline_ms, now_ms));
	if (m->broker_fd >= 0)
		t = earlier(t, until(m->pings.next_ms, now_ms));
	for (int i = 0; i < DRAINING_MAX; i++)
		if (m->draining[i].pid)
			t = earlier(t, until(m->draining[i].deadline_ms, now_ms));
	if (m->watch && !m->stopping)
		t = earlier(t, watch_timeout_ms(m->watch, now_ms));
	return t;
}

static void turn(struct monitor *m)
{
	uint64_t now_ms = clock_ms();
	struct pollfd fds[] = {
		{ .fd = m->signal_fd, .events = POLLIN },
		{ .fd = m->broker_fd, .events = POLLIN },
		{ .fd = m->watch ? watch_fd(m->watch) : -1, .events = POLLIN },
	};
	if (poll(fds, 3, timeout_ms(m, now_ms)) < 0 && errno != EINTR)
		log_fatal("poll error=\"%s\"", strerror(errno));
	/* The broker's words before its death: a REFUSED that is on its way still counts. */
	if (fds[1].revents)
		read_broker(m);
	if (fds[0].revents)
		read_signals(m);
	now_ms = clock_ms();
	if (m->watch && fds[2].revents)
		watch_read(m->watch, now_ms);
	if (m->watch && watch_take(m->watch, now_ms))
		m->signatures_wanted = true;
	check_deadlines(m, now_ms);
	start_what_is_due(m, now_ms);
}

/* ---- main ---- */

static int open_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* config → folders → lock → privileges */
static int set_up(struct monitor *m)
{
	struct cfgerr err = { 0 };
	char why[512];
	pid_t other;
	if (conf_load(m->options->conf_path, &m->config.bundle, &m->config.conf, &err) < 0) {
		char words[1024];
		error_words(&err, words, sizeof words);
		log_error("%s", words);
		return -1;
	}
	const struct conf *c = m->config.conf;
	m->root = geteuid() == 0;
	if (find_users(c, &m->plain_privs, &m->broker_privs, why, sizeof why) < 0 ||
	    folders_make(c->state_dir, c->run_dir, m->plain_privs.uid, m->plain_privs.gid, why, sizeof why) < 0) {
		log_error("%s", why);
		return -1;
	}
	m->lock_fd = lock_take(c->state_dir, &other);
	if (m->lock_fd < 0 && errno == EWOULDBLOCK)
		log_error("another filterd (pid %ld) uses %s; end it, or give this one its own state_dir", (long)other,
		          c->state_dir);
	else if (m->lock_fd < 0)
		log_error("%s/lock: %s", c->state_dir, strerror(errno));
	if (m->lock_fd < 0)
		return -1;
	if (m->root && privs_shed_capabilities() < 0) {
		log_error("capabilities can't be given up: %s", strerror(errno));
		return -1;
	}
	if ((m->signal_fd = open_signals()) < 0) {
		log_error("signals: %s", strerror(errno));
		return -1;
	}
	m->watch = make_watch(c);
	return 0;
}

static void tear_down(struct monitor *m)
{
	watch_free(&m->watch);
	io_close(&m->broker_fd);
	io_close(&m->recorder_fd);
	io_close(&m->signal_fd);
	config_free(&m->proposal.config);
	config_free(&m->config);
	io_close(&m->lock_fd);
}

int monitor_run(const struct monitor_options *o)
{
	struct monitor m = {
		.options = o,
		.lock_fd = -1,
		.signal_fd = -1,
		.broker_fd = -1,
		.recorder_fd = -1,
		.broker.name = "broker",
		.recorder.name = "recorder",
		.nursery.name = "nursery",
	};
	log_init("monitor", LOG_INFO_L);
	int failed = 1;
	if (set_up(&m) == 0) {
		notify_send("STATUS=Loading signatures and rules.");
		start_what_is_due(&m, clock_ms());
		while (!m.stopping || !all_ended(&m))
			turn(&m);
		failed = m.failed;
	}
	tear_down(&m);
	return failed;
}
