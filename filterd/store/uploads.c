#include "store/uploads.h"

#include "base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum statement {
	ST_BEGIN,
	ST_COMMIT,
	ST_ADD,
	ST_FIND,
	ST_TAKE,
	ST_CLEAN,
	ST_REFUSED,
	ST_DELETE,
	ST_USAGE,
	ST_EXPIRED,
	ST_COUNT
};

static const char *const sql[ST_COUNT] = {
        [ST_BEGIN] = "BEGIN IMMEDIATE",
        [ST_COMMIT] = "COMMIT",
        [ST_ADD] = "INSERT INTO uploads(id,token,owner,name,type,size,created,expires,state,day) "
                   "VALUES(?1,?2,?3,?4,?5,?6,?7,?8,0,0)",
        [ST_FIND] = "SELECT token,sha256,owner,name,type,size,created,expires,state,day FROM uploads WHERE id=?1",
        [ST_TAKE] = "UPDATE uploads SET state=1 WHERE id=?1 AND state=0",
        [ST_CLEAN] = "UPDATE uploads SET state=2,sha256=?2,day=?3,expires=?4 WHERE id=?1 AND state=1",
        [ST_REFUSED] = "UPDATE uploads SET state=3,expires=?2 WHERE id=?1",
        [ST_DELETE] = "DELETE FROM uploads WHERE id=?1",
        [ST_USAGE] = "SELECT TOTAL(MAX(size,?2)),COUNT(CASE WHEN state<2 THEN 1 END),MIN(expires)"
                     " FROM uploads WHERE owner=?1 AND state<3",
        [ST_EXPIRED] = "SELECT id,state,day FROM uploads WHERE expires<?1 AND state<>1 ORDER BY expires LIMIT ?2",
};

/* owner with everything that the quota asks for, so that it is answered from the index alone. */
static const char schema[] =
        "CREATE TABLE IF NOT EXISTS uploads("
        " id TEXT PRIMARY KEY, token BLOB NOT NULL, sha256 BLOB, owner TEXT NOT NULL, name TEXT NOT NULL, type TEXT "
        "NOT NULL,"
        " size INTEGER NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL, state INTEGER NOT NULL,"
        " day INTEGER NOT NULL) WITHOUT ROWID;"
        "CREATE INDEX IF NOT EXISTS uploads_owner ON uploads(owner,state,size,expires);"
        "CREATE INDEX IF NOT EXISTS uploads_expires ON uploads(expires);"
        "PRAGMA user_version=1;";

enum { CHECKPOINT_PAGES = 1000, CHECKPOINT_PAGES_MAX = 16384 };

struct uploads {
	sqlite3 *db;
	sqlite3 *checkpointer; /* a connection of its own, for uploads_checkpoint() in another thread */
	sqlite3_stmt *st[ST_COUNT];
	int dir_fd, log_fd;
	int day_fds[2]; /* today's and, for uploads that ran over midnight, the one before */
	int64_t days[2];
	int dirty;
	int lost; /* the open transaction is not whole: SQLite rolled back what came before */
	int log_pages;
};

static int log_grown(void *ctx, sqlite3 *db, const char *name, int pages)
{
	((struct uploads *)ctx)->log_pages = pages;
	return SQLITE_OK;
}

static int open_db(const char *path, sqlite3 **db_r)
{
	if (sqlite3_open_v2(path, db_r, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) !=
	    SQLITE_OK)
		return -1;
	sqlite3_busy_timeout(*db_r, 2000);
	/* NORMAL: the commit does not wait for the disk (see the header) but checkpoints stay in order.
	 * No temporary files: the sandbox has no folder for them. */
	return sqlite3_exec(*db_r,
	                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=0;"
	                    "PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF;",
	                    NULL, NULL, NULL) == SQLITE_OK
	               ? 0
	               : -1;
}

static int step_done(sqlite3_stmt *st)
{
	int r = sqlite3_step(st);
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	return r == SQLITE_DONE ? 0 : -1;
}

/* Every change passes through here first. */
static int begin(struct uploads *u)
{
	if (u->dirty && !sqlite3_get_autocommit(u->db))
		return 0;
	u->lost = u->dirty;
	if (step_done(u->st[ST_BEGIN]) < 0)
		return -1;
	u->dirty = 1;
	return 0;
}

static sqlite3_stmt *with_id(struct uploads *u, enum statement which, const char *id)
{
	sqlite3_bind_text(u->st[which], 1, id, -1, SQLITE_STATIC);
	return u->st[which];
}

int uploads_commit(struct uploads *u)
{
	if (!u->dirty)
		return 0;
	/* A full disk makes SQLite end a transaction by itself (sqlite.org/lang_transaction.html, "Response To
	 * Errors"): what else was in it must not be taken for committed when a later one goes well. */
	int lost = u->lost || sqlite3_get_autocommit(u->db);
	u->dirty = u->lost = 0;
	if (lost || step_done(u->st[ST_COMMIT]) < 0) {
		sqlite3_exec(u->db, "ROLLBACK", NULL, NULL, NULL);
		return -1;
	}
	/* Under unbroken load the other thread's checkpoint never catches up and the log grows. */
	if (u->log_pages > CHECKPOINT_PAGES_MAX &&
	    sqlite3_wal_checkpoint_v2(u->db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL) == SQLITE_OK)
		u->log_pages = 0;
	return 0;
}

int uploads_is_dirty(const struct uploads *u)
{
	return u->dirty;
}
int uploads_log_fd(const struct uploads *u)
{
	return u->log_fd;
}
int uploads_dir_fd(const struct uploads *u)
{
	return u->dir_fd;
}
int uploads_wants_checkpoint(const struct uploads *u)
{
	return u->log_pages > CHECKPOINT_PAGES;
}

void uploads_checkpoint(struct uploads *u)
{
	/* PASSIVE takes no lock that a writer waits for; when it can't finish, the next one will. */
	sqlite3_wal_checkpoint_v2(u->checkpointer, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

/* A file that no clean row answers for was never acknowledged, or its row has expired: it goes. */
static int sweep_day(struct uploads *u, int64_t day, const char *folder)
{
	int fd = openat(u->dir_fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		io_close(&fd);
		return -1;
	}
	for (struct dirent *e; (e = readdir(dir));) {
		if (e->d_name[0] == '.')
			continue;
		struct upload_row *row = NULL;
		int r = strlen(e->d_name) < UPLOADS_ID_SIZE ? uploads_find(u, e->d_name, &row) : 0;
		int keep = r < 0 || (r > 0 && row->state == UPLOAD_STATE_CLEAN && row->day == day);
		uploads_row_free(&row);
		if (!keep)
			unlinkat(fd, e->d_name, 0);
	}
	closedir(dir);
	unlinkat(u->dir_fd, folder, AT_REMOVEDIR); /* fails unless it is empty, as it should */
	return 0;
}

static int sweep_files(struct uploads *u)
{
	int fd = openat(u->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		io_close(&fd);
		return -1;
	}
	int r = 0;
	for (struct dirent *e; r == 0 && (e = readdir(dir));) {
		char *end;
		if (e->d_name[0] != 'd' || e->d_name[1] < '0' || e->d_name[1] > '9')
			continue;
		int64_t day = strtoll(e->d_name + 1, &end, 10);
		if (*end == '\0')
			r = sweep_day(u, day, e->d_name);
	}
	closedir(dir);
	return r;
}

static int sweep_rows(struct uploads *u)
{
	sqlite3_stmt *st;
	int r;
	if (begin(u) < 0 || sqlite3_exec(u->db, "DELETE FROM uploads WHERE state=1", NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(u->db, "SELECT id,day FROM uploads WHERE state=2", -1, &st, NULL) != SQLITE_OK)
		return -1;
	while ((r = sqlite3_step(st)) == SQLITE_ROW) {
		char path[sizeof(struct uploads_path)];
		struct stat status;
		const char *id = (const char *)sqlite3_column_text(st, 0);
		snprintf(path, sizeof path, "d%lld/%s", (long long)sqlite3_column_int64(st, 1), id);
		if (fstatat(u->dir_fd, path, &status, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT)
			continue;
		if (uploads_delete(u, id) < 0)
			break;
	}
	sqlite3_finalize(st);
	return r == SQLITE_DONE ? uploads_commit(u) : -1;
}

int uploads_open(const char *dir, struct uploads **u_r, struct cfgerr *err)
{
	char path[4096];
	struct uploads *u = calloc(1, sizeof *u);
	if (!u || (size_t)snprintf(path, sizeof path, "%s/index.db-wal", dir) >= sizeof path) {
		free(u);
		return cfgerr_set(err, dir, 0, "cannot open the store of uploads: %s",
		                  u ? "name too long" : "out of memory");
	}
	u->dir_fd = u->log_fd = u->day_fds[0] = u->day_fds[1] = -1;
	const char *what = "folder";
	if ((mkdir(dir, 0700) < 0 && errno != EEXIST) ||
	    (u->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		goto fail;
	what = "index";
	char *suffix = strstr(path, "-wal");
	*suffix = '\0';
	if (open_db(path, &u->db) < 0 || sqlite3_exec(u->db, schema, NULL, NULL, NULL) != SQLITE_OK)
		goto fail;
	for (int i = 0; i < ST_COUNT; i++)
		if (sqlite3_prepare_v3(u->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &u->st[i], NULL) != SQLITE_OK)
			goto fail;
	sqlite3_wal_hook(u->db, log_grown, u);
	if (open_db(path, &u->checkpointer) < 0)
		goto fail;
	what = "clearing up";
	if (sweep_rows(u) < 0 || sweep_files(u) < 0)
		goto fail;
	/* SQLite holds no lock on the log (they are on the -shm and database files), so that a second
	 * descriptor of it, even closed, takes nothing from SQLite. */
	*suffix = '-';
	what = "log";
	if ((u->log_fd = open(path, O_RDWR | O_CLOEXEC)) < 0 || fsync(u->log_fd) < 0 || fsync(u->dir_fd) < 0)
		goto fail;
	*u_r = u;
	return 0;
fail:
	cfgerr_set(err, dir, 0, "cannot open the store of uploads (%s): %s", what,
	           u->db && sqlite3_errcode(u->db) != SQLITE_OK ? sqlite3_errmsg(u->db) : strerror(errno));
	uploads_close(&u);
	return -1;
}

void uploads_close(struct uploads **up)
{
	struct uploads *u = *up;
	*up = NULL;
	if (!u)
		return;
	if (u->dirty && uploads_commit(u) < 0)
		u->dirty = 0; /* what was acknowledged has been committed before */
	for (int i = 0; i < ST_COUNT; i++)
		sqlite3_finalize(u->st[i]);
	sqlite3_close(u->checkpointer);
	sqlite3_close(u->db);
	io_close(&u->day_fds[0]);
	io_close(&u->day_fds[1]);
	io_close(&u->log_fd);
	io_close(&u->dir_fd);
	free(u);
}

int uploads_add_slot(struct uploads *u, const struct upload_row *row)
{
	if (begin(u) < 0)
		return -1;
	sqlite3_stmt *st = with_id(u, ST_ADD, row->id);
	sqlite3_bind_blob(st, 2, row->token_hash, UPLOADS_HASH_SIZE, SQLITE_STATIC);
	sqlite3_bind_text(st, 3, row->owner, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 4, row->name, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 5, row->type, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 6, row->size);
	sqlite3_bind_int64(st, 7, row->created);
	sqlite3_bind_int64(st, 8, row->expires);
	return step_done(st);
}

static void copy_hash(uint8_t dst[UPLOADS_HASH_SIZE], sqlite3_stmt *st, int column)
{
	const void *hash = sqlite3_column_blob(st, column);
	if (hash && sqlite3_column_bytes(st, column) == UPLOADS_HASH_SIZE)
		memcpy(dst, hash, UPLOADS_HASH_SIZE);
}

static const char *copy_text(char **free_space, sqlite3_stmt *st, int column)
{
	const void *text = sqlite3_column_text(st, column);
	size_t size = (size_t)sqlite3_column_bytes(st, column);
	char *dst = *free_space;
	if (size > 0)
		memcpy(dst, text, size);
	*free_space += size + 1; /* calloc left a NUL behind it */
	return dst;
}

static struct upload_row *row_new(const char *id, sqlite3_stmt *st)
{
	enum { TOKEN, SHA256, OWNER, NAME, TYPE, SIZE, CREATED, EXPIRES, STATE, DAY };
	size_t texts = 3;
	for (int i = OWNER; i <= TYPE; i++) {
		if (!sqlite3_column_text(st, i))
			return NULL;
		texts += (size_t)sqlite3_column_bytes(st, i);
	}
	struct upload_row *row = calloc(1, sizeof *row + texts);
	if (!row)
		return NULL;
	char *space = (char *)(row + 1);
	snprintf(row->id, sizeof row->id, "%s", id);
	copy_hash(row->token_hash, st, TOKEN);
	copy_hash(row->sha256, st, SHA256);
	row->owner = copy_text(&space, st, OWNER);
	row->name = copy_text(&space, st, NAME);
	row->type = copy_text(&space, st, TYPE);
	row->size = sqlite3_column_int64(st, SIZE);
	row->created = sqlite3_column_int64(st, CREATED);
	row->expires = sqlite3_column_int64(st, EXPIRES);
	row->state = (enum upload_state)sqlite3_column_int(st, STATE);
	row->day = sqlite3_column_int64(st, DAY);
	return row;
}

int uploads_find(struct uploads *u, const char *id, struct upload_row **row_r)
{
	sqlite3_stmt *st = with_id(u, ST_FIND, id);
	int r = sqlite3_step(st);
	if (r == SQLITE_ROW) {
		struct upload_row *row = row_new(id, st);
		if (row)
			*row_r = row;
		else
			r = SQLITE_NOMEM;
	}
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	return r == SQLITE_ROW ? 1 : r == SQLITE_DONE ? 0 : -1;
}

void uploads_row_free(struct upload_row **row)
{
	free(*row);
	*row = NULL;
}

int uploads_take(struct uploads *u, const char *id)
{
	if (begin(u) < 0 || step_done(with_id(u, ST_TAKE, id)) < 0)
		return -1;
	return sqlite3_changes(u->db) == 1;
}

int uploads_set_clean(struct uploads *u, const char *id, const uint8_t sha256[UPLOADS_HASH_SIZE], int64_t day,
                      int64_t expires)
{
	if (begin(u) < 0)
		return -1;
	sqlite3_stmt *st = with_id(u, ST_CLEAN, id);
	sqlite3_bind_blob(st, 2, sha256, UPLOADS_HASH_SIZE, SQLITE_STATIC);
	sqlite3_bind_int64(st, 3, day);
	sqlite3_bind_int64(st, 4, expires);
	return step_done(st) == 0 && sqlite3_changes(u->db) == 1 ? 0 : -1;
}

int uploads_set_refused(struct uploads *u, const char *id, int64_t expires)
{
	if (begin(u) < 0)
		return -1;
	sqlite3_stmt *st = with_id(u, ST_REFUSED, id);
	sqlite3_bind_int64(st, 2, expires);
	return step_done(st);
}

int uploads_delete(struct uploads *u, const char *id)
{
	return begin(u) < 0 ? -1 : step_done(with_id(u, ST_DELETE, id));
}

int uploads_usage(struct uploads *u, const char *owner, struct uploads_usage *usage_r)
{
	sqlite3_stmt *st = u->st[ST_USAGE];
	sqlite3_bind_text(st, 1, owner, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 2, UPLOADS_CHARGE_MIN);
	int r = sqlite3_step(st);
	if (r == SQLITE_ROW)
		*usage_r = (struct uploads_usage){(int64_t)sqlite3_column_double(st, 0), sqlite3_column_int64(st, 1),
		                                  sqlite3_column_int64(st, 2)};
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	return r == SQLITE_ROW ? 0 : -1;
}

int uploads_expire(struct uploads *u, int64_t now, struct uploads_path *paths_r, int max)
{
	struct {
		char id[UPLOADS_ID_SIZE];
	} ids[64];
	int n = 0, r;
	if (max > 64)
		max = 64;
	/* An upload under way (taken) is not touched: its own limits end it. */
	sqlite3_stmt *st = u->st[ST_EXPIRED];
	sqlite3_bind_int64(st, 1, now);
	sqlite3_bind_int(st, 2, max);
	while ((r = sqlite3_step(st)) == SQLITE_ROW && n < max) {
		const void *id = sqlite3_column_text(st, 0);
		size_t size = (size_t)sqlite3_column_bytes(st, 0);
		if (!id || size >= sizeof ids[n].id)
			continue; /* none that we wrote */
		memcpy(ids[n].id, id, size);
		ids[n].id[size] = '\0';
		paths_r[n].path[0] = '\0';
		if (sqlite3_column_int(st, 1) == UPLOAD_STATE_CLEAN)
			snprintf(paths_r[n].path, sizeof paths_r[n].path, "d%lld/%.24s",
			         (long long)sqlite3_column_int64(st, 2), ids[n].id);
		n++;
	}
	sqlite3_reset(st);
	if (r != SQLITE_DONE && r != SQLITE_ROW)
		return -1;
	for (int i = 0; i < n; i++)
		if (uploads_delete(u, ids[i].id) < 0)
			return -1;
	return n;
}

int uploads_day_fd(struct uploads *u, int64_t day)
{
	char folder[24];
	for (int i = 0; i < 2; i++)
		if (u->day_fds[i] >= 0 && u->days[i] == day)
			return u->day_fds[i];
	snprintf(folder, sizeof folder, "d%lld", (long long)day);
	int made = mkdirat(u->dir_fd, folder, 0700) == 0;
	if (!made && errno != EEXIST)
		return -1;
	if (made && fsync(u->dir_fd) < 0)
		return -1;
	int fd = openat(u->dir_fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -1;
	io_close(&u->day_fds[1]);
	u->day_fds[1] = u->day_fds[0];
	u->days[1] = u->days[0];
	u->day_fds[0] = fd;
	u->days[0] = day;
	return fd;
}

int uploads_open_file(const struct uploads *u, const struct upload_row *row)
{
	char path[sizeof(struct uploads_path)];
	snprintf(path, sizeof path, "d%lld/%s", (long long)row->day, row->id);
	return openat(u->dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
}
