/* main/monitor: starting, restarting, reloading, ending.  The monitor is the real one; this program plays the
 * roles that it starts, and writes what they see into STATE/seen, one line each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/io.h"
#include "conf/bundle.h"
#include "conf/conf.h"
#include "ipc/monitor_wire.h"
#include "main/monitor.h"
#include "main/paths.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the roles ---- */

static char seen_path[300];

static void see(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void see(const char *fmt, ...)
{
	char line[2048];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(line, sizeof line - 1, fmt, ap);
	va_end(ap);
	line[n++] = '\n';
	int fd = open(seen_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || io_write_all(fd, line, (size_t)n) < 0)
		_exit(99);
	close(fd);
}

static int open_fds(void)
{
	int n = 0;
	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void role_setup(const char *name, struct bundle *b, struct conf **c)
{
	struct cfgerr err;
	int fds = open_fds();
	if (bundle_from_fd(4, b) < 0 || conf_parse(b, c, &err) < 0)
		_exit(98);
	snprintf(seen_path, sizeof seen_path, "%s/seen", (*c)->state_dir);
	see("%s started pid=%ld uid=%ld fds=%d secret=%s", name, (long)getpid(), (long)getuid(), fds,
	    (*c)->links[0].secret ? "yes" : "no");
}

static volatile sig_atomic_t reload_asked, wreck_asked, hung_asked;
static uint32_t told_generation, told_recorder; /* what the broker complains of */

static void ask_wreck(int signo)
{
	wreck_asked = 1;
}

static void ask_hung(int signo)
{
	hung_asked = 1;
}

static void ask_reload(int signo)
{
	reload_asked = 1;
}

static const char *reason_word(enum monitor_reason r)
{
	static const char *const words[] = { "?", "start", "reload", "signatures", "restart" };
	return words[r];
}

static void broker_takes_generation(const struct monitor_msg *m, int *nursery)
{
	char hello[600];
	struct monitor_msg answer = { .type = MONITOR_ACCEPTED, .generation = m->generation };
	ssize_t n = read(m->fds[1], hello, sizeof hello - 1);
	close(m->fds[0]);
	see("broker generation=%u reason=%s", m->generation, reason_word(m->reason));
	if (n > 0 && hello[0] == 'y') {
		io_close(nursery);
		*nursery = m->fds[1];
		told_generation = m->generation;
	} else {
		hello[n > 0 ? n : 0] = '\0';
		answer.type = MONITOR_REFUSED;
		snprintf(answer.text, sizeof answer.text, "%s", n > 0 ? hello : "it died");
		close(m->fds[1]);
	}
	if (monitor_send(3, &answer) < 0)
		_exit(97);
}

static void broker_takes(const struct monitor_msg *m, int *nursery)
{
	switch (m->type) {
	case MONITOR_GENERATION:
		broker_takes_generation(m, nursery);
		break;
	case MONITOR_RECORDER:
		dup2(m->fds[0], 5);
		close(m->fds[0]);
		told_recorder++;
		see("broker new recorder");
		break;
	case MONITOR_PING:
		if (monitor_send(3, &(struct monitor_msg){ .type = MONITOR_PONG, .id = m->id }) < 0)
			_exit(93);
		break;
	case MONITOR_DONE:
		see("broker done id=%u ok=%u text=%s", m->id, m->ok, m->text);
		break;
	case MONITOR_EVENT:
		see("broker event %s %s=%s %s=%s", event_info(m->event)->name, m->fields[0].name, m->fields[0].value,
		    m->fields[1].name, m->fields[1].value);
		break;
	default:
		_exit(96);
	}
}

static int play_broker(void)
{
	struct bundle b;
	struct conf *c;
	struct monitor_msg m;
	int nursery = -1, r;
	told_recorder = 1;
	signal(SIGUSR1, ask_reload);
	signal(SIGUSR2, ask_wreck);
	signal(SIGWINCH, ask_hung);
	role_setup("broker", &b, &c);
	for (;;) {
		struct pollfd p = { 3, POLLIN, 0 };
		r = poll(&p, 1, 50);
		if (reload_asked) {
			reload_asked = 0;
			if (monitor_send(3, &(struct monitor_msg){ .type = MONITOR_RELOAD, .id = 77 }) < 0)
				_exit(95);
		}
		if (wreck_asked) {
			wreck_asked = 0;
			if (monitor_send(3, &(struct monitor_msg){ .type = MONITOR_WRECKED, .generation = told_generation }) < 0)
				_exit(92);
		}
		if (hung_asked) {
			hung_asked = 0;
			if (monitor_send(3, &(struct monitor_msg){ .type = MONITOR_RECORDER_HUNG, .id = told_recorder }) < 0)
				_exit(91);
		}
		if (r <= 0)
			continue;
		if ((r = monitor_recv(3, MONITOR_SIDE_MONITOR, &m)) <= 0)
			break;
		broker_takes(&m, &nursery);
	}
	see("broker end %d", r);
	bundle_free(&b);
	conf_free(&c);
	return 0;
}

static int wait_for_end(int fd)
{
	char c;
	while (read(fd, &c, 1) > 0)
		;
	return 0;
}

static int play_recorder(void)
{
	struct bundle b;
	struct conf *c;
	role_setup("recorder", &b, &c);
	bundle_free(&b);
	conf_free(&c);
	wait_for_end(3);
	see("recorder end");
	return 0;
}

static int play_nursery(const char *generation)
{
	struct bundle b;
	struct conf *c;
	char hello[600] = "y";
	role_setup("nursery", &b, &c);
	const struct bundle_file *rules = bundle_find(&b, BUNDLE_RULES, NULL);
	if (rules && strstr(rules->data, "BROKEN"))
		snprintf(hello, sizeof hello, "%s:7: this pattern is broken", rules->path);
	if (rules && strstr(rules->data, "CRASH"))
		abort();
	bundle_free(&b);
	conf_free(&c);
	if (write(3, hello, strlen(hello)) < 0)
		_exit(94);
	wait_for_end(3);
	see("nursery end generation=%s", generation);
	return 0;
}

/* ---- the stage ---- */

struct stage {
	char dir[64], conf[128], rules[128], secret[128], signatures[128], state[128], seen[200];
	pid_t monitor;
};

static void write_file(const char *path, const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void write_conf(const struct stage *s, const char *more)
{
	char text[2000];
	snprintf(text, sizeof text,
		"user = \"nobody\"; state_dir = \"%s\"; run_dir = \"%s/run\"; rules = \"%s/rules\";\n"
		"links = ( { domain = \"f.example\"; secret_file = \"%s\"; } );\n"
		"scan = { signatures = \"%s\"; official = \"\"; };\n%s",
		s->state, s->dir, s->dir, s->secret, s->signatures, more);
	write_file(s->conf, text, 0644);
}

static pid_t start_monitor(const struct stage *s)
{
	char self[4096];
	assert_int_equal(paths_self(self, sizeof self), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int log = open("/dev/null", O_WRONLY);
		if (!getenv("SHOW_LOG"))
			dup2(log, STDERR_FILENO);
		close(log);
		_exit(monitor_run(&(struct monitor_options){ s->conf, self, self }));
	}
	return pid;
}

static int setup(void **state)
{
	struct stage *s = calloc(1, sizeof *s);
	snprintf(s->dir, sizeof s->dir, "/tmp/filterd-monitor-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	assert_int_equal(chmod(s->dir, 0755), 0);
	snprintf(s->conf, sizeof s->conf, "%s/filterd.conf", s->dir);
	snprintf(s->rules, sizeof s->rules, "%s/rules/a.rules", s->dir);
	snprintf(s->secret, sizeof s->secret, "%s/secret", s->dir);
	snprintf(s->signatures, sizeof s->signatures, "%s/sig", s->dir);
	snprintf(s->state, sizeof s->state, "%s/state", s->dir);
	snprintf(s->seen, sizeof s->seen, "%s/seen", s->state);
	char folder[160];
	snprintf(folder, sizeof folder, "%s/rules", s->dir);
	assert_int_equal(mkdir(folder, 0755), 0);
	assert_int_equal(mkdir(s->signatures, 0755), 0);
	write_file(s->rules, "# fine\n", 0644);
	write_file(s->secret, "s3cret\n", 0600);
	write_conf(s, "");
	s->monitor = start_monitor(s);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct stage *s = *state;
	char command[200];
	int status;
	if (s->monitor > 0) {
		kill(s->monitor, SIGTERM);
		waitpid(s->monitor, &status, 0);
	}
	snprintf(command, sizeof command, "rm -rf '%s'", s->dir);
	int r = system(command);
	free(s);
	return r;
}

/* How often a line with this in it has been seen. */
static int count(const struct stage *s, const char *what)
{
	char *text, *at;
	size_t size;
	int n = 0;
	if (io_read_file(s->seen, 1 << 20, &text, &size) < 0)
		return 0;
	for (at = text; (at = strstr(at, what)); at++)
		n++;
	free(text);
	return n;
}

static void expect_within(const struct stage *s, const char *what, int times, int ms)
{
	uint64_t end = clock_ms() + (uint64_t)ms;
	while (count(s, what) < times) {
		if (clock_ms() > end) {
			char *text = NULL;
			size_t size;
			if (io_read_file(s->seen, 1 << 20, &text, &size) < 0)
				text = NULL;
			fail_msg("\"%s\" was not seen %d times within %d ms; seen:\n%s", what, times, ms,
			         text ? text : "nothing");
		}
		usleep(5000);
	}
}

static void expect(const struct stage *s, const char *what, int times)
{
	expect_within(s, what, times, 10000); /* patience of a test on a busy machine */
}

/* The pid of the last "NAME started". */
static pid_t pid_of(const struct stage *s, const char *name)
{
	char *text, what[64], *at, *last = NULL;
	size_t size;
	snprintf(what, sizeof what, "%s started pid=", name);
	assert_int_equal(io_read_file(s->seen, 1 << 20, &text, &size), 0);
	for (at = text; (at = strstr(at, what)); at++)
		last = at;
	assert_non_null(last);
	pid_t pid = (pid_t)strtol(last + strlen(what), NULL, 10);
	free(text);
	return pid;
}

static void expect_running(const struct stage *s)
{
	expect(s, "event service.start", 1);
	expect(s, "recorder started", 1);
}

/* ---- the tests ---- */

static void starts_roles_with_what_they_need(void **state)
{
	struct stage *s = *state;
	expect_running(s);
	expect(s, "broker generation=1 reason=start", 1);
	/* 0, 1, 2, channel, bundle; the broker has the recorder's socket, too.  Secrets go to the broker alone. */
	char line[100];
	long uid = geteuid() == 0 ? 65534 : (long)geteuid();
	snprintf(line, sizeof line, "uid=%ld fds=6 secret=yes", uid);
	assert_int_equal(count(s, line), 1);
	snprintf(line, sizeof line, "uid=%ld fds=5 secret=no", uid);
	assert_int_equal(count(s, line), 2);
}

static void second_instance_is_refused(void **state)
{
	struct stage *s = *state;
	int status;
	expect_running(s);
	pid_t second = start_monitor(s);
	assert_int_equal(waitpid(second, &status, 0), second);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	assert_int_equal(count(s, "broker started"), 1);
}

static void killed_broker_comes_back_with_all_others(void **state)
{
	struct stage *s = *state;
	expect_running(s);
	uint64_t begun = clock_ms();
	assert_int_equal(kill(pid_of(s, "broker"), SIGKILL), 0);
	expect(s, "reason=restart", 1);
	expect(s, "recorder started", 2);
	uint64_t took = clock_ms() - begun;
	assert_int_equal(count(s, "broker started"), 2);
	assert_int_equal(count(s, "broker new recorder"), 0); /* it had its socket from the start */
	assert_true(took < 2000); /* 500 ms and a busy machine */
	print_message("a new broker, nursery and recorder after %u ms\n", (unsigned)took);
}

static void killed_recorder_comes_back(void **state)
{
	struct stage *s = *state;
	expect_running(s);
	assert_int_equal(kill(pid_of(s, "recorder"), SIGKILL), 0);
	expect(s, "broker new recorder", 1);
	expect(s, "recorder started", 2);
	assert_int_equal(count(s, "broker started"), 1);
}

static void killed_nursery_comes_back(void **state)
{
	struct stage *s = *state;
	expect_running(s);
	assert_int_equal(kill(pid_of(s, "nursery"), SIGKILL), 0);
	expect(s, "broker generation=2 reason=restart", 1);
	assert_int_equal(count(s, "broker started"), 1);
}

static void hung_broker_is_replaced(void **state)
{
	struct stage *s = *state;
	char want[100];
	expect_running(s);
	usleep(1500000); /* it has answered once */
	pid_t hung = pid_of(s, "broker");
	uint64_t begun = clock_ms();
	assert_int_equal(kill(hung, SIGSTOP), 0);
	snprintf(want, sizeof want, "broker event process.hung role=broker pid=%ld", (long)hung);
	expect_within(s, want, 1, 8000);
	uint64_t took = clock_ms() - begun;
	assert_true(took >= 3900);
	expect(s, "reason=restart", 1);
	expect(s, "recorder started", 2);
	assert_true(kill(hung, 0) < 0 && errno == ESRCH);
	print_message("a stopped broker was replaced after %u ms\n", (unsigned)took);
}

static void answering_broker_is_left_alone(void **state)
{
	struct stage *s = *state;
	expect_running(s);
	pid_t broker = pid_of(s, "broker");
	usleep(1500000);
	assert_int_equal(kill(broker, SIGSTOP), 0);
	usleep(3000000);
	assert_int_equal(kill(broker, SIGCONT), 0);
	/* nor is a sleep of the monitor the broker's fault */
	usleep(1000000);
	assert_int_equal(kill(s->monitor, SIGSTOP), 0);
	usleep(7000000);
	assert_int_equal(kill(s->monitor, SIGCONT), 0);
	usleep(1500000);
	assert_int_equal(count(s, "broker started"), 1);
	assert_int_equal(count(s, "process.hung"), 0);
}

static void wrecked_nursery_is_replaced(void **state)
{
	struct stage *s = *state;
	char want[100];
	expect_running(s);
	pid_t wrecked = pid_of(s, "nursery");
	assert_int_equal(kill(wrecked, SIGSTOP), 0);
	assert_int_equal(kill(pid_of(s, "broker"), SIGUSR2), 0);
	snprintf(want, sizeof want, "broker event process.hung role=nursery pid=%ld", (long)wrecked);
	expect(s, want, 1);
	assert_int_equal(kill(wrecked, 0), 0); /* it serves until there is another */
	expect_within(s, "broker generation=2 reason=restart", 1, 15000);
	assert_int_equal(count(s, "broker started"), 1);
	kill(wrecked, SIGCONT); /* so that it can end, and need not be killed */
	expect(s, "nursery end generation=1", 1);
}

static void hung_recorder_is_replaced(void **state)
{
	struct stage *s = *state;
	char want[100];
	for (int i = 1; i <= 2; i++) {
		expect_running(s);
		expect(s, "recorder started", i);
		pid_t hung = pid_of(s, "recorder");
		assert_int_equal(kill(hung, SIGSTOP), 0);
		assert_int_equal(kill(pid_of(s, "broker"), SIGWINCH), 0);
		snprintf(want, sizeof want, "broker event process.hung role=recorder pid=%ld", (long)hung);
		expect(s, want, 1);
		expect(s, "broker new recorder", i);
		assert_true(kill(hung, 0) < 0 && errno == ESRCH);
	}
	assert_int_equal(count(s, "broker started"), 1);
}

static void reload_takes_a_good_configuration(void **state)
{
	struct stage *s = *state;
	expect_running(s);
	write_conf(s, "language = \"de\";\n");
	assert_int_equal(kill(s->monitor, SIGHUP), 0);
	expect(s, "broker generation=2 reason=reload", 1);
	expect(s, "nursery end generation=1", 1);
	/* what came in by the reload is what a restart works with */
	assert_int_equal(kill(pid_of(s, "nursery"), SIGKILL), 0);
	expect(s, "broker generation=3 reason=restart", 1);
}

static void reload_keeps_the_old_when_the_file_is_broken(void **state)
{
	struct stage *s = *state;
	char want[300];
	expect_running(s);
	write_conf(s, "language = 3;\n");
	assert_int_equal(kill(s->monitor, SIGHUP), 0);
	snprintf(want, sizeof want, "broker event config.rejected file=%s line=4", s->conf);
	expect(s, want, 1);
	assert_int_equal(count(s, "nursery started"), 1);
}

static void reload_keeps_the_old_when_the_nursery_says_no(void **state)
{
	struct stage *s = *state;
	char want[300];
	expect_running(s);
	write_file(s->rules, "BROKEN\n", 0644);
	assert_int_equal(kill(pid_of(s, "broker"), SIGUSR1), 0);
	snprintf(want, sizeof want, "broker event config.rejected file=%s line=7", s->rules);
	expect(s, want, 1);
	snprintf(want, sizeof want, "broker done id=77 ok=0 text=%s:7: this pattern is broken", s->rules);
	expect(s, want, 1);
	assert_int_equal(count(s, "nursery end generation=1"), 0);

	write_file(s->rules, "CRASH\n", 0644);
	assert_int_equal(kill(pid_of(s, "broker"), SIGUSR1), 0);
	expect(s, "broker done id=77 ok=0 text=it died", 1);

	write_file(s->rules, "# fine again\n", 0644);
	assert_int_equal(kill(pid_of(s, "broker"), SIGUSR1), 0);
	expect(s, "broker done id=77 ok=1", 1);
	expect(s, "nursery end generation=1", 1);
}

static void reload_cannot_move_the_state_folder(void **state)
{
	struct stage *s = *state;
	expect_running(s);
	char more[200], old[128];
	memcpy(old, s->state, sizeof old);
	snprintf(s->state, sizeof s->state, "%s/elsewhere", s->dir);
	write_conf(s, "");
	memcpy(s->state, old, sizeof old);
	assert_int_equal(kill(s->monitor, SIGHUP), 0);
	snprintf(more, sizeof more, "broker event config.rejected file=%s reason=state_dir can't be changed", s->conf);
	expect(s, more, 1);
}

static void reload_with_an_unknown_group_is_refused(void **state)
{
	struct stage *s = *state;
	char want[300];
	if (geteuid() != 0)
		skip();
	expect_running(s);
	write_conf(s, "inspect = { group = \"no-such-group\"; };\n");
	assert_int_equal(kill(s->monitor, SIGHUP), 0);
	snprintf(want, sizeof want, "broker event config.rejected file=%s reason=there is no group", s->conf);
	expect(s, want, 1);
}

static void reload_can_move_the_signatures(void **state)
{
	struct stage *s = *state;
	char path[200];
	expect_running(s);
	snprintf(s->signatures, sizeof s->signatures, "%s/sig2", s->dir);
	assert_int_equal(mkdir(s->signatures, 0755), 0);
	write_conf(s, "");
	assert_int_equal(kill(s->monitor, SIGHUP), 0);
	expect(s, "reason=reload", 1);
	expect(s, "reason=signatures", 1); /* what came before it was watched */
	snprintf(path, sizeof path, "%s/own.ndb", s->signatures);
	write_file(path, "x\n", 0644);
	expect(s, "reason=signatures", 2);
}

static void signatures_are_noticed_when_they_come_and_go(void **state)
{
	struct stage *s = *state;
	char path[200];
	expect_running(s);
	snprintf(path, sizeof path, "%s/own.ndb", s->signatures);
	write_file(path, "x\n", 0644);
	expect(s, "reason=signatures", 1);
	assert_int_equal(unlink(path), 0);
	expect(s, "reason=signatures", 2);
	snprintf(path, sizeof path, "%s/freshclam.dat", s->signatures); /* no database */
	write_file(path, "x\n", 0644);
	usleep(900000);
	assert_int_equal(count(s, "reason=signatures"), 2);
}

static int fds_of(pid_t pid)
{
	char path[64];
	struct dirent *e;
	int n = 0;
	snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
	DIR *d = opendir(path);
	assert_non_null(d);
	while ((e = readdir(d)))
		n += *e->d_name != '.';
	closedir(d);
	return n;
}

static void many_reloads_leak_no_descriptor(void **state)
{
	struct stage *s = *state;
	expect_running(s);
	int before = fds_of(s->monitor);
	for (int i = 0; i < 4; i++) {
		write_file(s->rules, i & 1 ? "BROKEN\n" : "# fine\n", 0644);
		assert_int_equal(kill(pid_of(s, "broker"), SIGUSR1), 0);
		expect(s, "broker done id=77", i + 1);
	}
	assert_int_equal(kill(pid_of(s, "broker"), SIGKILL), 0);
	expect(s, "reason=restart", 1);
	expect(s, "recorder started", 2);
	usleep(100000);
	assert_int_equal(fds_of(s->monitor), before);
}

static void death_of_the_monitor_ends_all(void **state)
{
	struct stage *s = *state;
	expect_running(s);
	assert_int_equal(kill(s->monitor, SIGKILL), 0);
	assert_int_equal(waitpid(s->monitor, NULL, 0), s->monitor);
	s->monitor = 0;
	expect(s, "broker end 0", 1);
	expect(s, "recorder end", 1);
	expect(s, "nursery end generation=1", 1);
	s->monitor = start_monitor(s); /* and the lock went with it */
	expect(s, "broker started", 2);
	expect(s, "event service.start", 2);
}

static void ends_in_order(void **state)
{
	struct stage *s = *state;
	int status;
	expect_running(s);
	pid_t pids[] = { pid_of(s, "broker"), pid_of(s, "recorder"), pid_of(s, "nursery") };
	assert_int_equal(kill(s->monitor, SIGTERM), 0);
	assert_int_equal(waitpid(s->monitor, &status, 0), s->monitor);
	s->monitor = 0;
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	for (int i = 0; i < 3; i++)
		assert_true(kill(pids[i], 0) < 0 && errno == ESRCH);
	assert_int_equal(count(s, "event service.stop reason=SIGTERM"), 1);
	assert_int_equal(count(s, "broker end 0"), 1);
	assert_int_equal(count(s, "recorder end"), 1);
}

static void nothing_starts_when_the_first_generation_is_refused(void **state)
{
	struct stage *s = *state;
	int status;
	expect_running(s);
	kill(s->monitor, SIGTERM);
	waitpid(s->monitor, &status, 0);
	write_file(s->rules, "BROKEN\n", 0644);
	s->monitor = start_monitor(s);
	assert_int_equal(waitpid(s->monitor, &status, 0), s->monitor);
	s->monitor = 0;
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

static void readable_secret_starts_nothing(void **state)
{
	struct stage *s = *state;
	int status;
	expect_running(s);
	kill(s->monitor, SIGTERM);
	waitpid(s->monitor, &status, 0);
	assert_int_equal(chmod(s->secret, 0640), 0);
	s->monitor = start_monitor(s);
	assert_int_equal(waitpid(s->monitor, &status, 0), s->monitor);
	s->monitor = 0;
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	assert_int_equal(count(s, "broker started"), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "--role") == 0)
		return strcmp(argv[2], "broker") == 0 ? play_broker() : play_recorder();
	if (argc == 2 && strcmp(argv[0], "filterd-scan") == 0)
		return play_nursery(argv[1]);
	const struct CMUnitTest tests[] = {
		TEST(starts_roles_with_what_they_need),
		TEST(second_instance_is_refused),
		TEST(killed_broker_comes_back_with_all_others),
		TEST(killed_recorder_comes_back),
		TEST(killed_nursery_comes_back),
		TEST(hung_broker_is_replaced),
		TEST(answering_broker_is_left_alone),
		TEST(wrecked_nursery_is_replaced),
		TEST(hung_recorder_is_replaced),
		TEST(reload_takes_a_good_configuration),
		TEST(reload_keeps_the_old_when_the_file_is_broken),
		TEST(reload_keeps_the_old_when_the_nursery_says_no),
		TEST(reload_cannot_move_the_state_folder),
		TEST(reload_with_an_unknown_group_is_refused),
		TEST(reload_can_move_the_signatures),
		TEST(signatures_are_noticed_when_they_come_and_go),
		TEST(many_reloads_leak_no_descriptor),
		TEST(death_of_the_monitor_ends_all),
		TEST(ends_in_order),
		TEST(nothing_starts_when_the_first_generation_is_refused),
		TEST(readable_secret_starts_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
