/* Temporary folders of workers: one each, never shared (libclamav's names in them collide). */
#ifndef FILTERD_WORKER_TMPDIR_H
#define FILTERD_WORKER_TMPDIR_H

#include <stddef.h>

/* Makes a new folder (0700) below base.  -1 with errno. */
int tmpdir_make(const char *base, const char *prefix, char *dst, size_t dst_size) __attribute__((warn_unused_result));
/* Removes it with all that a dead worker left in it; never follows a link out of it. */
void tmpdir_remove(const char *dir);

#endif
