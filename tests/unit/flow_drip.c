/* Counting over time: what is counted with what, for how long, and what a rule makes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/drip.h"

#include <stdio.h>
#include <string.h>

enum { MINUTE = 60 * 1000, HOUR = 60 * MINUTE, BYTES_MAX = 1 << 20 };

static const char rules[] =
	"rules = ( { id = \"cards\"; when = { to = [ \"public\" ]; };\n"
	"            detect = ( { detector = \"card\"; confidence = 50; count = 3; distinct = true; per = \"sender\"; within = \"24h\"; } ); action = \"block\"; },\n"
	"          { id = \"keys\"; mode = \"monitor\"; detect = ( { detector = \"key\"; count = 3; per = \"conversation\"; within = \"90m\"; } ); action = \"block\"; },\n"
	"          { id = \"words\"; all = ( { detector = \"word\"; count = 2; per = \"sender\"; within = \"1d\"; }, { detector = \"card\"; } ); action = \"redact\"; } );";
/* the same, for a reload: other rules before, and other numbers */
static const char changed[] =
	"rules = ( { id = \"a-new-one\"; priority = 9; detect = ( { detector = \"key\"; count = 9; per = \"sender\"; within = \"1h\"; } ); action = \"block\"; },"
	"          { id = \"cards\"; when = { to = [ \"public\" ]; };"
	"            detect = ( { detector = \"card\"; confidence = 50; count = 2; distinct = true; per = \"sender\"; within = \"24h\"; } ); action = \"block\"; } );";
enum detector { CARD, KEY, WORD };

struct world {
	struct bundle bundle;
	struct conf *conf;
	struct policy_rules *rules;
	struct arena *arena;
	struct drip *drip;
};

static struct policy_rules *read_rules(const char *text)
{
	static const char *const ids[] = { "card", "key", "word" };
	struct bundle b = { 0 };
	struct policy_rules *r = NULL;
	struct cfgerr err = { 0 };
	assert_int_equal(bundle_add_data(&b, BUNDLE_RULES, "r", text, strlen(text)), 0);
	if (policy_rules_parse(&b, &r, &err) < 0 || policy_rules_bind(r, ids, 3, &err) < 0)
		fail_msg("%s:%d: %s", err.file, err.line, err.text);
	bundle_free(&b);
	return r;
}

static int set_up(void **state)
{
	static const char config[] = "links = ( { domain = \"filter.example.test\"; secret_file = \"/s\"; guards = [ \"example.test\" ]; } );";
	static struct world w;
	struct cfgerr err = { 0 };
	w = (struct world){ .rules = read_rules(rules) };
	assert_int_equal(bundle_add_data(&w.bundle, BUNDLE_CONFIG, "c", config, strlen(config)), 0);
	if (conf_parse(&w.bundle, &w.conf, &err) < 0)
		fail_msg("%s:%d: %s", err.file, err.line, err.text);
	w.drip = drip_new(BYTES_MAX);
	assert_non_null(w.drip);
	*state = &w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	drip_free(&w->drip);
	policy_rules_free(&w->rules);
	conf_free(&w->conf);
	bundle_free(&w->bundle);
	return 0;
}

/* An item of words separated by a space, each a finding of its detector. */
struct said {
	const char *from, *to, *zone, *text;
	uint16_t detector;
	uint64_t at_ms;
	uint8_t confidence;
	bool no_values, again;
	const char *name;
};

static struct decision judged_in(struct world *w, struct arena *a, struct said s)
{
	struct finding f[200];
	size_t n = 0;
	const char *zones[] = { s.zone ? s.zone : "public" };
	const struct decide_text text = { s.text, strlen(s.text) };
	for (const char *p = s.text; *p; p += strcspn(p, " "), p += *p == ' ')
		f[n++] = (struct finding){ 0, s.detector, (uint32_t)(p - s.text), (uint32_t)(p - s.text + (long)strcspn(p, " ")), s.confidence ? s.confidence : 90, 0, 0, 0 };
	struct decide_input in = {
		.rules = w->rules, .is = { .conf = w->conf, .from = "public", .to = zones, .nto = 1, .sender = "", .recipient = "" }, .can_redact = true, .texts = s.no_values ? NULL : &text,
		.findings = f, .nfindings = n,
	};
	const struct drip_item item = { s.from ? s.from : "alice@example.test/phone", s.to ? s.to : "carol@partner.test", s.name, s.again };
	struct decision d;
	assert_int_equal(drip_count(w->drip, a, &in, &item, s.at_ms, &in.tallies), 0);
	policy_decide(a, &in, &d);
	return d;
}

/* The count that a rule was hit by; 0: no rule was. */
static unsigned count_of(struct world *w, struct said s)
{
	struct arena *a = arena_new(1 << 20);
	struct decision d = judged_in(w, a, s);
	unsigned count = d.nhits ? d.hits[0].count : 0;
	arena_free(&a);
	return count;
}

static void third_card_of_a_day(void **state)
{
	struct world *w = *state;
	assert_int_equal(count_of(w, (struct said){ .text = "4012888888881881", .at_ms = HOUR }), 0);
	assert_int_equal(count_of(w, (struct said){ .text = "5555555555554444", .at_ms = 2 * HOUR }), 0);
	/* the same again, in another dress, is no other */
	assert_int_equal(count_of(w, (struct said){ .text = "4012-8888-8888-1881", .at_ms = 3 * HOUR }), 0);
	struct arena *a = arena_new(1 << 20);
	struct decision d = judged_in(w, a, (struct said){ .text = "6011111111111117", .at_ms = 4 * HOUR });
	assert_int_equal(d.action, ACTION_BLOCK);
	assert_string_equal(d.rule->id, "cards");
	assert_int_equal(d.hits[0].count, 3);
	assert_int_equal(d.hits[0].span_ms, 2 * HOUR); /* the first came last an hour ago, the second two */
	arena_free(&a);
	/* it was blocked, and is no way to begin anew; one of the others brings three together as well */
	assert_int_equal(count_of(w, (struct said){ .text = "5555555555554444", .at_ms = 5 * HOUR }), 3);
	/* a day later all is forgotten but what came since */
	assert_int_equal(count_of(w, (struct said){ .text = "378282246310005", .at_ms = 29 * HOUR }), 0);
	assert_int_equal(count_of(w, (struct said){ .text = "371449635398431", .at_ms = 29 * HOUR + 1 }), 0);
}

static void what_a_rule_does_not_apply_to_is_not_counted(void **state)
{
	struct world *w = *state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(count_of(w, (struct said){ .text = "1 2 3 4", .zone = "internal", .at_ms = 1 }), 0);
		assert_int_equal(count_of(w, (struct said){ .text = "5 6 7 8", .confidence = 49, .at_ms = 1 }), 0);
		assert_int_equal(count_of(w, (struct said){ .text = "1 2", .from = "bob@example.test", .at_ms = 1 }), 0);
		assert_int_equal(count_of(w, (struct said){ .text = "3 4", .at_ms = 1 }), 0);
	}
	assert_int_equal(count_of(w, (struct said){ .text = "1 2 3 4", .from = "dave@example.test", .at_ms = 1 }), 4);
}

static void a_sender_is_one_in_every_spelling(void **state)
{
	struct world *w = *state;
	assert_int_equal(count_of(w, (struct said){ .text = "1", .from = "alice@example.test/a", .to = "x@y.test" }), 0);
	assert_int_equal(count_of(w, (struct said){ .text = "2", .from = "alice@example.test/b", .to = "z@y.test" }), 0);
	assert_int_equal(count_of(w, (struct said){ .text = "3", .from = "alice@example.test", .to = "" }), 3);
	assert_int_equal(count_of(w, (struct said){ .text = "k", .detector = KEY, .to = "carol@partner.test/a" }), 0);
	assert_int_equal(count_of(w, (struct said){ .text = "k", .detector = KEY, .to = "CAROL@Partner.test" }), 0);
	assert_int_equal(count_of(w, (struct said){ .text = "k", .detector = KEY, .to = "bob@partner.test" }), 0);
	assert_int_equal(count_of(w, (struct said){ .text = "k", .detector = KEY, .to = "carol@partner.test./b" }), 3);
}

static void not_distinct_counts_each(void **state)
{
	struct world *w = *state;
	assert_int_equal(count_of(w, (struct said){ .text = "k k", .detector = KEY, .at_ms = MINUTE }), 0);
	/* asked again after a lost connection: it is the same message */
	assert_int_equal(count_of(w, (struct said){ .text = "k k", .detector = KEY, .at_ms = 2 * MINUTE, .again = true }), 0);
	struct arena *a = arena_new(1 << 20);
	struct decision d = judged_in(w, a, (struct said){ .text = "k", .detector = KEY, .at_ms = 80 * MINUTE });
	assert_int_equal(d.action, ACTION_DELIVER); /* monitored */
	assert_int_equal(d.nhits, 1);
	arena_free(&a);
	assert_int_equal(count_of(w, (struct said){ .text = "k", .detector = KEY, .at_ms = 93 * MINUTE }), 0);
}

static void it_takes_a_finding_of_its_own(void **state)
{
	struct world *w = *state;
	assert_int_equal(count_of(w, (struct said){ .text = "w w w", .detector = WORD }), 0); /* no card in it */
	assert_int_equal(count_of(w, (struct said){ .text = "1" }), 0);                       /* no word in it */
	/* what crosses the count is masked, and nothing else */
	struct arena *a = arena_new(1 << 20);
	static const struct finding f[] = { { 0, WORD, 0, 1, 90, 0, 0, 0 }, { 0, CARD, 2, 3, 90, 0, 0, 0 }, { 0, KEY, 4, 5, 90, 0, 0, 0 } };
	static const char *const zones[] = { "internal" };
	static const struct decide_text text = { "w 1 k", 5 };
	struct decide_input in = { .rules = w->rules, .is = { .conf = w->conf, .from = "public", .to = zones, .nto = 1, .sender = "", .recipient = "" }, .can_redact = true, .texts = &text,
		.findings = f, .nfindings = 3 };
	const struct drip_item item = { .from = "alice@example.test", .to = "" };
	struct decision d;
	assert_int_equal(drip_count(w->drip, a, &in, &item, 1, &in.tallies), 0);
	policy_decide(a, &in, &d);
	assert_int_equal(d.action, ACTION_REDACT);
	assert_true(d.redact[0] && d.redact[1] && !d.redact[2]);
	/* the second look, at what is left */
	in.findings = &f[2];
	in.nfindings = 1;
	policy_decide(a, &in, &d);
	assert_int_equal(d.action, ACTION_DELIVER);
	arena_free(&a);
}

/* Three in an hour, or five in a day: each is counted for itself. */
static void one_rule_counts_in_two_ways(void **state)
{
	static const char twice[] =
		"rules = ( { id = \"cards\"; detect = ( { detector = \"card\"; count = 3; per = \"sender\"; within = \"1h\"; },"
		"                                      { detector = \"card\"; count = 5; per = \"sender\"; within = \"24h\"; } ); action = \"block\"; } );";
	struct world *w = *state;
	policy_rules_free(&w->rules);
	w->rules = read_rules(twice);
	assert_int_equal(count_of(w, (struct said){ .text = "1", .at_ms = 1 }), 0);
	assert_int_equal(count_of(w, (struct said){ .text = "2", .at_ms = 2 }), 0);
	assert_int_equal(count_of(w, (struct said){ .text = "3", .at_ms = 3 }), 3);
	assert_int_equal(count_of(w, (struct said){ .text = "4", .at_ms = 5 * HOUR }), 0);
	assert_int_equal(count_of(w, (struct said){ .text = "5", .at_ms = 10 * HOUR }), 5);
}

static void files_have_no_values(void **state)
{
	struct world *w = *state;
	for (int i = 0; i < 2; i++) /* the same file again */
		assert_int_equal(count_of(w, (struct said){ .text = "1 2", .no_values = true, .name = "aaaa" }), 0);
	assert_int_equal(count_of(w, (struct said){ .text = "1", .no_values = true, .name = "bbbb" }), 3);
	/* without a name, each is another */
	assert_int_equal(count_of(w, (struct said){ .text = "1 2", .no_values = true, .from = "b@x.test" }), 0);
	assert_int_equal(count_of(w, (struct said){ .text = "1", .no_values = true, .from = "b@x.test" }), 3);
}

static void counts_outlive_a_reload(void **state)
{
	struct world *w = *state;
	assert_int_equal(count_of(w, (struct said){ .text = "1", .at_ms = 1 }), 0);
	policy_rules_free(&w->rules);
	w->rules = read_rules(changed);
	assert_int_equal(w->rules->ntallies, 2);
	assert_int_equal(count_of(w, (struct said){ .text = "2", .at_ms = 2 }), 2);
}

static void memory_is_bounded(void **state)
{
	struct world *w = *state;
	char from[64], text[8 * 150] = "";
	for (int i = 0; i < 120; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "v%d ", i);
	/* a count stops where nothing depends on it any more */
	assert_int_equal(count_of(w, (struct said){ .text = text, .at_ms = 1 }), 3 + DRIP_BEYOND);
	assert_int_equal(count_of(w, (struct said){ .text = "1 2", .from = "first@x.test", .at_ms = 2 }), 0);
	assert_int_equal(count_of(w, (struct said){ .text = "1 2", .from = "second@x.test", .at_ms = 2 }), 0);
	for (int i = 0; i < BYTES_MAX / 1024; i++) { /* more than 1024 bytes for each of these many */
		snprintf(from, sizeof from, "u%d@x.test", i);
		assert_int_equal(count_of(w, (struct said){ .text = text, .from = from, .at_ms = 3 }), 3 + DRIP_BEYOND);
		if (i % 100 == 0)
			assert_int_equal(count_of(w, (struct said){ .text = "1", .from = "first@x.test", .at_ms = 4 }), 0);
	}
	assert_int_equal(count_of(w, (struct said){ .text = "3", .from = "first@x.test", .at_ms = 5 }), 3);  /* in use */
	assert_int_equal(count_of(w, (struct said){ .text = "3", .from = "second@x.test", .at_ms = 5 }), 0); /* forgotten */
}

static void without_such_rules_it_costs_nothing(void **state)
{
	static const char plain[] = "rules = ( { id = \"a\"; detect = ( { detector = \"card\"; } ); action = \"block\"; } );";
	struct world *w = *state;
	struct arena *a = arena_new(1 << 20);
	static const struct finding f = { 0, CARD, 0, 1, 90, 0, 0, 0 };
	const struct decide_tally *tallies = NULL;
	struct policy_rules *r = read_rules(plain);
	const struct decide_input in = { .rules = r, .is = { .conf = w->conf, .sender = "", .recipient = "" }, .findings = &f, .nfindings = 1 };
	const struct drip_item item = { .from = "", .to = "" };
	assert_int_equal(drip_count(w->drip, a, &in, &item, 1, &tallies), 0);
	assert_null(tallies);
	assert_int_equal(arena_used(a), 0);
	policy_rules_free(&r);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(third_card_of_a_day, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_a_rule_does_not_apply_to_is_not_counted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_sender_is_one_in_every_spelling, set_up, tear_down),
		cmocka_unit_test_setup_teardown(not_distinct_counts_each, set_up, tear_down),
		cmocka_unit_test_setup_teardown(it_takes_a_finding_of_its_own, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_rule_counts_in_two_ways, set_up, tear_down),
		cmocka_unit_test_setup_teardown(files_have_no_values, set_up, tear_down),
		cmocka_unit_test_setup_teardown(counts_outlive_a_reload, set_up, tear_down),
		cmocka_unit_test_setup_teardown(memory_is_bounded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_such_rules_it_costs_nothing, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
