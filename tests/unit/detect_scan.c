/* The engine as its callers see it: findings, confidence, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "detect/scratch.h"

#include <stdio.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct engine {
	struct bundle b;
	struct detect_set *set;
	struct detect_scratch *s;
	struct finding out[DETECT_FINDINGS_MAX];
	size_t n;
};

static struct engine *engine(const char *detectors)
{
	static struct engine e;
	char rules[20000];
	struct cfgerr err = { 0 };
	memset(&e, 0, sizeof e);
	snprintf(rules, sizeof rules, "detectors: ( %s );", detectors);
	assert_int_equal(bundle_add_data(&e.b, BUNDLE_RULES, "t.rules", rules, strlen(rules)), 0);
	if (detect_compile(&e.b, &e.set, &err) < 0)
		fail_msg("%s:%d: %s", err.file, err.line, err.text);
	e.s = detect_scratch_new(e.set);
	assert_non_null(e.s);
	return &e;
}

static enum cause scan(struct engine *e, const char *text)
{
	const struct detect_text t = { ROLE_BODY, text, strlen(text) };
	return detect_scan(e->set, e->s, &t, 1, 1000000, e->out, &e->n);
}

static void end(struct engine *e)
{
	detect_scratch_free(&e->s);
	detect_free(&e->set);
	bundle_free(&e->b);
}

/* Scans and expects exactly one finding, of this piece of the text and this confidence (0: none at all). */
static void expect(struct engine *e, const char *text, const char *piece, int confidence)
{
	assert_int_equal(scan(e, text), CAUSE_NONE);
	if (confidence == 0) {
		if (e->n)
			fail_msg("found in \"%s\"", text);
		return;
	}
	if (e->n != 1)
		fail_msg("%zu findings in \"%s\"", e->n, text);
	if (e->out[0].end - e->out[0].start != strlen(piece) || memcmp(text + e->out[0].start, piece, strlen(piece)) != 0)
		fail_msg("found \"%.*s\" in \"%s\"", (int)(e->out[0].end - e->out[0].start), text + e->out[0].start, text);
	if (e->out[0].confidence != confidence)
		fail_msg("confidence %d in \"%s\"", e->out[0].confidence, text);
}

#define D(more) "{ id = \"d\"; title = \"t\"; " more " }"

static void words(void **state)
{
	struct engine *e = engine(D("words = ( { any = [ \"ab geheim\", \"=Apple\", \"*cide\" ]; confidence = 40; }, { any = [ \"ключ\" ]; confidence = 60; part = true; } );"
	                            "validate = \"not-same\"; exclude = { values = [ \"decide\" ]; };"
	                            "evidence = ( { any = [ \"top\" ]; within = 10; add = 30; } );"));
	expect(e, "AB - Geheim", "AB - Geheim", 40);
	expect(e, "top: ab_geheim", "ab_geheim", 70);
	expect(e, "cab geheim", "", 0);
	expect(e, "geheim", "", 0);
	expect(e, "ab geheimnis", "", 0);
	expect(e, "an Apple a day", "Apple", 40);
	expect(e, "an apple, an APPLE", "", 0);
	expect(e, "homicide", "cide", 40);
	expect(e, "decide", "cide", 40);
	expect(e, "das КЛЮЧИ", "КЛЮЧ", 60);
	expect(e, "ａｂ　ｇｅｈｅｉｍ", "ａｂ　ｇｅｈｅｉｍ", 40);
	end(e);
}

static void evidence_counts(void **state)
{
	struct engine *e = engine(D("patterns = ( { regex = \"\\\\d{6}\"; confidence = 40; } );"
	                            "evidence = ( { any = [ \"aa\", \"bb\", \"cc\" ]; none = [ \"zz\" ]; before = 20; min = 2; max = 2; add = 30; },"
	                            "             { any = [ \"rep\" ]; within = 20; min = 3; distinct = false; add = 5; },"
	                            "             { none = [ \"stop\" ]; after = 10; required = true; } );"));
	expect(e, "aa 123456", "123456", 40);
	expect(e, "aa aa 123456", "123456", 40);
	expect(e, "aa bb 123456", "123456", 70);
	expect(e, "aa 123456 bb", "123456", 40);
	expect(e, "aa bb cc 123456", "123456", 40);
	expect(e, "aa zz bb 123456", "123456", 40);
	expect(e, "rep rep 123456", "123456", 40);
	expect(e, "rep rep 123456 rep", "123456", 45);
	expect(e, "stop 123456", "123456", 40);
	expect(e, "123456 stop", "", 0);
	end(e);
}

static void evidence(void **state)
{
	struct engine *e = engine(D("patterns = ( { regex = \"\\\\d{6}\"; confidence = 40; } );"
	                            "evidence = ( { any = [ \"bank code\", \"Prüf*\", \"卡号\" ]; within = 10; add = 30; },"
	                            "             { any = [ \"order\" ]; before = 8; add = -25; } );"));
	expect(e, "123456", "123456", 40);
	expect(e, "bank code 123456", "123456", 70);
	expect(e, "BANK_CODE:123456", "123456", 70);
	expect(e, "123456 is the bank\ncode", "123456", 40); /* "bank code" ends beyond 10 code points */
	expect(e, "123456 bank\ncode", "123456", 70);
	expect(e, "embank code 123456", "123456", 40);      /* not a word of its own */
	expect(e, "prufung 123456", "123456", 70);
	expect(e, "PRÜFUNG 123456", "123456", 70);
	expect(e, "请输入卡号123456", "123456", 70);
	expect(e, "order 123456", "123456", 15);
	expect(e, "123456 order", "123456", 40);
	expect(e, "bank code ééé 123456", "123456", 40); /* code points, not bytes: 5 of them lie between, but the term begins 14 before */
	end(e);
	e = engine(D("patterns = ( { regex = \"\\\\d{6}\"; confidence = 40; } );"
	             "evidence = ( { any = [ \"alpha\", \"beta\", \"gamma\" ]; within = 40; min = 2; add = 0; required = true; } );"));
	expect(e, "alpha alpha 123456", "", 0);
	expect(e, "alpha 123456 gamma", "123456", 40);
	end(e);
}

/* The heading of a column counts for each of its rows, and for no other column's. */
static void headings(void **state)
{
	struct engine *e = engine(D("patterns = ( { regex = \"(?<!\\d)\\d{6}(?!\\d)\"; confidence = 40; } );"
	                            "evidence = ( { any = [ \"staff no\" ]; none = [ \"old\" ]; within = 8; add = 30; } );"));
	char text[8192];
	static const struct {
		const char *heading, *row;
		int confidence;
	} tables[] = {
		{ "Name\tStaff-No\tCity", "Anna B\t204417\tRome", 70 },
		{ "name;city;staff_no", "Anna;Rome;204417", 70 },
		{ "| Staff No | Name |", "| 204417 | Anna |", 70 },
		{ "staff no,name", "204417,Anna", 70 },
		{ "Staff no:", "204417", 70 },
		{ "name;staff no;city", "Anna;Rome;204417", 40 },
		{ "name;city;staff no old", "Anna;Rome;204417", 40 },
		{ "name;staff no", "Anna;Rome;204417", 40 },
		{ "Staff no and much else that makes it no heading of a list, but a sentence", "204417", 40 },
		{ "Staff no:", "of which 204417 is one", 40 },
	};
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		int n = snprintf(text, sizeof text, "%s\n", tables[i].heading);
		for (int k = 0; k < 60; k++)
			n += snprintf(text + n, sizeof text - (size_t)n, "no row of it, long enough to lie far away\n");
		snprintf(text + n, sizeof text - (size_t)n, "%s\nthe end\n", tables[i].row);
		expect(e, text, "204417", tables[i].confidence);
		/* not the first line, but one of the first */
		memmove(text + 13, text, strlen(text) + 1);
		memcpy(text, "Hello\n\nHere:", 12);
		text[12] = '\n';
		if (strpbrk(tables[i].row, "\t;|,"))
			expect(e, text, "204417", tables[i].confidence);
	}
	/* what can't be a row is none: no end of its line in reach, nor of the heading's */
	memset(text, ' ', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	memcpy(text, "a;staff no\n", 11);
	memcpy(text + 4000, "b;204417", 8);
	expect(e, text, "204417", 40);
	memset(text, ' ', 4000);
	memcpy(text, "a;staff no", 10);
	memcpy(text + 3998, "\nb;204417\n", 10);
	expect(e, text, "204417", 40);
	end(e);
}

static void exclusions_and_validators(void **state)
{
	struct engine *e = engine(D("patterns = ( { regex = \"\\\\d{4}(?: ?\\\\d{4}){3}\"; confidence = 60; } ); validate = [ \"luhn\" ];"
	                            "exclude = { values = [ \"4111-1111-1111-1111\" ]; patterns = [ \"55.*\" ]; };"));
	expect(e, "4012 8888 8888 1881", "4012 8888 8888 1881", 60);
	expect(e, "4111 1111 1111 1111", "", 0);
	expect(e, "5555555555554444", "", 0);
	expect(e, "4012 8888 8888 1882", "", 0);
	expect(e, "1234 4012 8888 8888 1881", "4012 8888 8888 1881", 60); /* PCRE2's own iteration swallows this one */
	end(e);
}

static void sensitive_part(void **state)
{
	struct engine *e = engine(D("patterns = ( { regex = \"password=(?<secret>\\\\S+)\"; confidence = 60; } ); mask = { keep_first = 1; };"));
	expect(e, "password=hunter2 and", "hunter2", 60);
	assert_int_equal(detect_info(e->set, 0)->mask.keep_first, 1);
	end(e);
}

/* How a detector's only finding stands in a text; -1: there is none. */
static int confidence_of(struct engine *e, const char *id, const char *text)
{
	int c = -1;
	assert_int_equal(scan(e, text), CAUSE_NONE);
	for (size_t i = 0; i < e->n; i++)
		if (strcmp(detect_info(e->set, e->out[i].detector)->id, id) == 0)
			c = e->out[i].confidence;
	return c;
}

static void detectors_of_detectors(void **state)
{
	struct engine *e = engine(
		"{ id = \"c\"; title = \"C\"; of = ( { detector = \"a\"; at_least = 60; } ); evidence = ( { any = [ \"pay\" ]; within = 50; add = 7; } );"
		"  exclude = { values = [ \"INV-99999\" ]; }; },"
		"{ id = \"a\"; title = \"A\"; patterns = ( { regex = \"\\bINV-\\d{5}\\b\"; confidence = 40; } );"
		"  near = ( { detector = \"b\"; within = 10; min = 2; add = 25; }, { detector = \"b\"; before = 10; confidence = 50; add = 5; },"
		"           { detector = \"b\"; after = 10; required = true; } ); },"
		"{ id = \"d\"; title = \"D\"; patterns = ( { regex = \"\\b[0-9]{6}\\b\"; confidence = 40; } );"
		"  evidence = ( { any = [ \"member\" ]; within = 60; add = 0; required = true; } ); },"
		"{ id = \"b\"; title = \"B\"; patterns = ( { regex = \"\\bCU-\\d{5}\\b\"; confidence = 40; }, { regex = \"\\bVIP-\\d{5}\\b\"; confidence = 60; } ); }");
	assert_int_equal(confidence_of(e, "a", "INV-12345 CU-12345"), 40);
	assert_int_equal(confidence_of(e, "a", "CU-12345 INV-12345"), -1);
	assert_int_equal(confidence_of(e, "a", "CU-00000 INV-12345 CU-12345 pay"), 65);
	assert_int_equal(confidence_of(e, "a", "VIP-00000 INV-12345 CU-12345 pay"), 70);
	assert_int_equal(confidence_of(e, "a", "INV-12345 ééééééééé CU-12345"), -1);
	assert_int_equal(confidence_of(e, "a", "INV-12345 éééééééé CU-12345"), 40);
	assert_int_equal(confidence_of(e, "c", "CU-00000 INV-12345 CU-12345 pay"), 72);
	assert_int_equal(confidence_of(e, "c", "CU-00000 &#73;NV-12345 CU-12345 pay"), 72); /* found in a layer; its evidence stands in the text */
	assert_int_equal(confidence_of(e, "c", "CU-00000 INV-99999 CU-12345 pay"), -1);
	assert_int_equal(confidence_of(e, "d", "member &#49; 123456"), 40);
	assert_int_equal(confidence_of(e, "d", "m&#101;mber 123456"), 40); /* found in the text; its evidence stands in a layer */
	assert_int_equal(confidence_of(e, "d", "m&#101;mory 123456"), -1);
	assert_int_equal(confidence_of(e, "c", "INV-12345 CU-12345 pay"), -1);
	end(e);
}

/* near counts findings: not one twice that two patterns find, nor the very one that it is asked for. */
static void near_is_another_finding(void **state)
{
	struct engine *e = engine(
		"{ id = \"a\"; title = \"A\"; patterns = ( { regex = \"\\bINV-\\d{5}\\b\"; confidence = 40; } );"
		"  near = ( { detector = \"b\"; within = 20; min = 2; required = true; } ); },"
		"{ id = \"b\"; title = \"B\"; patterns = ( { regex = \"\\bCU-\\d{5}\\b\"; confidence = 40; }, { regex = \"-\\d{5}(?= cust)\"; confidence = 60; } ); },"
		"{ id = \"c\"; title = \"C\"; of = ( { detector = \"b\"; } ); near = ( { detector = \"b\"; within = 20; required = true; } ); }");
	assert_int_equal(confidence_of(e, "a", "INV-12345 CU-12345 cust"), -1);
	assert_int_equal(confidence_of(e, "a", "INV-12345 CU-12345 CU-12345"), 40);
	assert_int_equal(confidence_of(e, "c", "CU-12345"), -1);
	assert_int_equal(confidence_of(e, "c", "CU-12345 CU-54321"), 40);
	end(e);
}

static void overlaps_merge(void **state)
{
	struct engine *e = engine(D("patterns = ( { regex = \"abcde\"; confidence = 60; }, { regex = \"defgh\"; confidence = 70; } );"));
	expect(e, "abcdefgh", "abcdefgh", 70);
	assert_int_equal(scan(e, "defghabcde"), CAUSE_NONE);
	assert_int_equal(e->n, 2); /* side by side is not one */
	assert_true(e->out[0].start == 0 && e->out[1].start == 5);
	end(e);
}

static void disguised_text_maps_back(void **state)
{
	struct engine *e = engine(D("patterns = ( { regex = \"ghp_[A-Za-z0-9]{8}\"; confidence = 60; } );"));
	expect(e, "— ｇhp＿abc\u200bd1234\u0301 …", "ｇhp＿abc\u200bd1234\u0301", 60);
	end(e);
}

static void several_texts(void **state)
{
	struct engine *e = engine(D("patterns = ( { regex = \"secret\"; confidence = 60; } );"));
	const struct detect_text t[] = { { ROLE_BODY, "secret", 6 }, { ROLE_SUBJECT, "none", 4 }, { ROLE_OTHER, "\xff", 1 }, { ROLE_NAME, "a secret", 8 }, { ROLE_NAME, NULL, 0 } };
	assert_int_equal(detect_scan(e->set, e->s, t, 5, 1000000, e->out, &e->n), CAUSE_UNSCANNABLE); /* the third */
	assert_int_equal(e->n, 2);
	assert_true(e->out[0].text == 0 && e->out[1].text == 3 && e->out[1].start == 2);
	end(e);
}

static void no_time_is_no_verdict(void **state)
{
	struct engine *e = engine(D("patterns = ( { regex = \"[a-z]+\"; confidence = 60; } );"));
	const struct detect_text t = { ROLE_BODY, "secret", 6 };
	assert_int_equal(detect_scan(e->set, e->s, &t, 1, 0, e->out, &e->n), CAUSE_OVER_BUDGET);
	end(e);
}

static void bulk_is_cut_and_said(void **state)
{
	struct engine *e = engine(D("patterns = ( { regex = \"abc\"; confidence = 60; } );"));
	char *text = malloc(4 * 5000 + 1);
	for (int i = 0; i < 5000; i++)
		memcpy(text + 4 * i, "abc ", 5);
	assert_int_equal(scan(e, text), CAUSE_OVER_BUDGET);
	assert_true(e->n >= 1000 && e->n <= DETECT_FINDINGS_MAX);
	free(text);
	end(e);
}

/* One pattern over its limit must not hide what the others find. */
static void a_limit_is_one_pattern_s_own(void **state)
{
	struct engine *e = engine("{ id = \"slow\"; title = \"t\"; patterns = ( { regex = \"(?:a+)+b\"; confidence = 50; } ); },"
	                          "{ id = \"good\"; title = \"t\"; patterns = ( { regex = \"ghp_[a-z]{8}\"; confidence = 60; } ); }");
	char text[4000];
	memset(text, 'a', 3000);
	strcpy(text + 3000, "! ghp_abcdefgh b");
	assert_int_equal(scan(e, text), CAUSE_OVER_BUDGET);
	assert_int_equal(e->n, 1);
	assert_string_equal(detect_info(e->set, e->out[0].detector)->id, "good");
	end(e);
}

/* Texts made to hurt: each must come back within its budget and a little, with a cause if it was cut. */
static void adversarial_texts(void **state)
{
	static const struct {
		const char *regex, *unit, *tail;
	} cases[] = {
		{ "eyJ[\\\\w-]+\\\\.[\\\\w-]+\\\\.[\\\\w-]+", "eyJhbGciOi", "." },
		{ "-----BEGIN [A-Z ]+-----[\\\\s\\\\S]*?-----END", "-----BEGIN A-----", "" },
		{ "(?:a+)+b", "a", "b!" },
		{ "(a|aa|aaa)*c", "aaa", "c!" },
		{ "a{1,1000}[ab]{1,1000}c", "a", " c" },
		{ "key.*=.*;.*!", "key=;", "\\n!" },
		{ "[\\\\w.]+@[\\\\w.]+\\\\.[a-z]{2,}", "a@a.a-", "" },
		{ "(?:\\\\d[ -]?){12,18}\\\\d", "4 ", "" },
		{ "(\\\\d+)\\\\1\\\\1x", "1", "x" },
		{ "(?:.*,){11}P", "1,2,3,", "" },
	};
	enum { SIZE = 64 << 10, BUDGET_US = 20000 };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char d[400];
		snprintf(d, sizeof d, D("patterns = ( { regex = \"%s\"; confidence = 60; } ); validate = [ \"luhn\" ];"), cases[i].regex);
		struct engine *e = engine(d);
		char *text = malloc(SIZE + 64);
		size_t unit = strlen(cases[i].unit), o = 0;
		for (; o + unit < SIZE; o += unit)
			memcpy(text + o, cases[i].unit, unit);
		strcpy(text + o, cases[i].tail);
		const struct detect_text t = { ROLE_FILE, text, strlen(text) };
		uint64_t from = clock_us();
		enum cause cause = detect_scan(e->set, e->s, &t, 1, BUDGET_US, e->out, &e->n);
		uint64_t took = clock_us() - from;
		assert_true(cause == CAUSE_NONE || cause == CAUSE_OVER_BUDGET);
		/* one call of PCRE2 may still run when the time is up; sanitizers and a busy machine are allowed for */
		if (took > 1000000)
			fail_msg("%s took %llu us", cases[i].regex, (unsigned long long)took);
		free(text);
		end(e);
	}
}

/* Without a clock: no flood of literals, heads or digits makes more calls of PCRE2 than a text may cost. */
static void floods_are_counted(void **state)
{
	enum { SIZE = 16 << 10, RULES = 40, YEARS_US = 2000000000 };
	static const char *const units[] = { "foo", "foo bar ", "AB1 ", "12a ", "@a" };
	char *rules = NULL;
	size_t size;
	FILE *f = open_memstream(&rules, &size);
	for (int i = 0; i < RULES; i++)
		fprintf(f, "%s{ id = \"d%d\"; title = \"t\"; patterns = ( { regex = \"foo[a-z ]{0,5}x%d\"; confidence = 50; }, { regex = \"[A-Z]{2}\\\\d(?=.{0,3}%dx)\"; confidence = 50; },"
		           " { regex = \"\\\\d\\\\d[a-z](?=.{0,3}%dx)\"; confidence = 50; }, { regex = \"@[a-z](?=%d)\"; confidence = 50; } ); }", i ? "," : "", i, i, i, i, i);
	fclose(f);
	struct engine *e = engine(rules);
	char *text = malloc(SIZE + 16);
	int cut = 0;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		size_t o = 0;
		while (o < SIZE)
			o += (size_t)sprintf(text + o, "%s", units[i]);
		const struct detect_text t = { ROLE_BODY, text, o };
		enum cause cause = detect_scan(e->set, e->s, &t, 1, YEARS_US, e->out, &e->n);
		assert_true(e->s->budget.calls <= BUDGET_CALLS + o / BUDGET_BYTES_PER_CALL + 1);
		assert_true(cause == CAUSE_OVER_BUDGET || e->s->budget.calls <= e->s->budget.calls_max);
		cut += cause == CAUSE_OVER_BUDGET;
	}
	assert_true(cut > 0);
	free(text);
	free(rules);
	end(e);
}

/* What a closed-in worker may not do: the scan must get by without files and without asking about the machine. */
static void scans_behind_a_sandbox(void **state)
{
	struct engine *e = engine(D("patterns = ( { regex = \"[a-z]b[0-9]\"; confidence = 60; } ); evidence = ( { any = [ \"über\" ]; add = 5; } );"
	                            "exclude = { patterns = [ \"xb.\" ]; };"));
	static const int denied[] = { SCMP_SYS(openat), SCMP_SYS(open), SCMP_SYS(sysinfo), SCMP_SYS(socket), SCMP_SYS(clone), SCMP_SYS(execve), SCMP_SYS(ioctl) };
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
		for (size_t i = 0; i < sizeof denied / sizeof *denied; i++)
			if (seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, denied[i], 0) < 0)
				_exit(3);
		if (seccomp_load(ctx) < 0)
			_exit(3);
		char text[8000] = "über ";
		for (int i = 0; i < 900; i++)
			sprintf(text + strlen(text), "%cb%d ", 'z' - i % 26, i % 10);
		enum cause cause = scan(e, text);
		_exit(cause == CAUSE_NONE && e->n > 500 ? 0 : 2);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status)
		fail_msg("ended with status %x", status);
	end(e);
}

static void refuses(const char *detectors, int line, const char *says)
{
	struct bundle b = { 0 };
	struct detect_set *set = NULL;
	struct cfgerr err = { 0 };
	assert_int_equal(bundle_add_data(&b, BUNDLE_RULES, "t.rules", detectors, strlen(detectors)), 0);
	assert_int_equal(detect_compile(&b, &set, &err), -1);
	if (err.line != line || !strstr(err.text, says) || strcmp(err.file, "t.rules") != 0)
		fail_msg("%s:%d: %s", err.file, err.line, err.text);
	bundle_free(&b);
}

static void mistakes_have_a_place(void **state)
{
	refuses("detectors: ( { id = \"a\"; title = \"t\";\n patterns = ( { regex = \"a(b\"; confidence = 1; } ); } );", 2, "at offset 3");
	refuses("detectors: ( { id = \"a\"; title = \"t\"; patterns = ( { regex = \"a*\"; confidence = 1; } ); } );", 1, "empty text");
	refuses("\n\ndetectors = ;", 3, "no value");
	refuses("@include \"/etc/passwd\"", 1, "@include");
	refuses("# \xff", 1, "UTF-8");
}

/* Two files, one id. */
static void ids_are_unique_over_files(void **state)
{
	static const char one[] = "detectors: ( { id = \"a\"; title = \"t\"; patterns = ( { regex = \"ab\"; confidence = 1; } ); } );";
	struct bundle b = { 0 };
	struct detect_set *set = NULL;
	struct cfgerr err = { 0 };
	assert_int_equal(bundle_add_data(&b, BUNDLE_RULES, "1.rules", one, strlen(one)), 0);
	assert_int_equal(bundle_add_data(&b, BUNDLE_RULES, "2.rules", one, strlen(one)), 0);
	assert_int_equal(detect_compile(&b, &set, &err), -1);
	assert_string_equal(err.file, "2.rules");
	assert_non_null(strstr(err.text, "already defined at 1.rules:1"));
	bundle_free(&b);
}

/* libconfig 1.7 and later read "\b" in a string as U+0008. */
static void backspace_means_word_border(void **state)
{
	struct engine *e = engine(D("patterns = ( { regex = \"\bword\b\"; confidence = 60; } );"));
	expect(e, "a word here", "word", 60);
	expect(e, "swords", "", 0);
	end(e);
	e = engine(D("patterns = ( { regex = \"\\bword\\b\"; confidence = 60; } );"));
	expect(e, "a word here", "word", 60);
	expect(e, "swords", "", 0);
	end(e);
}

/* What is left of each shipped match test once its findings are masked must not be found again. */
static void redacted_texts_are_clean(void **state)
{
	static struct finding out[DETECT_FINDINGS_MAX];
	struct bundle b = { 0 };
	struct detect_set *set = NULL;
	struct cfgerr err;
	size_t n, texts = 0;
	assert_int_equal(bundle_add_rules(&b, TEST_SRCDIR "/rules", &err), 0);
	assert_int_equal(detect_compile(&b, &set, &err), 0);
	struct detect_scratch *s = detect_scratch_new(set);
	for (size_t d = 0; d < set->ndetectors; d++)
		for (size_t i = 0; i < set->detectors[d].def->match.n; i++, texts++) {
			const char *text = set->detectors[d].def->match.item[i];
			char clean[16384];
			size_t o = 0, at = 0;
			const struct detect_text t = { ROLE_BODY, text, strlen(text) };
			assert_int_equal(detect_scan(set, s, &t, 1, 1000000, out, &n), CAUSE_NONE);
			for (size_t k = 0; k < n; k++) {
				if (out[k].start < at)
					continue; /* inside one that is masked already */
				memcpy(clean + o, text + at, out[k].start - at);
				o += out[k].start - at;
				assert_int_equal(mask_apply(&detect_info(set, out[k].detector)->mask, text + out[k].start, out[k].end - out[k].start, clean + o, sizeof clean - o), 0);
				o += strlen(clean + o);
				at = out[k].end;
			}
			strcpy(clean + o, text + at);
			const struct detect_text again = { ROLE_BODY, clean, strlen(clean) };
			assert_int_equal(detect_scan(set, s, &again, 1, 1000000, out, &n), CAUSE_NONE);
			if (n)
				fail_msg("%s still finds %.*s in %s", detect_info(set, out[0].detector)->id, (int)(out[0].end - out[0].start), clean + out[0].start, clean);
		}
	assert_true(texts > 50);
	detect_scratch_free(&s);
	detect_free(&set);
	bundle_free(&b);
}

/* What a validator's odds allow, and what lifts that: evidence, raise, near, a literal; or what the author says. */
static void odds_cap_confidence(void **state)
{
	struct engine *e = engine(D("patterns = ( { regex = \"\\\\b\\\\d{11}\\\\b\"; confidence = 90; } ); validate = \"luhn\"; "
	                            "evidence = ( { any = [ \"loyal\" ]; add = 1; }, { any = [ \"nope\" ]; add = -5; } );"));
	expect(e, "x 79927398713", "79927398713", 73);
	expect(e, "loyal 79927398713", "79927398713", 91);
	expect(e, "nope 79927398713", "79927398713", 73);
	end(e);
	e = engine(D("patterns = ( { regex = \"\\\\b799\\\\d{8}\\\\b\"; confidence = 90; validate = \"luhn\"; } );"));
	expect(e, "x 79927398713", "79927398713", 90); /* three digits more: 1 in 10,000 */
	end(e);
	e = engine(D("patterns = ( { regex = \"\\\\b[5-9]\\\\d{10}\\\\b\"; confidence = 90; validate = \"luhn\"; } );"));
	expect(e, "x 79927398713", "79927398713", 83);
	end(e);
	e = engine(D("patterns = ( { regex = \"\\\\b\\\\d{11}\\\\b\"; confidence = 90; odds = 4; validate = \"luhn\"; } ); odds = 1000;"));
	expect(e, "x 79927398713", "79927398713", 60);
	end(e);
	e = engine(D("patterns = ( { regex = \"\\\\b\\\\d{11}\\\\b\"; confidence = 90; } );"));
	expect(e, "x 79927398710", "79927398710", 90); /* nothing validates it */
	end(e);
	e = engine(D("patterns = ( { regex = \"\\\\bkey-(?<secret>\\\\d{11})\\\\b\"; confidence = 90; } ); validate = \"luhn\";"));
	expect(e, "key-79927398713", "79927398713", 90);
	end(e);
	e = engine(D("patterns = ( { regex = \"\\\\b\\\\d{11}\\\\b\"; confidence = 90; validate = \"luhn\"; } ); raise = ( { validate = \"luhn\"; add = 2; } );"));
	expect(e, "x 79927398713", "79927398713", 92);
	end(e);
}

/* A card in each disguise is found as the whole encoded piece, and nothing is found once that is masked. */
static void disguises_are_masked_whole(void **state)
{
	static const struct {
		const char *text, *piece;
	} cases[] = {
		{ "pay &#52;111 1111 1111 1111 now", "&#52;111 1111 1111 1111" },
		{ "pay 4111%201111%201111%201111 now", "4111%201111%201111%201111" },
		{ "pay \\u00341111111111111111 11", NULL },
		{ "pay \\u0034111 1111 1111 1111 now", "\\u0034111 1111 1111 1111" },
		{ "pay =34111 1111 1111 =\n1111 now", "=34111 1111 1111 =\n1111" },
		{ "pay NDExMSAxMTExIDExMTEgMTExMQ== now", "NDExMSAxMTExIDExMTEgMTExMQ==" },
		{ "pay TkRFeE1TQXhNVEV4SURFeE1URWdNVEV4TVE9PQ== now", "TkRFeE1TQXhNVEV4SURFeE1URWdNVEV4TVE9PQ==" },
		{ "pay 34313131203131313120313131312031313131 now", "34313131203131313120313131312031313131" },
		{ "pay &amp;#52;111 1111 1111 1111 now", "&amp;#52;111 1111 1111 1111" },
		{ "pay ％３４111 1111 1111 1111 now", "％３４111 1111 1111 1111" },
		{ "pay four one one one one one one one one one one one one one one one now", "four one one one one one one one one one one one one one one one" },
		{ "pay 4⃣️111 1111 1111 1111 now", "4⃣️111 1111 1111 1111" },
	};
	struct engine *e = engine("{ id = \"card\"; title = \"t\"; patterns = ( { regex = \"(?<!\\\\d)\\\\d{4}([ -]?)\\\\d{4}\\\\1\\\\d{4}\\\\1\\\\d{4}(?!\\\\d)\"; confidence = 80; } );"
	                          " validate = \"luhn\"; }");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *t = cases[i].text;
		char masked[300];
		expect(e, t, cases[i].piece, cases[i].piece ? 73 : 0); /* more than Luhn allows */
		if (!cases[i].piece)
			continue;
		snprintf(masked, sizeof masked, "%.*s***%s", (int)e->out[0].start, t, t + e->out[0].end);
		assert_int_equal(scan(e, masked), CAUSE_NONE);
		assert_int_equal(e->n, 0);
	}
	end(e);
}

/* PCRE2's iteration would find the first of two cards that share digits, and not the second. */
static void numbers_hide_no_number(void **state)
{
	struct engine *e = engine("{ id = \"n\"; title = \"t\"; patterns = ( { regex = \"(?<!\\\\d)\\\\d{4}( )\\\\d{4}\\\\1\\\\d{4}\\\\1\\\\d{4}(?!\\\\d)\"; confidence = 80; } );"
	                          " validate = \"luhn\"; }");
	expect(e, "1234 4111 1111 1111 1111 x", "4111 1111 1111 1111", 80);
	expect(e, "x 4111 1111 1111 1111 4111", "4111 1111 1111 1111 4111", 80);
	expect(e, "0000 0000 0000 0000 0000", "0000 0000 0000 0000 0000", 80);
	end(e);
}

static void shipped_rules_pass_their_tests(void **state)
{
	struct bundle b = { 0 };
	struct detect_set *set = NULL;
	struct cfgerr err = { 0 };
	if (bundle_add_rules(&b, TEST_SRCDIR "/rules", &err) < 0 || detect_compile(&b, &set, &err) < 0 || detect_selftest(set, &err) < 0)
		fail_msg("%s:%d: %s", err.file, err.line, err.text);
	assert_true(detect_count(set) >= 12 && detect_jit(set));
	for (size_t i = 0; i < detect_count(set); i++)
		assert_true(detect_info(set, i)->nreferences > 0);
	detect_free(&set);
	bundle_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words), cmocka_unit_test(evidence_counts), cmocka_unit_test(evidence), cmocka_unit_test(headings),
		cmocka_unit_test(exclusions_and_validators),
		cmocka_unit_test(sensitive_part),
		cmocka_unit_test(detectors_of_detectors), cmocka_unit_test(near_is_another_finding), cmocka_unit_test(overlaps_merge),
		cmocka_unit_test(disguised_text_maps_back),
		cmocka_unit_test(several_texts),
		cmocka_unit_test(no_time_is_no_verdict),
		cmocka_unit_test(bulk_is_cut_and_said),
		cmocka_unit_test(a_limit_is_one_pattern_s_own),
		cmocka_unit_test(adversarial_texts),
		cmocka_unit_test(floods_are_counted),
		cmocka_unit_test(scans_behind_a_sandbox),
		cmocka_unit_test(mistakes_have_a_place),
		cmocka_unit_test(ids_are_unique_over_files),
		cmocka_unit_test(backspace_means_word_border),
		cmocka_unit_test(redacted_texts_are_clean),
		cmocka_unit_test(disguises_are_masked_whole),
		cmocka_unit_test(numbers_hide_no_number),
		cmocka_unit_test(shipped_rules_pass_their_tests), cmocka_unit_test(odds_cap_confidence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
