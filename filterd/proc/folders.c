#include "proc/folders.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
	const char *name;
	mode_t mode;
};

static const struct folder state_folders[] = {
	{ "spool", 0700 }, { "uploads", 0700 }, { "keys", 0700 }, { "journal", 0700 }, { "quarantine", 0700 },
};
static const struct folder run_folders[] = { { "tmp", 0700 } };

struct owner {
	uid_t uid;
	gid_t gid;
};

/* Opens dirfd/name as a folder of ours, making it first if it is missing.  All checks and changes are made on
 * the descriptor: below the top folders the names belong to a less trusted user. */
static int open_folder(int dirfd, const char *name, mode_t mode, const struct owner *o, int top, char *err_r,
                       size_t err_size)
{
	struct stat st;
	int made = mkdirat(dirfd, name, 0700) == 0;
	if (!made && errno != EEXIST)
		return snprintf(err_r, err_size, "%s can't be made: %s", name, strerror(errno)), -1;
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (top ? 0 : O_NOFOLLOW));
	if (fd < 0)
		return snprintf(err_r, err_size, "%s can't be opened as a folder: %s", name, strerror(errno)), -1;
	if (fstat(fd, &st) < 0)
		goto failed;
	if (st.st_uid != o->uid && !made && !(top && st.st_uid == 0)) {
		snprintf(err_r, err_size, "%s belongs to uid %ld; it must belong to uid %ld", name, (long)st.st_uid,
		         (long)o->uid);
		close(fd);
		return -1;
	}
	if ((st.st_uid != o->uid || (made && st.st_gid != o->gid)) && fchown(fd, o->uid, o->gid) < 0)
		goto failed;
	if ((made || (st.st_mode & 077 & ~mode)) && fchmod(fd, mode) < 0)
		goto failed;
	return fd;
failed:
	snprintf(err_r, err_size, "%s: %s", name, strerror(errno));
	close(fd);
	return -1;
}

static int make_tree(const char *top, mode_t mode, const struct folder *folders, size_t n, const struct owner *o,
                     char *err_r, size_t err_size)
{
	int fd = open_folder(AT_FDCWD, top, mode, o, 1, err_r, err_size), r = 0;
	if (fd < 0)
		return -1;
	for (size_t i = 0; i < n && r == 0; i++) {
		char why[300];
		int sub = open_folder(fd, folders[i].name, folders[i].mode, o, 0, why, sizeof why);
		if (sub >= 0)
			close(sub);
		else
			r = (snprintf(err_r, err_size, "in %s: %s", top, why), -1);
	}
	close(fd);
	return r;
}

int folders_make(const char *state_dir, const char *run_dir, uid_t uid, gid_t gid, char *err_r, size_t err_size)
{
	const struct owner o = { uid, gid };
	if (make_tree(state_dir, 0700, state_folders, sizeof state_folders / sizeof *state_folders, &o, err_r,
	              err_size) < 0)
		return -1;
	return make_tree(run_dir, 0755, run_folders, sizeof run_folders / sizeof *run_folders, &o, err_r, err_size);
}
