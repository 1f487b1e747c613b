#include "detect/edm.h"

#include "detect/ruledef.h"

#include <stdio.h>
#include <string.h>

#define INDEX_SUFFIX ".edm"

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

static int has(const struct cfg_words *w, const char *s)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->item[i], s) == 0)
			return 1;
	return 0;
}

/* The key lies beside the index, under the same name unless it is given. */
static int read_names(const struct cfg_reader *r, const config_setting_t *s, struct edm_def *d)
{
	const char *index = cfg_string(r, s, "index"), *key = cfg_string(r, s, "key");
	char same[264];
	if (!(d->index = cfg_beside(r, s, index, INDEX_SUFFIX)))
		return -1;
	snprintf(same, sizeof same, "%.*s.key", (int)(strlen(index) - strlen(INDEX_SUFFIX)), index);
	d->key = cfg_beside(r, s, key ? key : same, ".key");
	return d->key ? 0 : -1;
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
