/* Starting a role: a new program with chosen descriptors, a clean environment and the right user. */
#ifndef FILTERD_PROC_SPAWN_H
#define FILTERD_PROC_SPAWN_H

#include "proc/privs.h"

#include <sys/types.h>

enum { SPAWN_FD_FIRST = 3, SPAWN_FDS_MAX = 8 };

struct spawn {
	const char *path;          /* the program, an absolute path */
	const char *const *argv;   /* NULL-terminated */
	int fds[SPAWN_FDS_MAX];    /* fds[i] is descriptor 3 + i of the new program */
	int nfds;
	const struct privs *privs; /* user to become before exec; NULL = stay */
	int death_signal;          /* sent to it when we die; 0 = none */
};

/* Starts it in a session of its own (a terminal's ^C reaches only us), standard input from /dev/null,
 * standard output and error as ours, all signals at their defaults, no other descriptor open, and of the
 * environment only PATH, LANG, TZ and the sanitizers' options.  The caller keeps its descriptors.
 * Returns the pid; -1 with errno when any step up to and including exec failed. */
pid_t spawn_run(const struct spawn *s) __attribute__((warn_unused_result));

#endif
