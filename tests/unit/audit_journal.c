/* audit/journal: what is acknowledged is never lost, and what is changed is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "audit/jfile.h"
#include "audit/journal.h"
#include "audit/tlog.h"
#include "audit/verify.h"
#include "base/text.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const uint8_t seed[NOTE_KEY] = { 1, 2, 3 };
static const char origin[] = "filter.example.test/audit";

static char *new_folder(void)
{
	static char dir[64];
	snprintf(dir, sizeof dir, "/tmp/journal-test.XXXXXX");
	assert_non_null(mkdtemp(dir));
	return dir;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	return remove(path);
}

static void remove_folder(const char *dir)
{
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct journal *open_ok(const char *dir, struct journal_repair *repair_r)
{
	char error[256] = "";
	struct journal *j = journal_open(dir, seed, origin, repair_r, error, sizeof error);
	if (!j)
		fail_msg("journal_open: %s", error);
	return j;
}

static void add(struct journal *j, uint64_t from, uint64_t to)
{
	char entry[64];
	for (uint64_t i = from; i < to; i++) {
		int n = snprintf(entry, sizeof entry, "{\"n\":%llu}", (unsigned long long)i);
		assert_int_equal(journal_append(j, entry, (size_t)n), 0);
		if (journal_staged(j) == 97 || i + 1 == to)
			assert_int_equal(journal_commit(j), 0);
	}
}

static void verifier(struct note_verifier *v)
{
	assert_int_equal(note_verifier_make(origin, seed, v), 0);
}

static int verify(const char *dir, struct journal_report *r)
{
	struct note_verifier v;
	verifier(&v);
	return journal_verify(dir, &v, NULL, r);
}

/* The tree's definition in RFC 6962 section 2.1, as it stands there. */
static void mth(const uint8_t (*leaf)[TLOG_HASH], size_t n, uint8_t *root_r)
{
	if (n == 1) {
		memcpy(root_r, leaf[0], TLOG_HASH);
		return;
	}
	size_t k = 1;
	uint8_t l[TLOG_HASH], r[TLOG_HASH];
	while (k * 2 < n)
		k *= 2;
	mth(leaf, k, l);
	mth(leaf + k, n - k, r);
	tlog_node(l, r, root_r);
}

/* The test vectors that Certificate Transparency implementations share. */
static void known_roots(void **state)
{
	static const struct { const char *data; size_t size; const char *root; } row[] = {
		{ "", 0, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d" },
		{ "\x00", 1, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125" },
		{ "\x10", 1, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77" },
		{ "\x20\x21", 2, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7" },
		{ "\x30\x31", 2, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4" },
		{ "\x40\x41\x42\x43", 4, "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef" },
		{ "\x50\x51\x52\x53\x54\x55\x56\x57", 8, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c" },
		{ "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16,
			"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328" },
	};
	struct tlog *t = calloc(1, sizeof *t);
	uint8_t leaf[TLOG_HASH], root[TLOG_HASH];
	char hex[65];
	tlog_root(t, root);
	text_hex(hex, root, sizeof root);
	assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		tlog_leaf(row[i].data, row[i].size, leaf);
		tlog_add(t, leaf, NULL, NULL);
		tlog_root(t, root);
		text_hex(hex, root, sizeof root);
		assert_string_equal(hex, row[i].root);
	}
	free(t);
}

static void paths(void **state)
{
	char path[TLOG_PATH_SIZE];
	tlog_path(0, 1234067, 0, path);
	assert_string_equal(path, "tile/0/x001/x234/067");
	tlog_path(TLOG_ENTRIES, 273, 112, path);
	assert_string_equal(path, "tile/entries/273.p/112");
	tlog_path(2, 0, 1, path);
	assert_string_equal(path, "tile/2/000.p/1");
}

static void grow_to(uint64_t size)
{
	char *dir = new_folder(), path[128];
	struct journal_report r;
	struct journal_repair repair;
	struct journal *j = open_ok(dir, NULL);
	uint8_t (*leaf)[TLOG_HASH] = malloc(size * TLOG_HASH), root[TLOG_HASH];
	uint64_t half = size / 2;
	add(j, 0, half);
	assert_int_equal(journal_checkpoint(j), 0);
	journal_close(&j);
	j = open_ok(dir, &repair);
	assert_int_equal(repair.replayed + repair.torn_bytes, 0);
	add(j, half, size);
	assert_int_equal(journal_checkpoint(j), 0);
	assert_true(journal_size(j) == size && journal_covered(j) == size);
	journal_close(&j);
	for (uint64_t i = 0; i < size; i++) {
		char entry[64];
		int n = snprintf(entry, sizeof entry, "{\"n\":%llu}", (unsigned long long)i);
		tlog_leaf(entry, (size_t)n, leaf[i]);
	}
	mth((const uint8_t(*)[TLOG_HASH])leaf, size, root);
	if (verify(dir, &r) < 0)
		fail_msg("%s %s", r.fault[0].path, r.fault[0].text);
	assert_true(r.covered == size && r.beyond == 0);
	assert_memory_equal(r.root, root, sizeof root);
	static const char *const expected[] = { "tile/0/272", "tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1",
		"tile/entries/272", "tile/entries/273.p/112" };
	for (size_t i = 0; size == 70000 && i < sizeof expected / sizeof *expected; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, expected[i]);
		assert_int_equal(access(path, F_OK), 0);
	}
	free(leaf);
	remove_folder(dir);
}

static void sizes(void **state)
{
	static const uint64_t size[] = { 1, 2, 255, 256, 257, 511, 70000 };
	for (size_t i = 0; i < sizeof size / sizeof *size; i++)
		grow_to(size[i]);
}

static void checkpoint_notes(void **state)
{
	struct note_verifier v, again;
	struct checkpoint c = { .size = 42, .root = { 9 } }, out;
	char note[NOTE_SIZE], text[NOTE_VERIFIER_SIZE], changed[NOTE_SIZE + 64];
	uint8_t other[NOTE_KEY] = { 7 };
	verifier(&v);
	note_verifier_print(&v, text);
	assert_int_equal(note_verifier_parse(text, &again), 0);
	assert_memory_equal(&again.public_key, v.public_key, NOTE_KEY);
	text[strlen(text) - 3] ^= 1;
	assert_int_equal(note_verifier_parse(text, &again), -1);
	snprintf(c.origin, sizeof c.origin, "%s", origin);
	assert_int_equal(note_sign(&c, &v, seed, note), 0);
	assert_int_equal(note_open(note, strlen(note), &v, &out), 0);
	assert_true(out.size == 42 && memcmp(out.root, c.root, 32) == 0);
	snprintf(changed, sizeof changed, "%s\u2014 witness.example AAAAAAAA\n", note); /* unknown keys are ignored */
	assert_int_equal(note_open(changed, strlen(changed), &v, &out), 0);
	memcpy(changed, note, strlen(note) + 1);
	strstr(changed, "\n42\n")[1] = '5';
	assert_int_equal(note_open(changed, strlen(changed), &v, &out), NOTE_FORGED);
	assert_int_equal(note_verifier_make(origin, other, &again), 0);
	assert_int_equal(note_open(note, strlen(note), &again, &out), NOTE_UNSIGNED);
	for (size_t n = 0; n < strlen(note); n++)
		assert_true(note_open(note, n, &v, &out) < 0);
}

/* A signed note of the published format's own documentation (golang.org/x/mod/sumdb/note). */
static void published_note(void **state)
{
	struct note_verifier v;
	assert_int_equal(note_verifier_parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", &v), 0);
	static const char note[] =
		"If you think cryptography is the answer to your problem,\n"
		"then you don't know what your problem is.\n\n"
		"\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
	size_t text_size;
	struct checkpoint c;
	assert_string_equal(v.name, "PeterNeumann");
	assert_int_equal(note_verify(note, sizeof note - 1, &v, &text_size), 0);
	assert_int_equal(text_size, strstr(note, "\n\n") + 1 - note);
	assert_int_equal(note_open(note, sizeof note - 1, &v, &c), NOTE_MALFORMED); /* signed, but no checkpoint */
}

static void flip(const char *path, off_t at)
{
	uint8_t c;
	int fd = open(path, O_RDWR);
	assert_true(fd >= 0 && pread(fd, &c, 1, at) == 1);
	c ^= 0x20;
	assert_int_equal(pwrite(fd, &c, 1, at), 1);
	close(fd);
}

/* Every file of a journal: a changed bit or a missing end must be found. */
static const char *files_dir;
static int files_tried;
static int spoil(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	struct journal_report r;
	if (flag != FTW_F || strstr(path, "/lock") || strstr(path, "/verifier") || st->st_size == 0)
		return 0;
	const off_t at[] = { 0, st->st_size / 2, st->st_size - 1 };
	for (int i = 0; i < 3; i++) {
		flip(path, at[i]);
		if (verify(files_dir, &r) == 0)
			fail_msg("a changed bit at %ld of %s was not found", (long)at[i], path);
		flip(path, at[i]);
	}
	char *data;
	FILE *in = fopen(path, "rb");
	assert_non_null(data = malloc((size_t)st->st_size));
	assert_int_equal(fread(data, 1, (size_t)st->st_size, in), st->st_size);
	fclose(in);
	assert_int_equal(truncate(path, st->st_size - 1), 0);
	if (verify(files_dir, &r) == 0)
		fail_msg("the missing end of %s was not found", path);
	FILE *out = fopen(path, "wb");
	fwrite(data, 1, (size_t)st->st_size, out);
	fclose(out);
	free(data);
	files_tried++;
	return 0;
}

static void changes_are_found(void **state)
{
	struct journal_report r;
	files_dir = new_folder();
	struct journal *j = open_ok(files_dir, NULL);
	add(j, 0, 300);
	assert_int_equal(journal_checkpoint(j), 0);
	add(j, 300, 310);
	assert_int_equal(journal_checkpoint(j), 0);
	journal_close(&j);
	assert_int_equal(verify(files_dir, &r), 0);
	files_tried = 0;
	nftw(files_dir, spoil, 16, FTW_PHYS);
	assert_true(files_tried >= 8);
	assert_int_equal(verify(files_dir, &r), 0);
	remove_folder(files_dir);
}

static void rollback_is_found(void **state)
{
	char *dir = new_folder();
	struct journal_report r;
	struct note_verifier v;
	struct checkpoint before;
	verifier(&v);
	struct journal *j = open_ok(dir, NULL);
	add(j, 0, 20);
	assert_int_equal(journal_checkpoint(j), 0);
	assert_int_equal(note_open(journal_note(j), strlen(journal_note(j)), &v, &before), 0);
	add(j, 20, 40);
	assert_int_equal(journal_checkpoint(j), 0);
	journal_close(&j);
	assert_int_equal(journal_verify(dir, &v, &before, &r), 0);
	before.root[0] ^= 1; /* as if the first 20 entries had been others */
	assert_int_equal(journal_verify(dir, &v, &before, &r), -1);
	before.root[0] ^= 1;
	before.size = 41;
	assert_int_equal(journal_verify(dir, &v, &before, &r), -1);
	remove_folder(dir);
}

static void torn_end_is_cut_and_told(void **state)
{
	char *dir = new_folder(), path[128];
	struct journal_repair repair;
	struct journal_report r;
	struct journal *j = open_ok(dir, NULL);
	add(j, 0, 10);
	journal_close(&j);
	snprintf(path, sizeof path, "%s/tail", dir);
	int fd = open(path, O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "\0\x20{\"n\":", 7), 7);
	close(fd);
	j = open_ok(dir, &repair);
	assert_true(repair.replayed == 10 && repair.torn_bytes == 7);
	add(j, 10, 12);
	assert_int_equal(journal_checkpoint(j), 0);
	assert_int_equal(journal_size(j), 12);
	journal_close(&j);
	assert_int_equal(verify(dir, &r), 0);
	/* a lost tail comes back from what the checkpoint covers */
	unlink(path);
	j = open_ok(dir, &repair);
	assert_true(repair.rebuilt_tail && journal_size(j) == 12);
	journal_close(&j);
	remove_folder(dir);
}

static void another_key_or_writer_is_refused(void **state)
{
	char *dir = new_folder(), error[256];
	uint8_t other[NOTE_KEY] = { 5 };
	struct journal *j = open_ok(dir, NULL);
	add(j, 0, 3);
	assert_int_equal(journal_checkpoint(j), 0);
	assert_null(journal_open(dir, seed, origin, NULL, error, sizeof error));
	assert_non_null(strstr(error, "in use"));
	journal_close(&j);
	assert_null(journal_open(dir, other, origin, NULL, error, sizeof error));
	assert_non_null(strstr(error, "another key"));
	remove_folder(dir);
}

static void entries_have_bounds(void **state)
{
	char *dir = new_folder(), *big = calloc(1, 65536);
	struct journal *j = open_ok(dir, NULL);
	assert_int_equal(journal_append(j, big, 0), JOURNAL_MALFORMED);
	assert_int_equal(journal_append(j, big, 65536), JOURNAL_MALFORMED);
	int r = 0, taken = 0;
	while ((r = journal_append(j, big, 65535)) == 0)
		taken++;
	assert_int_equal(r, JOURNAL_FULL_BATCH);
	assert_int_equal(journal_commit(j), 0);
	assert_int_equal(journal_size(j), taken);
	journal_close(&j);
	free(big);
	remove_folder(dir);
}

/* The child writes and tells each committed number through a pipe; it is killed at a random moment. */
static void killed_writers_lose_nothing(void **state)
{
	char *dir = new_folder();
	uint64_t acked = 0;
	for (int round = 0; round < 12; round++) {
		int p[2];
		assert_int_equal(pipe(p), 0);
		pid_t pid = fork();
		if (pid == 0) {
			char error[256];
			struct journal *j = journal_open(dir, seed, origin, NULL, error, sizeof error);
			if (!j)
				_exit(1);
			for (uint64_t i = journal_size(j);; i++) {
				char entry[64];
				int n = snprintf(entry, sizeof entry, "{\"n\":%llu}", (unsigned long long)i);
				if (journal_append(j, entry, (size_t)n) < 0)
					_exit(1);
				if (i % 3 == 0) {
					if (journal_commit(j) < 0)
						_exit(1);
					i == UINT64_MAX ? 0 : (void)!write(p[1], &i, sizeof i);
				}
				if (i % 61 == 0 && journal_checkpoint(j) < 0)
					_exit(1);
			}
		}
		close(p[1]);
		usleep(20000 + (useconds_t)(rand() % 60000));
		kill(pid, SIGKILL);
		uint64_t last;
		while (read(p[0], &last, sizeof last) == sizeof last)
			acked = last + 1;
		close(p[0]);
		int status;
		waitpid(pid, &status, 0);
		assert_true(WIFSIGNALED(status));
		struct journal *j = open_ok(dir, NULL);
		assert_true(journal_size(j) >= acked);
		assert_int_equal(journal_checkpoint(j), 0);
		journal_close(&j);
		struct journal_report r;
		if (verify(dir, &r) < 0)
			fail_msg("%s %s", r.fault[0].path, r.fault[0].text);
		assert_true(r.covered >= acked);
	}
	assert_true(acked > 0);
	remove_folder(dir);
}

static void full_disk_keeps_what_it_took(void **state)
{
	char *dir = new_folder();
	struct journal_report r;
	pid_t pid = fork();
	if (pid == 0) {
		char error[256], entry[1000];
		memset(entry, 'x', sizeof entry);
		struct journal *j = journal_open(dir, seed, origin, NULL, error, sizeof error);
		struct rlimit old, small = { 40000, RLIM_INFINITY };
		signal(SIGXFSZ, SIG_IGN);
		getrlimit(RLIMIT_FSIZE, &old);
		setrlimit(RLIMIT_FSIZE, &small);
		uint64_t taken = 0;
		int failed = 0;
		for (int i = 0; i < 50; i++) {
			if (journal_append(j, entry, sizeof entry) < 0)
				_exit(2);
			if (journal_commit(j) == 0)
				taken++;
			else
				failed++;
		}
		if (!failed || journal_size(j) != taken)
			_exit(3);
		setrlimit(RLIMIT_FSIZE, &old); /* space again: it goes on */
		for (int i = 0; i < 300; i++)
			if (journal_append(j, entry, sizeof entry) < 0 || journal_commit(j) < 0)
				_exit(4);
		if (journal_checkpoint(j) < 0 || journal_covered(j) != taken + 300)
			_exit(5);
		_exit(0);
	}
	int status;
	waitpid(pid, &status, 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(verify(dir, &r), 0);
	remove_folder(dir);
}

/* Tiles can't be written, entries can: they wait in the tail, acknowledged, and move on later. */
static void bundles_wait_for_space(void **state)
{
	char *dir = new_folder();
	struct journal_report r;
	pid_t pid = fork();
	if (pid == 0) {
		char error[256];
		struct journal *j = journal_open(dir, seed, origin, NULL, error, sizeof error);
		struct rlimit old, small = { 8000, RLIM_INFINITY };
		signal(SIGXFSZ, SIG_IGN);
		getrlimit(RLIMIT_FSIZE, &old);
		setrlimit(RLIMIT_FSIZE, &small);
		for (int i = 0; i < 300; i++)
			if (journal_append(j, "{}", 2) < 0 || journal_commit(j) < 0)
				_exit(2);
		if (journal_checkpoint(j) != JOURNAL_IO || journal_size(j) != 300)
			_exit(3);
		journal_close(&j);
		j = journal_open(dir, seed, origin, NULL, error, sizeof error); /* nor does a start need the space */
		if (!j || journal_size(j) != 300)
			_exit(4);
		setrlimit(RLIMIT_FSIZE, &old);
		if (journal_checkpoint(j) < 0 || journal_covered(j) != 300)
			_exit(5);
		_exit(0);
	}
	int status;
	waitpid(pid, &status, 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(verify(dir, &r), 0);
	assert_int_equal(r.covered, 300);
	remove_folder(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_roots), cmocka_unit_test(paths), cmocka_unit_test(sizes),
		cmocka_unit_test(checkpoint_notes), cmocka_unit_test(published_note), cmocka_unit_test(changes_are_found),
		cmocka_unit_test(rollback_is_found), cmocka_unit_test(torn_end_is_cut_and_told),
		cmocka_unit_test(another_key_or_writer_is_refused), cmocka_unit_test(entries_have_bounds),
		cmocka_unit_test(killed_writers_lose_nothing), cmocka_unit_test(full_disk_keeps_what_it_took),
		cmocka_unit_test(bundles_wait_for_space),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
