#include "flow/generation.h"

#include <stdlib.h>
#include <string.h>

int generation_new(uint32_t number, const struct bundle *b, struct generation **g_r, struct cfgerr *err)
{
	struct generation *g = calloc(1, sizeof *g);
	if (!g)
		return cfgerr_set(err, "", 0, "out of memory");
	g->number = number;
	g->refs = 1;
	if (conf_parse(b, &g->conf, err) < 0 || policy_rules_parse(b, &g->rules, err) < 0 || policy_rules_check(g->rules, g->conf, err) < 0) {
		generation_unref(&g);
		return -1;
	}
	*g_r = g;
	return 0;
}

int generation_expect(struct generation *g, size_t n)
{
	if (g->detectors || n > UINT16_MAX)
		return -1;
	g->detectors = calloc(n + 1, sizeof *g->detectors);
	g->ndetectors = n;
	return g->detectors ? 0 : -1;
}

int generation_set_detector(struct generation *g, size_t index, const char *id, const char *title, struct mask mask)
{
	if (index >= g->ndetectors || g->detectors[index].id)
		return -1;
	struct generation_detector *d = &g->detectors[index];
	*d = (struct generation_detector){ strdup(id), strdup(title), mask };
	return d->id && d->title ? 0 : -1;
}

int generation_bind(struct generation *g, struct cfgerr *err)
{
	const char **ids = calloc(g->ndetectors + 1, sizeof *ids);
	if (!ids)
		return cfgerr_set(err, "", 0, "out of memory");
	for (size_t i = 0; i < g->ndetectors; i++)
		ids[i] = g->detectors[i].id;
	int r = policy_rules_bind(g->rules, ids, g->ndetectors, err);
	free(ids);
	return r;
}

struct generation *generation_ref(struct generation *g)
{
	g->refs++;
	return g;
}

void generation_unref(struct generation **gp)
{
	struct generation *g = *gp;
	*gp = NULL;
	if (!g || --g->refs > 0)
		return;
	for (size_t i = 0; i < g->ndetectors; i++) {
		free(g->detectors[i].id);
		free(g->detectors[i].title);
	}
	free(g->detectors);
	conf_free(&g->conf);
	policy_rules_free(&g->rules);
	free(g);
}
