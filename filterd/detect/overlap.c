/* Detectors that find the same places: two alarms for one thing, or one detector too many. */
#include "detect/lint.h"
#include "detect/scratch.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEST_BUDGET_US = 2000000, TESTS_MIN = 2, LIKELY = 50 };

struct overlaps {
	const struct detect_set *set;
	struct detect_scratch *s;
	struct finding *out;
	uint32_t *shared;  /* of each detector: tests in which it finds a place of the one at hand */
	detect_advise advise;
	void *arg;
};

static __attribute__((format(printf, 5, 6))) void say(const struct overlaps *o, const struct detector_def *def, const char *file, int line, const char *fmt, ...)
{
	char text[400];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	const struct detect_advice d = { "overlap", def->id, file, line, text };
	o->advise(o->arg, &d);
}

/* Counts for each other detector whether it finds, with a confidence that counts, exactly a place that this one finds. */
static void look_at_test(struct overlaps *o, size_t detector, const char *text)
{
	const struct detect_text one = { ROLE_BODY, text, strlen(text) };
	size_t n = 0, last = DETECT_ALL;
	if (detect_scan(o->set, o->s, &one, 1, TEST_BUDGET_US, o->out, &n) != CAUSE_NONE)
		return;
	for (size_t other = 0; other < o->set->ndetectors; other++)
		for (size_t i = 0; i < n; i++) {
			const struct finding *f = &o->out[i];
			if (f->detector != other || other == detector || f->confidence < LIKELY || other == last)
				continue;
			for (size_t k = 0; k < n; k++)
				if (o->out[k].detector == detector && o->out[k].start == f->start && o->out[k].end == f->end)
					last = other;
			if (last == other)
				o->shared[other]++;
		}
}

static void compare_tests(struct overlaps *o, size_t detector, size_t only)
{
	const struct detector_def *def = o->set->detectors[detector].def;
	if (def->match.n < TESTS_MIN)
		return;
	memset(o->shared, 0, o->set->ndetectors * sizeof *o->shared);
	for (size_t i = 0; i < def->match.n; i++)
		look_at_test(o, detector, def->match.item[i]);
	for (size_t i = 0; i < o->set->ndetectors; i++)
		if (o->shared[i] == def->match.n && (only == DETECT_ALL || only == detector || only == i))
			say(o, def, def->file, def->line, "overlaps \"%s\": that finds the same places in all %zu match tests, with confidence %d or more",
			    o->set->detectors[i].def->id, def->match.n, LIKELY);
}

static int same_validators(const struct valid_list *a, const struct valid_list *b)
{
	return a->n == b->n && memcmp(a->use, b->use, a->n * sizeof *a->use) == 0;
}

/* Numbers of many registers look alike; what tells them apart are their validators. */
static int same_pattern(const struct detect_set *set, const struct pattern *a, const struct pattern *b)
{
	return strcmp(a->def->regex, b->def->regex) == 0 && same_validators(&a->def->validate, &b->def->validate) &&
	       same_validators(&set->detectors[a->detector].def->validate, &set->detectors[b->detector].def->validate);
}

static void compare_patterns(const struct overlaps *o, size_t only)
{
	const struct detect_set *set = o->set;
	for (size_t i = 0; i < set->npatterns; i++)
		for (size_t k = 0; k < i; k++) {
			const struct pattern *a = &set->patterns[i], *b = &set->patterns[k];
			if (a->detector == b->detector || !same_pattern(set, a, b) ||
			    (only != DETECT_ALL && a->detector != only && b->detector != only))
				continue;
			const struct detector_def *first = set->detectors[b->detector].def;
			say(o, set->detectors[a->detector].def, a->def->file, a->def->line, "has the same regex and validators as \"%s\" (%.100s:%d)", first->id, b->def->file, b->def->line);
			break;
		}
}

int lint_overlaps(const struct detect_set *set, size_t only, detect_advise advise, void *arg)
{
	struct overlaps o = { .set = set, .s = detect_scratch_new(set), .out = malloc(DETECT_FINDINGS_MAX * sizeof *o.out),
	                      .shared = calloc(set->ndetectors + 1, sizeof *o.shared), .advise = advise, .arg = arg };
	int r = o.s && o.out && o.shared ? 0 : -1;
	if (r == 0)
		compare_patterns(&o, only);
	for (size_t i = 0; r == 0 && i < set->ndetectors; i++)
		compare_tests(&o, i, only);
	free(o.shared);
	free(o.out);
	detect_scratch_free(&o.s);
	return r;
}
