#include "config.h"

#include "proc/sandbox.h"

#include "proc/landlock.h"
#include "proc/syscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CANARY_COULD_OPEN = 10, CANARY_COULD_EXEC, CANARY_NO_ENTRY };

/* Files that are readable by everyone; the first that is in no folder of the profile must stay closed. */
static const char *const candidates[] = { "/etc/passwd", "/usr/bin/env", "/bin/sh" };

#ifdef FILTERD_SANITIZERS
/* LeakSanitizer looks from outside, by ptrace, which ends where the sandbox begins (lsan_interface.h). */
static int entered;
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void) { return entered; }
#endif

static int limit(int resource, uint64_t value)
{
	struct rlimit l;
	if (getrlimit(resource, &l) < 0)
		return -1;
	if (l.rlim_max < value)
		value = l.rlim_max;
	l.rlim_cur = l.rlim_max = value;
	return setrlimit(resource, &l);
}

/* Private memory in use now, in bytes; 0 if unknown. */
static uint64_t data_now(void)
{
	char line[256];
	unsigned long long kb = 0;
	FILE *f = fopen("/proc/self/status", "re");
	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "VmData: %llu kB", &kb) == 1)
			break;
	if (f)
		fclose(f);
	return kb * 1024;
}

static int limits(const struct sandbox *s)
{
	if (limit(RLIMIT_CORE, 0) < 0 || (s->fds_max && limit(RLIMIT_NOFILE, s->fds_max) < 0) ||
	    (s->file_max && limit(RLIMIT_FSIZE, s->file_max) < 0))
		return -1;
#ifndef FILTERD_SANITIZERS /* whose shadow memory is counted, and is terabytes */
	if (s->data_max && limit(RLIMIT_DATA, data_now() + s->data_max) < 0)
		return -1;
#else
	(void)data_now;
#endif
	return 0;
}

static int is_inside(const struct sandbox *s, const char *file)
{
	for (size_t i = 0; i < s->npaths; i++) {
		const char *p = s->paths[i].path;
		size_t n = p ? strlen(p) : 0;
		if (n > 0 && strncmp(file, p, n) == 0 && (file[n] == '/' || file[n] == '\0' || p[n - 1] == '/'))
			return 1;
	}
	return 0;
}

/* True if a file outside stays closed, or nothing can tell (no Landlock, or the profile has them all). */
static int holds(const struct sandbox *s, int abi)
{
	size_t i = 0, n = sizeof candidates / sizeof *candidates;
	while (i < n && is_inside(s, candidates[i]))
		i++;
	if (abi == 0 || i == n)
		return 1;
	int fd = open(candidates[i], O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == EACCES || errno == ENOENT;
	close(fd);
	return 0;
}

int sandbox_enter(const struct sandbox *s, const char **why_r)
{
	int abi = sandbox_landlock_abi();
	struct sandbox mine = *s;
#ifdef FILTERD_SANITIZERS /* reads its maps for reports */
	if (mine.npaths < SANDBOX_PATHS_MAX)
		mine.paths[mine.npaths++] = (struct sandbox_path){ "/proc", SANDBOX_READ };
	entered = 1;
#endif
	*why_r = "no_new_privs";
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -1;
	*why_r = "resource limits";
	if (limits(&mine) < 0)
		return -1;
	*why_r = "landlock";
	if (landlock_restrict(&mine, mine.profile == SANDBOX_BROKER) < 0)
		return -1;
	*why_r = "seccomp";
	if (syscalls_restrict(mine.profile) < 0)
		return -1;
	*why_r = "a file outside could be opened";
	if (!holds(&mine, abi))
		return -1;
	*why_r = "";
	return 0;
}

static void canary_child(const struct sandbox *s)
{
	const char *why;
	char *const argv[] = { (char *)"true", NULL };
	/* its death by SIGSYS is what we want: no handler of a sanitizer or of the caller may turn it into an exit */
	signal(SIGSYS, SIG_DFL);
	if (sandbox_enter(s, &why) < 0)
		_exit(strncmp(why, "a file", 6) == 0 ? CANARY_COULD_OPEN : CANARY_NO_ENTRY);
	execve("/bin/true", argv, argv + 1);
	_exit(CANARY_COULD_EXEC);
}

int sandbox_canary(const struct sandbox *s, const char **why_r)
{
	int status;
	*why_r = "canary: can't fork";
	pid_t pid = fork();
	if (pid < 0)
		return -1;
	if (pid == 0)
		canary_child(s);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) {
		*why_r = "";
		return 0;
	}
	*why_r = "canary: died of something else";
	if (WIFEXITED(status))
		*why_r = WEXITSTATUS(status) == CANARY_COULD_OPEN ? "canary: a file outside could be opened" :
		         WEXITSTATUS(status) == CANARY_NO_ENTRY   ? "canary: the sandbox could not be entered" :
		                                                    "canary: a program could be started";
	return -1;
}
