/* store/uploads: states, usage, expiry, and what opening sets right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/uploads.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture {
	char dir[64];
	struct uploads *u;
};

static void reopen(struct fixture *f)
{
	struct cfgerr err = { 0 };
	uploads_close(&f->u);
	if (uploads_open(f->dir, &f->u, &err) < 0)
		fail_msg("%s: %s", err.file, err.text);
}

static int setup(void **state)
{
	static struct fixture fixture;
	fixture = (struct fixture){ .dir = "/tmp/filterd-store-XXXXXX" };
	*state = &fixture;
	if (!mkdtemp(fixture.dir))
		return -1;
	reopen(&fixture);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char cmd[100];
	uploads_close(&f->u);
	snprintf(cmd, sizeof cmd, "rm -r %s", f->dir);
	return system(cmd);
}

static struct upload_row row(const char *id, const char *owner, int64_t size, int64_t expires)
{
	struct upload_row r = { .owner = owner, .name = "n\"ä.txt", .type = "text/plain", .size = size, .created = 100, .expires = expires };
	snprintf(r.id, sizeof r.id, "%s", id);
	memset(r.token_hash, 0xa5, sizeof r.token_hash);
	return r;
}

static void add(struct fixture *f, const char *id, const char *owner, int64_t size, int64_t expires)
{
	struct upload_row r = row(id, owner, size, expires);
	assert_int_equal(uploads_add_slot(f->u, &r), 0);
}

static void put_file(struct fixture *f, int64_t day, const char *name)
{
	int fd = openat(uploads_day_fd(f->u, day), name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0 && write(fd, "data", 4) == 4);
	close(fd);
}

static void make_clean(struct fixture *f, const char *id, int64_t day, int64_t expires)
{
	uint8_t sha256[UPLOADS_HASH_SIZE];
	memset(sha256, 0x11, sizeof sha256);
	assert_int_equal(uploads_take(f->u, id), 1);
	put_file(f, day, id);
	assert_int_equal(uploads_set_clean(f->u, id, sha256, day, expires), 0);
}

static int state_of(struct fixture *f, const char *id)
{
	struct upload_row *r = NULL;
	int found = uploads_find(f->u, id, &r);
	int s = found == 1 ? (int)r->state : -1;
	uploads_row_free(&r);
	return s;
}

static int has_file(struct fixture *f, int64_t day, const char *id)
{
	char path[64];
	struct stat st;
	snprintf(path, sizeof path, "d%lld/%s", (long long)day, id);
	return fstatat(uploads_dir_fd(f->u), path, &st, 0) == 0;
}

static void row_comes_back(void **state)
{
	struct fixture *f = *state;
	struct upload_row *r = NULL;
	add(f, "one", "a@b", 7, 200);
	assert_int_equal(uploads_find(f->u, "one", &r), 1); /* before any commit */
	assert_string_equal(r->id, "one");
	assert_string_equal(r->owner, "a@b");
	assert_string_equal(r->name, "n\"ä.txt");
	assert_string_equal(r->type, "text/plain");
	assert_true(r->size == 7 && r->created == 100 && r->expires == 200 && r->state == UPLOAD_STATE_SLOT);
	assert_int_equal(r->token_hash[31], 0xa5);
	uploads_row_free(&r);
	assert_null(r);
	assert_int_equal(uploads_find(f->u, "on", &r), 0);
	assert_int_equal(uploads_find(f->u, "one' OR 1=1", &r), 0);
	struct upload_row again = row("one", "c@d", 1, 200);
	assert_int_equal(uploads_add_slot(f->u, &again), -1);
}

static void one_put_for_each_slot(void **state)
{
	struct fixture *f = *state;
	uint8_t sha256[UPLOADS_HASH_SIZE] = { 0 };
	add(f, "one", "a@b", 7, 200);
	assert_int_equal(uploads_set_clean(f->u, "one", sha256, 1, 1000), -1); /* nobody has taken it */
	assert_int_equal(uploads_take(f->u, "one"), 1);
	assert_int_equal(uploads_take(f->u, "one"), 0);
	assert_int_equal(uploads_set_clean(f->u, "one", sha256, 1, 1000), 0);
	assert_int_equal(uploads_set_clean(f->u, "one", sha256, 1, 1000), -1);
	assert_int_equal(uploads_take(f->u, "one"), 0);
	assert_int_equal(uploads_take(f->u, "none"), 0);
	assert_int_equal(state_of(f, "one"), UPLOAD_STATE_CLEAN);
}

static void usage_is_per_owner(void **state)
{
	struct fixture *f = *state;
	struct uploads_usage u;
	assert_int_equal(uploads_usage(f->u, "a@b", &u), 0);
	assert_true(u.bytes == 0 && u.slots == 0 && u.next_expires == 0);
	add(f, "one", "a@b", 1, 300);
	add(f, "two", "a@b", 10000, 200);
	add(f, "three", "a@b", 20000, 100);
	add(f, "other", "c@b", 5, 50);
	assert_int_equal(uploads_usage(f->u, "a@b", &u), 0);
	assert_true(u.bytes == UPLOADS_CHARGE_MIN + 30000 && u.slots == 3 && u.next_expires == 100);
	make_clean(f, "two", 1, 900);
	assert_int_equal(uploads_set_refused(f->u, "three", 100), 0); /* costs nothing any more */
	assert_int_equal(uploads_usage(f->u, "a@b", &u), 0);
	assert_true(u.bytes == UPLOADS_CHARGE_MIN + 10000 && u.slots == 1 && u.next_expires == 300);
}

static void expiry_goes_in_steps(void **state)
{
	struct fixture *f = *state;
	struct uploads_path paths[3];
	char id[16];
	for (int i = 0; i < 5; i++) {
		snprintf(id, sizeof id, "s%d", i);
		add(f, id, "a@b", 1, 100 + i);
	}
	add(f, "busy", "a@b", 1, 1);
	assert_int_equal(uploads_take(f->u, "busy"), 1); /* an upload under way is left alone */
	make_clean(f, "s0", 7, 100);
	assert_int_equal(uploads_expire(f->u, 104, paths, 3), 3);
	assert_string_equal(paths[0].path, "d7/s0");
	assert_string_equal(paths[1].path, "");
	assert_int_equal(uploads_expire(f->u, 104, paths, 3), 1);
	assert_int_equal(uploads_expire(f->u, 104, paths, 3), 0);
	assert_int_equal(state_of(f, "s4"), UPLOAD_STATE_SLOT);
	assert_int_equal(state_of(f, "busy"), UPLOAD_STATE_TAKEN);
	assert_int_equal(state_of(f, "s0"), -1);
}

static void opening_sets_right(void **state)
{
	struct fixture *f = *state;
	add(f, "kept", "a@b", 4, 1000);
	make_clean(f, "kept", 7, 1000);
	add(f, "lost", "a@b", 4, 1000); /* a row whose file is gone */
	make_clean(f, "lost", 7, 1000);
	unlinkat(uploads_day_fd(f->u, 7), "lost", 0);
	add(f, "half", "a@b", 4, 1000); /* named, but never acknowledged */
	assert_int_equal(uploads_take(f->u, "half"), 1);
	put_file(f, 7, "half");
	put_file(f, 7, "norow");
	put_file(f, 7, "a-name-much-longer-than-any-that-we-give");
	put_file(f, 8, "kept"); /* the row says folder 7 */
	add(f, "slot", "a@b", 4, 1000);
	reopen(f);
	assert_int_equal(state_of(f, "kept"), UPLOAD_STATE_CLEAN);
	assert_int_equal(state_of(f, "lost"), -1);
	assert_int_equal(state_of(f, "half"), -1);
	assert_int_equal(state_of(f, "slot"), UPLOAD_STATE_SLOT);
	assert_true(has_file(f, 7, "kept"));
	assert_false(has_file(f, 7, "half"));
	assert_false(has_file(f, 7, "norow"));
	assert_false(has_file(f, 7, "a-name-much-longer-than-any-that-we-give"));
	assert_false(has_file(f, 8, "kept"));
	struct upload_row *r = NULL;
	assert_int_equal(uploads_find(f->u, "kept", &r), 1);
	int fd = uploads_open_file(f->u, r);
	char data[5] = "";
	assert_int_equal(read(fd, data, 4), 4);
	assert_string_equal(data, "data");
	assert_true(write(fd, "x", 1) < 0);
	close(fd);
	uploads_row_free(&r);
}

/* What was committed is there after the process died without closing; what was not, is not. */
static void commit_survives_a_kill(void **state)
{
	struct fixture *f = *state;
	uploads_close(&f->u);
	pid_t pid = fork();
	if (pid == 0) {
		struct uploads *u = NULL;
		struct upload_row r = row("committed", "a@b", 1, 100), lost = row("open", "a@b", 1, 100);
		if (uploads_open(f->dir, &u, NULL) < 0 || uploads_add_slot(u, &r) < 0 || uploads_commit(u) < 0 || uploads_is_dirty(u) ||
		    fdatasync(uploads_log_fd(u)) < 0 || uploads_add_slot(u, &lost) < 0 || !uploads_is_dirty(u))
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	reopen(f);
	assert_int_equal(state_of(f, "committed"), UPLOAD_STATE_SLOT);
	assert_int_equal(state_of(f, "open"), -1);
}

/* A full disk ends SQLite's transaction in the middle: what was in it may not pass for committed. */
static void full_disk_undoes_everything(void **state)
{
	struct fixture *f = *state;
	struct rlimit limit = { 256 << 10, RLIM_INFINITY };
	char id[UPLOADS_ID_SIZE], name[4000];
	int failed = 0;
	signal(SIGXFSZ, SIG_IGN);
	memset(name, 'n', sizeof name);
	name[sizeof name - 1] = '\0';
	add(f, "before", "a@b", 1, 100);
	assert_int_equal(uploads_commit(f->u), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	add(f, "early", "a@b", 1, 100);
	for (int i = 0; i < 5000 && !failed; i++) { /* until the cache spills */
		struct upload_row r = row("", "a@b", 1, 100);
		snprintf(r.id, sizeof r.id, "r%d", i);
		r.name = name;
		failed = uploads_add_slot(f->u, &r) < 0;
	}
	assert_true(failed);
	limit.rlim_cur = RLIM_INFINITY;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	add(f, "late", "a@b", 1, 100);
	assert_int_equal(uploads_commit(f->u), -1);
	assert_int_equal(state_of(f, "early"), -1);
	assert_int_equal(state_of(f, "late"), -1);
	assert_int_equal(state_of(f, "before"), UPLOAD_STATE_SLOT);
	snprintf(id, sizeof id, "after");
	add(f, id, "a@b", 1, 100);
	assert_int_equal(uploads_commit(f->u), 0);
	reopen(f);
	assert_int_equal(state_of(f, "after"), UPLOAD_STATE_SLOT);
	assert_int_equal(state_of(f, "early"), -1);
}

static void log_is_folded_back(void **state)
{
	struct fixture *f = *state;
	char id[UPLOADS_ID_SIZE];
	for (int i = 0; i < 3000 && !uploads_wants_checkpoint(f->u); i++) {
		snprintf(id, sizeof id, "r%d", i);
		add(f, id, "a@b", 1, 100);
		assert_int_equal(uploads_commit(f->u), 0);
	}
	assert_true(uploads_wants_checkpoint(f->u));
	uploads_checkpoint(f->u);
	add(f, "next", "a@b", 1, 100); /* begins the log anew */
	assert_int_equal(uploads_commit(f->u), 0);
	assert_false(uploads_wants_checkpoint(f->u));
	assert_int_equal(state_of(f, "r0"), UPLOAD_STATE_SLOT);
}

static void broken_index_is_refused(void **state)
{
	struct fixture *f = *state;
	struct cfgerr err = { 0 };
	struct uploads *u = NULL;
	char path[80];
	uploads_close(&f->u);
	snprintf(path, sizeof path, "%s/index.db", f->dir);
	int fd = open(path, O_WRONLY | O_TRUNC);
	assert_true(write(fd, "this is no database, however long one looks at it; but it is longer than a header"
			"....................................", 100) == 100);
	close(fd);
	assert_int_equal(uploads_open(f->dir, &u, &err), -1);
	assert_null(u);
	assert_non_null(strstr(err.text, "not a database"));
	assert_int_equal(uploads_open("/nonexistent/folder", &u, &err), -1);
	assert_non_null(strstr(err.text, "No such file"));
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(row_comes_back), T(one_put_for_each_slot), T(usage_is_per_owner), T(expiry_goes_in_steps), T(opening_sets_right),
		T(commit_survives_a_kill), T(full_disk_undoes_everything), T(log_is_folded_back), T(broken_index_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
