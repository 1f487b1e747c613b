/* policy: zones, rule files and the decision. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/decide.h"
#include "policy/zones.h"

#include <string.h>

static const char config[] =
	"links = ( { domain = \"filter.example.test\"; secret_file = \"/s\"; guards = [ \"example.test\" ]; } );"
	"zones = ( { name = \"internal\"; domains = [ \"example.test\", \"*.corp.test\" ]; }, { name = \"partners\"; domains = [ \"partner.test\", \"x.corp.test\" ]; } );"
	"policy = ( { from = \"internal\"; to = \"partners\"; files = false; on_failure = { encrypted = \"deliver\"; timeout = \"quarantine\"; }; },"
	"           { from = \"partners\"; to = \"*\"; need_tls = true; need_peer_cert = true; },"
	"           { from = \"public\"; to = \"internal\"; talk = false; } );";

static const char rules[] =
	"rules = ( { id = \"cards\"; when = { to = [ \"partners\", \"public\" ]; }; detect = ( { detector = \"card\"; confidence = 75; } ); action = \"redact\"; severity = \"high\";"
	"            notice = { en = \"No cards.\"; de = \"Keine Karten.\"; }; },"
	"          { id = \"many\"; detect = ( { detector = \"card\"; count = 2; distinct = true; } ); action = \"block\"; },"
	"          { id = \"watch\"; mode = \"monitor\"; when = { channel = \"chat\"; }; detect = ( { detector = \"key\"; } ); action = \"block\"; },"
	"          { id = \"gone\"; mode = \"off\"; detect = ( { detector = \"key\"; } ); action = \"block\"; } );";

struct world {
	struct bundle bundle;
	struct conf *conf;
	struct policy_rules *rules;
	struct arena *arena;
};

static int set_up(void **state)
{
	static struct world w;
	static const char *const ids[] = { "card", "key" };
	struct cfgerr err = { 0 };
	w = (struct world){ 0 };
	assert_int_equal(bundle_add_data(&w.bundle, BUNDLE_CONFIG, "c", config, strlen(config)), 0);
	assert_int_equal(bundle_add_data(&w.bundle, BUNDLE_RULES, "r", rules, strlen(rules)), 0);
	if (conf_parse(&w.bundle, &w.conf, &err) < 0 || policy_rules_parse(&w.bundle, &w.rules, &err) < 0 || policy_rules_bind(w.rules, ids, 2, &err) < 0)
		fail_msg("%s:%d: %s", err.file, err.line, err.text);
	w.arena = arena_new(1 << 20);
	*state = &w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	arena_free(&w->arena);
	policy_rules_free(&w->rules);
	conf_free(&w->conf);
	bundle_free(&w->bundle);
	return 0;
}

static const char text[] = "4012888888881881 4012-8888-8888-1881 5555555555554444";
static const struct decide_text texts[] = { { text, sizeof text - 1 } };
static const struct finding cards[] = { { 0, 0, 0, 16, 90, 0, 0, 0 }, { 0, 0, 17, 36, 80, 0, 0, 0 }, { 0, 0, 37, 53, 60, 0, 0, 0 } };

static struct decision decided(struct world *w, struct decide_input in, const char *to)
{
	const char *zones[] = { to };
	struct decision d;
	in.is.conf = w->conf;
	in.is.sender = in.is.sender ? in.is.sender : "alice@example.test/phone";
	in.is.recipient = in.is.recipient ? in.is.recipient : "";
	in.rules = w->rules;
	in.texts = texts;
	if (to) {
		in.is.to = zones;
		in.is.nto = 1;
	}
	policy_decide(w->arena, &in, &d);
	return d;
}

static void zones_by_domain(void **state)
{
	const struct world *w = *state;
	static const struct { const char *jid, *zone; } t[] = {
		{ "carol@partner.test./phone", "partners" }, { "Example.TEST.", "internal" }, /* as RFC 7622 section 3.2 has it */
		{ "a@example.test/r", "internal" }, { "EXAMPLE.test", "internal" }, { "a@sub.example.test", "public" }, { "a@y.corp.test", "internal" },
		{ "corp.test", "internal" }, { "a@x.corp.test", "partners" }, { "evilcorp.test", "public" }, { "", "public" }, { "a@partner.test/b@example.test", "partners" },
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		assert_string_equal(zone_of_jid(w->conf, t[i].jid, strlen(t[i].jid)), t[i].zone);
}

static void strictest_wins(void **state)
{
	struct decision d = decided(*state, (struct decide_input){ .is.from = "internal", .findings = cards, .nfindings = 2, .can_redact = true }, "partners");
	assert_int_equal(d.action, ACTION_REDACT);
	assert_string_equal(d.rule->id, "cards");
	assert_true(d.redact[0] && d.redact[1]);
	assert_string_equal(rule_text_in(&d.rule->notices, "de-AT", "en"), "Keine Karten.");
	assert_string_equal(rule_text_in(&d.rule->notices, "fr", "en"), "No cards.");
	/* two different values: the stricter rule */
	d = decided(*state, (struct decide_input){ .is.from = "internal", .findings = cards, .nfindings = 3, .can_redact = true }, "partners");
	assert_int_equal(d.action, ACTION_BLOCK);
	assert_string_equal(d.rule->id, "many");
	assert_int_equal(d.nhits, 2);
	/* the same value twice is one, and inside nothing else applies */
	d = decided(*state, (struct decide_input){ .is.from = "internal", .findings = cards, .nfindings = 2, .can_redact = true }, "internal");
	assert_int_equal(d.action, ACTION_DELIVER);
	/* where nothing can be masked, redact means block */
	d = decided(*state, (struct decide_input){ .is.from = "internal", .findings = cards, .nfindings = 1 }, "partners");
	assert_int_equal(d.action, ACTION_BLOCK);
	/* below the confidence asked for */
	d = decided(*state, (struct decide_input){ .is.from = "internal", .findings = &cards[2], .nfindings = 1, .can_redact = true }, "partners");
	assert_int_equal(d.action, ACTION_DELIVER);
}

static void monitor_only_tells(void **state)
{
	static const struct finding key = { 0, 1, 0, 5, 90, 0, 0, 0 };
	struct decision d = decided(*state, (struct decide_input){ .is.from = "internal", .findings = &key, .nfindings = 1, .is.channels = 1u << CHANNEL_CHAT }, "public");
	assert_int_equal(d.action, ACTION_DELIVER);
	assert_int_equal(d.nhits, 1);
	d = decided(*state, (struct decide_input){ .is.from = "internal", .findings = &key, .nfindings = 1, .is.channels = 1u << CHANNEL_PRESENCE }, "public");
	assert_int_equal(d.nhits, 0);
}

/* Every cause, alone, ends in what the row says; without a word about it that is block. */
static void no_verdict_is_never_clean(void **state)
{
	for (int c = CAUSE_NONE + 1; c < CAUSE_COUNT; c++) {
		struct decision d = decided(*state, (struct decide_input){ .is.from = "internal", .causes = 1u << c }, "public");
		assert_int_equal(d.action, ACTION_BLOCK);
		assert_int_equal(d.cause, c);
		d = decided(*state, (struct decide_input){ .is.from = "internal", .causes = 1u << c }, "partners");
		assert_int_equal(d.action, c == CAUSE_ENCRYPTED ? ACTION_DELIVER : c == CAUSE_TIMEOUT ? ACTION_QUARANTINE : ACTION_BLOCK);
		assert_true(d.unscanned);
	}
	struct decision d = decided(*state, (struct decide_input){ .is.from = "internal", .malware = true }, "internal");
	assert_true(d.action == ACTION_BLOCK && d.malware);
	/* out of memory while deciding */
	struct arena *tiny = arena_new(16);
	const char *zones[] = { "internal" };
	const struct world *w = *state;
	const struct decide_input in = { .rules = w->rules, .is = { .conf = w->conf, .from = "internal", .to = zones, .nto = 1, .sender = "", .recipient = "" }, .findings = cards, .nfindings = 3, .texts = texts };
	policy_decide(tiny, &in, &d);
	assert_int_equal(d.action, ACTION_BLOCK);
	arena_free(&tiny);
}

static void table_denies(void **state)
{
	struct decision d = decided(*state, (struct decide_input){ .is.from = "internal", .is_file = true }, "partners");
	assert_true(d.action == ACTION_BLOCK && d.denial == DENY_FILES);
	d = decided(*state, (struct decide_input){ .is.from = "public" }, "internal");
	assert_int_equal(d.denial, DENY_TALK);
	d = decided(*state, (struct decide_input){ .is.from = "partners", .check_peer = true }, "internal");
	assert_int_equal(d.denial, DENY_TLS);
	d = decided(*state, (struct decide_input){ .is.from = "partners", .check_peer = true, .tls = true, .is_s2s = true }, "internal");
	assert_int_equal(d.denial, DENY_PEER_CERT);
	d = decided(*state, (struct decide_input){ .is.from = "partners", .check_peer = true, .tls = true, .is_s2s = true, .peer_cert = true }, "internal");
	assert_int_equal(d.action, ACTION_DELIVER);
	/* seen in several zones: the strictest counts */
	static const char *const all[] = { "internal", "partners", "public" };
	d = decided(*state, (struct decide_input){ .is.from = "internal", .is.to = all, .is.nto = 3, .is_file = true }, NULL);
	assert_int_equal(d.denial, DENY_FILES);
}

static void conditions_combine(void **state)
{
	static const char more[] =
		"rules = ( { id = \"both\"; all = ( { detector = \"card\"; count = 2; }, { detector = \"key\"; } ); action = \"block\"; },"
		"          { id = \"but\"; detect = ( { detector = \"card\"; confidence = 85; }, { detector = \"iban\"; } ); none = ( { detector = \"key\"; } ); action = \"quarantine\"; },"
		"          { id = \"one-and\"; priority = 5; detect = ( { detector = \"iban\"; } ); all = ( { detector = \"card\"; } ); action = \"block\"; },"
		"          { id = \"never\"; detect = ( { detector = \"key\"; confidence = 1; } ); action = \"block\"; } ); disable = { rules = [ \"never\" ]; };";
	static const char *const ids[] = { "card", "key", "iban" };
	static const struct finding f[] = { { 0, 0, 0, 16, 90, 0, 0, 0 }, { 0, 0, 17, 36, 80, 0, 0, 0 }, { 0, 1, 37, 53, 60, 0, 0, 0 }, { 0, 2, 37, 53, 60, 0, 0, 0 } };
	static const struct { size_t from, n; const char *rule; size_t nhits; } t[] = {
		{ 0, 1, "but", 1 }, { 1, 1, NULL, 0 }, { 0, 3, "both", 2 }, { 1, 2, NULL, 0 }, { 2, 1, NULL, 0 }, { 3, 1, "but", 1 }, { 0, 4, "one-and", 4 },
		{ 2, 2, NULL, 0 },
	};
	struct world *w = *state, other = *w;
	struct bundle b = { 0 };
	struct cfgerr err = { 0 };
	assert_int_equal(bundle_add_data(&b, BUNDLE_RULES, "r", more, strlen(more)), 0);
	if (policy_rules_parse(&b, &other.rules, &err) < 0 || policy_rules_bind(other.rules, ids, 3, &err) < 0)
		fail_msg("%s:%d: %s", err.file, err.line, err.text);
	assert_string_equal(other.rules->rules[0].id, "one-and");
	assert_string_equal(other.rules->rules[1].id, "both");
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct decision d = decided(&other, (struct decide_input){ .is.from = "internal", .findings = f + t[i].from, .nfindings = t[i].n, .can_redact = true }, "internal");
		if (!t[i].rule != !d.rule || (d.rule && strcmp(d.rule->id, t[i].rule) != 0) || d.nhits != t[i].nhits)
			fail_msg("case %zu: %s, %zu hits", i, d.rule ? d.rule->id : "no rule", d.nhits);
	}
	policy_rules_free(&other.rules);
	bundle_free(&b);
}

/* A file that is read first changes rules of one that comes later; what it does not say stays. */
static void rules_are_overridden(void **state)
{
	static const char site[] =
		"override = { rules = ( { id = \"cards\"; action = \"block\"; priority = 7; notice = { en = \"Never.\"; }; },"
		"                       { id = \"watch\"; mode = \"enforce\"; when = { channel = \"presence\"; }; detect = ( { detector = \"card\"; count = 3; } ); } ); };";
	static const char *const ids[] = { "card", "key" };
	struct policy_rules *p;
	struct bundle b = { 0 };
	struct cfgerr err = { 0 };
	assert_int_equal(bundle_add_data(&b, BUNDLE_RULES, "a", site, strlen(site)), 0);
	assert_int_equal(bundle_add_data(&b, BUNDLE_RULES, "r", rules, strlen(rules)), 0);
	if (policy_rules_parse(&b, &p, &err) < 0 || policy_rules_bind(p, ids, 2, &err) < 0)
		fail_msg("%s:%d: %s", err.file, err.line, err.text);
	assert_int_equal(p->nrules, 4);
	const struct rule *cards_rule = &p->rules[0], *watch = &p->rules[2];
	assert_string_equal(cards_rule->id, "cards");
	assert_true(cards_rule->action == ACTION_BLOCK && cards_rule->priority == 7 && cards_rule->severity == SEV_WARNING && cards_rule->when.to.n == 2);
	assert_true(cards_rule->nconditions == 1 && cards_rule->conditions[0].confidence == 75);
	assert_string_equal(rule_text_in(&cards_rule->notices, "de", NULL), "Never.");
	assert_string_equal(watch->id, "watch");
	assert_true(watch->mode == RULE_ENFORCE && watch->action == ACTION_BLOCK && watch->nconditions == 1 && watch->conditions[0].count == 3);
	assert_int_equal(watch->conditions[0].index, 0);
	policy_rules_free(&p);
	bundle_free(&b);
}

static void bad_rules_are_named(void **state)
{
	static const struct { const char *text; int line; const char *says; } t[] = {
		{ "rules = ( { id = \"a\"; } );", 1, "action" },
		{ "rules = ( {\n id = \"a\"; none = ( { detector = \"card\"; } ); action = \"block\"; } );", 1, "detect" },
		{ "rules = ( { id = \"a\"; all = ( { detector = \"card\"; } ); priority = 2000; action = \"block\"; } );", 1, "priority" },
		{ "\nrules = ( {\n id = \"A b\"; detect = ( { detector = \"card\"; } ); action = \"block\"; } );", 3, "lower-case" },
		{ "rules = ( { id = \"a\"; detect = ( { detector = \"card\"; } ); action = \"explode\"; } );", 1, "explode" },
		{ "rules = ( { id = \"a\"; detect = ( { detector = \"card\"; } ); action = \"block\"; mode = \"maybe\"; } );", 1, "maybe" },
		{ "rules = ( { id = \"a\"; detect = ( { detector = \"card\"; } ); action = \"block\"; colour = 1; } );", 1, "colour" },
		{ "rules = ( { id = \"a\"; detect = ( { detector = \"card\"; count = 0; } ); action = \"block\"; } );", 1, "count" },
		{ "rules = ( { id = \"a\"; when = { channel = [ \"fax\" ]; }; detect = ( { detector = \"card\"; } ); action = \"block\"; } );", 1, "fax" },
		{ "rules = ( { id = \"a\"; detect = ( { detector = \"card\"; } ); action = \"block\"; },\n { id = \"a\"; detect = ( { detector = \"card\"; } ); action = \"block\"; } );", 2, "already" },
		{ "rules = ( { id = \"a\"; detect = ( { detector = \"card\"; per = \"sender\"; } ); action = \"block\"; } );", 1, "go together" },
		{ "rules = ( { id = \"a\"; detect = (\n { detector = \"card\"; within = \"1h\"; } ); action = \"block\"; } );", 2, "go together" },
		{ "rules = ( { id = \"a\"; detect = ( { detector = \"card\"; within = \"1h\";\n per = \"room\"; } ); action = \"block\"; } );", 2, "room" },
		{ "rules = ( { id = \"a\"; detect = ( { detector = \"card\"; per = \"sender\";\n within = \"32d\"; } ); action = \"block\"; } );", 2, "31d" },
		{ "rules = ( { id = \"a\"; detect = ( { detector = \"card\"; per = \"sender\"; within = \"0s\"; } ); action = \"block\"; } );", 1, "0s" },
		{ "rules = ( { id = \"a\"; detect = ( { detector = \"card\"; per = \"sender\"; within = \"24\"; } ); action = \"block\"; } );", 1, "24" },
		{ "rules = ( { id = \"a\"; detect = ( { detector = \"card\"; per = \"sender\"; within = \"99999999999999h\"; } ); action = \"block\"; } );", 1, "31d" },
		{ "rules = ( { id = \"a\"; detect = ( { detector = \"card\"; count = 1001; per = \"sender\"; within = \"1d\"; } ); action = \"block\"; } );", 1, "1000" },
		{ "rules = ( { id = \"a\" detect = 1", 1, "never closed" },
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct bundle b = { 0 };
		struct policy_rules *r = NULL;
		struct cfgerr err = { 0 };
		assert_int_equal(bundle_add_data(&b, BUNDLE_RULES, "bad.rules", t[i].text, strlen(t[i].text)), 0);
		assert_int_equal(policy_rules_parse(&b, &r, &err), -1);
		assert_string_equal(err.file, "bad.rules");
		assert_int_equal(err.line, t[i].line);
		if (!strstr(err.text, t[i].says))
			fail_msg("\"%s\" does not say %s", err.text, t[i].says);
		bundle_free(&b);
	}
	/* a detector that is nowhere */
	const struct world *w = *state;
	static const char *const ids[] = { "card" };
	struct cfgerr err = { 0 };
	assert_int_equal(policy_rules_bind(w->rules, ids, 1, &err), -1);
	assert_non_null(strstr(err.text, "key"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(zones_by_domain, set_up, tear_down),
		cmocka_unit_test_setup_teardown(strictest_wins, set_up, tear_down),
		cmocka_unit_test_setup_teardown(monitor_only_tells, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_verdict_is_never_clean, set_up, tear_down),
		cmocka_unit_test_setup_teardown(table_denies, set_up, tear_down),
		cmocka_unit_test_setup_teardown(conditions_combine, set_up, tear_down),
		cmocka_unit_test_setup_teardown(rules_are_overridden, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bad_rules_are_named, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
