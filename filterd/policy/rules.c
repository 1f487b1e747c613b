#include "policy/rules.h"

#include "conf/cfgread.h"
#include "policy/over_time.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { RULES_MAX = 10000, ARENA_MAX = 64 << 20, WORDS_MAX = 64 };

static const char *const channel_names[CHANNEL_KIND_COUNT] = { "chat", "groupchat", "normal", "headline", "presence", "iq", "upload" };
static const char *const mode_names[] = { "off", "monitor", "enforce" };
static const struct { const char *name; enum severity severity; } severities[] = {
	{ "low", SEV_INFO }, { "medium", SEV_NOTICE }, { "high", SEV_WARNING }, { "critical", SEV_ERROR },
};

static const struct cfg_key file_keys[] = {
	{ "rules", CFG_GROUPS, 0, 0, RULES_MAX },
	{ "detectors", CFG_ANY, 0, 0, 0 }, /* detect/ reads these */
	{ "disable", CFG_GROUP, 0, 0, 0 },
	{ 0 },
};
static const struct cfg_key disable_keys[] = {
	{ "detectors", CFG_ANY, 0, 0, 0 }, /* detect's */
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
	{ "all", CFG_GROUPS, 0, 1, WORDS_MAX },
	{ "none", CFG_GROUPS, 0, 1, WORDS_MAX },
	{ "action", CFG_STRING, 1, 1, 16 },
	{ "severity", CFG_STRING, 0, 1, 16 },
	{ "notice", CFG_GROUP, 0, 0, 0 },
	{ 0 },
};
static const struct cfg_key when_keys[] = {
	{ "from", CFG_STRINGS, 0, 1, WORDS_MAX },
	{ "to", CFG_STRINGS, 0, 1, WORDS_MAX },
	{ "channel", CFG_STRINGS, 0, 1, WORDS_MAX },
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

const char *channel_kind_name(enum channel_kind k) { return channel_names[k]; }

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

static int read_when(const struct cfg_reader *r, const config_setting_t *g, struct rule *rule)
{
	struct cfg_words from = { 0 }, to = { 0 }, channel = { 0 };
	if (cfg_check(r, g, "when", when_keys) < 0 || cfg_strings(r, g, "from", &from) < 0 || cfg_strings(r, g, "to", &to) < 0 ||
	    cfg_strings(r, g, "channel", &channel) < 0)
		return -1;
	rule->from = from.item;
	rule->nfrom = from.n;
	rule->to = to.item;
	rule->nto = to.n;
	for (size_t i = 0; i < channel.n; i++) {
		int k = find(channel_names, CHANNEL_KIND_COUNT, channel.item[i]);
		if (k < 0)
			return cfg_error(r, config_setting_get_member(g, "channel"),
				"there is no channel \"%s\"; it is one of chat, groupchat, normal, headline, presence, iq, upload", channel.item[i]);
		rule->channels |= 1u << k;
	}
	return 0;
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

static int read_conditions(const struct cfg_reader *r, const config_setting_t *g, struct rule *rule)
{
	static const struct { const char *key; enum condition_kind kind; } lists[] = {
		{ "detect", CONDITION_ANY }, { "all", CONDITION_ALL }, { "none", CONDITION_NONE },
	};
	int n = 0;
	for (size_t k = 0; k < 3; k++) {
		const config_setting_t *list = config_setting_get_member(g, lists[k].key);
		n += list ? config_setting_length(list) : 0;
	}
	if (!config_setting_get_member(g, "detect") && !config_setting_get_member(g, "all"))
		return cfg_error(r, g, "rule has neither \"detect\" nor \"all\"");
	rule->conditions = arena_alloc(r->arena, sizeof *rule->conditions * (size_t)n);
	if (!rule->conditions)
		return cfg_error(r, g, "out of memory");
	for (size_t k = 0; k < 3; k++) {
		const config_setting_t *list = config_setting_get_member(g, lists[k].key);
		for (int i = 0; list && i < config_setting_length(list); i++) {
			struct rule_condition *c = &rule->conditions[rule->nconditions++];
			c->kind = lists[k].kind;
			if (read_condition(r, config_setting_get_elem(list, (unsigned)i), lists[k].key, c) < 0)
				return -1;
		}
	}
	return 0;
}

static int read_notice(const struct cfg_reader *r, const config_setting_t *g, struct rule *rule)
{
	int n = config_setting_length(g);
	rule->notices = arena_alloc(r->arena, sizeof *rule->notices * ((size_t)n + 1));
	if (!rule->notices)
		return cfg_error(r, g, "out of memory");
	for (int i = 0; i < n; i++) {
		config_setting_t *s = config_setting_get_elem(g, (unsigned)i);
		const char *text = config_setting_get_string(s);
		if (!text || !text[0] || strlen(text) > 1000)
			return cfg_error(r, s, "a notice is a text of 1 to 1000 bytes for each language: notice = { en = \"…\"; }");
		rule->notices[i] = (struct rule_notice){ arena_strdup(r->arena, config_setting_name(s)), arena_strdup(r->arena, text) };
		if (!rule->notices[i].lang || !rule->notices[i].text)
			return cfg_error(r, s, "out of memory");
	}
	rule->nnotices = (size_t)n;
	return 0;
}

static int read_rule(const struct cfg_reader *r, const config_setting_t *g, struct rule *rule)
{
	if (cfg_check(r, g, "rule", rule_keys) < 0)
		return -1;
	rule->id = cfg_string(r, g, "id");
	if (strspn(rule->id, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(rule->id))
		return cfg_error(r, config_setting_get_member(g, "id"), "a rule's id has lower-case letters, digits and hyphens only: \"%s\"", rule->id);
	const char *mode = cfg_string(r, g, "mode"), *action = cfg_string(r, g, "action"), *severity = cfg_string(r, g, "severity");
	int m = mode ? find(mode_names, 3, mode) : RULE_ENFORCE;
	if (m < 0)
		return cfg_error(r, config_setting_get_member(g, "mode"), "mode \"%s\" is not one of off, monitor, enforce", mode);
	rule->mode = (enum rule_mode)m;
	int a = action_from_name(action);
	if (a < 0)
		return cfg_error(r, config_setting_get_member(g, "action"), "action \"%s\" is not one of deliver, redact, quarantine, block", action);
	rule->action = (enum action)a;
	rule->severity = SEV_NOTICE;
	if (severity) {
		size_t i = 0;
		while (i < 4 && strcmp(severities[i].name, severity) != 0)
			i++;
		if (i == 4)
			return cfg_error(r, config_setting_get_member(g, "severity"), "severity \"%s\" is not one of low, medium, high, critical", severity);
		rule->severity = severities[i].severity;
	}
	const config_setting_t *when = config_setting_get_member(g, "when"), *notice = config_setting_get_member(g, "notice");
	if (when && read_when(r, when, rule) < 0)
		return -1;
	if (notice && read_notice(r, notice, rule) < 0)
		return -1;
	rule->priority = cfg_int(g, "priority", 0);
	return read_conditions(r, g, rule);
}

/* Once all files are read: a file may switch off rules of one that comes later. */
static int read_disable(const struct bundle_file *f, struct policy_rules *p, struct cfgerr *err)
{
	struct cfg_reader r = { f->path, p->arena, err };
	struct cfg_words ids = { 0 };
	config_t cfg;
	if (cfg_parse(&r, f, &cfg) < 0)
		return -1;
	const config_setting_t *g = config_setting_get_member(config_root_setting(&cfg), "disable");
	int result = g ? cfg_check(&r, g, "disable", disable_keys) : 0;
	if (g && result == 0)
		result = cfg_strings(&r, g, "rules", &ids);
	for (size_t i = 0; result == 0 && i < ids.n; i++) {
		size_t k = 0;
		while (k < p->nrules && strcmp(p->rules[k].id, ids.item[i]) != 0)
			k++;
		if (k == p->nrules)
			result = cfgerr_set(err, f->path, ids.line[i], "\"disable\" names rule \"%.64s\", which no rule file defines", ids.item[i]);
		else
			p->rules[k].mode = RULE_OFF;
	}
	config_destroy(&cfg);
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
	}
	if (!p || !p->arena || !p->rules) {
		policy_rules_free(&p);
		return cfgerr_set(err, "", 0, "out of memory");
	}
	for (size_t i = 0; i < b->nfiles; i++) {
		if (b->files[i].kind == BUNDLE_RULES && read_file(&b->files[i], p, err) < 0) {
			policy_rules_free(&p);
			return -1;
		}
	}
	for (size_t i = 0; i < b->nfiles; i++) {
		if (b->files[i].kind == BUNDLE_RULES && read_disable(&b->files[i], p, err) < 0) {
			policy_rules_free(&p);
			return -1;
		}
	}
	sort_rules(p);
	number_tallies(p);
	*rules_r = p;
	return 0;
}

int policy_rules_bind(struct policy_rules *p, const char *const *ids, size_t n, struct cfgerr *err)
{
	for (size_t i = 0; i < p->nrules; i++) {
		for (size_t k = 0; k < p->rules[i].nconditions; k++) {
			struct rule_condition *c = &p->rules[i].conditions[k];
			c->index = find(ids, n, c->detector);
			if (c->index < 0)
				return cfgerr_set(err, c->file, c->line, "rule \"%s\" asks for detector \"%s\", which no rule file defines",
				                  p->rules[i].id, c->detector);
		}
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
	free(p);
	*pp = NULL;
}

static const char *notice_in(const struct rule *r, const char *lang, size_t len)
{
	for (size_t i = 0; i < r->nnotices; i++)
		if (strlen(r->notices[i].lang) == len && strncasecmp(r->notices[i].lang, lang, len) == 0)
			return r->notices[i].text;
	return NULL;
}

const char *rule_notice_text(const struct rule *r, const char *lang, const char *fallback)
{
	const char *text = NULL;
	if (lang) {
		text = notice_in(r, lang, strlen(lang));
		if (!text)
			text = notice_in(r, lang, strcspn(lang, "-_"));
	}
	if (!text && fallback)
		text = notice_in(r, fallback, strlen(fallback));
	return text ? text : r->nnotices ? r->notices[0].text : NULL;
}
