/* extract: whatever libclamav passes over in silence must not end as clean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/io.h"
#include "extract/extract.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TESTFILES "/usr/share/clamav-testfiles"

static const struct extract_limits small = { .file_max = 1 << 20, .scan_max = 4 << 20, .files_max = 100, .recursion_max = 8, .time_ms = 10000 };

static char dir[] = "/tmp/filterd-extract-XXXXXX";
static struct extract_engine *engine;
static char texts[65536]; /* "path|text\n" of all layers of the last scan */

static const char *in_dir(const char *name)
{
	static char path[2][256];
	static int turn;
	turn ^= 1;
	snprintf(path[turn], sizeof path[turn], "%s/%s", dir, name);
	return path[turn];
}

static void write_file(const char *name, const char *content)
{
	int fd = open(in_dir(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0 && io_write_all(fd, content, strlen(content)) == 0);
	close(fd);
}

static void run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void run(const char *format, ...)
{
	char command[1024];
	va_list ap;
	va_start(ap, format);
	vsnprintf(command, sizeof command, format, ap);
	va_end(ap);
	assert_int_equal(system(command), 0);
}

static void on_text(void *ctx, const char *path, enum text_role role, const char *text, size_t size)
{
	if (role == ROLE_NAME)
		return;
	size_t len = strlen(texts);
	snprintf(texts + len, sizeof texts - len, "%s|%.*s\n", path, (int)(size < 4096 ? size : 4096), text);
}

static struct extract_result scan_path(const char *path)
{
	struct extract_result r;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	texts[0] = '\0';
	extract_scan(engine, fd, "", 0, on_text, NULL, &r);
	close(fd);
	return r;
}

static const struct {
	const char *file;
	enum scan_status status;
	enum cause cause;
	const char *name; /* begins so; NULL: any */
} expected[] = {
	{ "eicar.txt", SCAN_MALWARE, CAUSE_NONE, "Eicar-Test-Signature" },
	{ "eicar.zip", SCAN_MALWARE, CAUSE_NONE, "Eicar-Test-Signature" },
	{ "eicar.eml", SCAN_MALWARE, CAUSE_NONE, "Eicar-Test-Signature" },
	{ "clean.txt", SCAN_CLEAN, CAUSE_NONE, "" },
	{ "clean.zip", SCAN_CLEAN, CAUSE_NONE, "" },
	{ "clean.doc", SCAN_CLEAN, CAUSE_NONE, "" },
	{ "text.docx", SCAN_CLEAN, CAUSE_NONE, "" },
	{ "text.odt", SCAN_CLEAN, CAUSE_NONE, "" },
	/* skipped by libclamav, unpacked by us */
	{ "zip64.zip", SCAN_MALWARE, CAUSE_NONE, "Eicar-Test-Signature" },
	{ "zip64_python.zip", SCAN_MALWARE, CAUSE_NONE, "Eicar-Test-Signature" },
	{ "zip64_nested.zip", SCAN_MALWARE, CAUSE_NONE, "Eicar-Test-Signature" },
	{ "zip64_in_zip64.zip", SCAN_MALWARE, CAUSE_NONE, "Eicar-Test-Signature" },
	{ "zip64_clean.zip", SCAN_CLEAN, CAUSE_NONE, "" },
	{ "zip64_cut.zip", SCAN_UNSCANNABLE, CAUSE_UNSCANNABLE, NULL },
	{ "zip64_late.zip", SCAN_UNSCANNABLE, CAUSE_LIMIT, NULL },
	{ "zip64_total.zip", SCAN_UNSCANNABLE, CAUSE_LIMIT, NULL },
	{ "rar4.rar", SCAN_MALWARE, CAUSE_NONE, "Eicar-Test-Signature" },
	{ "rar4_cut.rar", SCAN_UNSCANNABLE, CAUSE_UNSCANNABLE, NULL },
	{ "rar_in_zip.zip", SCAN_MALWARE, CAUSE_NONE, "Eicar-Test-Signature" },
	{ "bzip2.zip", SCAN_MALWARE, CAUSE_NONE, "Eicar-Test-Signature" },
	{ "lzma.zip", SCAN_MALWARE, CAUSE_NONE, "Eicar-Test-Signature" },
	{ "lzma_nested.zip", SCAN_MALWARE, CAUSE_NONE, "Eicar-Test-Signature" },
	{ "lzma_clean.zip", SCAN_CLEAN, CAUSE_NONE, "" },
	{ "unknown_method.zip", SCAN_UNSCANNABLE, CAUSE_UNSCANNABLE, NULL },
	{ "sfx.exe", SCAN_MALWARE, CAUSE_NONE, "Eicar-Test-Signature" },
	{ "sfx_cut.exe", SCAN_UNSCANNABLE, CAUSE_UNSCANNABLE, NULL },
	{ "deflate.7z", SCAN_MALWARE, CAUSE_NONE, "Eicar-Test-Signature" },
	{ "bzip2.7z", SCAN_MALWARE, CAUSE_NONE, "Eicar-Test-Signature" },
	{ "lzma2.7z", SCAN_MALWARE, CAUSE_NONE, "Eicar-Test-Signature" },
	{ "ppmd.7z", SCAN_MALWARE, CAUSE_NONE, "Eicar-Test-Signature" },
	{ "streams.gz", SCAN_MALWARE, CAUSE_NONE, "Test.Raw" },
	{ "streams.bz2", SCAN_MALWARE, CAUSE_NONE, "Test.Raw" },
	{ "streams.xz", SCAN_MALWARE, CAUSE_NONE, "Test.Raw" },
	{ "a.deb", SCAN_MALWARE, CAUSE_NONE, "Eicar-Test-Signature" },
	{ "eicar.txt.zst", SCAN_MALWARE, CAUSE_NONE, "Eicar-Test-Signature" },
	{ "eicar.txt.lz4", SCAN_MALWARE, CAUSE_NONE, "Eicar-Test-Signature" },
	{ "old.ace", SCAN_UNSCANNABLE, CAUSE_UNSCANNABLE, "ace" },
	{ "old.lrz", SCAN_UNSCANNABLE, CAUSE_UNSCANNABLE, "lrzip" },
	/* limits */
	{ "member_late.zip", SCAN_UNSCANNABLE, CAUSE_TOO_BIG, NULL },
	{ "member_late_deflated.zip", SCAN_UNSCANNABLE, CAUSE_LIMIT, NULL },
	{ "member_forged.zip", SCAN_UNSCANNABLE, CAUSE_LIMIT, NULL },
	{ "member_late.tar.gz", SCAN_UNSCANNABLE, CAUSE_LIMIT, NULL },
	{ "late.gz", SCAN_UNSCANNABLE, CAUSE_LIMIT, NULL },
	{ "total.zip", SCAN_UNSCANNABLE, CAUSE_LIMIT, NULL },
	{ "members.zip", SCAN_UNSCANNABLE, CAUSE_LIMIT, NULL },
	{ "deep.zip", SCAN_UNSCANNABLE, CAUSE_LIMIT, NULL },
	{ "bomb.zip", SCAN_UNSCANNABLE, CAUSE_LIMIT, NULL },
	/* encrypted, of which libclamav flags only the first two */
	{ "encrypted.zip", SCAN_UNSCANNABLE, CAUSE_ENCRYPTED, NULL },
	/* damaged; libclamav takes what it gets */
	{ "noise.gz", SCAN_UNSCANNABLE, CAUSE_UNSCANNABLE, NULL },
	{ "cut.gz", SCAN_UNSCANNABLE, CAUSE_UNSCANNABLE, NULL },
	{ "cut.bz2", SCAN_UNSCANNABLE, CAUSE_UNSCANNABLE, NULL },
	{ "cut.tar", SCAN_UNSCANNABLE, CAUSE_UNSCANNABLE, NULL },
	{ "noise.pdf", SCAN_UNSCANNABLE, CAUSE_UNSCANNABLE, NULL },
	{ "noise_part.docx", SCAN_UNSCANNABLE, CAUSE_UNSCANNABLE, NULL },
	{ "whole.gz", SCAN_CLEAN, CAUSE_NONE, "" },
	{ "empty.gz", SCAN_CLEAN, CAUSE_NONE, "" },
	{ "whole.tar", SCAN_CLEAN, CAUSE_NONE, "" },
	{ "noise.zip", SCAN_UNSCANNABLE, CAUSE_UNSCANNABLE, NULL }, /* it says so, but there is nothing */
	{ "encrypted.pdf", SCAN_UNSCANNABLE, CAUSE_ENCRYPTED, NULL },
	{ "encrypted.docx", SCAN_UNSCANNABLE, CAUSE_ENCRYPTED, "Filterd.Encrypted.OOXML" },
	{ "encrypted.odt", SCAN_UNSCANNABLE, CAUSE_ENCRYPTED, "Filterd.Encrypted.ODF" },
	{ "encrypted.doc", SCAN_UNSCANNABLE, CAUSE_ENCRYPTED, "Filterd.Encrypted.DOC" },
	{ "encrypted.xls", SCAN_UNSCANNABLE, CAUSE_ENCRYPTED, "Filterd.Encrypted.XLS" },
	{ "encrypted_protected.xls", SCAN_UNSCANNABLE, CAUSE_ENCRYPTED, "Filterd.Encrypted.XLS" },
	{ "encrypted.ppt", SCAN_UNSCANNABLE, CAUSE_ENCRYPTED, "Filterd.Encrypted.PPT" },
	{ "encrypted_api.ppt", SCAN_UNSCANNABLE, CAUSE_ENCRYPTED, "Filterd.Encrypted.PPT" },
	{ "encrypted_beside_eicar.odt", SCAN_MALWARE, CAUSE_NONE, "Eicar-Test-Signature" },
	/* pages */
	{ "raw.html", SCAN_MALWARE, CAUSE_NONE, "Test.Raw" },
	{ "utf16.html", SCAN_MALWARE, CAUSE_NONE, "Test.Norm" },
	{ "utf32.html", SCAN_MALWARE, CAUSE_NONE, "Test.Norm" },
};

static void no_silent_clean(void **state)
{
	unsigned wrong = 0;
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
		uint64_t begin = clock_ms();
		struct extract_result r = scan_path(in_dir(expected[i].file));
		if (r.status != expected[i].status || r.cause != expected[i].cause ||
		    (expected[i].name && strncmp(r.name, expected[i].name, strlen(expected[i].name)) != 0)) {
			print_error("%s: %s %s \"%s\"\n", expected[i].file, scan_status_name(r.status), cause_name(r.cause), r.name);
			wrong++;
		}
		if (clock_ms() - begin > 5000) {
			print_error("%s: took %llu ms\n", expected[i].file, (unsigned long long)(clock_ms() - begin));
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

static void text_of_layers(void **state)
{
	static const char *const want[][2] = {
		{ "text.docx", "word/document.xml|the bluebird4711 flies\n" },
		{ "text.odt", "content.xml|the bluebird4711 flies\n" },
		{ "text.doc", "|the bluebird4711 flies\n" },
		{ "text_utf16.txt", "|the bluebird4711 flies\n" },
		{ "text_nested.zip", "in/a.zip/b.txt|the bluebird4711 flies\n" },
		{ "zip64_clean.zip", "a.txt|the bluebird4711 flies\n" },
	};
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		struct extract_result r = scan_path(in_dir(want[i][0]));
		assert_int_equal(r.status, SCAN_CLEAN);
		const char *at = strstr(texts, want[i][1]);
		if (!at)
			fail_msg("%s gave only: %s", want[i][0], texts);
		assert_null(strstr(at + 1, "bluebird4711 flies\n\n\n|")); /* and not twice */
	}
	/* a file that is seen again is taken apart again */
	scan_path(in_dir("text.docx"));
	assert_non_null(strstr(texts, "bluebird4711"));
}

/* What it is by content, whatever it is called: the file first, then what is in it. */
static void types_by_content(void **state)
{
	static const struct { const char *file, *own, *inside; } t[] = { /* NULL: nothing more to look for */
		{ "text.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", NULL },
		{ "encrypted.zip", "application/zip", NULL }, { "rar_in_zip.zip", "application/zip", "application/vnd.rar" }, { "rar4.rar", "application/vnd.rar", NULL },
		{ "sfx.exe", "application/vnd.microsoft.portable-executable", NULL }, { "lzma2.7z", "application/x-7z-compressed", NULL },
		{ "encrypted.pdf", "application/pdf", NULL }, { "streams.gz", "application/gzip", NULL }, { "raw.html", "text/html", NULL },
		{ "encrypted.doc", "application/x-ole-storage", NULL }, { "tiny8.txt", "text/plain", NULL }, { "tiny1.txt", "", NULL },
		{ "eicar.txt.zst", "application/zstd", "text/plain" }, { "bzip2.zip", "application/zip", "text/plain" },
		{ "old.ace", "application/x-ace-compressed", NULL }, { "a.deb", "application/x-archive", NULL },
	};
	unsigned wrong = 0;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct extract_result r = scan_path(in_dir(t[i].file));
		size_t n = strcspn(r.types, " ");
		if (n == strlen(t[i].own) && strncmp(r.types, t[i].own, n) == 0 && (!t[i].inside || strstr(r.types + n, t[i].inside)))
			continue;
		print_error("%s: \"%s\"\n", t[i].file, r.types);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static void tiny_files(void **state)
{
	for (int n = 1; n <= 8; n++) {
		char name[32], want[32];
		snprintf(name, sizeof name, "tiny%d.txt", n);
		snprintf(want, sizeof want, "|%.*s\n", n, "password");
		struct extract_result r = scan_path(in_dir(name));
		assert_int_equal(r.status, SCAN_CLEAN);
		assert_int_equal(r.scanned, n);
		assert_string_equal(texts, want);
	}
}

static void every_debian_test_file(void **state)
{
	struct extract_engine *mine = engine, *other;
	struct extract_limits large = { .file_max = 100 << 20, .scan_max = 400 << 20, .files_max = 10000, .recursion_max = 17, .time_ms = 20000 };
	struct cfgerr err;
	struct dirent *e;
	unsigned found = 0, all = 0;
	DIR *d = opendir(TESTFILES);
	if (!d)
		skip();
	assert_int_equal(extract_load(SIGNATURES, NULL, &large, &other, &err), 0);
	assert_int_equal(extract_worker_init(other, in_dir("tmp")), 0);
	engine = other;
	while ((e = readdir(d))) {
		char path[512];
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, TESTFILES "/%s", e->d_name);
		struct extract_result r = scan_path(path);
		all++;
		if (r.status == SCAN_MALWARE && strcmp(r.name, "ClamAV-Test-File") == 0)
			found++;
		else
			print_error("%s: %s %s\n", e->d_name, scan_status_name(r.status), r.name);
	}
	closedir(d);
	engine = mine;
	extract_free(&other);
	assert_int_equal(found, all);
	assert_true(all >= 40);
}

static void page_larger_than_the_library_reads(void **state)
{
	/* beyond 40 MiB libclamav's own setting stops normalising, and says clean */
	struct extract_limits large = { .file_max = 64 << 20, .scan_max = 400 << 20, .files_max = 1000, .recursion_max = 17, .time_ms = 60000 };
	struct extract_engine *mine = engine, *other;
	struct cfgerr err;
	assert_int_equal(extract_load(in_dir("sig"), NULL, &large, &other, &err), 0);
	assert_int_equal(extract_worker_init(other, in_dir("tmp")), 0);
	run("python3 -c \"print('<html><body>' + '<p>aaa</p> '*4100000 + '<p>norm-&#112;attern-1234</p></body></html>')\" > %s/large.html", dir);
	engine = other;
	struct extract_result r = scan_path(in_dir("large.html"));
	engine = mine;
	extract_free(&other);
	assert_int_equal(r.status, SCAN_MALWARE);
	assert_string_equal(r.name, "Test.Norm");
}

/* Scans an infected and a clean archive in a child after prepare(); neither may end as clean. */
static void not_clean_after(int (*prepare)(const char *tmp))
{
	char tmp[256];
	int status;
	snprintf(tmp, sizeof tmp, "%s/tmp2", dir);
	mkdir(tmp, 0700);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (extract_worker_init(engine, tmp) < 0)
			_exit(10);
		int r = prepare(tmp);
		if (r)
			_exit(r);
		struct extract_result clean = scan_path(in_dir("needs_temp.tar.gz"));
		struct extract_result bad = scan_path(in_dir("needs_temp_bad.tar.gz"));
		_exit(clean.status == SCAN_CLEAN ? 11 : bad.status == SCAN_CLEAN ? 12 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	umount(tmp);
	run("rm -rf %s", tmp);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int lose_folder(const char *tmp)
{
	return rmdir(tmp) == 0 ? 0 : 20;
}

static int limit_writes(const char *tmp)
{
	struct rlimit l = { 4096, 4096 };
	signal(SIGXFSZ, SIG_IGN);
	return setrlimit(RLIMIT_FSIZE, &l) == 0 ? 0 : 20;
}

static int fill_disk(const char *tmp)
{
	/* where mounting is not allowed there is nothing to fill */
	if (geteuid() != 0 || mount("tmpfs", tmp, "tmpfs", 0, "size=8k") < 0)
		return 77;
	return 0;
}

static void missing_temp_folder(void **state) { not_clean_after(lose_folder); }
static void writes_that_fail(void **state) { not_clean_after(limit_writes); }
static void full_temp_folder(void **state)
{
	not_clean_after(fill_disk);
}

static void time_is_up(void **state)
{
	struct extract_result r;
	int fd = open(in_dir("bomb_slow.zip"), O_RDONLY | O_CLOEXEC);
	uint64_t begin = clock_ms();
	extract_scan(engine, fd, "", 30, NULL, NULL, &r);
	close(fd);
	assert_true(r.status == SCAN_UNSCANNABLE && (r.cause == CAUSE_TIMEOUT || r.cause == CAUSE_LIMIT));
	assert_true(clock_ms() - begin < 3000);
}

static void odd_descriptors(void **state)
{
	struct extract_result r;
	int ends[2], fd = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	extract_scan(engine, fd, "", 0, NULL, NULL, &r);
	assert_int_equal(r.status, SCAN_UNSCANNABLE);
	close(fd);
	assert_int_equal(pipe(ends), 0);
	extract_scan(engine, ends[0], "", 0, NULL, NULL, &r);
	assert_int_equal(r.status, SCAN_UNSCANNABLE);
	close(ends[0]);
	close(ends[1]);
	extract_scan(engine, -1, "", 0, NULL, NULL, &r);
	assert_int_equal(r.status, SCAN_UNSCANNABLE);
	fd = io_memfd_sealed("empty", "", 0);
	extract_scan(engine, fd, "", 0, NULL, NULL, &r);
	assert_int_equal(r.status, SCAN_CLEAN);
	close(fd);
}

static void expect_refusal(const char *file, const char *content, const char *named, int line)
{
	struct extract_engine *e = NULL;
	struct cfgerr err = { .file = "" };
	run("rm -rf %s/bad && cp -r %s/sig %s/bad", dir, dir, dir);
	if (file) {
		char name[64];
		snprintf(name, sizeof name, "bad/%s", file);
		write_file(name, content);
	}
	assert_int_equal(extract_load(in_dir("bad"), NULL, &small, &e, &err), -1);
	assert_null(e);
	if (!strstr(err.file, named) || (line && err.line != line))
		fail_msg("refused as %s:%d %s", err.file, err.line, err.text);
}

static void broken_signature_files_are_named(void **state)
{
	expect_refusal("a.ndb", "Good:0:*:41424344\nBad line\n", "a.ndb", 2);
	expect_refusal("a.ldb", "Bad;Engine:81-255,Target:0;(0&;41424344\n", "a.ldb", 0);
	expect_refusal("a.hdb", "nothexnothexnothexnothexnothexno:68:Bad\n", "a.hdb", 0);
	expect_refusal("empty.ndb", "", "empty.ndb", 0);
	expect_refusal("empty.ldb", "", "empty.ldb", 0);
	expect_refusal("a.yar", "rule ok { strings: $a = \"abcd\" condition: $a }\nrule broken {\n  strings: $a = \"abcd\"\n  condition: $b\n}\n", "a.yar", 5);
	expect_refusal("b.yara", "rule broken {", "b.yara", 0);
	expect_refusal("empty.yar", "\n", "empty.yar", 0);
	/* without our own EICAR signature nobody knows whether anything works */
	expect_refusal("eicar.ndb", "Other:0:*:4142434445464748\n", "bad", 0);
	expect_refusal("encrypted.ndb", "Other:0:*:4142434445464748\n", "bad", 0);
}

static void folders_without_signatures(void **state)
{
	struct extract_engine *e = NULL;
	struct cfgerr err;
	run("mkdir -p %s/nothing", dir);
	assert_int_equal(extract_load(in_dir("nothing"), NULL, &small, &e, &err), -1);
	assert_int_equal(extract_load(in_dir("nowhere"), NULL, &small, &e, &err), -1);
	/* no official ones is fine: a machine before its first freshclam run */
	assert_int_equal(extract_load(in_dir("sig"), in_dir("nothing"), &small, &e, &err), 0);
	assert_int_equal(extract_official_signatures(e), 0);
	extract_free(&e);
	assert_int_equal(extract_load(in_dir("sig"), in_dir("nowhere"), &small, &e, &err), 0);
	extract_free(&e);
}

static void ours_come_before_official(void **state)
{
	struct extract_engine *e = NULL, *mine = engine;
	struct cfgerr err;
	run("rm -rf %s/l %s/o && cp -r %s/sig %s/l && mkdir %s/o && rm %s/l/test.ndb", dir, dir, dir, dir, dir, dir);
	write_file("o/main.ndb", "Official.Sig:0:*:6e6f7468696e6720746f2073\n");
	assert_int_equal(extract_load(in_dir("l"), in_dir("o"), &small, &e, &err), 0);
	assert_int_equal(extract_official_signatures(e), 1);
	assert_int_equal(extract_worker_init(e, in_dir("tmp")), 0);
	engine = e;
	assert_int_equal(scan_path(in_dir("clean.txt")).status, SCAN_MALWARE);
	extract_free(&e);
	/* a site's list of false alarms works on the official ones */
	write_file("l/site.ign2", "Official.Sig\n");
	assert_int_equal(extract_load(in_dir("l"), in_dir("o"), &small, &e, &err), 0);
	assert_int_equal(extract_worker_init(e, in_dir("tmp")), 0);
	engine = e;
	assert_int_equal(scan_path(in_dir("clean.txt")).status, SCAN_CLEAN);
	extract_free(&e);
	engine = mine;
}

/* 7z files of each method, from eicar.txt; Debian's python can't write them. */
static void make_7z(const char *method)
{
	char name[64], option[64], *data;
	size_t size;
	snprintf(name, sizeof name, "%s.7z", method);
	snprintf(option, sizeof option, "compression=%s", method);
	assert_int_equal(io_read_file(in_dir("eicar.txt"), 100, &data, &size), 0);
	struct archive *a = archive_write_new();
	struct archive_entry *e = archive_entry_new();
	archive_entry_set_pathname(e, "e.com");
	archive_entry_set_size(e, (la_int64_t)size);
	archive_entry_set_filetype(e, AE_IFREG);
	assert_int_equal(archive_write_set_format_7zip(a), ARCHIVE_OK);
	assert_int_equal(archive_write_set_options(a, option), ARCHIVE_OK);
	assert_int_equal(archive_write_open_filename(a, in_dir(name)), ARCHIVE_OK);
	assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
	assert_int_equal(archive_write_data(a, data, size), (int)size);
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_entry_free(e);
	archive_write_free(a);
	free(data);
}

static int setup(void **state)
{
	static const char *const methods[] = { "deflate", "bzip2", "lzma2", "ppmd" };
	struct cfgerr err;
	if (!mkdtemp(dir))
		return -1;
	run("python3 -B %s %s", HOSTILE, dir);
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		make_7z(methods[i]);
	run("cd %s && zstd -q eicar.txt && lz4 -q eicar.txt eicar.txt.lz4", dir);
	run("cd %s && head -c 100000 /dev/urandom > r && echo bluebird > t && tar czf needs_temp.tar.gz r t && tar czf needs_temp_bad.tar.gz r eicar.txt", dir);
	run("cd %s && cp bomb.zip bomb_slow.zip", dir);
	run("mkdir %s/tmp %s/sig && cp %s/eicar.ndb %s/encrypted.ndb %s/local.cfg %s/sig", dir, dir, SIGNATURES, SIGNATURES, SIGNATURES, dir);
	/* "RAW-pattern-1234" anywhere in any file, "norm-pattern-1234" in normalised pages */
	write_file("sig/test.ndb", "Test.Raw:0:*:5241572d7061747465726e2d31323334\nTest.Norm:3:*:6e6f726d2d7061747465726e2d31323334\n");
	if (extract_load(in_dir("sig"), NULL, &small, &engine, &err) < 0) {
		print_error("%s:%d: %s\n", err.file, err.line, err.text);
		return -1;
	}
	return extract_worker_init(engine, in_dir("tmp"));
}

static int teardown(void **state)
{
	extract_free(&engine);
	run("rm -rf %s", dir);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_silent_clean),
		cmocka_unit_test(text_of_layers),
		cmocka_unit_test(tiny_files), cmocka_unit_test(types_by_content),
		cmocka_unit_test(every_debian_test_file),
		cmocka_unit_test(page_larger_than_the_library_reads),
		cmocka_unit_test(missing_temp_folder),
		cmocka_unit_test(writes_that_fail),
		cmocka_unit_test(full_temp_folder),
		cmocka_unit_test(time_is_up),
		cmocka_unit_test(odd_descriptors),
		cmocka_unit_test(broken_signature_files_are_named),
		cmocka_unit_test(folders_without_signatures),
		cmocka_unit_test(ours_come_before_official),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
