/* Reads sets of fingerprints once per generation, and tells detectors which is theirs. */
#include "detect/prints_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

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
	const struct bundle_file *f = bundle_find(b, BUNDLE_INDEX, d->set);
	struct stat st;
	if (!f)
		return cfgerr_set(err, d->file, d->line, "there is no set \"%.200s\"; filterctl fingerprint add makes it", d->set);
	if (fstat(f->fd, &st) < 0 || st.st_size <= 0)
		return cfgerr_set(err, d->file, d->line, "the set \"%.200s\" is empty or can't be read", d->set);
	/* a sealed memory file: nobody can change or cut it while it is read */
	void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, f->fd, 0);
	if (map == MAP_FAILED)
		return cfgerr_set(err, d->file, d->line, "the set \"%.200s\" can't be mapped: %s", d->set, strerror(errno));
	int r = make_index(d, map, (size_t)st.st_size, x_r, err);
	munmap(map, (size_t)st.st_size);
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
	set->prints->size_min = SIZE_MAX;
	for (size_t i = 0; i < set->ndetectors; i++) {
		const struct prints_def *d = set->detectors[i].def->prints;
		struct prints_rule *r = &set->prints->rules[set->prints->nrules];
		if (!d)
			continue;
		*r = (struct prints_rule){ .detector = (uint16_t)i, .def = d };
		if (set_of(b, d, set->prints, &r->set, err) < 0)
			return -1;
		set->prints->nrules++;
		if (set->prints->size_min > shortest_text(d))
			set->prints->size_min = shortest_text(d);
	}
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
