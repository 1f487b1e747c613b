#include "config.h"

#include "main/monitor.h"

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "main/generations.h"
#include "main/hung.h"
#include "main/notify.h"
#include "main/supervise.h"
#include "main/words.h"
#include "proc/folders.h"
#include "proc/lock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	ANSWER_DEAD_MS = 5000,     /* for the broker to refuse a generation whose nursery is dead */
	KILL_AGAIN_MS = 30000,
};

static void take_message(struct monitor *m, const struct monitor_msg *msg)
{
	switch (msg->type) {
	case MONITOR_ACCEPTED:
		generations_accepted(m, msg->generation);
		break;
	case MONITOR_REFUSED:
		if (m->proposal.generation == msg->generation)
			generations_refused(m, m->proposal.reason, msg->text);
		break;
	case MONITOR_RELOAD:
		if (m->nrequests < STATE_REQUESTS_MAX) {
			m->requests[m->nrequests++] = msg->id;
			m->reload_wanted = true;
		} else {
			struct monitor_msg no = {
			        .type = MONITOR_DONE, .id = msg->id, .text = "too many reloads are waiting already"};
			words_say(m, &no);
		}
		break;
	case MONITOR_PONG:
		hung_take_pong(m, msg->id);
		break;
	case MONITOR_WRECKED:
		hung_nursery(m, msg->generation);
		break;
	case MONITOR_RECORDER_HUNG:
		hung_recorder(m, msg->id);
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
		supervise_end_broker(m, errno == EPROTO ? "it sent what it may not send" : strerror(errno));
}

static void broker_ended(struct monitor *m, uint64_t now_ms)
{
	io_close(&m->broker_fd);
	supervise_ended(&m->broker, now_ms);
	/* Its nurseries see their channel close and end; nobody answers for the proposal any more. */
	if (m->nursery.pid)
		supervise_drain(m, m->nursery.pid, SUPERVISE_ORPHAN_MS);
	m->nursery.pid = 0;
	m->wrecked = false;
	if (m->proposal.generation) {
		if (m->proposal.pid)
			supervise_drain(m, m->proposal.pid, SUPERVISE_ORPHAN_MS);
		m->reload_wanted |= m->proposal.reason == REASON_RELOAD;
		generations_config_free(&m->proposal.config);
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
		supervise_ended(&m->recorder, now_ms);
	else if (pid == m->nursery.pid) {
		supervise_ended(&m->nursery, now_ms);
		m->wrecked = false;
	}
	else if (pid == m->proposal.pid) {
		m->proposal.pid = 0;
		m->proposal.deadline_ms = now_ms + ANSWER_DEAD_MS;
	}
	for (int i = 0; i < STATE_DRAINING_MAX; i++)
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

static bool all_ended(const struct monitor *m)
{
	if (m->broker.pid || m->recorder.pid || m->nursery.pid || m->proposal.pid)
		return false;
	for (int i = 0; i < STATE_DRAINING_MAX; i++)
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
			supervise_stop(m, info.ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT", 0);
	}
}

static void check_deadlines(struct monitor *m, uint64_t now_ms)
{
	if (m->stopping && now_ms >= m->stop_deadline_ms) {
		log_warn("not all ended within %d ms, killing them", SUPERVISE_STOP_MS);
		supervise_kill_all(m);
		m->stop_deadline_ms = now_ms + SUPERVISE_STOP_MS;
	}
	for (int i = 0; i < STATE_DRAINING_MAX; i++)
		if (m->draining[i].pid && now_ms >= m->draining[i].deadline_ms) {
			log_warn("role=nursery pid=%ld has not drained in time, killing it", (long)m->draining[i].pid);
			kill(m->draining[i].pid, SIGKILL);
			m->draining[i].deadline_ms = now_ms + KILL_AGAIN_MS;
		}
	if (!m->stopping && m->proposal.generation && now_ms >= m->proposal.deadline_ms)
		supervise_end_broker(m, "it has not answered for a generation in time");
	if (!m->stopping)
		hung_ping_broker(m, now_ms);
	if (!m->stopping && m->broker.pid && m->broker_fd < 0)
		kill(m->broker.pid, SIGKILL); /* closed its channel but lives */
}

static bool nursery_due(const struct monitor *m, uint64_t now_ms)
{
	return supervise_due(&m->nursery, now_ms) || (m->wrecked && m->nursery.start_at_ms <= now_ms);
}

/* Whatever should be there and can be started now. */
static void start_what_is_due(struct monitor *m, uint64_t now_ms)
{
	if (m->stopping)
		return;
	if (supervise_due(&m->broker, now_ms))
		supervise_start_broker(m, now_ms);
	if (supervise_due(&m->recorder, now_ms) && m->broker_fd >= 0)
		supervise_start_recorder(m, now_ms);
	if (m->broker_fd < 0 || m->proposal.generation)
		return;
	if (m->reload_wanted && m->served)
		generations_begin_reload(m);
	else if (nursery_due(m, now_ms))
		generations_begin_restart(m);
	else if (m->signatures_wanted && m->served)
		generations_begin_signatures(m);
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
	for (int i = 0; i < STATE_DRAINING_MAX; i++)
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
		words_of_error(&err, words, sizeof words);
		log_error("%s", words);
		return -1;
	}
	const struct conf *c = m->config.conf;
	m->root = geteuid() == 0;
	if (generations_find_users(c, &m->plain_privs, &m->broker_privs, why, sizeof why) < 0 ||
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
	m->watch = generations_watch_new(c);
	return 0;
}

static void tear_down(struct monitor *m)
{
	watch_free(&m->watch);
	io_close(&m->broker_fd);
	io_close(&m->recorder_fd);
	io_close(&m->signal_fd);
	generations_config_free(&m->proposal.config);
	generations_config_free(&m->config);
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
