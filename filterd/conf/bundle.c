#include "conf/bundle.h"

#include "base/buf.h"
#include "base/io.h"
#include "conf/include.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

int bundle_add_data(struct bundle *b, enum bundle_kind kind, const char *path, const char *data, size_t size)
{
	if (b->nfiles >= BUNDLE_FILES_MAX || size > BUNDLE_FILE_MAX)
		return -1;
	struct bundle_file *files = realloc(b->files, (b->nfiles + 1) * sizeof *files);
	if (!files)
		return -1;
	b->files = files;
	struct bundle_file f = { .kind = kind, .path = strdup(path), .data = malloc(size + 1), .size = size, .fd = -1 };
	if (!f.path || !f.data) {
		free(f.path);
		free(f.data);
		return -1;
	}
	memcpy(f.data, data, size);
	f.data[size] = '\0';
	files[b->nfiles++] = f;
	return 0;
}

/* A copy that nobody can write to or cut: who maps it must not die of what happens to the file on disk. */
static int copy_sealed(const char *path)
{
	static const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
	struct stat st;
	int e = 0, in = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), out = memfd_create("filterd-index", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (in < 0 || out < 0 || fstat(in, &st) < 0)
		e = errno;
	else if (!S_ISREG(st.st_mode))
		e = EINVAL;
	else if ((uint64_t)st.st_size > BUNDLE_INDEX_MAX)
		e = EFBIG;
	for (off_t left = st.st_size; !e && left > 0;) {
		ssize_t n = sendfile(out, in, NULL, (size_t)left);
		if (n > 0)
			left -= n;
		else if (n == 0)
			break; /* it shrank meanwhile: its reader will notice */
		else if (errno != EINTR)
			e = errno;
	}
	if (!e && fcntl(out, F_ADD_SEALS, seals) < 0)
		e = errno;
	io_close(&in);
	if (e)
		io_close(&out);
	errno = e;
	return out;
}

static int take_index(struct bundle *b, const char *path, int fd)
{
	int fds[BUNDLE_INDEXES_MAX];
	if (bundle_index_fds(b, fds) == BUNDLE_INDEXES_MAX || bundle_add_data(b, BUNDLE_INDEX, path, "", 0) < 0)
		return -1;
	b->files[b->nfiles - 1].fd = fd;
	return 0;
}

static int add_index(struct bundle *b, const char *path, struct cfgerr *err)
{
	int fd = copy_sealed(path);
	if (fd < 0)
		return cfgerr_set(err, path, 0, "can't be read: %s", strerror(errno));
	if (take_index(b, path, fd) == 0)
		return 0;
	io_close(&fd);
	return cfgerr_set(err, path, 0, "out of memory, or more than %d indexes of records and sets of fingerprints", BUNDLE_INDEXES_MAX);
}

int bundle_add_file(struct bundle *b, enum bundle_kind kind, const char *path, struct cfgerr *err)
{
	struct stat st;
	char *data;
	size_t size;
	if (kind == BUNDLE_INDEX)
		return add_index(b, path, err);
	if ((kind == BUNDLE_SECRET || kind == BUNDLE_INDEX_KEY) && stat(path, &st) == 0 && (st.st_mode & 077))
		return cfgerr_set(err, path, 0, "group or others can read this secret (mode %04o); run: chmod 0600 %s", st.st_mode & 07777, path);
	if (io_read_file(path, BUNDLE_FILE_MAX, &data, &size) < 0)
		return cfgerr_set(err, path, 0, errno == EFBIG ? "this file is larger than 4 MiB%.0s" : "can't be read: %s", strerror(errno));
	int r = bundle_add_data(b, kind, path, data, size);
	explicit_bzero(data, size);
	free(data);
	return r < 0 ? cfgerr_set(err, path, 0, "out of memory, or more than %d files", BUNDLE_FILES_MAX) : 0;
}

static int ends_in(const struct dirent *d, const char *suffix)
{
	size_t n = strlen(d->d_name), k = strlen(suffix);
	return n > k && d->d_name[0] != '.' && strcmp(d->d_name + n - k, suffix) == 0;
}

static int is_rules_file(const struct dirent *d)
{
	return ends_in(d, ".rules");
}

static int is_words_file(const struct dirent *d)
{
	return ends_in(d, ".words");
}

static int is_index_file(const struct dirent *d)
{
	return ends_in(d, ".edm") || ends_in(d, ".fpr");
}

static int is_key_file(const struct dirent *d)
{
	return ends_in(d, ".key");
}

/* What rule files may name, beside them. */
static const struct {
	enum bundle_kind kind;
	int (*wanted)(const struct dirent *d);
} beside[] = {
	{ BUNDLE_WORDS, is_words_file },
	{ BUNDLE_INDEX, is_index_file },
	{ BUNDLE_INDEX_KEY, is_key_file },
};

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Whether this very file is there already, by whatever path. */
static int has_file(const struct bundle *b, enum bundle_kind kind, const char *path)
{
	struct stat one, other;
	if (stat(path, &one) < 0)
		return 0;
	for (size_t i = 0; i < b->nfiles; i++)
		if (b->files[i].kind == kind && stat(b->files[i].path, &other) == 0 && one.st_dev == other.st_dev && one.st_ino == other.st_ino)
			return 1;
	return 0;
}

static int add_folder(struct bundle *b, enum bundle_kind kind, const char *dir, int (*wanted)(const struct dirent *), struct cfgerr *err)
{
	struct dirent **list;
	int n = scandir(dir, &list, wanted, by_bytes), r = 0;
	if (n < 0)
		return cfgerr_set(err, dir, 0, "can't be read: %s", strerror(errno));
	for (int i = 0; i < n; i++) {
		char path[4096];
		if (r == 0 && (size_t)snprintf(path, sizeof path, "%s/%s", dir, list[i]->d_name) < sizeof path && !has_file(b, kind, path))
			r = bundle_add_file(b, kind, path, err);
		free(list[i]);
	}
	free(list);
	return r;
}

/* Of the folder that a single rule file lies in.  One that can't be read is missed by the rule that names it. */
static void add_beside(struct bundle *b, const char *file, enum bundle_kind kind, int (*wanted)(const struct dirent *))
{
	const char *slash = strrchr(file, '/');
	char *dir = slash ? strndup(file, (size_t)(slash + 1 - file)) : strdup("./");
	struct dirent **list;
	int n = dir ? scandir(dir, &list, wanted, by_bytes) : -1;
	for (int i = 0; i < n; i++) {
		char path[4096];
		struct cfgerr ignored;
		if ((size_t)snprintf(path, sizeof path, "%s%s", slash ? dir : "", list[i]->d_name) < sizeof path && !has_file(b, kind, path))
			(void)!bundle_add_file(b, kind, path, &ignored);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	free(dir);
}

static int add_rules(struct bundle *b, const char *dir, struct cfgerr *err)
{
	struct stat st;
	if (stat(dir, &st) < 0)
		return cfgerr_set(err, dir, 0, "can't be read: %s", strerror(errno));
	if (has_file(b, BUNDLE_RULES, dir))
		return 0;
	int folder = S_ISDIR(st.st_mode);
	int r = folder ? add_folder(b, BUNDLE_RULES, dir, is_rules_file, err) : bundle_add_file(b, BUNDLE_RULES, dir, err);
	for (size_t i = 0; i < sizeof beside / sizeof *beside && r == 0; i++) {
		if (folder)
			r = add_folder(b, beside[i].kind, dir, beside[i].wanted, err);
		else
			add_beside(b, dir, beside[i].kind, beside[i].wanted);
	}
	return r;
}

static int add_included(struct bundle *b, const char *file, const struct include *inc, struct cfgerr *err)
{
	size_t n = strlen(inc->path);
	struct stat st;
	if (stat(inc->path, &st) < 0)
		return cfgerr_set(err, file, inc->line, "\"include\" names \"%.300s\", which can't be read: %s", inc->path, strerror(errno));
	if (!S_ISDIR(st.st_mode) && (n < 7 || strcmp(inc->path + n - 6, ".rules") != 0))
		return cfgerr_set(err, file, inc->line, "\"include\" names \"%.300s\": it must be a .rules file, or a folder of them", inc->path);
	return add_rules(b, inc->path, err);
}

/* Files that are added here are looked at in their turn; none is added twice, so this comes to an end. */
static int add_all_included(struct bundle *b, size_t first, struct cfgerr *err)
{
	int r = 0;
	for (size_t i = first; i < b->nfiles && r == 0; i++) {
		struct include all[INCLUDES_MAX];
		size_t n = b->files[i].kind == BUNDLE_RULES ? include_read(&b->files[i], all) : 0;
		for (size_t k = 0; k < n; k++) {
			if (r == 0)
				r = add_included(b, b->files[i].path, &all[k], err);
			free(all[k].path);
		}
	}
	return r;
}

int bundle_add_rules(struct bundle *b, const char *dir, struct cfgerr *err)
{
	size_t first = b->nfiles;
	return add_rules(b, dir, err) < 0 || add_all_included(b, first, err) < 0 ? -1 : include_check(b, err);
}

const struct bundle_file *bundle_find(const struct bundle *b, enum bundle_kind kind, const char *path)
{
	for (size_t i = 0; i < b->nfiles; i++)
		if (b->files[i].kind == kind && (!path || strcmp(b->files[i].path, path) == 0))
			return &b->files[i];
	return NULL;
}

int bundle_index_fds(const struct bundle *b, int fds_r[BUNDLE_INDEXES_MAX])
{
	int n = 0;
	for (size_t i = 0; i < b->nfiles && n < BUNDLE_INDEXES_MAX; i++)
		if (b->files[i].kind == BUNDLE_INDEX)
			fds_r[n++] = b->files[i].fd;
	return n;
}

/* Who matches needs the records; who decides needs the links' secrets; nobody needs both. */
static int is_for(enum bundle_kind kind, int with)
{
	return kind == BUNDLE_SECRET ? with & BUNDLE_WITH_SECRETS : kind == BUNDLE_INDEX || kind == BUNDLE_INDEX_KEY ? with & BUNDLE_WITH_INDEXES : 1;
}

int bundle_to_fd(const struct bundle *b, int with)
{
	struct buf out;
	int fd = -1, r = 0;
	buf_init(&out, BUNDLE_MAX);
	for (size_t i = 0; i < b->nfiles && r == 0; i++) {
		const struct bundle_file *f = &b->files[i];
		if (!is_for(f->kind, with))
			continue;
		r |= buf_put_u8(&out, (uint8_t)f->kind);
		r |= buf_put_str16(&out, f->path, strlen(f->path));
		r |= buf_put_u32(&out, (uint32_t)f->size);
		r |= buf_put(&out, f->data, f->size);
	}
	if (r == 0)
		fd = io_memfd_sealed("filterd-bundle", buf_ptr(&out), buf_left(&out));
	else
		errno = EFBIG;
	buf_free(&out);
	return fd;
}

int bundle_from_fd(int fd, struct bundle *b)
{
	char *data;
	size_t size;
	struct buf in;
	*b = (struct bundle){ 0 };
	if (io_pread_all(fd, BUNDLE_MAX, &data, &size) < 0)
		return -1;
	buf_view(&in, data, size);
	int r = 0, next = fd + 1;
	while (r == 0 && buf_left(&in) > 0) {
		uint8_t kind;
		uint32_t len;
		char path[4096];
		const uint8_t *content;
		if (buf_get_u8(&in, &kind) < 0 || buf_get_cstr16(&in, path, sizeof path) < 0 || buf_get_u32(&in, &len) < 0 ||
		    buf_get(&in, len, &content) < 0 || kind < BUNDLE_CONFIG || kind > BUNDLE_INDEX_KEY ||
		    (kind == BUNDLE_INDEX ? (io_cloexec(next, 1) < 0 ? -1 : take_index(b, path, next)) : bundle_add_data(b, (enum bundle_kind)kind, path, (const char *)content, len)) < 0)
			r = -1;
		else
			next += kind == BUNDLE_INDEX;
	}
	explicit_bzero(data, size);
	free(data);
	if (r < 0)
		bundle_free(b);
	return r;
}

void bundle_free(struct bundle *b)
{
	for (size_t i = 0; i < b->nfiles; i++) {
		io_close(&b->files[i].fd);
		explicit_bzero(b->files[i].data, b->files[i].size);
		free(b->files[i].data);
		free(b->files[i].path);
	}
	free(b->files);
	*b = (struct bundle){ 0 };
}
