#include "detect/stages.h"

#include "detect/candidate.h"
#include "detect/evidence.h"
#include "detect/numbers.h"
#include "detect/pass.h"
#include "detect/trace.h"

#include <string.h>

/* The literal of a word stands at `at`: is it the word? */
static void scan_word(const struct detect_set *set, struct detect_scratch *s, const struct word *w, size_t at)
{
	const struct detector *d = &set->detectors[w->detector];
	const char *text = w->term.exact ? s->view.data : scan_lower(s);
	size_t start = term_start(&w->term, w->at, text, at);
	size_t end = start == SIZE_MAX ? 0 : term_end(&w->term, text, s->view.size, start);
	if (end == 0 || budget_spent(&s->budget))
		return;
	if (valid_all(&d->def->validate, s->view.data + start, end - start) && !scan_excluded(d, s, start, end))
		candidate_note(set, s, w->detector, w->confidence, 100, start, end, start, end);
}

/* Evidence whose terms are in the text. */
static void see_evidence(const struct detect_set *set, struct detect_scratch *s, int n)
{
	const size_t first = set->npatterns + set->nwords;
	for (int i = 0; i < n; i++) {
		const struct pattern_list *users = &set->users[s->hits[i].literal];
		for (uint32_t k = users->n; k > 0 && users->item[k - 1] >= first; k--) /* they stand last */
			s->seen[users->item[k - 1] - first] = s->text_number;
	}
}

/* The terms that the literal matcher doesn't know are looked for once in a text, when they are first asked for. */
static int has_short_term(struct detect_scratch *s, const struct evidence *e)
{
	if (s->unseen[e->index] == s->text_number)
		return 0;
	int there = evidence_short(e, scan_terms(s));
	(there ? s->seen : s->unseen)[e->index] = s->text_number;
	return there;
}

/* Might a finding of the pattern count?  Not where no term of evidence that it needs is anywhere in the text. */
static int may_count(struct detect_scratch *s, const struct pattern *p)
{
	return p->gate == PATTERN_OPEN || !s->seen_told || s->seen[p->gate] == s->text_number || (p->gate_ascii && !s->view.ascii) ||
	       (p->gate_short && has_short_term(s, p->gate_short));
}

static void scan_literals(const struct detect_set *set, struct detect_scratch *s)
{
	if (set->want_lower)
		scan_lower(s);
	int n = literal_scan(set->literals, s->low, s->view.size, s->hits, SCAN_HITS_MAX);
	if (n < 0) {
		s->budget.limited = 1;
		n = SCAN_HITS_MAX;
	} else {
		s->seen_told = 1;
		see_evidence(set, s, n);
	}
	for (int i = 0; i < n && !s->budget.over; i++) {
		const struct literal_hit *h = &s->hits[i];
		const struct pattern_list *users = &set->users[h->literal];
		for (uint32_t k = 0; k < users->n && !s->budget.over; k++) {
			if (users->item[k] >= set->npatterns + set->nwords)
				break;
			if (users->item[k] >= set->npatterns) {
				scan_word(set, s, &set->words[users->item[k] - set->npatterns], h->start);
				continue;
			}
			struct candidate c = { .set = set, .s = s, .p = &set->patterns[users->item[k]] };
			if (!may_count(s, c.p))
				continue;
			size_t from = h->start > c.p->cls.before ? h->start - c.p->cls.before : 0;
			while (from > 0 && from < s->view.size && ((unsigned char)s->view.data[from] & 0xc0) == 0x80)
				from--;
			candidate_piece(&c, from, h->start);
		}
	}
}

static void scan_run(struct candidate *c, const struct number_run *r)
{
	const struct number_shapes *shapes = c->p->cls.numbers;
	const struct digit_block *blocks = c->s->sweep.blocks + r->block;
	if (!shapes) {
		candidate_piece(c, r->start, r->end - 1);
		return;
	}
	for (uint32_t i = 0; i < r->nblocks && !c->s->budget.over; i++)
		if (numbers_fit(shapes, blocks, r->nblocks, i))
			candidate_piece(c, blocks[i].start, blocks[i].end - 1);
}

static void scan_numbers(const struct detect_set *set, struct detect_scratch *s)
{
	for (uint32_t i = 0; i < set->numbers.n && s->sweep.nruns; i++) {
		struct candidate c = { .set = set, .s = s, .p = &set->patterns[set->numbers.item[i]] };
		if (c.p->cls.digits > s->sweep.run_digits)
			continue;
		for (size_t k = 0; k < s->sweep.nruns && !s->budget.over; k++)
			if (s->sweep.runs[k].digits >= c.p->cls.digits)
				scan_run(&c, &s->sweep.runs[k]);
	}
}

/* The hits of one pattern at one start.  Where nothing can refuse a match they follow each other as PCRE2's do; else each
 * start counts, so that no number hides another. */
static void take_hits(const struct detect_set *set, struct detect_scratch *s, const struct number_hit *h, size_t n)
{
	struct candidate c = { .set = set, .s = s, .p = &set->patterns[h->pattern] };
	struct scan_place *place = &s->places[h->pattern];
	size_t end = h->start;
	if (!may_count(s, c.p))
		return;
	if (!c.p->checked && place->text == s->text_number && place->next > h->start)
		return;
	for (size_t i = 0; i < n && end == h->start; i++) {
		if (!h[i].sure) {
			end = candidate_at(&c, h->start);
			break;
		}
		if (candidate_part(&c, h[i].start, h[i].end, h[i].start, h[i].end) || !c.p->checked)
			end = h[i].end;
	}
	if (!c.p->checked)
		*place = (struct scan_place){ s->text_number, (uint32_t)end };
}

static void scan_variants(const struct detect_set *set, struct detect_scratch *s)
{
	for (size_t k = 0; k < s->sweep.nruns && set->variants.n; k++) {
		const struct number_run *r = &s->sweep.runs[k];
		for (uint32_t i = 0; i < r->nblocks && !budget_spent(&s->budget); i++) {
			int n = number_index_find(set->index, &s->view, s->sweep.blocks + r->block, r->nblocks, i, s->number_hits);
			if (n < 0) {
				s->budget.limited = 1;
				n = NUMBER_HITS_MAX;
			}
			for (int from = 0, to; from < n; from = to) {
				to = from + 1;
				while (to < n && s->number_hits[to].pattern == s->number_hits[from].pattern)
					to++;
				take_hits(set, s, &s->number_hits[from], (size_t)(to - from));
			}
		}
	}
}

/* A pattern whose head fits at start. */
static void take_outline(const struct detect_set *set, struct detect_scratch *s, const struct trace_hit *h)
{
	struct candidate c = { .set = set, .s = s, .p = &set->patterns[h->pattern] };
	struct scan_place *place = &s->places[h->pattern];
	const struct outline *o = c.p->cls.outline;
	size_t end = h->start;
	int refused = 0;
	if ((place->text == s->text_number && place->next > h->start) || !may_count(s, c.p))
		return;
	for (int i = 0; i < o->nalts && end == h->start; i++) {
		size_t to = 0;
		int fits = outline_fits(o, i, s->view.data, s->view.size, h->start, &refused, &to);
		if (fits == 0)
			continue;
		if (fits < 0 || c.p->group) {
			end = candidate_at(&c, h->start);
			break;
		}
		if (candidate_part(&c, h->start, to, h->start, to) || !c.p->checked)
			end = to;
	}
	if (end > h->start)
		*place = (struct scan_place){ s->text_number, (uint32_t)end };
}

static void scan_outlines(const struct detect_set *set, struct detect_scratch *s)
{
	const struct trace_seen seen = { s->seen_told && s->view.ascii ? s->seen : NULL, s->text_number };
	struct trace_at at = { 0 };
	size_t n;
	while (!s->budget.over && (n = trace_find(set->trace, s->view.data, s->view.size, &s->sweep, &seen, &at, s->trace_hits, s->trace_hits_max)) > 0)
		for (size_t i = 0; i < n && !budget_spent(&s->budget); i++)
			take_outline(set, s, &s->trace_hits[i]);
}

static int possible(const struct classified *c, const struct sweep *w)
{
	return c->digits <= w->digits && (c->token < SWEEP_TOKEN_MIN || c->token <= w->token_max) &&
	       ((c->shapes[0] & w->shapes[0]) | (c->shapes[1] & w->shapes[1]) | (c->shapes[2] & w->shapes[2]) | (c->shapes[3] & w->shapes[3]));
}

/* The classes of the bytes at `at`, as far as the pattern fixes them. */
static int begins(const struct classified *c, const struct view *v, size_t at)
{
	if (((unsigned char)v->data[at] & 0xc0) == 0x80)
		return 0; /* inside a code point */
	for (size_t i = 0; i < 4; i++) {
		unsigned sh = at + i < v->size ? sweep_shape((unsigned char)v->data[at + i]) : SHAPE_OTHER;
		if (!(c->first[i] >> sh & 1))
			return 0;
	}
	return 1;
}

/* A pattern whose first characters are of fixed classes, a digit among them: tried where digits stand so. */
static void scan_at_digits(struct candidate *c)
{
	struct detect_scratch *s = c->s;
	size_t k = c->p->cls.digit_at;
	for (size_t i = 0; i < s->sweep.nblocks && !s->budget.over; i++) {
		const struct digit_block *b = &s->sweep.blocks[i];
		for (size_t at = b->start; at < b->end && !s->budget.over; at++)
			if (at >= k && begins(&c->p->cls, &s->view, at - k))
				candidate_piece(c, at - k, at - k);
	}
}

static void scan_tokens(struct candidate *c)
{
	struct detect_scratch *s = c->s;
	for (size_t i = 0; i < s->sweep.ntokens && !s->budget.over; i++) {
		const struct token *t = &s->sweep.tokens[i];
		if (t->end - t->start >= c->p->cls.leading)
			candidate_piece(c, t->start, t->end - c->p->cls.leading);
	}
}

static void scan_others(const struct detect_set *set, struct detect_scratch *s)
{
	for (uint32_t i = 0; i < set->others.n && !s->budget.over; i++) {
		struct candidate c = { .set = set, .s = s, .p = &set->patterns[set->others.item[i]] };
		if ((c.p->cls.wide && s->view.ascii) || !possible(&c.p->cls, &s->sweep) || (c.p->cls.need && !memchr(s->view.data, c.p->cls.need, s->view.size)))
			continue;
		if (pattern_is_token(&c.p->cls))
			scan_tokens(&c);
		else if (pattern_is_at_digit(&c.p->cls))
			scan_at_digits(&c);
		else
			candidate_all(&c, 0, s->view.size);
	}
}

void scan_view(const struct detect_set *set, struct detect_scratch *s)
{
	scan_literals(set, s);
	scan_variants(set, s);
	scan_outlines(set, s);
	scan_numbers(set, s);
	scan_others(set, s);
	edm_scan(set, s);
	prints_scan(set, s);
	s->seen_told = 0;
}
