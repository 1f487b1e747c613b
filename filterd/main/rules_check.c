#include "main/rules_cli.h"

#include "base/clock.h"
#include "main/ctl.h"
#include "main/ctl_say.h"
#include "policy/review.h"
#include "policy/rules.h"

#include <stdio.h>
#include <stdlib.h>

static void report(void *arg, const struct cfgerr *e)
{
	ctl_complain_of(e, "");
}

/* Entries of the allow-list whose last day is over: they are ignored, and should go. */
static void warn_of_entries(const struct allow_list *l)
{
	int today = allow_today(clock_wall_s());
	struct cfgerr e;
	for (size_t i = 0; i < l->n; i++)
		if (allow_is_over(&l->entry[i], today)) {
			cfgerr_set(&e, l->entry[i].file, l->entry[i].line, "this entry of \"allow\" was good until %s; it is ignored", l->entry[i].until);
			ctl_complain_of(&e, "warning: ");
		}
}

struct reviewing {
	const struct rules_options *o;
	size_t unknown;
};

static void told(void *arg, enum review_kind kind, const struct cfgerr *e)
{
	struct reviewing *v = arg;
	if (kind != REVIEW_UNKNOWN)
		ctl_complain_of(e, kind == REVIEW_WRONG && !v->o->warn_only ? "" : "warning: ");
	else if (v->unknown++ == 0)
		ctl_complain_of(e, "not checked without filterctl -c FILE: ");
}

/* What no mistake of form is, and yet can't be meant.  Returns how much is wrong; -1 without memory. */
static long review(const struct rules_loaded *l, const struct policy_rules *rules, const struct rules_options *o)
{
	size_t n = detect_count(l->set);
	struct review_detector *d = calloc(n + 1, sizeof *d);
	struct reviewing v = { .o = o };
	if (!d)
		return -1;
	for (size_t i = 0; i < n; i++)
		d[i] = (struct review_detector){ detect_info(l->set, i)->off, (uint8_t)detect_highest(l->set, i) };
	size_t wrong = policy_review(rules, d, o->ctl->conf, told, &v);
	if (v.unknown > 1)
		fprintf(stderr, "%zu more zones and groups were not checked\n", v.unknown - 1);
	free(d);
	return o->warn_only ? 0 : (long)wrong;
}

/* The part of the files that says what to do, against the detectors there are.  Returns how much is wrong. */
static size_t check_policy(const struct rules_loaded *l, const struct rules_options *o)
{
	struct policy_rules *rules = NULL;
	struct cfgerr err = { 0 };
	size_t n = detect_count(l->set);
	const char **ids = calloc(n + 1, sizeof *ids);
	long wrong = -1;
	for (size_t i = 0; ids && i < n; i++)
		ids[i] = detect_info(l->set, i)->id;
	if (ids && (policy_rules_parse(&l->b, &rules, &err) < 0 || policy_rules_bind(rules, ids, n, &err) < 0)) {
		ctl_complain_of(&err, "");
		wrong = 1;
	} else if (ids) {
		warn_of_entries(&rules->allow);
		wrong = review(l, rules, o);
		if (n + rules->nrules == 0 && bundle_find(&l->b, BUNDLE_RULES, NULL))
			fprintf(stderr, "%s: warning: there are neither detectors nor rules in it\n", o->rules);
	}
	if (wrong < 0)
		fputs("filterctl: out of memory\n", stderr);
	policy_rules_free(&rules);
	free(ids);
	return wrong < 0 ? 1 : (size_t)wrong;
}

int rules_check(const struct rules_options *o)
{
	struct rules_loaded l;
	if (rules_load(o->rules, &l) < 0)
		return CTL_FOUND;
	size_t wrong = detect_check(l.set, report, NULL);
	wrong += check_policy(&l, o);
	if (!bundle_find(&l.b, BUNDLE_RULES, NULL)) {
		fprintf(stderr, "%s: there are no .rules files in it\n", o->rules);
		wrong++;
	}
	if (wrong == 0)
		printf("%zu files, %zu detectors, %zu tests: all well%s\n", l.b.nfiles, detect_count(l.set), detect_tests(l.set),
		       detect_jit(l.set) ? "" : " (PCRE2's JIT is not available: matching is slow)");
	rules_unload(&l);
	return wrong ? CTL_FOUND : CTL_OK;
}
