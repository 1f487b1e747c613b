/* Whatever shortcut the engine takes, the spans are those of PCRE2 run over the whole text, pattern by pattern. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "detect/scratch.h"

#include <limits.h>
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

/* Fewer than most of the words, one behind the other; dst has size bytes. */
static size_t text_of(char *dst, size_t size, unsigned most, const char *const *list, unsigned nlist, int ascii)
{
	size_t o = 0;
	for (unsigned n = rnd(most); n > 0; n--) {
		const char *w = list[rnd(nlist)];
		if (o + strlen(w) + 1 > size || (ascii && (unsigned char)w[0] >= 0x80))
			continue;
		o += (size_t)sprintf(dst + o, "%s", w);
	}
	return o;
}

#define TEXT_OF(dst, most, list, ascii) text_of(dst, sizeof dst, most, list, sizeof list / sizeof *list, ascii)

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

static int plain_match(const struct pattern *p, struct detect_scratch *s, size_t from, uint32_t options)
{
	pcre2_set_callout(s->run.context, NULL, NULL);
	pcre2_set_offset_limit(s->run.context, PCRE2_UNSET);
	int rc = pcre2_match(p->re.unicode, (PCRE2_SPTR)s->view.data, s->view.size, from, options | PCRE2_NO_UTF_CHECK, s->run.data, s->run.context);
	return rc >= 0 ? 1 : rc == PCRE2_ERROR_NOMATCH ? 0 : -1;
}

enum { NOT_AGREED = -1 };

/* 1: the pattern has an outline, 0: it has none, -1: it is refused. */
static int try_pattern(const char *pattern)
{
	struct bundle b;
	struct detect_set *set = make_set(&pattern, 1, &b);
	if (!set)
		return -1;
	int traced = (int)set->traced.n;
	detect_free(&set);
	bundle_free(&b);
	return traced;
}

/* Plain find-all of one pattern over the whole view, mapped back and merged as findings are; NOT_AGREED: PCRE2 ran into a limit. */
static long find_plainly(const struct detect_set *set, struct detect_scratch *s, size_t pattern, uint32_t options, struct finding *out)
{
	const struct pattern *p = &set->patterns[pattern];
	struct view v = s->view;
	size_t from = 0;
	long n = 0;
	int rc = 0;
	while (from <= v.size && (rc = plain_match(p, s, from, options)) == 1) {
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
			from = (start > from ? start : from) + 1; /* \K can begin a match before where it was looked for */
			while (from < v.size && ((unsigned char)v.data[from] & 0xc0) == 0x80)
				from++;
		}
	}
	return rc < 0 ? NOT_AGREED : n;
}

/* The same; NOT_AGREED also where PCRE2's two machines find different things, as 10.42's do for "(?>[a-f]{2}\P{Ll}*|)\d{2}". */
static long reference(const struct detect_set *set, struct detect_scratch *s, size_t pattern, struct finding *out)
{
	static struct finding other[DETECT_FINDINGS_MAX];
	long n = find_plainly(set, s, pattern, 0, out), m = find_plainly(set, s, pattern, PCRE2_NO_JIT, other);
	for (long i = 0; i < n && n == m; i++)
		if (out[i].start != other[i].start || out[i].end != other[i].end)
			return NOT_AGREED;
	return n == m ? n : NOT_AGREED;
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
	if (decode_make(&d, s->view.data, s->view.size, UINT_MAX) == 0)
		d.npieces = 0;
	for (size_t i = 0; i < set->npatterns; i++) {
		long r = reference(set, s, i, want);
		if (r == NOT_AGREED)
			continue;
		size_t n = (size_t)r, k = 0;
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
			random_pattern(patterns[n], sizeof patterns[n]);
			list[n] = patterns[n];
			n += try_pattern(list[n]) >= 0;
		}
		struct bundle b;
		struct detect_set *set = make_set(list, n, &b);
		assert_non_null(set);
		struct detect_scratch *s = detect_scratch_new(set);
		for (size_t i = 0; i < n; i++)
			kinds[set->patterns[i].cls.kind]++;
		for (int i = 0; i < TEXTS; i++) {
			char text[512];
			size_t off = rnd(32), size = TEXT_OF(text, 30, words, i & 1);
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
			list[n] = p;
			n += try_pattern(p) >= 0;
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

static const char *const row_words[] = { "A", "AB", "C", "ABCDEFGHIJKLMNOPQRSTUVWX", "a", "ab", "abc", "x", "x-", "1", "12", "123", "5", "99", " ", " ", "-", ";", ":", "@", "_", ".", ",", "\n", "é", "É", "٣", "\u200b", "я" };

static void outline_patterns(void **state)
{
	struct finding *got = calloc(DETECT_FINDINGS_MAX, sizeof *got), *want = calloc(DETECT_FINDINGS_MAX, sizeof *want);
	size_t total = 0, traced = 0;
	for (int round = 0; round < 120; round++) {
		enum { N = 10 };
		static char patterns[N][300];
		const char *list[N];
		for (size_t n = 0; n < N;) {
			row_pattern(patterns[n]);
			list[n] = patterns[n];
			int outlined = try_pattern(list[n]);
			n += outlined > 0 || (outlined == 0 && rnd(20) == 0); /* mostly those that have an outline */
		}
		struct bundle b;
		struct detect_set *set = make_set(list, N, &b);
		assert_non_null(set);
		struct detect_scratch *s = detect_scratch_new(set);
		traced += set->traced.n;
		for (size_t i = 0; i < 128; i++) {
			char text[1024];
			size_t off = i % 64, size = TEXT_OF(text, 40, row_words, i & 1);
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

/* All of PCRE2 that a rule's author may write, well nested: what the reader of patterns knows, and what it has to refuse. */
static const char *const odd_atoms[] = {
	"a", "k", "foo", "-", "1", "42", "é", "я", "密", "ß", "\\d", "\\D", "\\w", "\\W", "\\s", "\\S", "\\h", "\\H", "\\v", "\\V", "\\N", ".",
	"\\b", "\\B", "\\A", "\\z", "\\Z", "^", "$", "\\x41", "\\x{41}", "\\x{e9}", "\\t", "\\e", "\\.", "\\-",
	"\\p{L}", "\\p{Lu}", "\\P{L}", "\\pN", "\\PN", "\\p{^L}", "\\p{Greek}", "\\p{Any}", "\\p{Xan}",
	"[ab]", "[^ab]", "[0-9]", "[^0-9]", "[a-f0-9]", "[[:alpha:]]", "[^[:alpha:]]", "[[:^digit:]]", "[^[:^digit:]]", "[[:digit:]-]", "[[:punct:]]", "[^[:space:]]",
	"[[:upper:]]", "[[:xdigit:]]{2}", "[[:word:]]", "[[:cntrl:]]", "[[:graph:]]", "[[:print:]]", "[[:blank:]]", "[[:^lower:]]", "[^[:ascii:]]",
	"[^\\p{L}]", "[\\p{L}1]", "[^\\d]", "[^\\D]", "[^\\W_]", "[\\w-.]", "[\\d-z]", "[a\\-z]", "[a-]", "[-a]", "[]a]", "[^]a]", "[[a]",
	"[é]", "[^é]", "[а-я]", "[^а-я]", "[\\x{80}-\\x{10ffff}]", "[^\\x{80}-\\x{10ffff}]", "[\\b]", "[\\n\\x41]", "[^a-z]", "[\\h\\d]", "[^\\h]", "[^k]", "[^s1]",
	"(?i)", "(?-i)", "(?s)", "(?m)", "(?i-s)", "\\1", "\\2", "\\d{3}", "\\d{2}[- ]\\d{2}", "[A-Z]{3}", "a{2", "{1}",
};
/* And what it may refuse, now and then. */
static const char *const wild_atoms[] = {
	"\\R", "\\X", "\\G", "\\K", "[[:<:]]", "[[:>:]]", "\\N{U+41}", "\\o{61}", "\\061", "\\Qa.b\\E", "\\Q1\\E", "\\E", "\\cA", "[[:]", "[[:]1[2:]", "[[.a]", "[\\Qa-\\Ez]", "[^\\N{U+41}]",
	"(?x)", "(?x: a b # c\n)", "(?xx)", "(?^)", "(?n)", "(?J)", "(?U)", "(?#x)", "(?#))", "(?C1)", "(?C'x')",
	"\\g{1}", "\\g1", "\\g{-1}", "\\k<n>", "\\k{n}", "\\k'n'", "(?P=n)", "(?1)", "(?2)", "(?&n)", "(?P>n)", "(?-1)", "(?R)",
	"(*SKIP)", "(*PRUNE)", "(*COMMIT)", "(*THEN)", "(*F)", "(*ACCEPT)", "(*MARK:x)", "a{,2}",
};
static const char *const odd_groups[] = {
	"(", "(", "(?:", "(?:", "(?<n>", "(?P<n>", "(?'n'", "(?|", "(?>", "(?=", "(?!", "(?<=", "(?<!", "(?i:", "(?-i:", "(?s:", "(?m:", "(?i-m:",
};
static const char *const wild_groups[] = {
	"(?x:", "(?^:", "(*atomic:", "(*pla:", "(*nlb:", "(*sr:", "(?(1)", "(?(<n>)", "(?(?=a)", "(?(?!\\d)", "(?(DEFINE)", "(?(R)",
};
static const char *const odd_repeats[] = { "", "", "", "", "", "", "?", "*", "+", "??", "*?", "+?", "?+", "*+", "++", "{2}", "{0}", "{1}", "{0,1}", "{1,3}", "{2,}", "{0,}?", "{1,2}+", "{2}{2}", "{3}?" };
static const char *const odd_words[] = {
	"a", "ab", "A", "k", "K", "s", "\u017f", "\u212a", "foo", "FOO", "-", " ", "1", "42", "123", "12-34", "999", "é", "É", "я", "Я", "密", "ß", "ẞ", "ss", "x", "_", ".", "a.b", "b", "[", ":", "]",
	"\n", "\r\n", "\t", "\v", "\u2028", "\u00a0", "\xc2\x85", "{", "}", "U+41}", "(", "z", "key", "foo1", "1234", "123 45", "123-45", "ABC12", "0123abcd", "1-23", "word", "Σ", "ς", "😀", "ABC", "\x1b", "\x01", "\u0660", "\uff11", "e\u0301", "\u200b", "II", "\u2161", "가", "ǅ", "İ", "ı",
};

static size_t odd_cat(char *dst, size_t size, int depth);

static size_t odd_alt(char *dst, size_t size, int depth)
{
	size_t o = odd_cat(dst, size, depth);
	for (; rnd(4) == 0 && o + 2 < size; o += odd_cat(dst + o, size - o, depth))
		o += (size_t)snprintf(dst + o, size - o, "|");
	return o;
}

static size_t odd_cat(char *dst, size_t size, int depth)
{
	size_t o = 0;
	dst[0] = '\0';
	for (int n = (int)rnd(4) + !depth; n > 0 && o + 40 < size; n--) {
		if (depth < 3 && rnd(3) == 0) {
			o += (size_t)snprintf(dst + o, size - o, "%s", rnd(12) ? PICK(odd_groups) : PICK(wild_groups));
			o += odd_alt(dst + o, size - o - 8, depth + 1);
			o += (size_t)snprintf(dst + o, size - o, ")");
		} else {
			o += (size_t)snprintf(dst + o, size - o, "%s", rnd(16) ? PICK(odd_atoms) : PICK(wild_atoms));
		}
		o += (size_t)snprintf(dst + o, size - o, "%s", PICK(odd_repeats));
	}
	return o;
}

/* Two in three hold what the engine has a shortcut for. */
static void odd_pattern(char *dst, size_t size)
{
	static const char *const plain[] = { "foo", "key", "\\d{4}", "\\d{3}[ -]?\\d{2}", "(?<!\\d)\\d{3}", "\\d{2,4}(?!\\d)", "[A-Z]{3}\\d{2}", "\\b[a-z]{3,5}\\b", "[0-9a-f]{8}", "\\d[ -]\\d{2}", "\\d\\d" };
	size_t o = odd_alt(dst, size / 3, 0);
	for (int n = rnd(3) == 0 ? 0 : 1 + (int)rnd(3); n > 0; n--) {
		o += (size_t)snprintf(dst + o, size - o, "%s", PICK(plain));
		o += odd_cat(dst + o, size / 6, 2);
	}
}

static void odd_patterns(void **state)
{
	enum { SETS = 16, N = 10, SEEDS = 3 };
	struct finding *got = calloc(DETECT_FINDINGS_MAX, sizeof *got), *want = calloc(DETECT_FINDINGS_MAX, sizeof *want);
	size_t total = 0, kinds[4] = { 0 };
	for (unsigned round = 0; round < SETS * SEEDS; round++) {
		static char patterns[N][300];
		const char *list[N];
		seed = round % SETS ? seed : 23 + round;
		for (size_t n = 0; n < N;) {
			odd_pattern(patterns[n], sizeof patterns[n]);
			list[n] = patterns[n];
			n += try_pattern(list[n]) >= 0;
		}
		struct bundle b;
		struct detect_set *set = make_set(list, N, &b);
		assert_non_null(set);
		struct detect_scratch *s = detect_scratch_new(set);
		for (size_t i = 0; i < N; i++)
			kinds[set->patterns[i].cls.kind]++;
		for (unsigned i = 0; i < 40; i++) {
			char text[512];
			size_t size = TEXT_OF(text, 40, odd_words, i & 1);
			char *buf = malloc(size + 1);
			memcpy(buf, text, size);
			total += compare(set, s, buf, size, got, want);
			free(buf);
		}
		detect_scratch_free(&s);
		detect_free(&set);
		bundle_free(&b);
	}
	free(got);
	free(want);
	if (total < 15000 || kinds[CLASS_LITERAL] < 40 || kinds[CLASS_SHAPE] < 80 || kinds[CLASS_ALWAYS] < 80)
		fail_msg("only %zu matches, of %zu %zu %zu %zu patterns", total, kinds[0], kinds[1], kinds[2], kinds[3]);
}

/* What the reader of patterns had wrong once: each of these was missed, or found elsewhere. */
static void odd_patterns_known(void **state)
{
	static const struct {
		const char *pattern, *text;
		long found;
	} cases[] = {
		{ "[^\\p{L}]\\d{3}", "1234 é", 1 },                  /* the opposite of a set that says too much */
		{ "[^[:alpha:]]\\d{3}", "1234", 1 },
		{ "(?i)[^é]\\d{3}", "k123", 1 },
		{ "[[:]\\d{4}[^]]", ":1234.", 1 },                     /* no POSIX class, though it begins like one */
		{ "[[:<:]]\\d{6}[[:>:]]", "a 123456 b1234567", 1 },    /* borders of words, though they look like classes */
		{ "\\N{U+41}\\d{5}", "xA12345", 1 },
		{ "\\Gab\\d{4}", "x ab1234", 0 },                      /* where the call before ended, not where ours begins */
		{ "\\Gab\\d{4}", "ab1234ab5678 ab9012", 2 },
		{ "(?i)[[:upper:]]{3}\\d{3}", "abc123", 0 },            /* with UCP, and so in ASCII texts too */
		{ "x{0,9}密码\\d{2}", "密码密码12", 1 },               /* PCRE2 is not to begin inside a character */
	};
	struct finding *got = calloc(DETECT_FINDINGS_MAX, sizeof *got), *want = calloc(DETECT_FINDINGS_MAX, sizeof *want);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bundle b;
		struct detect_set *set = make_set(&cases[i].pattern, 1, &b);
		assert_non_null(set);
		struct detect_scratch *s = detect_scratch_new(set);
		size_t n = compare(set, s, cases[i].text, strlen(cases[i].text), got, want);
		if ((long)n != cases[i].found)
			fail_msg("%s: %zu in \"%s\"", cases[i].pattern, n, cases[i].text);
		detect_scratch_free(&s);
		detect_free(&set);
		bundle_free(&b);
	}
	free(got);
	free(want);
}

/* Its callout would be taken for the engine's own. */
static void callouts_are_refused(void **state)
{
	static const char *const patterns[] = { "a(?C254)b", "a(?C)b", "a(?C'x')b" };
	for (size_t i = 0; i < 3; i++) {
		struct bundle b;
		assert_null(make_set(&patterns[i], 1, &b));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_patterns),
		cmocka_unit_test(number_patterns),
		cmocka_unit_test(outline_patterns),
		cmocka_unit_test(odd_patterns),
		cmocka_unit_test(odd_patterns_known),
		cmocka_unit_test(callouts_are_refused),
		cmocka_unit_test(shipped_patterns),
		cmocka_unit_test(long_texts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
