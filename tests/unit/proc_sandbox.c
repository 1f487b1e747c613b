/* proc/sandbox: each thing that a closed-in process must not do is tried in a child of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config.h"

#include "base/io.h"
#include "proc/sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/filterd-sandbox-XXXXXX";
static char inside[64], readable[64];

static struct sandbox profile_of(enum sandbox_profile p)
{
	struct sandbox s = { .profile = p, .npaths = 1, .paths = { { inside, SANDBOX_WRITE } } };
	return s;
}

/* Runs deed in a closed-in child; its return value is the exit status.  -SIGNAL if it was killed. */
static int run(enum sandbox_profile p, int (*deed)(void))
{
	struct sandbox s = profile_of(p);
	int status;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		const char *why;
		signal(SIGSYS, SIG_DFL);
		if (sandbox_enter(&s, &why) < 0)
			_exit(99);
		_exit(deed());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* Deeds return 0 if they succeeded, else errno. */
static int result(long r) { return r < 0 ? errno : 0; }

static int nothing(void) { return 0; }
static int start_program(void)
{
	char *const argv[] = { (char *)"true", NULL };
	return result(execve("/bin/true", argv, argv + 1));
}
static int fork_child(void)
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	return result(pid);
}
static int tcp_socket(void) { return result(socket(AF_INET, SOCK_STREAM, 0)); }
static int unix_socket(void) { return result(socket(AF_UNIX, SOCK_STREAM, 0)); }
static int packet_socket(void) { return result(socket(AF_PACKET, SOCK_RAW, 0)); }
static int trace(void) { return result(ptrace(PTRACE_TRACEME, 0, 0, 0)); }
static int kill_parent(void) { return result(kill(getppid(), 0)); }
static int exec_memory(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p == MAP_FAILED ? errno : 0;
}
static int make_exec(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return result(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}
static int open_outside(void) { return result(open("/etc/passwd", O_RDONLY)); }
static int list_outside(void) { return result(open("/", O_RDONLY | O_DIRECTORY)); }
static int open_by_dots(void)
{
	char path[256];
	snprintf(path, sizeof path, "%s/../../../etc/passwd", inside);
	return result(open(path, O_RDONLY));
}
static int write_outside(void)
{
	char path[256];
	snprintf(path, sizeof path, "%s/../outside", inside);
	return result(open(path, O_WRONLY | O_CREAT, 0600));
}
static int truncate_outside(void) { return result(truncate(readable, 0)); }
static int work_inside(void)
{
	char path[256], sub[256];
	snprintf(sub, sizeof sub, "%s/sub", inside);
	snprintf(path, sizeof path, "%s/sub/file", inside);
	int fd;
	if (mkdir(sub, 0700) < 0 || (fd = open(path, O_RDWR | O_CREAT, 0600)) < 0 || write(fd, "x", 1) != 1 || unlink(path) < 0 ||
	    rmdir(sub) < 0)
		return errno;
	return 0;
}
static int is_hidden(void)
{
	struct rlimit l;
	getrlimit(RLIMIT_CORE, &l);
	return l.rlim_cur == 0 && l.rlim_max == 0 ? 0 : 1;
}

static int spool_and_link(void)
{
	char to[256], from[64];
	int fd = open(inside, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600), ro;
	if (fd < 0 || write(fd, "x", 1) != 1 || (ro = io_reopen_readonly(fd)) < 0 || write(ro, "y", 1) >= 0)
		return errno ? errno : 1;
	snprintf(from, sizeof from, "/proc/self/fd/%d", fd);
	snprintf(to, sizeof to, "%s/linked", inside);
	return linkat(AT_FDCWD, from, AT_FDCWD, to, AT_SYMLINK_FOLLOW) < 0 || unlink(to) < 0 ? errno : 0;
}

static int listen_and_connect(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	snprintf(a.sun_path, sizeof a.sun_path, "%s/s", inside);
	int l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
	if (l < 0 || c < 0 || bind(l, (struct sockaddr *)&a, sizeof a) < 0 || listen(l, 1) < 0 ||
	    connect(c, (struct sockaddr *)&a, sizeof a) < 0 || unlink(a.sun_path) < 0)
		return errno;
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	l = socket(AF_INET, SOCK_STREAM, 0);
	return result(bind(l, (struct sockaddr *)&in, sizeof in) | listen(l, 1));
}

static void *thread_body(void *arg) { return NULL; }
static int start_thread(void)
{
	pthread_t t;
	void *r;
	int e = pthread_create(&t, NULL, thread_body, NULL);
	return e ? e : pthread_join(t, &r);
}

static void worker_profile(void **state)
{
	const int sys = -SIGSYS;
	assert_int_equal(run(SANDBOX_WORKER, nothing), 0);
	assert_int_equal(run(SANDBOX_WORKER, work_inside), 0);
	assert_int_equal(run(SANDBOX_WORKER, is_hidden), 0);
	assert_int_equal(run(SANDBOX_WORKER, start_program), sys);
	assert_int_equal(run(SANDBOX_WORKER, fork_child), sys);
	assert_int_equal(run(SANDBOX_WORKER, start_thread), sys);
	assert_int_equal(run(SANDBOX_WORKER, tcp_socket), sys);
	assert_int_equal(run(SANDBOX_WORKER, unix_socket), sys);
	assert_int_equal(run(SANDBOX_WORKER, trace), sys);
	assert_int_equal(run(SANDBOX_WORKER, exec_memory), sys);
	assert_int_equal(run(SANDBOX_WORKER, make_exec), sys);
}

static void broker_profile(void **state)
{
	assert_int_equal(run(SANDBOX_BROKER, work_inside), 0);
	assert_int_equal(run(SANDBOX_BROKER, spool_and_link), 0);
	assert_int_equal(run(SANDBOX_BROKER, listen_and_connect), 0);
	assert_int_equal(run(SANDBOX_BROKER, start_thread), 0);
	assert_int_equal(run(SANDBOX_BROKER, start_program), -SIGSYS);
	assert_int_equal(run(SANDBOX_BROKER, trace), -SIGSYS);
	assert_int_equal(run(SANDBOX_BROKER, fork_child), EPERM);
	assert_int_equal(run(SANDBOX_BROKER, kill_parent), EPERM);
	assert_int_equal(run(SANDBOX_BROKER, packet_socket), EPERM);
	assert_int_equal(run(SANDBOX_BROKER, exec_memory), EACCES);
	assert_int_equal(run(SANDBOX_BROKER, make_exec), EACCES);
}

static void recorder_profile(void **state)
{
	assert_int_equal(run(SANDBOX_RECORDER, work_inside), 0);
	assert_int_equal(run(SANDBOX_RECORDER, start_program), -SIGSYS);
	assert_int_equal(run(SANDBOX_RECORDER, fork_child), EPERM);
	assert_int_equal(run(SANDBOX_RECORDER, tcp_socket), EPERM);
	assert_int_equal(run(SANDBOX_RECORDER, unix_socket), EPERM);
	assert_int_equal(run(SANDBOX_RECORDER, exec_memory), EACCES);
}

static int nested_worker(void)
{
	/* what the nursery does: a child that closes itself in further */
	return run(SANDBOX_WORKER, tcp_socket) == -SIGSYS && run(SANDBOX_WORKER, work_inside) == 0 ? 0 : 1;
}

static void nursery_profile(void **state)
{
	assert_int_equal(run(SANDBOX_NURSERY, fork_child), 0);
	assert_int_equal(run(SANDBOX_NURSERY, nested_worker), 0);
	assert_int_equal(run(SANDBOX_NURSERY, start_program), -SIGSYS);
	assert_int_equal(run(SANDBOX_NURSERY, tcp_socket), EPERM);
}

static void files_outside_stay_closed(void **state)
{
	if (sandbox_landlock_abi() == 0)
		skip();
	for (int p = 0; p < SANDBOX_COUNT; p++) {
		assert_int_equal(run(p, open_outside), EACCES);
		assert_int_equal(run(p, list_outside), EACCES);
		assert_int_equal(run(p, open_by_dots), EACCES);
		assert_int_equal(run(p, write_outside), EACCES);
	}
	if (sandbox_landlock_abi() >= 3)
		assert_int_equal(run(SANDBOX_BROKER, truncate_outside), EACCES);
}

static void canary_sings(void **state)
{
	const char *why;
	for (int p = 0; p < SANDBOX_COUNT; p++) {
		struct sandbox s = profile_of(p);
		assert_int_equal(sandbox_canary(&s, &why), 0);
	}
}

static void data_limit_bites(void **state)
{
#ifdef FILTERD_SANITIZERS
	skip();
#endif
	struct sandbox s = profile_of(SANDBOX_WORKER);
	int status;
	s.data_max = 64 << 20;
	pid_t pid = fork();
	if (pid == 0) {
		const char *why;
		if (sandbox_enter(&s, &why) < 0)
			_exit(99);
		_exit(malloc(16 << 20) && !malloc(128 << 20) ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static int setup(void **state)
{
	if (!mkdtemp(dir))
		return -1;
	snprintf(inside, sizeof inside, "%s/in", dir);
	snprintf(readable, sizeof readable, "%s/readable", dir);
	close(open(readable, O_WRONLY | O_CREAT, 0600));
	return mkdir(inside, 0700);
}

static int teardown(void **state)
{
	unlink(readable);
	rmdir(inside);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(worker_profile),   cmocka_unit_test(broker_profile),
		cmocka_unit_test(recorder_profile), cmocka_unit_test(nursery_profile),
		cmocka_unit_test(files_outside_stay_closed), cmocka_unit_test(canary_sings),
		cmocka_unit_test(data_limit_bites),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
