#include "detect/rulefile.h"

#include "base/nearest.h"

#include <stdlib.h>
#include <string.h>

static const struct cfg_key file_keys[] = {
	{ "include", CFG_STRINGS, 0, 0, 64 }, /* whoever fills the bundle has read them (conf/bundle.h) */
	{ "detectors", CFG_GROUPS, 0, 0, 0 },
	{ "rules", CFG_GROUPS, 0, 0, 0 }, /* policy's part of the same file */
	{ "allow", CFG_GROUPS, 0, 0, 0 }, /* likewise */
	{ "override", CFG_GROUP, 0, 0, 0 },
	{ "enable", CFG_GROUP, 0, 0, 0 },
	{ "disable", CFG_GROUP, 0, 0, 0 },
	{ 0 },
};
static const struct cfg_key override_keys[] = {
	{ "detectors", CFG_GROUPS, 0, 0, RULEDEF_DETECTORS_MAX },
	{ "rules", CFG_GROUPS, 0, 0, 0 }, /* policy's */
	{ 0 },
};

/* While all files are read, and until the detectors are what they shall be. */
struct reading {
	struct arena *arena;
	struct cfgerr *err;
	struct ruledefs defs;
	struct change **own;                   /* of each detector that is like another: what it says itself */
	struct change *overrides, **overrides_end;
	struct pack_name *packs;
	const struct detector_def **sorted;    /* by id */
	enum { UNSETTLED, SETTLING, SETTLED } *state;
};

static int read_detector(const struct rule_reader *rr, const config_setting_t *s, struct reading *g)
{
	const struct cfg_reader *r = &rr->cfg;
	size_t i = g->defs.n;
	struct detector_def *def = &g->defs.detectors[i];
	if (ruledef_check_keys(rr, s, RULEDEF_DETECTOR) < 0)
		return -1;
	def->file = r->file;
	def->line = (int)config_setting_source_line(config_setting_get_member(s, "id"));
	def->id = cfg_string(r, s, "id");
	def->like = cfg_string(r, s, "like");
	g->defs.n++;
	if (def->like) {
		g->own[i] = arena_alloc(r->arena, sizeof *g->own[i]);
		return g->own[i] ? change_read(rr, s, g->own[i]) : cfg_error(r, s, "out of memory");
	}
	if (!config_setting_get_member(s, "title"))
		return cfg_error(r, s, "detector has no \"title\"");
	if (config_setting_get_member(s, "add"))
		return cfg_error(r, config_setting_get_member(s, "add"), "\"add\" needs \"like\", a detector to whose lists this is added");
	if (config_setting_get_member(s, "confidence") && !config_setting_get_member(s, "kind"))
		return cfg_error(r, config_setting_get_member(s, "confidence"), "a detector's patterns and words have each their \"confidence\"");
	if (ruledef_fields(rr, s, def) < 0)
		return -1;
	if (def->npatterns + def->nwords + def->nof == 0 && !def->edm && !def->prints && !def->number)
		return cfg_error(r, s, "detector has neither \"patterns\" nor \"words\" nor \"of\" nor \"edm\" nor \"fingerprint\", and is no kind = \"number\"");
	return 0;
}

static int read_overrides(const struct rule_reader *rr, const config_setting_t *root, struct reading *g)
{
	const config_setting_t *group = config_setting_get_member(root, "override");
	if (!group)
		return 0;
	if (cfg_check(&rr->cfg, group, "override", override_keys) < 0)
		return -1;
	const config_setting_t *list = config_setting_get_member(group, "detectors");
	for (int i = 0; list && i < config_setting_length(list); i++) {
		const config_setting_t *s = config_setting_get_elem(list, (unsigned)i);
		struct change *c = arena_alloc(g->arena, sizeof *c);
		if (!c)
			return cfg_error(&rr->cfg, s, "out of memory");
		if (ruledef_check_keys(rr, s, RULEDEF_OVERRIDE) < 0 || change_read(rr, s, c) < 0)
			return -1;
		*g->overrides_end = c;
		g->overrides_end = &c->next;
	}
	return 0;
}

static int read_file(const struct rule_reader *rr, const config_t *cfg, struct reading *g)
{
	const struct cfg_reader *r = &rr->cfg;
	const config_setting_t *root = config_root_setting(cfg);
	if (cfg_check(r, root, "a rule file", file_keys) < 0 || packs_read(r, root, &g->packs) < 0 || read_overrides(rr, root, g) < 0)
		return -1;
	const config_setting_t *list = config_setting_get_member(root, "detectors");
	int n = list ? config_setting_length(list) : 0;
	for (int i = 0; i < n; i++) {
		if (g->defs.n == RULEDEF_DETECTORS_MAX)
			return cfg_error(r, list, "more than %d detectors in all rule files", RULEDEF_DETECTORS_MAX);
		if (read_detector(rr, config_setting_get_elem(list, (unsigned)i), g) < 0)
			return -1;
	}
	return 0;
}

static int read_files(const struct bundle *b, struct reading *g)
{
	for (size_t i = 0; i < b->nfiles; i++) {
		if (b->files[i].kind != BUNDLE_RULES)
			continue;
		struct rule_reader rr = { { .arena = g->arena, .err = g->err, .file = arena_strdup(g->arena, b->files[i].path) }, b };
		config_t cfg;
		if (!rr.cfg.file)
			return cfgerr_set(g->err, b->files[i].path, 0, "out of memory");
		if (cfg_parse(&rr.cfg, &b->files[i], &cfg) < 0)
			return -1;
		int rc = read_file(&rr, &cfg, g);
		config_destroy(&cfg);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int by_id(const void *pa, const void *pb)
{
	const struct detector_def *const *a = pa, *const *b = pb;
	int c = strcmp((*a)->id, (*b)->id);
	return c ? c : *a < *b ? -1 : *a > *b;
}

static int sort_and_check_unique(struct reading *g)
{
	const struct ruledefs *defs = &g->defs;
	for (size_t i = 0; i < defs->n; i++)
		g->sorted[i] = &defs->detectors[i];
	qsort(g->sorted, defs->n, sizeof *g->sorted, by_id);
	for (size_t i = 1; i < defs->n; i++)
		if (strcmp(g->sorted[i - 1]->id, g->sorted[i]->id) == 0)
			return cfgerr_set(g->err, g->sorted[i]->file, g->sorted[i]->line, "detector \"%s\" is already defined at %s:%d; to change it, write "
			                  "override = { detectors = ( { id = \"%s\"; … } ); }", g->sorted[i]->id, g->sorted[i - 1]->file, g->sorted[i - 1]->line,
			                  g->sorted[i]->id);
	return 0;
}

static int find_id(const void *key, const void *item)
{
	return strcmp(key, (*(const struct detector_def *const *)item)->id);
}

static struct detector_def *find(const struct reading *g, const char *id)
{
	const struct detector_def **p = bsearch(id, g->sorted, g->defs.n, sizeof *g->sorted, find_id);
	return p ? &g->defs.detectors[*p - g->defs.detectors] : NULL;
}

/* "; did you mean \"payment-card\"?" */
static const char *nearest_id(const struct reading *g, const char *id, char dst[NEAREST_SIZE])
{
	struct nearest n = { .word = id };
	for (size_t i = 0; i < g->defs.n; i++)
		nearest_try(&n, g->defs.detectors[i].id);
	return nearest_question(&n, dst, NEAREST_SIZE);
}

/* A copy of the detector it is like, as that is in the end, with what it says itself.  Its tests are its own. */
static int settle(struct reading *g, struct detector_def *d, int depth)
{
	size_t i = (size_t)(d - g->defs.detectors);
	char question[NEAREST_SIZE];
	if (g->state[i] == SETTLED)
		return 0;
	if (g->state[i] == SETTLING || depth == RULEDEF_LIKE_MAX)
		return cfgerr_set(g->err, d->file, d->line, "detector \"%.64s\" is like itself, or like one that is like another more than %d deep", d->id, RULEDEF_LIKE_MAX);
	g->state[i] = SETTLING;
	if (d->like) {
		struct detector_def *base = find(g, d->like);
		const struct detector_def own = *d;
		if (!base)
			return cfgerr_set(g->err, d->file, d->line, "there is no detector \"%.64s\" for this one to be like%s", d->like,
			                  nearest_id(g, d->like, question));
		if (settle(g, base, depth + 1) < 0)
			return -1;
		*d = *base;
		d->id = own.id;
		d->like = own.like;
		d->file = own.file;
		d->line = own.line;
		d->match.n = d->no_match.n = 0;
		if (change_apply(g->own[i], d, g->arena, g->err) < 0)
			return -1;
	}
	for (const struct change *c = g->overrides; c; c = c->next)
		if (strcmp(c->id, d->id) == 0 && change_apply(c, d, g->arena, g->err) < 0)
			return -1;
	g->state[i] = SETTLED;
	return 0;
}

static int settle_all(struct reading *g)
{
	char question[NEAREST_SIZE];
	for (const struct change *c = g->overrides; c; c = c->next)
		if (!find(g, c->id))
			return cfgerr_set(g->err, c->file, c->line, "\"override\" names detector \"%.64s\", which no rule file defines%s", c->id,
			                  nearest_id(g, c->id, question));
	for (size_t i = 0; i < g->defs.n; i++)
		if (settle(g, &g->defs.detectors[i], 0) < 0)
			return -1;
	/* only now: a number that others are like is changed as what it says, not as the patterns it makes */
	for (size_t i = 0; i < g->defs.n; i++)
		if (g->defs.detectors[i].number && numberdef_patterns(&g->defs.detectors[i], g->arena, g->err) < 0)
			return -1;
	return packs_apply(g->packs, &g->defs, g->err);
}

int ruledef_read(const struct bundle *b, struct arena *a, struct ruledefs *defs_r, struct cfgerr *err)
{
	struct reading g = { .arena = a, .err = err, .defs.detectors = arena_alloc(a, RULEDEF_DETECTORS_MAX * sizeof *g.defs.detectors) };
	g.own = calloc(RULEDEF_DETECTORS_MAX, sizeof *g.own);
	g.state = calloc(RULEDEF_DETECTORS_MAX, sizeof *g.state);
	g.sorted = calloc(RULEDEF_DETECTORS_MAX, sizeof *g.sorted);
	g.overrides_end = &g.overrides;
	int r = -1;
	if (!g.defs.detectors || !g.own || !g.state || !g.sorted)
		cfgerr_set(err, NULL, 0, "out of memory");
	else if (read_files(b, &g) == 0 && sort_and_check_unique(&g) == 0 && settle_all(&g) == 0)
		r = 0;
	if (r == 0)
		*defs_r = g.defs;
	free(g.own);
	free(g.state);
	free(g.sorted);
	return r;
}
