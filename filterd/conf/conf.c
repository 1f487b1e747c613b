#include "conf/conf.h"

#include "base/nearest.h"
#include "base/text.h"
#include "conf/check.h"
#include "conf/options.h"
#include "conf/syntax.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One parse.  All functions return 0, or -1 with err filled. */
struct parse {
	const char *path;
	config_setting_t *root;
	struct conf *conf;
	struct cfgerr *err;
};

/* An option at its place: the row, and the struct that holds its value. */
struct slot {
	const struct section *section;
	const struct option *option;
	void *value;
	int line;
};

static int refuse(struct parse *p, const struct slot *s, const char *what)
{
	char name[100];
	option_full_name(s->section, s->option, name, sizeof name);
	return cfgerr_set(p->err, p->path, s->line, "%s: %s", name, what);
}

static int refuse_type(struct parse *p, const struct slot *s)
{
	char what[900] = "must be: ";
	option_describe(s->option, what + strlen(what), sizeof what - strlen(what));
	return refuse(p, s, what);
}

static int out_of_memory(struct parse *p)
{
	return cfgerr_set(p->err, p->path, 0, "out of memory");
}

/* ---- values ---- */

static int set_text(struct parse *p, const struct slot *s, const char *text)
{
	char *copy = strdup(text);
	if (!copy)
		return out_of_memory(p);
	free(*(char **)s->value);
	*(char **)s->value = copy;
	return 0;
}

static int check_text(struct parse *p, const struct slot *s, const char *text)
{
	char what[120];
	size_t n = strlen(text);
	if (n == 0 && s->option->min > 0)
		return refuse(p, s, "must not be empty");
	if ((int64_t)n > s->option->max) {
		snprintf(what, sizeof what, "is longer than %" PRId64 " bytes", s->option->max);
		return refuse(p, s, what);
	}
	for (size_t i = 0; i < n; i++)
		if (iscntrl((unsigned char)text[i]))
			return refuse(p, s, "must not hold control characters");
	return 0;
}

static int check_path(struct parse *p, const struct slot *s, const char *text)
{
	if (check_text(p, s, text) < 0)
		return -1;
	return *text && *text != '/' ? refuse(p, s, "must be an absolute path, beginning with '/'") : 0;
}

/* Lower case in place.  Servers prepare domains (RFC 7622); this only keeps out what can't be one. */
static int make_domain(struct parse *p, const struct slot *s, char *domain, int starred)
{
	char what[160];
	char *d = starred && strncmp(domain, "*.", 2) == 0 ? domain + 2 : domain;
	size_t n = strlen(d);
	int good = n > 0 && n <= 1023 && d[0] != '.' && d[n - 1] != '.' && !strstr(d, "..");
	for (size_t i = 0; i < n && good; i++) {
		unsigned char ch = (unsigned char)d[i];
		good = ch >= 0x80 || isalnum(ch) || strchr("-._:[]", ch) != NULL;
		d[i] = (char)(ch < 0x80 ? tolower(ch) : ch);
	}
	snprintf(what, sizeof what, "\"%.80s\" is not a domain name", domain);
	return good ? 0 : refuse(p, s, what);
}

static int read_domain(struct parse *p, const struct slot *s, const char *text)
{
	if (check_text(p, s, text) < 0 || set_text(p, s, text) < 0)
		return -1;
	return make_domain(p, s, *(char **)s->value, 0);
}

/* Index of a word among "a|b|c", or -1. */
static int choice_index(const char *choices, const char *word)
{
	size_t n = strlen(word);
	for (int i = 0; choices; i++) {
		const char *end = strchr(choices, '|');
		size_t len = end ? (size_t)(end - choices) : strlen(choices);
		if (len == n && memcmp(choices, word, n) == 0)
			return i;
		choices = end ? end + 1 : NULL;
	}
	return -1;
}

static int choice_action(const struct option *o, const char *word)
{
	return choice_index(o->choices, word) < 0 ? -1 : action_from_name(word);
}

static int read_text(struct parse *p, const struct slot *s, const char *text)
{
	int i;
	switch (s->option->type) {
	case OPTION_TEXT:
		return check_text(p, s, text) < 0 ? -1 : set_text(p, s, text);
	case OPTION_PATH:
	case OPTION_SOCKET:
		return check_path(p, s, text) < 0 ? -1 : set_text(p, s, text);
	case OPTION_DOMAIN:
		return read_domain(p, s, text);
	case OPTION_WORD:
		return choice_index(s->option->choices, text) < 0 ? refuse_type(p, s) : set_text(p, s, text);
	case OPTION_CHOICE:
		if ((i = choice_index(s->option->choices, text)) < 0)
			return refuse_type(p, s);
		*(int *)s->value = i;
		return 0;
	case OPTION_ACTION:
		if ((i = choice_action(s->option, text)) < 0)
			return refuse_type(p, s);
		*(enum action *)s->value = (enum action)i;
		return 0;
	default:
		return refuse_type(p, s);
	}
}

static int read_number(struct parse *p, const struct slot *s, config_setting_t *v)
{
	const struct option *o = s->option;
	int type = config_setting_type(v);
	int64_t n;
	char what[120];
	if (type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64)
		n = config_setting_get_int64(v);
	else if (o->type != OPTION_SIZE || type != CONFIG_TYPE_STRING ||
	         text_size(config_setting_get_string(v), &n) < 0)
		return refuse_type(p, s);
	if (n < o->min || n > o->max) {
		snprintf(what, sizeof what, "%" PRId64 " is out of bounds (%" PRId64 " to %" PRId64 ")", n, o->min,
		         o->max);
		return refuse(p, s, what);
	}
	if (o->type == OPTION_SIZE)
		*(int64_t *)s->value = n;
	else
		*(int *)s->value = (int)n;
	return 0;
}

static int add_text(struct parse *p, struct conf_strings *list, const char *text, size_t size)
{
	char **item = realloc(list->item, (list->count + 1) * sizeof *item);
	if (!item)
		return out_of_memory(p);
	list->item = item;
	if (!(item[list->count] = strndup(text, size)))
		return out_of_memory(p);
	list->count++;
	return 0;
}

static int read_texts(struct parse *p, const struct slot *s, config_setting_t *v)
{
	struct conf_strings *list = s->value;
	const struct option *o = s->option;
	char what[120];
	int n = config_setting_is_aggregate(v) && !config_setting_is_group(v) ? config_setting_length(v) : -1;
	if (n < 0)
		return refuse_type(p, s);
	if (n < o->min || n > o->max) {
		snprintf(what, sizeof what, "must have %" PRId64 " to %" PRId64 " entries", o->min, o->max);
		return refuse(p, s, what);
	}
	for (int i = 0; i < n; i++) {
		const char *text = config_setting_get_string_elem(v, i);
		struct slot item = *s;
		item.line = (int)config_setting_source_line(config_setting_get_elem(v, (unsigned)i));
		if (!text)
			return refuse_type(p, &item);
		if (!*text || strlen(text) > 1023)
			return refuse(p, &item, "has an entry that is empty or longer than 1023 bytes");
		if (add_text(p, list, text, strlen(text)) < 0)
			return -1;
		if (o->type == OPTION_DOMAINS &&
		    make_domain(p, &item, list->item[list->count - 1], o->choices != NULL) < 0)
			return -1;
	}
	return 0;
}

static int read_causes(struct parse *p, const struct slot *s, config_setting_t *v)
{
	enum action *actions = s->value;
	const char *word = config_setting_get_string(v);
	if (word) {
		int action = choice_action(s->option, word);
		if (action < 0)
			return refuse_type(p, s);
		for (int i = CAUSE_NONE + 1; i < CAUSE_COUNT; i++)
			actions[i] = (enum action)action;
		return 0;
	}
	if (!config_setting_is_group(v))
		return refuse_type(p, s);
	for (int i = 0; i < config_setting_length(v); i++) {
		config_setting_t *row = config_setting_get_elem(v, (unsigned)i);
		struct slot item = *s;
		char what[200];
		item.line = (int)config_setting_source_line(row);
		int cause = cause_from_name(config_setting_name(row));
		if (cause <= CAUSE_NONE) {
			snprintf(what, sizeof what, "there is no cause \"%.60s\"; filterd.conf(5) lists them",
			         config_setting_name(row));
			return refuse(p, &item, what);
		}
		word = config_setting_get_string(row);
		int action = word ? choice_action(s->option, word) : -1;
		if (action < 0) {
			snprintf(what, sizeof what, "%s must be one of %s", config_setting_name(row),
			         s->option->choices);
			return refuse(p, &item, what);
		}
		actions[cause] = (enum action)action;
	}
	return 0;
}

static int read_value(struct parse *p, const struct slot *s, config_setting_t *v)
{
	switch (s->option->type) {
	case OPTION_INT:
	case OPTION_SIZE:
		return read_number(p, s, v);
	case OPTION_BOOL:
		if (config_setting_type(v) != CONFIG_TYPE_BOOL)
			return refuse_type(p, s);
		*(bool *)s->value = config_setting_get_bool(v);
		return 0;
	case OPTION_TEXTS:
	case OPTION_DOMAINS:
		return read_texts(p, s, v);
	case OPTION_CAUSES:
		return read_causes(p, s, v);
	default:
		if (!config_setting_get_string(v))
			return refuse_type(p, s);
		return read_text(p, s, config_setting_get_string(v));
	}
}

/* ---- defaults ---- */

static int default_texts(struct parse *p, const struct slot *s)
{
	for (const char *t = s->option->text; t && *t;) {
		size_t n = strcspn(t, "|");
		if (add_text(p, s->value, t, n) < 0)
			return -1;
		t += n + (t[n] == '|');
	}
	return 0;
}

static int set_default(struct parse *p, const struct slot *s)
{
	static const char run_dir[] = "$run_dir";
	const struct option *o = s->option;
	char text[4400];
	switch (o->type) {
	case OPTION_INT:
		*(int *)s->value = (int)o->number;
		return 0;
	case OPTION_SIZE:
		*(int64_t *)s->value = o->number;
		return 0;
	case OPTION_BOOL:
		*(bool *)s->value = o->number != 0;
		return 0;
	default:
		break;
	}
	if (!o->text)
		return refuse(p, s, "must be given");
	if (o->type == OPTION_TEXTS || o->type == OPTION_DOMAINS)
		return default_texts(p, s);
	if (o->type == OPTION_CAUSES) {
		for (int i = 0; i < CAUSE_COUNT; i++)
			((enum action *)s->value)[i] = (enum action)action_from_name(o->text);
		return 0;
	}
	int inherits = strncmp(o->text, run_dir, sizeof run_dir - 1) == 0;
	snprintf(text, sizeof text, "%s%s", inherits ? p->conf->run_dir : "",
	         inherits ? o->text + sizeof run_dir - 1 : o->text);
	return read_text(p, s, text);
}

/* ---- sections ---- */

static int refuse_unknown(struct parse *p, const struct section *s, config_setting_t *group)
{
	for (int i = 0; i < config_setting_length(group); i++) {
		config_setting_t *v = config_setting_get_elem(group, (unsigned)i);
		struct nearest near = { .word = config_setting_name(v) };
		char question[NEAREST_SIZE];
		int known = 0;
		for (size_t k = 0; k < s->noptions; k++) {
			known |= strcmp(s->options[k].name, near.word) == 0;
			nearest_try(&near, s->options[k].name);
		}
		for (size_t k = 0; k < conf_nsections && s->form == SECTION_TOP; k++) {
			known |= *conf_sections[k].name && strcmp(conf_sections[k].name, near.word) == 0;
			nearest_try(&near, conf_sections[k].name);
		}
		if (!known)
			return cfgerr_set(p->err, p->path, (int)config_setting_source_line(v), "%s%s%s: there is no such option%s", s->name, *s->name ? "." : "",
			                  near.word, near.best ? nearest_question(&near, question, sizeof question) : "; `filterd --options` lists them all");
	}
	return 0;
}

/* group may be NULL: all defaults. */
static int read_options(struct parse *p, const struct section *s, config_setting_t *group, void *into)
{
	if (group && refuse_unknown(p, s, group) < 0)
		return -1;
	for (size_t i = 0; i < s->noptions; i++) {
		const struct option *o = &s->options[i];
		config_setting_t *v = group ? config_setting_get_member(group, o->name) : NULL;
		struct slot slot = {s, o, (char *)into + o->offset, group ? (int)config_setting_source_line(group) : 0};
		if (s->form == SECTION_TOP)
			slot.line = 0;
		if (!v || o->type == OPTION_CAUSES) /* a group of causes names only some */
			if (set_default(p, &slot) < 0)
				return -1;
		if (!v)
			continue;
		slot.line = (int)config_setting_source_line(v);
		if (read_value(p, &slot, v) < 0)
			return -1;
	}
	return 0;
}

static int read_list(struct parse *p, const struct section *s, config_setting_t *list)
{
	int n = list ? config_setting_length(list) : 0;
	int line = list ? (int)config_setting_source_line(list) : 0;
	if (list && !config_setting_is_list(list))
		return cfgerr_set(p->err, p->path, line, "%s: must be a list of groups, %s = ( { … }, { … } );",
		                  s->name, s->name);
	if ((size_t)n > s->max)
		return cfgerr_set(p->err, p->path, line, "%s: can't have more than %zu entries", s->name, s->max);
	/* one more than is asked for: the policy table always gets a last row */
	char *items = calloc((size_t)n + 1, s->item_size);
	if (!items)
		return out_of_memory(p);
	*(void **)((char *)p->conf + s->offset) = items;
	size_t *count = (size_t *)((char *)p->conf + s->count_offset);
	for (int i = 0; i < n; i++) {
		config_setting_t *group = config_setting_get_elem(list, (unsigned)i);
		if (!config_setting_is_group(group))
			return cfgerr_set(p->err, p->path, (int)config_setting_source_line(group),
			                  "%s: must be a list of groups, %s = ( { … }, { … } );", s->name, s->name);
		*count = (size_t)i + 1; /* counted first, so that conf_free() finds what a failure leaves */
		if (read_options(p, s, group, items + (size_t)i * s->item_size) < 0)
			return -1;
	}
	return 0;
}

static int read_section(struct parse *p, const struct section *s)
{
	config_setting_t *setting = s->form == SECTION_TOP ? p->root : config_setting_get_member(p->root, s->name);
	if (s->form == SECTION_LIST)
		return read_list(p, s, setting);
	if (setting && !config_setting_is_group(setting))
		return cfgerr_set(p->err, p->path, (int)config_setting_source_line(setting),
		                  "%s: must be a group, %s = { … };", s->name, s->name);
	return read_options(p, s, setting, (char *)p->conf + (s->form == SECTION_TOP ? 0 : s->offset));
}

/* The last row, behind whatever the file says: nobody is without a policy, and nothing uninspected passes. */
static int add_last_policy(struct parse *p, const struct section *s)
{
	struct conf *c = p->conf;
	const struct conf_policy *last = c->npolicies ? &c->policies[c->npolicies - 1] : NULL;
	if (last && strcmp(last->from, "*") == 0 && strcmp(last->to, "*") == 0)
		return 0;
	struct conf_policy *row = &c->policies[c->npolicies++];
	for (size_t i = 0; i < s->noptions; i++) {
		struct slot slot = { s, &s->options[i], (char *)row + s->options[i].offset, 0 };
		int zone = slot.value == &row->from || slot.value == &row->to;
		if ((zone ? set_text(p, &slot, "*") : set_default(p, &slot)) < 0)
			return -1;
	}
	return 0;
}

/* Without a word about it, the zone of this name is the organisation itself. */
static void choose_own(struct conf *c)
{
	bool said = false;
	for (size_t i = 0; i < c->nzones; i++)
		said |= c->zones[i].own;
	for (size_t i = 0; !said && i < c->nzones; i++)
		c->zones[i].own = strcmp(c->zones[i].name, "internal") == 0;
}

static int line_of(const void *ctx, const char *section, int item)
{
	config_setting_t *s = config_setting_get_member(((const struct parse *)ctx)->root, section);
	if (s && item >= 0)
		s = config_setting_get_elem(s, (unsigned)item);
	return s ? (int)config_setting_source_line(s) : 0;
}

/* The first line without the blanks around it. */
static int take_secret(const struct bundle_file *f, struct conf_link *l, struct cfgerr *err)
{
	const char *from = f->data + strspn(f->data, " \t");
	size_t n = strcspn(from, "\r\n");
	while (n > 0 && (from[n - 1] == ' ' || from[n - 1] == '\t'))
		n--;
	if (n == 0)
		return cfgerr_set(err, f->path, 1,
		                  "the first line must be the secret of the link to \"%s\"; it is empty", l->domain);
	l->secret = strndup(from, n);
	return l->secret ? 0 : cfgerr_set(err, f->path, 0, "out of memory");
}

static int take_secrets(const struct bundle *b, struct conf *c, struct cfgerr *err)
{
	for (size_t i = 0; i < c->nlinks; i++) {
		const struct bundle_file *f = bundle_find(b, BUNDLE_SECRET, c->links[i].secret_file);
		if (f && take_secret(f, &c->links[i], err) < 0)
			return -1;
	}
	return 0;
}

static int parse_all(struct parse *p)
{
	for (size_t i = 0; i < conf_nsections; i++) {
		const struct section *s = &conf_sections[i];
		if (read_section(p, s) < 0)
			return -1;
		if (strcmp(s->name, "policy") == 0 && add_last_policy(p, s) < 0)
			return -1;
	}
	choose_own(p->conf);
	return conf_check(p->conf, line_of, p, p->err);
}

int conf_parse(const struct bundle *b, struct conf **conf_r, struct cfgerr *err)
{
	const struct bundle_file *f = bundle_find(b, BUNDLE_CONFIG, NULL);
	config_t config;
	if (!f)
		return cfgerr_set(err, "", 0, "there is no configuration file");
	if (conf_syntax_read(f, &config, err) < 0)
		return -1;
	struct conf *c = calloc(1, sizeof *c);
	struct parse p = { f->path, config_root_setting(&config), c, err };
	int r = c && (c->path = strdup(f->path)) ? parse_all(&p) : out_of_memory(&p);
	config_destroy(&config);
	if (r == 0)
		r = take_secrets(b, c, err);
	if (r < 0)
		conf_free(&c);
	else
		*conf_r = c;
	return r;
}

int conf_load(const char *path, struct bundle *b, struct conf **conf_r, struct cfgerr *err)
{
	struct conf *c = NULL;
	*b = (struct bundle){ 0 };
	int r = bundle_add_file(b, BUNDLE_CONFIG, path, err);
	if (r == 0)
		r = conf_parse(b, &c, err);
	for (size_t i = 0; r == 0 && i < c->nlinks; i++)
		if (!bundle_find(b, BUNDLE_SECRET, c->links[i].secret_file))
			r = bundle_add_file(b, BUNDLE_SECRET, c->links[i].secret_file, err);
	if (r == 0)
		r = take_secrets(b, c, err);
	if (r == 0)
		r = bundle_add_rules(b, c->rules, err);
	if (r < 0) {
		conf_free(&c);
		bundle_free(b);
		return r;
	}
	*conf_r = c;
	return 0;
}

/* ---- the end ---- */

static void free_options(const struct section *s, void *of)
{
	for (size_t i = 0; i < s->noptions; i++) {
		void *value = (char *)of + s->options[i].offset;
		switch (s->options[i].type) {
		case OPTION_TEXT:
		case OPTION_PATH:
		case OPTION_SOCKET:
		case OPTION_DOMAIN:
		case OPTION_WORD:
			free(*(char **)value);
			break;
		case OPTION_TEXTS:
		case OPTION_DOMAINS: {
			struct conf_strings *list = value;
			for (size_t k = 0; k < list->count; k++)
				free(list->item[k]);
			free(list->item);
			break;
		}
		default:
			break;
		}
	}
}

void conf_free(struct conf **conf)
{
	struct conf *c = *conf;
	if (!c)
		return;
	for (size_t i = 0; i < c->nlinks; i++) {
		if (c->links[i].secret)
			explicit_bzero(c->links[i].secret, strlen(c->links[i].secret));
		free(c->links[i].secret);
	}
	for (size_t i = 0; i < conf_nsections; i++) {
		const struct section *s = &conf_sections[i];
		char *of = (char *)c + (s->form == SECTION_TOP ? 0 : s->offset);
		if (s->form != SECTION_LIST) {
			free_options(s, of);
			continue;
		}
		char *items = *(char **)of;
		for (size_t k = 0; k < *(size_t *)((char *)c + s->count_offset); k++)
			free_options(s, items + k * s->item_size);
		free(items);
	}
	free(c->path);
	free(c);
	*conf = NULL;
}
