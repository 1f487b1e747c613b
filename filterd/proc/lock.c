#include "proc/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static pid_t read_pid(int fd)
{
	char text[24];
	ssize_t n = pread(fd, text, sizeof text - 1, 0);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	return (pid_t)strtol(text, NULL, 10);
}

/* The folder may belong to the user the roles run as while we are root: a link planted there must not
 * make us write elsewhere. */
static int is_plain(int fd)
{
	struct stat st;
	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1;
}

int lock_take(const char *dir, pid_t *pid_r)
{
	char path[4096], text[24];
	*pid_r = 0;
	if ((size_t)snprintf(path, sizeof path, "%s/lock", dir) >= sizeof path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd < 0)
		return -1;
	int e = 0;
	if (!is_plain(fd))
		e = EINVAL;
	else if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		e = errno;
	if (e == EWOULDBLOCK)
		*pid_r = read_pid(fd);
	if (e == 0) {
		int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
		if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)n, 0) != n)
			e = errno;
	}
	if (e == 0)
		return fd;
	close(fd);
	errno = e;
	return -1;
}
