/* filterd-scan as the broker sees it: hello, jobs, deaths of workers, refusals, the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/io.h"
#include "scan_rig.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PR_SET_MDWE /* Linux 6.3 */
#define PR_SET_MDWE 65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

#define EICAR "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-" "ANTIVIRUS-TEST-FILE!$H+H*"

static const char rules[] =
	"detectors: ( { id = \"code-word\"; title = \"Code word\"; patterns = ( { regex = \"bluebird[0-9]+\"; confidence = 80; } );\n"
	"  mask = { keep_last = 2; };\n"
	"  tests = { match = [ \"a bluebird12 b\" ]; no_match = [ \"a bluebird\" ]; }; } );\n";

static struct finding findings[SCAN_FINDINGS_MAX];
static struct scan_file_finding file_findings[SCAN_FINDINGS_MAX];
static char name[SCAN_NAME_MAX + 1];

static void start(struct rig *r, unsigned workers)
{
	rig_dirs(r, rules);
	rig_start(r, workers, "file_max = 1000000; scan_max = 4000000; file_time_ms = 5000;");
	if (!r->hello.ok)
		fail_msg("refused: %s", r->hello.text);
	rig_settle(r, 0);
}

static void says_hello_with_its_detectors(void **state)
{
	struct rig r;
	start(&r, 1);
	assert_int_equal(r.hello.generation, 7);
	assert_int_equal(r.hello.workers, 2);
	assert_int_equal(r.hello.detectors, 1);
	assert_true(r.hello.signatures >= 3);
	assert_string_equal(r.hello.degraded, "");
	assert_string_equal(r.detectors[0].id, "code-word");
	assert_int_equal(r.detectors[0].mask_last, 2);
	assert_true(r.workers[0].pid != r.workers[1].pid);
	assert_int_equal(rig_stop(&r), 0);
	rig_remove(&r);
}

/* Where memory can't become executable PCRE2 has no JIT; what is inherited by a process must not stay with this one. */
static void says_what_is_degraded(void **state)
{
	enum { NO_SUCH_CALL = 77 };
	int status;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct rig r;
		if (prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) < 0)
			_exit(NO_SUCH_CALL);
		rig_dirs(&r, rules);
		rig_start(&r, 1, "");
		int told = r.hello.ok && strstr(r.hello.degraded, "JIT") != NULL;
		rig_settle(&r, 0);
		int ended = rig_stop(&r) == 0;
		rig_remove(&r);
		_exit(told && ended ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_SUCH_CALL)
		skip();
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void answers_texts_in_order(void **state)
{
	struct rig r;
	struct scan_text_answer a;
	start(&r, 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(rig_text(&r, 0, "nothing here", findings, &a), 0);
		assert_true(a.n == 0 && a.cause == CAUSE_NONE);
		assert_int_equal(rig_text(&r, 0, "caf\xc3\xa9 bluebird77!", findings, &a), 0);
		assert_true(a.n == 1 && a.findings[0].start == 6 && a.findings[0].end == 16 && a.findings[0].confidence == 80);
	}
	/* a whole window at once */
	struct scan_text t = { ROLE_BODY, "bluebird1", 9 };
	struct buf out;
	buf_init(&out, 1 << 20);
	for (uint32_t i = 0; i < 32; i++) {
		struct scan_text_job job = { .seq = 7 + i, .budget_us = 1000000, .ntexts = 1, .texts = &t };
		assert_int_equal(scan_put_text_job(&out, &job), 0);
	}
	assert_int_equal(io_write_all(r.workers[0].text, buf_ptr(&out), buf_left(&out)), 0);
	buf_reset(&out);
	for (uint32_t i = 0; i < 32;) {
		struct scan_text_job job = { .seq = 7 + i, .ntexts = 1, .texts = &t };
		int e = scan_get_text_answer(&out, &job, 1, findings, &a);
		if (e == 0) {
			assert_int_equal(a.n, 1);
			i++;
			continue;
		}
		assert_int_equal(e, SCAN_WIRE_SHORT);
		assert_int_equal(buf_reserve(&out, 65536), 0);
		ssize_t n = read(r.workers[0].text, buf_end(&out), 65536);
		assert_true(n > 0);
		out.len += (size_t)n;
	}
	buf_free(&out);
	assert_int_equal(rig_stop(&r), 0);
	rig_remove(&r);
}

static void scan(struct rig *r, enum scan_kind kind, const void *data, size_t size, struct scan_file_answer *a)
{
	int fd = io_memfd_sealed("x", data, size);
	rig_send_file(r, 0, kind, fd, 5000);
	close(fd);
	assert_int_equal(rig_recv_file(r, 0, kind, r->workers[0].file_seq, size, file_findings, a, name), 0);
}

static void answers_files(void **state)
{
	struct rig r;
	struct scan_file_answer a;
	start(&r, 1);
	scan(&r, SCAN_KIND_FILE, EICAR, sizeof EICAR - 1, &a);
	assert_int_equal(a.status, SCAN_MALWARE);
	assert_string_equal(name, "Eicar-Test-Signature");
	scan(&r, SCAN_KIND_FILE, "plain text\n", 11, &a);
	assert_true(a.status == SCAN_CLEAN && a.n == 0 && a.scanned == 11);
	scan(&r, SCAN_KIND_FILE, "the bluebird4711 flies\n", 23, &a);
	assert_true(a.status == SCAN_CLEAN && a.n == 1 && a.findings[0].start == 4 && a.findings[0].end == 16 && a.findings[0].path_len == 0);
	scan(&r, SCAN_KIND_TEXT, "the bluebird4711 flies", 22, &a);
	assert_true(a.status == SCAN_CLEAN && a.n == 1 && a.findings[0].start == 4);
	scan(&r, SCAN_KIND_TEXT, "", 0, &a);
	assert_true(a.status == SCAN_CLEAN && a.n == 0);
	static char big[1000001];
	memset(big, 'a', sizeof big);
	scan(&r, SCAN_KIND_FILE, big, sizeof big, &a);
	assert_true(a.status == SCAN_UNSCANNABLE && a.cause == CAUSE_TOO_BIG);
	assert_int_equal(rig_stop(&r), 0);
	rig_remove(&r);
}

/* What needs files, charsets or memory while closed in must work as it does outside. */
static void unpacks_and_decodes_closed_in(void **state)
{
	static const char page[] = "<html><body><p>norm-pattern-1234</p></body></html>";
	static const char test[] = "Test.Norm:3:*:6e6f726d2d7061747465726e2d31323334\n";
	char wide[4 * sizeof page] = "\xff\xfe\0", command[256], path[128], *data;
	static const char *const archives[] = { "zip64.zip", "zip64_nested.zip", "rar4.rar", "a.deb", "eicar.zip", "eicar.eml" };
	struct rig r;
	struct scan_file_answer a;
	size_t size;
	rig_dirs(&r, rules);
	rig_write(&r, "sig/test.ndb", test, strlen(test));
	snprintf(command, sizeof command, "mkdir %s/h && python3 -B %s %s/h", r.dir, HOSTILE, r.dir);
	assert_int_equal(system(command), 0);
	rig_start(&r, 1, "");
	rig_settle(&r, 0);
	for (size_t i = 0; i < sizeof page - 1; i++)
		wide[4 + 4 * i] = page[i];
	scan(&r, SCAN_KIND_FILE, wide, 4 * sizeof page, &a);
	assert_int_equal(a.status, SCAN_MALWARE);
	assert_string_equal(name, "Test.Norm");
	for (size_t i = 0; i < sizeof archives / sizeof *archives; i++) {
		snprintf(path, sizeof path, "%s/h/%s", r.dir, archives[i]);
		assert_int_equal(io_read_file(path, 1 << 20, &data, &size), 0);
		scan(&r, SCAN_KIND_FILE, data, size, &a);
		free(data);
		if (a.status != SCAN_MALWARE)
			fail_msg("%s: %s", archives[i], name);
	}
	snprintf(path, sizeof path, "%s/h/text_nested.zip", r.dir);
	assert_int_equal(io_read_file(path, 1 << 20, &data, &size), 0);
	scan(&r, SCAN_KIND_FILE, data, size, &a);
	free(data);
	assert_true(a.status == SCAN_CLEAN && a.n == 1 && a.findings[0].path_len == 14);
	assert_memory_equal(a.findings[0].path, "in/a.zip/b.txt", 14);
	assert_int_equal(r.exits, 0);
	assert_int_equal(rig_stop(&r), 0);
	rig_remove(&r);
}

static int has_path(const struct scan_file_answer *a, const char *path)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->findings[i].path_len == strlen(path) && memcmp(a->findings[i].path, path, strlen(path)) == 0)
			return 1;
	return 0;
}

/* Every sample of a document, whole or broken, is answered by a worker that is closed in, and that lives on. */
static void reads_documents_closed_in(void **state)
{
	static const char cards[] = "detectors: ( { id = \"card\"; title = \"card\"; patterns = ( { regex = \"4012 ?8888 ?8888 ?1881\"; "
				    "confidence = 80; } ); tests = { match = [ \"4012888888881881\" ]; no_match = [ \"401\" ]; }; } );\n";
	static const struct {
		const char *file, *path; /* of the finding */
	} with_card[] = {
		{ "pieces.pdf", "" }, { "table.pdf", "" }, { "attached.pdf", "-" }, { "runs.docx", "word/document.xml" },
		{ "shared.xlsx", "xl/worksheets/sheet1.xml" }, { "slide.pptx", "ppt/slides/slide1.xml" }, { "spans.odt", "content.xml" },
		{ "plain.rtf", "" }, { "page.html", "" }, { "utf16be.csv", "" }, { "quoted.eml", "" },
		{ "archive.zip", "report.docx/word/document.xml" }, { "report.zip", "a/first.pdf" },
	};
	struct rig r;
	struct scan_file_answer a;
	struct dirent *e;
	unsigned found = 0, all = 0;
	char path[512];
	rig_dirs(&r, cards);
	snprintf(path, sizeof path, "mkdir %s/h && python3 -B %s %s/h", r.dir, DOCUMENTS, r.dir);
	assert_int_equal(system(path), 0);
	rig_start(&r, 1, "");
	rig_settle(&r, 0);
	snprintf(path, sizeof path, "%s/h", r.dir);
	DIR *d = opendir(path);
	while ((e = readdir(d))) {
		char *data;
		size_t size;
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/h/%s", r.dir, e->d_name);
		assert_int_equal(io_read_file(path, 1 << 20, &data, &size), 0);
		scan(&r, SCAN_KIND_FILE, data, size, &a);
		free(data);
		all++;
		for (size_t i = 0; i < sizeof with_card / sizeof *with_card; i++)
			if (strcmp(with_card[i].file, e->d_name) == 0) {
				if (a.status != SCAN_CLEAN || !has_path(&a, with_card[i].path))
					fail_msg("%s: %s \"%s\", %zu findings", e->d_name, scan_status_name(a.status), name, (size_t)a.n);
				found++;
			}
	}
	closedir(d);
	assert_int_equal(found, sizeof with_card / sizeof *with_card);
	assert_true(all > 40);
	assert_int_equal(r.exits, 0);
	assert_int_equal(rig_stop(&r), 0);
	rig_remove(&r);
}

static void more_findings_than_fit_are_no_clean_verdict(void **state)
{
	static char many[120000];
	struct rig r;
	struct scan_file_answer a;
	start(&r, 1);
	for (size_t i = 0; i < sizeof many; i += 12)
		memcpy(many + i, "bluebird123 ", 12);
	scan(&r, SCAN_KIND_FILE, many, sizeof many, &a);
	assert_true(a.status == SCAN_UNSCANNABLE && a.cause == CAUSE_OVER_BUDGET);
	assert_true(a.n >= 100 && a.n <= SCAN_FINDINGS_MAX);
	static const char mark[] = "<?xml version=\"1.0\"?><manifest:manifest><manifest:encryption-data/></manifest:manifest> ";
	memcpy(many, mark, sizeof mark - 1);
	scan(&r, SCAN_KIND_FILE, many, 500, &a);
	assert_true(a.status == SCAN_UNSCANNABLE && a.cause == CAUSE_ENCRYPTED);
	scan(&r, SCAN_KIND_FILE, many, sizeof many, &a); /* both: what policy may let pass does not hide the other */
	assert_true(a.status == SCAN_UNSCANNABLE && a.cause == CAUSE_OVER_BUDGET);
	assert_int_equal(rig_stop(&r), 0);
	rig_remove(&r);
}

static unsigned folders_left(const struct rig *r)
{
	char path[128];
	unsigned n = 0;
	struct dirent *e;
	snprintf(path, sizeof path, "%s/run/tmp", r->dir);
	DIR *d = opendir(path);
	assert_non_null(d);
	while ((e = readdir(d)))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static void replaces_the_dead_at_once(void **state)
{
	struct rig r;
	struct scan_text_answer a;
	start(&r, 1);
	assert_int_equal(folders_left(&r), 2);
	pid_t first = r.workers[0].pid, other = r.workers[1].pid;
	uint64_t begin = clock_ms();
	kill(first, SIGKILL);
	rig_settle(&r, 1);
	assert_true(clock_ms() - begin < 5000);
	assert_true(r.last_exit.slot == 0 && r.last_exit.signal == SIGKILL && (pid_t)r.last_exit.pid == first);
	assert_true(r.workers[0].pid != first && r.workers[1].pid == other);
	assert_int_equal(rig_text(&r, 0, "bluebird1", findings, &a), 0);
	assert_int_equal(a.n, 1);
	assert_int_equal(rig_text(&r, 1, "bluebird1", findings, &a), 0);
	/* what the dead left behind is gone */
	assert_int_equal(folders_left(&r), 2);
	assert_int_equal(rig_stop(&r), 0);
	assert_int_equal(folders_left(&r), 0);
	rig_remove(&r);
}

static void kills_on_demand_but_never_the_successor(void **state)
{
	struct rig r;
	start(&r, 1);
	pid_t first = r.workers[0].pid;
	struct scan_msg m = { .type = SCAN_MSG_KILL, .worker = { .slot = 0, .pid = (uint32_t)first } };
	struct buf b;
	struct scan_text_answer a;
	buf_init(&b, SCAN_PACKET_MAX);
	assert_int_equal(scan_put_msg(&b, &m), 0);
	assert_int_equal(io_send_fds(r.channel, buf_ptr(&b), buf_left(&b), NULL, 0), 0);
	rig_settle(&r, 1);
	assert_true(r.last_exit.signal == SIGKILL && (pid_t)r.last_exit.pid == first);
	pid_t second = r.workers[0].pid;
	assert_int_equal(io_send_fds(r.channel, buf_ptr(&b), buf_left(&b), NULL, 0), 0);
	buf_free(&b);
	assert_int_equal(rig_text(&r, 0, "x", findings, &a), 0);
	assert_int_equal(r.workers[0].pid, second);
	assert_int_equal(kill(second, 0), 0);
	assert_int_equal(rig_stop(&r), 0);
	rig_remove(&r);
}

static void page_names_the_job_that_hangs(void **state)
{
	struct rig r;
	start(&r, 1);
	kill(r.workers[0].pid, SIGSTOP); /* a hang that nothing inside can end */
	int fd = io_memfd_sealed("x", "abc", 3);
	rig_send_file(&r, 0, SCAN_KIND_FILE, fd, 1000);
	close(fd);
	kill(r.workers[0].pid, SIGCONT);
	struct scan_file_answer a;
	assert_int_equal(rig_recv_file(&r, 0, SCAN_KIND_FILE, 1, 3, file_findings, &a, name), 0);
	for (int i = 0; i < 200 && scan_page_read(r.workers[0].page).seq != 0; i++)
		usleep(10000);
	assert_true(scan_page_read(r.workers[0].page).seq == 0);
	assert_int_equal(rig_stop(&r), 0);
	rig_remove(&r);
}

static void nonsense_ends_the_worker(void **state)
{
	struct rig r;
	start(&r, 1);
	assert_int_equal(send(r.workers[0].text, "\xff\xff\xff\xff", 4, MSG_NOSIGNAL), 4);
	rig_settle(&r, 1);
	assert_int_equal(r.last_exit.code, 3);
	assert_int_equal(send(r.workers[0].file, "?", 1, MSG_NOSIGNAL), 1);
	rig_settle(&r, 2);
	assert_int_equal(r.last_exit.code, 3);
	assert_int_equal(rig_stop(&r), 0);
	rig_remove(&r);
}

/* Starts with one more file and expects a refusal that names it. */
static void refused(const char *file, const char *content, const char *where)
{
	struct rig r;
	rig_dirs(&r, rules);
	rig_write(&r, file, content, strlen(content));
	rig_start(&r, 1, "");
	assert_int_equal(r.hello.ok, 0);
	if (!strstr(r.hello.text, where))
		fail_msg("\"%s\" does not name \"%s\"", r.hello.text, where);
	assert_int_equal(rig_stop(&r), 1);
	rig_remove(&r);
}

static void broken_rules_are_refused(void **state)
{
	refused("rules/z.rules", "detectors: ( {\n  id = \"x\"; title = \"X\";\n  patterns = ( { regex = \"(\"; confidence = 50; } );\n} );\n", "z.rules:");
	refused("rules/z.rules",
	        "detectors: ( { id = \"x\"; title = \"X\"; patterns = ( { regex = \"abc\"; confidence = 50; } );\n tests = { match = [ \"nothing\" ]; }; } );\n",
	        "z.rules");
}

static void broken_signatures_are_refused(void **state)
{
	refused("sig/bad.ndb", "Name:0:*:41414141\nnonsense\n", "bad.ndb");
	refused("sig/empty.ndb", "", "empty.ndb");
	refused("sig/silent.yar", "rule broken { strings: $a = \"abc\" condition: $b }\n", "silent.yar");
	refused("sig/eicar.ndb", "Name:0:*:4141414142424242\n", "EICAR");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_hello_with_its_detectors),
		cmocka_unit_test(says_what_is_degraded),
		cmocka_unit_test(answers_texts_in_order),
		cmocka_unit_test(answers_files),
		cmocka_unit_test(unpacks_and_decodes_closed_in),
		cmocka_unit_test(reads_documents_closed_in),
		cmocka_unit_test(more_findings_than_fit_are_no_clean_verdict),
		cmocka_unit_test(replaces_the_dead_at_once),
		cmocka_unit_test(kills_on_demand_but_never_the_successor),
		cmocka_unit_test(page_names_the_job_that_hangs),
		cmocka_unit_test(nonsense_ends_the_worker),
		cmocka_unit_test(broken_rules_are_refused),
		cmocka_unit_test(broken_signatures_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
