/* Reads sets of fingerprints once per generation, and tells detectors which is theirs. */
#include "detect/prints_set.h"

#include "detect/mapped.h"

#include <stdlib.h>
#include <string.h>

static int make_index(const struct prints_def *d, const void *data, size_t size, struct prints_index *x_r, struct cfgerr *err)
{
	struct prints p;
	const char *wrong = prints_read(data, size, &p);
	if (wrong)
		return cfgerr_set(err, d->file, d->line, "the set \"%.200s\" can't be used: %s", d->set, wrong);
	size_t own = 0;
	for (size_t i = 0; i < p.ndocuments; i++)
		own += !p.documents[i].boilerplate;
	int r = own ? prints_index_make(&p, x_r) : 0;
	prints_free(&p);
	if (r < 0)
		return cfgerr_set(err, d->file, d->line, "out of memory");
	return own ? 0 : cfgerr_set(err, d->file, d->line, "the set \"%.200s\" holds no documents; filterctl fingerprint add puts them there", d->set);
}

static int read_set(const struct bundle *b, const struct prints_def *d, struct prints_index *x_r, struct cfgerr *err)
{
	const struct mapped_for f = { d->set, "set", "filterctl fingerprint add", d->file, d->line };
	struct mapped m;
	if (mapped_open(b, &f, &m, err) < 0)
		return -1;
	int r = make_index(d, m.data, m.size, x_r, err);
	mapped_close(&m);
	return r;
}

/* Sets that several detectors name are read once. */
static int set_of(const struct bundle *b, const struct prints_def *d, struct prints_set *p, uint8_t *set_r, struct cfgerr *err)
{
	for (size_t i = 0; i < p->nsets; i++)
		if (strcmp(p->sets[i].path, d->set) == 0) {
			*set_r = (uint8_t)i;
			return 0;
		}
	if (p->nsets == PRINTS_SETS_MAX)
		return cfgerr_set(err, d->file, d->line, "these rules use more than %d sets of fingerprints", PRINTS_SETS_MAX);
	*set_r = (uint8_t)p->nsets;
	p->sets[p->nsets].path = d->set;
	return read_set(b, d, &p->sets[p->nsets++].index, err);
}

/* In which the detector may find something: WINNOW_T are needed for a fingerprint, and what is found may be as many short. */
static size_t shortest_text(const struct prints_def *d)
{
	return d->min_characters > 2 * WINNOW_T ? d->min_characters - WINNOW_T : WINNOW_T;
}

static int add_rule(const struct bundle *b, struct detect_set *set, size_t detector, struct cfgerr *err)
{
	const struct prints_def *d = set->detectors[detector].def->prints;
	struct prints_set *p = set->prints;
	struct prints_rule *r = &p->rules[p->nrules++];
	*r = (struct prints_rule){ .detector = (uint16_t)detector, .def = d };
	if (p->nrules == 1 || shortest_text(d) < p->size_min)
		p->size_min = shortest_text(d);
	return set_of(b, d, p, &r->set, err);
}

int prints_compile(const struct bundle *b, struct detect_set *set, struct cfgerr *err)
{
	size_t n = 0;
	for (size_t i = 0; i < set->ndetectors; i++)
		n += set->detectors[i].def->prints != NULL;
	if (n == 0)
		return 0;
	set->prints = calloc(1, sizeof *set->prints);
	if (!set->prints || !(set->prints->rules = arena_alloc(set->arena, n * sizeof *set->prints->rules)))
		return cfgerr_set(err, NULL, 0, "out of memory");
	winnow_init(&set->prints->winnow);
	for (size_t i = 0; i < set->ndetectors; i++)
		if (set->detectors[i].def->prints && add_rule(b, set, i, err) < 0)
			return -1;
	return 0;
}

void prints_set_free(struct prints_set **pp)
{
	struct prints_set *p = *pp;
	if (!p)
		return;
	for (size_t i = 0; i < p->nsets; i++)
		prints_index_free(&p->sets[i].index);
	free(p);
	*pp = NULL;
}
