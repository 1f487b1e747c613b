/* policy: the allow-list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/decide.h"
#include "policy_rig.h"

#include <stdio.h>
#include <string.h>

#define FILE_A "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
static const char config[] = "links = ( { domain = \"filter.example.test\"; secret_file = \"/s\"; guards = [ \"example.test\" ]; } );";
static const char *const ids[] = { "a", "b" };
static const char text[] = "0123456789";
static const struct decide_text texts[] = { { text, sizeof text - 1 } };
enum { TODAY = 20782 }; /* 2026-11-25 */

static int read_rules(struct policy_rig *w, const char *rules)
{
	return policy_rig_read(w, config, rules, ids, 2);
}

/* found: a letter for each finding; the hash of the value at i is eight times the byte i + 1. */
static struct decision decide(struct policy_rig *w, const char *found, const char *sender, const struct decide_file *upload, int today)
{
	static const char *const zones[] = { "public" };
	struct finding f[8];
	const struct allow_entry *allowed[8];
	struct decision d;
	size_t n = strlen(found);
	for (size_t i = 0; i < n; i++) {
		unsigned char hash[ALLOW_VALUE_SIZE];
		memset(hash, (int)i + 1, sizeof hash);
		f[i] = (struct finding){ .text = 0, .detector = (uint16_t)(found[i] - 'a'), .start = (uint32_t)i, .end = (uint32_t)i + 1, .confidence = 90 };
		allowed[i] = allow_value(&w->rules->allow, hash);
	}
	const struct decide_input in = {
		.rules = w->rules, .can_redact = true, .texts = texts, .findings = f, .nfindings = n, .allowed = allowed, .today = today, .is_file = upload != NULL,
		.is = { .conf = w->conf, .from = "public", .to = zones, .nto = 1, .channels = upload ? 1u << CHANNEL_UPLOAD : 1u << CHANNEL_CHAT, .sender = sender, .recipient = "",
		        .files = upload, .nfiles = upload != NULL },
	};
	policy_decide(w->arena, &in, &d);
	return d;
}

static size_t allowed_of(const struct decision *d, enum allow_kind kind)
{
	size_t n = 0;
	for (const struct decide_allowed *a = d->allowed; a; a = a->next)
		n += a->entry->kind == kind;
	return n;
}

static void values(void **state)
{
	struct policy_rig w;
	assert_int_equal(read_rules(&w,
		"rules = ( { id = \"one\"; action = \"redact\"; any = ( { detector = \"a\"; } ); },"
		"          { id = \"two\"; action = \"block\"; any = ( { detector = \"a\"; count = 2; } ); },"
		"          { id = \"b-only\"; mode = \"monitor\"; action = \"block\"; any = ( { detector = \"b\"; } ); } );"
		"allow = ( { value = \"0101010101010101\"; until = \"2026-11-25\"; reason = \"r1\"; },"
		"          { value = \"0202020202020202\"; until = \"2026-11-30\"; reason = \"r2\"; rule = \"two\"; },"
		"          { value = \"0202020202020202\"; until = \"2026-11-24\"; reason = \"old\"; rule = \"one\"; } );"), 0);
	struct decision d = decide(&w, "a", "x@y", NULL, TODAY);
	assert_int_equal(d.action, ACTION_DELIVER);
	assert_int_equal(d.nhits, 0);
	assert_int_equal(allowed_of(&d, ALLOW_VALUE), 1);
	assert_string_equal(d.allowed->entry->reason, "r1");
	assert_string_equal(d.allowed->hit.rule->id, "one");
	assert_int_equal(d.allowed->hit.count, 1);
	/* its last day is over */
	d = decide(&w, "a", "x@y", NULL, TODAY + 1);
	assert_int_equal(d.action, ACTION_REDACT);
	assert_null(d.allowed);
	/* the first is allowed for all rules, the second for one, and only the second is masked */
	d = decide(&w, "aa", "x@y", NULL, TODAY);
	assert_int_equal(d.action, ACTION_REDACT);
	assert_true(!d.redact[0] && d.redact[1]);
	assert_int_equal(d.nhits, 1);
	assert_int_equal(d.hits[0].count, 1);
	assert_int_equal(allowed_of(&d, ALLOW_VALUE), 3); /* one: the first; two: both */
	/* a third makes two of those that count for no entry … */
	d = decide(&w, "aaaa", "x@y", NULL, TODAY);
	assert_int_equal(d.action, ACTION_BLOCK);
	/* what a monitored rule would have found is told of, too */
	d = decide(&w, "b", "x@y", NULL, TODAY);
	assert_true(d.nhits == 0 && allowed_of(&d, ALLOW_VALUE) == 1);
	/* nothing that any rule counts: nothing to tell of */
	d = decide(&w, "", "x@y", NULL, TODAY);
	assert_null(d.allowed);
	policy_rig_end(&w);
}

static void senders(void **state)
{
	struct policy_rig w;
	assert_int_equal(read_rules(&w,
		"rules = ( { id = \"one\"; action = \"block\"; any = ( { detector = \"a\"; } ); }, { id = \"other\"; action = \"quarantine\"; any = ( { detector = \"b\"; } ); } );"
		"allow = ( { sender = \"shop-*@y\"; rule = \"one\"; until = \"2027-01-31\"; reason = \"r\"; } );"), 0);
	struct decision d = decide(&w, "a", "shop-1@y/r", NULL, TODAY);
	assert_true(d.action == ACTION_DELIVER && d.nhits == 0 && allowed_of(&d, ALLOW_SENDER) == 1);
	assert_true(d.allowed->hit.condition && d.allowed->hit.first);
	assert_int_equal(decide(&w, "a", "shop@y", NULL, TODAY).action, ACTION_BLOCK);
	assert_int_equal(decide(&w, "a", "shop-1@y", NULL, TODAY + 67).action, ACTION_DELIVER);
	assert_int_equal(decide(&w, "a", "shop-1@y", NULL, TODAY + 68).action, ACTION_BLOCK);
	assert_int_equal(decide(&w, "ab", "shop-1@y", NULL, TODAY).action, ACTION_QUARANTINE);
	assert_null(decide(&w, "b", "shop-1@y", NULL, TODAY).allowed);
	policy_rig_end(&w);
}

static void files(void **state)
{
	static const struct decide_file file = { "list.exe", "", "", FILE_A, 10, false, false }, other = { "list.exe", "", "", "", 10, false, false };
	struct policy_rig w;
	assert_int_equal(read_rules(&w,
		"rules = ( { id = \"text\"; action = \"block\"; any = ( { detector = \"a\"; } ); }, { id = \"name\"; action = \"block\"; when = { file = { name = \"*.exe\"; }; }; } );"
		"allow = ( { file = \"" FILE_A "\"; until = \"2027-01-31\"; reason = \"r\"; } );"), 0);
	struct decision d = decide(&w, "a", "x@y", &file, TODAY);
	assert_true(d.action == ACTION_DELIVER && allowed_of(&d, ALLOW_FILE) == 2);
	assert_int_equal(decide(&w, "a", "x@y", &other, TODAY).nhits, 2);
	assert_int_equal(decide(&w, "a", "x@y", &file, TODAY + 68).action, ACTION_BLOCK);
	policy_rig_end(&w);
	/* for one rule only */
	assert_int_equal(read_rules(&w,
		"rules = ( { id = \"text\"; action = \"block\"; any = ( { detector = \"a\"; } ); }, { id = \"name\"; action = \"quarantine\"; when = { file = { name = \"*.exe\"; }; }; } );"
		"allow = ( { file = \"" FILE_A "\"; rule = \"text\"; until = \"2027-01-31\"; reason = \"r\"; } );"), 0);
	assert_int_equal(decide(&w, "a", "x@y", &file, TODAY).action, ACTION_QUARANTINE);
	policy_rig_end(&w);
}

static void never_for_malware_or_causes(void **state)
{
	static const struct decide_file file = { "x", "", "", FILE_A, 10, false, true };
	static const char *const zones[] = { "public" };
	struct policy_rig w;
	struct decision d;
	assert_int_equal(read_rules(&w, "allow = ( { file = \"" FILE_A "\"; until = \"2027-01-31\"; reason = \"r\"; } );"), 0);
	struct decide_input in = { .rules = w.rules, .is_file = true, .malware = true, .today = TODAY,
		.is = { .conf = w.conf, .from = "public", .to = zones, .nto = 1, .sender = "x@y", .recipient = "", .files = &file, .nfiles = 1 } };
	policy_decide(w.arena, &in, &d);
	assert_true(d.action == ACTION_BLOCK && d.malware);
	in.malware = false;
	in.causes = 1u << CAUSE_UNSCANNABLE;
	policy_decide(w.arena, &in, &d);
	assert_int_equal(d.action, ACTION_BLOCK);
	policy_rig_end(&w);
}

static void days(void **state)
{
	static const struct { const char *until; int day; } t[] = { /* -1: none; else what `date -d … +%s` / 86400 says */
		{ "1970-01-01", 0 }, { "2026-11-25", 20782 }, { "2024-02-29", 19782 }, { "2000-02-29", 11016 }, { "2027-12-31", 21183 }, { "9999-12-31", 2932896 },
		{ "2026-02-29", -1 }, { "2100-02-29", -1 }, { "2026-13-01", -1 }, { "2026-00-10", -1 }, { "2026-04-31", -1 }, { "2026-4-30", -1 }, { "26-04-30", -1 },
		{ "2026-04-30 ", -1 }, { "2026/04/30", -1 }, { "tomorrow!!", -1 }, { "1969-12-31", -1 },
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct policy_rig w;
		char rules[300];
		snprintf(rules, sizeof rules, "allow = ( { value = \"0101010101010101\";\n until = \"%s\"; reason = \"r\"; } );", t[i].until);
		int r = read_rules(&w, rules);
		if ((r < 0) != (t[i].day < 0) || (r < 0 && (w.err.line != 2 || !strstr(w.err.text, "no day"))))
			fail_msg("%s: %d, %d: %s", t[i].until, r, w.err.line, w.err.text);
		if (r == 0 && w.rules->allow.entry[0].last_day != t[i].day)
			fail_msg("%s: %d", t[i].until, w.rules->allow.entry[0].last_day);
		policy_rig_end(&w);
	}
	assert_int_equal(allow_today(1795564800), TODAY);
	assert_int_equal(allow_today(1795564800 + 86399), TODAY);
}

static void bad_entries_are_named(void **state)
{
#define ENTRY(what) "rules = ( { id = \"r\"; action = \"block\"; any = ( { detector = \"a\"; } ); } );\nallow = ( {\n " what " } );"
	static const struct { const char *text; int line; const char *says; } t[] = {
		{ ENTRY("value = \"0101010101010101\"; reason = \"r\";"), 2, "until" },
		{ ENTRY("value = \"0101010101010101\"; until = \"2027-01-01\";"), 2, "reason" },
		{ ENTRY("value = \"0101010101010101\"; until = \"2027-01-01\"; reason = \"\";"), 3, "reason" },
		{ ENTRY("until = \"2027-01-01\"; reason = \"r\";"), 2, "one of" },
		{ ENTRY("value = \"0101010101010101\"; sender = \"a@b\"; rule = \"r\"; until = \"2027-01-01\"; reason = \"r\";"), 2, "one of" },
		{ ENTRY("value = \"4012888888881881\"; until = \"2027-01-01\"; reason = \"r\";"), 3, "never the value" },
		{ ENTRY("value = \"4012888888881882\";\n until = \"2027-01-01\"; reason = \"r\"; rule = \"nobody\";"), 2, "nobody" },
		{ ENTRY("value = \"4012 88888888188\"; until = \"2027-01-01\"; reason = \"r\";"), 3, "never the value" },
		{ ENTRY("value = \"4012\"; until = \"2027-01-01\"; reason = \"r\";"), 3, "value" },
		{ ENTRY("file = \"00\"; until = \"2027-01-01\"; reason = \"r\";"), 3, "file" },
		{ ENTRY("sender = \"a@b\"; until = \"2027-01-01\"; reason = \"r\";"), 2, "rule" },
		{ ENTRY("sender = \"a@b@c\"; rule = \"r\"; until = \"2027-01-01\"; reason = \"r\";"), 3, "bare JID" },
		{ ENTRY("colour = \"a@b\"; until = \"2027-01-01\"; reason = \"r\";"), 3, "colour" },
		{ "allow = \"x\";", 1, "list of groups" },
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
		cmocka_unit_test(values), cmocka_unit_test(senders), cmocka_unit_test(files), cmocka_unit_test(never_for_malware_or_causes),
		cmocka_unit_test(days), cmocka_unit_test(bad_entries_are_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
