/* What one scanning process works with: memory, the budget of a call, and the text at hand in the forms that it is asked for in. */
#include "detect/scratch.h"

#include "base/clock.h"
#include "base/text.h"
#include "detect/fold.h"
#include "detect/pass.h"
#include "detect/trace.h"

#include <stdlib.h>
#include <string.h>

enum { BUDGET_CLOCK_EVERY = 64, BUDGET_CALL = 16, TRACE_HITS = 256 };

void budget_start(struct budget *b)
{
	if (b->deadline_us == 0)
		b->deadline_us = clock_us() + b->budget_us;
}

void budget_call(struct budget *b)
{
	budget_start(b);
	b->ticks += BUDGET_CALL;
	b->over |= ++b->calls > b->calls_max;
}

void budget_look(struct budget *b)
{
	b->ticks = BUDGET_CLOCK_EVERY;
}

int budget_spent(struct budget *b)
{
	if (b->over || ++b->ticks < BUDGET_CLOCK_EVERY)
		return b->over;
	b->ticks = 0;
	budget_start(b);
	b->over = clock_us() >= b->deadline_us;
	return b->over;
}

static int tick(void *arg)
{
	return budget_spent(arg);
}

struct detect_scratch *detect_scratch_new(const struct detect_set *set)
{
	struct detect_scratch *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->ndetectors = set->ndetectors;
	s->npatterns = set->npatterns;
	s->nevidence = set->nevidence;
	s->spans = calloc(SCAN_SPANS_MAX, sizeof *s->spans);
	s->per_detector = calloc(set->ndetectors + 1, sizeof *s->per_detector);
	s->hits = calloc(SCAN_HITS_MAX, sizeof *s->hits);
	s->seen = calloc(set->nevidence + 1, sizeof *s->seen);
	s->unseen = calloc(set->nevidence + 1, sizeof *s->unseen);
	s->places = calloc(set->npatterns + 1, sizeof *s->places);
	s->trace_hits_max = TRACE_HITS + set->traced.n;
	s->trace_hits = calloc(s->trace_hits_max, sizeof *s->trace_hits);
	s->number_hits = calloc(NUMBER_HITS_MAX, sizeof *s->number_hits);
	s->edm = set->edm ? edm_scratch_new() : NULL;
	s->prints = set->prints ? prints_scratch_new() : NULL;
	if ((set->edm && !s->edm) || (set->prints && !s->prints) || !s->spans || !s->seen || !s->unseen || !s->trace_hits || !s->number_hits || !s->hits || !s->places || !s->per_detector || regex_run_init(&s->run, set->ngroups_max) < 0 ||
	    regex_run_init(&s->exclude_run, set->ngroups_max) < 0) {
		detect_scratch_free(&s);
		return NULL;
	}
	s->run.tick = s->exclude_run.tick = tick;
	s->run.tick_arg = s->exclude_run.tick_arg = &s->budget;
	return s;
}

void detect_scratch_free(struct detect_scratch **sp)
{
	struct detect_scratch *s = *sp;
	if (!s)
		return;
	view_free(&s->view);
	for (int i = 0; i < DECODE_DEPTH_MAX; i++) {
		view_free(&s->below[i]);
		decode_free(&s->decoded[i]);
	}
	regex_run_free(&s->run);
	regex_run_free(&s->exclude_run);
	if (s->low)
		explicit_bzero(s->low, s->low_cap);
	free(s->low);
	sweep_free(&s->sweep);
	free(s->hits);
	free(s->number_hits);
	free(s->trace_hits);
	free(s->places);
	free(s->seen);
	free(s->unseen);
	free(s->spans);
	free(s->per_detector);
	free(s->profile);
	edm_scratch_free(&s->edm);
	prints_scratch_free(&s->prints);
	free(s);
	*sp = NULL;
}

int scan_sweep(const struct detect_set *set, struct detect_scratch *s)
{
	size_t need = s->view.size + LITERAL_PAD;
	if (s->low_cap < need) {
		char *p = realloc(s->low, need);
		if (!p)
			return -1;
		s->low = p;
		s->low_cap = need;
	}
	memset(s->low + s->view.size, 0, LITERAL_PAD);
	s->low_whole = s->low_stale = 0;
	s->low_text.s = NULL;
	if (++s->text_number == 0) { /* wrapped: old places would count again */
		memset(s->places, 0, s->npatterns * sizeof *s->places);
		memset(s->answers, 0, sizeof s->answers);
		memset(s->seen, 0, s->nevidence * sizeof *s->seen);
		memset(s->unseen, 0, s->nevidence * sizeof *s->unseen);
		s->text_number = 1;
	}
	return sweep_make(&s->sweep, s->view.data, s->view.size, set->want_shapes, s->low);
}

/* The next byte above ASCII at or behind i, or size. */
static size_t next_high(const char *s, size_t size, size_t i)
{
	uint64_t w;
	for (; i + sizeof w <= size; i += sizeof w) {
		memcpy(&w, s + i, sizeof w);
		if (w & 0x8080808080808080u)
			break;
	}
	while (i < size && (unsigned char)s[i] < 0x80)
		i++;
	return i;
}

/* The view in lower case, same offsets: sweep_make() did ASCII, few texts ever ask for the rest. */
const char *scan_lower(struct detect_scratch *s)
{
	const struct view *v = &s->view;
	for (size_t i = 0; !v->ascii && !s->low_whole && (i = next_high(v->data, v->size, i)) < v->size;) {
		uint32_t cp = 0;
		int n = text_decode(v->data + i, v->size - i, &cp);
		if (n > 1)
			text_encode(fold_lower(cp), s->low + i);
		i += (size_t)(n > 0 ? n : 1);
	}
	s->low_whole = 1;
	return s->low;
}

const struct term_text *scan_terms(struct detect_scratch *s)
{
	struct term_text *t = &s->low_text;
	if (!t->s) { /* in long texts all letters are somewhere */
		uint64_t letters = s->view.size <= SCAN_SHORT_TEXT ? term_letters(s->low, s->view.size) : UINT64_MAX;
		*t = (struct term_text){ s->low, s->view.size, s->view.ascii, letters };
	}
	if (!t->ascii)
		scan_lower(s);
	return t;
}
