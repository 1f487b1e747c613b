#include "detect/edm.h"

#include "detect/ruledef.h"

#include <string.h>

static const struct cfg_key edm_keys[] = {
	{ "index", CFG_STRING, 1, 1, 255 },
	{ "key", CFG_STRING, 0, 1, 255 },
	{ "columns", CFG_STRINGS, 1, 1, 15 },
	{ "require", CFG_STRINGS, 0, 0, 15 },
	{ "min", CFG_INT, 0, 1, 15 },
	{ "within", CFG_INT, 0, 1, RULEDEF_WITHIN_MAX },
	{ "confidence", CFG_INT, 1, 1, 100 },
	{ 0 },
};

static int ends_in(const char *s, const char *suffix)
{
	size_t n = strlen(s), k = strlen(suffix);
	return n > k && strcmp(s + n - k, suffix) == 0;
}

/* A file beside the rule file. */
static const char *beside(const struct cfg_reader *r, const char *name, size_t size)
{
	const char *slash = strrchr(r->file, '/');
	size_t folder = slash ? (size_t)(slash + 1 - r->file) : 0;
	char *path = arena_alloc(r->arena, folder + size + 5);
	if (path) {
		memcpy(path, r->file, folder);
		memcpy(path + folder, name, size);
	}
	return path;
}

static int has(const struct cfg_words *w, const char *s)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->item[i], s) == 0)
			return 1;
	return 0;
}

static int read_names(const struct cfg_reader *r, const config_setting_t *s, struct edm_def *d)
{
	const char *index = cfg_string(r, s, "index"), *key = cfg_string(r, s, "key");
	if (strchr(index, '/') || !ends_in(index, ".edm"))
		return cfg_error(r, s, "\"%.60s\" must be the name of a .edm file in the folder of this rule file", index);
	if (key && (strchr(key, '/') || !ends_in(key, ".key")))
		return cfg_error(r, s, "\"%.60s\" must be the name of a .key file in the folder of this rule file", key);
	d->index = beside(r, index, strlen(index));
	char *path = key ? (char *)beside(r, key, strlen(key)) : (char *)beside(r, index, strlen(index) - 4);
	if (path && !key)
		strcat(path, ".key");
	d->key = path;
	return d->index && d->key ? 0 : cfg_error(r, s, "out of memory");
}

int edm_def_read(const struct cfg_reader *r, const config_setting_t *s, struct edm_def **def_r)
{
	struct edm_def *d = arena_alloc(r->arena, sizeof *d);
	if (!d)
		return cfg_error(r, s, "out of memory");
	if (cfg_check(r, s, "edm", edm_keys) < 0 || read_names(r, s, d) < 0 || cfg_strings(r, s, "columns", &d->columns) < 0 ||
	    cfg_strings(r, s, "require", &d->require) < 0)
		return -1;
	d->file = r->file;
	d->line = (int)config_setting_source_line(s);
	d->min = (uint8_t)cfg_int(s, "min", d->columns.n < 2 ? 1 : 2);
	d->within = (uint32_t)cfg_int(s, "within", 300);
	d->confidence = (uint8_t)cfg_int(s, "confidence", 1);
	for (size_t i = 0; i < d->require.n; i++)
		if (!has(&d->columns, d->require.item[i]))
			return cfg_error(r, s, "\"require\" names \"%.40s\", which is not one of \"columns\"", d->require.item[i]);
	if (d->min > d->columns.n)
		return cfg_error(r, s, "\"min\" is %d, but there are only %zu columns", d->min, d->columns.n);
	if (d->min < d->require.n)
		return cfg_error(r, s, "\"min\" is %d, but \"require\" names %zu columns", d->min, d->require.n);
	*def_r = d;
	return 0;
}
