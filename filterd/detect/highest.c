/* How sure a detector can be at most, so that rules don't ask for more. */
#include "detect/evidence.h"
#include "detect/set.h"

enum { DEPTH_MAX = 32 }; /* of detectors made of others; deeper ones count as sure */

/* What evidence and the like can add; *supports_r: some of it lifts the cap that a checksum's odds set. */
static int most_added(const struct detector *d, int *supports_r)
{
	const struct detector_def *def = d->def;
	int add = 0;
	for (size_t i = 0; i < def->nraises; i++) {
		add += def->raises[i].add > 0 ? def->raises[i].add : 0;
		*supports_r |= def->raises[i].add > 0;
	}
	for (size_t i = 0; i < def->nevidence; i++) {
		add += def->evidence[i].add > 0 ? def->evidence[i].add : 0;
		*supports_r |= evidence_supports(&d->evidence[i]);
	}
	for (size_t i = 0; i < def->nnear; i++) {
		add += def->near[i].add > 0 ? def->near[i].add : 0;
		*supports_r = 1;
	}
	return add;
}

static int most(int a, int b)
{
	return a > b ? a : b;
}

static int highest(const struct detect_set *set, size_t index, int depth)
{
	const struct detector *d = &set->detectors[index];
	const struct detector_def *def = d->def;
	int supports = 0, base = 0, add = most_added(d, &supports);
	if (depth == DEPTH_MAX)
		return 100;
	for (size_t i = 0; i < set->npatterns; i++) {
		const struct pattern *p = &set->patterns[i];
		if (p->detector != index)
			continue;
		int c = p->def->confidence + add;
		base = most(base, !supports && c > p->cap ? p->cap : c);
	}
	for (size_t i = 0; i < def->nwords; i++)
		base = most(base, def->words[i].confidence + add);
	for (size_t i = 0; i < def->nof; i++)
		base = most(base, (def->of[i].confidence ? def->of[i].confidence : highest(set, def->of[i].index, depth + 1)) + add);
	if (def->prints)
		base = most(base, def->prints->confidence + add);
	if (def->edm)
		base = most(base, def->edm->confidence + add);
	return base > 100 ? 100 : base;
}

int detect_highest(const struct detect_set *set, size_t detector)
{
	return highest(set, detector, 0);
}
