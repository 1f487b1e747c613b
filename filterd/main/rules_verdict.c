/* What rules make of a text, told. */
#include "main/rules_judge.h"

#include "base/text.h"
#include "flow/notice.h"

#include <stdio.h>
#include <string.h>

static const struct { const char *word, *text; } outcomes[] = {
	[JUDGE_SILENT] = { "silent", "" },
	[JUDGE_OFF] = { "off", "is off" },
	[JUDGE_ELSEWHERE] = { "does-not-apply", "does not apply here" },
	[JUDGE_TOO_LITTLE] = { "does-not-match", "does not match" },
	[JUDGE_ALLOWED] = { "allowed", "would match, but the allow-list lets it pass" },
	[JUDGE_MATCHES] = { "matches", "matches" },
};
static const char *const denials[] = { "", "no talk", "no files", "too large a file", "TLS is needed", "a certificate is needed" };
static const char *const lists[] = { "any", "all", "none" };

/* With --detector, those that ask for it alone. */
static bool is_told(const struct judge *j, const struct judged *r, const struct rule *rule)
{
	if (judge_outcome(j, r, rule) == JUDGE_SILENT)
		return false;
	for (size_t k = 0; j->o->detector && k < rule->nconditions; k++)
		if (rule->conditions[k].detector && strcmp(rule->conditions[k].detector, j->o->detector) == 0)
			return true;
	return !j->o->detector;
}

/* What of `when` does not fit. */
static const char *misfit(const struct judged *r, const struct rule *rule)
{
	const char *key = when_misfit(&rule->when, &r->in.is);
	return key ? key : "file";
}

/* What filterctl can't know, and the rules at hand ask for. */
enum { NEED_BEFORE = 1, NEED_GROUPS = 2, NEED_VALUES = 4, NEED_CONF = 8, NEED_KEY = 16, NEED_BEGIN = 32 };

static const struct { unsigned need; const char *text; } needs[] = {
	{ NEED_CONF, "without -c FILE the site's zones and its table of policy are not known" },
	{ NEED_GROUPS, "nor are its groups of users: nobody is in one" },
	{ NEED_BEFORE, "what came before is not known: what counts over time counts this text alone" },
	{ NEED_BEGIN, "what came before the conversation is not known: counts over time begin with it" },
	{ NEED_VALUES, "values on the allow-list are not looked up: that takes filterd's key" },
	{ NEED_KEY, "xxxxxxxx in a token stands for digits that filterd's key makes" },
};

static unsigned needed(const struct judge *j, const struct judged *r)
{
	unsigned n = j->assumed.configured ? 0 : NEED_CONF;
	for (size_t i = 0; i < j->rules->nrules; i++) {
		const struct rule *rule = &j->rules->rules[i];
		if (!is_told(j, r, rule))
			continue;
		if (!j->assumed.configured && (rule->when.groups.n || rule->when.not_groups.n))
			n |= NEED_GROUPS;
		if (j->rules->allow.nvalues)
			n |= NEED_VALUES;
		for (size_t k = 0; k < rule->nconditions; k++)
			n |= rule->conditions[k].per == PER_ITEM ? 0 : j->drip ? NEED_BEGIN : NEED_BEFORE;
	}
	for (size_t i = 0; r->delivered && i < r->in.nfindings; i++)
		n |= r->d.redact[i] && r->d.redact[i]->redaction.form == REDACTION_TOKEN ? NEED_KEY : 0;
	return n;
}

/* For people */

static void print_assumed(const struct judge *j)
{
	const struct assumed *a = &j->assumed;
	const char *direction = assumed_direction(a);
	printf("rules, assuming channel %s%s, from zone %s", channel_kind_name(a->channel), a->correction ? " (a correction)" : "", a->is.from);
	if (a->is.sender[0])
		printf(" (%s)", a->is.sender);
	printf(" to zone ");
	for (size_t i = 0; i < a->is.nto; i++)
		printf("%s%s", i ? ", " : "", a->is.to[i]);
	if (a->is.recipient[0])
		printf(" (%s)", a->is.recipient);
	printf("%s%s%s:\n", direction[0] ? " (" : "", direction, direction[0] ? ")" : "");
}

static void print_conditions(const struct judged *r, const struct rule *rule, const struct rule_condition *c, size_t n, int depth)
{
	for (size_t k = 0; k < n; k += 1 + c[k].members) {
		if (c[k].members) {
			printf("%*s%s: a group\n", 2 * depth, "", lists[c[k].kind]);
			print_conditions(r, rule, &c[k + 1], c[k].members, depth + 1);
			continue;
		}
		printf("%*s%s: %s: %u of %u%s with confidence %u or more", 2 * depth, "", lists[c[k].kind], c[k].detector,
		       policy_count(rule, &r->in, &c[k]), c[k].count, c[k].distinct ? " different ones" : "", c[k].confidence);
		if (c[k].per != PER_ITEM)
			printf(", per %s in %u s", condition_per_name(c[k].per), c[k].within_s);
		putchar('\n');
	}
}

static void print_rule(const struct judge *j, const struct judged *r, const struct rule *rule)
{
	enum judge_outcome outcome = judge_outcome(j, r, rule);
	char also[64];
	rule_also_names(rule->also, also, sizeof also);
	printf("  %s (%s:%d, %s, severity %s): ", rule->id, rule->file, rule->line, rule_mode_name(rule->mode), rule_severity_name(rule->severity));
	if (outcome == JUDGE_MATCHES && rule->mode == RULE_MONITOR)
		printf("matches, but is only recorded: it would %s%s%s\n", action_name(rule->action), also[0] ? ", " : "", also);
	else if (outcome == JUDGE_MATCHES)
		printf("matches: %s%s%s\n", action_name(rule->action), also[0] ? ", " : "", also);
	else if (outcome == JUDGE_ELSEWHERE)
		printf("%s: when.%s\n", outcomes[outcome].text, misfit(r, rule));
	else
		printf("%s\n", outcomes[outcome].text);
	if (outcome == JUDGE_MATCHES || outcome == JUDGE_TOO_LITTLE)
		print_conditions(r, rule, rule->conditions, rule->nconditions, 2);
}

static void print_text(const char *before, const char *text, size_t size)
{
	char quoted[600];
	printf("%s%s\n", before, text_quote(quoted, sizeof quoted, text, size));
}

static void print_result(const struct judge *j, const struct judged *r)
{
	const struct decision *d = &r->d;
	printf("in all: %s", action_name(d->action));
	if (d->denial != DENY_NOTHING)
		printf(", by the table of policy: %s", denials[d->denial]);
	else if (d->rule)
		printf(", by rule %s", d->rule->id);
	else if (d->cause != CAUSE_NONE)
		printf(", because it could not be looked at to its end: %s", cause_name(d->cause));
	if (r->shown)
		printf("; it would be redacted, but a rule finds something in the result, too");
	putchar('\n');
	if (r->delivered)
		print_text("  delivered as: ", r->delivered, r->delivered_size);
	if (d->silent)
		puts("  the sender is not told");
	else if (d->action != ACTION_DELIVER || d->notify) {
		const char *text = notice_text(d, j->o->lang, j->assumed.conf->language);
		print_text("  the sender is told: ", text, strlen(text));
	}
}

void judge_print(const struct judge *j, const struct judged *r)
{
	size_t told = 0;
	unsigned missing = needed(j, r);
	if (j->rules->nrules == 0)
		return;
	print_assumed(j);
	for (size_t i = 0; i < j->rules->nrules; i++) {
		if (!is_told(j, r, &j->rules->rules[i]))
			continue;
		print_rule(j, r, &j->rules->rules[i]);
		told++;
	}
	if (told == 0)
		printf("  no rule asks for what was found\n");
	print_result(j, r);
	for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
		if (missing & needs[i].need)
			printf("  note: %s\n", needs[i].text);
}

/* For programs */

static json_t *conditions_json(const struct judged *r, const struct rule *rule, const struct rule_condition *c, size_t n)
{
	json_t *all = json_array();
	for (size_t k = 0; k < n; k += 1 + c[k].members) {
		json_t *j;
		if (c[k].members) {
			j = json_pack("{s:s, s:o}", "list", lists[c[k].kind], "conditions", conditions_json(r, rule, &c[k + 1], c[k].members));
		} else {
			j = json_pack("{s:s, s:s, s:i, s:i, s:i, s:b}", "list", lists[c[k].kind], "detector", c[k].detector, "confidence", c[k].confidence,
			              "found", (int)policy_count(rule, &r->in, &c[k]), "count", (int)c[k].count, "distinct", c[k].distinct);
			if (c[k].per != PER_ITEM)
				json_object_update_new(j, json_pack("{s:s, s:i}", "per", condition_per_name(c[k].per), "within_s", (int)c[k].within_s));
		}
		json_array_append_new(all, j);
	}
	return all;
}

static json_t *rule_json(const struct judge *j, const struct judged *r, const struct rule *rule)
{
	enum judge_outcome outcome = judge_outcome(j, r, rule);
	json_t *actions = json_array();
	json_array_append_new(actions, json_string(action_name(rule->action)));
	for (unsigned bit = 1; bit && bit <= rule->also; bit <<= 1) {
		char name[64];
		rule_also_names(rule->also & bit, name, sizeof name);
		if (name[0])
			json_array_append_new(actions, json_string(name));
	}
	return json_pack("{s:s, s:s, s:s*, s:s, s:s, s:o, s:i, s:s, s:i, s:o}", "id", rule->id, "outcome", outcomes[outcome].word, "when",
	                 outcome == JUDGE_ELSEWHERE ? misfit(r, rule) : NULL, "mode", rule_mode_name(rule->mode), "severity",
	                 rule_severity_name(rule->severity), "actions", actions, "priority", rule->priority, "file", rule->file, "line", rule->line,
	                 "conditions", conditions_json(r, rule, rule->conditions, rule->nconditions));
}

json_t *judge_assumed_json(const struct judge *j)
{
	const struct assumed *a = &j->assumed;
	const char *direction = assumed_direction(a);
	json_t *to = json_array();
	for (size_t i = 0; i < a->is.nto; i++)
		json_array_append_new(to, json_string(a->is.to[i]));
	return json_pack("{s:s, s:o, s:s*, s:s, s:b, s:s*, s:s*, s:b}", "from", a->is.from, "to", to, "direction", direction[0] ? direction : NULL,
	                 "channel", channel_kind_name(a->channel), "correction", a->correction, "sender", a->is.sender[0] ? a->is.sender : NULL,
	                 "recipient", a->is.recipient[0] ? a->is.recipient : NULL, "configured", a->configured);
}

int judge_add_json(const struct judge *j, const struct judged *r, json_t *to)
{
	const struct decision *d = &r->d;
	bool told = !d->silent && (d->action != ACTION_DELIVER || d->notify);
	json_t *rules = json_array(), *notes = json_array();
	unsigned missing = needed(j, r);
	for (size_t i = 0; i < j->rules->nrules; i++)
		if (is_told(j, r, &j->rules->rules[i]))
			json_array_append_new(rules, rule_json(j, r, &j->rules->rules[i]));
	for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
		if (missing & needs[i].need)
			json_array_append_new(notes, json_string(needs[i].text));
	json_t *more = json_pack("{s:s, s:s*, s:s*, s:s*, s:o, s:s*, s:o}", "action", action_name(d->action), "rule",
	                         d->denial == DENY_NOTHING && d->rule ? d->rule->id : NULL, "denied", d->denial != DENY_NOTHING ? denials[d->denial] : NULL,
	                         "cause", d->cause != CAUSE_NONE ? cause_name(d->cause) : NULL, "rules", rules, "notice",
	                         told ? notice_text(d, j->o->lang, j->assumed.conf->language) : NULL, "notes", notes);
	if (more && r->delivered)
		json_object_set_new(more, "delivered", json_stringn(r->delivered, r->delivered_size));
	int result = more ? json_object_update(to, more) : -1;
	json_decref(more);
	return result;
}
