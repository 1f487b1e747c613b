#include "main/rules_cli.h"

#include "base/clock.h"
#include "main/ctl.h"
#include "policy/rules.h"

#include <stdio.h>
#include <stdlib.h>

static void report(void *arg, const struct cfgerr *e)
{
	rules_print_error(e);
}

/* Entries of the allow-list whose last day is over: they are ignored, and should go. */
static void warn_of_entries(const struct allow_list *l)
{
	int today = allow_today(clock_wall_s());
	for (size_t i = 0; i < l->n; i++)
		if (allow_is_over(&l->entry[i], today))
			fprintf(stderr, "%s:%d: warning: this entry of \"allow\" was good until %s; it is ignored\n", l->entry[i].file, l->entry[i].line,
			        l->entry[i].until);
}

/* The part of the files that says what to do, against the detectors there are. */
static int check_policy(const struct bundle *b, const struct detect_set *set)
{
	struct policy_rules *rules = NULL;
	struct cfgerr err = { 0 };
	size_t n = detect_count(set);
	const char **ids = calloc(n + 1, sizeof *ids);
	int r = -1;
	for (size_t i = 0; ids && i < n; i++)
		ids[i] = detect_info(set, i)->id;
	if (ids && policy_rules_parse(b, &rules, &err) == 0)
		r = policy_rules_bind(rules, ids, n, &err);
	if (r < 0)
		rules_print_error(&err);
	else
		warn_of_entries(&rules->allow);
	policy_rules_free(&rules);
	free(ids);
	return r;
}

int rules_check(const struct rules_options *o)
{
	struct rules_loaded l;
	if (rules_load(o->rules, &l) < 0)
		return CTL_FOUND;
	size_t wrong = detect_check(l.set, report, NULL);
	if (check_policy(&l.b, l.set) < 0)
		wrong++;
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
