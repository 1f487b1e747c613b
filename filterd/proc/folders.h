/* The folders filterd keeps its things in. */
#ifndef FILTERD_PROC_FOLDERS_H
#define FILTERD_PROC_FOLDERS_H

#include <stddef.h>
#include <sys/types.h>

/* Makes state_dir (0700) and run_dir (0755, for its sockets), and in them
 *   STATE/spool STATE/uploads STATE/keys STATE/journal STATE/quarantine   RUN/tmp      (all 0700),
 * so that they belong to uid and gid.  Folders that are there already must belong to uid; only a state_dir or
 * run_dir of root's is given away.  Rights of group and others beyond the mode are taken away.
 * -1 with a sentence in err_r. */
int folders_make(const char *state_dir, const char *run_dir, uid_t uid, gid_t gid, char *err_r, size_t err_size)
        __attribute__((warn_unused_result));

#endif
