/* extract: what people read in a document is what the rules see, and where it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "extract/extract.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT "my visa 4012 8888 8888 1881"

static const struct extract_limits limits = { .file_max = 4 << 20, .scan_max = 16 << 20, .files_max = 1000, .recursion_max = 8, .time_ms = 10000 };

static char dir[] = "/tmp/filterd-documents-XXXXXX";
static struct extract_engine *engine;
static char texts[262144]; /* "path|text\n", names as "path=name\n", of the last scan */

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
	size_t len = strlen(texts);
	assert_true(text_is_utf8(text, size));
	snprintf(texts + len, sizeof texts - len, "%s%c%.*s\n", path, role == ROLE_NAME ? '=' : '|', (int)(size < 8192 ? size : 8192), text);
}

static struct extract_result scan(const char *name)
{
	struct extract_result r;
	char path[256];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	texts[0] = '\0';
	extract_scan(engine, fd, "", 0, on_text, NULL, &r);
	close(fd);
	return r;
}

static unsigned times(const char *part)
{
	unsigned n = 0;
	for (const char *at = texts; (at = strstr(at, part)); at++)
		n++;
	return n;
}

struct want {
	const char *file;
	enum cause cause;
	const char *text; /* must be there; begins with the path if that matters */
	unsigned times;   /* how often; 0: any number of times */
};

static void check(const struct want *wanted, size_t n)
{
	unsigned wrong = 0;
	for (size_t i = 0; i < n; i++) {
		const struct want *w = &wanted[i];
		struct extract_result r = scan(w->file);
		unsigned found = w->text ? times(w->text) : 0;
		enum scan_status status = w->cause == CAUSE_NONE ? SCAN_CLEAN : SCAN_UNSCANNABLE;
		if (r.status == status && r.cause == w->cause && (!w->text || (w->times ? found == w->times : found > 0)))
			continue;
		print_error("%s: %s %s \"%s\", %u times \"%s\" in\n%s\n", w->file, scan_status_name(r.status), cause_name(r.cause), r.name, found,
		            w->text ? w->text : "", texts);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

#define CHECK(wanted) check(wanted, sizeof wanted / sizeof *wanted)

static void pdf(void **state)
{
	static const struct want wanted[] = {
		{ "pieces.pdf", CAUSE_NONE, "|" TEXT "\n", 1 },
		{ "pieces.pdf", CAUSE_NONE, "4012", 1 },
		{ "moved.pdf", CAUSE_NONE, TEXT, 1 },
		{ "mention.txt", CAUSE_NONE, TEXT, 1 },
		{ "table.pdf", CAUSE_NONE, "4012888888881881", 1 },
		{ "properties.pdf", CAUSE_NONE, TEXT, 0 },
		{ "note.pdf", CAUSE_NONE, TEXT, 0 },
		{ "field.pdf", CAUSE_NONE, TEXT, 0 },
		{ "attached.pdf", CAUSE_NONE, "cards.txt|BT ET Tj " TEXT, 1 },
		{ "attached.pdf", CAUSE_NONE, TEXT, 1 },
		{ "attached.pdf", CAUSE_NONE, "cards.txt=cards.txt", 1 },
		{ "picture.pdf", CAUSE_NONE, NULL, 0 },
		{ "broken.pdf", CAUSE_UNSCANNABLE, NULL, 0 },
		{ "cut.pdf", CAUSE_UNSCANNABLE, NULL, 0 },
		{ "encrypted.pdf", CAUSE_ENCRYPTED, NULL, 0 },
	};
	CHECK(wanted);
}

static void paths_and_names(void **state)
{
	static const struct want wanted[] = {
		{ "report.zip", CAUSE_NONE, "a/first.pdf|" TEXT "\n", 1 },
		{ "report.zip", CAUSE_NONE, "a/first.pdf=a/first.pdf\n", 1 },
		{ "report.zip", CAUSE_NONE, "\nb/notes.txt|" TEXT, 1 },
		{ "report.zip", CAUSE_NONE, "\nc/notes.txt|1881", 1 },
		{ "report.zip", CAUSE_NONE, "c/empty 4012888888881881.txt=c/empty 4012888888881881.txt\n", 1 },
	};
	CHECK(wanted);
}

static int setup(void **state)
{
	struct cfgerr err;
	char tmp[64];
	if (!mkdtemp(dir))
		return -1;
	run("python3 %s %s", DOCUMENTS, dir);
	snprintf(tmp, sizeof tmp, "%s/tmp", dir);
	if (mkdir(tmp, 0700) < 0 || extract_load(SIGNATURES, NULL, &limits, &engine, &err) < 0)
		return -1;
	return extract_worker_init(engine, tmp);
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
		cmocka_unit_test(pdf),
		cmocka_unit_test(paths_and_names),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
