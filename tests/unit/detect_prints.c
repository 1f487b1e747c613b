/* Document fingerprints: what is found of a copy, what is not, and sets on disk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/io.h"
#include "detect/detect.h"
#include "detect/prints_index.h"
#include "detect/siphash.h"
#include "detect/view.h"
#include "detect/winnow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX = 1 << 16, ROUNDS = 300 };

/* ---- texts ---- */

static uint64_t seed;

static unsigned rnd(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

/* n letters and digits, no two texts alike. */
static void letters(char *dst, size_t n)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	for (size_t i = 0; i < n; i++)
		dst[i] = set[rnd(36)];
	dst[n] = '\0';
}

/* The same letters as another hand would write them: cased, spaced and punctuated at random. */
static size_t dress(char *dst, const char *src, size_t n)
{
	static const char *const between[] = { " ", ", ", ". ", " - ", "  ", "\xe2\x80\x94", "\xe2\x80\x99", "\xe2\x80\x8b", "(", "\t" };
	size_t o = 0;
	for (size_t i = 0; i < n; i++) {
		dst[o++] = src[i] >= 'a' && rnd(3) == 0 ? (char)(src[i] - 'a' + 'A') : src[i];
		if (rnd(5) == 0)
			o += (size_t)sprintf(dst + o, "%s", between[rnd(10)]);
	}
	dst[o] = '\0';
	return o;
}

/* ---- sets and scans ---- */

struct taken {
	uint64_t prints[TEXT_MAX];
	size_t n;
};

static int take(void *arg, const struct winnow_print *p, size_t n)
{
	struct taken *t = arg;
	for (size_t i = 0; i < n; i++)
		t->prints[t->n++] = p[i].hash;
	return 0;
}

static const char *add(struct prints *p, const char *name, const char *text, int boilerplate)
{
	static struct taken t;
	struct winnow_table table;
	struct prints_document d = { .boilerplate = (uint8_t)boilerplate };
	size_t characters;
	winnow_init(&table);
	t.n = 0;
	assert_int_equal(winnow_text(&table, text, strlen(text), take, &t, &characters), 0);
	strcpy(d.name, name);
	d.characters = (uint32_t)characters;
	return prints_add(p, &d, t.prints, t.n);
}

static struct prints new_set(void)
{
	return (struct prints){ .key = "made up for test", .common = PRINTS_COMMON_DEFAULT, .next_id = 1 };
}

static struct detect_set *compile(const struct prints *p, const char *more, struct cfgerr *err)
{
	char dir[] = "/tmp/filterd-prints-XXXXXX", path[64], rules[64], text[600];
	struct bundle b = { 0 };
	struct detect_set *set = NULL;
	struct buf out;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/d.fpr", dir);
	snprintf(rules, sizeof rules, "%s/d.rules", dir);
	snprintf(text, sizeof text, "detectors: ( { id = \"plans\"; title = \"t\"; fingerprint = { set = \"d.fpr\"; confidence = 90; %s }; } );\n", more);
	buf_init(&out, PRINTS_FILE_MAX);
	assert_int_equal(prints_write(p, &out), 0);
	FILE *f = fopen(path, "w");
	assert_int_equal(fwrite(buf_ptr(&out), 1, buf_left(&out), f), buf_left(&out));
	fclose(f);
	buf_free(&out);
	assert_int_equal(bundle_add_data(&b, BUNDLE_RULES, rules, text, strlen(text)), 0);
	assert_int_equal(bundle_add_file(&b, BUNDLE_INDEX, path, err), 0);
	int r = detect_compile(&b, &set, err);
	assert_true((r == 0) == (set != NULL));
	bundle_free(&b);
	unlink(path);
	rmdir(dir);
	return set;
}

static struct detect_set *compile_good(const struct prints *p, const char *more)
{
	struct cfgerr err = { 0 };
	struct detect_set *set = compile(p, more, &err);
	if (!set)
		fail_msg("%s", err.text);
	return set;
}

static struct finding found[DETECT_FINDINGS_MAX];

static size_t scan(const struct detect_set *set, struct detect_scratch *s, const char *text, size_t size)
{
	const struct detect_text one = { ROLE_BODY, text, size };
	size_t n;
	assert_int_equal(detect_scan(set, s, &one, 1, 10000000, found, &n), CAUSE_NONE);
	return n;
}

static size_t scan_once(const struct detect_set *set, const char *text)
{
	struct detect_scratch *s = detect_scratch_new(set);
	size_t n = scan(set, s, text, strlen(text));
	detect_scratch_free(&s);
	return n;
}

/* ---- what is found ---- */

/* 50 in a row always, 24 never, wherever they stand and however they are written. */
static void what_was_copied_is_found(void **state)
{
	static char document[4001], around[1000], text[TEXT_MAX];
	seed = 20261125;
	letters(document, 4000);
	struct prints p = new_set();
	assert_null(add(&p, "plan", document, 0));
	struct detect_set *set = compile_good(&p, "");
	struct detect_scratch *s = detect_scratch_new(set);
	for (int i = 0; i < ROUNDS; i++) {
		int enough = i % 3 != 0;
		size_t n = enough ? i % 3 == 1 ? WINNOW_T : WINNOW_T + rnd(400) : 1 + rnd(WINNOW_K - 1), before = rnd(300), behind = rnd(300);
		letters(around, before + behind);
		size_t at = dress(text, around, before);
		size_t from = at;
		at += dress(text + at, document + rnd((unsigned)(4000 - n + 1)), n);
		size_t to = at;
		at += dress(text + at, around + before, behind);
		size_t hits = scan(set, s, text, at);
		if (!enough && hits)
			fail_msg("round %d: %zu characters were found", i, n);
		if (enough && (hits != 1 || found[0].document != 1 || found[0].confidence != 90))
			fail_msg("round %d: %zu characters at %zu were not found", i, n, from);
		/* all of the passage, but for what is dressed around its last character */
		if (enough && (found[0].start > from || found[0].end + 12 < to))
			fail_msg("round %d: the passage is %zu to %zu, found is %u to %u", i, from, to, found[0].start, found[0].end);
	}
	detect_scratch_free(&s);
	detect_free(&set);
	prints_free(&p);
}

/* What may be masked beyond the passage: WINNOW_W - 1 characters on either side, and none behind a line end. */
static void little_more_than_the_passage_is_found(void **state)
{
	static char document[1001], text[TEXT_MAX];
	seed = 7;
	letters(document, 1000);
	struct prints p = new_set();
	assert_null(add(&p, "plan", document, 0));
	struct detect_set *set = compile_good(&p, "");
	memset(text, 'x', 200);
	memcpy(text + 200, document, 300);
	memset(text + 500, 'y', 200);
	assert_int_equal(scan_once(set, text), 1);
	assert_in_range(found[0].start, 200 - WINNOW_W + 1, 200);
	assert_in_range(found[0].end, 500, 500 + WINNOW_W - 1);
	text[199] = text[500] = '\n';
	assert_int_equal(scan_once(set, text), 1);
	assert_int_equal(found[0].start, 200);
	assert_int_equal(found[0].end, 500);
	detect_free(&set);
	prints_free(&p);
}

static void shares_are_told(void **state)
{
	static char document[2001], text[TEXT_MAX];
	seed = 3;
	letters(document, 2000);
	struct prints p = new_set();
	assert_null(add(&p, "plan", document, 0));
	struct detect_set *set = compile_good(&p, "");
	assert_int_equal(scan_once(set, document), 1);
	assert_int_equal(found[0].share_document, 100);
	assert_in_range(found[0].share_message, 96, 100);
	memcpy(text, document, 1000);
	memset(text + 1000, 'z', 1000);
	text[2000] = '\0';
	assert_int_equal(scan_once(set, text), 1);
	assert_in_range(found[0].share_document, 46, 52);
	assert_in_range(found[0].share_message, 46, 50);
	detect_free(&set);

	set = compile_good(&p, "min_share_document = 60;");
	assert_int_equal(scan_once(set, text), 0);
	assert_int_equal(scan_once(set, document), 1);
	detect_free(&set);
	set = compile_good(&p, "min_share_message = 60;");
	assert_int_equal(scan_once(set, text), 0);
	assert_int_equal(scan_once(set, document), 1);
	detect_free(&set);
	set = compile_good(&p, "min_characters = 1000;");
	assert_int_equal(scan_once(set, text), 1);
	text[900] = '\0';
	assert_int_equal(scan_once(set, text), 0);
	detect_free(&set);
	prints_free(&p);
}

/* A text that was changed here and there is one passage as long as the changes are small. */
/* A text as long as is asked for, all of it copied, is found; one that is 50 shorter is not, and need not be looked at. */
static void short_texts_are_found_if_they_may_be(void **state)
{
	static char document[1001], text[401];
	seed = 41;
	letters(document, 1000);
	struct prints p = new_set();
	assert_null(add(&p, "plan", document, 0));
	for (unsigned asked = 50; asked <= 400; asked += 25) {
		char more[40];
		snprintf(more, sizeof more, "min_characters = %u;", asked);
		struct detect_set *set = compile_good(&p, more);
		memcpy(text, document + 300, asked);
		text[asked] = '\0';
		assert_int_equal(scan_once(set, text), 1);
		text[asked > 50 ? asked - 51 : 0] = '\0';
		assert_int_equal(scan_once(set, text), 0);
		detect_free(&set);
	}
	prints_free(&p);
}

static void small_changes_do_not_hide(void **state)
{
	static char document[2001], text[TEXT_MAX];
	seed = 5;
	letters(document, 2000);
	struct prints p = new_set();
	assert_null(add(&p, "plan", document, 0));
	struct detect_set *set = compile_good(&p, "");
	strcpy(text, document);
	for (int i = 100; i < 2000; i += 100)
		memcpy(text + i, "changed", 7);
	assert_int_equal(scan_once(set, text), 1);
	assert_int_equal(found[0].start, 0);
	assert_int_equal(found[0].end, 2000);
	assert_in_range(found[0].share_document, 50, 90);
	detect_free(&set);
	prints_free(&p);
}

static void other_scripts_are_found(void **state)
{
	static const char *const texts[] = {
		"本合同由甲乙双方于二零二六年签订。未经对方书面同意任何一方不得向第三方披露其内容及相关价格和交付条款，违者应当赔偿一切损失。",
		"Η εταιρεία θα εξαγοράσει τον ανταγωνιστή της τον Μάρτιο του επόμενου έτους.",
		"회사는 내년 삼월에 경쟁사를 인수할 계획이며 이 내용은 이사회의 승인이 있을 때까지 누구에게도 알려서는 안 된다는 점을 명심하십시오.",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct prints p = new_set();
		assert_null(add(&p, "contract", texts[i], 0));
		struct detect_set *set = compile_good(&p, "");
		assert_int_equal(scan_once(set, texts[i]), 1);
		assert_int_equal(found[0].share_document, 100);
		assert_int_equal(scan_once(set, texts[(i + 1) % 3]), 0);
		detect_free(&set);
		prints_free(&p);
	}
}

static void encoded_passages_are_found(void **state)
{
	struct prints p = new_set();
	assert_null(add(&p, "plan", "We will move the production of the engine to the new plant in the second quarter.", 0));
	struct detect_set *set = compile_good(&p, "");
	assert_int_equal(scan_once(set, "see V2Ugd2lsbCBtb3ZlIHRoZSBwcm9kdWN0aW9uIG9mIHRoZSBlbmdpbmUgdG8gdGhlIG5ldyBwbGFudCBpbiB0aGUgc2Vjb25kIHF1YXJ0ZXIu ok"), 1);
	assert_int_equal(found[0].document, 1);
	detect_free(&set);
	prints_free(&p);
}

/* ---- what several documents share ---- */

static void boilerplate_is_no_documents_own(void **state)
{
	static char notice[201], own[401], text[1000];
	seed = 11;
	letters(notice, 200);
	letters(own, 400);
	snprintf(text, sizeof text, "%s\n%s", own, notice);
	struct prints p = new_set();
	assert_null(add(&p, "plan", text, 0));
	struct detect_set *set = compile_good(&p, "");
	assert_int_equal(scan_once(set, notice), 1);
	detect_free(&set);
	assert_null(add(&p, "notice", notice, 1));
	set = compile_good(&p, "");
	assert_int_equal(scan_once(set, notice), 0);
	assert_int_equal(scan_once(set, own), 1);
	assert_in_range(found[0].share_document, 80, 100); /* the few that lie across both are missing */
	detect_free(&set);
	prints_free(&p);
}

static void what_many_documents_share_is_no_documents_own(void **state)
{
	static char footer[201], own[401], text[1000], name[32];
	seed = 13;
	letters(footer, 200);
	struct prints p = new_set();
	for (int i = 0; i < PRINTS_COMMON_DEFAULT; i++) {
		letters(own, 400);
		snprintf(text, sizeof text, "%s\n%s", own, footer);
		snprintf(name, sizeof name, "plan-%d", i);
		struct detect_set *set;
		if (i == PRINTS_COMMON_DEFAULT - 1) { /* one fewer than is many */
			set = compile_good(&p, "");
			assert_int_equal(scan_once(set, footer), 1);
			detect_free(&set);
		}
		assert_null(add(&p, name, text, 0));
	}
	struct detect_set *set = compile_good(&p, "");
	assert_int_equal(scan_once(set, footer), 0);
	assert_int_equal(scan_once(set, text), 1);
	assert_int_equal(found[0].document, PRINTS_COMMON_DEFAULT);
	detect_free(&set);
	prints_remove(&p, 0);
	set = compile_good(&p, "");
	assert_int_equal(scan_once(set, footer), 1);
	assert_int_equal(scan_once(set, text), 1);
	assert_int_equal(found[0].document, PRINTS_COMMON_DEFAULT); /* ids last */
	detect_free(&set);
	prints_free(&p);
}

/* ---- sets ---- */

static void siphash_is_siphash(void **state)
{
	/* the paper's own vector, appendix A */
	uint8_t key[16], data[15];
	for (uint8_t i = 0; i < 16; i++)
		key[i] = i;
	for (uint8_t i = 0; i < 15; i++)
		data[i] = i;
	assert_true(siphash(key, data, sizeof data) == 0xa129ca6149be45e5);
}

static void sets_survive_the_disk(void **state)
{
	static char document[601];
	struct prints p = new_set(), again;
	struct buf b;
	seed = 17;
	letters(document, 600);
	assert_null(add(&p, "one", document, 0));
	letters(document, 600);
	assert_null(add(&p, "two", document, 1));
	buf_init(&b, 1 << 20);
	assert_int_equal(prints_write(&p, &b), 0);
	assert_null(prints_read(buf_ptr(&b), buf_left(&b), &again));
	assert_int_equal(again.nentries, p.nentries);
	for (size_t i = 0; i < p.nentries; i++)
		assert_true(again.entries[i].hash == p.entries[i].hash && again.entries[i].document == p.entries[i].document);
	assert_string_equal(again.documents[1].name, "two");
	assert_int_equal(again.documents[1].boilerplate, 1);
	prints_free(&again);
	/* none of it in clear */
	assert_null(memmem(buf_ptr(&b), buf_left(&b), document, 8));
	/* cut anywhere, or one bit changed anywhere, it is refused */
	char *copy = malloc(buf_left(&b));
	for (size_t i = 0; i < buf_left(&b); i += 7) {
		assert_non_null(prints_read(buf_ptr(&b), i, &again));
		memcpy(copy, buf_ptr(&b), buf_left(&b));
		copy[i] ^= 1;
		assert_non_null(prints_read(copy, buf_left(&b), &again));
	}
	free(copy);
	buf_free(&b);
	prints_free(&p);
}

static void what_cannot_be_found_is_refused(void **state)
{
	struct prints p = new_set();
	struct cfgerr err = { 0 };
	assert_non_null(add(&p, "short", "Forty-nine letters are not enough to be found again, a", 0)); /* they are 43 */
	assert_int_equal(p.ndocuments, 0);
	assert_null(compile(&p, "", &err));
	assert_non_null(strstr(err.text, "holds no documents"));
	assert_null(add(&p, "notice", "This is a notice of more than fifty letters, which is boilerplate.", 1));
	assert_null(compile(&p, "", &err));
	prints_free(&p);
}

static void broken_definitions_are_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{ "fingerprint = { confidence = 90; };", "set" },
		{ "fingerprint = { set = \"d.fpr\"; };", "confidence" },
		{ "fingerprint = { set = \"../d.fpr\"; confidence = 90; };", "must be the name of a .fpr file" },
		{ "fingerprint = { set = \"d.txt\"; confidence = 90; };", "must be the name of a .fpr file" },
		{ "fingerprint = { set = \"d.fpr\"; confidence = 90; };", "there is no set" },
		{ "fingerprint = { set = \"d.fpr\"; confidence = 90; min_characters = 49; };", "min_characters" },
		{ "fingerprint = { set = \"d.fpr\"; confidence = 90; min_share_document = 101; };", "min_share_document" },
		{ "fingerprint = { set = \"d.fpr\"; confidence = 90; share = 1; };", "share" },
		{ "fingerprint = \"d.fpr\";", "fingerprint" },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct bundle b = { 0 };
		struct cfgerr err = { 0 };
		struct detect_set *set = NULL;
		char text[300];
		snprintf(text, sizeof text, "detectors: (\n{ id = \"plans\"; title = \"t\"; %s } );\n", bad[i].text);
		assert_int_equal(bundle_add_data(&b, BUNDLE_RULES, "d.rules", text, strlen(text)), 0);
		assert_int_equal(detect_compile(&b, &set, &err), -1);
		if (!strstr(err.text, bad[i].says) || err.line != 2)
			fail_msg("case %zu says line %d: %s", i, err.line, err.text);
		bundle_free(&b);
	}
}

static int set_up(void **state)
{
	return view_init();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_copied_is_found),
		cmocka_unit_test(little_more_than_the_passage_is_found),
		cmocka_unit_test(shares_are_told),
		cmocka_unit_test(short_texts_are_found_if_they_may_be),
		cmocka_unit_test(small_changes_do_not_hide),
		cmocka_unit_test(other_scripts_are_found),
		cmocka_unit_test(encoded_passages_are_found),
		cmocka_unit_test(boilerplate_is_no_documents_own),
		cmocka_unit_test(what_many_documents_share_is_no_documents_own),
		cmocka_unit_test(siphash_is_siphash),
		cmocka_unit_test(sets_survive_the_disk),
		cmocka_unit_test(what_cannot_be_found_is_refused),
		cmocka_unit_test(broken_definitions_are_refused),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
