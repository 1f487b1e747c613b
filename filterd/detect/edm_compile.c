/* Opens indexes of records once per generation, and binds detectors to their columns. */
#include "detect/edm_set.h"

#include <stdlib.h>
#include <string.h>

static int open_file(const struct bundle *b, const struct edm_def *d, struct edm_file *x, struct cfgerr *err)
{
	const struct mapped_for f = { d->index, "index", "filterctl edm build", d->file, d->line };
	const struct bundle_file *key = bundle_find(b, BUNDLE_INDEX_KEY, d->key);
	const char *wrong;
	x->path = d->index;
	if (mapped_open(b, &f, &x->map, err) < 0)
		return -1;
	if (!key)
		return cfgerr_set(err, d->file, d->line, "there is no key \"%.200s\"; filterctl edm build made it with the index", d->key);
	if (key->size != EDM_KEY_SIZE)
		return cfgerr_set(err, d->key, 0, "this is no key made by filterctl edm build");
	if (!(x->key = edm_key_new((const uint8_t *)key->data)))
		return cfgerr_set(err, d->file, d->line, "out of memory");
	if ((wrong = edm_index_read(x->map.data, x->map.size, &x->index)) || (wrong = edm_index_verify(&x->index, x->key)))
		return cfgerr_set(err, d->file, d->line, "the index \"%.200s\" can't be used: %s", d->index, wrong);
	return 0;
}

/* Indexes that several detectors name are opened once. */
static int file_of(const struct bundle *b, const struct edm_def *d, struct edm_set *e, uint8_t *file_r, struct cfgerr *err)
{
	for (size_t i = 0; i < e->nfiles; i++)
		if (strcmp(e->files[i].path, d->index) == 0) {
			*file_r = (uint8_t)i;
			return 0;
		}
	if (e->nfiles == EDM_FILES_MAX)
		return cfgerr_set(err, d->file, d->line, "these rules use more than %d indexes", EDM_FILES_MAX);
	*file_r = (uint8_t)e->nfiles;
	return open_file(b, d, &e->files[e->nfiles++], err);
}

static int bind_columns(const struct edm_index *x, const struct edm_def *d, const struct cfg_words *names, uint32_t *mask_r, struct cfgerr *err)
{
	for (size_t i = 0; i < names->n; i++) {
		uint32_t k = 0;
		while (k < x->ncolumns && strcmp(x->columns[k].name, names->item[i]) != 0)
			k++;
		if (k == x->ncolumns)
			return cfgerr_set(err, d->file, names->line[i] ? names->line[i] : d->line,
			                  "the index \"%.100s\" has no column \"%.40s\"; filterctl edm info lists its columns", d->index, names->item[i]);
		*mask_r |= 1u << k;
	}
	return 0;
}

static int add_rule(const struct bundle *b, struct detect_set *set, size_t detector, struct cfgerr *err)
{
	const struct edm_def *d = set->detectors[detector].def->edm;
	struct edm_rule *r = &set->edm->rules[set->edm->nrules++];
	*r = (struct edm_rule){ .detector = (uint16_t)detector, .min = d->min, .confidence = d->confidence, .within = d->within };
	if (file_of(b, d, set->edm, &r->file, err) < 0)
		return -1;
	const struct edm_index *x = &set->edm->files[r->file].index;
	if (bind_columns(x, d, &d->columns, &r->columns, err) < 0 || bind_columns(x, d, &d->require, &r->require, err) < 0)
		return -1;
	if (r->min == 1 && r->require)
		r->columns = r->require;
	return 0;
}

int edm_compile(const struct bundle *b, struct detect_set *set, struct cfgerr *err)
{
	size_t n = 0;
	for (size_t i = 0; i < set->ndetectors; i++)
		n += set->detectors[i].def->edm != NULL;
	if (n == 0)
		return 0;
	set->edm = calloc(1, sizeof *set->edm);
	if (!set->edm || !(set->edm->rules = arena_alloc(set->arena, n * sizeof *set->edm->rules)))
		return cfgerr_set(err, NULL, 0, "out of memory");
	for (size_t i = 0; i < set->ndetectors; i++)
		if (set->detectors[i].def->edm && add_rule(b, set, i, err) < 0)
			return -1;
	return 0;
}

void edm_free(struct edm_set **ep)
{
	struct edm_set *e = *ep;
	if (!e)
		return;
	for (size_t i = 0; i < e->nfiles; i++) {
		mapped_close(&e->files[i].map);
		edm_key_free(&e->files[i].key);
	}
	free(e);
	*ep = NULL;
}
