/* Changes to detectors: fields that take the place of others, and fields that are added. */
#include "detect/prints.h"
#include "detect/rulefile.h"

#include <string.h>

enum join { JOIN_NOT, JOIN_LIST, JOIN_WORDS, JOIN_VALID, JOIN_EXCLUDE, JOIN_TESTS };

#define FIELD(key, member) { key, offsetof(struct detector_def, member), sizeof((struct detector_def *)NULL)->member, JOIN_NOT, 0, 0 }
#define LIST(key, member, max) \
	{ key, offsetof(struct detector_def, member), sizeof(struct list), JOIN_LIST, sizeof *((struct detector_def *)NULL)->member, max }
#define SPAN(key, first, last, join) \
	{ key, offsetof(struct detector_def, first), offsetof(struct detector_def, last) - offsetof(struct detector_def, first), join, 0, 0 }

/* As a definition has it: items, then their count. */
struct list {
	void *item;
	size_t n;
};

static const struct field {
	const char *key;
	size_t at, size;
	enum join join;
	size_t item, max;
} fields[] = {
	FIELD("title", title),
	FIELD("country", country),
	FIELD("class", class_name),
	FIELD("description", description),
	FIELD("edm", edm),
	FIELD("fingerprint", prints),
	FIELD("kind", number),
	FIELD("mask", mask),
	FIELD("odds", odds),
	LIST("patterns", patterns, RULEDEF_PATTERNS_MAX),
	LIST("words", words, 16),
	LIST("raise", raises, 8),
	LIST("evidence", evidence, 16),
	LIST("of", of, 16),
	LIST("near", near, 16),
	{ "reference", offsetof(struct detector_def, reference), sizeof(struct cfg_words), JOIN_WORDS, 0, 0 },
	{ "validate", offsetof(struct detector_def, validate), sizeof(struct valid_list), JOIN_VALID, 0, 0 },
	SPAN("exclude", exclude_values, off, JOIN_EXCLUDE),
	SPAN("tests", match, file, JOIN_TESTS),
};
enum { NFIELDS = sizeof fields / sizeof *fields };

static uint32_t given(const config_setting_t *g)
{
	uint32_t bits = 0;
	for (int i = 0; i < NFIELDS; i++)
		bits |= (uint32_t)(config_setting_get_member(g, fields[i].key) != NULL) << i;
	return bits;
}

int change_read(const struct rule_reader *rr, const config_setting_t *s, struct change *c_r)
{
	const struct cfg_reader *r = &rr->cfg;
	const config_setting_t *add = config_setting_get_member(s, "add");
	*c_r = (struct change){ .id = cfg_string(r, s, "id"), .file = r->file, .line = (int)config_setting_source_line(s) };
	c_r->given = given(s);
	if (!config_setting_get_member(s, "kind"))
		c_r->confidence = (uint8_t)cfg_int(s, "confidence", 0);
	if (ruledef_fields(rr, s, &c_r->with) < 0)
		return -1;
	if (!add)
		return 0;
	c_r->added = given(add);
	return ruledef_check_keys(rr, add, RULEDEF_ADD) < 0 ? -1 : ruledef_fields(rr, add, &c_r->more);
}

static int join_list(struct list *to, const struct list *more, size_t item, struct arena *a)
{
	char *all = arena_alloc(a, (to->n + more->n) * item + 1);
	if (!all)
		return -1;
	if (to->n)
		memcpy(all, to->item, to->n * item);
	if (more->n)
		memcpy(all + to->n * item, more->item, more->n * item);
	*to = (struct list){ all, to->n + more->n };
	return 0;
}

static int join_words(struct cfg_words *to, const struct cfg_words *more, struct arena *a)
{
	struct list item = { to->item, to->n }, file = { to->file, to->n }, line = { to->line, to->n };
	if (join_list(&item, &(struct list){ more->item, more->n }, sizeof *to->item, a) < 0 ||
	    join_list(&file, &(struct list){ more->file, more->n }, sizeof *to->file, a) < 0 ||
	    join_list(&line, &(struct list){ more->line, more->n }, sizeof *to->line, a) < 0)
		return -1;
	*to = (struct cfg_words){ .item = item.item, .file = file.item, .line = line.item, .n = item.n };
	return 0;
}

static int join_exclude(struct detector_def *d, const struct detector_def *more, struct arena *a)
{
	d->exclude_same |= more->exclude_same;
	for (int i = 0; i < EXCLUDE_LISTS; i++)
		if (join_words(&d->exclude_texts[i], &more->exclude_texts[i], a) < 0)
			return -1;
	return join_words(&d->exclude_values, &more->exclude_values, a) < 0 ? -1 : join_words(&d->exclude_patterns, &more->exclude_patterns, a);
}

static int too_many(const struct change *c, const struct field *f, const struct detector_def *d, size_t max, struct cfgerr *err)
{
	return cfgerr_set(err, c->file, c->line, "with these, detector \"%.64s\" has more than %zu of \"%s\"", d->id, max, f->key);
}

static int join(const struct change *c, const struct field *f, struct detector_def *d, struct arena *a, struct cfgerr *err)
{
	void *to = (char *)d + f->at;
	const void *more = (const char *)&c->more + f->at;
	struct list list, list_more;
	int r = 0;
	switch (f->join) {
	case JOIN_LIST:
		memcpy(&list, to, sizeof list);
		memcpy(&list_more, more, sizeof list_more);
		if (list.n + list_more.n > f->max)
			return too_many(c, f, d, f->max, err);
		r = join_list(&list, &list_more, f->item, a);
		memcpy(to, &list, sizeof list);
		break;
	case JOIN_WORDS:
		r = join_words(to, more, a);
		break;
	case JOIN_VALID:
		if (d->validate.n + c->more.validate.n > VALID_LIST_MAX)
			return too_many(c, f, d, VALID_LIST_MAX, err);
		memcpy(d->validate.use + d->validate.n, c->more.validate.use, c->more.validate.n * sizeof *d->validate.use);
		d->validate.n = (uint8_t)(d->validate.n + c->more.validate.n);
		break;
	case JOIN_EXCLUDE:
		r = join_exclude(d, &c->more, a);
		break;
	case JOIN_TESTS:
		r = join_words(&d->match, &c->more.match, a) < 0 ? -1 : join_words(&d->no_match, &c->more.no_match, a);
		break;
	case JOIN_NOT:
		break;
	}
	return r < 0 ? cfgerr_set(err, c->file, c->line, "out of memory") : 0;
}

/* The lists may be those of another detector, which this is a copy of: they are copied before they are written. */
static int set_confidence(struct detector_def *d, uint8_t confidence, struct arena *a)
{
	struct pattern_def *patterns = arena_alloc(a, d->npatterns * sizeof *patterns + 1);
	struct words_def *words = arena_alloc(a, d->nwords * sizeof *words + 1);
	struct of_def *of = arena_alloc(a, d->nof * sizeof *of + 1);
	struct edm_def *edm = arena_alloc(a, sizeof *edm);
	struct prints_def *prints = arena_alloc(a, sizeof *prints);
	struct number_def *number = arena_alloc(a, sizeof *number);
	if (!patterns || !words || !of || !edm || !prints || !number)
		return -1;
	for (size_t i = 0; i < d->npatterns; i++) {
		patterns[i] = d->patterns[i];
		patterns[i].confidence = confidence;
	}
	for (size_t i = 0; i < d->nwords; i++) {
		words[i] = d->words[i];
		words[i].confidence = confidence;
	}
	for (size_t i = 0; i < d->nof; i++) {
		of[i] = d->of[i];
		of[i].confidence = confidence;
	}
	if (d->edm) {
		*edm = *d->edm;
		edm->confidence = confidence;
		d->edm = edm;
	}
	if (d->prints) {
		*prints = *d->prints;
		prints->confidence = confidence;
		d->prints = prints;
	}
	if (d->number) {
		*number = *d->number;
		number->confidence = confidence;
		d->number = number;
	}
	d->patterns = patterns;
	d->words = words;
	d->of = of;
	return 0;
}

int change_apply(const struct change *c, struct detector_def *d, struct arena *a, struct cfgerr *err)
{
	for (int i = 0; i < NFIELDS; i++)
		if (c->given >> i & 1)
			memcpy((char *)d + fields[i].at, (const char *)&c->with + fields[i].at, fields[i].size);
	if (c->confidence && set_confidence(d, c->confidence, a) < 0)
		return cfgerr_set(err, c->file, c->line, "out of memory");
	for (int i = 0; i < NFIELDS; i++)
		if ((c->added >> i & 1) && join(c, &fields[i], d, a, err) < 0)
			return -1;
	return 0;
}
