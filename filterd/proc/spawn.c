#include "proc/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ENV_MAX = 8 };

struct env {
	char text[ENV_MAX][1024];
	char *list[ENV_MAX + 1];
	int count;
};

static void env_add(struct env *e, const char *name, const char *value)
{
	if (!value || e->count == ENV_MAX ||
	    (size_t)snprintf(e->text[e->count], sizeof e->text[0], "%s=%s", name, value) >= sizeof e->text[0])
		return;
	e->list[e->count] = e->text[e->count];
	e->list[++e->count] = NULL;
}

static void env_make(struct env *e)
{
	static const char *const passed[] = { "TZ", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS" };
	*e = (struct env){ 0 };
	env_add(e, "PATH", "/usr/local/bin:/usr/bin:/bin");
	env_add(e, "LANG", "C.UTF-8");
	for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
		env_add(e, passed[i], getenv(passed[i]));
}

/* Moves the descriptors to 3, 4, … and the report pipe behind them; closes all others. */
static int arrange_fds(const struct spawn *s, int *report)
{
	int high[SPAWN_FDS_MAX + 1], first_free = SPAWN_FD_FIRST + s->nfds;
	for (int i = 0; i <= s->nfds; i++) {
		int fd = i < s->nfds ? s->fds[i] : *report;
		/* out of the way first: a target number may be another one's source */
		if ((high[i] = fcntl(fd, F_DUPFD_CLOEXEC, SPAWN_FD_FIRST + SPAWN_FDS_MAX + 1)) < 0)
			return -1;
	}
	for (int i = 0; i < s->nfds; i++)
		if (dup2(high[i], SPAWN_FD_FIRST + i) < 0)
			return -1;
	if (dup3(high[s->nfds], first_free, O_CLOEXEC) < 0)
		return -1;
	*report = first_free;
	if (close_range((unsigned)first_free + 1, ~0U, 0) < 0)
		return -1;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return null < 0 || dup2(null, STDIN_FILENO) < 0 || close(null) < 0 ? -1 : 0;
}

static int reset_signals(void)
{
	sigset_t none;
	for (int i = 1; i < NSIG; i++)
		signal(i,
		       SIG_DFL); /* fails for SIGKILL, SIGSTOP and the C library's own, which have no other setting */
	sigemptyset(&none);
	return sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void child(const struct spawn *s, struct env *env, int report, pid_t parent)
{
	if (setsid() < 0 || reset_signals() < 0 || arrange_fds(s, &report) < 0)
		goto failed;
	if (s->privs && privs_drop(s->privs) < 0)
		goto failed;
	/* after the drop: changing credentials clears it */
	if (s->death_signal && (prctl(PR_SET_PDEATHSIG, s->death_signal) < 0 || getppid() != parent))
		goto failed;
	umask(077);
	execve(s->path, (char *const *)s->argv, env->list);
failed:;
	int e = errno;
	ssize_t n = write(report, &e, sizeof e);
	(void)n;
	_exit(127);
}

/* What the child reports: errno of its failure, or nothing because exec closed the pipe. */
static int wait_for_exec(int fd)
{
	int e = 0;
	ssize_t n;
	do
		n = read(fd, &e, sizeof e);
	while (n < 0 && errno == EINTR);
	return n == 0 ? 0 : n == sizeof e && e ? e : EIO;
}

pid_t spawn_run(const struct spawn *s)
{
	int report[2];
	struct env env;
	if (s->nfds < 0 || s->nfds > SPAWN_FDS_MAX) {
		errno = EINVAL;
		return -1;
	}
	env_make(&env);
	if (pipe2(report, O_CLOEXEC) < 0)
		return -1;
	pid_t parent = getpid(), pid = fork();
	if (pid == 0)
		child(s, &env, report[1], parent);
	int e = pid < 0 ? errno : 0;
	close(report[1]);
	if (pid > 0)
		e = wait_for_exec(report[0]);
	close(report[0]);
	if (e && pid > 0)
		waitpid(pid, NULL, 0);
	errno = e;
	return e ? -1 : pid;
}
