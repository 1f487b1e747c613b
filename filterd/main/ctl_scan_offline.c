#include "config.h"

#include "main/ctl_scan_offline.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/text.h"
#include "conf/conf.h"
#include "ipc/scan_wire.h"
#include "proc/sandbox.h"
#include "worker/engines.h"
#include "worker/jobs.h"
#include "worker/tmpdir.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SPARE_MS = 5000, MEMORY_SPARE = 512 << 20, FDS_MAX = 256 };

struct offline {
	const struct ctl *ctl;
	struct bundle bundle;
	struct conf *conf;
	struct engines engines;
	char tmp_dir[512];
	struct scan_file_finding findings[SCAN_FINDINGS_MAX];
	char packet[SCAN_PACKET_MAX];
};

static int say_error(const struct cfgerr *err)
{
	if (err->line)
		fprintf(stderr, "%s:%d: %s\n", err->file, err->line, err->text);
	else
		fprintf(stderr, "%s%s%s\n", err->file, err->file[0] ? ": " : "", err->text);
	return CTL_FAILED;
}

/* The configuration, if there is one; else its defaults. */
static int read_conf(struct offline *o, struct cfgerr *err)
{
	/* a link is all that has no default; nothing is linked here */
	static const char defaults[] = "links = ( { domain = \"none.invalid\"; secret_file = \"/dev/null\"; } );";
	const char *path = o->ctl->conf_path ? o->ctl->conf_path : FILTERD_SYSCONFDIR "/filterd.conf";
	int r = o->ctl->conf_path || access(path, R_OK) == 0
	                ? bundle_add_file(&o->bundle, BUNDLE_CONFIG, path, err)
	                : bundle_add_data(&o->bundle, BUNDLE_CONFIG, "(defaults)", defaults, sizeof defaults - 1);
	return r < 0 ? -1 : conf_parse(&o->bundle, &o->conf, err);
}

static int replace(char **where, const char *path)
{
	char *copy = path ? strdup(path) : NULL;
	if (!path)
		return 0;
	if (!copy)
		return -1;
	free(*where);
	*where = copy;
	return 0;
}

static int load(struct offline *o, const char *rules, const char *signatures, struct cfgerr *err)
{
	struct stat st;
	if (read_conf(o, err) < 0)
		return -1;
	if (replace(&o->conf->rules, rules) < 0 || replace(&o->conf->scan.signatures, signatures) < 0)
		return cfgerr_set(err, "", 0, "out of memory");
	/* rules that were named must be there; without any, files are only searched for malware */
	if ((rules || stat(o->conf->rules, &st) == 0) && bundle_add_rules(&o->bundle, o->conf->rules, err) < 0)
		return -1;
	return engines_load(o->conf, &o->bundle, &o->engines, err);
}

/* The child: closes itself in, scans, writes the answer as a worker would. */
static void scan_in_child(struct offline *o, const struct scan_file_job *job, int fd, int out)
{
	const char *why;
	struct buf answer;
	const struct conf_scan *c = &o->conf->scan;
	const struct sandbox box = { .profile = SANDBOX_WORKER, .paths = { { o->tmp_dir, SANDBOX_WRITE } }, .npaths = 1,
		                     .data_max = 2 * (uint64_t)c->scan_max + MEMORY_SPARE, .file_max = (uint64_t)c->scan_max, .fds_max = FDS_MAX };
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGXFSZ, SIG_IGN);
	buf_init(&answer, SCAN_PACKET_MAX);
	struct jobs *jobs = extract_worker_init(o->engines.extract, o->tmp_dir) == 0 ? jobs_new(&o->engines) : NULL;
	if (!jobs || sandbox_canary(&box, &why) < 0 || sandbox_enter(&box, &why) < 0)
		_exit(1);
	if (jobs_file(jobs, job, fd, &answer) < 0 || io_write_all(out, buf_ptr(&answer), buf_left(&answer)) < 0)
		_exit(1);
	_exit(0);
}

/* Reads to the end of the child's answer; returns its size, or -1 when time is up. */
static ssize_t read_answer(int in, char *dst, size_t size, uint64_t deadline_ms)
{
	size_t have = 0;
	while (have < size) {
		uint64_t now = clock_ms();
		struct pollfd p = { .fd = in, .events = POLLIN };
		if (now >= deadline_ms || (poll(&p, 1, (int)(deadline_ms - now)) < 0 && errno != EINTR))
			return -1;
		if (!p.revents)
			continue;
		ssize_t n = read(in, dst + have, size - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

/* What the child said is hostile like a worker's answer, and is checked the same way. */
static void judge(struct offline *o, const struct scan_file_job *job, ssize_t size, struct scan_file_answer *a_r)
{
	struct buf b;
	*a_r = (struct scan_file_answer){ .status = SCAN_UNSCANNABLE, .cause = size < 0 ? CAUSE_TIMEOUT : CAUSE_CRASHED, .name = "" };
	buf_view(&b, o->packet, size > 0 ? (size_t)size : 0);
	if (size > 0)
		(void)!scan_get_file_answer(&b, job, detect_count(o->engines.detect), o->findings, a_r);
}

static int run_child(struct offline *o, const struct scan_file_job *job, int fd, struct scan_file_answer *a_r)
{
	int ends[2];
	const char *base = getenv("TMPDIR");
	if (tmpdir_make(base && base[0] == '/' ? base : "/tmp", "filterctl-", o->tmp_dir, sizeof o->tmp_dir) < 0)
		return -1;
	if (pipe2(ends, O_CLOEXEC) < 0) {
		tmpdir_remove(o->tmp_dir);
		return -1;
	}
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0)
		scan_in_child(o, job, fd, ends[1]);
	int e = errno;
	close(ends[1]);
	if (pid > 0) {
		ssize_t size = read_answer(ends[0], o->packet, sizeof o->packet, clock_ms() + job->time_ms + SPARE_MS);
		kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		judge(o, job, size, a_r);
	}
	close(ends[0]);
	tmpdir_remove(o->tmp_dir);
	errno = e;
	return pid > 0 ? 0 : -1;
}

static void print_json(const struct offline *o, const char *path, const struct scan_file_answer *a)
{
	json_t *findings = json_array(), *v;
	for (size_t i = 0; i < a->n; i++) {
		const struct scan_file_finding *f = &a->findings[i];
		json_array_append_new(findings, json_pack("{s:s,s:s%,s:I,s:I,s:i}", "detector", detect_info(o->engines.detect, f->detector)->id, "path",
		                                          f->path, f->path_len, "start", (json_int_t)f->start, "end", (json_int_t)f->end, "confidence", f->confidence));
	}
	v = json_pack("{s:s,s:s,s:s%,s:I,s:o}", "file", path, "status", scan_status_name(a->status), "name", a->name, a->name_len, "scanned",
	              (json_int_t)a->scanned, "findings", findings);
	if (!v) /* a name that is not UTF-8 can't stand in JSON */
		v = json_pack("{s:s,s:s}", "file", "?", "status", scan_status_name(a->status));
	if (a->cause != CAUSE_NONE)
		json_object_set_new(v, "cause", json_string(cause_name(a->cause)));
	json_dumpf(v, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(v);
}

static void print_human(const struct offline *o, const char *path, const struct scan_file_answer *a)
{
	char file[512], inner[512], name[512];
	text_quote(file, sizeof file, path, strlen(path));
	text_quote(name, sizeof name, a->name, a->name_len);
	if (a->status == SCAN_MALWARE)
		printf("%s: MALWARE %s\n", file, name);
	else if (a->status == SCAN_UNSCANNABLE)
		printf("%s: NOT SCANNED (%s) %s\n", file, cause_name(a->cause), name);
	else
		printf("%s: clean\n", file);
	for (size_t i = 0; i < a->n; i++) {
		const struct scan_file_finding *f = &a->findings[i];
		text_quote(inner, sizeof inner, f->path, f->path_len);
		printf("%s%s%s: found %s at %u-%u, confidence %u\n", file, inner[0] ? "//" : "", inner, detect_info(o->engines.detect, f->detector)->id,
		       f->start, f->end, f->confidence);
	}
}

static int scan_one(struct offline *o, const char *path)
{
	struct stat st;
	struct scan_file_answer a;
	char name[512];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), r = -1;
	if (fd >= 0 && fstat(fd, &st) == 0) {
		const struct scan_file_job job = { .seq = 1, .kind = SCAN_KIND_FILE, .size = (uint64_t)st.st_size,
			                           .time_ms = (uint32_t)o->conf->scan.file_time_ms, .name = "", .name_len = 0 };
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		r = S_ISREG(st.st_mode) ? run_child(o, &job, fd, &a) : -1;
	}
	if (r < 0)
		fprintf(stderr, "%s: %s\n", text_quote(name, sizeof name, path, strlen(path)), strerror(errno));
	if (fd >= 0)
		close(fd);
	if (r < 0)
		return CTL_FAILED;
	if (o->ctl->json)
		print_json(o, path, &a);
	else
		print_human(o, path, &a);
	return a.status == SCAN_CLEAN && a.n == 0 ? CTL_OK : CTL_FOUND;
}

int ctl_scan_offline(const struct ctl *ctl, int argc, char **argv)
{
	const char *rules = NULL, *signatures = NULL;
	struct cfgerr err = { .file = "" };
	int nfiles = 0, worst = CTL_OK;
	for (int i = 0; i < argc; i++) { /* files move to the front */
		if (strcmp(argv[i], "--rules") == 0 && i + 1 < argc)
			rules = argv[++i];
		else if (strcmp(argv[i], "--signatures") == 0 && i + 1 < argc)
			signatures = argv[++i];
		else if (strncmp(argv[i], "--", 2) == 0 && argv[i][2])
			nfiles = argc + 1;
		else if (strcmp(argv[i], "--") != 0)
			argv[nfiles++] = argv[i];
		if (nfiles > argc)
			break;
	}
	if (nfiles == 0 || nfiles > argc) {
		fputs("usage: filterctl scan [--json] [--rules DIR] [--signatures DIR] FILE…\n", stderr);
		return CTL_USAGE;
	}
	struct offline *o = calloc(1, sizeof *o);
	if (!o)
		return CTL_FAILED;
	o->ctl = ctl;
	if (load(o, rules, signatures, &err) < 0)
		worst = say_error(&err);
	for (int i = 0; i < nfiles && o->engines.extract; i++) {
		int status = scan_one(o, argv[i]);
		worst = status > worst ? status : worst;
	}
	engines_free(&o->engines);
	conf_free(&o->conf);
	bundle_free(&o->bundle);
	free(o);
	return worst;
}
