#include "detect/near.h"

#include "base/nearest.h"
#include "detect/sort.h"

#include <stdlib.h>
#include <string.h>

static int bind(const struct ruledefs *defs, const char *name, const char *file, int line, uint16_t *index_r, struct cfgerr *err)
{
	struct nearest n = { .word = name };
	char question[NEAREST_SIZE];
	for (size_t i = 0; i < defs->n; i++)
		if (strcmp(defs->detectors[i].id, name) == 0) {
			*index_r = (uint16_t)i;
			return 0;
		}
	for (size_t i = 0; i < defs->n; i++)
		nearest_try(&n, defs->detectors[i].id);
	return cfgerr_set(err, file, line, "there is no detector \"%.64s\"%s", name, nearest_question(&n, question, sizeof question));
}

static int bind_all(struct detector_def *d, const struct ruledefs *defs, struct cfgerr *err)
{
	for (size_t i = 0; i < d->nof; i++)
		if (bind(defs, d->of[i].detector, d->of[i].file, d->of[i].line, &d->of[i].index, err) < 0)
			return -1;
	for (size_t i = 0; i < d->nnear; i++)
		if (bind(defs, d->near[i].detector, d->near[i].file, d->near[i].line, &d->near[i].index, err) < 0)
			return -1;
	return 0;
}

static int is_composite(const struct detector_def *d)
{
	return d->nof + d->nnear > 0;
}

static int waits_for(const struct detector_def *d, const uint8_t *done)
{
	for (size_t i = 0; i < d->nof; i++)
		if (!done[d->of[i].index])
			return 1;
	for (size_t i = 0; i < d->nnear; i++)
		if (!done[d->near[i].index])
			return 1;
	return 0;
}

int near_plan(struct detect_set *set, struct ruledefs *defs, struct cfgerr *err)
{
	uint8_t *done = calloc(defs->n + 1, 1);
	size_t left = 0, before;
	set->composites.item = arena_alloc(set->arena, defs->n * sizeof *set->composites.item + 1);
	if (!done || !set->composites.item) {
		free(done);
		return cfgerr_set(err, NULL, 0, "out of memory");
	}
	for (size_t i = 0; i < defs->n; i++) {
		if (bind_all(&defs->detectors[i], defs, err) < 0) {
			free(done);
			return -1;
		}
		done[i] = !is_composite(&defs->detectors[i]);
		left += !done[i];
	}
	do {
		before = left;
		for (uint32_t i = 0; i < defs->n; i++)
			if (!done[i] && !waits_for(&defs->detectors[i], done)) {
				set->composites.item[set->composites.n++] = i;
				done[i] = 1;
				left--;
			}
	} while (left > 0 && left < before);
	int r = 0;
	for (size_t i = 0; i < defs->n && left > 0 && r == 0; i++)
		if (!done[i])
			r = cfgerr_set(err, defs->detectors[i].file, defs->detectors[i].line,
			               "detector \"%s\" asks for itself, by way of \"near\" or \"of\"", defs->detectors[i].id);
	free(done);
	return r;
}

/* The code points in [from, to) of the view, no more than most + 1. */
static size_t points(const struct view *v, size_t from, size_t to, size_t most)
{
	size_t n = 0;
	if (v->ascii || to - from > 4 * most) /* a code point has four bytes at most: so many need not be counted */
		return to - from;
	for (size_t i = from; i < to && n <= most; i++)
		n += ((unsigned char)v->data[i] & 0xc0) != 0x80;
	return n;
}

static int is_near(const struct view *v, const struct near_def *n, const struct span *p, const struct span *other)
{
	if (other->confidence < n->confidence)
		return 0;
	if (other->end <= p->start)
		return points(v, other->end, p->start, n->before) <= n->before;
	if (other->start >= p->end)
		return points(v, p->end, other->start, n->after) <= n->after;
	return 1; /* in one another */
}

/* What was made of a finding stands where that does, but is not near it. */
static int is_source(const struct detector_def *d, const struct span *p, const struct span *other)
{
	if (other->start != p->start || other->end != p->end)
		return 0;
	for (size_t i = 0; i < d->nof; i++)
		if (d->of[i].index == other->detector)
			return 1;
	return 0;
}

/* Several patterns may find the same: spans that overlap are one finding. */
static int is_counted(const struct span *const *counted, int n, const struct span *p)
{
	for (int i = 0; i < n; i++)
		if (p->start < counted[i]->end && counted[i]->start < p->end)
			return 1;
	return 0;
}

static int count_near(const struct detector_def *d, const struct detect_scratch *s, const struct near_def *n, const struct span *p, size_t nspans)
{
	const struct span *counted[RULEDEF_NEAR_MIN_MAX];
	int count = 0;
	for (size_t i = 0; i < nspans && count < n->min; i++) {
		const struct span *other = &s->spans[i];
		if (other->detector == n->index && is_near(&s->view, n, p, other) && !is_source(d, p, other) && !is_counted(counted, count, other))
			counted[count++] = other;
	}
	return count;
}

/* What its `near` makes of a span: its confidence, 0: it is none. */
static int judge(const struct detector_def *d, const struct detect_scratch *s, const struct span *p, size_t nspans)
{
	int add = 0, supported = 0;
	for (size_t i = 0; i < d->nnear; i++) {
		if (count_near(d, s, &d->near[i], p, nspans) >= d->near[i].min) {
			add += d->near[i].add;
			supported |= d->near[i].add > 0 || (d->near[i].required && d->near[i].add == 0);
		} else if (d->near[i].required) {
			return 0;
		}
	}
	int confidence = (supported ? p->uncapped : p->confidence) + add;
	return confidence < 1 ? 1 : confidence > 100 ? 100 : confidence;
}

static void make_of(const struct detect_set *set, struct detect_scratch *s, uint16_t detector, near_make make)
{
	const struct detector_def *d = set->detectors[detector].def;
	size_t n = s->nspans;
	/* what is added must not be gone through again, and spans may move: they are copied one by one */
	for (size_t k = 0; k < d->nof; k++)
		for (size_t i = 0; i < n && !budget_spent(&s->budget); i++) {
			const struct span p = s->spans[i];
			if (p.detector == d->of[k].index && p.confidence >= d->of[k].at_least)
				make(set, s, detector, d->of[k].confidence ? d->of[k].confidence : p.confidence, p.start, p.end);
		}
}

void near_apply(const struct detect_set *set, struct detect_scratch *s, near_make make)
{
	for (uint32_t k = 0; k < set->composites.n && s->nspans > 0 && !s->budget.over; k++) {
		uint16_t detector = (uint16_t)set->composites.item[k];
		const struct detector_def *d = set->detectors[detector].def;
		make_of(set, s, detector, make);
		size_t all = s->nspans, n = 0;
		for (size_t i = 0; i < all && d->nnear > 0; i++)
			if (s->spans[i].detector == detector)
				s->spans[i].confidence = (uint8_t)(budget_spent(&s->budget) ? s->spans[i].confidence : judge(d, s, &s->spans[i], all));
		for (size_t i = 0; i < all; i++)
			if (s->spans[i].confidence > 0)
				s->spans[n++] = s->spans[i];
		s->nspans = n;
	}
}
