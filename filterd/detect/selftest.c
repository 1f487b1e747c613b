/* Do the inline tests hold, and is a pattern slow. */
#include "detect/lint.h"
#include "detect/scratch.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SELFTEST_BUDGET_US = 2000000 };

struct tester {
	const struct detect_set *set;
	struct detect_scratch *s;
	struct finding *out;
	detect_told told;
	void *arg;
	long failed;
};

/* 1: the detector finds something in text, 0: it doesn't, -1: the scan did not end. */
static int finds(struct tester *t, size_t detector, const char *text)
{
	const struct detect_text one = { ROLE_BODY, text, strlen(text) };
	size_t n = 0;
	if (detect_scan(t->set, t->s, &one, 1, SELFTEST_BUDGET_US, t->out, &n) != CAUSE_NONE)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (t->out[i].detector == detector)
			return 1;
	return 0;
}

static void run_tests(struct tester *t, size_t detector, const struct cfg_words *tests, int want)
{
	for (size_t i = 0; i < tests->n; i++) {
		struct detect_tested one = { detector, tests->item[i], tests->file[i], tests->line[i], want, 0 };
		one.got = finds(t, detector, one.text);
		t->failed += one.got != want;
		t->told(t->arg, &one);
	}
}

long detect_run_tests(const struct detect_set *set, size_t detector, detect_told told, void *arg)
{
	struct tester t = { .set = set, .s = detect_scratch_new(set), .out = malloc(DETECT_FINDINGS_MAX * sizeof *t.out), .told = told, .arg = arg };
	for (size_t i = 0; t.s && t.out && i < set->ndetectors; i++) {
		if (detector != DETECT_ALL && detector != i)
			continue;
		run_tests(&t, i, &set->detectors[i].def->match, 1);
		run_tests(&t, i, &set->detectors[i].def->no_match, 0);
	}
	if (!t.s || !t.out)
		t.failed = -1;
	free(t.out);
	detect_scratch_free(&t.s);
	return t.failed;
}

struct checker {
	const struct detect_set *set;
	detect_report report;
	void *arg;
	size_t wrong;
};

static __attribute__((format(printf, 4, 5))) void tell(struct checker *c, const char *file, int line, const char *fmt, ...)
{
	struct cfgerr e;
	char text[sizeof e.text];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	cfgerr_set(&e, file, line, "%s", text);
	c->report(c->arg, &e);
	c->wrong++;
}

static void tell_failed(void *arg, const struct detect_tested *t)
{
	struct checker *c = arg;
	const char *id = c->set->detectors[t->detector].def->id;
	if (t->got < 0)
		tell(c, t->file, t->line, "detector \"%s\": the scan of this test did not come to its end: %.200s", id, t->text);
	else if (t->got < t->want)
		tell(c, t->file, t->line, "detector \"%s\" does not find this match test: %.200s", id, t->text);
	else if (t->got > t->want)
		tell(c, t->file, t->line, "detector \"%s\" finds this no_match test: %.200s", id, t->text);
}

static void keep_first(void *arg, const struct cfgerr *e)
{
	struct cfgerr *first = arg;
	if (first && !first->text[0])
		*first = *e;
}

int detect_selftest(const struct detect_set *set, struct cfgerr *err)
{
	struct checker c = { .set = set, .report = keep_first, .arg = err };
	if (err)
		*err = (struct cfgerr){ 0 };
	if (detect_run_tests(set, DETECT_ALL, tell_failed, &c) < 0)
		tell(&c, NULL, 0, "out of memory");
	return c.wrong ? -1 : 0;
}

size_t detect_check(const struct detect_set *set, detect_report report, void *arg)
{
	struct checker c = { .set = set, .report = report, .arg = arg };
	char slow[160];
	if (detect_run_tests(set, DETECT_ALL, tell_failed, &c) < 0)
		tell(&c, NULL, 0, "out of memory");
	for (size_t i = 0; i < set->npatterns; i++) {
		const struct pattern *p = &set->patterns[i];
		const struct detector_def *def = set->detectors[p->detector].def;
		if (lint_pattern(p, slow, sizeof slow) == LINT_SLOW)
			tell(&c, p->def->file, p->def->line, "detector \"%s\": this regex %s; bound its repeats, or make them possessive (\"++\")", def->id, slow);
	}
	return c.wrong;
}
