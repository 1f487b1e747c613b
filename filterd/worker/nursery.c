#include "worker/nursery.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "ipc/scan_page.h"
#include "ipc/scan_wire.h"
#include "proc/sandbox.h"
#include "worker/tmpdir.h"
#include "worker/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BACKOFF_FIRST_MS = 100, BACKOFF_MAX_MS = 10000 };

struct slot {
	pid_t pid;              /* 0: none */
	int ready;              /* announced to the broker */
	int ready_fd;           /* of the worker being set up, else -1 */
	int ends[SCAN_FD_COUNT]; /* the broker's ends, until it is announced */
	struct scan_page *page; /* shared with the child; kept mapped only while forking */
	char tmp_dir[512];
	uint64_t start_at_ms;   /* of the next one, while pid is 0 */
	uint32_t backoff_ms;
};

struct nursery {
	const struct nursery_setup *setup;
	struct engines *engines;
	int signals;
	struct slot *slots;
};

/* The broker may be slow, but a nursery whose broker does not read any more has nothing else to do.
 * 0; 1 when the broker has closed the channel, -1 on other failures. */
static int say(const struct nursery_setup *setup, const struct scan_msg *m, const int *fds, int nfds)
{
	struct buf b;
	buf_init(&b, SCAN_PACKET_MAX);
	int r = scan_put_msg(&b, m);
	if (r == 0)
		r = io_send_fds(setup->channel, buf_ptr(&b), buf_left(&b), fds, nfds);
	if (r < 0 && (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN))
		r = 1;
	buf_free(&b);
	return r;
}

void nursery_refuse(int channel, uint32_t generation, const struct cfgerr *err)
{
	struct nursery_setup setup = { .channel = channel };
	struct scan_msg m = { .type = SCAN_MSG_HELLO, .hello = { .generation = generation } };
	if (err->line > 0)
		snprintf(m.hello.text, sizeof m.hello.text, "%s:%d: %s", err->file, err->line, err->text);
	else
		snprintf(m.hello.text, sizeof m.hello.text, "%s%s%s", err->file, err->file[0] ? ": " : "", err->text);
	say(&setup, &m, NULL, 0);
}

static int say_hello(const struct nursery *n)
{
	size_t detectors = detect_count(n->engines->detect);
	struct scan_msg m = { .type = SCAN_MSG_HELLO,
		              .hello = { .generation = n->setup->generation,
		                         .ok = 1,
		                         .signatures = extract_signatures(n->engines->extract),
		                         .detectors = (uint16_t)detectors,
		                         .workers = (uint16_t)n->setup->workers } };
	snprintf(m.hello.text, sizeof m.hello.text, "%s", n->engines->summary);
	snprintf(m.hello.degraded, sizeof m.hello.degraded, "%s", n->engines->degraded);
	if (detectors > UINT16_MAX)
		return -1;
	int r = say(n->setup, &m, NULL, 0);
	for (size_t i = 0; i < detectors && r == 0; i++) {
		const struct detect_info *info = detect_info(n->engines->detect, i);
		m = (struct scan_msg){ .type = SCAN_MSG_DETECTOR,
			               .detector = { .index = (uint16_t)i, .mask_first = info->mask.keep_first, .mask_last = info->mask.keep_last, .off = info->off } };
		snprintf(m.detector.id, sizeof m.detector.id, "%s", info->id);
		snprintf(m.detector.title, sizeof m.detector.title, "%s", info->title ? info->title : info->id);
		r = say(n->setup, &m, NULL, 0);
	}
	return r;
}

static void close_ends(struct slot *s)
{
	for (int i = 0; i < SCAN_FD_COUNT; i++)
		io_close(&s->ends[i]);
}

static void start_later(struct slot *s)
{
	s->backoff_ms = s->backoff_ms == 0 ? BACKOFF_FIRST_MS : s->backoff_ms * 2 < BACKOFF_MAX_MS ? s->backoff_ms * 2 : BACKOFF_MAX_MS;
	s->start_at_ms = clock_ms() + s->backoff_ms;
}

static int start_worker(struct nursery *n, unsigned index)
{
	struct slot *s = &n->slots[index];
	int text[2] = { -1, -1 }, file[2] = { -1, -1 }, ready[2] = { -1, -1 }, r = -1;
	char prefix[32];
	struct scan_page *page = NULL;
	snprintf(prefix, sizeof prefix, "worker-%u-%u-", n->setup->generation, index);
	s->tmp_dir[0] = '\0';
	if (tmpdir_make(n->setup->tmp_dir, prefix, s->tmp_dir, sizeof s->tmp_dir) < 0)
		s->tmp_dir[0] = '\0';
	else if (io_socketpair(SOCK_STREAM, text) == 0 && io_socketpair(SOCK_SEQPACKET, file) == 0 && pipe2(ready, O_CLOEXEC) == 0 &&
	         scan_page_new(&page, &s->ends[SCAN_FD_PAGE]) == 0)
		r = 0;
	pid_t self = getpid(), pid = r == 0 ? fork() : -1;
	if (pid == 0) {
		const struct worker_setup w = { .engines = n->engines, .slot = index, .nursery = self, .text_sock = text[1],
			                        .file_sock = file[1], .ready_fd = ready[1], .page = page, .tmp_dir = s->tmp_dir,
			                        .scan_max = n->setup->scan_max };
		worker_run(&w);
	}
	int e = errno;
	scan_page_unmap(page);
	io_close(&text[1]);
	io_close(&file[1]);
	io_close(&ready[1]);
	s->ends[SCAN_FD_TEXT] = text[0];
	s->ends[SCAN_FD_FILE] = file[0];
	s->ready_fd = ready[0];
	s->ready = 0;
	if (pid > 0) {
		s->pid = pid;
		return 0;
	}
	log_error("worker slot=%u not started error=\"%s\"", index, strerror(e));
	close_ends(s);
	io_close(&s->ready_fd);
	if (s->tmp_dir[0])
		tmpdir_remove(s->tmp_dir);
	start_later(s);
	return -1;
}

/* A worker that was being set up wrote its byte, or died before it could. */
static int on_ready(struct nursery *n, unsigned index)
{
	struct slot *s = &n->slots[index];
	char byte;
	ssize_t got = read(s->ready_fd, &byte, 1);
	io_close(&s->ready_fd);
	if (got != 1)
		return 0; /* SIGCHLD tells the rest */
	struct scan_msg m = { .type = SCAN_MSG_WORKER, .worker = { .slot = (uint16_t)index, .pid = (uint32_t)s->pid } };
	int r = say(n->setup, &m, s->ends, SCAN_FD_COUNT);
	if (r != 0)
		return r;
	close_ends(s);
	s->ready = 1;
	s->backoff_ms = 0;
	return 0;
}

/* Returns 0, or what say() returned. */
static int bury(struct nursery *n, pid_t pid, int status)
{
	unsigned i = 0;
	while (i < n->setup->workers && n->slots[i].pid != pid)
		i++;
	if (i == n->setup->workers)
		return 0;
	struct slot *s = &n->slots[i];
	int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0, code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
	s->pid = 0;
	tmpdir_remove(s->tmp_dir);
	io_close(&s->ready_fd);
	close_ends(s);
	log_warn("worker slot=%u pid=%ld ended signal=%d code=%d", i, (long)pid, signal, code);
	if (!s->ready) { /* the broker never heard of it */
		start_later(s);
		return 0;
	}
	struct scan_msg m = { .type = SCAN_MSG_EXIT, .worker = { (uint16_t)i, (uint32_t)pid, (uint8_t)signal, (uint8_t)code } };
	int r = say(n->setup, &m, NULL, 0);
	if (r == 0)
		start_worker(n, i);
	return r;
}

static int on_signal(struct nursery *n)
{
	struct signalfd_siginfo info;
	int status, r;
	pid_t pid;
	while (read(n->signals, &info, sizeof info) == sizeof info)
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if ((r = bury(n, pid, status)) != 0)
			return r;
	return 0;
}

/* Returns 0 to go on, 1 at the end of the channel, -1 on nonsense. */
static int on_channel(struct nursery *n)
{
	char packet[64];
	struct buf b;
	struct scan_msg m;
	int fds[IO_FDS_MAX], nfds;
	ssize_t size = io_recv_fds(n->setup->channel, packet, sizeof packet, fds, &nfds);
	if (size < 0)
		return errno == EAGAIN ? 0 : errno == ECONNRESET ? 1 : -1;
	while (nfds > 0)
		close(fds[--nfds]);
	if (size == 0)
		return 1;
	buf_view(&b, packet, (size_t)size);
	if (scan_get_msg(&b, &m) < 0 || m.type != SCAN_MSG_KILL)
		return -1;
	/* one that was replaced meanwhile has another pid: too late */
	if (m.worker.slot < n->setup->workers && n->slots[m.worker.slot].pid == (pid_t)m.worker.pid)
		kill((pid_t)m.worker.pid, SIGKILL);
	return 0;
}

static int start_due(struct nursery *n)
{
	uint64_t now = clock_ms(), next = UINT64_MAX;
	for (unsigned i = 0; i < n->setup->workers; i++) {
		struct slot *s = &n->slots[i];
		if (s->pid == 0 && s->start_at_ms <= now)
			start_worker(n, i);
		if (s->pid == 0 && s->start_at_ms < next)
			next = s->start_at_ms;
	}
	if (next == UINT64_MAX)
		return -1;
	now = clock_ms();
	return next > now ? (int)(next - now) : 0;
}

static int loop(struct nursery *n)
{
	struct pollfd p[2 + NURSERY_WORKERS_MAX];
	for (;;) {
		int r = 0, wait_ms = start_due(n);
		p[0] = (struct pollfd){ .fd = n->setup->channel, .events = POLLIN };
		p[1] = (struct pollfd){ .fd = n->signals, .events = POLLIN };
		for (unsigned i = 0; i < n->setup->workers; i++)
			p[2 + i] = (struct pollfd){ .fd = n->slots[i].ready_fd, .events = POLLIN };
		if (poll(p, 2 + n->setup->workers, wait_ms) < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		for (unsigned i = 0; i < n->setup->workers && r == 0; i++)
			if (p[2 + i].revents)
				r = on_ready(n, i);
		if (r == 0 && p[0].revents)
			r = on_channel(n);
		if (r == 0 && p[1].revents)
			r = on_signal(n);
		if (r != 0)
			return r;
	}
}

static void end_all(struct nursery *n)
{
	for (unsigned i = 0; i < n->setup->workers; i++)
		if (n->slots[i].pid > 0)
			kill(n->slots[i].pid, SIGKILL);
	for (unsigned i = 0; i < n->setup->workers; i++) {
		struct slot *s = &n->slots[i];
		while (s->pid > 0 && waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
			;
		if (s->pid > 0)
			tmpdir_remove(s->tmp_dir);
		io_close(&s->ready_fd);
		close_ends(s);
	}
}

int nursery_run(const struct nursery_setup *setup, struct engines *engines)
{
	struct nursery n = { .setup = setup, .engines = engines, .signals = -1 };
	const struct sandbox box = { .profile = SANDBOX_NURSERY, .npaths = 2,
		                     .paths = { { setup->tmp_dir, SANDBOX_WRITE }, { "/proc", SANDBOX_READ } } };
	const char *why;
	sigset_t mask;
	if (sandbox_canary(&box, &why) < 0 || sandbox_enter(&box, &why) < 0) {
		struct cfgerr err = { .file = "" };
		cfgerr_set(&err, "sandbox", 0, "%s", why);
		nursery_refuse(setup->channel, setup->generation, &err);
		return -1;
	}
	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	n.slots = calloc(setup->workers, sizeof *n.slots);
	if (!n.slots || sigprocmask(SIG_BLOCK, &mask, NULL) < 0 || (n.signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK)) < 0) {
		free(n.slots);
		return -1;
	}
	for (unsigned i = 0; i < setup->workers; i++) {
		n.slots[i].ready_fd = -1;
		for (int k = 0; k < SCAN_FD_COUNT; k++)
			n.slots[i].ends[k] = -1;
	}
	int r = say_hello(&n);
	if (r == 0)
		r = loop(&n);
	end_all(&n);
	close(n.signals);
	free(n.slots);
	return r < 0 ? -1 : 0;
}
