#include "conf/cfgread.h"

#include "base/nearest.h"
#include "base/text.h"
#include "conf/syntax.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int cfg_parse(const struct cfg_reader *r, const struct bundle_file *f, config_t *cfg)
{
	return conf_syntax_read(f, cfg, r->err);
}

int cfg_error(const struct cfg_reader *r, const config_setting_t *s, const char *fmt, ...)
{
	char text[sizeof r->err->text];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return cfgerr_set(r->err, r->file, (int)config_setting_source_line(s), "%s", text);
}

static int is_int(const config_setting_t *s)
{
	return config_setting_type(s) == CONFIG_TYPE_INT;
}

static int is_number(const config_setting_t *s)
{
	return is_int(s) || config_setting_type(s) == CONFIG_TYPE_FLOAT;
}

static int is_sequence(const config_setting_t *s)
{
	return config_setting_is_list(s) || config_setting_is_array(s);
}

static double number(const config_setting_t *s)
{
	return is_int(s) ? config_setting_get_int(s) : config_setting_get_float(s);
}

static int size_of(const config_setting_t *s, int64_t *size_r)
{
	int type = config_setting_type(s);
	if (type == CONFIG_TYPE_STRING)
		return text_size(config_setting_get_string(s), size_r);
	*size_r = config_setting_get_int64(s);
	return type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64 ? 0 : -1;
}

static int check_bounds(const struct cfg_reader *r, const config_setting_t *s, const struct cfg_key *k, double v, const char *of)
{
	if (v >= k->min && (v <= k->max || k->max == 0))
		return 0;
	if (k->max == 0)
		return cfg_error(r, s, "%s of \"%s\" is %.15g; it must be at least %.15g", of, k->name, v, k->min);
	if (k->max == k->min)
		return cfg_error(r, s, "%s of \"%s\" is %.15g; it must be %.15g", of, k->name, v, k->min);
	return cfg_error(r, s, "%s of \"%s\" is %.15g; it must be from %.15g to %.15g", of, k->name, v, k->min, k->max);
}

static int check_items(const struct cfg_reader *r, const config_setting_t *s, const struct cfg_key *k)
{
	int n = config_setting_length(s);
	for (int i = 0; i < n; i++) {
		const config_setting_t *e = config_setting_get_elem(s, (unsigned)i);
		if (k->type == CFG_STRINGS && config_setting_type(e) != CONFIG_TYPE_STRING)
			return cfg_error(r, e, "item %d of \"%s\" must be a string in quotes", i + 1, k->name);
		if (k->type == CFG_GROUPS && !config_setting_is_group(e))
			return cfg_error(r, e, "item %d of \"%s\" must be a group in braces: { … }", i + 1, k->name);
	}
	return check_bounds(r, s, k, n, "the number of items");
}

static int check_value(const struct cfg_reader *r, const config_setting_t *s, const struct cfg_key *k)
{
	switch (k->type) {
	case CFG_STRING:
		if (config_setting_type(s) != CONFIG_TYPE_STRING)
			return cfg_error(r, s, "\"%s\" must be a string in quotes", k->name);
		return check_bounds(r, s, k, (double)strlen(config_setting_get_string(s)), "the length");
	case CFG_INT:
		if (!is_int(s))
			return cfg_error(r, s, "\"%s\" must be a whole number", k->name);
		return check_bounds(r, s, k, number(s), "the value");
	case CFG_SIZE: {
		int64_t size;
		if (size_of(s, &size) < 0)
			return cfg_error(r, s, "\"%s\" must be a number of bytes, or text such as \"10M\"", k->name);
		return check_bounds(r, s, k, (double)size, "the value");
	}
	case CFG_NUMBER:
		if (!is_number(s))
			return cfg_error(r, s, "\"%s\" must be a number", k->name);
		return check_bounds(r, s, k, number(s), "the value");
	case CFG_BOOL:
		return config_setting_type(s) == CONFIG_TYPE_BOOL ? 0 : cfg_error(r, s, "\"%s\" must be true or false", k->name);
	case CFG_STRINGS:
		if (config_setting_type(s) == CONFIG_TYPE_STRING)
			return 0;
		if (!is_sequence(s))
			return cfg_error(r, s, "\"%s\" must be a list of strings: [ \"…\", \"…\" ]", k->name);
		return check_items(r, s, k);
	case CFG_GROUP:
		return config_setting_is_group(s) ? 0 : cfg_error(r, s, "\"%s\" must be a group in braces: { … }", k->name);
	case CFG_GROUPS:
		if (!is_sequence(s))
			return cfg_error(r, s, "\"%s\" must be a list of groups: ( { … }, { … } )", k->name);
		return check_items(r, s, k);
	case CFG_ANY:
		break;
	}
	return 0;
}

static const struct cfg_key *find_key(const struct cfg_key *keys, const char *name)
{
	for (; keys->name; keys++)
		if (strcmp(keys->name, name) == 0)
			return keys;
	return NULL;
}

static void list_keys(const struct cfg_key *keys, char *dst, size_t size)
{
	size_t o = 0;
	dst[0] = '\0';
	for (const struct cfg_key *k = keys; k->name && o < size; k++)
		o += (size_t)snprintf(dst + o, size - o, "%s%s", k == keys ? "" : ", ", k->name);
}

static int refuse_key(const struct cfg_reader *r, const config_setting_t *s, const char *what, const struct cfg_key *keys)
{
	struct nearest n = { .word = config_setting_name(s) };
	char known[320], question[NEAREST_SIZE];
	for (const struct cfg_key *k = keys; k->name; k++)
		nearest_try(&n, k->name);
	list_keys(keys, known, sizeof known);
	return cfg_error(r, s, "unknown key \"%.60s\" in %s%s%s%s", n.word, what, nearest_question(&n, question, sizeof question),
	                 n.best ? "" : "; known are: ", n.best ? "" : known);
}

int cfg_check(const struct cfg_reader *r, const config_setting_t *group, const char *what, const struct cfg_key *keys)
{
	int n = config_setting_length(group);
	for (int i = 0; i < n; i++) {
		const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);
		const struct cfg_key *k = find_key(keys, config_setting_name(s));
		if (!k) {
			return refuse_key(r, s, what, keys);
		}
		if (check_value(r, s, k) < 0)
			return -1;
	}
	for (; keys->name; keys++)
		if (keys->required && !config_setting_get_member(group, keys->name))
			return cfg_error(r, group, "%s has no \"%s\"", what, keys->name);
	return 0;
}

const char *cfg_string(const struct cfg_reader *r, const config_setting_t *group, const char *key)
{
	const config_setting_t *s = config_setting_get_member(group, key);
	const char *copy = s ? arena_strdup(r->arena, config_setting_get_string(s)) : NULL;
	return s && !copy ? "" : copy;
}

const char *cfg_beside(const struct cfg_reader *r, const config_setting_t *s, const char *name, const char *suffix)
{
	const char *slash = strrchr(r->file, '/');
	size_t folder = slash ? (size_t)(slash + 1 - r->file) : 0, n = strlen(name), end = strlen(suffix);
	if (strchr(name, '/') || n <= end || strcmp(name + n - end, suffix) != 0) {
		cfg_error(r, s, "\"%.60s\" must be the name of a %s file in the folder of this rule file", name, suffix);
		return NULL;
	}
	char *path = arena_alloc(r->arena, folder + n + 1);
	if (!path) {
		cfg_error(r, s, "out of memory");
		return NULL;
	}
	memcpy(path, r->file, folder);
	memcpy(path + folder, name, n);
	return path;
}

int cfg_int(const config_setting_t *group, const char *key, int dflt)
{
	const config_setting_t *s = config_setting_get_member(group, key);
	return s ? config_setting_get_int(s) : dflt;
}

double cfg_number(const config_setting_t *group, const char *key, double dflt)
{
	const config_setting_t *s = config_setting_get_member(group, key);
	return s ? number(s) : dflt;
}

int cfg_bool(const config_setting_t *group, const char *key, int dflt)
{
	const config_setting_t *s = config_setting_get_member(group, key);
	return s ? config_setting_get_bool(s) : dflt;
}

int64_t cfg_size(const config_setting_t *group, const char *key, int64_t dflt)
{
	const config_setting_t *s = config_setting_get_member(group, key);
	int64_t size = dflt;
	return s && size_of(s, &size) == 0 ? size : dflt;
}

int cfg_strings(const struct cfg_reader *r, const config_setting_t *group, const char *key, struct cfg_words *w_r)
{
	const config_setting_t *s = config_setting_get_member(group, key);
	*w_r = (struct cfg_words){ 0 };
	if (!s)
		return 0;
	int single = config_setting_type(s) == CONFIG_TYPE_STRING, n = single ? 1 : config_setting_length(s);
	w_r->item = arena_alloc(r->arena, (size_t)n * sizeof *w_r->item + 1);
	w_r->line = arena_alloc(r->arena, (size_t)n * sizeof *w_r->line + 1);
	w_r->file = arena_alloc(r->arena, (size_t)n * sizeof *w_r->file + 1);
	const char *file = arena_strdup(r->arena, r->file);
	if (!w_r->item || !w_r->line || !w_r->file || !file)
		return cfg_error(r, s, "out of memory");
	for (int i = 0; i < n; i++) {
		const config_setting_t *e = single ? s : config_setting_get_elem(s, (unsigned)i);
		w_r->item[i] = arena_strdup(r->arena, config_setting_get_string(e));
		w_r->line[i] = (int)config_setting_source_line(e);
		w_r->file[i] = file;
		if (!w_r->item[i])
			return cfg_error(r, s, "out of memory");
	}
	w_r->n = (size_t)n;
	return 0;
}
