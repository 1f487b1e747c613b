/* main/recorder with audit/recorder_client: an ACK means on disk; a dead recorder means failure, never silence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "audit/recorder_client.h"
#include "audit/verify.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "main/ctl.h"
#include "main/ctl_audit.h"
#include "main/recorder.h"

#include <event2/event.h>
#include <fcntl.h>
#include <ftw.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct site {
	char dir[64];
	struct conf conf;
	struct event_base *base;
	struct recorder *r;
	pid_t pid;
	unsigned acked, failed, refused, gone, hung, repaired;
	char last_notice[64];
	char *listed;
	char *content;
	int get_status;
};

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	return remove(path);
}

static void on_ack(void *ctx, int status)
{
	struct site *s = ctx;
	*(status == RECORDER_ON_DISK ? &s->acked : status == RECORDER_REFUSED ? &s->refused : &s->failed) += 1;
}

static void on_notice(void *ctx, const struct event_record *e)
{
	struct site *s = ctx;
	s->repaired += e->id == EVENT_JOURNAL_REPAIRED;
	snprintf(s->last_notice, sizeof s->last_notice, "%s", event_info(e->id)->name);
}

static void on_gone(void *ctx, int hung)
{
	struct site *s = ctx;
	s->gone++;
	s->hung += hung != 0;
}

static void start(struct site *s, rlim_t file_max)
{
	static const struct recorder_hooks none;
	struct recorder_hooks hooks = none;
	int fds[2];
	assert_int_equal(io_socketpair(SOCK_SEQPACKET, fds), 0);
	s->pid = fork();
	if (s->pid == 0) {
		struct rlimit limit = { file_max, file_max };
		close(fds[0]);
		log_init("recorder", LOG_FATAL_L);
		setrlimit(RLIMIT_FSIZE, &limit);
		_exit(recorder_main(&s->conf, fds[1]));
	}
	close(fds[1]);
	hooks.notice = on_notice;
	hooks.gone = on_gone;
	hooks.ctx = s;
	assert_non_null(s->r = recorder_new(s->base, fds[0], &hooks));
}

static int end(struct site *s)
{
	int status;
	recorder_free(&s->r);
	waitpid(s->pid, &status, 0);
	return status;
}

static int new_site(void **state)
{
	struct site *s = calloc(1, sizeof *s);
	strcpy(s->dir, "/tmp/recorder-test.XXXXXX");
	if (!mkdtemp(s->dir) || !(s->base = event_base_new()))
		return -1;
	s->conf.state_dir = s->dir;
	*state = s;
	return 0;
}

static int remove_site(void **state)
{
	struct site *s = *state;
	nftw(s->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	event_base_free(s->base);
	free(s);
	return 0;
}

static void turn_until(struct site *s, const unsigned *count, unsigned least)
{
	const struct timeval step = { 0, 20000 };
	for (int i = 0; *count < least && i < 3000; i++) { /* a minute: the disk may be busy with what others wrote */
		event_base_loopexit(s->base, &step);
		event_base_dispatch(s->base);
	}
	assert_true(*count >= least);
}

static void an_event(struct event_record *e, const char *to)
{
	event_record_init(e, EVENT_POLICY_BLOCK, "0123456789abcdef");
	event_record_add(e, "from", "alice@example.test");
	event_record_add(e, "to", to);
}

static uint64_t verify(struct site *s)
{
	char path[128], *text;
	size_t size;
	struct note_verifier v;
	struct journal_report r;
	snprintf(path, sizeof path, "%s/journal/verifier", s->dir);
	assert_int_equal(io_read_file(path, 1000, &text, &size), 0);
	assert_int_equal(note_verifier_parse(text, &v), 0);
	free(text);
	snprintf(path, sizeof path, "%s/journal", s->dir);
	if (journal_verify(path, &v, NULL, &r) < 0)
		fail_msg("%s %s", r.fault[0].path, r.fault[0].text);
	assert_int_equal(r.beyond, 0);
	return r.covered;
}

static void records_are_acknowledged_and_covered(void **state)
{
	struct site *s = *state;
	struct event_record e;
	an_event(&e, "hostile\n\"]\xff");
	start(s, RLIM_INFINITY);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(recorder_record(s->r, &e, on_ack, s), 0);
	turn_until(s, &s->acked, 1000);
	assert_int_equal(recorder_pending(s->r), 0);
	assert_int_equal(end(s), 0); /* the broker's end is the recorder's, with a last checkpoint */
	assert_int_equal(verify(s), 1000);
	assert_int_equal(s->failed + s->refused, 0);
	assert_string_equal(s->last_notice, "journal.checkpoint");
}

static void on_list(void *ctx, int status, const char *json, size_t size)
{
	struct site *s = ctx;
	assert_int_equal(status, 0);
	s->listed = strndup(json, size);
	s->acked++;
}

static void on_get(void *ctx, int status, const char *meta, size_t size, int fd)
{
	struct site *s = ctx;
	size_t n;
	s->get_status = status;
	if (status == 0) {
		assert_int_equal(io_pread_all(fd, 1 << 20, &s->content, &n), 0);
		assert_true(fcntl(fd, F_GET_SEALS) & F_SEAL_WRITE);
		assert_non_null(memmem(meta, size, "alice@example.test", 18));
		close(fd);
	}
	s->acked++;
}

static void held_items_come_back(void **state)
{
	struct site *s = *state;
	struct event_record e;
	int fd = io_memfd_sealed("stanza", "<message>secret</message>", 25);
	an_event(&e, "bob@example.test");
	start(s, RLIM_INFINITY);
	assert_int_equal(recorder_hold(s->r, "q1", &e, fd, on_ack, s), 0);
	assert_int_equal(recorder_hold(s->r, "../q", &e, fd, on_ack, s), -1);
	turn_until(s, &s->acked, 1);
	assert_int_equal(recorder_hold(s->r, "q1", &e, fd, on_ack, s), 0); /* there is one of this name */
	turn_until(s, &s->refused, 1);
	close(fd);
	assert_int_equal(recorder_list(s->r, 10, on_list, s), 0);
	assert_int_equal(recorder_get(s->r, "q1", on_get, s), 0);
	turn_until(s, &s->acked, 3);
	assert_string_equal(s->content, "<message>secret</message>");
	json_t *list = json_loads(s->listed, 0, NULL);
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "item")), "q1");
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "sha256")),
		"63d8e3528930423c44cd0724cfb94f2a5f0bc153c6f423b5c36dbaf9e5d80e9b");
	json_decref(list);
	free(s->content);
	free(s->listed);
	assert_int_equal(recorder_get(s->r, "none", on_get, s), 0);
	turn_until(s, &s->acked, 4);
	assert_int_equal(s->get_status, RECORDER_REFUSED);
	assert_int_equal(end(s), 0);
	assert_int_equal(verify(s), 1);
}

static void full_disk_is_status_2(void **state)
{
	struct site *s = *state;
	struct event_record e;
	an_event(&e, "bob@example.test");
	start(s, 30000);
	for (int i = 0; i < 2000 && !s->failed; i += 20) {
		for (int k = 0; k < 20; k++)
			assert_int_equal(recorder_record(s->r, &e, on_ack, s), 0);
		unsigned done = s->acked + s->failed;
		const struct timeval step = { 0, 5000 };
		while (s->acked + s->failed < done + 20) {
			event_base_loopexit(s->base, &step);
			event_base_dispatch(s->base);
		}
	}
	assert_true(s->failed > 0 && s->acked > 0 && s->gone == 0);
	end(s);
	start(s, RLIM_INFINITY);
	unsigned before = s->acked;
	assert_int_equal(recorder_record(s->r, &e, on_ack, s), 0);
	turn_until(s, &s->acked, before + 1);
	end(s);
	assert_true(verify(s) >= s->acked);
}

static void a_killed_recorder_fails_what_is_open(void **state)
{
	struct site *s = *state;
	struct event_record e;
	an_event(&e, "bob@example.test");
	start(s, RLIM_INFINITY);
	assert_int_equal(recorder_record(s->r, &e, on_ack, s), 0);
	turn_until(s, &s->acked, 1);
	kill(s->pid, SIGSTOP); /* nothing is answered any more */
	for (int i = 0; i < 5000; i++)
		assert_int_equal(recorder_record(s->r, &e, on_ack, s), 0);
	event_base_loop(s->base, EVLOOP_NONBLOCK); /* more than the socket takes */
	kill(s->pid, SIGKILL);
	turn_until(s, &s->gone, 1);
	assert_int_equal(s->failed, 5000);
	assert_int_equal(recorder_pending(s->r), 0);
	assert_int_equal(recorder_record(s->r, &e, on_ack, s), -1);
	end(s);
	start(s, RLIM_INFINITY);
	unsigned before = s->acked;
	assert_int_equal(recorder_record(s->r, &e, on_ack, s), 0);
	turn_until(s, &s->acked, before + 1);
	turn_until(s, &s->repaired, 1); /* the entry of before had no checkpoint yet */
	end(s);
	assert_true(verify(s) >= 3);
}

static void a_hung_recorder_fails_what_is_open(void **state)
{
	struct site *s = *state;
	struct event_record e;
	an_event(&e, "bob@example.test");
	start(s, RLIM_INFINITY);
	assert_int_equal(recorder_record(s->r, &e, on_ack, s), 0);
	turn_until(s, &s->acked, 1);
	kill(s->pid, SIGSTOP);
	for (int i = 0; i < 3; i++)
		assert_int_equal(recorder_record(s->r, &e, on_ack, s), 0);
	uint64_t begun = clock_ms();
	turn_until(s, &s->gone, 1);
	uint64_t took = clock_ms() - begun;
	assert_true(took >= RECORDER_DEADLINE_MS && took < RECORDER_DEADLINE_MS + 2000);
	assert_true(s->failed == 3 && s->hung == 1);
	assert_int_equal(recorder_record(s->r, &e, on_ack, s), -1);
	kill(s->pid, SIGKILL);
	end(s);
}

static void a_slow_start_is_no_hang(void **state)
{
	struct site *s = *state;
	struct event_record e;
	an_event(&e, "bob@example.test");
	start(s, RLIM_INFINITY);
	kill(s->pid, SIGSTOP); /* before it has said anything */
	assert_int_equal(recorder_record(s->r, &e, on_ack, s), 0);
	const struct timeval longer = { RECORDER_DEADLINE_MS / 1000 + 1, 0 };
	event_base_loopexit(s->base, &longer);
	event_base_dispatch(s->base);
	assert_int_equal(s->gone, 0);
	kill(s->pid, SIGCONT);
	turn_until(s, &s->acked, 1);
	end(s);
}

static void the_queue_has_an_end(void **state)
{
	struct site *s = *state;
	struct event_record e;
	an_event(&e, "bob@example.test");
	start(s, RLIM_INFINITY);
	unsigned taken = 0;
	while (taken < 100000 && recorder_record(s->r, &e, on_ack, s) == 0)
		taken++;
	assert_true(taken >= 1000 && taken < 100000);
	recorder_free(&s->r);
	assert_int_equal(s->failed, taken);
	int status;
	waitpid(s->pid, &status, 0);
	assert_true(WIFEXITED(status));
}

/* filterctl audit verify, with what it prints in *out_r. */
static int ctl(const struct site *s, const char *option, char out_r[2000])
{
	char dir[128], path[128];
	snprintf(dir, sizeof dir, "%s/journal", s->dir);
	snprintf(path, sizeof path, "%s/out", s->dir);
	char *argv[] = { "audit", "verify", "--dir", dir, (char *)option, NULL };
	fflush(stdout);
	int keep = dup(STDOUT_FILENO), fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	dup2(fd, STDOUT_FILENO);
	int r = ctl_audit(option ? 5 : 4, argv);
	fflush(stdout);
	dup2(keep, STDOUT_FILENO);
	close(keep);
	ssize_t n = pread(fd, out_r, 1999, 0);
	out_r[n > 0 ? n : 0] = '\0';
	close(fd);
	return r;
}

static void filterctl_verifies(void **state)
{
	struct site *s = *state;
	struct event_record e;
	char out[2000], path[128];
	an_event(&e, "bob@example.test");
	start(s, RLIM_INFINITY);
	for (int i = 0; i < 5; i++)
		assert_int_equal(recorder_record(s->r, &e, on_ack, s), 0);
	turn_until(s, &s->acked, 5);
	end(s);
	assert_int_equal(ctl(s, NULL, out), CTL_OK);
	assert_memory_equal(out, "sound: ", 7);
	assert_non_null(strstr(out, " 5 entries under a valid checkpoint"));
	assert_int_equal(ctl(s, "--json", out), CTL_OK);
	json_t *o = json_loads(out, 0, NULL);
	assert_true(json_is_true(json_object_get(o, "sound")) && json_integer_value(json_object_get(o, "entries")) == 5);
	json_decref(o);
	snprintf(path, sizeof path, "%s/journal/tile/entries/000.p/5", s->dir);
	int fd = open(path, O_RDWR);
	assert_int_equal(pwrite(fd, "x", 1, 100), 1);
	close(fd);
	assert_int_equal(ctl(s, NULL, out), CTL_FOUND);
	assert_non_null(strstr(out, "NOT SOUND"));
	assert_int_equal(ctl(s, "--json", out), CTL_FOUND);
	o = json_loads(out, 0, NULL);
	assert_true(json_is_false(json_object_get(o, "sound")) && json_array_size(json_object_get(o, "faults")) > 0);
	json_decref(o);
	snprintf(path, sizeof path, "%s/journal/verifier", s->dir);
	unlink(path);
	assert_int_equal(ctl(s, NULL, out), CTL_FAILED);
}

int main(void)
{
#define AT_SITE(test) cmocka_unit_test_setup_teardown(test, new_site, remove_site)
	const struct CMUnitTest tests[] = {
		AT_SITE(records_are_acknowledged_and_covered), AT_SITE(held_items_come_back), AT_SITE(full_disk_is_status_2),
		AT_SITE(a_killed_recorder_fails_what_is_open), AT_SITE(a_hung_recorder_fails_what_is_open), AT_SITE(a_slow_start_is_no_hang), AT_SITE(the_queue_has_an_end), AT_SITE(filterctl_verifies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
