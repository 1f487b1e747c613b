/* A detector's inline tests, run through the same scan as production. */
#include "detect/scan.h"

#include <stdlib.h>
#include <string.h>

enum { SELFTEST_BUDGET_US = 2000000 };

/* 1: the detector finds something in text, 0: it doesn't, -1: the scan did not end. */
static int finds(const struct detect_set *set, struct detect_scratch *s, size_t detector, const char *text, struct finding *out)
{
	const struct detect_text t = { ROLE_BODY, text, strlen(text) };
	size_t n = 0;
	if (detect_scan(set, s, &t, 1, SELFTEST_BUDGET_US, out, &n) != CAUSE_NONE)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (out[i].detector == detector)
			return 1;
	return 0;
}

static int run(const struct detect_set *set, struct detect_scratch *s, size_t detector, const struct cfg_words *tests, int want,
               struct finding *out, struct cfgerr *err)
{
	const struct detector_def *def = set->detectors[detector].def;
	for (size_t i = 0; i < tests->n; i++) {
		int got = finds(set, s, detector, tests->item[i], out);
		if (got == want)
			continue;
		return cfgerr_set(err, def->file, tests->line[i], got < 0 ? "detector \"%s\": the scan of this test did not end within %d s: %.100s" :
		                  want ? "detector \"%s\" does not find this match test%.0d: %.100s" :
		                         "detector \"%s\" finds this no_match test%.0d: %.100s",
		                  def->id, got < 0 ? SELFTEST_BUDGET_US / 1000000 : 0, tests->item[i]);
	}
	return 0;
}

int detect_selftest(const struct detect_set *set, struct cfgerr *err)
{
	struct detect_scratch *s = detect_scratch_new(set);
	struct finding *out = malloc(DETECT_FINDINGS_MAX * sizeof *out);
	int r = s && out ? 0 : cfgerr_set(err, NULL, 0, "out of memory");
	for (size_t i = 0; i < set->ndetectors && r == 0; i++) {
		r = run(set, s, i, &set->detectors[i].def->match, 1, out, err);
		if (r == 0)
			r = run(set, s, i, &set->detectors[i].def->no_match, 0, out, err);
	}
	free(out);
	detect_scratch_free(&s);
	return r;
}
