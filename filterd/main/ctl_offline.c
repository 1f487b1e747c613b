#include "main/ctl_offline.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/io.h"
#include "conf/conf.h"
#include "ipc/scan_wire.h"
#include "main/ctl_say.h"
#include "main/paths.h"
#include "proc/privs.h"
#include "proc/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOAD_MS = 300000, WORKER_MS = 10000, SPARE_MS = 2000 };

struct offline {
	struct conf *conf;        /* what filterd-scan was given */
	char tmp[64];             /* its run_dir; ours to remove */
	pid_t pid;
	int channel;
	int file_sock;            /* of the one worker; -1 while it is being replaced */
	uint16_t slot;
	uint32_t worker_pid;
	uint32_t seq;
	char (*ids)[SCAN_ID_SIZE];
	size_t nids;
	int plain;                /* no rules, no official signatures */
	struct scan_file_finding findings[SCAN_FINDINGS_MAX];
};

/* ---- the configuration that filterd-scan gets ---- */

/* Only the scan's part of the real one: no secret, no link, one worker, and a folder of our own. */
static int write_conf(const struct offline *o, const struct conf *from, struct bundle *b)
{
	const struct conf_scan *s = &from->scan;
	char text[16384];
	if (strpbrk(s->signatures, "\"\\") || strpbrk(s->official, "\"\\"))
		return ctl_complain("scan.signatures or scan.official", "a quote or backslash in its name");
	int n = snprintf(text, sizeof text,
	                 "run_dir = \"%s\"; links = ( { domain = \"offline.invalid\"; secret_file = \"/none\"; } );\n"
	                 "scan = { workers = 1; signatures = \"%s\"; official = \"%s\"; text_budget_ms = %d; "
	                 "text_timeout_ms = %d; file_time_ms = %d;\n"
	                 "  file_max = \"%" PRId64 "\"; scan_max = \"%" PRId64
	                 "\"; files_max = %d; recursion_max = %d; };\n",
	                 o->tmp, s->signatures, o->plain ? "" : s->official, s->text_budget_ms, s->text_timeout_ms, s->file_time_ms,
	                 s->file_max, s->scan_max, s->files_max, s->recursion_max);
	return bundle_add_data(b, BUNDLE_CONFIG, "(offline)", text, (size_t)n) < 0 ? ctl_complain("out of memory", "")
	                                                                           : 0;
}

/* The admin's configuration, or the defaults where there is none. */
static int read_conf(const char *path, struct conf **c_r)
{
	static const char defaults[] = "links = ( { domain = \"offline.invalid\"; secret_file = \"/none\"; } );\n";
	static const char installed[] = FILTERD_SYSCONFDIR "/filterd.conf";
	struct bundle b = { 0 };
	struct cfgerr err = { 0 };
	int r;
	if (!path && access(installed, F_OK) == 0)
		path = installed;
	if (path)
		r = bundle_add_file(&b, BUNDLE_CONFIG, path, &err);
	else
		r = bundle_add_data(&b, BUNDLE_CONFIG, "(defaults)", defaults, sizeof defaults - 1);
	if (r == 0)
		r = conf_parse(&b, c_r, &err);
	bundle_free(&b);
	return r < 0 ? ctl_complain_of(&err, "") : 0;
}

static int make_bundle(struct offline *o, const struct conf *from, struct bundle *b)
{
	struct cfgerr err = { 0 };
	if (write_conf(o, from, b) < 0)
		return -1;
	if (conf_parse(b, &o->conf, &err) < 0 || (!o->plain && bundle_add_rules(b, from->rules, &err) < 0))
		return ctl_complain_of(&err, "");
	return 0;
}

/* ---- starting ---- */

/* Even for root, files of unknown origin are looked at as somebody who owns nothing. */
static int choose_user(const struct conf *from, const char *tmp, struct privs *p)
{
	char why[300];
	if (privs_find_user(from->user, p, why, sizeof why) < 0 && privs_find_user("nobody", p, why, sizeof why) < 0)
		return ctl_complain(why, "");
	return chown(tmp, p->uid, p->gid) < 0 ? ctl_complain(tmp, strerror(errno)) : 0;
}

/* Its log is of no use here: what is wrong comes in HELLO. */
static pid_t spawn_silent(const struct spawn *s)
{
	int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10), null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (null >= 0)
		dup2(null, STDERR_FILENO);
	pid_t pid = spawn_run(s);
	int e = errno;
	if (saved >= 0)
		dup2(saved, STDERR_FILENO);
	io_close(&saved);
	io_close(&null);
	errno = e;
	return pid;
}

static int start_scan(struct offline *o, const struct conf *from, const struct bundle *b)
{
	char self[4096], scan[4096];
	int pair[2], bundle;
	static const char *const argv[] = { "filterd-scan", "1", NULL };
	struct privs p;
	struct spawn s = { .path = scan, .argv = argv, .nfds = 2 };
	if (paths_self(self, sizeof self) < 0 || paths_scan(self, scan, sizeof scan) < 0)
		return ctl_complain(scan, "can't be executed; is filterd installed completely?");
	if (geteuid() == 0) {
		if (choose_user(from, o->tmp, &p) < 0)
			return -1;
		s.privs = &p;
	}
	if ((bundle = bundle_to_fd(b, BUNDLE_WITH_INDEXES)) < 0)
		return ctl_complain("rules", strerror(errno));
	if (io_socketpair(SOCK_SEQPACKET, pair) < 0) {
		close(bundle);
		return ctl_complain("socketpair", strerror(errno));
	}
	s.fds[0] = pair[1];
	s.fds[1] = bundle;
	s.nfds += bundle_index_fds(b, &s.fds[2]);
	o->pid = spawn_silent(&s);
	int e = errno;
	close(pair[1]);
	close(bundle);
	o->channel = pair[0];
	return o->pid < 0 ? ctl_complain(scan, strerror(e)) : 0;
}

/* ---- the nursery's channel ---- */

static int wait_for(int fd, uint64_t end_ms)
{
	struct pollfd p = { fd, POLLIN, 0 };
	for (;;) {
		uint64_t now = clock_ms();
		int r = poll(&p, 1, now >= end_ms ? 0 : (int)(end_ms - now));
		if (r > 0)
			return 0;
		if (r == 0 || errno != EINTR)
			return -1;
	}
}

static void take_worker(struct offline *o, const struct scan_msg *m, int *fds, int nfds)
{
	io_close(&o->file_sock);
	if (nfds == SCAN_FD_COUNT) {
		o->file_sock = fds[SCAN_FD_FILE];
		fds[SCAN_FD_FILE] = -1;
		o->slot = m->worker.slot;
		o->worker_pid = m->worker.pid;
	}
}

/* The next message; -1 when none came in time, or the nursery is gone or talks nonsense. */
static int next_message(struct offline *o, uint64_t end_ms, struct scan_msg *m)
{
	uint8_t packet[SCAN_PACKET_MAX];
	int fds[IO_FDS_MAX], nfds;
	struct buf in;
	if (wait_for(o->channel, end_ms) < 0)
		return -1;
	ssize_t n = io_recv_fds(o->channel, packet, sizeof packet, fds, &nfds);
	if (n <= 0)
		return -1;
	buf_view(&in, packet, (size_t)n);
	int r = scan_get_msg(&in, m) == SCAN_WIRE_OK ? 0 : -1;
	if (r == 0 && m->type == SCAN_MSG_WORKER)
		take_worker(o, m, fds, nfds);
	for (int i = 0; i < nfds; i++)
		io_close(&fds[i]);
	return r;
}

static int take_detectors(struct offline *o, size_t n, uint64_t end_ms)
{
	static struct scan_msg m;
	o->ids = calloc(n + 1, sizeof *o->ids);
	if (!o->ids)
		return -1;
	for (o->nids = 0; o->nids < n;) {
		if (next_message(o, end_ms, &m) < 0)
			return -1;
		if (m.type == SCAN_MSG_DETECTOR && m.detector.index == o->nids)
			memcpy(o->ids[o->nids++], m.detector.id, SCAN_ID_SIZE);
	}
	return 0;
}

static int wait_for_worker(struct offline *o)
{
	static struct scan_msg m;
	uint64_t end_ms = clock_ms() + WORKER_MS;
	while (o->file_sock < 0)
		if (next_message(o, end_ms, &m) < 0)
			return -1;
	return 0;
}

static int take_hello(struct offline *o)
{
	static struct scan_msg m;
	uint64_t end_ms = clock_ms() + LOAD_MS;
	if (next_message(o, end_ms, &m) < 0 || m.type != SCAN_MSG_HELLO)
		return ctl_complain("filterd-scan", "it ended before signatures and rules were loaded");
	if (!m.hello.ok)
		return ctl_complain(m.hello.text, "");
	if (take_detectors(o, m.hello.detectors, end_ms) < 0 || wait_for_worker(o) < 0)
		return ctl_complain("filterd-scan", "no worker came");
	return 0;
}

static struct offline *start(const struct ctl *ctl, int plain)
{
	struct conf *from = NULL;
	struct bundle b = { 0 };
	struct offline *o = calloc(1, sizeof *o);
	if (!o)
		return ctl_complain("out of memory", ""), NULL;
	o->channel = o->file_sock = -1;
	o->plain = plain;
	snprintf(o->tmp, sizeof o->tmp, "/tmp/filterctl-XXXXXX");
	if (!mkdtemp(o->tmp)) {
		ctl_complain(o->tmp, strerror(errno));
		free(o);
		return NULL;
	}
	int r = read_conf(ctl->conf_path, &from);
	if (r == 0)
		r = make_bundle(o, from, &b);
	if (r == 0)
		r = start_scan(o, from, &b);
	if (r == 0)
		r = take_hello(o);
	bundle_free(&b);
	conf_free(&from);
	if (r < 0)
		offline_stop(&o);
	return o;
}

struct offline *offline_start(const struct ctl *ctl)
{
	return start(ctl, 0);
}

struct offline *offline_start_reader(const struct ctl *ctl)
{
	return start(ctl, 1);
}

void offline_stop(struct offline **op)
{
	struct offline *o = *op;
	char inner[80];
	if (!o)
		return;
	io_close(&o->file_sock);
	io_close(&o->channel); /* that ends the nursery, and it its workers and their folders */
	if (o->pid > 0)
		waitpid(o->pid, NULL, 0);
	snprintf(inner, sizeof inner, "%s/tmp", o->tmp);
	rmdir(inner);
	rmdir(o->tmp);
	conf_free(&o->conf);
	free(o->ids);
	free(o);
	*op = NULL;
}

/* ---- scanning ---- */

static json_t *answer_json(const struct offline *o, const struct scan_file_answer *a)
{
	json_t *list = json_array();
	for (size_t i = 0; i < a->n; i++) {
		const struct scan_file_finding *f = &a->findings[i];
		json_t *j = json_pack("{s:s, s:I, s:I, s:i, s:s%}", "detector", o->ids[f->detector], "start", (json_int_t)f->start, "end",
		                      (json_int_t)f->end, "confidence", f->confidence, "path", f->path, f->path_len);
		if (f->document)
			json_object_update_new(j, json_pack("{s:I, s:i, s:i}", "document", (json_int_t)f->document, "share_document",
			                                    f->share_document, "share_message", f->share_message));
		json_array_append_new(list, j);
	}
	return json_pack("{s:b, s:s, s:s%, s:s, s:s%, s:o}", "ok", 1, "status", scan_status_name(a->status), "name", a->name,
	                 a->name_len, "cause", cause_name(a->cause), "types", a->types ? a->types : "", a->types_len, "findings", list);
}

/* The worker died over the file or took too long: it is replaced, and the file is not clean. */
static json_t *failed(struct offline *o, enum cause cause)
{
	uint8_t packet[64];
	struct buf out;
	const struct scan_msg kill_it = { .type = SCAN_MSG_KILL, .worker = { .slot = o->slot, .pid = o->worker_pid } };
	io_close(&o->file_sock);
	buf_init(&out, sizeof packet);
	if (scan_put_msg(&out, &kill_it) == SCAN_WIRE_OK)
		(void)!send(o->channel, buf_ptr(&out), buf_left(&out), MSG_NOSIGNAL);
	buf_free(&out);
	const struct scan_file_answer a = { .status = SCAN_UNSCANNABLE, .cause = cause, .name = "" };
	return answer_json(o, &a);
}

static int send_job(struct offline *o, const struct scan_file_job *job, const int *fds, int nfds)
{
	struct buf out;
	buf_init(&out, SCAN_PACKET_MAX);
	int r = scan_put_file_job(&out, job) == SCAN_WIRE_OK
	                ? io_send_fds(o->file_sock, buf_ptr(&out), buf_left(&out), fds, nfds)
	                : -1;
	buf_free(&out);
	return r;
}

/* fds: the file, and what else this kind of job has. */
static json_t *run_job(struct offline *o, enum scan_kind kind, const int *fds, int nfds, const char *name)
{
	static uint8_t packet[SCAN_PACKET_MAX];
	struct scan_file_answer a;
	struct stat st;
	struct buf in;
	int got[IO_FDS_MAX], ngot;
	if (fstat(fds[0], &st) < 0 || !S_ISREG(st.st_mode))
		return json_pack("{s:b, s:s, s:s, s:s, s:[]}", "ok", 1, "status", scan_status_name(SCAN_UNSCANNABLE),
		                 "name", "not a regular file", "cause", cause_name(CAUSE_UNSCANNABLE), "findings");
	if (o->file_sock < 0 && wait_for_worker(o) < 0)
		return ctl_complain("filterd-scan", "no worker came"), NULL;
	const struct scan_file_job job = {.seq = ++o->seq,
	                                  .kind = kind,
	                                  .size = (uint64_t)st.st_size,
	                                  .time_ms = (uint32_t)o->conf->scan.file_time_ms,
	                                  .name = name,
	                                  .name_len = strlen(name)};
	if (send_job(o, &job, fds, nfds) < 0)
		return failed(o, CAUSE_CRASHED);
	if (wait_for(o->file_sock, clock_ms() + job.time_ms + SPARE_MS) < 0)
		return failed(o, CAUSE_TIMEOUT);
	ssize_t n = io_recv_fds(o->file_sock, packet, sizeof packet, got, &ngot);
	for (int i = 0; n >= 0 && i < ngot; i++)
		close(got[i]);
	buf_view(&in, packet, n > 0 ? (size_t)n : 0);
	if (n <= 0 || scan_get_file_answer(&in, &job, o->nids, o->findings, &a) != SCAN_WIRE_OK)
		return failed(o, CAUSE_CRASHED);
	return answer_json(o, &a);
}

json_t *offline_scan(struct offline *o, int fd, const char *name)
{
	return run_job(o, SCAN_KIND_FILE, &fd, 1, name);
}

/* What a worker wrote: it is trusted with no more than numbers. */
static int take_prints(int fd, uint64_t **prints_r, size_t *n_r, uint64_t *characters_r)
{
	char *data;
	size_t size;
	struct buf in;
	if (io_pread_all(fd, SCAN_PRINTS_MAX, &data, &size) < 0)
		return -1;
	buf_view(&in, data, size);
	size_t n = 0;
	uint64_t *prints = calloc(size / 8 + 1, sizeof *prints);
	int r = prints && buf_get_u64(&in, characters_r) == 0 ? 0 : -1;
	while (r == 0 && buf_left(&in) > 0)
		r = buf_get_u64(&in, &prints[n++]);
	free(data);
	if (r < 0) {
		free(prints);
		return -1;
	}
	*prints_r = prints;
	*n_r = n;
	return 0;
}

json_t *offline_prints(struct offline *o, int fd, const char *name, uint64_t **prints_r, size_t *n_r, uint64_t *characters_r)
{
	int fds[2] = { fd, memfd_create("filterctl-prints", MFD_CLOEXEC) };
	if (fds[1] < 0)
		return ctl_complain("memfd_create", strerror(errno)), NULL;
	json_t *answer = run_job(o, SCAN_KIND_PRINTS, fds, 2, name);
	const char *status = json_string_value(json_object_get(answer, "status"));
	if (status && strcmp(status, "clean") == 0 && take_prints(fds[1], prints_r, n_r, characters_r) < 0) {
		json_decref(answer);
		ctl_complain(name, "its fingerprints could not be taken");
		answer = NULL;
	}
	close(fds[1]);
	return answer;
}
