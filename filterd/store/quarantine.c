#include "store/quarantine.h"

#include "base/clock.h"
#include "base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAGIC = 8, OVERHEAD = BLOB_NONCE + BLOB_TAG, WRAPPED = BLOB_KEY + OVERHEAD, HEAD_MAX = MAGIC + WRAPPED + QUARANTINE_META_MAX + OVERHEAD };
static const char magic[MAGIC] = { 'f', 'i', 'l', 't', 'q', 'u', 'a', '1' };
static const uint64_t content_max = 2ull << 30;

struct quarantine {
	int dir;
	uint8_t key[BLOB_KEY];
	sqlite3 *db;
	sqlite3_stmt *insert, *remove, *list, *has;
	/* what quarantine_seal has made and quarantine_hold will link */
	char item[QUARANTINE_ITEM_MAX + 1];
	int blob;
	uint8_t object_key[BLOB_KEY];
};

static int item_ok(const char *item)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t n = strlen(item);
	return n >= 1 && n <= QUARANTINE_ITEM_MAX && item[0] != '-' && strspn(item, allowed) == n;
}

static void file_name(const char *item, const char *end, char name_r[QUARANTINE_ITEM_MAX + 8])
{
	snprintf(name_r, QUARANTINE_ITEM_MAX + 8, "%.64s%s", item, end);
}

static void context_of(const char *what, const char *item, char context_r[128])
{
	snprintf(context_r, 128, "quarantine%s/%.64s", what, item);
}

/* Gives an unnamed, synced file its name; it never takes another's. */
static int link_file(const struct quarantine *q, int fd, const char *name)
{
	char path[40];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, path, q->dir, name, AT_SYMLINK_FOLLOW);
}

/* ---- heads ---- */

static int write_head(struct quarantine *q, const char *item, const char *meta, size_t meta_size)
{
	char context[128], name[QUARANTINE_ITEM_MAX + 8];
	size_t size = MAGIC + WRAPPED + meta_size + OVERHEAD;
	uint8_t *head = malloc(size);
	int fd = openat(q->dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	int ok = head && fd >= 0;
	if (ok) {
		memcpy(head, magic, MAGIC);
		context_of("-key", item, context);
		ok = blob_wrap(q->key, context, q->object_key, BLOB_KEY, head + MAGIC) == 0;
		context_of("-meta", item, context);
		ok = ok && blob_wrap(q->object_key, context, meta, meta_size, head + MAGIC + WRAPPED) == 0;
		file_name(item, ".head", name);
		ok = ok && io_write_all(fd, head, size) == 0 && fsync(fd) == 0 && link_file(q, fd, name) == 0;
	}
	int e = errno;
	io_close(&fd);
	free(head);
	errno = e;
	return ok ? 0 : QUARANTINE_IO;
}

/* Opens a head: the object's key, and its meta (malloc'ed, NUL behind it). */
static int read_head(struct quarantine *q, const char *item, uint8_t key_r[BLOB_KEY], char **meta_r)
{
	char context[128], name[QUARANTINE_ITEM_MAX + 8], *data, *meta;
	size_t size;
	file_name(item, ".head", name);
	int fd = openat(q->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT ? QUARANTINE_NONE : QUARANTINE_IO;
	int r = io_pread_all(fd, HEAD_MAX, &data, &size);
	io_close(&fd);
	if (r < 0)
		return errno == EFBIG || errno == EINVAL ? QUARANTINE_DAMAGED : QUARANTINE_IO;
	r = QUARANTINE_DAMAGED;
	context_of("-key", item, context);
	if (size >= MAGIC + WRAPPED + OVERHEAD && memcmp(data, magic, MAGIC) == 0 &&
	    blob_unwrap(q->key, context, (uint8_t *)data + MAGIC, WRAPPED, key_r) == 0) {
		size_t rest = size - MAGIC - WRAPPED;
		context_of("-meta", item, context);
		meta = calloc(1, rest - OVERHEAD + 1);
		if (!meta)
			r = QUARANTINE_IO;
		else if (blob_unwrap(key_r, context, (uint8_t *)data + MAGIC + WRAPPED, rest, meta) == 0)
			r = 0;
		if (r == 0)
			*meta_r = meta;
		else
			free(meta);
	}
	free(data);
	return r;
}

/* ---- index ---- */

static int insert_row(struct quarantine *q, const char *item, int64_t time, const char *meta, size_t meta_size)
{
	sqlite3_bind_text(q->insert, 1, item, -1, SQLITE_STATIC);
	sqlite3_bind_int64(q->insert, 2, time);
	sqlite3_bind_text(q->insert, 3, meta, (int)meta_size, SQLITE_STATIC);
	int r = sqlite3_step(q->insert);
	sqlite3_reset(q->insert);
	sqlite3_clear_bindings(q->insert);
	return r == SQLITE_DONE ? 0 : QUARANTINE_IO;
}

static int has_row(struct quarantine *q, const char *item)
{
	sqlite3_bind_text(q->has, 1, item, -1, SQLITE_STATIC);
	int r = sqlite3_step(q->has) == SQLITE_ROW;
	sqlite3_reset(q->has);
	return r;
}

static int open_index(struct quarantine *q, const char *dir)
{
	static const char setup[] =
		"PRAGMA locking_mode=EXCLUSIVE;" /* one writer, and no shared-memory file beside it */
		"PRAGMA journal_mode=WAL;"
		"PRAGMA synchronous=FULL;"       /* a row is durable when its statement is done */
		"PRAGMA temp_store=MEMORY;"
		"CREATE TABLE IF NOT EXISTS item (id TEXT PRIMARY KEY, time INTEGER NOT NULL, meta TEXT NOT NULL) WITHOUT ROWID;"
		"CREATE INDEX IF NOT EXISTS item_time ON item (time);";
	char path[4096];
	if (snprintf(path, sizeof path, "%s/index.sqlite", dir) >= (int)sizeof path)
		return -1;
	mode_t old = umask(077);
	int r = sqlite3_open_v2(path, &q->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW, NULL);
	if (r == SQLITE_OK)
		r = sqlite3_exec(q->db, setup, NULL, NULL, NULL);
	umask(old);
	if (r != SQLITE_OK)
		return -1;
	return sqlite3_prepare_v2(q->db, "INSERT OR REPLACE INTO item VALUES (?, ?, ?)", -1, &q->insert, NULL) == SQLITE_OK &&
	       sqlite3_prepare_v2(q->db, "DELETE FROM item WHERE id = ?", -1, &q->remove, NULL) == SQLITE_OK &&
	       sqlite3_prepare_v2(q->db, "SELECT id, time, meta FROM item ORDER BY time DESC, id DESC LIMIT ?", -1, &q->list, NULL) == SQLITE_OK &&
	       sqlite3_prepare_v2(q->db, "SELECT 1 FROM item WHERE id = ?", -1, &q->has, NULL) == SQLITE_OK ? 0 : -1;
}

/* ---- start: files and index compared ---- */

static void lost(struct quarantine_found *f, const char *item)
{
	f->lost++;
	snprintf(f->example, sizeof f->example, "%.64s", item);
}

static void check_head(struct quarantine *q, const char *item, struct quarantine_found *f)
{
	char name[QUARANTINE_ITEM_MAX + 8], *meta = NULL;
	uint8_t key[BLOB_KEY];
	struct stat st;
	file_name(item, ".blob", name);
	if (faccessat(q->dir, name, F_OK, 0) < 0) {
		lost(f, item);
		return;
	}
	if (has_row(q, item))
		return;
	file_name(item, ".head", name);
	if (read_head(q, item, key, &meta) < 0 || fstatat(q->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    insert_row(q, item, (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000, meta, strlen(meta)) < 0)
		lost(f, item);
	else
		f->adopted++;
	OPENSSL_cleanse(key, sizeof key);
	free(meta);
}

static int check_files(struct quarantine *q, struct quarantine_found *f)
{
	int fd = openat(q->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		io_close(&fd);
		return -1;
	}
	for (struct dirent *e; (e = readdir(d));) {
		char item[QUARANTINE_ITEM_MAX + 1] = { 0 }, name[QUARANTINE_ITEM_MAX + 8];
		size_t n = strcspn(e->d_name, ".");
		if (n == 0 || n > QUARANTINE_ITEM_MAX)
			continue;
		memcpy(item, e->d_name, n);
		if (strcmp(e->d_name + n, ".head") == 0) {
			check_head(q, item, f);
		} else if (strcmp(e->d_name + n, ".blob") == 0) {
			file_name(item, ".head", name);
			if (faccessat(q->dir, name, F_OK, 0) == 0)
				continue;
			if (has_row(q, item)) {
				lost(f, item); /* kept: without its head it can't be read, but that is the admin's to see */
			} else {
				unlinkat(q->dir, e->d_name, 0); /* its key was never written: a crash before the head */
				f->orphans++;
			}
		}
	}
	closedir(d);
	return 0;
}

static void check_rows(struct quarantine *q, struct quarantine_found *f)
{
	sqlite3_bind_int64(q->list, 1, INT64_MAX);
	while (sqlite3_step(q->list) == SQLITE_ROW) {
		const char *item = (const char *)sqlite3_column_text(q->list, 0);
		char name[QUARANTINE_ITEM_MAX + 8], blob[QUARANTINE_ITEM_MAX + 8];
		file_name(item, ".head", name);
		file_name(item, ".blob", blob);
		/* one of the two alone has been counted by its file */
		if (faccessat(q->dir, name, F_OK, 0) < 0 && faccessat(q->dir, blob, F_OK, 0) < 0)
			lost(f, item);
	}
	sqlite3_reset(q->list);
}

struct quarantine *quarantine_open(const char *dir, const uint8_t key[BLOB_KEY], struct quarantine_found *found_r, char *error, size_t error_size)
{
	struct quarantine_found f = { 0 };
	struct quarantine *q = calloc(1, sizeof *q);
	if (!q) {
		snprintf(error, error_size, "no memory for the quarantine");
		return NULL;
	}
	memcpy(q->key, key, BLOB_KEY);
	q->blob = -1;
	q->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (q->dir < 0)
		snprintf(error, error_size, "can't open the quarantine folder %s: %s", dir, strerror(errno));
	else if (open_index(q, dir) < 0)
		snprintf(error, error_size, "can't open the quarantine's index in %s: %s", dir, q->db ? sqlite3_errmsg(q->db) : "path too long");
	else if (check_files(q, &f) < 0)
		snprintf(error, error_size, "can't read the quarantine folder %s: %s", dir, strerror(errno));
	else {
		check_rows(q, &f);
		if (found_r)
			*found_r = f;
		return q;
	}
	quarantine_close(&q);
	return NULL;
}

/* ---- hold, list, get ---- */

void quarantine_abort(struct quarantine *q)
{
	io_close(&q->blob);
	OPENSSL_cleanse(q->object_key, sizeof q->object_key);
	q->item[0] = '\0';
}

int quarantine_seal(struct quarantine *q, const char *item, int fd, uint64_t *size_r, uint8_t sha256_r[32])
{
	char context[128], name[QUARANTINE_ITEM_MAX + 8];
	struct stat st;
	quarantine_abort(q);
	if (!item_ok(item) || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) /* a pipe or device could keep us waiting */
		return QUARANTINE_REFUSED;
	file_name(item, ".blob", name);
	if (faccessat(q->dir, name, F_OK, 0) == 0)
		return QUARANTINE_REFUSED;
	context_of("", item, context);
	q->blob = openat(q->dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (q->blob < 0 || getrandom(q->object_key, BLOB_KEY, 0) != BLOB_KEY ||
	    blob_seal(fd, q->blob, q->object_key, context, content_max, size_r, sha256_r) < 0 || fsync(q->blob) < 0) {
		int e = errno;
		quarantine_abort(q);
		errno = e;
		return QUARANTINE_IO;
	}
	snprintf(q->item, sizeof q->item, "%s", item);
	return 0;
}

void quarantine_undo(struct quarantine *q, const char *item)
{
	char name[QUARANTINE_ITEM_MAX + 8];
	sqlite3_bind_text(q->remove, 1, item, -1, SQLITE_STATIC);
	sqlite3_step(q->remove);
	sqlite3_reset(q->remove);
	file_name(item, ".head", name);
	unlinkat(q->dir, name, 0);
	file_name(item, ".blob", name);
	unlinkat(q->dir, name, 0);
}

int quarantine_hold(struct quarantine *q, const char *meta, size_t meta_size)
{
	char name[QUARANTINE_ITEM_MAX + 8], item[QUARANTINE_ITEM_MAX + 1];
	if (q->blob < 0 || meta_size > QUARANTINE_META_MAX || memchr(meta, 0, meta_size)) {
		quarantine_abort(q);
		return QUARANTINE_REFUSED;
	}
	memcpy(item, q->item, sizeof item);
	file_name(item, ".blob", name);
	if (link_file(q, q->blob, name) < 0) {
		int exists = errno == EEXIST;
		quarantine_abort(q);
		return exists ? QUARANTINE_REFUSED : QUARANTINE_IO;
	}
	int r = write_head(q, item, meta, meta_size);
	if (r == 0 && fsync(q->dir) < 0)
		r = QUARANTINE_IO;
	if (r == 0) {
		struct timespec now;
		clock_gettime(CLOCK_REALTIME, &now);
		r = insert_row(q, item, (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, meta, meta_size);
	}
	int e = errno;
	if (r < 0)
		quarantine_undo(q, item);
	quarantine_abort(q);
	errno = e;
	return r;
}

int quarantine_list(struct quarantine *q, uint32_t limit, quarantine_row_fn *row, void *ctx)
{
	int r;
	sqlite3_bind_int64(q->list, 1, limit);
	while ((r = sqlite3_step(q->list)) == SQLITE_ROW)
		if (row(ctx, (const char *)sqlite3_column_text(q->list, 0), sqlite3_column_int64(q->list, 1),
			    (const char *)sqlite3_column_text(q->list, 2))) {
			r = SQLITE_DONE;
			break;
		}
	sqlite3_reset(q->list);
	return r == SQLITE_DONE ? 0 : QUARANTINE_IO;
}

int quarantine_get(struct quarantine *q, const char *item, int out, char **meta_r)
{
	char context[128], name[QUARANTINE_ITEM_MAX + 8], *meta = NULL;
	uint8_t key[BLOB_KEY];
	if (!item_ok(item))
		return QUARANTINE_REFUSED;
	int r = read_head(q, item, key, &meta);
	if (r < 0)
		return r;
	file_name(item, ".blob", name);
	context_of("", item, context);
	int fd = openat(q->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0) {
		r = errno == ENOENT ? QUARANTINE_DAMAGED : QUARANTINE_IO;
	} else {
		r = blob_open(fd, out, key, context);
		r = r == BLOB_DAMAGED ? QUARANTINE_DAMAGED : r < 0 ? QUARANTINE_IO : 0;
	}
	io_close(&fd);
	OPENSSL_cleanse(key, sizeof key);
	if (r == 0)
		*meta_r = meta;
	else
		free(meta);
	return r;
}

void quarantine_close(struct quarantine **qp)
{
	struct quarantine *q = *qp;
	if (!q)
		return;
	quarantine_abort(q);
	sqlite3_finalize(q->insert);
	sqlite3_finalize(q->remove);
	sqlite3_finalize(q->list);
	sqlite3_finalize(q->has);
	sqlite3_close(q->db);
	io_close(&q->dir);
	OPENSSL_cleanse(q->key, sizeof q->key);
	free(q);
	*qp = NULL;
}
