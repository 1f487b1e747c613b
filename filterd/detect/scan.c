/* One call: text by text, its view, what stands in it and what it hides, and the findings of all this in the original. */
#include "detect/scratch.h"

#include "detect/candidate.h"
#include "detect/layers.h"
#include "detect/near.h"
#include "detect/sort.h"
#include "detect/stages.h"

#include <string.h>

static int by_place(const void *pa, const void *pb)
{
	const struct span *a = pa, *b = pb;
	if (a->detector != b->detector)
		return a->detector < b->detector ? -1 : 1;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->end < b->end ? -1 : a->end > b->end;
}

static int by_text(const void *pa, const void *pb)
{
	const struct finding *a = pa, *b = pb;
	if (a->text != b->text)
		return a->text < b->text ? -1 : 1;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->detector < b->detector ? -1 : a->detector > b->detector;
}

static void take_document(struct finding *f, const struct span *p)
{
	f->document = p->document;
	f->share_document = p->share_document;
	f->share_message = p->share_message;
}

/* Spans of one text → findings in the original, overlapping ones of a detector made one. */
static void report(struct detect_scratch *s, size_t text, struct finding *out, size_t *n)
{
	sort_items(s->spans, s->nspans, sizeof *s->spans, by_place);
	struct finding *last = NULL;
	for (size_t i = 0; i < s->nspans; i++) {
		const struct span *p = &s->spans[i];
		size_t start, end;
		view_map(&s->view, p->start, p->end, &start, &end);
		if (last && last->detector == p->detector && start < last->end) {
			if (end > last->end)
				last->end = (uint32_t)end;
			if (p->confidence > last->confidence)
				last->confidence = p->confidence;
			if (p->share_document > last->share_document)
				take_document(last, p);
			continue;
		}
		if (*n == DETECT_FINDINGS_MAX) {
			s->budget.limited = 1;
			return;
		}
		last = &out[(*n)++];
		*last = (struct finding){ .text = (uint16_t)text, .detector = p->detector, .start = (uint32_t)start, .end = (uint32_t)end, .confidence = p->confidence };
		take_document(last, p);
	}
}

/* A span of another detector becomes one of this, with its own evidence and exclusions. */
static void note_composite(const struct detect_set *set, struct detect_scratch *s, uint16_t detector, int base, size_t start, size_t end)
{
	const struct detector *d = &set->detectors[detector];
	if (s->low_stale && scan_sweep(set, s) < 0) {
		s->budget.limited = 1;
		return;
	}
	if (valid_all(&d->def->validate, s->view.data + start, end - start) && !scan_excluded(d, s, start, end))
		scan_note(set, s, detector, base, start, end);
}

enum cause detect_scan(const struct detect_set *set, struct detect_scratch *s, const struct detect_text *texts,
                       size_t ntexts, uint32_t budget_us, struct finding *out, size_t *n_r)
{
	enum cause cause = CAUSE_NONE;
	size_t n = 0;
	s->budget = (struct budget){ .budget_us = budget_us, .over = budget_us == 0, .calls_max = BUDGET_CALLS };
	for (size_t i = 0; i < ntexts && !s->budget.over; i++) {
		s->nspans = 0;
		s->budget.calls_max += texts[i].size / BUDGET_BYTES_PER_CALL;
		if (texts[i].size > SCAN_SHORT_TEXT)
			budget_start(&s->budget);
		memset(s->per_detector, 0, s->ndetectors * sizeof *s->per_detector);
		int r = view_make(&s->view, texts[i].data, texts[i].size);
		if (r == VIEW_OK && scan_sweep(set, s) < 0)
			r = VIEW_NOMEM;
		if (r < 0) {
			cause = r == VIEW_INVALID ? CAUSE_UNSCANNABLE : CAUSE_LIMIT;
			continue;
		}
		scan_view(set, s);
		r = layers_scan(set, s);
		if (set->composites.n > 0)
			near_apply(set, s, note_composite);
		report(s, i, out, &n);
		if (r < 0)
			cause = CAUSE_LIMIT;
	}
	sort_items(out, n, sizeof *out, by_text);
	*n_r = n;
	return s->budget.over || s->budget.limited ? CAUSE_OVER_BUDGET : cause;
}
