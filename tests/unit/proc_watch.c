/* proc/watch: what counts as a change, and when it is told.  Time is the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proc/watch.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct stage {
	char dir[64], sig[80];
	struct watch *w;
};

static int setup(void **state)
{
	struct stage *s = calloc(1, sizeof *s);
	snprintf(s->dir, sizeof s->dir, "/tmp/filterd-watch-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	snprintf(s->sig, sizeof s->sig, "%s/sig", s->dir);
	assert_int_equal(mkdir(s->sig, 0755), 0);
	const char *dirs[] = { s->sig, "" };
	s->w = watch_new(dirs, 2);
	assert_non_null(s->w);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct stage *s = *state;
	char command[100];
	watch_free(&s->w);
	snprintf(command, sizeof command, "rm -rf '%s'", s->dir);
	int r = system(command);
	free(s);
	return r;
}

static void put(const struct stage *s, const char *name)
{
	char path[150];
	snprintf(path, sizeof path, "%s/%s", s->sig, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs("x\n", f);
	fclose(f);
}

static void drop(const struct stage *s, const char *name)
{
	char path[150];
	snprintf(path, sizeof path, "%s/%s", s->sig, name);
	assert_int_equal(unlink(path), 0);
}

/* Reads what inotify has (it queues within the system call that causes it), at this time. */
static void read_at(const struct stage *s, uint64_t ms)
{
	struct pollfd p = { watch_fd(s->w), POLLIN, 0 };
	if (poll(&p, 1, 0) > 0)
		watch_read(s->w, ms);
}

static void told_once_when_still(void **state)
{
	struct stage *s = *state;
	put(s, "a.ndb");
	read_at(s, 1000);
	assert_false(watch_take(s->w, 1000));
	assert_int_equal(watch_timeout_ms(s->w, 1100), 400);
	put(s, "b.ndb");
	read_at(s, 1400);
	assert_false(watch_take(s->w, 1500)); /* it is not still yet */
	assert_true(watch_take(s->w, 1900));
	assert_false(watch_take(s->w, 3000));
	assert_int_equal(watch_timeout_ms(s->w, 3000), -1);
}

static void endless_changes_are_told_too(void **state)
{
	struct stage *s = *state;
	for (uint64_t ms = 0; ms < WATCH_LATEST_MS; ms += 400) {
		put(s, "a.ndb");
		read_at(s, 1000 + ms);
		assert_false(watch_take(s->w, 1000 + ms));
	}
	assert_true(watch_take(s->w, 1000 + WATCH_LATEST_MS));
}

static void removal_and_renaming_count(void **state)
{
	struct stage *s = *state;
	char from[150], to[150];
	put(s, "a.ndb");
	read_at(s, 1000);
	assert_true(watch_take(s->w, 2000));
	drop(s, "a.ndb");
	read_at(s, 3000);
	assert_true(watch_take(s->w, 4000));
	put(s, "download.tmp"); /* as freshclam does it */
	read_at(s, 5000);
	assert_false(watch_take(s->w, 6000));
	snprintf(from, sizeof from, "%s/download.tmp", s->sig);
	snprintf(to, sizeof to, "%s/daily.cld", s->sig);
	assert_int_equal(rename(from, to), 0);
	read_at(s, 7000);
	assert_true(watch_take(s->w, 8000));
}

static void other_files_do_not_count(void **state)
{
	struct stage *s = *state;
	static const char *const names[] = { "freshclam.dat", "mirrors.dat", "README", ".hidden.ndb", "a.ndb~" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		put(s, names[i]);
	read_at(s, 1000);
	assert_false(watch_take(s->w, 9000));
}

static void unfinished_file_does_not_count(void **state)
{
	struct stage *s = *state;
	char path[150];
	snprintf(path, sizeof path, "%s/big.ndb", s->sig);
	int fd = open(path, O_CREAT | O_WRONLY, 0644);
	assert_int_equal(write(fd, "half", 4), 4);
	read_at(s, 1000);
	assert_false(watch_take(s->w, 9000));
	close(fd);
	read_at(s, 10000);
	assert_true(watch_take(s->w, 11000));
	snprintf(path, sizeof path, "%s/link.ndb", s->sig);
	assert_int_equal(symlink("/dev/null", path), 0); /* a link is never closed */
	read_at(s, 12000);
	assert_true(watch_take(s->w, 13000));
}

static void folder_that_goes_and_comes_back(void **state)
{
	struct stage *s = *state;
	char away[100];
	snprintf(away, sizeof away, "%s/away", s->dir);
	assert_int_equal(rename(s->sig, away), 0);
	read_at(s, 1000);
	assert_true(watch_take(s->w, 2000));
	assert_int_equal(watch_timeout_ms(s->w, 2000), WATCH_RETRY_MS);
	read_at(s, 2500); /* the watch is gone with it */
	assert_false(watch_take(s->w, 2500));
	assert_int_equal(mkdir(s->sig, 0755), 0);
	assert_false(watch_take(s->w, 10000)); /* it is back … */
	assert_true(watch_take(s->w, 10000 + WATCH_QUIET_MS));
	put(s, "a.ndb");
	read_at(s, 20000); /* … and watched again */
	assert_true(watch_take(s->w, 21000));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(told_once_when_still),
		TEST(endless_changes_are_told_too),
		TEST(removal_and_renaming_count),
		TEST(other_files_do_not_count),
		TEST(unfinished_file_does_not_count),
		TEST(folder_that_goes_and_comes_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
