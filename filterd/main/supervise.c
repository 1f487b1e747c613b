#include "config.h"

#include "main/supervise.h"

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "main/notify.h"
#include "main/words.h"
#include "proc/spawn.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum {
	PAUSE_FIRST_MS = 100,
	PAUSE_MAX_MS = 1000,       /* service is back within two seconds, however often something dies */
};

static void role_started(struct role *r, pid_t pid)
{
	r->pid = pid;
	r->started_ms = clock_ms();
	log_info("role=%s pid=%ld started", r->name, (long)pid);
}

void supervise_ended(struct role *r, uint64_t now_ms)
{
	bool good = r->pid > 0 && now_ms - r->started_ms >= SUPERVISE_LIFE_GOOD_MS;
	r->pause_ms = good ? 0 : r->pause_ms == 0 ? PAUSE_FIRST_MS : r->pause_ms * 2;
	if (r->pause_ms > PAUSE_MAX_MS)
		r->pause_ms = PAUSE_MAX_MS;
	r->start_at_ms = now_ms + (uint64_t)r->pause_ms;
	r->pid = 0;
}

bool supervise_due(const struct role *r, uint64_t now_ms)
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

void supervise_start_broker(struct monitor *m, uint64_t now_ms)
{
	int channel[2] = { -1, -1 }, recorder[2] = { -1, -1 }, bundle = -1;
	pid_t pid = -1;
	if (io_socketpair(SOCK_SEQPACKET, channel) == 0 && io_socketpair(SOCK_SEQPACKET, recorder) == 0 &&
	    (bundle = bundle_to_fd(&m->config.bundle, BUNDLE_WITH_SECRETS)) >= 0 && io_nonblock(channel[0]) == 0)
		pid = start_role(m, "broker", (const int[]){ channel[1], bundle, recorder[1] }, 3, &m->broker_privs);
	io_close(&channel[1]);
	io_close(&recorder[1]);
	io_close(&bundle);
	if (pid < 0) {
		io_close(&channel[0]);
		io_close(&recorder[0]);
		supervise_ended(&m->broker, now_ms);
		return;
	}
	role_started(&m->broker, pid);
	m->broker_fd = channel[0];
	m->pings = (struct pings){ .next_ms = now_ms }; /* answered as soon as it can serve: from then on the shorter limit holds */
	m->recorders = 1;
	if (m->hung.pid)
		words_hung(m, "broker", m->hung.pid, m->hung.reason);
	m->hung = (struct hung){ 0 };
	io_close(&m->recorder_fd);
	m->recorder_fd = recorder[0];
	/* with the broker before went its nurseries: no pause for the next */
	m->nursery.start_at_ms = now_ms;
}

/* There is one journal, so there is never more than one recorder: called only when the one before is gone. */
void supervise_start_recorder(struct monitor *m, uint64_t now_ms)
{
	int pair[2] = { m->recorder_fd, -1 }, bundle = -1;
	pid_t pid = -1;
	if ((pair[0] >= 0 || io_socketpair(SOCK_SEQPACKET, pair) == 0) &&
	    (bundle = bundle_to_fd(&m->config.bundle, 0)) >= 0)
		pid = start_role(m, "recorder", (const int[]){ pair[0], bundle }, 2, &m->plain_privs);
	if (pid > 0) {
		role_started(&m->recorder, pid);
		if (pair[1] >= 0 && words_say(m, &(struct monitor_msg){ .type = MONITOR_RECORDER, .fds = { pair[1] }, .nfds = 1 }))
			m->recorders++;
		io_close(&m->recorder_fd);
		pair[0] = m->recorder_fd >= 0 || pair[1] < 0 ? -1 : pair[0];
	} else {
		supervise_ended(&m->recorder, now_ms);
		if (pair[0] == m->recorder_fd)
			pair[0] = -1; /* kept for the next attempt */
	}
	io_close(&pair[0]);
	io_close(&pair[1]);
	io_close(&bundle);
}

pid_t supervise_start_nursery(struct monitor *m, uint32_t generation, int channel, int bundle, const struct bundle *indexes)
{
	char number[16];
	const char *const argv[] = { "filterd-scan", number, NULL };
	struct spawn s = {.path = m->options->scan,
	                  .argv = argv,
	                  .fds = {channel, bundle},
	                  .nfds = 2,
	                  .privs = m->root ? &m->plain_privs : NULL};
	s.nfds += bundle_index_fds(indexes, &s.fds[s.nfds]);
	snprintf(number, sizeof number, "%u", generation);
	pid_t pid = spawn_run(&s);
	if (pid < 0)
		log_error("role=nursery program=%s error=\"%s\"", m->options->scan, strerror(errno));
	return pid;
}

/* Its channel is closed, or will be: it has this long to end by itself. */
void supervise_drain(struct monitor *m, pid_t pid, uint64_t ms)
{
	struct drained *slot = &m->draining[0];
	for (int i = 0; i < STATE_DRAINING_MAX; i++) {
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

/* The broker has broken the protocol, or does not answer: only its end helps. */
void supervise_end_broker(struct monitor *m, const char *why)
{
	log_error("role=broker pid=%ld ended by force reason=\"%s\"", (long)m->broker.pid, why);
	io_close(&m->broker_fd);
	if (m->broker.pid)
		kill(m->broker.pid, SIGKILL);
}

void supervise_kill_all(const struct monitor *m)
{
	const pid_t pids[] = { m->broker.pid, m->recorder.pid, m->nursery.pid, m->proposal.pid };
	for (size_t i = 0; i < sizeof pids / sizeof *pids; i++)
		if (pids[i])
			kill(pids[i], SIGKILL);
	for (int i = 0; i < STATE_DRAINING_MAX; i++)
		if (m->draining[i].pid)
			kill(m->draining[i].pid, SIGKILL);
}

/* In order: the broker answers what is open and ends; with it the channels of the nurseries and the recorder. */
void supervise_stop(struct monitor *m, const char *reason, int failed)
{
	if (m->stopping) { /* asked twice: somebody is in a hurry */
		supervise_kill_all(m);
		return;
	}
	m->stopping = true;
	m->failed = failed;
	m->stop_deadline_ms = clock_ms() + SUPERVISE_STOP_MS;
	notify_send("STOPPING=1");
	log_info("stopping reason=\"%s\"", reason);
	if (m->served) {
		struct monitor_msg msg = { .type = MONITOR_EVENT, .event = EVENT_SERVICE_STOP };
		monitor_add_field(&msg, "reason", reason);
		words_say(m, &msg);
	}
	io_close(&m->broker_fd);
	io_close(&m->recorder_fd);
}
