/* policy: where rules apply, groups of conditions, rules of files alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/pattern.h"
#include "policy/decide.h"
#include "policy_rig.h"

#include <stdio.h>
#include <string.h>

static const char config[] =
	"links = ( { domain = \"filter.example.test\"; secret_file = \"/s\"; guards = [ \"example.test\" ]; } );"
	"zones = ( { name = \"internal\"; domains = [ \"example.test\" ]; }, { name = \"partners\"; domains = [ \"partner.test\" ]; } );"
	"groups = ( { name = \"finance\"; users = [ \"ann@example.test\", \"fin-*@example.test\" ]; }, { name = \"guests\"; users = [ \"partner.test\" ]; } );";

enum { DETECTORS = 4 };
static const char *const ids[DETECTORS] = { "a", "b", "c", "d" };
static const char text[] = "0123456789";
static const struct decide_text texts[] = { { text, sizeof text - 1 } };

static int read_rules(struct policy_rig *w, const char *rules)
{
	return policy_rig_read(w, config, rules, ids, DETECTORS);
}

/* What is found: a letter for each finding, a small one of confidence 60, a capital of 90. */
static struct decision decide(struct policy_rig *w, struct when_facts is, const char *found)
{
	struct finding f[16];
	struct decision d;
	static const char *const zones[] = { "partners" };
	size_t n = strlen(found);
	for (size_t i = 0; i < n; i++) {
		bool sure = found[i] < 'a';
		f[i] = (struct finding){ 0, (uint16_t)(found[i] - (sure ? 'A' : 'a')), (uint32_t)i, (uint32_t)i + 1, sure ? 90 : 60, 0, 0, 0 };
	}
	is.conf = w->conf;
	is.from = is.from ? is.from : "internal";
	if (!is.to) {
		is.to = zones;
		is.nto = 1;
	}
	is.sender = is.sender ? is.sender : "bob@example.test/r";
	is.recipient = is.recipient ? is.recipient : "";
	is.channels = is.channels ? is.channels : 1u << CHANNEL_CHAT;
	const struct decide_input in = { .rules = w->rules, .is = is, .can_redact = true, .texts = texts, .findings = f, .nfindings = n };
	policy_decide(w->arena, &in, &d);
	return d;
}

static void groups_of_conditions(void **state)
{
	static const struct { const char *lists, *found; bool matches; size_t nhits; } t[] = {
		{ "any = ( { detector = \"a\"; }, { all = ( { detector = \"b\"; }, { any = ( { detector = \"c\"; }, { detector = \"d\"; count = 2; } ); } ); } );", "a", true, 1 },
		{ "any = ( { detector = \"a\"; }, { all = ( { detector = \"b\"; }, { any = ( { detector = \"c\"; }, { detector = \"d\"; count = 2; } ); } ); } );", "b", false, 0 },
		{ "any = ( { detector = \"a\"; }, { all = ( { detector = \"b\"; }, { any = ( { detector = \"c\"; }, { detector = \"d\"; count = 2; } ); } ); } );", "bd", false, 0 },
		{ "any = ( { detector = \"a\"; }, { all = ( { detector = \"b\"; }, { any = ( { detector = \"c\"; }, { detector = \"d\"; count = 2; } ); } ); } );", "bdd", true, 2 },
		{ "any = ( { detector = \"a\"; }, { all = ( { detector = \"b\"; }, { any = ( { detector = \"c\"; }, { detector = \"d\"; count = 2; } ); } ); } );", "abcdd", true, 4 },
		/* a group that fails tells nothing of what held in it */
		{ "any = ( { detector = \"a\"; }, { all = ( { detector = \"b\"; }, { detector = \"c\"; } ); } );", "ab", true, 1 },
		{ "all = ( { detector = \"a\"; }, { none = ( { detector = \"b\"; confidence = 80; } ); } );", "ab", true, 1 },
		{ "all = ( { detector = \"a\"; }, { none = ( { detector = \"b\"; confidence = 80; } ); } );", "aB", false, 0 },
		{ "all = ( { detector = \"a\"; } ); none = ( { all = ( { detector = \"b\"; }, { detector = \"c\"; } ); } );", "ab", true, 1 },
		{ "all = ( { detector = \"a\"; } ); none = ( { all = ( { detector = \"b\"; }, { detector = \"c\"; } ); } );", "abc", false, 0 },
		/* not not */
		{ "all = ( { none = ( { none = ( { detector = \"a\"; } ); } ); } );", "a", true, 1 },
		{ "all = ( { none = ( { none = ( { detector = \"a\"; } ); } ); } );", "b", false, 0 },
		{ "detect = ( { any = ( { detector = \"a\"; } ); all = ( { detector = \"b\"; } ); none = ( { detector = \"c\"; } ); } );", "ab", true, 2 },
		{ "detect = ( { any = ( { detector = \"a\"; } ); all = ( { detector = \"b\"; } ); none = ( { detector = \"c\"; } ); } );", "abc", false, 0 },
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct policy_rig w;
		char rules[1000];
		snprintf(rules, sizeof rules, "rules = ( { id = \"r\"; action = \"block\"; %s } );", t[i].lists);
		if (read_rules(&w, rules) < 0)
			fail_msg("case %zu: %s", i, w.err.text);
		struct decision d = decide(&w, (struct when_facts){ 0 }, t[i].found);
		if ((d.action == ACTION_BLOCK) != t[i].matches || (t[i].matches && d.nhits != t[i].nhits))
			fail_msg("case %zu: action %d, %zu hits", i, (int)d.action, d.nhits);
		policy_rig_end(&w);
	}
}

static void applies_where_it_says(void **state)
{
	static const char *const partners[] = { "partners" }, *const internal[] = { "internal" }, *const both[] = { "internal", "public" };
#define TO(zones) .to = zones, .nto = sizeof zones / sizeof *zones
	static const struct { const char *when; struct when_facts is; bool applies; } t[] = {
		{ "direction = \"outgoing\";", { .from = "internal", TO(partners) }, true },
		{ "direction = \"outgoing\";", { .from = "internal", TO(internal) }, false },
		{ "direction = \"outgoing\";", { .from = "internal", TO(both) }, true },
		{ "direction = \"outgoing\"; to = \"internal\";", { .from = "internal", TO(both) }, false },
		{ "direction = [ \"incoming\", \"internal\" ];", { .from = "partners", TO(internal) }, true },
		{ "direction = [ \"incoming\", \"internal\" ];", { .from = "internal", TO(internal) }, true },
		{ "direction = [ \"incoming\", \"internal\" ];", { .from = "internal", TO(partners) }, false },
		{ "direction = \"external\";", { .from = "public", TO(partners) }, true },
		{ "users = \"bob@example.test\";", { .sender = "BOB@Example.TEST/x" }, true },
		{ "users = \"bob@example.test\";", { .sender = "bobby@example.test" }, false },
		{ "users = \"b*@example.test\";", { .sender = "bobby@example.test" }, true },
		{ "users = \"b*t\";", { .sender = "bob@example.test" }, false },
		{ "users = \"*@*.test\";", { .sender = "bob@example.test./r" }, true },
		{ "users = \"*@example.test\";", { .sender = "example.test" }, false },
		{ "users = \"example.test\";", { .sender = "example.test" }, true },
		{ "users = \"?ob@example.test\";", { .sender = "öob@example.test" }, true },
		{ "users = \"*@*.example.test\";", { .sender = "bob@example.test" }, true },
		{ "users = \"*@*.example.test\";", { .sender = "bob@badexample.test" }, false },
		{ "users = \"bob@example.test\";", { .sender = "" }, false },
		{ "not_users = \"bob@example.test\";", { .sender = "bob@example.test/r" }, false },
		{ "not_users = \"bob@example.test\";", { .sender = "" }, true },
		{ "groups = \"finance\";", { .sender = "fin-2@example.test/r" }, true },
		{ "groups = \"finance\";", { .sender = "bob@example.test/r" }, false },
		{ "groups = \"finance\"; users = \"bob@example.test\";", { .sender = "bob@example.test/r" }, true },
		{ "groups = \"finance\"; not_users = \"ann@example.test\";", { .sender = "ann@example.test/r" }, false },
		{ "not_groups = [ \"finance\", \"guests\" ];", { .sender = "x@partner.test/r" }, false },
		{ "not_groups = [ \"finance\", \"guests\" ];", { .sender = "x@public.test/r" }, true },
		{ "recipients = \"legal@*\";", { .recipient = "legal@partner.test/r" }, true },
		{ "recipients = \"legal@*\";", { .recipient = "" }, false },
		{ "not_recipients = \"legal@*\";", { .recipient = "legal@partner.test/r" }, false },
		{ "rooms = \"*@rooms.test\";", { .recipient = "lounge@rooms.test/nick" }, true },
		{ "rooms = \"*@rooms.test\";", { .sender = "lounge@rooms.test/nick", .channels = 1u << CHANNEL_GROUPCHAT }, true },
		{ "rooms = \"*@rooms.test\";", { .sender = "lounge@rooms.test/nick" }, false },
		{ "channel = \"correction\";", { .channels = 1u << CHANNEL_CHAT }, false },
		{ "channel = \"correction\";", { .channels = 1u << CHANNEL_CHAT | 1u << CHANNEL_CORRECTION }, true },
		{ "channel = [ \"file\" ];", { .channels = 1u << CHANNEL_UPLOAD | 1u << CHANNEL_FILE }, true },
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct policy_rig w;
		char rules[1000];
		snprintf(rules, sizeof rules, "rules = ( { id = \"r\"; action = \"block\"; when = { %s }; any = ( { detector = \"a\"; } ); } );", t[i].when);
		if (read_rules(&w, rules) < 0)
			fail_msg("%s: %s", t[i].when, w.err.text);
		if ((decide(&w, t[i].is, "a").action == ACTION_BLOCK) != t[i].applies)
			fail_msg("case %zu: %s", i, t[i].when);
		policy_rig_end(&w);
	}
}

static void files_alone_can_be_asked_for(void **state)
{
	static const struct decide_file zip = { "list.zip", "application/octet-stream", "application/zip text/csv application/x-executable", "", 5000, true, true };
	static const struct decide_file exe = { "C:\\x\\SETUP.Exe. ", "image/png", "", "", 0, false, false };
	static const struct { const char *file; const struct decide_file *of; bool fits; } t[] = {
		{ "name = \"*.exe\";", &exe, true }, { "name = \"*.exe\";", &zip, false }, { "name = [ \"*.exe\", \"*.z?p\" ];", &zip, true },
		{ "type = \"image/*\";", &exe, true }, { "type = \"application/zip\";", &zip, true }, { "type = \"text/csv\";", &zip, false },
		{ "contains = \"text/csv\";", &zip, true }, { "contains = \"application/x-exec*\";", &zip, true }, { "contains = \"text/*\";", &exe, false },
		{ "size_min = 5001;", &zip, false }, { "size_min = \"4K\"; size_max = 5000;", &zip, true }, { "size_max = 0;", &exe, true },
		{ "encrypted = true;", &zip, true }, { "encrypted = false;", &zip, false }, { "encrypted = true;", &exe, false },
		{ "not_fully_scanned = true; name = \"*.zip\";", &zip, true }, { "not_fully_scanned = false;", &zip, false }, { "", &exe, true },
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct policy_rig w;
		char rules[1000];
		snprintf(rules, sizeof rules, "rules = ( { id = \"r\"; action = \"redact\"; when = { file = { %s }; }; } );", t[i].file);
		if (read_rules(&w, rules) < 0)
			fail_msg("%s: %s", t[i].file, w.err.text);
		/* where there is nothing to mask, redact means block */
		struct decision d = decide(&w, (struct when_facts){ .files = t[i].of, .nfiles = 1 }, "");
		if (d.action != (t[i].fits ? ACTION_BLOCK : ACTION_DELIVER) || d.nhits != t[i].fits)
			fail_msg("case %zu: %s", i, t[i].file);
		if (t[i].fits)
			assert_true(d.hits[0].file == t[i].of && !d.hits[0].condition && !d.hits[0].first);
		assert_int_equal(decide(&w, (struct when_facts){ 0 }, "a").action, ACTION_DELIVER);
		policy_rig_end(&w);
	}
	/* a file and what is in it; a file without its mark */
	struct policy_rig w;
	assert_int_equal(read_rules(&w, "rules = ( { id = \"both\"; action = \"block\"; when = { file = { name = \"*.zip\"; }; }; all = ( { detector = \"a\"; } ); },"
	                                "          { id = \"unmarked\"; action = \"quarantine\"; when = { file = { name = \"*.zip\"; }; }; none = ( { detector = \"b\"; } ); } );"), 0);
	const struct when_facts is = { .files = &zip, .nfiles = 1 };
	struct decision d = decide(&w, is, "a");
	assert_true(d.action == ACTION_BLOCK && d.nhits == 2 && d.hits[0].condition && !d.hits[1].condition);
	assert_int_equal(decide(&w, is, "").action, ACTION_QUARANTINE);
	assert_int_equal(decide(&w, is, "b").action, ACTION_DELIVER);
	policy_rig_end(&w);
}

static void bad_conditions_are_named(void **state)
{
	static const struct { const char *text; int line; const char *says; } t[] = {
		{ "rules = ( { id = \"r\"; action = \"block\"; any = ( { detector = \"a\"; } );\n detect = ( { detector = \"a\"; } ); } );", 1, "two words" },
		{ "rules = ( { id = \"r\"; action = \"block\"; when = { channel = \"chat\"; }; } );", 1, "every message" },
		{ "rules = ( { id = \"r\"; action = \"block\"; all = ( { none = ( { detector = \"a\"; } ); } ); } );", 1, "every message" },
		{ "rules = ( { id = \"r\"; action = \"block\"; any = ( { detector = \"a\"; },\n { none = ( { detector = \"a\"; } ); } ); } );", 1, "every message" },
		{ "rules = ( { id = \"r\"; action = \"block\"; any = (\n { any = ( { detector = \"a\"; } ); count = 2; } ); } );", 2, "count" },
		{ "rules = ( { id = \"r\"; action = \"block\"; any = (\n { detector = \"a\"; any = ( { detector = \"a\"; } ); } ); } );", 2, "detector" },
		{ "rules = ( { id = \"r\"; action = \"block\"; any = ( { all = ();\n } ); } );", 1, "all" },
		{ "rules = ( { id = \"r\"; action = \"block\"; any = (\n { } ); } );", 2, "detector" },
		{ "rules = ( { id = \"r\"; action = \"block\"; any = ( {any=({any=({any=({any=({any=({any=({any=({any=(\n{any=({ detector = \"a\"; });}"
		  ");});});});});});});});} ); } );", 2, "8 deep" },
		{ "rules = ( { id = \"r\"; action = \"block\"; when = {\n direction = [ \"sideways\" ]; }; any = ( { detector = \"a\"; } ); } );", 2, "sideways" },
		{ "rules = ( { id = \"r\"; action = \"block\"; when = {\n users = [ \"@x\" ]; }; any = ( { detector = \"a\"; } ); } );", 2, "no bare JID" },
		{ "rules = ( { id = \"r\"; action = \"block\"; when = {\n users = [ \"a@x/phone\" ]; }; any = ( { detector = \"a\"; } ); } );", 2, "no bare JID" },
		{ "rules = ( { id = \"r\"; action = \"block\"; when = {\n rooms = [ \"a@b@c\" ]; }; any = ( { detector = \"a\"; } ); } );", 2, "no bare JID" },
		{ "rules = ( { id = \"r\"; action = \"block\"; when = {\n groups = [ \"finance\", \"sales\" ]; }; any = ( { detector = \"a\"; } ); } );", 2, "sales" },
		{ "rules = ( { id = \"r\"; action = \"block\"; when = {\n file = { type = \"pdf\"; }; }; } );", 2, "media type" },
		{ "rules = ( { id = \"r\"; action = \"block\"; when = {\n file = { contains = \"a/b/c\"; }; }; } );", 2, "media type" },
		{ "rules = ( { id = \"r\"; action = \"block\"; when = {\n file = { name = \"dir/*.exe\"; }; }; } );", 2, "folders" },
		{ "rules = ( { id = \"r\"; action = \"block\"; when = {\n file = { size_min = \"10X\"; }; }; } );", 2, "bytes" },
		{ "rules = ( { id = \"r\"; action = \"block\"; when = {\n file = { size_min = -1; }; }; } );", 2, "at least 0" },
		{ "rules = ( { id = \"r\"; action = \"block\"; when = {\n file = { size_min = 10;\n size_max = 5; }; }; } );", 3, "no file fits" },
		{ "rules = ( { id = \"r\"; action = \"block\"; when = {\n file = { encrypted = \"yes\"; }; }; } );", 2, "true or false" },
		{ "rules = ( { id = \"r\"; action = \"block\"; when = {\n file = \"x\"; }; } );", 2, "group" },
		{ "rules = ( { id = \"r\"; action = \"block\"; when = {\n colour = \"x\"; }; any = ( { detector = \"a\"; } ); } );", 2, "colour" },
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

static void too_many_conditions_are_refused(void **state)
{
	struct policy_rig w;
	char rules[16000], *p = rules;
	p += sprintf(p, "rules = ( { id = \"r\"; action = \"block\"; any = (");
	for (int i = 0; i < 5; i++) {
		p += sprintf(p, "%s{ any = (", i ? "," : "");
		for (int k = 0; k < 60; k++)
			p += sprintf(p, "%s{ detector = \"a\"; }", k ? "," : "");
		p += sprintf(p, "); }");
	}
	sprintf(p, "); } );");
	assert_int_equal(read_rules(&w, rules), -1);
	assert_non_null(strstr(w.err.text, "256"));
	policy_rig_end(&w);
}

static void notices_fall_back(void **state)
{
	struct policy_rig w;
	assert_int_equal(read_rules(&w, "rules = ( { id = \"r\"; action = \"block\"; any = ( { detector = \"a\"; } ); notice = { fr = \"f\"; zh-Hant = \"h\"; zh = \"z\"; de = \"d\"; }; } );"), 0);
	static const struct { const char *lang, *fallback, *text; } t[] = {
		{ "zh-Hant-TW", "de", "h" }, { "ZH-hans", "de", "z" }, { "zh", NULL, "z" }, { "de-AT", NULL, "d" }, { "it", "de-CH", "d" }, { "it", "es", "f" },
		{ NULL, "de", "d" }, { NULL, NULL, "f" }, { "", "", "f" }, { "-", "zh-", "z" }, { "d", "x", "f" },
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		assert_string_equal(rule_text_in(&w.rules->rules[0].notices, t[i].lang, t[i].fallback), t[i].text);
	policy_rig_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_of_conditions),
		cmocka_unit_test(applies_where_it_says),
		cmocka_unit_test(files_alone_can_be_asked_for),
		cmocka_unit_test(bad_conditions_are_named),
		cmocka_unit_test(too_many_conditions_are_refused),
		cmocka_unit_test(notices_fall_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
