/* Which system calls each profile of the sandbox may make. */
#ifndef FILTERD_PROC_SYSCALLS_H
#define FILTERD_PROC_SYSCALLS_H

#include "proc/sandbox.h"

/* Installs the seccomp filter of this profile in all threads.  0, or a negative errno. */
int syscalls_restrict(enum sandbox_profile profile) __attribute__((warn_unused_result));

#endif
