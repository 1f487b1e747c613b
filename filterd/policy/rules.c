#include "policy/rules.h"

#include "base/nearest.h"
#include "conf/cfgread.h"
#include "policy/over_time.h"
#include "policy/redaction.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RULES_MAX = 10000, ARENA_MAX = 64 << 20, WORDS_MAX = 64, CONDITIONS_MAX = 256, DEPTH_MAX = 8, NOTICE_MAX = 1000 };

static const char *const mode_names[] = { "off", "monitor", "enforce" };
static const struct { const char *name; enum severity severity; } severities[] = {
	{ "low", SEV_INFO }, { "medium", SEV_NOTICE }, { "high", SEV_WARNING }, { "critical", SEV_ERROR },
};

static const struct cfg_key file_keys[] = {
	{ "rules", CFG_GROUPS, 0, 0, RULES_MAX },
	{ "allow", CFG_GROUPS, 0, 0, ALLOW_MAX },
	{ "detectors", CFG_ANY, 0, 0, 0 }, /* detect/ reads these */
	{ "include", CFG_ANY, 0, 0, 0 },
	{ "override", CFG_GROUP, 0, 0, 0 },
	{ "enable", CFG_ANY, 0, 0, 0 },
	{ "disable", CFG_GROUP, 0, 0, 0 },
	{ 0 },
};
static const struct cfg_key override_keys[] = {
	{ "detectors", CFG_ANY, 0, 0, 0 }, /* detect's */
	{ "rules", CFG_GROUPS, 0, 0, RULES_MAX },
	{ 0 },
};
static const struct cfg_key disable_keys[] = {
	{ "detectors", CFG_ANY, 0, 0, 0 }, /* detect's */
	{ "countries", CFG_ANY, 0, 0, 0 },
	{ "rules", CFG_STRINGS, 0, 0, RULES_MAX },
	{ 0 },
};
static const struct cfg_key rule_keys[] = {
	{ "id", CFG_STRING, 1, 1, 64 },
	{ "title", CFG_STRING, 0, 0, 200 },
	{ "mode", CFG_STRING, 0, 1, 16 },
	{ "when", CFG_GROUP, 0, 0, 0 },
	{ "priority", CFG_INT, 0, -1000, 1000 },
	{ "detect", CFG_GROUPS, 0, 1, WORDS_MAX },
	{ "any", CFG_GROUPS, 0, 1, WORDS_MAX },
	{ "all", CFG_GROUPS, 0, 1, WORDS_MAX },
	{ "none", CFG_GROUPS, 0, 1, WORDS_MAX },
	{ "action", CFG_STRING, 0, 1, 16 },
	{ "actions", CFG_STRINGS, 0, 1, 8 },
	{ "redact", CFG_GROUP, 0, 0, 0 },
	{ "severity", CFG_STRING, 0, 1, 16 },
	{ "notice", CFG_GROUP, 0, 0, 0 },
	{ 0 },
};
static const struct cfg_key group_keys[] = {
	{ "any", CFG_GROUPS, 0, 1, WORDS_MAX },
	{ "all", CFG_GROUPS, 0, 1, WORDS_MAX },
	{ "none", CFG_GROUPS, 0, 1, WORDS_MAX },
	{ 0 },
};
static const struct cfg_key condition_keys[] = {
	{ "detector", CFG_STRING, 1, 1, 64 },
	{ "confidence", CFG_INT, 0, 1, 100 },
	{ "count", CFG_INT, 0, 1, 4096 },
	{ "distinct", CFG_BOOL, 0, 0, 0 },
	{ "per", CFG_STRING, 0, 1, 16 },
	{ "within", CFG_STRING, 0, 1, 16 },
	{ 0 },
};

const char *rule_mode_name(enum rule_mode m) { return mode_names[m]; }

const char *rule_severity_name(enum severity s)
{
	size_t i = sizeof severities / sizeof *severities;
	while (i > 1 && severities[i - 1].severity != s)
		i--;
	return severities[i - 1].name;
}

const char *condition_per_name(enum condition_per p)
{
	static const char *const names[] = { "item", "sender", "conversation" };
	return names[p];
}

static int find(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return (int)i;
	return -1;
}

static int read_condition(const struct cfg_reader *r, const config_setting_t *g, const char *what, struct rule_condition *c)
{
	if (cfg_check(r, g, what, condition_keys) < 0)
		return -1;
	c->detector = cfg_string(r, g, "detector");
	c->index = -1;
	c->confidence = (uint8_t)cfg_int(g, "confidence", 50);
	c->count = (uint32_t)cfg_int(g, "count", 1);
	c->distinct = cfg_bool(g, "distinct", 0);
	c->line = config_setting_source_line(g);
	c->file = arena_strdup(r->arena, r->file);
	if (!c->file)
		return cfg_error(r, g, "out of memory");
	return over_time_read(r, g, c);
}

/* The lists of conditions that a rule or group has; "detect" is a rule's older word for "any". */
static const struct { const char *key; enum condition_kind kind; } lists[] = {
	{ "detect", CONDITION_ANY }, { "any", CONDITION_ANY }, { "all", CONDITION_ALL }, { "none", CONDITION_NONE },
};

static size_t count_conditions(const config_setting_t *g, int depth)
{
	size_t n = 0;
	for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
		const config_setting_t *list = config_setting_get_member(g, lists[k].key);
		for (int i = 0; list && i < config_setting_length(list) && n <= CONDITIONS_MAX && depth <= DEPTH_MAX; i++)
			n += 1 + count_conditions(config_setting_get_elem(list, (unsigned)i), depth + 1);
	}
	return n;
}

static int read_lists(const struct cfg_reader *r, const config_setting_t *g, struct rule *rule, int depth);

/* What stands in a list: a detector, or a group of lists. */
static int read_member(const struct cfg_reader *r, const config_setting_t *g, const char *list, enum condition_kind kind, struct rule *rule, int depth)
{
	struct rule_condition *c = &rule->conditions[rule->nconditions++];
	c->kind = kind;
	bool is_group = false;
	for (size_t k = 1; k < sizeof lists / sizeof *lists; k++)
		is_group |= config_setting_get_member(g, lists[k].key) != NULL;
	if (!is_group)
		return read_condition(r, g, list, c);
	size_t first = rule->nconditions;
	*c = (struct rule_condition){ .kind = kind, .index = -1, .tally = -1 };
	if (depth == DEPTH_MAX)
		return cfg_error(r, g, "groups of conditions lie in each other at most %d deep", DEPTH_MAX);
	if (cfg_check(r, g, "a group of conditions", group_keys) < 0 || read_lists(r, g, rule, depth + 1) < 0)
		return -1;
	c->members = rule->nconditions - first;
	return 0;
}

static int read_lists(const struct cfg_reader *r, const config_setting_t *g, struct rule *rule, int depth)
{
	for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
		const config_setting_t *list = config_setting_get_member(g, lists[k].key);
		for (int i = 0; list && i < config_setting_length(list); i++)
			if (read_member(r, config_setting_get_elem(list, (unsigned)i), lists[k].key, lists[k].kind, rule, depth) < 0)
				return -1;
	}
	return 0;
}

/* Whether these conditions hold when nothing is found at all. */
static bool hold_of_nothing(const struct rule_condition *c, size_t n)
{
	bool any = false, any_holds = false;
	for (size_t i = 0; i < n; i += 1 + c[i].members) {
		bool holds = c[i].members && hold_of_nothing(&c[i + 1], c[i].members);
		any |= c[i].kind == CONDITION_ANY;
		any_holds |= c[i].kind == CONDITION_ANY && holds;
		if (c[i].kind != CONDITION_ANY && holds == (c[i].kind == CONDITION_NONE))
			return false;
	}
	return !any || any_holds;
}

static int read_conditions(const struct cfg_reader *r, const config_setting_t *g, struct rule *rule)
{
	size_t n = count_conditions(g, 0);
	if (n > CONDITIONS_MAX)
		return cfg_error(r, g, "a rule has at most %d conditions", CONDITIONS_MAX);
	if (config_setting_get_member(g, "detect") && config_setting_get_member(g, "any"))
		return cfg_error(r, config_setting_get_member(g, "any"), "\"detect\" and \"any\" are two words for the same list; give one of them");
	rule->nconditions = 0;
	rule->conditions = arena_alloc(r->arena, sizeof *rule->conditions * (n + 1));
	if (!rule->conditions)
		return cfg_error(r, g, "out of memory");
	return read_lists(r, g, rule, 0);
}

static int check_conditions(const struct cfg_reader *r, const config_setting_t *g, const struct rule *rule)
{
	if (!rule->when.file && hold_of_nothing(rule->conditions, rule->nconditions))
		return cfg_error(r, g, "this rule would match every message: it needs \"any\" (or \"detect\") or \"all\" with a detector that must find "
		                 "something, or \"when\" with a \"file\"");
	return 0;
}

static const struct { const char *name; unsigned bit; } also_names[] = {
	{ "notify-sender", ALSO_NOTIFY_SENDER }, { "silent", ALSO_SILENT }, { "alert", ALSO_ALERT },
};

static unsigned also_from_name(const char *name)
{
	for (size_t i = 0; i < sizeof also_names / sizeof *also_names; i++)
		if (strcmp(also_names[i].name, name) == 0)
			return also_names[i].bit;
	return 0;
}

void rule_also_names(unsigned also, char *dst, size_t dst_size)
{
	size_t o = 0;
	dst[0] = '\0';
	for (size_t i = 0; i < sizeof also_names / sizeof *also_names; i++)
		if (also & also_names[i].bit && o < dst_size)
			o += (size_t)snprintf(dst + o, dst_size - o, "%s%s", o ? " " : "", also_names[i].name);
}

/* `action`, or `actions`: what becomes of the content, and what is done beside that. */
static int read_actions(const struct cfg_reader *r, const config_setting_t *g, struct rule *rule)
{
	const config_setting_t *one = config_setting_get_member(g, "action"), *list = config_setting_get_member(g, "actions");
	const char *known = list ? "deliver, redact, quarantine, block, notify-sender, silent, alert" : "deliver, redact, quarantine, block";
	struct cfg_words words;
	bool said = false;
	rule->also = 0;
	if (!one == !list)
		return cfg_error(r, list ? list : g, "a rule has either an \"action\" or a list of \"actions\"");
	if (cfg_strings(r, g, list ? "actions" : "action", &words) < 0)
		return -1;
	for (size_t i = 0; i < words.n; i++) {
		unsigned also = list ? also_from_name(words.item[i]) : 0;
		int a = action_from_name(words.item[i]);
		if (a < 0 && !also)
			return cfgerr_set(r->err, r->file, words.line[i], "action \"%s\" is not one of %s", words.item[i], known);
		if (a >= 0 && said)
			return cfgerr_set(r->err, r->file, words.line[i], "only one of \"actions\" can be deliver, redact, quarantine or block");
		said |= a >= 0;
		rule->action = a >= 0 ? (enum action)a : rule->action;
		rule->also |= also;
	}
	if (rule->also & ALSO_SILENT && rule->also & ALSO_NOTIFY_SENDER)
		return cfg_error(r, list, "\"silent\" and \"notify-sender\" contradict each other");
	if (rule->also & ALSO_SILENT && rule->action == ACTION_DELIVER)
		return cfg_error(r, list, "\"silent\" goes with redact, quarantine or block: nobody is told of what is delivered");
	return 0;
}

static bool has_conditions(const config_setting_t *g)
{
	for (size_t k = 0; k < sizeof lists / sizeof *lists; k++)
		if (config_setting_get_member(g, lists[k].key))
			return true;
	return false;
}

/* What the group says takes the place of what the rule had. */
static int read_fields(const struct cfg_reader *r, const config_setting_t *g, struct rule *rule)
{
	const char *mode = cfg_string(r, g, "mode"), *severity = cfg_string(r, g, "severity");
	int m = mode ? find(mode_names, 3, mode) : (int)rule->mode;
	if (m < 0)
		return cfg_error(r, config_setting_get_member(g, "mode"), "mode \"%s\" is not one of off, monitor, enforce", mode);
	rule->mode = (enum rule_mode)m;
	if (severity) {
		size_t i = 0;
		while (i < 4 && strcmp(severities[i].name, severity) != 0)
			i++;
		if (i == 4)
			return cfg_error(r, config_setting_get_member(g, "severity"), "severity \"%s\" is not one of low, medium, high, critical", severity);
		rule->severity = severities[i].severity;
	}
	if ((config_setting_get_member(g, "action") || config_setting_get_member(g, "actions")) && read_actions(r, g, rule) < 0)
		return -1;
	const config_setting_t *when = config_setting_get_member(g, "when"), *notice = config_setting_get_member(g, "notice"),
	                       *redact = config_setting_get_member(g, "redact");
	if (when && when_read(r, when, &rule->when) < 0)
		return -1;
	if (notice && rule_texts_read(r, notice, "a notice", NOTICE_MAX, &rule->notices) < 0)
		return -1;
	if (redact && redaction_read(r, redact, rule) < 0)
		return -1;
	if (when)
		rule->file = arena_strdup(r->arena, r->file); /* lines of `when` are told of */
	if (!rule->file)
		return cfg_error(r, g, "out of memory");
	rule->priority = cfg_int(g, "priority", rule->priority);
	if ((has_conditions(g) || !rule->conditions) && read_conditions(r, g, rule) < 0)
		return -1;
	return check_conditions(r, g, rule);
}

static int read_rule(const struct cfg_reader *r, const config_setting_t *g, struct rule *rule)
{
	if (cfg_check(r, g, "rule", rule_keys) < 0)
		return -1;
	rule->id = cfg_string(r, g, "id");
	if (strspn(rule->id, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(rule->id))
		return cfg_error(r, config_setting_get_member(g, "id"), "a rule's id has lower-case letters, digits and hyphens only: \"%s\"", rule->id);
	if (!config_setting_get_member(g, "action") && !config_setting_get_member(g, "actions"))
		return cfg_error(r, g, "a rule has either an \"action\" or a list of \"actions\"");
	rule->mode = RULE_ENFORCE;
	rule->severity = SEV_NOTICE;
	rule->line = config_setting_source_line(g);
	rule->file = arena_strdup(r->arena, r->file);
	if (!rule->file)
		return cfg_error(r, g, "out of memory");
	return read_fields(r, g, rule);
}

static struct rule *find_rule(const struct policy_rules *p, const char *id)
{
	for (size_t i = 0; i < p->nrules; i++)
		if (strcmp(p->rules[i].id, id) == 0)
			return &p->rules[i];
	return NULL;
}

/* "; did you mean \"no-cards-outside\"?" */
static const char *nearest_rule(const struct policy_rules *p, const char *id, char dst[NEAREST_SIZE])
{
	struct nearest n = { .word = id };
	for (size_t i = 0; i < p->nrules; i++)
		nearest_try(&n, p->rules[i].id);
	return nearest_question(&n, dst, NEAREST_SIZE);
}

static int read_override(const struct cfg_reader *r, const config_setting_t *root, struct policy_rules *p)
{
	const config_setting_t *g = config_setting_get_member(root, "override");
	char question[NEAREST_SIZE];
	if (g && cfg_check(r, g, "override", override_keys) < 0)
		return -1;
	const config_setting_t *list = g ? config_setting_get_member(g, "rules") : NULL;
	for (int i = 0; list && i < config_setting_length(list); i++) {
		const config_setting_t *s = config_setting_get_elem(list, (unsigned)i);
		if (cfg_check(r, s, "override", rule_keys) < 0)
			return -1;
		const char *id = config_setting_get_string(config_setting_get_member(s, "id"));
		struct rule *rule = find_rule(p, id);
		if (!rule)
			return cfg_error(r, config_setting_get_member(s, "id"), "\"override\" names rule \"%.64s\", which no rule file defines%s", id,
			                 nearest_rule(p, id, question));
		if (read_fields(r, s, rule) < 0)
			return -1;
	}
	return 0;
}

static int read_disable(const struct cfg_reader *r, const config_setting_t *root, struct policy_rules *p)
{
	const config_setting_t *g = config_setting_get_member(root, "disable");
	struct cfg_words ids = { 0 };
	char question[NEAREST_SIZE];
	if (g && (cfg_check(r, g, "disable", disable_keys) < 0 || cfg_strings(r, g, "rules", &ids) < 0))
		return -1;
	for (size_t i = 0; i < ids.n; i++) {
		struct rule *rule = find_rule(p, ids.item[i]);
		if (!rule)
			return cfgerr_set(r->err, r->file, ids.line[i], "\"disable\" names rule \"%.64s\", which no rule file defines%s", ids.item[i],
			                  nearest_rule(p, ids.item[i], question));
		rule->mode = RULE_OFF;
	}
	return 0;
}

/* Once all files are read: a file may change and switch off rules of one that comes later. */
static int read_changes(const struct bundle *b, struct policy_rules *p, struct cfgerr *err,
                        int (*read)(const struct cfg_reader *r, const config_setting_t *root, struct policy_rules *p))
{
	int result = 0;
	for (size_t i = 0; i < b->nfiles && result == 0; i++) {
		struct cfg_reader r = { b->files[i].path, p->arena, err };
		config_t cfg;
		if (b->files[i].kind != BUNDLE_RULES)
			continue;
		if (cfg_parse(&r, &b->files[i], &cfg) < 0)
			return -1;
		result = read(&r, config_root_setting(&cfg), p);
		config_destroy(&cfg);
	}
	return result;
}

static int read_file(const struct bundle_file *f, struct policy_rules *p, struct cfgerr *err)
{
	struct cfg_reader r = { f->path, p->arena, err };
	config_t cfg;
	int result = -1;
	if (cfg_parse(&r, f, &cfg) < 0)
		return -1;
	const config_setting_t *root = config_root_setting(&cfg);
	if (cfg_check(&r, root, "rule file", file_keys) < 0)
		goto out;
	const config_setting_t *list = config_setting_get_member(root, "rules");
	int n = list ? config_setting_length(list) : 0;
	if (p->nrules + (size_t)n > RULES_MAX) {
		cfg_error(&r, list, "more than %d rules", RULES_MAX);
		goto out;
	}
	for (int i = 0; i < n; i++) {
		const config_setting_t *g = config_setting_get_elem(list, (unsigned)i);
		struct rule *rule = &p->rules[p->nrules];
		*rule = (struct rule){ 0 };
		if (read_rule(&r, g, rule) < 0)
			goto out;
		for (size_t k = 0; k < p->nrules; k++) {
			if (strcmp(p->rules[k].id, rule->id) == 0) {
				cfg_error(&r, config_setting_get_member(g, "id"), "there already is a rule \"%s\"; ids are used once", rule->id);
				goto out;
			}
		}
		p->nrules++;
	}
	const config_setting_t *allow = config_setting_get_member(root, "allow");
	if (allow && allow_read(&r, allow, &p->allow) < 0)
		goto out;
	result = 0;
out:
	config_destroy(&cfg);
	return result;
}

/* Rules of higher priority come first; those of equal priority stay in the order of the files. */
static void sort_rules(struct policy_rules *p)
{
	for (size_t i = 1; i < p->nrules; i++) {
		struct rule rule = p->rules[i];
		size_t k = i;
		for (; k > 0 && p->rules[k - 1].priority < rule.priority; k--)
			p->rules[k] = p->rules[k - 1];
		p->rules[k] = rule;
	}
}

/* An entry for a rule that nobody wrote is a slip of the pen, and would be silent. */
static int check_allowed(const struct policy_rules *p, struct cfgerr *err)
{
	char question[NEAREST_SIZE];
	for (size_t i = 0; i < p->allow.n; i++) {
		const struct allow_entry *e = &p->allow.entry[i];
		size_t k = 0;
		while (e->rule && k < p->nrules && strcmp(p->rules[k].id, e->rule) != 0)
			k++;
		if (e->rule && k == p->nrules)
			return cfgerr_set(err, e->file, e->line, "\"allow\" names rule \"%.64s\", which no rule file defines%s", e->rule,
			                  nearest_rule(p, e->rule, question));
	}
	return 0;
}

static void number_tallies(struct policy_rules *p)
{
	for (size_t i = 0; i < p->nrules; i++)
		for (size_t k = 0; k < p->rules[i].nconditions; k++)
			if (p->rules[i].conditions[k].per != PER_ITEM)
				p->rules[i].conditions[k].tally = (int)p->ntallies++;
}

int policy_rules_parse(const struct bundle *b, struct policy_rules **rules_r, struct cfgerr *err)
{
	struct policy_rules *p = calloc(1, sizeof *p);
	if (p) {
		p->arena = arena_new(ARENA_MAX);
		p->rules = calloc(RULES_MAX, sizeof *p->rules);
		p->allow.entry = calloc(ALLOW_MAX, sizeof *p->allow.entry);
	}
	if (!p || !p->arena || !p->rules || !p->allow.entry) {
		policy_rules_free(&p);
		return cfgerr_set(err, "", 0, "out of memory");
	}
	for (size_t i = 0; i < b->nfiles; i++) {
		if (b->files[i].kind == BUNDLE_RULES && read_file(&b->files[i], p, err) < 0) {
			policy_rules_free(&p);
			return -1;
		}
	}
	if (read_changes(b, p, err, read_override) < 0 || read_changes(b, p, err, read_disable) < 0 || check_allowed(p, err) < 0) {
		policy_rules_free(&p);
		return -1;
	}
	allow_sort(&p->allow);
	sort_rules(p);
	number_tallies(p);
	*rules_r = p;
	return 0;
}

static int refuse_detector(const struct rule *rule, const struct rule_condition *c, const char *const *ids, size_t n, struct cfgerr *err)
{
	struct nearest near = { .word = c->detector };
	char question[NEAREST_SIZE];
	for (size_t i = 0; i < n; i++)
		nearest_try(&near, ids[i]);
	return cfgerr_set(err, c->file, c->line, "rule \"%s\" asks for detector \"%s\", which no rule file defines%s", rule->id, c->detector,
	                  nearest_question(&near, question, sizeof question));
}

int policy_rules_bind(struct policy_rules *p, const char *const *ids, size_t n, struct cfgerr *err)
{
	for (size_t i = 0; i < p->nrules; i++) {
		for (size_t k = 0; k < p->rules[i].nconditions; k++) {
			struct rule_condition *c = &p->rules[i].conditions[k];
			if (c->members)
				continue;
			c->index = find(ids, n, c->detector);
			if (c->index < 0)
				return refuse_detector(&p->rules[i], c, ids, n, err);
		}
	}
	return 0;
}

int policy_rules_check(const struct policy_rules *p, const struct conf *conf, struct cfgerr *err)
{
	for (size_t i = 0; i < p->nrules; i++) {
		int line = 0;
		const char *group = when_missing_group(&p->rules[i].when, conf, &line);
		if (group)
			return cfgerr_set(err, p->rules[i].file, line, "rule \"%s\" names the group \"%.64s\", which groups of %.200s do not define",
			                  p->rules[i].id, group, conf->path);
	}
	return 0;
}

void policy_rules_free(struct policy_rules **pp)
{
	struct policy_rules *p = *pp;
	if (!p)
		return;
	arena_free(&p->arena);
	free(p->rules);
	free(p->allow.entry);
	free(p);
	*pp = NULL;
}
