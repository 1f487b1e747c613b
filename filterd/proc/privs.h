/* Giving up root for good.
 *
 * The monitor, if started as root, stays root with few capabilities (it must read secrets on reload and start
 * roles); every other process becomes the configured user between fork and exec (proc/spawn.h), so that
 * no program of filterd but the monitor ever runs a line as root.
 */
#ifndef FILTERD_PROC_PRIVS_H
#define FILTERD_PROC_PRIVS_H

#include <stddef.h>
#include <sys/types.h>

enum { PRIVS_GROUPS_MAX = 8 };

struct privs {
	uid_t uid;
	gid_t gid;
	gid_t groups[PRIVS_GROUPS_MAX]; /* besides gid: those of sockets, so that they can be given away */
	int ngroups;
};

/* Looks up a user and its group.  -1 with a sentence in err_r if there is no such user, or it is root. */
int privs_find_user(const char *user, struct privs *p, char *err_r, size_t err_size)
        __attribute__((warn_unused_result));
/* Adds a supplementary group; "" adds none.  -1 with a sentence if there is no such group. */
int privs_add_group(struct privs *p, const char *group, char *err_r, size_t err_size)
        __attribute__((warn_unused_result));

/* Becomes the user: groups, gid, uid, no new privileges; then proves that there is no way back.
 * -1 with errno; the caller must not go on. */
int privs_drop(const struct privs *p) __attribute__((warn_unused_result));

/* For the monitor as root: keeps what it needs to read secrets, start roles as another user and end them
 * (CAP_SETUID, CAP_SETGID, CAP_KILL, CAP_DAC_READ_SEARCH), gives up all else.  -1 with errno. */
int privs_shed_capabilities(void) __attribute__((warn_unused_result));

#endif
