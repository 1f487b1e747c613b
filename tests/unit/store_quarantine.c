/* store/quarantine and store/blob: what is held comes back the same or is refused, and survives a crash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/io.h"
#include "base/keyfile.h"
#include "base/text.h"
#include "store/quarantine.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const uint8_t key[BLOB_KEY] = { 9, 9, 9 };

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	return remove(path);
}

static int new_folder(void **state)
{
	char dir[] = "/tmp/quarantine-test.XXXXXX";
	*state = mkdtemp(dir) ? strdup(dir) : NULL;
	return *state ? 0 : -1;
}

static int remove_folder(void **state)
{
	nftw(*state, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(*state);
	return 0;
}

static const char *in(const char *dir, const char *name)
{
	static char path[2][160];
	static int turn;
	turn = !turn;
	snprintf(path[turn], sizeof path[0], "%s/%s", dir, name);
	return path[turn];
}

static struct quarantine *open_ok(const char *dir, struct quarantine_found *found_r)
{
	char error[256] = "";
	struct quarantine *q = quarantine_open(dir, key, found_r, error, sizeof error);
	if (!q)
		fail_msg("quarantine_open: %s", error);
	return q;
}

static int content_of(const void *data, size_t size)
{
	int fd = memfd_create("content", MFD_CLOEXEC);
	assert_int_equal(io_write_all(fd, data, size), 0);
	return fd;
}

static int hold(struct quarantine *q, const char *item, const void *data, size_t size)
{
	uint64_t n = 0;
	uint8_t sha256[32];
	int fd = content_of(data, size);
	int r = quarantine_seal(q, item, fd, &n, sha256);
	close(fd);
	if (r < 0)
		return r;
	assert_int_equal(n, size);
	return quarantine_hold(q, "{\"from\":\"a@example.test\"}", 25);
}

static int get(struct quarantine *q, const char *item, char **data_r, size_t *size_r)
{
	char *meta;
	int fd = memfd_create("out", MFD_CLOEXEC);
	int r = quarantine_get(q, item, fd, &meta);
	if (r == 0) {
		assert_string_equal(meta, "{\"from\":\"a@example.test\"}");
		free(meta);
		assert_int_equal(io_pread_all(fd, 1 << 24, data_r, size_r), 0);
	}
	close(fd);
	return r;
}

static void comes_back_the_same(void **state)
{
	static const size_t sizes[] = { 0, 1, 16383, 16384, 16385, 32768, 1000003 };
	struct quarantine *q = open_ok(*state, NULL);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		char item[32], *out, *data = malloc(sizes[i] + 1), name[48];
		size_t n;
		struct stat st;
		for (size_t k = 0; k < sizes[i]; k++)
			data[k] = (char)(k * 7 + k / 251);
		snprintf(item, sizeof item, "item-%zu", i);
		assert_int_equal(hold(q, item, data, sizes[i]), 0);
		assert_int_equal(get(q, item, &out, &n), 0);
		assert_int_equal(n, sizes[i]);
		assert_memory_equal(out, data, n);
		snprintf(name, sizeof name, "%s.blob", item);
		assert_int_equal(stat(in(*state, name), &st), 0);
		assert_int_equal(st.st_size, BLOB_HEAD + sizes[i] + (sizes[i] / BLOB_CHUNK + 1) * BLOB_TAG);
		assert_int_equal(st.st_mode & 0777, 0600);
		free(out);
		free(data);
	}
	assert_int_equal(hold(q, "item-0", "again", 5), QUARANTINE_REFUSED);
	assert_int_equal(hold(q, "../x", "a", 1), QUARANTINE_REFUSED);
	int p[2];
	uint64_t size;
	uint8_t sha256[32];
	assert_int_equal(pipe(p), 0);
	assert_int_equal(quarantine_seal(q, "pipe", p[0], &size, sha256), QUARANTINE_REFUSED);
	close(p[0]);
	close(p[1]);
	char *out;
	size_t n;
	assert_int_equal(get(q, "nothing", &out, &n), QUARANTINE_NONE);
	quarantine_close(&q);
}

/* The test of the format itself, independent of blob_open: a blob made by a second implementation
 * (Python's hmac and cryptography, from the published text), with key 00 01 … 1f, salt of 24 "s" and context "ctx". */
static void published_format(void **state)
{
	static const char made[] =
#include "store_blob_vector.h"
		;
	uint8_t raw[sizeof made / 2], k[BLOB_KEY];
	char *out;
	size_t n;
	for (uint8_t i = 0; i < BLOB_KEY; i++)
		k[i] = i;
	assert_int_equal(text_unhex(raw, sizeof raw, made), 0);
	int blob = content_of(raw, sizeof raw), fd = memfd_create("out", MFD_CLOEXEC);
	assert_int_equal(blob_open(blob, fd, k, "ctx"), 0);
	assert_int_equal(io_pread_all(fd, 100, &out, &n), 0);
	assert_int_equal(n, 13);
	assert_memory_equal(out, "Hello, world!", 13);
	assert_int_equal(blob_open(blob, fd, k, "other"), BLOB_DAMAGED);
	free(out);
	close(blob);
	close(fd);
}

static void damage_is_seen(void **state)
{
	struct quarantine *q = open_ok(*state, NULL);
	char *data = calloc(1, 40000), *out;
	size_t n;
	struct stat st;
	assert_int_equal(hold(q, "a", data, 40000), 0);
	assert_int_equal(hold(q, "b", data, 32768), 0);
	free(data);
	static const char *const names[] = { "a.blob", "a.head" };
	for (int f = 0; f < 2; f++) {
		const char *path = in(*state, names[f]);
		assert_int_equal(stat(path, &st), 0);
		for (off_t at = 0; at < st.st_size; at += st.st_size / 17 + 1) {
			char c;
			int fd = open(path, O_RDWR);
			assert_int_equal(pread(fd, &c, 1, at), 1);
			c ^= 1;
			assert_int_equal(pwrite(fd, &c, 1, at), 1);
			assert_int_equal(get(q, "a", &out, &n), QUARANTINE_DAMAGED);
			c ^= 1;
			assert_int_equal(pwrite(fd, &c, 1, at), 1);
			close(fd);
		}
	}
	/* cut after a whole chunk: only the missing short chunk shows it */
	assert_int_equal(truncate(in(*state, "b.blob"), BLOB_HEAD + 2 * (BLOB_CHUNK + BLOB_TAG)), 0);
	assert_int_equal(get(q, "b", &out, &n), QUARANTINE_DAMAGED);
	assert_int_equal(truncate(in(*state, "a.blob"), BLOB_HEAD + BLOB_CHUNK + BLOB_TAG), 0);
	assert_int_equal(get(q, "a", &out, &n), QUARANTINE_DAMAGED);
	assert_int_equal(truncate(in(*state, "a.blob"), 20), 0);
	assert_int_equal(get(q, "a", &out, &n), QUARANTINE_DAMAGED);
	quarantine_close(&q);
}

static void swapped_blobs_and_wrong_keys_are_seen(void **state)
{
	struct quarantine *q = open_ok(*state, NULL);
	char *out, error[256];
	size_t n;
	assert_int_equal(hold(q, "a", "first", 5), 0);
	assert_int_equal(hold(q, "b", "other", 5), 0);
	assert_int_equal(rename(in(*state, "a.blob"), in(*state, "t")), 0);
	assert_int_equal(rename(in(*state, "b.blob"), in(*state, "a.blob")), 0);
	assert_int_equal(rename(in(*state, "t"), in(*state, "b.blob")), 0);
	assert_int_equal(get(q, "a", &out, &n), QUARANTINE_DAMAGED);
	/* with its head, too: an item's name is part of what is sealed */
	assert_int_equal(rename(in(*state, "b.head"), in(*state, "t")), 0);
	assert_int_equal(rename(in(*state, "a.head"), in(*state, "b.head")), 0);
	assert_int_equal(rename(in(*state, "t"), in(*state, "a.head")), 0);
	assert_int_equal(get(q, "a", &out, &n), QUARANTINE_DAMAGED);
	quarantine_close(&q);
	static const uint8_t other[BLOB_KEY] = { 1 };
	q = quarantine_open(*state, other, NULL, error, sizeof error);
	assert_non_null(q);
	assert_int_equal(get(q, "b", &out, &n), QUARANTINE_DAMAGED);
	quarantine_close(&q);
}

static int count_row(void *ctx, const char *item, int64_t time, const char *meta)
{
	char *names = ctx;
	strcat(names, item);
	return 0;
}

static void start_compares_files_and_index(void **state)
{
	struct quarantine_found found;
	struct quarantine *q = open_ok(*state, &found);
	char names[200] = "", *out;
	size_t n;
	assert_int_equal(found.adopted + found.orphans + found.lost, 0);
	assert_int_equal(hold(q, "a", "1", 1), 0);
	usleep(2000);
	assert_int_equal(hold(q, "b", "2", 1), 0);
	usleep(2000);
	assert_int_equal(hold(q, "c", "3", 1), 0);
	assert_int_equal(quarantine_list(q, 10, count_row, names), 0);
	assert_string_equal(names, "cba");
	quarantine_close(&q);
	unlink(in(*state, "index.sqlite"));             /* the index is lost: all come back */
	unlink(in(*state, "index.sqlite-wal"));
	int fd = open(in(*state, "d.blob"), O_CREAT | O_WRONLY, 0600); /* a crash before the head */
	close(fd);
	q = open_ok(*state, &found);
	assert_true(found.adopted == 3 && found.orphans == 1 && found.lost == 0);
	assert_int_equal(get(q, "b", &out, &n), 0);
	assert_true(n == 1 && out[0] == '2');
	free(out);
	names[0] = '\0';
	assert_int_equal(quarantine_list(q, 2, count_row, names), 0);
	assert_string_equal(names, "cb");
	quarantine_close(&q);
	unlink(in(*state, "a.blob"));
	unlink(in(*state, "b.head"));
	unlink(in(*state, "c.head"));
	unlink(in(*state, "c.blob"));
	q = open_ok(*state, &found);
	assert_true(found.adopted == 0 && found.orphans == 0 && found.lost == 3);
	quarantine_close(&q);
}

static void undone_leaves_nothing(void **state)
{
	struct quarantine_found found;
	struct quarantine *q = open_ok(*state, NULL);
	assert_int_equal(hold(q, "a", "1", 1), 0);
	quarantine_undo(q, "a");
	assert_int_equal(access(in(*state, "a.blob"), F_OK), -1);
	assert_int_equal(hold(q, "a", "2", 1), 0);
	quarantine_close(&q);
	q = open_ok(*state, &found);
	assert_int_equal(found.adopted + found.orphans + found.lost, 0);
	quarantine_close(&q);
}

static void full_disk(void **state)
{
	struct quarantine *q = open_ok(*state, NULL);
	struct rlimit old, small = { 100000, RLIM_INFINITY };
	char *data = calloc(1, 200000), *out;
	size_t n;
	assert_int_equal(hold(q, "a", "1", 1), 0);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	int fd = content_of(data, 200000);
	setrlimit(RLIMIT_FSIZE, &small);
	uint64_t size;
	uint8_t sha256[32];
	assert_int_equal(quarantine_seal(q, "big", fd, &size, sha256), QUARANTINE_IO);
	setrlimit(RLIMIT_FSIZE, &old);
	close(fd);
	assert_int_equal(access(in(*state, "big.blob"), F_OK), -1);
	assert_int_equal(hold(q, "big", data, 200000), 0);
	assert_int_equal(get(q, "a", &out, &n), 0);
	free(out);
	free(data);
	quarantine_close(&q);
}

static void killed_writers_lose_nothing(void **state)
{
	unsigned acked = 0;
	for (unsigned round = 0; round < 8; round++) {
		int p[2];
		assert_int_equal(pipe(p), 0);
		pid_t pid = fork();
		if (pid == 0) {
			char error[256];
			struct quarantine *q = quarantine_open(*state, key, NULL, error, sizeof error);
			if (!q)
				_exit(1);
			for (unsigned i = round * 100000;; i++) {
				char item[32];
				snprintf(item, sizeof item, "i%u", i);
				if (hold(q, item, item, strlen(item)) < 0)
					_exit(1);
				(void)!write(p[1], &i, sizeof i);
			}
		}
		close(p[1]);
		usleep(30000 + (useconds_t)(rand() % 50000));
		kill(pid, SIGKILL);
		int status;
		waitpid(pid, &status, 0);
		assert_true(WIFSIGNALED(status));
		struct quarantine_found found;
		struct quarantine *q = open_ok(*state, &found);
		assert_int_equal(found.lost, 0);
		unsigned i;
		while (read(p[0], &i, sizeof i) == sizeof i) {
			char item[32], *out;
			size_t n;
			snprintf(item, sizeof item, "i%u", i);
			assert_int_equal(get(q, item, &out, &n), 0);
			assert_memory_equal(out, item, n);
			free(out);
			acked++;
		}
		close(p[0]);
		quarantine_close(&q);
	}
	assert_true(acked > 0);
}

static void keys_are_made_once_and_kept_private(void **state)
{
	uint8_t a[KEYFILE_SIZE], b[KEYFILE_SIZE];
	struct stat st;
	assert_int_equal(keyfile_load(*state, "k", a), 1);
	assert_int_equal(keyfile_load(*state, "k", b), 0);
	assert_memory_equal(a, b, sizeof a);
	assert_int_equal(stat(in(*state, "k"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(chmod(in(*state, "k"), 0640), 0);
	assert_true(keyfile_load(*state, "k", b) < 0 && errno == EPERM);
	assert_int_equal(chmod(in(*state, "k"), 0600), 0);
	assert_int_equal(truncate(in(*state, "k"), 31), 0);
	assert_true(keyfile_load(*state, "k", b) < 0 && errno == EBADMSG);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, new_folder, remove_folder)
	const struct CMUnitTest tests[] = {
		IN_FOLDER(comes_back_the_same), cmocka_unit_test(published_format), IN_FOLDER(damage_is_seen),
		IN_FOLDER(swapped_blobs_and_wrong_keys_are_seen), IN_FOLDER(start_compares_files_and_index),
		IN_FOLDER(undone_leaves_nothing), IN_FOLDER(full_disk), IN_FOLDER(killed_writers_lose_nothing),
		IN_FOLDER(keys_are_made_once_and_kept_private),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
