/* Benchmark: text jobs through a sandboxed worker of filterd-scan, with no rules, 10 and 300.
 *
 *     text [SECONDS]
 *
 * "flood" keeps the window of PROTOCOL.scan full, many frames in one write, as the broker does; "1000/s" sends one job
 * a millisecond and measures its round trip.  CPU is this client's (the hop's near side: encode, send, receive,
 * decode) and the worker's, from the kernel's accounting.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../unit/scan_rig.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char text[] =
	"Good morning everyone, the minutes of yesterday's meeting are on the wiki; please have a look before Thursday and "
	"add what is missing. The room for the workshop is booked from 10 to 12, coffee included.";

enum { TEXT_SIZE = sizeof text - 1, SAMPLES_MAX = 100000 };

static struct rig rig;
static struct finding findings[SCAN_FINDINGS_MAX];
static double samples[SAMPLES_MAX];

/* Nanoseconds on the CPU, by the scheduler's own count. */
static double cpu_ns(pid_t pid)
{
	char path[64];
	unsigned long long ns = 0;
	snprintf(path, sizeof path, "/proc/%d/schedstat", (int)pid);
	FILE *f = fopen(path, "r");
	if (f) {
		if (fscanf(f, "%llu", &ns) != 1)
			ns = 0;
		fclose(f);
	}
	return (double)ns;
}

/* n keyword rules of which none occurs in the text: what nearly every message meets. */
static char *make_rules(unsigned n)
{
	char *rules = malloc(4096 + (size_t)n * 256), *at = rules;
	at += sprintf(at, "detectors: ( ");
	for (unsigned i = 0; i < n; i++)
		at += sprintf(at, "%s{ id = \"word-%u\"; title = \"t\"; patterns = ( { regex = \"\\bproject%c%c%uq\\b\"; confidence = 60; } ); tests = { match = [ \"a project%c%c%uq b\" ]; no_match = [ \"b\" ]; }; }",
		              i ? ", " : "", i, 'a' + i % 26, 'a' + i / 26 % 26, i, 'a' + i % 26, 'a' + i / 26 % 26, i);
	sprintf(at, " );\n");
	return rules;
}

static void send_jobs(struct rig_worker *w, unsigned n)
{
	static struct buf out;
	const struct scan_text t = { ROLE_BODY, text, TEXT_SIZE };
	buf_init(&out, 1 << 20);
	for (unsigned i = 0; i < n; i++) {
		const struct scan_text_job job = { ++w->text_seq, 50000, 1, &t };
		assert_int_equal(scan_put_text_job(&out, &job), 0);
	}
	while (buf_left(&out) > 0) {
		ssize_t s = send(w->text, buf_ptr(&out), buf_left(&out), MSG_NOSIGNAL);
		assert_true(s > 0);
		buf_skip(&out, (size_t)s);
	}
	buf_free(&out);
}

/* Takes at least one answer; returns how many. */
static unsigned take_answers(struct rig_worker *w, uint32_t *next)
{
	const struct scan_text t = { ROLE_BODY, text, TEXT_SIZE };
	unsigned n = 0;
	do {
		assert_int_equal(buf_reserve(&w->in, 65536), 0);
		ssize_t r = recv(w->text, buf_end(&w->in), 65536, 0);
		assert_true(r > 0);
		w->in.len += (size_t)r;
		for (;;) {
			const struct scan_text_job sent = { *next, 0, 1, &t };
			struct scan_text_answer a;
			int g = scan_get_text_answer(&w->in, &sent, rig.hello.detectors, findings, &a);
			if (g == SCAN_WIRE_SHORT)
				break;
			assert_int_equal(g, 0);
			assert_int_equal(a.cause, CAUSE_NONE);
			(*next)++;
			n++;
		}
	} while (n == 0);
	return n;
}

static void flood(unsigned rules, double seconds)
{
	struct rig_worker *w = &rig.workers[0];
	uint32_t next = w->text_seq + 1;
	unsigned open = 0;
	uint64_t done = 0, begin = clock_us();
	double near = cpu_ns(getpid()), far = cpu_ns(w->pid);
	while (clock_us() - begin < seconds * 1e6) {
		send_jobs(w, SCAN_WINDOW_JOBS - open);
		open = SCAN_WINDOW_JOBS;
		unsigned n = take_answers(w, &next);
		open -= n;
		done += n;
	}
	double wall = (double)(clock_us() - begin) / 1e6;
	while (open > 0)
		open -= take_answers(w, &next);
	printf("%6u  flood    %10.0f jobs/s   %6.2f us near   %6.2f us worker   %6.2f us in all\n", rules, (double)done / wall,
	       (cpu_ns(getpid()) - near) / 1e3 / (double)done, (cpu_ns(w->pid) - far) / 1e3 / (double)done,
	       (cpu_ns(getpid()) - near + cpu_ns(w->pid) - far) / 1e3 / (double)done);
}

static int by_size(const void *a, const void *b)
{
	return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static void low_rate(unsigned rules, double seconds)
{
	struct rig_worker *w = &rig.workers[0];
	uint32_t next = w->text_seq + 1;
	size_t n = 0;
	uint64_t begin = clock_us();
	while (clock_us() - begin < seconds * 1e6 && n < SAMPLES_MAX) {
		struct timespec pause = { 0, 1000000 }, a, b;
		nanosleep(&pause, NULL);
		clock_gettime(CLOCK_MONOTONIC, &a);
		send_jobs(w, 1);
		take_answers(w, &next);
		clock_gettime(CLOCK_MONOTONIC, &b);
		samples[n++] = (double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3;
	}
	qsort(samples, n, sizeof *samples, by_size);
	printf("%6u  1000/s   p50 %6.1f us   p99 %6.1f us   (round trip of one job)\n", rules, samples[n / 2], samples[n * 99 / 100]);
}

int main(int argc, char **argv)
{
	static const unsigned counts[] = { 0, 10, 300 };
	double seconds = argc > 1 ? atof(argv[1]) : 2;
	printf("Text jobs of %d bytes through one worker\n rules\n", TEXT_SIZE);
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		char *rules = make_rules(counts[i]);
		memset(&rig, 0, sizeof rig);
		rig_dirs(&rig, rules);
		rig_start(&rig, 1, "");
		if (!rig.hello.ok) {
			fprintf(stderr, "filterd-scan: %s\n", rig.hello.text);
			return 1;
		}
		rig_settle(&rig, 0);
		flood(counts[i], seconds / 4); /* warm */
		flood(counts[i], seconds);
		low_rate(counts[i], seconds);
		rig_stop(&rig);
		rig_remove(&rig);
		free(rules);
	}
	return 0;
}
