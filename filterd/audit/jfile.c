#include "audit/jfile.h"

#include "base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = TLOG_PATH_SIZE + 16 };

static int sync_folder_of(int dir, const char *path)
{
	char folder[PATH_SIZE];
	snprintf(folder, sizeof folder, "%s", path);
	char *slash = strrchr(folder, '/');
	if (slash)
		*slash = '\0';
	int fd = openat(dir, slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	int r = fsync(fd), e = errno;
	close(fd);
	errno = e;
	return r;
}

/* Each new folder is made durable in its parent, else a file in it could vanish with it. */
static int make_folders(int dir, const char *path)
{
	char folder[PATH_SIZE];
	if (snprintf(folder, sizeof folder, "%s", path) >= (int)sizeof folder) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (char *slash = strchr(folder, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdirat(dir, folder, 0700) == 0) {
			if (sync_folder_of(dir, folder) < 0)
				return -1;
		} else if (errno != EEXIST) {
			return -1;
		}
		*slash = '/';
	}
	return 0;
}

int jfile_write(int dir, const char *path, const void *data, size_t size)
{
	char temp[PATH_SIZE];
	if (snprintf(temp, sizeof temp, "%s.new", path) >= (int)sizeof temp) {
		errno = ENAMETOOLONG;
		return -1;
	}
	int fd = openat(dir, temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 && errno == ENOENT) {
		if (make_folders(dir, path) < 0)
			return -1;
		fd = openat(dir, temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	}
	if (fd < 0)
		return -1;
	int ok = io_write_all(fd, data, size) == 0 && fsync(fd) == 0, e = errno;
	if (close(fd) < 0 && ok) {
		ok = 0;
		e = errno;
	}
	if (!ok) {
		unlinkat(dir, temp, 0);
		errno = e;
		return -1;
	}
	return renameat(dir, temp, dir, path) == 0 ? sync_folder_of(dir, path) : -1;
}

int jfile_read(int dir, const char *path, size_t max, uint8_t **data_r, size_t *size_r)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return -1;
	char *data;
	int r = io_pread_all(fd, max, &data, size_r), e = errno;
	close(fd);
	errno = e;
	if (r == 0)
		*data_r = (uint8_t *)data;
	return r;
}

void jfile_drop_partials(int dir, int level, uint64_t index)
{
	char path[TLOG_PATH_SIZE + 4];
	tlog_path(level, index, 0, path);
	strcat(path, ".p");
	int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		io_close(&fd);
		return;
	}
	for (struct dirent *e; (e = readdir(d));)
		if (e->d_name[0] != '.')
			unlinkat(fd, e->d_name, 0);
	closedir(d);
	unlinkat(dir, path, AT_REMOVEDIR);
}

int jfile_read_tile(int dir, unsigned level, uint64_t index, unsigned width, uint8_t hash_r[TLOG_WIDTH][TLOG_HASH])
{
	char path[TLOG_PATH_SIZE];
	uint8_t *data;
	size_t size, want = TLOG_WIDTH * TLOG_HASH;
	tlog_path((int)level, index, 0, path);
	if (jfile_read(dir, path, want, &data, &size) < 0) {
		if (errno != ENOENT || width == TLOG_WIDTH)
			return -1;
		tlog_path((int)level, index, width, path);
		want = width * TLOG_HASH;
		if (jfile_read(dir, path, want, &data, &size) < 0)
			return -1;
	}
	if (size == want)
		memcpy(hash_r, data, width * TLOG_HASH);
	free(data);
	if (size == want)
		return 0;
	errno = EBADMSG;
	return -1;
}

int jfile_load_tree(int dir, uint64_t size, struct tlog *t_r)
{
	memset(t_r, 0, sizeof *t_r);
	t_r->size = size;
	for (unsigned l = 0; l < TLOG_LEVELS && size >> (8 * l) > 0; l++) {
		uint64_t above = (size >> (8 * l)) >> 8;
		unsigned width = (unsigned)(size >> (8 * l)) & 255;
		t_r->level[l].count = width;
		if (l == 0) {
			if (width && jfile_read_tile(dir, 0, above, width, t_r->level[0].hash) < 0)
				return -1;
			continue;
		}
		/* upper hashes come from the full tiles below, so partial upper tiles needn't be there */
		for (unsigned i = 0; i < width; i++) {
			uint8_t hash[TLOG_WIDTH][TLOG_HASH];
			if (jfile_read_tile(dir, l - 1, above * 256 + i, TLOG_WIDTH, hash) < 0)
				return -1;
			tlog_tile_root((const uint8_t(*)[TLOG_HASH])hash, t_r->level[l].hash[i]);
		}
	}
	return 0;
}

int jfile_bundle_next(const uint8_t **p, const uint8_t *end, const uint8_t **entry_r, size_t *size_r)
{
	if (*p == end)
		return 0;
	if (end - *p < 2)
		return -1;
	size_t n = (size_t)(*p)[0] << 8 | (*p)[1];
	if ((size_t)(end - *p) - 2 < n)
		return -1;
	*entry_r = *p + 2;
	*size_r = n;
	*p += 2 + n;
	return 1;
}

int jfile_read_bundle(int dir, uint64_t index, unsigned width, uint8_t **data_r, size_t *size_r)
{
	char path[TLOG_PATH_SIZE];
	tlog_path(TLOG_ENTRIES, index, 0, path);
	if (jfile_read(dir, path, JFILE_BUNDLE_MAX, data_r, size_r) == 0)
		return 0;
	if (errno != ENOENT || width == 0)
		return -1;
	tlog_path(TLOG_ENTRIES, index, width, path);
	return jfile_read(dir, path, JFILE_BUNDLE_MAX, data_r, size_r);
}
