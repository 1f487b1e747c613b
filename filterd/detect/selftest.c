/* What a rule's author asks for: do the inline tests hold, is a pattern slow, what does it cost. */
#include "detect/lint.h"
#include "detect/scan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SELFTEST_BUDGET_US = 2000000 };

struct checker {
	const struct detect_set *set;
	struct detect_scratch *s;
	struct finding *out;
	detect_report report;
	void *arg;
	size_t wrong;
};

static int checker_init(struct checker *c)
{
	c->s = detect_scratch_new(c->set);
	c->out = malloc(DETECT_FINDINGS_MAX * sizeof *c->out);
	return c->s && c->out ? 0 : -1;
}

static void checker_free(struct checker *c)
{
	free(c->out);
	detect_scratch_free(&c->s);
}

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

/* 1: the detector finds something in text, 0: it doesn't, -1: the scan did not end. */
static int finds(struct checker *c, size_t detector, const char *text)
{
	const struct detect_text t = { ROLE_BODY, text, strlen(text) };
	size_t n = 0;
	if (detect_scan(c->set, c->s, &t, 1, SELFTEST_BUDGET_US, c->out, &n) != CAUSE_NONE)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (c->out[i].detector == detector)
			return 1;
	return 0;
}

static void run_tests(struct checker *c, size_t detector, const struct cfg_words *tests, int want)
{
	const struct detector_def *def = c->set->detectors[detector].def;
	for (size_t i = 0; i < tests->n; i++) {
		int got = finds(c, detector, tests->item[i]);
		if (got < 0)
			tell(c, def->file, tests->line[i], "detector \"%s\": the scan of this test did not come to its end: %.200s", def->id, tests->item[i]);
		else if (got < want)
			tell(c, def->file, tests->line[i], "detector \"%s\" does not find this match test: %.200s", def->id, tests->item[i]);
		else if (got > want)
			tell(c, def->file, tests->line[i], "detector \"%s\" finds this no_match test: %.200s", def->id, tests->item[i]);
	}
}

static void check_tests(struct checker *c)
{
	for (size_t i = 0; i < c->set->ndetectors; i++) {
		run_tests(c, i, &c->set->detectors[i].def->match, 1);
		run_tests(c, i, &c->set->detectors[i].def->no_match, 0);
	}
}

static void keep_first(void *arg, const struct cfgerr *e)
{
	struct cfgerr *first = arg;
	if (first && !first->text[0])
		*first = *e;
}

int detect_selftest(const struct detect_set *set, struct cfgerr *err)
{
	struct cfgerr first = { 0 };
	struct checker c = { .set = set, .report = keep_first, .arg = &first };
	if (checker_init(&c) == 0)
		check_tests(&c);
	else
		tell(&c, NULL, 0, "out of memory");
	checker_free(&c);
	if (c.wrong && err)
		*err = first;
	return c.wrong ? -1 : 0;
}

size_t detect_check(const struct detect_set *set, detect_report report, void *arg)
{
	struct checker c = { .set = set, .report = report, .arg = arg };
	char slow[160];
	if (checker_init(&c) == 0)
		check_tests(&c);
	else
		tell(&c, NULL, 0, "out of memory");
	for (size_t i = 0; i < set->npatterns; i++) {
		const struct pattern *p = &set->patterns[i];
		const struct detector_def *def = set->detectors[p->detector].def;
		if (lint_pattern(p, slow, sizeof slow) == 1)
			tell(&c, def->file, p->def->line, "detector \"%s\": this regex %s; bound its repeats, or make them possessive (\"++\")", def->id, slow);
	}
	checker_free(&c);
	return c.wrong;
}

size_t detect_patterns(const struct detect_set *set)
{
	return set->npatterns;
}

void detect_pattern_price(const struct detect_set *set, size_t pattern, struct detect_price *p_r)
{
	const struct pattern *p = &set->patterns[pattern];
	const struct detector_def *def = set->detectors[p->detector].def;
	*p_r = (struct detect_price){ .detector = def->id, .regex = p->def->regex, .file = def->file, .line = p->def->line,
	                              .kind = pattern_class_name(p->cls.kind), .cost = p->cls.cost, .watched = p->re.watched };
	const struct literals *l = p->cls.kind == CLASS_LITERAL ? p->cls.literals : NULL;
	for (size_t i = 0, o = 0; l && i < l->n && o < sizeof p_r->literals; i++)
		o += (size_t)snprintf(p_r->literals + o, sizeof p_r->literals - o, "%s%.*s", i ? " | " : "", l->item[i].size, l->item[i].s);
	if (lint_pattern(p, p_r->slow, sizeof p_r->slow) < 0)
		snprintf(p_r->slow, sizeof p_r->slow, "could not be tried: out of memory");
}
