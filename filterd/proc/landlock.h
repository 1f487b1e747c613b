/* Landlock by system call: Debian 12's headers know only its first versions, and libc has no wrapper. */
#ifndef FILTERD_PROC_LANDLOCK_H
#define FILTERD_PROC_LANDLOCK_H

#include "proc/sandbox.h"

/* Restricts this process to s->paths and, where network is 0 and the kernel can, from TCP.
 * 0, or -1 with errno; nothing happens (0) on a kernel without Landlock. */
int landlock_restrict(const struct sandbox *s, int network) __attribute__((warn_unused_result));

#endif
