/* filterctl rules test: the inline tests, detector by detector. */
#include "main/rules_cli.h"

#include "main/ctl.h"
#include "main/ctl_say.h"

#include <stdio.h>

struct result {
	const struct detect_set *set;
	const struct rules_options *o;
	size_t tests[2], failed; /* by what they want */
	json_t *failures;
};

static const char *outcome(const struct detect_tested *t)
{
	return t->got < 0 ? "the scan did not come to its end" : t->got ? "is found" : "is not found";
}

static void complain(const struct result *r, const struct detect_tested *t)
{
	struct cfgerr e;
	cfgerr_set(&e, t->file, t->line, "this %s test of \"%s\" %s: %.200s", t->want ? "match" : "no_match", detect_info(r->set, t->detector)->id, outcome(t),
	           t->text);
	ctl_complain_of(&e, "");
}

static void take(void *arg, const struct detect_tested *t)
{
	struct result *r = arg;
	r->tests[t->want]++;
	if (t->got == t->want)
		return;
	r->failed++;
	if (r->o->json)
		json_array_append_new(r->failures, json_pack("{s:s, s:i, s:s, s:s, s:s}", "file", t->file, "line", t->line, "test",
		                                             t->want ? "match" : "no_match", "text", t->text, "why", outcome(t)));
	else
		complain(r, t);
}

static void tell(const struct result *r, const char *id)
{
	size_t n = r->tests[0] + r->tests[1];
	if (n == 0)
		printf("--   %-28s has no tests\n", id);
	else if (r->failed)
		printf("FAIL %-28s %zu of %zu tests\n", id, r->failed, n);
	else
		printf("ok   %-28s %zu match, %zu no_match\n", id, r->tests[1], r->tests[0]);
}

struct total {
	size_t detectors, tests, failed, untested;
	json_t *list;
};

static int run_detector(const struct detect_set *set, size_t detector, const struct rules_options *o, struct total *all)
{
	const char *id = detect_info(set, detector)->id;
	struct result r = { .set = set, .o = o, .failures = json_array() };
	if (detect_run_tests(set, detector, take, &r) < 0) {
		json_decref(r.failures);
		fputs("filterctl: out of memory\n", stderr);
		return -1;
	}
	all->detectors++;
	all->tests += r.tests[0] + r.tests[1];
	all->failed += r.failed;
	all->untested += r.tests[0] + r.tests[1] == 0;
	if (o->json) {
		json_array_append_new(all->list, json_pack("{s:s, s:I, s:I, s:I, s:o}", "detector", id, "match", (json_int_t)r.tests[1], "no_match",
		                                           (json_int_t)r.tests[0], "failed", (json_int_t)r.failed, "failures", r.failures));
	} else {
		json_decref(r.failures);
		fflush(stderr);
		tell(&r, id);
	}
	return 0;
}

static int report(const struct rules_options *o, struct total *all)
{
	if (o->json)
		return rules_print_json(json_pack("{s:o, s:I, s:I, s:I}", "detectors", json_incref(all->list), "tests", (json_int_t)all->tests, "failed",
		                                  (json_int_t)all->failed, "untested", (json_int_t)all->untested));
	printf("%zu detectors, %zu tests: ", all->detectors, all->tests);
	if (all->failed)
		printf("%zu failed\n", all->failed);
	else
		puts("all pass");
	return 0;
}

int rules_test(const struct rules_options *o)
{
	struct rules_loaded l;
	struct total all = { .list = json_array() };
	int status = CTL_OK;
	long only = -1;
	if (rules_load(o->rules, &l) < 0) {
		json_decref(all.list);
		return CTL_FOUND;
	}
	if (o->detector && (only = rules_find(&l, o)) < 0)
		status = CTL_FOUND;
	for (size_t i = 0; status == CTL_OK && i < detect_count(l.set); i++)
		if ((only < 0 || i == (size_t)only) && run_detector(l.set, i, o, &all) < 0)
			status = CTL_FAILED;
	if (status == CTL_OK && report(o, &all) < 0)
		status = CTL_FAILED;
	if (status == CTL_OK && all.failed)
		status = CTL_FOUND;
	json_decref(all.list);
	rules_unload(&l);
	return status;
}
