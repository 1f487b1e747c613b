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
	strcpy(texts, "\n");
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

enum { NEVER = 1000000 };

struct want {
	const char *file;
	enum cause cause;
	const char *text; /* must be there; begins with the path if that matters */
	unsigned times;   /* how often; 0: once or more */
};

static void check(const struct want *wanted, size_t n)
{
	unsigned wrong = 0;
	for (size_t i = 0; i < n; i++) {
		const struct want *w = &wanted[i];
		struct extract_result r = scan(w->file);
		unsigned found = w->text ? times(w->text) : 0;
		enum scan_status status = w->cause == CAUSE_NONE ? SCAN_CLEAN : SCAN_UNSCANNABLE;
		if (r.status == status && r.cause == w->cause && (!w->text || (w->times == NEVER ? found == 0 : w->times ? found == w->times : found > 0)))
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
		{ "note.pdf", CAUSE_NONE, TEXT, 1 },
		{ "field.pdf", CAUSE_NONE, TEXT, 0 },
		{ "bookmark.pdf", CAUSE_NONE, "chapter\n" TEXT "\n", 1 },
		{ "attached.pdf", CAUSE_NONE, "BT ET Tj " TEXT, 1 },
		{ "attached_note.pdf", CAUSE_NONE, "BT ET Tj " TEXT, 1 },
		{ "scanned.pdf", CAUSE_UNSCANNABLE, "A scan", 0 },
		{ "picture.pdf", CAUSE_UNSCANNABLE, NULL, 0 },
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

static void office(void **state)
{
	static const struct want wanted[] = {
		{ "runs.docx", CAUSE_NONE, "\nword/document.xml|" TEXT "\nnext\n", 1 },
		{ "runs.docx", CAUSE_NONE, "4012", 1 },
		{ "runs.docx", CAUSE_NONE, "00A77B3E", NEVER },
		{ "table.docx", CAUSE_NONE, "word/document.xml|4012 8888\t\n", 1 },
		{ "tabs.docx", CAUSE_NONE, "word/document.xml|a\tb-c <\xc3\xa9>\nd\n", 1 },
		{ "notes.docx", CAUSE_NONE, "word/footnotes.xml|" TEXT "\n", 1 },
		{ "notes.docx", CAUSE_NONE, "docProps/core.xml|title: 4012\ncreator: 8888\n", 1 },
		{ "notes.docx", CAUSE_NONE, "word/_rels/document.xml.rels|Target: https://x.test/4012888888881881", 1 },
		{ "utf16.docx", CAUSE_NONE, "word/document.xml|" TEXT "\nnext\n", 1 },
		{ "damaged.docx", CAUSE_UNSCANNABLE, TEXT, 1 },
		{ "whole.docx", CAUSE_NONE, TEXT, 1 },
		{ "undeclared.docx", CAUSE_NONE, "4012", 0 },
		{ "comment_first.docx", CAUSE_NONE, "word/document.xml|" TEXT "\nnext\n", 1 },
		{ "no_main.docx", CAUSE_UNSCANNABLE, NULL, 0 },
		{ "empty_main.docx", CAUSE_UNSCANNABLE, NULL, 0 },
		{ "garbage_main.docx", CAUSE_UNSCANNABLE, NULL, 0 },
		{ "other_main.docx", CAUSE_NONE, TEXT, 1 },
		{ "bad_member.docx", CAUSE_UNSCANNABLE, NULL, 0 },
		{ "cut.docx", CAUSE_UNSCANNABLE, NULL, 0 },
		{ "bad_member.zip", CAUSE_UNSCANNABLE, NULL, 0 },
		{ "no_content.odt", CAUSE_UNSCANNABLE, NULL, 0 },
		{ "whole.odt", CAUSE_NONE, TEXT, 1 },
		{ "nested.docx", CAUSE_LIMIT, TEXT, 0 },
		{ "slide.pptx", CAUSE_NONE, "ppt/slides/slide1.xml|" TEXT "\n", 1 },
		{ "archive.zip", CAUSE_NONE, "\nreport.docx/word/document.xml|" TEXT "\nnext", 1 },
		{ "archive.zip", CAUSE_NONE, "\nin/other.zip/report.docx/word/document.xml|" TEXT "\nthen", 1 },
		{ "spans.odt", CAUSE_NONE, "content.xml|" TEXT "\nnext\tone\nline\n", 1 },
		{ "cells.ods", CAUSE_NONE, "content.xml|4012 8888\t\n4012888888881881\n", 1 },
		{ "named.ods", CAUSE_NONE, "content.xml|name\tnote\tpassword\t\nname: Jo\tpassword: winter\ntwo\t\n", 1 },
		{ "named.docx", CAUSE_NONE, "word/document.xml|before\nname\tvisa\t\nname: Jo\tvisa: in\nin\t\nafter\n", 1 },
		{ "note_within.odt", CAUSE_NONE, "content.xml|" TEXT "\na remark\n", 1 },
		{ "word2003.xml", CAUSE_NONE, "|" TEXT "\n", 1 },
		{ "places.kml", CAUSE_NONE, TEXT, 1 },
		{ "data.xml", CAUSE_NONE, "|no: 4012\n888\nn: caf\xc3\xa9\n", 1 },
		{ "config.xml", CAUSE_NONE, "|password: winter\nmixed: a red\nb\n", 1 },
		{ "config.xml", CAUSE_NONE, "\nname: db.password\ndb.password: summer\n", 1 },
		{ "settings.docx", CAUSE_NONE, ": ", NEVER },
		{ "odd_charset.xml", CAUSE_NONE, "\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c", 1 },
	};
	CHECK(wanted);
}

#define ROW1 "my visa\t4012 8888 8888 1881\t\n"
#define ROW2 "4012888888881881\t4.01288888888188E15 4012888888881880\tinline\t=\"a\"&\"b\"\tab\t\n"

static void sheets(void **state)
{
	static const struct want wanted[] = {
		{ "shared.xlsx", CAUSE_NONE, "\nxl/worksheets/sheet1.xml|" ROW1 ROW2, 1 },
		{ "shared.xlsx", CAUSE_NONE, "4012 8888", 1 },
		{ "shared.xlsx", CAUSE_NONE, "xl/sharedStrings.xml|unused one\n", 1 },
		{ "shared.xlsx", CAUSE_NONE, "=xl/workbook.xml\n", 1 },
		{ "shared.xlsx", CAUSE_NONE, "Customers of May", 1 },
		{ "shared_first.xlsx", CAUSE_NONE, "xl/worksheets/sheet1.xml|" ROW1 ROW2, 1 },
		{ "strings_missing.xlsx", CAUSE_NONE, "xl/worksheets/sheet1.xml|1 0\t\n" ROW2, 1 },
		{ "strings_damaged.xlsx", CAUSE_UNSCANNABLE, "4012 8888 8888 1881", 1 },
		{ "strings_damaged.xlsx", CAUSE_UNSCANNABLE, "4012888888881881", 1 },
		{ "named.xlsx", CAUSE_NONE, "|name\tpassword\tvisa\t\nname: Jo\tvisa: 40128888 88881881\t\nname: Al\tpassword: winter\t\n", 1 },
		{ "sheets.zip", CAUSE_NONE, "\nq3/shared.xlsx/xl/worksheets/sheet1.xml|" ROW1, 1 },
	};
	CHECK(wanted);
}

static void rtf(void **state)
{
	static const struct want wanted[] = {
		{ "plain.rtf", CAUSE_NONE, "|" TEXT "\nnext\tcaf\xc3\xa9 {x}\n", 1 },
		{ "plain.rtf", CAUSE_NONE, "4012", 1 },
		{ "unicode.rtf", CAUSE_NONE, "|p\xc3\xa4sswort \xf0\x9f\x98\x80 \xc3\xa4n\xc3\xa4x\n", 1 },
		{ "cyrillic.rtf", CAUSE_NONE, "\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c", 1 },
		{ "parts.rtf", CAUSE_NONE, TEXT, 1 },
		{ "parts.rtf", CAUSE_NONE, "4012888888881881", 1 }, /* the address, not the picture */
		{ "parts.rtf", CAUSE_NONE, "hidden", 1 },
		{ "parts.rtf", CAUSE_NONE, "body end", 1 },
		{ "cut.rtf", CAUSE_NONE, TEXT, 1 },
		{ "deep.rtf", CAUSE_LIMIT, NULL, 0 },
	};
	CHECK(wanted);
}

static void pages_and_plain_text(void **state)
{
	static const struct want wanted[] = {
		{ "page.html", CAUSE_NONE, "my visa 4012 8888 8888 1881 \xc3\xa9\xe2\x80\x93x\n", 1 },
		{ "page.html", CAUSE_NONE, "\na\tb\t\n", 1 },
		{ "table.html", CAUSE_NONE, "\nname\tpassword\t\nname: Jo B\tpassword: winter\ntwo\t\nname: Al\tpassword: 4012 8888\t\n", 1 },
		{ "table.html", CAUSE_NONE, "before", 1 },
		{ "table.html", CAUSE_NONE, "behind", 1 },
		{ "page.html", CAUSE_NONE, "4012 8888\n", 1 },
		{ "latin1.html", CAUSE_NONE, "caf\xc3\xa9 my visa", 1 },
		{ "koi8.html", CAUSE_NONE, "\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c", 1 },
		{ "fragment.html", CAUSE_NONE, TEXT, 1 },
		{ "utf16be.csv", CAUSE_NONE, "name: Jos\xc3\xa9\tcard: 4012888888881881", 1 },
		{ "latin1.csv", CAUSE_NONE, "name: Jos\xc3\xa9\tcard: 4012888888881881", 1 },
		{ "named.csv", CAUSE_NONE, "|name\tpassword\t\nname: Jo\tpassword: winter\t\nname: Li\tpassword: summer\t\nname: Li\tpassword: spring\t\nname: Li\tpassword: fall\t\nAl,a,b,c\nname: Mo\tpassword: a \"b\", c\t\n", 1 },
		{ "quoted.csv", CAUSE_NONE, "name: Jo\tvisa more: 40128888 88881881\t\n", 1 },
		{ "prose.txt", CAUSE_NONE, "|Hello, Jo\nthe one, the other\n", 1 },
		{ "unnamed.csv", CAUSE_NONE, "|1,2\n3,4\n", 1 },
		{ "utf8.csv", CAUSE_NONE, "name: Jos\xc3\xa9\tcard: 4012888888881881", 1 },
	};
	CHECK(wanted);
}

static void mail(void **state)
{
	static const struct want wanted[] = {
		{ "quoted.eml", CAUSE_NONE, "J\xc3\xb6rg A <a@example.test>", 1 },
		{ "quoted.eml", CAUSE_NONE, "Subject: " TEXT "\n", 1 },
		{ "quoted.eml", CAUSE_NONE, "|caf\xc3\xa9 4012 8888 1\n", 1 },
		{ "encoded.eml", CAUSE_NONE, "\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c 77", 1 },
		{ "parts.eml", CAUSE_NONE, "plain part 4711", 1 },
		{ "parts.eml", CAUSE_NONE, "html part 4711", 1 },
		{ "parts.eml", CAUSE_NONE, "preamble", 1 },
		{ "parts.eml", CAUSE_NONE, "epilogue", 1 },
		{ "parts.eml", CAUSE_NONE, "=q3 list.xlsx\n", 1 },
		{ "parts.eml", CAUSE_NONE, "q3_list.xlsx/xl/worksheets/sheet1.xml|" ROW1, 1 },
		{ "parts.eml", CAUSE_NONE, "=k\xc3\xa4rte.txt\n", 1 },
		{ "parts.eml", CAUSE_NONE, "k\xc3\xa4rte.txt|the attached text\n", 1 },
		{ "deep.eml", CAUSE_LIMIT, NULL, 0 },
		{ "mail.zip", CAUSE_NONE, "2024/in.eml|body text\n", 1 },
		{ "mail.zip", CAUSE_NONE, "Subject: " TEXT, 1 },
	};
	CHECK(wanted);
}

#define CAFE "caf\xc3\xa9 " TEXT

static void pictures_and_archives(void **state)
{
	static const struct want wanted[] = {
		{ "plain.png", CAUSE_NONE, NULL, 0 },
		{ "text.png", CAUSE_NONE, CAFE, 1 },
		{ "ztxt.png", CAUSE_NONE, CAFE, 1 },
		{ "itxt.png", CAUSE_NONE, CAFE, 1 },
		{ "itxt_packed.png", CAUSE_NONE, CAFE, 1 },
		{ "behind.png", CAUSE_NONE, TEXT, 1 },
		{ "bad_text.png", CAUSE_UNSCANNABLE, NULL, 0 },
		{ "bomb.png", CAUSE_LIMIT, NULL, 0 },
		{ "cut.png", CAUSE_NONE, TEXT, 1 },
		{ "comment.jpg", CAUSE_NONE, TEXT, 1 },
		{ "title.mp3", CAUSE_NONE, TEXT, 1 },
		{ "comments.zip", CAUSE_NONE, "\nin.zip|caf\xc3\xa9 4711\n" TEXT "\n", 1 },
		{ "named.gz", CAUSE_NONE, "\n|" TEXT "\na remark\n", 1 },
		{ "links.tar", CAUSE_NONE, "a remark", 1 },
		{ "links.tar", CAUSE_NONE, "../" TEXT "\n", 1 },
	};
	CHECK(wanted);
}

static void old_office(void **state)
{
	static const struct want wanted[] = {
		{ "book.xls", CAUSE_NONE, "\nWorkbook|Accounts\nmy visa\tr\xc3\xa9" "ch\t\nmy visa: 4012888888881881\tr\xc3\xa9" "ch: 4012888888881881\t\n", 1 },
		{ "book.xls", CAUSE_NONE, "\nmy visa r\xc3\xa9" "ch: 1234 12.5\t\n", NEVER },
		{ "book.xls", CAUSE_NONE, "my visa: 1234\tr\xc3\xa9" "ch: 12.5\t\nmy visa: from a formula\t\n", 1 },
		{ "book.xls", CAUSE_NONE, "a comment hangs here", 1 },
		{ "book_cut.xls", CAUSE_UNSCANNABLE, "4012888888881881", 0 },
		{ "book_broken.xls", CAUSE_UNSCANNABLE, "my visa: 4012888888881881", 1 }, /* a shared string that breaks off takes those behind it with it */
		{ "book_few.xls", CAUSE_NONE, "\n40128888\n88881881\n", 1 }, /* more strings than it says there are */
		{ "book_long.xls", CAUSE_NONE, "my visa: 4711.25", 1 },
		{ "book_long.xls", CAUSE_NONE, "4012888888881881\tr", 1 },
		{ "book5.xls", CAUSE_NONE, "\nBook|\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c\t\n", 1 },
		{ "pieces.doc", CAUSE_NONE, "\nWordDocument|" TEXT "\ncaf\xc3\xa9\xe2\x82\xac\tx\n", 1 },
		{ "bad_pieces.doc", CAUSE_UNSCANNABLE, TEXT, 0 },
		{ "no_table.doc", CAUSE_NONE, "\nWordDocument|" TEXT " in a stream\n", 1 },
		{ "slides.ppt", CAUSE_NONE, "\nPowerPoint Document|" TEXT "\nnext\ncaf\xc3\xa9\n", 1 },
		{ "note.msg", CAUSE_NONE, "\n__substg1.0_0037001F|" TEXT "\n", 1 },
		{ "note.msg", CAUSE_NONE, "|the body\n", 1 },
		{ "note.msg", CAUSE_NONE, "|\na page\n", 1 },
		{ "note.msg", CAUSE_NONE, "\n__attach_version1.0_#00000000/__substg1.0_37010102/in.txt|the attached " TEXT "\n", 1 },
		{ "large.msg", CAUSE_NONE, "\n__attach_version1.0_#00000000/__substg1.0_37010102/in.txt|the attached " TEXT "\n", 1 },
		{ "locked.msg", CAUSE_ENCRYPTED, "the body", 1 },
		{ "cut.msg", CAUSE_UNSCANNABLE, NULL, 0 },
		{ "noise.doc", CAUSE_UNSCANNABLE, NULL, 0 },
	};
	CHECK(wanted);
}

static void macros(void **state)
{
	static const struct want wanted[] = {
		{ "macro.docm", CAUSE_NONE, "\nword/vbaProject.bin/VBA|", 1 },
		{ "macro.docm", CAUSE_NONE, "card = \"4012888888881881\"", 1 },
		{ "macro.doc", CAUSE_NONE, "\nVBA|", 1 },
		{ "macro.doc", CAUSE_NONE, "card = \"4012888888881881\"", 1 },
	};
	CHECK(wanted);
}

static int setup(void **state)
{
	struct cfgerr err;
	char tmp[64];
	if (!mkdtemp(dir))
		return -1;
	run("python3 -B %s %s", DOCUMENTS, dir);
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
		cmocka_unit_test(office),
		cmocka_unit_test(sheets),
		cmocka_unit_test(rtf),
		cmocka_unit_test(pages_and_plain_text),
		cmocka_unit_test(mail),
		cmocka_unit_test(pictures_and_archives),
		cmocka_unit_test(old_office),
		cmocka_unit_test(macros),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
