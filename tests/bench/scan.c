/* Benchmark: workers of filterd-scan over their sockets, beside clamd (FILDES) with the same signatures.
 *
 *     scan [SECONDS [CLAMD]]
 *
 * Every row alternates both scanners within one run, so that a noisy machine hits both.  CPU is that of the scanner's
 * processes plus this client, from the kernel's accounting.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../unit/scan_rig.h"

#include "base/clock.h"
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 2, WINDOW = SCAN_WINDOW_FILES, IN_FLIGHT = WORKERS * WINDOW, FILES = 64, ROUNDS = 3 };

static struct rig rig;
static pid_t clamd_pid;
static char clamd_socket[sizeof((struct sockaddr_un *)0)->sun_path];
static struct scan_file_finding findings[SCAN_FINDINGS_MAX];
static struct finding text_findings[SCAN_FINDINGS_MAX];
static int files[FILES];
static size_t file_size;

static double cpu_of(pid_t pid)
{
	char path[64], line[1024];
	unsigned long user = 0, sys = 0;
	snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
	FILE *f = fopen(path, "re");
	if (f && fgets(line, sizeof line, f)) {
		char *p = strrchr(line, ')');
		if (p)
			sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &sys);
	}
	if (f)
		fclose(f);
	return (double)(user + sys) / (double)sysconf(_SC_CLK_TCK);
}

static double cpu_own(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static double cpu_workers(void)
{
	double sum = 0;
	for (int i = 0; i < WORKERS; i++)
		sum += cpu_of(rig.workers[i].pid);
	return sum;
}

static long pss_kb(pid_t pid)
{
	char path[64], line[256];
	long kb = -1;
	snprintf(path, sizeof path, "/proc/%ld/smaps_rollup", (long)pid);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "Pss: %ld kB", &kb) == 1)
			break;
	if (f)
		fclose(f);
	return kb;
}

static void make_files(size_t size)
{
	char *data = malloc(size);
	assert_non_null(data);
	file_size = size;
	for (int i = 0; i < FILES; i++) {
		for (size_t have = 0; have < size;) {
			ssize_t n = getrandom(data + have, size - have, 0);
			assert_true(n > 0);
			have += (size_t)n;
		}
		files[i] = io_memfd_sealed("bench", data, size);
		assert_true(files[i] >= 0);
	}
	free(data);
}

static void drop_files(void)
{
	for (int i = 0; i < FILES; i++)
		close(files[i]);
}

struct row {
	uint64_t scans;
	double seconds, scanner_cpu, client_cpu;
};

static void run_filterd(double seconds, struct row *row)
{
	static char name[SCAN_NAME_MAX + 1];
	struct scan_file_answer a;
	uint64_t end = clock_us() + (uint64_t)(seconds * 1e6), begin = clock_us(), n = 0;
	double scanner = cpu_workers(), own = cpu_own();
	uint32_t answered[WORKERS];
	for (int w = 0; w < WORKERS; w++) {
		answered[w] = rig.workers[w].file_seq;
		for (int k = 0; k < WINDOW; k++)
			rig_send_file(&rig, (unsigned)w, SCAN_KIND_FILE, files[n++ % FILES], 20000);
	}
	for (int under_way = IN_FLIGHT; under_way > 0;) {
		struct pollfd p[WORKERS];
		for (int w = 0; w < WORKERS; w++)
			p[w] = (struct pollfd){ .fd = rig.workers[w].file, .events = POLLIN };
		assert_true(poll(p, WORKERS, 20000) > 0);
		for (int w = 0; w < WORKERS; w++) {
			if (!p[w].revents)
				continue;
			assert_int_equal(rig_recv_file(&rig, (unsigned)w, SCAN_KIND_FILE, ++answered[w], file_size, findings, &a, name), 0);
			assert_int_equal(a.status, SCAN_CLEAN);
			row->scans++;
			if (clock_us() < end)
				rig_send_file(&rig, (unsigned)w, SCAN_KIND_FILE, files[n++ % FILES], 20000);
			else
				under_way--;
		}
	}
	row->seconds += (double)(clock_us() - begin) / 1e6;
	row->scanner_cpu += cpu_workers() - scanner;
	row->client_cpu += cpu_own() - own;
}

static int clamd_connect(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	memcpy(a.sun_path, clamd_socket, sizeof a.sun_path);
	if (s >= 0 && connect(s, (struct sockaddr *)&a, sizeof a) < 0)
		io_close(&s);
	return s;
}

/* clamd's FILDES: the command, then the descriptor with one byte (clamd(8)). */
static int clamd_send(int fd)
{
	int s = clamd_connect();
	assert_true(s >= 0);
	assert_int_equal(send(s, "zFILDES", 8, MSG_NOSIGNAL), 8);
	assert_int_equal(io_send_fds(s, "", 1, &fd, 1), 0);
	return s;
}

static void run_clamd(double seconds, struct row *row)
{
	uint64_t end = clock_us() + (uint64_t)(seconds * 1e6), begin = clock_us(), n = 0;
	double scanner = cpu_of(clamd_pid), own = cpu_own();
	struct pollfd p[IN_FLIGHT];
	for (int i = 0; i < IN_FLIGHT; i++)
		p[i] = (struct pollfd){ .fd = clamd_send(files[n++ % FILES]), .events = POLLIN };
	for (int under_way = IN_FLIGHT; under_way > 0;) {
		assert_true(poll(p, IN_FLIGHT, 20000) > 0);
		for (int i = 0; i < IN_FLIGHT; i++) {
			char answer[256];
			if (!p[i].revents)
				continue;
			ssize_t got = read(p[i].fd, answer, sizeof answer - 1);
			assert_true(got > 0);
			answer[got] = '\0';
			if (!strstr(answer, "OK"))
				fail_msg("clamd: %s", answer);
			close(p[i].fd);
			row->scans++;
			if (clock_us() < end) {
				p[i].fd = clamd_send(files[n++ % FILES]);
			} else {
				p[i].fd = -1;
				p[i].revents = 0;
				under_way--;
			}
		}
	}
	row->seconds += (double)(clock_us() - begin) / 1e6;
	row->scanner_cpu += cpu_of(clamd_pid) - scanner;
	row->client_cpu += cpu_own() - own;
}

static void start_clamd(const char *program)
{
	char conf[2048], path[128];
	snprintf(clamd_socket, sizeof clamd_socket, "%s/clamd.sock", rig.dir);
	int n = snprintf(conf, sizeof conf,
	                 "LocalSocket %s\nDatabaseDirectory %s/sig\nTemporaryDirectory %s/run\nForeground yes\nMaxThreads %d\nDisableCache yes\n"
	                 "MaxScanSize 400M\nMaxFileSize 100M\nMaxRecursion 17\nMaxFiles 10000\nMaxScanTime 20000\nAlertExceedsMax yes\nAlertEncrypted yes\n"
	                 "ScanImageFuzzyHash no\nMaxHTMLNormalize 100M\nSelfCheck 0\n",
	                 clamd_socket, rig.dir, rig.dir, WORKERS);
	rig_write(&rig, "clamd.conf", conf, (size_t)n);
	snprintf(path, sizeof path, "%s/clamd.conf", rig.dir);
	clamd_pid = fork();
	assert_true(clamd_pid >= 0);
	if (clamd_pid == 0) {
		/* if this benchmark fails, clamd must not live on with its standard error, which a reader of both would wait for */
		int null = open("/dev/null", O_WRONLY);
		dup2(null, 1);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl(program, program, "-c", path, (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 300; i++) {
		int s = clamd_connect();
		if (s >= 0) {
			close(s);
			return;
		}
		usleep(100000);
	}
	fail_msg("clamd does not start");
}

static void print_row(const char *what, const struct row *r)
{
	printf("  %-22s %9.0f scans/s   CPU us per scan: scanner %8.1f, client %6.1f\n", what, (double)r->scans / r->seconds,
	       r->scanner_cpu * 1e6 / (double)r->scans, r->client_cpu * 1e6 / (double)r->scans);
}

static void files_bench(double seconds)
{
	static const struct {
		const char *name;
		size_t size;
		double goal;
	} sizes[] = { { "1 KiB", 1 << 10, 1.8 }, { "100 KiB", 100 << 10, 1.1 }, { "10 MiB", 10 << 20, 0 } };
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct row ours = { 0 }, theirs = { 0 };
		make_files(sizes[i].size);
		for (int round = 0; round < ROUNDS; round++) {
			run_filterd(seconds / ROUNDS, &ours);
			if (clamd_pid)
				run_clamd(seconds / ROUNDS, &theirs);
		}
		drop_files();
		printf("files of %s, random bytes, %d under way, temporary folders on tmpfs for both\n", sizes[i].name, IN_FLIGHT);
		print_row("filterd, 2 workers", &ours);
		if (clamd_pid) {
			print_row("clamd FILDES, 2 threads", &theirs);
			double ratio = (double)ours.scans / ours.seconds / ((double)theirs.scans / theirs.seconds);
			printf("  ratio %.2f", ratio);
			if (sizes[i].goal > 0)
				printf(" (goal %.1f)", sizes[i].goal);
			putchar('\n');
		}
	}
}

/* 200-byte messages through the text socket; window: jobs under way. */
static void text_bench(const char *what, unsigned window, double seconds, double pause_us)
{
	static char text[200];
	struct rig_worker *k = &rig.workers[0];
	struct scan_text t = { ROLE_BODY, text, sizeof text };
	struct buf out;
	uint64_t begin = clock_us(), end = begin + (uint64_t)(seconds * 1e6), n = 0;
	static uint64_t rtt[1 << 20];
	uint64_t sent_at[32] = { 0 };
	size_t nrtt = 0;
	double scanner = cpu_of(k->pid), own = cpu_own();
	uint32_t answered = k->text_seq;
	memset(text, 'a', sizeof text);
	for (size_t i = 7; i < sizeof text; i += 8)
		text[i] = ' ';
	buf_init(&out, 1 << 20);
	while (clock_us() < end || answered != k->text_seq) {
		while (k->text_seq - answered < window && clock_us() < end) {
			struct scan_text_job job = { .seq = ++k->text_seq, .budget_us = 50000, .ntexts = 1, .texts = &t };
			assert_int_equal(scan_put_text_job(&out, &job), 0);
			sent_at[job.seq % 32] = clock_us();
		}
		if (buf_left(&out) > 0)
			assert_int_equal(io_write_all(k->text, buf_ptr(&out), buf_left(&out)), 0);
		buf_reset(&out);
		assert_int_equal(buf_reserve(&k->in, 65536), 0);
		ssize_t got = read(k->text, buf_end(&k->in), 65536);
		assert_true(got > 0);
		k->in.len += (size_t)got;
		for (;;) {
			struct scan_text_job job = { .seq = answered + 1, .ntexts = 1, .texts = &t };
			struct scan_text_answer a;
			int r = scan_get_text_answer(&k->in, &job, rig.hello.detectors, text_findings, &a);
			if (r == SCAN_WIRE_SHORT)
				break;
			assert_int_equal(r, 0);
			answered++;
			n++;
			if (nrtt < sizeof rtt / sizeof *rtt)
				rtt[nrtt++] = clock_us() - sent_at[answered % 32];
		}
		if (pause_us > 0)
			usleep((useconds_t)pause_us);
	}
	double took = (double)(clock_us() - begin) / 1e6;
	for (size_t i = 1; i < nrtt; i++) /* the rates with a pause are small; a flood's order does not matter */
		for (size_t j = i; pause_us > 0 && j > 0 && rtt[j] < rtt[j - 1]; j--) {
			uint64_t x = rtt[j];
			rtt[j] = rtt[j - 1];
			rtt[j - 1] = x;
		}
	printf("  %-22s %9.0f jobs/s    CPU us per job: worker %6.2f, client %6.2f", what, (double)n / took, (cpu_of(k->pid) - scanner) * 1e6 / (double)n,
	       (cpu_own() - own) * 1e6 / (double)n);
	if (pause_us > 0 && nrtt)
		printf("   p50 %llu us, p99 %llu us", (unsigned long long)rtt[nrtt / 2], (unsigned long long)rtt[nrtt * 99 / 100]);
	putchar('\n');
	buf_free(&out);
}

static void print_memory(void)
{
	printf("memory (PSS, kB): nursery %ld", pss_kb(rig.pid));
	for (int i = 0; i < WORKERS; i++)
		printf(", worker %d %ld", i, pss_kb(rig.workers[i].pid));
	if (clamd_pid)
		printf("; clamd %ld", pss_kb(clamd_pid));
	puts("   (-1: may not be read; the workers hide themselves from other users)");
}

static const char *many_rules(unsigned n)
{
	static char text[400 * 300];
	size_t len = (size_t)snprintf(text, sizeof text, "detectors: (");
	for (unsigned i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, sizeof text - len,
		                        "%s { id = \"d%u\"; title = \"D %u\"; patterns = ( { regex = \"(?i)project[ -]x%u[0-9]{2,6}\"; confidence = 80; } );\n"
		                        "tests = { match = [ \"project-x%u123\" ]; no_match = [ \"project\" ]; }; }",
		                        i ? "," : "", i, i, i, i);
	snprintf(text + len, sizeof text - len, " );\n");
	return text;
}

static void start(unsigned rules)
{
	rig_dirs(&rig, rules ? many_rules(rules) : "");
	rig_start(&rig, WORKERS / 2, ""); /* as many again for files */
	if (!rig.hello.ok)
		fail_msg("refused: %s", rig.hello.text);
	rig_settle(&rig, 0);
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 3;
	const char *clamd = argc > 2 ? argv[2] : "/usr/sbin/clamd";
	static const unsigned rules[] = { 0, 10, 300 };
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < 3; i++) {
		start(rules[i]);
		printf("texts of 200 bytes, %u rules\n", rules[i]);
		text_bench("flood, 32 under way", 32, seconds, 0);
		text_bench("one at a time, paced", 1, seconds, 900);
		if (i < 2) {
			rig_stop(&rig);
			rig_remove(&rig);
		}
	}
	rig_stop(&rig);
	rig_remove(&rig);
	start(0);
	if (access(clamd, X_OK) == 0)
		start_clamd(clamd);
	else
		printf("no %s: no comparison\n", clamd);
	files_bench(seconds);
	print_memory();
	if (clamd_pid) {
		kill(clamd_pid, SIGTERM);
		waitpid(clamd_pid, NULL, 0);
	}
	rig_stop(&rig);
	rig_remove(&rig);
	return 0;
}
