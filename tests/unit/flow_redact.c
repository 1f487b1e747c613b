/* Redaction, whatever the disguise: what the shipped rules find in a stanza is masked, and in what goes on they find nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "detect/set.h"
#include "flow/redact.h"
#include "flow/value.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 600, BUDGET_US = 10000000 };

static struct bundle rules;
static struct detect_set *set;
static struct detect_scratch *scratch;
static struct finding found[DETECT_FINDINGS_MAX];
static unsigned seed = 7;

static unsigned rnd(unsigned n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % n;
}

static int setup(void **state)
{
	struct cfgerr err = { 0 };
	if (bundle_add_rules(&rules, TEST_SRCDIR "/rules", &err) < 0 || detect_compile(&rules, &set, &err) < 0)
		fail_msg("%s:%d: %s", err.file, err.line, err.text);
	scratch = detect_scratch_new(set);
	assert_non_null(scratch);
	return 0;
}

static int teardown(void **state)
{
	detect_scratch_free(&scratch);
	detect_free(&set);
	bundle_free(&rules);
	return 0;
}

static const struct { const char *before, *secret; } secrets[] = {
	{ "visa", "4012888888881881" }, { "card", "5555-5555-5555-4444" }, { "amex", "3782 822463 10005" }, { "iban", "DE89370400440532013000" },
	{ "bank account", "GB82 WEST 1234 5698 7654 32" }, { "ssn", "536-90-4399" }, { "aws key", "AKIAQYLPMN5HHHFPZAM2" },
	{ "mail", "anna.example@example.com" }, { "steuer-id", "86095742719" }, { "vin", "1M8GDM9AXKP042788" },
};

/* Words of many scripts, in both directions, with marks and emoji. */
static const char *const noise[] = { "hello", "see you", "é", "e\u0301", "שלום", "\u202eabc\u202c", "مرحبا", "\u200f", "你好", "かな", "👩\u200d💻", "❤\ufe0f", "x\u0336y\u0336", "ß",
	"ｗｉｄｅ", "हिन्दी", "a&b", "<i>", "100%", "=)", "\\o/", ".", "\n", "- ", "1", "42" };

typedef void (*disguise)(const char *s, struct buf *out);

static void put(struct buf *b, const char *s)
{
	assert_int_equal(buf_put(b, s, strlen(s)), 0);
}

static void plain(const char *s, struct buf *out)
{
	put(out, s);
}

static void joined_by_nothing(const char *s, struct buf *out)
{
	static const char *const invisible[] = { "\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "" };
	for (; *s; s++) {
		assert_int_equal(buf_put(out, s, 1), 0);
		put(out, invisible[rnd(sizeof invisible / sizeof *invisible)]);
	}
}

static void wide(const char *s, struct buf *out)
{
	for (; *s; s++) {
		char c[5] = { *s };
		if (*s > ' ')
			text_encode(0xff00 + (uint32_t)(unsigned char)*s - 0x20, c);
		put(out, c);
	}
}

static void struck(const char *s, struct buf *out)
{
	for (; *s; s++) {
		assert_int_equal(buf_put(out, s, 1), 0);
		put(out, rnd(2) ? "\u0336" : "\u0301\u0323");
	}
}

static void other_digits(const char *s, struct buf *out)
{
	static const uint32_t zeros[] = { 0x660, 0x6f0, 0x966, 0xe50, 0xff10, 0x1d7ce, 0x1fbf0 };
	for (; *s; s++) {
		char c[5] = { *s };
		if (*s >= '0' && *s <= '9')
			text_encode(zeros[rnd(sizeof zeros / sizeof *zeros)] + (uint32_t)(*s - '0'), c);
		put(out, c);
	}
}

static void entities(const char *s, struct buf *out)
{
	for (; *s; s++) {
		char c[16] = { *s };
		if (rnd(3) == 0)
			snprintf(c, sizeof c, rnd(2) ? "&#%d;" : "&#x%x;", *s);
		put(out, c);
	}
}

static void percent(const char *s, struct buf *out)
{
	for (; *s; s++) {
		char c[16];
		snprintf(c, sizeof c, "%%%02x", *s);
		put(out, c);
	}
}

static void base64(const char *s, struct buf *out)
{
	static unsigned char coded[1 << 16];
	EVP_EncodeBlock(coded, (const unsigned char *)s, (int)strlen(s));
	put(out, (const char *)coded);
}

static const disguise disguises[] = { plain, joined_by_nothing, wide, struck, other_digits, entities, percent, base64 };
enum { DISGUISES = sizeof disguises / sizeof *disguises };

static void put_noise(struct buf *b)
{
	for (unsigned n = rnd(6); n > 0; n--) {
		put(b, noise[rnd(sizeof noise / sizeof *noise)]);
		put(b, " ");
	}
}

/* Text in markup that splits it anywhere between code points. */
static void put_split(struct buf *xml, const char *s, size_t size)
{
	unsigned open = 0;
	for (size_t i = 0; i < size;) {
		uint32_t cp;
		int n = text_decode(s + i, size - i, &cp);
		assert_true(n > 0);
		if (rnd(4) == 0) {
			put(xml, open ? "</b>" : "<b>");
			open = !open;
		}
		assert_int_equal(xml_escape(xml, s + i, (size_t)n), 0);
		i += (size_t)n;
	}
	put(xml, open ? "</b>" : "");
}

/* A message of noise and one secret or two, in the body and in markup. */
static void make_stanza(struct buf *xml, unsigned round)
{
	struct buf text;
	buf_init(&text, 1 << 16);
	for (unsigned n = 1 + rnd(2), k = 0; k < n; k++) {
		unsigned which = rnd(sizeof secrets / sizeof *secrets);
		put_noise(&text);
		put(&text, secrets[which].before);
		put(&text, " ");
		disguises[k ? rnd(DISGUISES) : round % DISGUISES](secrets[which].secret, &text);
		put(&text, " ");
		put_noise(&text);
	}
	const char *s = (const char *)buf_ptr(&text);
	put(xml, "<message type='chat'><body>");
	assert_int_equal(xml_escape(xml, s, buf_left(&text)), 0);
	put(xml, "</body><html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/xhtml'><p>");
	put_split(xml, s, buf_left(&text));
	put(xml, "</p></body></html></message>");
	buf_free(&text);
}

static size_t scan(const struct stanza *s)
{
	struct detect_text texts[SCAN_TEXTS_MAX];
	size_t n = 0;
	for (size_t i = 0; i < s->ntexts; i++)
		texts[i] = (struct detect_text){ s->texts[i].role, s->texts[i].data, s->texts[i].size };
	assert_int_equal(detect_scan(set, scratch, texts, s->ntexts, BUDGET_US, found, &n), CAUSE_NONE);
	return n;
}

/* text: what comes in the place of each, or NULL: its detector's mask. */
static void mask_all(struct stanza *s, size_t n, const char *text)
{
	for (size_t t = 0; t < s->ntexts; t++) {
		struct stanza_span spans[256];
		size_t k = 0;
		for (size_t i = 0; i < n && k < 256; i++)
			if (found[i].text == t)
				spans[k++] = (struct stanza_span){ .start = found[i].start, .end = found[i].end, .mask = detect_info(set, found[i].detector)->mask,
				                                   .text = text };
		if (k > 0)
			assert_int_equal(stanza_mask(s, t, spans, k), 0);
	}
	assert_int_equal(stanza_mask_end(s), 0);
}

static void a_second_scan_finds_nothing(void **state)
{
	unsigned with[DISGUISES] = { 0 };
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct arena *a = arena_new(XML_ARENA_MAX);
		struct stanza s, again;
		struct buf xml, masked;
		buf_init(&xml, XML_BYTES_MAX);
		buf_init(&masked, XML_BYTES_MAX);
		make_stanza(&xml, round);
		assert_int_equal(stanza_read(a, (const char *)buf_ptr(&xml), buf_left(&xml), &s), 0);
		size_t n = scan(&s);
		with[round % DISGUISES] += n > 0;
		mask_all(&s, n, round / DISGUISES % 2 ? "[removed]" : NULL);
		assert_int_equal(stanza_write(&masked, &s), 0);
		assert_int_equal(stanza_read(a, (const char *)buf_ptr(&masked), buf_left(&masked), &again), 0);
		if (scan(&again) > 0)
			fail_msg("%s is still found in %.*s, made of %.*s", detect_info(set, found[0].detector)->id, (int)buf_left(&masked),
			         (const char *)buf_ptr(&masked), (int)buf_left(&xml), (const char *)buf_ptr(&xml));
		buf_free(&masked);
		buf_free(&xml);
		arena_free(&a);
	}
	/* and it did find what there was to mask */
	for (size_t i = 0; i < DISGUISES; i++)
		if (with[i] < ROUNDS / DISGUISES * 9 / 10)
			fail_msg("disguise %zu: only %u of %d messages had findings", i, with[i], ROUNDS / DISGUISES);
}

/* Ways to redact, as rules have them. */
static struct rule_text label = { "", "[removed]" };
static const struct rule forms[] = {
	{ .redaction = { .form = REDACTION_DEFAULT } },
	{ .redaction = { .form = REDACTION_MASK } },
	{ .redaction = { .form = REDACTION_MASK, .mask = { 6, 4 } } },
	{ .redaction = { .form = REDACTION_MASK, .mask = { 3, 0 } } },
	{ .redaction = { .form = REDACTION_LABEL, .labels = { &label, 1 } } },
	{ .redaction = { .form = REDACTION_TOKEN } },
};
enum { FORMS = sizeof forms / sizeof *forms };

static int redact_all(struct arena *a, struct stanza *s, size_t n, const struct rule *as)
{
	static const unsigned char key[VALUE_KEY] = "not much of a key";
	struct generation_detector *detectors = arena_alloc(a, detect_count(set) * sizeof *detectors);
	const struct rule **by = arena_alloc(a, n * sizeof *by);
	struct decide_text *texts = arena_alloc(a, s->ntexts * sizeof *texts);
	for (size_t i = 0; i < detect_count(set); i++)
		detectors[i] = (struct generation_detector){ .id = (char *)(uintptr_t)detect_info(set, i)->id, .mask = detect_info(set, i)->mask };
	for (size_t i = 0; i < n; i++)
		by[i] = as;
	for (size_t i = 0; i < s->ntexts; i++)
		texts[i] = (struct decide_text){ s->texts[i].data, s->texts[i].size };
	const struct redact how = { .findings = found, .nfindings = n, .rules = by, .texts = texts, .detectors = detectors, .language = "en", .key = key };
	return redact_stanza(a, s, &how);
}

/* In the body, in markup that splits it, and in an extension that nobody knows. */
static void make_example(struct buf *xml, const char *text, size_t size)
{
	put(xml, "<message type='chat'><body>");
	assert_int_equal(xml_escape(xml, text, size), 0);
	put(xml, "</body><html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/xhtml'><p>");
	put_split(xml, text, size);
	put(xml, "</p></body></html><x xmlns='urn:example:unknown' note='");
	assert_int_equal(xml_escape(xml, text, size), 0);
	put(xml, "'>");
	assert_int_equal(xml_escape(xml, text, size), 0);
	put(xml, "</x></message>");
}

static int is_ascii(const char *s)
{
	while (*s > 0)
		s++;
	return !*s;
}

/* 1: something was found, and then no more. */
static int redact_example(const char *example, unsigned way, const struct rule *as)
{
	struct arena *a = arena_new(4 * XML_ARENA_MAX);
	struct stanza s, again;
	struct buf text, xml, masked;
	buf_init(&text, 1 << 20);
	buf_init(&xml, XML_BYTES_MAX);
	buf_init(&masked, 4 * XML_BYTES_MAX);
	put_noise(&text);
	disguises[way](example, &text);
	put(&text, " ");
	put_noise(&text);
	make_example(&xml, (const char *)buf_ptr(&text), buf_left(&text));
	assert_int_equal(stanza_read(a, (const char *)buf_ptr(&xml), buf_left(&xml), &s), 0);
	size_t n = scan(&s);
	assert_int_equal(redact_all(a, &s, n, as), 0);
	assert_int_equal(stanza_write(&masked, &s), 0);
	assert_int_equal(stanza_read(a, (const char *)buf_ptr(&masked), buf_left(&masked), &again), 0);
	if (scan(&again) > 0)
		fail_msg("way %u, form %d: %s is still found in %.*s, made of %.*s", way, (int)(as - forms), detect_info(set, found[0].detector)->id,
		         (int)buf_left(&masked), (const char *)buf_ptr(&masked), (int)buf_left(&xml), (const char *)buf_ptr(&xml));
	buf_free(&masked);
	buf_free(&xml);
	buf_free(&text);
	arena_free(&a);
	return n > 0;
}

static void what_every_detector_finds(void **state)
{
	unsigned turn = 0, with = 0, plainly = 0;
	for (size_t d = 0; d < set->ndetectors; d++) {
		const struct cfg_words *w = &set->detectors[d].def->match;
		for (size_t i = 0; i < w->n; i++, turn++) {
			unsigned way = turn % DISGUISES;
			if (!is_ascii(w->item[i]))
				way = 0;
			plainly += way == 0;
			with += redact_example(w->item[i], way, &forms[turn / DISGUISES % FORMS]) && way == 0;
		}
	}
	if (plainly < 50 || with < plainly)
		fail_msg("of %u undisguised examples something was found in %u", plainly, with);
}

/* What several detectors find is written over as the rule of the highest priority says; what they find at different places, in full. */
static void the_first_rule_says_how(void **state)
{
	static struct rule_text gone = { "", "[gone]" };
	static const struct rule rows[] = { /* in the order of priority */
		{ .redaction = { .form = REDACTION_LABEL, .labels = { &gone, 1 } } },
		{ .redaction = { .form = REDACTION_MASK, .mask = { 2, 2 } } },
		{ .redaction = { .form = REDACTION_DEFAULT } },
		{ .redaction = { .form = REDACTION_TOKEN } },
	};
	static const struct generation_detector detectors[] = { { .id = "a", .mask = { 0, 4 } }, { .id = "b", .mask = { 0, 4 } }, { .id = "c" } };
	static const struct {
		struct { int rule; uint16_t detector; uint32_t start, end; } found[2];
		const char *out;
	} cases[] = { /* in "12345678901234567890" */
		{ { { 1, 0, 0, 20 }, { 0, 1, 0, 20 } }, "[gone]" },
		{ { { 0, 0, 0, 20 }, { 1, 1, 0, 20 } }, "[gone]" },
		{ { { 2, 0, 0, 20 }, { 1, 1, 0, 20 } }, "12••••••••••••••••90" },
		{ { { 2, 0, 0, 20 }, { 2, 1, 0, 20 } }, "••••••••••••••••7890" },
		{ { { 2, 0, 0, 20 }, { 2, 2, 0, 20 } }, "••••••••••••••••••••" }, /* two masks: neither */
		{ { { 3, 0, 0, 20 }, { 3, 1, 0, 20 } }, "[a:xxxxxxxx]" },
		{ { { 1, 0, 0, 20 }, { 1, 1, 0, 18 } }, "••••••••••••••••••••" },
		{ { { 0, 0, 0, 12 }, { 1, 1, 8, 20 } }, "••••••••••••••••••••" },
		{ { { 0, 0, 0, 10 }, { 1, 1, 10, 20 } }, "[gone]1•••••••90" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct arena *a = arena_new(XML_ARENA_MAX);
		struct stanza s;
		struct buf b;
		char want[200];
		const char xml[] = "<message><body>12345678901234567890</body></message>";
		assert_int_equal(stanza_read(a, xml, sizeof xml - 1, &s), 0);
		const struct decide_text text = { s.texts[0].data, s.texts[0].size };
		struct finding f[2];
		const struct rule *by[2];
		for (size_t k = 0; k < 2; k++) {
			f[k] = (struct finding){ .detector = cases[i].found[k].detector, .start = cases[i].found[k].start, .end = cases[i].found[k].end };
			by[k] = &rows[cases[i].found[k].rule];
		}
		const struct redact how = { .findings = f, .nfindings = 2, .rules = by, .texts = &text, .detectors = detectors, .language = "en" };
		assert_int_equal(redact_stanza(a, &s, &how), 0);
		buf_init(&b, 1 << 20);
		assert_int_equal(stanza_write(&b, &s), 0);
		snprintf(want, sizeof want, "<message><body>%s</body></message>", cases[i].out);
		if (buf_left(&b) != strlen(want) || memcmp(buf_ptr(&b), want, strlen(want)) != 0)
			fail_msg("case %zu: %.*s\n  want %s", i, (int)buf_left(&b), (const char *)buf_ptr(&b), want);
		buf_free(&b);
		arena_free(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_second_scan_finds_nothing), cmocka_unit_test(what_every_detector_finds),
		cmocka_unit_test(the_first_rule_says_how) };
	return cmocka_run_group_tests(tests, setup, teardown);
}
