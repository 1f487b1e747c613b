/* Whatever shortcut the engine takes, the spans are those of PCRE2 run over the whole text, pattern by pattern. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "detect/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned seed = 11;

static unsigned rnd(unsigned n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % n;
}

#define PICK(list) list[rnd(sizeof list / sizeof *list)]

static const char *const atoms[] = {
	"a", "b", "ab", "foo", "bar_", "key", "-", " ", "1", "23", "\\d", "\\d", "\\w", "\\s", "[a-c]", "[^a]", "[0-9a-f]", ".", "\\b", "\\B", "é", "[é1]",
	"\\x41", "(?:foo|bar)", "(?:key|\\d)", "(a|b)", "(?i:Foo)", "(?=b)", "(?!1)", "(?<=a)", "(?<!\\d)", "[[:alpha:]]", "\\d{2}", "(\\d)\\1", "я", "\\S", "^", "$",
	"[A-Z]{2}", "(?i:па)", "(?i:密码)", "(?i:вп)", "(?:[ -]?\\d)", "\\d{6}",
};
static const char *const repeats[] = { "", "", "", "", "?", "+", "*", "{2}", "{1,3}", "{0,2}", "+?", "*?", "{2,}", "?+", "++" };
static const char *const words[] = {
	"a", "b", "ab", "foo", "Foo", "bar_", "key", "KEY", "-", " ", "1", "23", "456", "123456", "12 34 56 78", "é", "É", "я", "１", "٣", "\u200b", "e\u0301", "A", "\n", "AB12", ".", "😀", "па", "ПА", "Па", "密码", "вп", "ВП", "\u1c80п",
};

static void random_pattern(char *dst, size_t size)
{
	size_t o = 0;
	int n = 1 + (int)rnd(6);
	dst[0] = '\0';
	if (rnd(6) == 0)
		o += (size_t)snprintf(dst, size, "(?i)");
	for (int i = 0; i < n; i++)
		o += (size_t)snprintf(dst + o, size - o, "%s%s%s", PICK(atoms), PICK(repeats), rnd(12) == 0 ? "|" : "");
}

static size_t random_text(char *dst, size_t size, int ascii)
{
	size_t o = 0;
	for (int n = (int)rnd(30); n > 0; n--) {
		const char *w = PICK(words);
		if (o + strlen(w) + 1 > size || (ascii && (unsigned char)w[0] >= 0x80))
			continue;
		o += (size_t)sprintf(dst + o, "%s", w);
	}
	return o;
}

/* Returns the end of what it wrote, at most twice as much as it read. */
static char *escape(char *dst, const char *s)
{
	for (; *s; s++) {
		if (*s == '\\' || *s == '"')
			*dst++ = '\\';
		*dst++ = *s;
	}
	return dst;
}

/* A set of one detector per pattern; NULL if one is refused (a random pattern may be no good). */
static struct detect_set *make_set(const char *const *patterns, size_t n, struct bundle *b)
{
	size_t size = 64;
	for (size_t i = 0; i < n; i++)
		size += 2 * strlen(patterns[i]) + 100;
	char *rules = malloc(size), *o = rules;
	struct detect_set *set = NULL;
	struct cfgerr err;
	*b = (struct bundle){ 0 };
	o += sprintf(o, "detectors: (");
	for (size_t i = 0; i < n; i++) {
		o += sprintf(o, "%s{ id = \"d%zu\"; title = \"t\"; patterns = ( { regex = \"", i ? "," : "", i);
		o = escape(o, patterns[i]);
		o += sprintf(o, "\"; confidence = 50; } ); }");
	}
	o += sprintf(o, ");");
	assert_int_equal(bundle_add_data(b, BUNDLE_RULES, "test.rules", rules, (size_t)(o - rules)), 0);
	free(rules);
	if (detect_compile(b, &set, &err) < 0)
		bundle_free(b);
	return set;
}

/* Plain find-all of one pattern over the whole view, mapped back and merged as findings are. */
static size_t reference(const struct detect_set *set, struct detect_scratch *s, size_t pattern, struct finding *out)
{
	const struct pattern *p = &set->patterns[pattern];
	struct view v = s->view;
	size_t n = 0, from = 0;
	while (from <= v.size && regex_match(&p->re, &s->run, v.data, v.size, from, v.size, 0) == 1) {
		const PCRE2_SIZE *ov = pcre2_get_ovector_pointer(s->run.data);
		size_t start = ov[0], end = ov[1], a, e;
		if (end > start) {
			from = end;
			start = ov[2 * p->group];
			end = ov[2 * p->group + 1];
			if (start == PCRE2_UNSET || end <= start)
				continue;
			view_map(&v, start, end, &a, &e);
			if (n && a < out[n - 1].end)
				out[n - 1].end = e > out[n - 1].end ? (uint32_t)e : out[n - 1].end;
			else
				out[n++] = (struct finding){ .detector = p->detector, .start = (uint32_t)a, .end = (uint32_t)e };
		} else {
			from = start + 1;
			while (from < v.size && ((unsigned char)v.data[from] & 0xc0) == 0x80)
				from++;
		}
	}
	return n;
}

/* True if what an encoding hides takes part in the finding, or may in what stands around its sensitive part: it may be more than PCRE2 finds
 * in the text as it stands. */
static int is_hidden(const struct view *v, const struct decoded *d, const struct pattern *p, const struct finding *f)
{
	uint32_t around = strstr(p->def->regex, "(?<secret>") ? 400 : 0;
	for (size_t i = 0; i < d->npieces; i++) {
		size_t start, end;
		view_map(v, d->pieces[i].start, d->pieces[i].end, &start, &end);
		if (start < f->end + around && f->start < end + around)
			return 1;
	}
	return 0;
}

static size_t compare(const struct detect_set *set, struct detect_scratch *s, const char *text, size_t size, struct finding *got, struct finding *want)
{
	const struct detect_text t = { ROLE_BODY, text, size };
	size_t ngot, total = 0;
	enum cause cause = detect_scan(set, s, &t, 1, 5000000, got, &ngot);
	if (cause == CAUSE_OVER_BUDGET)
		return 0; /* a random pattern over a limit of PCRE2: said so, which is all that is promised */
	assert_int_equal(cause, CAUSE_NONE);
	struct decoded d = { 0 };
	if (decode_make(&d, s->view.data, s->view.size) == 0)
		d.npieces = 0;
	for (size_t i = 0; i < set->npatterns; i++) {
		size_t n = reference(set, s, i, want), k = 0;
		for (size_t j = 0; j < ngot; j++) {
			if (got[j].detector != set->patterns[i].detector)
				continue;
			if (is_hidden(&s->view, &d, &set->patterns[i], &got[j])) {
				while (k < n && want[k].start < got[j].end) {
					assert_true(want[k].start >= got[j].start && want[k].end <= got[j].end);
					k++;
				}
				continue;
			}
			if (k >= n || want[k].start != got[j].start || want[k].end != got[j].end)
				fail_msg("pattern %s (%s) in \"%.*s\": found %u..%u, PCRE2 finds %d..%d (%zu)", set->patterns[i].def->regex,
				         pattern_class_name(&set->patterns[i].cls), (int)size, text, got[j].start, got[j].end,
				         k < n ? (int)want[k].start : -1, k < n ? (int)want[k].end : -1, n);
			k++;
		}
		if (k != n)
			fail_msg("pattern %s (%s) in \"%.*s\": %zu found, PCRE2 finds %zu, next %u..%u", set->patterns[i].def->regex,
			         pattern_class_name(&set->patterns[i].cls), (int)size, text, k, n, want[k].start, want[k].end);
		total += n;
	}
	decode_free(&d);
	return total;
}

static void random_patterns(void **state)
{
	enum { SETS = 60, PER_SET = 12, TEXTS = 30 };
	struct finding *got = calloc(DETECT_FINDINGS_MAX, sizeof *got), *want = calloc(DETECT_FINDINGS_MAX, sizeof *want);
	size_t total = 0, sets = 0, kinds[4] = { 0 };
	while (sets < SETS) {
		static char patterns[PER_SET][400];
		const char *list[PER_SET];
		size_t n = 0;
		while (n < PER_SET) {
			struct bundle one;
			random_pattern(patterns[n], sizeof patterns[n]);
			list[n] = patterns[n];
			struct detect_set *try = make_set(&list[n], 1, &one);
			if (try) {
				n++;
				detect_free(&try);
				bundle_free(&one);
			}
		}
		struct bundle b;
		struct detect_set *set = make_set(list, n, &b);
		assert_non_null(set);
		struct detect_scratch *s = detect_scratch_new(set);
		for (size_t i = 0; i < n; i++)
			kinds[set->patterns[i].cls.kind]++;
		for (int i = 0; i < TEXTS; i++) {
			char text[512];
			size_t off = rnd(32), size = random_text(text, sizeof text, i & 1);
			char *buf = malloc(size + off + 1); /* every alignment, and the sanitizer behind it */
			memcpy(buf + off, text, size);
			total += compare(set, s, buf + off, size, got, want);
			free(buf);
		}
		detect_scratch_free(&s);
		detect_free(&set);
		bundle_free(&b);
		sets++;
	}
	free(got);
	free(want);
	assert_true(total > 8000);
	assert_true(kinds[CLASS_LITERAL] > 20 && kinds[CLASS_NUMBER] > 2 && kinds[CLASS_SHAPE] > 20 && kinds[CLASS_ALWAYS] > 20);
}

/* The shipped patterns, without their validators, on pieces of their own tests put together at random. */
static void shipped_patterns(void **state)
{
	struct bundle b = { 0 };
	struct detect_set *set = NULL, *bare;
	struct cfgerr err;
	assert_int_equal(bundle_add_rules(&b, TEST_SRCDIR "/rules", &err), 0);
	assert_int_equal(detect_compile(&b, &set, &err), 0);
	const char **list = calloc(set->npatterns, sizeof *list);
	for (size_t i = 0; i < set->npatterns; i++)
		list[i] = set->patterns[i].def->regex;
	struct bundle plain;
	bare = make_set(list, set->npatterns, &plain);
	assert_non_null(bare);
	struct detect_scratch *s = detect_scratch_new(bare);
	struct finding *got = calloc(DETECT_FINDINGS_MAX, sizeof *got), *want = calloc(DETECT_FINDINGS_MAX, sizeof *want);
	size_t total = 0;
	for (int round = 0; round < 600; round++) {
		char text[8192];
		size_t o = 0;
		for (int k = (int)rnd(8); k >= 0; k--) {
			const struct detector_def *def = set->detectors[rnd((unsigned)set->ndetectors)].def;
			const struct cfg_words *w = rnd(2) ? &def->match : &def->no_match;
			const char *piece = w->n ? w->item[rnd((unsigned)w->n)] : "x";
			if (rnd(8) == 0)
				piece = PICK(words);
			if (o + strlen(piece) + 2 < sizeof text)
				o += (size_t)sprintf(text + o, "%s%s", piece, rnd(3) ? " " : rnd(2) ? "\n" : "");
		}
		total += compare(bare, s, text, o, got, want);
	}
	assert_true(total > 1000);
	free(got);
	free(want);
	free(list);
	detect_scratch_free(&s);
	detect_free(&bare);
	detect_free(&set);
	bundle_free(&plain);
	bundle_free(&b);
}

/* Number-shaped patterns: blocks, separators, borders, backreferences, on texts that are nearly all digits. */
static void number_patterns(void **state)
{
	static const char *const starts[] = { "", "(?<!\\d)", "\\b", "(?<![\\d.,-])", "(?<!\\d[.,])", "(?<![0-9A-Za-z])", "(?<!(?<!\\d)1-)(?<!\\d)",
		"(?<![a-z]|(?<![\\w])3 )\\b", "(?<=(?<!1)-)" };
	static const char *const blocks[] = { "\\d{4}", "\\d{3}", "\\d{2,4}", "\\d{6}", "\\d\\d", "3\\d{3}", "(?:\\d|\\d{3})", "\\d+", "\\d{2,}", "[1-9]\\d{2}" };
	static const char *const seps[] = { "", "-", "[ -]", "[ -]?", "([ .-])", "([ .-]?)", "\\1", "\\1?", "[ -]{1,2}", "(?:-| )", "(?: ?)", " \\.? ?" };
	static const char *const ends[] = { "", "(?!\\d)", "\\b", "(?!\\d|[.,-]\\d)", "(?![0-9A-Za-z])", "(?!\\d|-\\d\\d\\d(?!\\d)| x(?!\\w))",
		"(?=-\\d(?!2)|$)", "(?!\\d|[ -](?=\\d))" };
	static const char *const words_[] = { "1", "12", "123", "1234", "123456", "12345678901234", " ", " ", "-", ".", "--", ", ", "x", "é", "٣", "\u200b", "3" };
	struct finding *got = calloc(DETECT_FINDINGS_MAX, sizeof *got), *want = calloc(DETECT_FINDINGS_MAX, sizeof *want);
	size_t total = 0, shaped = 0;
	for (int round = 0; round < 60; round++) {
		enum { N = 10 };
		static char patterns[N][300];
		const char *list[N];
		for (size_t n = 0; n < N;) {
			char *p = patterns[n];
			size_t o = (size_t)sprintf(p, "%s%s", PICK(starts), PICK(blocks));
			int groups = 0;
			for (int k = 1 + (int)rnd(4); k > 0; k--) {
				const char *sep = PICK(seps);
				if (sep[0] == '\\' && !groups)
					continue;
				groups += sep[0] == '(' && sep[1] == '[';
				o += (size_t)sprintf(p + o, "%s%s", sep, PICK(blocks));
			}
			sprintf(p + o, "%s", PICK(ends));
			struct bundle one;
			list[n] = p;
			struct detect_set *try = make_set(&list[n], 1, &one);
			if (try) {
				n++;
				detect_free(&try);
				bundle_free(&one);
			}
		}
		struct bundle b;
		struct detect_set *set = make_set(list, N, &b);
		assert_non_null(set);
		struct detect_scratch *s = detect_scratch_new(set);
		for (size_t i = 0; i < N; i++)
			shaped += set->patterns[i].cls.numbers != NULL;
		for (int i = 0; i < 60; i++) {
			char text[256];
			size_t o = 0;
			while (o < 60) {
				const char *w = PICK(words_);
				if (i % 4 || (unsigned char)w[0] < 0x80)
					o += (size_t)sprintf(text + o, "%s", w);
			}
			total += compare(set, s, text, o, got, want);
		}
		detect_scratch_free(&s);
		detect_free(&set);
		bundle_free(&b);
	}
	free(got);
	free(want);
	if (total < 5000 || shaped < 100)
		fail_msg("only %zu matches, %zu patterns of plain blocks", total, shaped);
}

/* Outlines: rows of characters, optional and lazy ones, alternatives, borders; nearly matching texts, at every offset. */
static void row_pattern(char *p)
{
	static const char *const starts[] = { "", "(?<![A-Za-z0-9])", "\\b", "(?<![\\d.,-])", "(?i)(?<![a-z])", "(?<!x-)", "(?<=:)", "^", "(?=[A-Z]*\\d)", "(?<!(?<![a-z])1)" };
	static const char *const rows[] = {
		"[A-Z]{2}", "\\d{3}", "[A-Za-z0-9]{4,6}", "[a-z]{1,3}", "[A-Z]", "9{0,2}", "\\d{2,}", "[ -]", "[ -]?", "(?:[AB]\\d|[CD]{2})", "(?:ab|a)", "(?:ab|a|)", "[A-Z0-9]{3}?",
		"[A-Z]{1,2}?", "(?:[a-z]{2,3}[ -]){2,4}", "([ -])\\d\\1", "\\w{2}", "x?", "@", "[^a]", "\\d++", "(?>a|ab)", "\\d(?!5)", "_{1,2}", "[A-Z]{20}", "(?:\\d{2}){1,2}", "é", "\\s",
	};
	static const char *const ends[] = { "", "(?![A-Za-z0-9])", "\\b", "(?!\\d|[.,-]\\d)", "(?=;)", "$", "(?![A-Z])", "(?!\\d|,\\d(?!\\d)|;(?![é;]))", "(?= (?!\\w))" };
	size_t o = (size_t)sprintf(p, "%s", PICK(starts));
	for (int k = 2 + (int)rnd(5); k > 0; k--)
		o += (size_t)sprintf(p + o, "%s", PICK(rows));
	if (rnd(6) == 0)
		o += (size_t)sprintf(p + o, "|%s%s%s", PICK(starts), PICK(rows), PICK(rows));
	sprintf(p + o, "%s", PICK(ends));
}

static size_t row_text(char *text, int ascii)
{
	static const char *const parts[] = { "A", "AB", "C", "ABCDEFGHIJKLMNOPQRSTUVWX", "a", "ab", "abc", "x", "x-", "1", "12", "123", "5", "99", " ", " ", "-", ";", ":", "@", "_", ".", ",", "\n", "é", "É", "٣", "\u200b", "я" };
	size_t o = 0;
	for (int n = (int)rnd(40); n > 0; n--) {
		const char *w = PICK(parts);
		if (!ascii || (unsigned char)w[0] < 0x80)
			o += (size_t)sprintf(text + o, "%s", w);
	}
	return o;
}

static void outline_patterns(void **state)
{
	struct finding *got = calloc(DETECT_FINDINGS_MAX, sizeof *got), *want = calloc(DETECT_FINDINGS_MAX, sizeof *want);
	size_t total = 0, traced = 0;
	for (int round = 0; round < 120; round++) {
		enum { N = 10 };
		static char patterns[N][300];
		const char *list[N];
		for (size_t n = 0; n < N;) {
			struct bundle one;
			row_pattern(patterns[n]);
			list[n] = patterns[n];
			struct detect_set *try = make_set(&list[n], 1, &one);
			if (!try)
				continue;
			n += try->traced.n > 0 || rnd(20) == 0; /* mostly those that have an outline */
			detect_free(&try);
			bundle_free(&one);
		}
		struct bundle b;
		struct detect_set *set = make_set(list, N, &b);
		assert_non_null(set);
		struct detect_scratch *s = detect_scratch_new(set);
		traced += set->traced.n;
		for (size_t i = 0; i < 128; i++) {
			char text[1024];
			size_t off = i % 64, size = row_text(text, i & 1);
			char *buf = malloc(size + off + 1);
			memcpy(buf + off, text, size);
			total += compare(set, s, buf + off, size, got, want);
			free(buf);
		}
		detect_scratch_free(&s);
		detect_free(&set);
		bundle_free(&b);
	}
	free(got);
	free(want);
	if (total < 5000 || traced < 600)
		fail_msg("only %zu matches, %zu patterns with an outline", total, traced);
}

/* Matches near, at and across what a window of PCRE2's subject may be in a long text. */
static void long_texts(void **state)
{
	static const char *const patterns[] = { "begin[^!]{0,3000}end", "begin[^!]*end", "key=\\w{4}(?= ;)", "(?<!\\d)\\d{6}(?:[ -]\\d{4}){0,3}", "\\bfoo\\b.{0,40}\\bbar\\b" };
	static const char *const parts[] = { "begin", "end", "key=", "abcd", " ;", "123456", "-1234", " 9999", "foo", " bar", "!", "\n", "filler text ", "é", "begin", "end" };
	struct bundle b;
	struct detect_set *set = make_set(patterns, 5, &b);
	assert_non_null(set);
	struct detect_scratch *s = detect_scratch_new(set);
	struct finding *got = calloc(DETECT_FINDINGS_MAX, sizeof *got), *want = calloc(DETECT_FINDINGS_MAX, sizeof *want);
	enum { SIZE = 12000 };
	char *text = malloc(SIZE + 16);
	size_t total = 0;
	for (int round = 0; round < 30; round++) {
		size_t o = 0;
		while (o < SIZE) {
			const char *w = PICK(parts);
			if (rnd(4))
				w = "filler text ";
			if (round & 1 && (unsigned char)w[0] >= 0x80)
				continue;
			o += (size_t)sprintf(text + o, "%s", w);
		}
		total += compare(set, s, text, o, got, want);
	}
	assert_true(total > 300);
	free(text);
	free(got);
	free(want);
	detect_scratch_free(&s);
	detect_free(&set);
	bundle_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_patterns),
		cmocka_unit_test(number_patterns),
		cmocka_unit_test(outline_patterns),
		cmocka_unit_test(shipped_patterns),
		cmocka_unit_test(long_texts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
