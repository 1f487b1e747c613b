#include "detect/rulefile.h"

#include "base/nearest.h"

#include <string.h>
#include <strings.h>

static const struct cfg_key enable_keys[] = {
	{ "countries", CFG_STRINGS, 0, 0, 300 },
	{ "detectors", CFG_STRINGS, 0, 0, RULEDEF_DETECTORS_MAX },
	{ 0 },
};
static const struct cfg_key disable_keys[] = {
	{ "countries", CFG_STRINGS, 0, 0, 300 },
	{ "detectors", CFG_STRINGS, 0, 0, RULEDEF_DETECTORS_MAX },
	{ "rules", CFG_STRINGS, 0, 0, 0 }, /* policy's */
	{ 0 },
};
static const struct {
	const char *group, *key;
	const struct cfg_key *keys;
} lists[] = {
	[ENABLE_DETECTORS] = { "enable", "detectors", enable_keys },
	[ENABLE_COUNTRIES] = { "enable", "countries", enable_keys },
	[DISABLE_DETECTORS] = { "disable", "detectors", disable_keys },
	[DISABLE_COUNTRIES] = { "disable", "countries", disable_keys },
};

static int is_of_countries(enum pack_list list)
{
	return list == ENABLE_COUNTRIES || list == DISABLE_COUNTRIES;
}

int packs_read(const struct cfg_reader *r, const config_setting_t *root, struct pack_name **names)
{
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		const config_setting_t *g = config_setting_get_member(root, lists[i].group);
		struct cfg_words w = { 0 };
		if (!g)
			continue;
		if (cfg_check(r, g, lists[i].group, lists[i].keys) < 0 || cfg_strings(r, g, lists[i].key, &w) < 0)
			return -1;
		for (size_t k = 0; k < w.n; k++) {
			struct pack_name *p = arena_alloc(r->arena, sizeof *p);
			if (!p)
				return cfg_error(r, g, "out of memory");
			*p = (struct pack_name){ (enum pack_list)i, w.item[k], w.file[k], w.line[k], *names };
			*names = p;
		}
	}
	return 0;
}

static int names_detector(const struct pack_name *p, const struct detector_def *d)
{
	return is_of_countries(p->list) ? d->country && strcasecmp(p->name, d->country) == 0 : strcmp(p->name, d->id) == 0;
}

static int check_name(const struct pack_name *p, const struct ruledefs *defs, struct cfgerr *err)
{
	for (size_t i = 0; i < defs->n; i++)
		if (names_detector(p, &defs->detectors[i]))
			return 0;
	if (is_of_countries(p->list))
		return cfgerr_set(err, p->file, p->line, "\"%s\" names country \"%.64s\", which no detector has", lists[p->list].group, p->name);
	struct nearest n = { .word = p->name };
	char question[NEAREST_SIZE];
	for (size_t i = 0; i < defs->n; i++)
		nearest_try(&n, defs->detectors[i].id);
	return cfgerr_set(err, p->file, p->line, "\"%s\" names detector \"%.64s\", which no rule file defines%s", lists[p->list].group, p->name,
	                  nearest_question(&n, question, sizeof question));
}

static int is_off(const struct pack_name *names, const struct detector_def *d)
{
	int named[4] = { 0 }, chosen = 0;
	for (const struct pack_name *p = names; p; p = p->next) {
		named[p->list] |= names_detector(p, d);
		chosen |= p->list == ENABLE_COUNTRIES;
	}
	if (named[DISABLE_DETECTORS] || named[ENABLE_DETECTORS])
		return named[DISABLE_DETECTORS];
	return named[DISABLE_COUNTRIES] || (chosen && d->country && !named[ENABLE_COUNTRIES]);
}

int packs_apply(const struct pack_name *names, struct ruledefs *defs, struct cfgerr *err)
{
	for (const struct pack_name *p = names; p; p = p->next)
		if (check_name(p, defs, err) < 0)
			return -1;
	for (size_t i = 0; i < defs->n; i++) {
		struct detector_def *d = &defs->detectors[i];
		d->off = (uint8_t)is_off(names, d);
		if (!d->off)
			continue;
		d->edm = NULL;
		d->prints = NULL;
		d->npatterns = d->nwords = d->nof = d->nnear = d->match.n = d->no_match.n = 0;
	}
	return 0;
}
