#include "proc/privs.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int privs_find_user(const char *user, struct privs *p, char *err_r, size_t err_size)
{
	errno = 0;
	const struct passwd *pw = getpwnam(user);
	*p = (struct privs){ 0 };
	if (!pw) {
		snprintf(err_r, err_size, "there is no user \"%s\"%s%s; make one with: adduser --system --group %s",
		         user, errno ? ": " : "", errno ? strerror(errno) : "", user);
		return -1;
	}
	if (pw->pw_uid == 0 || pw->pw_gid == 0) {
		snprintf(err_r, err_size, "\"%s\" is root or in its group; filterd must run as a user of its own",
		         user);
		return -1;
	}
	p->uid = pw->pw_uid;
	p->gid = pw->pw_gid;
	return 0;
}

int privs_add_group(struct privs *p, const char *group, char *err_r, size_t err_size)
{
	if (!*group)
		return 0;
	const struct group *gr = getgrnam(group);
	if (!gr) {
		snprintf(err_r, err_size, "there is no group \"%s\"", group);
		return -1;
	}
	if (p->ngroups == PRIVS_GROUPS_MAX) {
		snprintf(err_r, err_size, "more than %d groups", PRIVS_GROUPS_MAX);
		return -1;
	}
	p->groups[p->ngroups++] = gr->gr_gid;
	return 0;
}

/* After a drop every road back must be shut; a kernel or a capability that leaves one open is a reason to stop. */
static int way_back(const struct privs *p)
{
	uid_t r, e, s;
	gid_t gr, ge, gs;
	if (getresuid(&r, &e, &s) < 0 || getresgid(&gr, &ge, &gs) < 0)
		return 1;
	if (r != p->uid || e != p->uid || s != p->uid || gr != p->gid || ge != p->gid || gs != p->gid)
		return 1;
	return setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0 || setegid(0) == 0;
}

int privs_drop(const struct privs *p)
{
	if (p->uid == 0 || p->gid == 0) {
		errno = EINVAL;
		return -1;
	}
	if (setgroups((size_t)p->ngroups, p->groups) < 0 || setresgid(p->gid, p->gid, p->gid) < 0 ||
	    setresuid(p->uid, p->uid, p->uid) < 0)
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	if (way_back(p)) {
		errno = EPERM;
		return -1;
	}
	return 0;
}

int privs_shed_capabilities(void)
{
	static const int keep[] = { CAP_SETUID, CAP_SETGID, CAP_KILL, CAP_DAC_READ_SEARCH };
	uint64_t mask = 0;
	for (size_t i = 0; i < sizeof keep / sizeof *keep; i++)
		mask |= UINT64_C(1) << keep[i];
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	/* In a container this may be denied.  No program we start could use what stays in the bounding set. */
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (!(mask >> cap & 1) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0 && errno != EINVAL && errno != EPERM)
			return -1; /* EINVAL: a kernel older than our headers */
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = (uint32_t)mask, .permitted = (uint32_t)mask },
		{ .effective = (uint32_t)(mask >> 32), .permitted = (uint32_t)(mask >> 32) },
	};
	return syscall(SYS_capset, &head, data) < 0 ? -1 : 0;
}
