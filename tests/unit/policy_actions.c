/* policy: several actions of a rule, and how what was found is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/decide.h"
#include "policy_rig.h"

#include <stdio.h>
#include <string.h>

static const char config[] = "links = ( { domain = \"filter.example.test\"; secret_file = \"/s\"; guards = [ \"example.test\" ]; } );";
static const char *const ids[] = { "a", "b", "c" };
static const char text[] = "0123456789";
static const struct decide_text texts[] = { { text, sizeof text - 1 } };

static int read_rules(struct policy_rig *w, const char *rules)
{
	return policy_rig_read(w, config, rules, ids, 3);
}

/* found: a letter for each finding. */
static struct decision decide(struct policy_rig *w, const char *found)
{
	static const char *const zones[] = { "public" };
	struct finding f[8];
	struct decision d;
	size_t n = strlen(found);
	for (size_t i = 0; i < n; i++)
		f[i] = (struct finding){ .detector = (uint16_t)(found[i] - 'a'), .start = (uint32_t)i, .end = (uint32_t)i + 1, .confidence = 90 };
	const struct decide_input in = {
		.rules = w->rules, .can_redact = true, .texts = texts, .findings = f, .nfindings = n,
		.is = { .conf = w->conf, .from = "public", .to = zones, .nto = 1, .channels = 1u << CHANNEL_CHAT, .sender = "x@y", .recipient = "y@z" },
	};
	policy_decide(w->arena, &in, &d);
	return d;
}

static void strictest_is_done_and_the_rest_beside_it(void **state)
{
	static const char rules[] =
		"rules = ( { id = \"advice\"; actions = [ \"notify-sender\", \"alert\" ]; any = ( { detector = \"a\"; } ); },"
		"          { id = \"hush\"; actions = [ \"block\", \"silent\" ]; any = ( { detector = \"b\"; } ); },"
		"          { id = \"hold\"; actions = [ \"alert\", \"quarantine\" ]; any = ( { detector = \"c\"; } ); },"
		"          { id = \"watched\"; mode = \"monitor\"; actions = [ \"quarantine\", \"silent\", \"alert\" ]; any = ( { detector = \"c\"; count = 2; } ); } );";
	static const struct { const char *found; enum action action; const char *rule, *notify; bool silent, alert; size_t nhits; } t[] = {
		{ "a", ACTION_DELIVER, NULL, "advice", false, true, 1 },
		{ "b", ACTION_BLOCK, "hush", NULL, true, false, 1 },
		{ "c", ACTION_QUARANTINE, "hold", NULL, false, true, 1 },
		{ "ab", ACTION_BLOCK, "hush", NULL, true, true, 2 },
		{ "bc", ACTION_BLOCK, "hush", NULL, true, true, 2 },
		{ "ac", ACTION_QUARANTINE, "hold", NULL, false, true, 2 },
		{ "cc", ACTION_QUARANTINE, "hold", NULL, false, true, 2 },
		{ "", ACTION_DELIVER, NULL, NULL, false, false, 0 },
	};
	struct policy_rig w;
	if (read_rules(&w, rules) < 0)
		fail_msg("%s", w.err.text);
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct decision d = decide(&w, t[i].found);
		if (d.action != t[i].action || !d.rule != !t[i].rule || (d.rule && strcmp(d.rule->id, t[i].rule) != 0) || !d.notify != !t[i].notify ||
		    (d.notify && strcmp(d.notify->id, t[i].notify) != 0) || d.silent != t[i].silent || d.alert != t[i].alert || d.nhits != t[i].nhits)
			fail_msg("case %zu: action %d, silent %d, alert %d, %zu hits", i, (int)d.action, d.silent, d.alert, d.nhits);
	}
	char names[64];
	rule_also_names(w.rules->rules[0].also, names, sizeof names);
	assert_string_equal(names, "notify-sender alert");
	rule_also_names(0, names, sizeof names);
	assert_string_equal(names, "");
	policy_rig_end(&w);
}

static void monitored_rules_do_nothing_beside(void **state)
{
	struct policy_rig w;
	assert_int_equal(read_rules(&w, "rules = ( { id = \"r\"; mode = \"monitor\"; actions = [ \"notify-sender\", \"alert\" ]; any = ( { detector = \"a\"; } ); } );"), 0);
	struct decision d = decide(&w, "a");
	assert_true(!d.notify && !d.alert && d.nhits == 1);
	policy_rig_end(&w);
}

static void the_first_rule_says_how_it_is_written(void **state)
{
	static const char rules[] =
		"rules = ( { id = \"plain\"; action = \"redact\"; any = ( { detector = \"a\"; }, { detector = \"b\"; } ); },"
		"          { id = \"label\"; action = \"redact\"; priority = 5; redact = { label = { en = \"[gone]\"; de = \"[weg]\"; }; }; any = ( { detector = \"b\"; } ); },"
		"          { id = \"token\"; action = \"redact\"; redact = { token = true; }; any = ( { detector = \"c\"; } ); },"
		"          { id = \"one\"; action = \"redact\"; priority = -5; redact = { label = \"X\"; }; any = ( { detector = \"c\"; } ); },"
		"          { id = \"keep\"; action = \"redact\"; priority = -5; redact = { keep_last = 4; }; any = ( { detector = \"c\"; } ); },"
		"          { id = \"full\"; action = \"redact\"; priority = -5; redact = { full = true; }; any = ( { detector = \"c\"; } ); } );";
	struct policy_rig w;
	if (read_rules(&w, rules) < 0)
		fail_msg("%s", w.err.text);
	struct decision d = decide(&w, "abc");
	assert_int_equal(d.action, ACTION_REDACT);
	assert_string_equal(d.redact[0]->id, "plain");
	assert_string_equal(d.redact[1]->id, "label");
	assert_string_equal(d.redact[2]->id, "token");
	assert_string_equal(rule_text_in(&d.redact[1]->redaction.labels, "de-AT", "en"), "[weg]");
	assert_string_equal(rule_text_in(&d.redact[1]->redaction.labels, "fr", "it"), "[gone]");
	static const struct { const char *id; struct rule_redaction as; } forms[] = {
		{ "plain", { REDACTION_DEFAULT, { 0, 0 }, { 0 } } }, { "token", { REDACTION_TOKEN, { 0, 0 }, { 0 } } },
		{ "keep", { REDACTION_MASK, { 0, 4 }, { 0 } } }, { "full", { REDACTION_MASK, { 0, 0 }, { 0 } } },
	};
	for (size_t i = 0; i < w.rules->nrules; i++)
		for (size_t k = 0; k < sizeof forms / sizeof *forms; k++)
			if (strcmp(w.rules->rules[i].id, forms[k].id) == 0)
				assert_memory_equal(&w.rules->rules[i].redaction.form, &forms[k].as.form, sizeof forms[k].as.form + sizeof(struct mask));
	/* one label for all languages */
	assert_string_equal(rule_text_in(&w.rules->rules[3].redaction.labels, "de", "en"), "X");
	policy_rig_end(&w);
}

static void bad_actions_are_named(void **state)
{
#define RULE(more) "rules = ( { id = \"r\"; any = ( { detector = \"a\"; } );\n " more " } );"
	static const struct { const char *text; int line; const char *says; } t[] = {
		{ RULE(""), 1, "either" },
		{ RULE("action = \"block\"; actions = [ \"block\" ];"), 2, "either" },
		{ RULE("actions = [ \"block\",\n \"quarantine\" ];"), 3, "only one" },
		{ RULE("actions = [ \"block\", \"explode\" ];"), 2, "explode" },
		{ RULE("action = \"alert\";"), 2, "alert" },
		{ RULE("actions = [ ];"), 2, "number of items" },
		{ RULE("actions = [ \"block\", \"silent\", \"notify-sender\" ];"), 2, "contradict" },
		{ RULE("actions = [ \"silent\" ];"), 2, "goes with" },
		{ RULE("action = \"block\"; redact = { full = true; };"), 2, "this rule's action is block" },
		{ RULE("action = \"redact\"; redact = { };"), 2, "one of" },
		{ RULE("action = \"redact\"; redact = { full = false; };"), 2, "one of" },
		{ RULE("action = \"redact\"; redact = { token = true; keep_last = 2; };"), 2, "one of" },
		{ RULE("action = \"redact\"; redact = { keep_last = 17; };"), 2, "keep_last" },
		{ RULE("action = \"redact\"; redact = { label = 5; };"), 2, "a label" },
		{ RULE("action = \"redact\"; redact = { label = \"\"; };"), 2, "a label" },
		{ RULE("action = \"redact\"; redact = { label = { }; };"), 2, "a label" },
		{ RULE("action = \"redact\"; redact = { label = { en = \"x\";\n de = 1; }; };"), 3, "a label" },
		{ RULE("action = \"redact\"; redact = { label = \"a\\nb\"; };"), 2, "control" },
		{ RULE("action = \"redact\"; redact = { colour = 1; };"), 2, "colour" },
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct policy_rig w;
		if (read_rules(&w, t[i].text) == 0)
			fail_msg("case %zu is taken: %s", i, t[i].text);
		if (strcmp(w.err.file, "bad.rules") != 0 || w.err.line != t[i].line || !strstr(w.err.text, t[i].says))
			fail_msg("case %zu: %s:%d: %s", i, w.err.file, w.err.line, w.err.text);
		policy_rig_end(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strictest_is_done_and_the_rest_beside_it),
		cmocka_unit_test(monitored_rules_do_nothing_beside),
		cmocka_unit_test(the_first_rule_says_how_it_is_written),
		cmocka_unit_test(bad_actions_are_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
