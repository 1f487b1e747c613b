#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scan_rig.h"

#include "base/io.h"
#include "conf/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000 };

void rig_write(const struct rig *r, const char *name, const void *data, size_t size)
{
	char path[256];
	snprintf(path, sizeof path, "%s/%s", r->dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(io_write_all(fd, data, size), 0);
	close(fd);
}

void rig_dirs(struct rig *r, const char *rules)
{
	static const char *const folders[] = { "run", "sig", "rules", "official" };
	static const char *const files[] = { "eicar.ndb", "encrypted.ndb", "local.cfg", "testfile.hdb" };
	char path[256], *data;
	size_t size;
	*r = (struct rig){ .channel = -1 };
	/* run_dir is on tmpfs on a real system too, and the workers' temporary folders lie there */
	snprintf(r->dir, sizeof r->dir, "%s/filterd-rig-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(r->dir));
	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof path, "%s/%s", r->dir, folders[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof path, "%s/%s", SIGNATURES, files[i]);
		assert_int_equal(io_read_file(path, 1 << 20, &data, &size), 0);
		snprintf(path, sizeof path, "sig/%s", files[i]);
		rig_write(r, path, data, size);
		free(data);
	}
	rig_write(r, "rules/test.rules", rules, strlen(rules));
}

static int make_bundle(const struct rig *r, unsigned workers, const char *more)
{
	struct bundle b = { 0 };
	struct cfgerr err;
	char conf[2048], path[256];
	int n = snprintf(conf, sizeof conf,
	                 "user = \"nobody\"; state_dir = \"%s/state\"; run_dir = \"%s/run\"; rules = \"%s/rules\";\n"
	                 "scan = { workers = %u; signatures = \"%s/sig\"; official = \"%s/official\"; %s };\n"
	                 "links = ( { domain = \"f.test\"; serves = \"filter\"; host = \"127.0.0.1\"; port = 1; secret_file = \"/x\"; guards = [ \"a.test\" ]; } );\n",
	                 r->dir, r->dir, r->dir, workers, r->dir, r->dir, more);
	assert_true(n > 0 && (size_t)n < sizeof conf);
	snprintf(path, sizeof path, "%s/filterd.conf", r->dir);
	assert_int_equal(bundle_add_data(&b, BUNDLE_CONFIG, path, conf, (size_t)n), 0);
	snprintf(path, sizeof path, "%s/rules", r->dir);
	assert_int_equal(bundle_add_rules(&b, path, &err), 0);
	int fd = bundle_to_fd(&b, 0);
	assert_true(fd >= 0);
	bundle_free(&b);
	return fd;
}

static void take_worker(struct rig *r, const struct scan_worker *w, const int *fds)
{
	assert_true(w->slot < RIG_WORKERS_MAX);
	struct rig_worker *k = &r->workers[w->slot];
	assert_int_equal(k->pid, 0);
	*k = (struct rig_worker){ .pid = (pid_t)w->pid, .text = fds[SCAN_FD_TEXT], .file = fds[SCAN_FD_FILE] };
	assert_int_equal(scan_page_map(fds[SCAN_FD_PAGE], &k->page), 0);
	close(fds[SCAN_FD_PAGE]);
	buf_init(&k->in, 2 * SCAN_TEXT_ANSWER_MAX);
}

static void drop_worker(struct rig_worker *k)
{
	if (k->pid == 0)
		return;
	close(k->text);
	close(k->file);
	scan_page_unmap(k->page);
	buf_free(&k->in);
	*k = (struct rig_worker){ 0 };
}

/* One message from the nursery; 0 at the end of the channel. */
static int take(struct rig *r, struct scan_msg *m_r)
{
	static char packet[SCAN_PACKET_MAX];
	int fds[IO_FDS_MAX], nfds;
	struct buf b;
	struct pollfd p = { .fd = r->channel, .events = POLLIN };
	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	ssize_t n = io_recv_fds(r->channel, packet, sizeof packet, fds, &nfds);
	if (n <= 0)
		return 0;
	buf_view(&b, packet, (size_t)n);
	assert_int_equal(scan_get_msg(&b, m_r), 0);
	assert_int_equal(nfds, m_r->type == SCAN_MSG_WORKER ? SCAN_FD_COUNT : 0);
	switch (m_r->type) {
	case SCAN_MSG_HELLO: r->hello = m_r->hello; break;
	case SCAN_MSG_DETECTOR: r->detectors[m_r->detector.index] = m_r->detector; break;
	case SCAN_MSG_WORKER: take_worker(r, &m_r->worker, fds); break;
	case SCAN_MSG_EXIT:
		assert_int_equal(r->workers[m_r->worker.slot].pid, m_r->worker.pid);
		drop_worker(&r->workers[m_r->worker.slot]);
		r->exits++;
		r->last_exit = m_r->worker;
		break;
	case SCAN_MSG_KILL: fail_msg("a nursery does not say KILL");
	}
	return 1;
}

void rig_start(struct rig *r, unsigned workers, const char *more)
{
	int pair[2], bundle = make_bundle(r, workers, more);
	struct scan_msg m;
	char command[128];
	snprintf(command, sizeof command, "chown -R nobody %s", r->dir);
	if (geteuid() == 0) /* whom filterd-scan becomes */
		assert_int_equal(system(command), 0);
	assert_int_equal(io_socketpair(SOCK_SEQPACKET, pair), 0);
	r->pid = fork();
	assert_true(r->pid >= 0);
	if (r->pid == 0) {
		int a = fcntl(pair[1], F_DUPFD, 20), b = fcntl(bundle, F_DUPFD, 20);
		dup2(a, 3);
		dup2(b, 4);
		close_range(5, ~0u, 0);
		execl(FILTERD_SCAN, "filterd-scan", "--generation", "7", (char *)NULL);
		_exit(127);
	}
	close(pair[1]);
	close(bundle);
	r->channel = pair[0];
	assert_int_equal(take(r, &m), 1);
	assert_int_equal(m.type, SCAN_MSG_HELLO);
	for (unsigned i = 0; r->hello.ok && i < r->hello.detectors; i++) {
		assert_int_equal(take(r, &m), 1);
		assert_int_equal(m.type, SCAN_MSG_DETECTOR);
	}
}

void rig_settle(struct rig *r, unsigned exits)
{
	struct scan_msg m;
	for (;;) {
		unsigned alive = 0;
		for (unsigned i = 0; i < r->hello.workers; i++)
			alive += r->workers[i].pid != 0;
		if (alive == r->hello.workers && r->exits >= exits)
			return;
		assert_int_equal(take(r, &m), 1);
	}
}

int rig_stop(struct rig *r)
{
	int status;
	for (unsigned i = 0; i < RIG_WORKERS_MAX; i++)
		drop_worker(&r->workers[i]);
	io_close(&r->channel);
	assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void rig_remove(struct rig *r)
{
	char command[128];
	snprintf(command, sizeof command, "rm -rf %s", r->dir);
	assert_int_equal(system(command), 0);
}

int rig_text(struct rig *r, unsigned worker, const char *text, struct finding *findings, struct scan_text_answer *a_r)
{
	struct rig_worker *k = &r->workers[worker];
	struct scan_text t = { ROLE_BODY, text, (uint32_t)strlen(text) };
	struct scan_text_job job = { .seq = ++k->text_seq, .budget_us = 5000000, .ntexts = 1, .texts = &t };
	struct buf out;
	int e;
	buf_init(&out, 4 + SCAN_TEXT_JOB_MAX);
	assert_int_equal(scan_put_text_job(&out, &job), 0);
	ssize_t sent = send(k->text, buf_ptr(&out), buf_left(&out), MSG_NOSIGNAL);
	buf_free(&out);
	if (sent < 0)
		return -1;
	while ((e = scan_get_text_answer(&k->in, &job, r->hello.detectors, findings, a_r)) == SCAN_WIRE_SHORT) {
		struct pollfd p = { .fd = k->text, .events = POLLIN };
		assert_int_equal(buf_reserve(&k->in, 65536), 0);
		assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
		ssize_t n = read(k->text, buf_end(&k->in), 65536);
		if (n <= 0)
			return -1;
		k->in.len += (size_t)n;
	}
	assert_int_equal(e, 0);
	return 0;
}

void rig_send_file(struct rig *r, unsigned worker, enum scan_kind kind, int fd, uint32_t time_ms)
{
	struct rig_worker *k = &r->workers[worker];
	struct stat st;
	struct buf out;
	assert_int_equal(fstat(fd, &st), 0);
	struct scan_file_job job = { .seq = ++k->file_seq, .kind = kind, .size = (uint64_t)st.st_size, .time_ms = time_ms, .name = "f", .name_len = 1 };
	buf_init(&out, SCAN_PACKET_MAX);
	assert_int_equal(scan_put_file_job(&out, &job), 0);
	assert_int_equal(io_send_fds(k->file, buf_ptr(&out), buf_left(&out), &fd, 1), 0);
	buf_free(&out);
}

int rig_recv_file(struct rig *r, unsigned worker, enum scan_kind kind, uint32_t seq, uint64_t size, struct scan_file_finding *findings,
                  struct scan_file_answer *a_r, char *name_r)
{
	static char packet[SCAN_PACKET_MAX];
	struct rig_worker *k = &r->workers[worker];
	struct scan_file_job sent = { .seq = seq, .kind = kind, .size = size };
	struct pollfd p = { .fd = k->file, .events = POLLIN };
	struct buf b;
	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	ssize_t n = read(k->file, packet, sizeof packet);
	if (n < 0 && errno == ECONNRESET) /* an answer may still be behind it */
		n = read(k->file, packet, sizeof packet);
	if (n <= 0)
		return -1;
	buf_view(&b, packet, (size_t)n);
	assert_int_equal(scan_get_file_answer(&b, &sent, r->hello.detectors, findings, a_r), 0);
	memcpy(name_r, a_r->name, a_r->name_len);
	name_r[a_r->name_len] = '\0';
	return 0;
}
