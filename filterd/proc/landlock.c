#include "proc/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/landlock.h of later kernels */
enum {
	FS_REFER = 1 << 13,
	FS_TRUNCATE = 1 << 14,
	FS_IOCTL_DEV = 1 << 15,
	NET_TCP_BOTH = 1 << 0 | 1 << 1,
	SCOPE_ABSTRACT_UNIX = 1 << 0,
	SCOPE_SIGNAL = 1 << 1,
};

struct ruleset_attr {
	uint64_t handled_access_fs;
	uint64_t handled_access_net; /* ABI 4 */
	uint64_t scoped;             /* ABI 6 */
};

static const uint64_t fs_file = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE;
static const uint64_t fs_read = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
/* no devices and no programs: nobody here makes or runs those */
static const uint64_t fs_write = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_WRITE_FILE |
                                 LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | FS_REFER | FS_TRUNCATE;

int sandbox_landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	return abi > 0 ? (int)abi : 0;
}

static uint64_t handled_fs(int abi)
{
	uint64_t all = (1 << 13) - 1;
	all |= abi >= 2 ? FS_REFER : 0;
	all |= abi >= 3 ? FS_TRUNCATE : 0;
	all |= abi >= 5 ? FS_IOCTL_DEV : 0;
	return all;
}

static int add_path(int ruleset, const struct sandbox_path *p, uint64_t handled)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = p->access == SANDBOX_WRITE ? fs_write : fs_read };
	struct stat st;
	if (!p->path || !p->path[0])
		return 0;
	rule.parent_fd = open(p->path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return errno == ENOENT ? 0 : -1;
	if (fstat(rule.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed_access &= fs_file;
	rule.allowed_access &= handled;
	long r = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent_fd);
	return (int)r;
}

int landlock_restrict(const struct sandbox *s, int network)
{
	int abi = sandbox_landlock_abi();
	if (abi == 0)
		return 0;
	struct ruleset_attr attr = { .handled_access_fs = handled_fs(abi) };
	if (abi >= 4 && !network)
		attr.handled_access_net = NET_TCP_BOTH;
	if (abi >= 6 && !network)
		attr.scoped = SCOPE_ABSTRACT_UNIX;
	if (abi >= 6 && s->profile != SANDBOX_NURSERY) /* which must end workers that were born outside */
		attr.scoped |= SCOPE_SIGNAL;
	size_t size = abi >= 6 ? sizeof attr : abi >= 4 ? 16 : 8;
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	if (ruleset < 0)
		return -1;
	int r = 0;
	for (size_t i = 0; i < s->npaths && r == 0; i++)
		r = add_path(ruleset, &s->paths[i], attr.handled_access_fs);
	if (r == 0)
		r = (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
	int e = errno;
	close(ruleset);
	errno = e;
	return r;
}
