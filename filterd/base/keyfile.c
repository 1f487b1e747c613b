#include "base/keyfile.h"

#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_key(int dir, const char *name, uint8_t key_r[KEYFILE_SIZE])
{
	uint8_t raw[KEYFILE_SIZE + 1];
	struct stat st;
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return -1;
	int e = 0;
	if (fstat(fd, &st) < 0)
		e = errno;
	else if (!S_ISREG(st.st_mode) || (st.st_mode & 077) || st.st_uid != geteuid())
		e = EPERM;
	else if (read(fd, raw, sizeof raw) != KEYFILE_SIZE)
		e = EBADMSG;
	close(fd);
	if (!e)
		memcpy(key_r, raw, KEYFILE_SIZE);
	explicit_bzero(raw, sizeof raw);
	errno = e;
	return e ? -1 : 0;
}

/* Under a temporary name first: a crash half-way must not leave a short key for good. */
static int make_key(int dir, const char *name, uint8_t key_r[KEYFILE_SIZE])
{
	static const char temp[] = ".new-key";
	if (getrandom(key_r, KEYFILE_SIZE, 0) != KEYFILE_SIZE)
		return -1;
	unlinkat(dir, temp, 0);
	int fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	int ok = io_write_all(fd, key_r, KEYFILE_SIZE) == 0 && fsync(fd) == 0;
	ok = close(fd) == 0 && ok && linkat(dir, temp, dir, name, 0) == 0;
	int e = errno;
	unlinkat(dir, temp, 0);
	errno = e;
	return ok && fsync(dir) == 0 ? 1 : -1;
}

int keyfile_load(const char *dir, const char *name, uint8_t key_r[KEYFILE_SIZE])
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	int r = read_key(fd, name, key_r);
	if (r < 0 && errno == ENOENT)
		r = make_key(fd, name, key_r);
	int e = errno;
	close(fd);
	errno = e;
	return r;
}
