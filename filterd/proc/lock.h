/* One filterd for each state folder. */
#ifndef FILTERD_PROC_LOCK_H
#define FILTERD_PROC_LOCK_H

#include <sys/types.h>

/* Takes DIR/lock with flock(2) and writes our pid into it.  Returns the descriptor, to be kept open
 * (close-on-exec); the lock ends with the process, however it ends.
 * -1 with errno EWOULDBLOCK and *pid_r (0 if unknown) when another process has it, -1 with another errno otherwise. */
int lock_take(const char *dir, pid_t *pid_r) __attribute__((warn_unused_result));

#endif
