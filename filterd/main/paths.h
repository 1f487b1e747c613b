/* Where filterd's own programs are. */
#ifndef FILTERD_MAIN_PATHS_H
#define FILTERD_MAIN_PATHS_H

#include <stddef.h>

/* The program that is running. -1 with errno. */
int paths_self(char *dst, size_t dst_size) __attribute__((warn_unused_result));
/* filterd-scan: ../libexec/filterd/ as seen from the folder of self, so that a moved tree (DESTDIR, a private prefix)
 * works; beside self, as in a build folder; else where it was configured to be.  The environment has no say.
 * -1 if none of them can be executed; dst then names the last. */
int paths_scan(const char *self, char *dst, size_t dst_size) __attribute__((warn_unused_result));
/* filterctl, found in the same way: ../bin/, beside self, else where it was configured to be. */
int paths_ctl(const char *self, char *dst, size_t dst_size) __attribute__((warn_unused_result));

#endif
