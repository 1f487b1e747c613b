#include "detect/scan.h"

#include "base/clock.h"
#include "base/text.h"
#include "detect/evidence.h"
#include "detect/fold.h"
#include "detect/near.h"
#include "detect/numbers.h"
#include "detect/pass.h"
#include "detect/sort.h"
#include "detect/syntax.h"
#include "detect/trace.h"

#include <stdlib.h>
#include <string.h>

enum { BUDGET_CLOCK_EVERY = 64, BUDGET_CALL = 16, TRACE_HITS = 256, SHORT_TEXT = 1024, SURROUNDINGS_MAX = 8192, CUT_MARGIN = 128, BORDER_MARGIN = 2 };

/* Short texts that never meet PCRE2 are through before a look at the clock would be. */
static void budget_start(struct budget *b)
{
	if (b->deadline_us == 0)
		b->deadline_us = clock_us() + b->budget_us;
}

/* A call of PCRE2 is more than a step. */
static void budget_call(struct budget *b)
{
	budget_start(b);
	b->ticks += BUDGET_CALL;
	b->over |= ++b->calls > b->calls_max;
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
	s->spans = calloc(SCAN_SPANS_MAX, sizeof *s->spans);
	s->per_detector = calloc(set->ndetectors + 1, sizeof *s->per_detector);
	s->hits = calloc(SCAN_HITS_MAX, sizeof *s->hits);
	s->seen = calloc(set->nevidence + 1, sizeof *s->seen);
	s->places = calloc(set->npatterns + 1, sizeof *s->places);
	s->trace_hits_max = TRACE_HITS + set->traced.n;
	s->trace_hits = calloc(s->trace_hits_max, sizeof *s->trace_hits);
	s->number_hits = calloc(NUMBER_HITS_MAX, sizeof *s->number_hits);
	s->edm = set->edm ? edm_scratch_new() : NULL;
	s->prints = set->prints ? prints_scratch_new() : NULL;
	if ((set->edm && !s->edm) || (set->prints && !s->prints) || !s->spans || !s->seen || !s->trace_hits || !s->number_hits || !s->hits || !s->places || !s->per_detector || regex_run_init(&s->run, set->ngroups_max) < 0 ||
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
	free(s->spans);
	free(s->per_detector);
	free(s->profile);
	edm_scratch_free(&s->edm);
	prints_scratch_free(&s->prints);
	free(s);
	*sp = NULL;
}

/* The view in lower case, same offsets: sweep_make() did ASCII, few texts ever ask for the rest. */
const char *scan_lower(struct detect_scratch *s)
{
	const struct view *v = &s->view;
	for (size_t i = 0; !v->ascii && !s->low_whole && i < v->size;) {
		uint32_t cp = 0;
		if ((unsigned char)v->data[i] < 0x80) {
			i++;
			continue;
		}
		int n = text_decode(v->data + i, v->size - i, &cp);
		if (n > 1)
			text_encode(fold_lower(cp), s->low + i);
		i += (size_t)(n > 0 ? n : 1);
	}
	s->low_whole = 1;
	return s->low;
}

static int passes(const struct valid_list *l, const char *s, size_t size)
{
	for (int i = 0; i < l->n; i++)
		if (!valid_run(&l->use[i], s, size))
			return 0;
	return 1;
}

static int bounded(int c)
{
	return c < 1 ? 1 : c > 100 ? 100 : c;
}

/* Confidence of a span that has passed, from that of its pattern or word, its evidence and what raises it; 0: required evidence is not
 * there.  Without any of these that speaks for it, no more than cap. */
static int confidence(const struct detector *d, int c, int cap, struct detect_scratch *s, size_t start, size_t end, int *uncapped_r)
{
	for (size_t i = 0; i < d->def->nraises; i++)
		if (passes(&d->def->raises[i].validate, s->view.data + start, end - start)) {
			c += d->def->raises[i].add;
			cap = d->def->raises[i].add > 0 ? 100 : cap;
		}
	for (size_t i = 0; i < d->def->nevidence; i++) {
		const struct evidence *e = &d->evidence[i];
		const char *low = scan_lower(s);
		if (evidence_holds(e, low, s->view.size, s->view.ascii, start, end)) {
			c += e->def->add;
			cap = evidence_supports(e) ? 100 : cap;
		} else if (e->def->required) {
			return 0;
		}
	}
	*uncapped_r = bounded(c);
	return bounded(c < cap ? c : cap);
}

struct candidate {
	const struct detect_set *set;
	struct detect_scratch *s;
	const struct pattern *p;
	size_t window; /* PCRE2 sees the view up to here */
};

/* True if the sensitive part [start, end) is what the detector means: validators and exclusions. */
static int stands(void *arg, size_t start, size_t end)
{
	const struct candidate *c = arg;
	const struct detector *d = &c->set->detectors[c->p->detector];
	const char *text = c->s->view.data + start;
	if (end <= start || end > c->s->view.size)
		return 0;
	if (budget_spent(&c->s->budget))
		return -1;
	return passes(&c->p->def->validate, text, end - start) && passes(&d->def->validate, text, end - start) &&
	       !scan_excluded(d, c->s, start, end);
}

/* Takes down a place that stands, unless required evidence is missing. */
static void note(const struct detect_set *set, struct detect_scratch *s, uint16_t detector, int base, int cap, size_t start, size_t end,
                 size_t match_start, size_t match_end)
{
	int uncapped, conf = confidence(&set->detectors[detector], base, cap, s, start, end, &uncapped);
	if (conf == 0)
		return;
	if (s->nspans == SCAN_SPANS_MAX || s->per_detector[detector] == SCAN_SPANS_PER_DETECTOR_MAX) {
		s->budget.limited = 1; /* that many is a bulk of it: policy hears of the cut */
		return;
	}
	s->per_detector[detector]++;
	s->spans[s->nspans++] = (struct span){ .start = (uint32_t)start, .end = (uint32_t)end, .match_start = (uint32_t)match_start,
	                                          .match_end = (uint32_t)match_end, .detector = detector, .confidence = (uint8_t)conf, .uncapped = (uint8_t)uncapped };
}

void scan_note(const struct detect_set *set, struct detect_scratch *s, uint16_t detector, int base, size_t start, size_t end)
{
	note(set, s, detector, base, 100, start, end, start, end);
}

void scan_note_document(const struct detect_set *set, struct detect_scratch *s, uint16_t detector, int base, size_t start, size_t end,
                        const struct prints_found *f)
{
	size_t n = s->nspans;
	scan_note(set, s, detector, base, start, end);
	if (s->nspans == n)
		return;
	s->spans[n].document = f->id;
	s->spans[n].share_document = f->share_document;
	s->spans[n].share_message = f->share_message;
}

/* Notes the sensitive part if it stands.  1: it stands, 0: it doesn't. */
static int judge_part(struct candidate *c, size_t start, size_t end, size_t match_start, size_t match_end)
{
	struct detect_scratch *s = c->s;
	const struct pattern *p = c->p;
	if (end <= start || end > s->view.size || (p->checked && stands(c, start, end) != 1))
		return 0;
	note(c->set, s, p->detector, p->def->confidence, p->cap, start, end, match_start, match_end);
	return 1;
}

/* The same for the match in the match data. */
static int judge(struct candidate *c)
{
	const PCRE2_SIZE *ov = pcre2_get_ovector_pointer(c->s->run.data);
	size_t start = ov[2 * c->p->group];
	return start != PCRE2_UNSET && judge_part(c, start, ov[2 * c->p->group + 1], ov[0], ov[1]);
}

static size_t next_point(const struct view *v, size_t at)
{
	at++;
	while (at < v->size && ((unsigned char)v->data[at] & 0xc0) == 0x80)
		at++;
	return at;
}

/* A match that was refused may hide a good one that begins in it: "1234 4111 1111 1111 1111" hides a card behind a
 * number, "… BIC" an IBAN before a word.  Looks at every start and every end there, without disturbing the iteration
 * outside. */
static void retry_inside(struct candidate *c, size_t from, size_t to)
{
	struct detect_scratch *s = c->s;
	if (!c->p->re.callout)
		from = next_point(&s->view, from);
	while (from < to && !budget_spent(&s->budget)) {
		budget_call(&s->budget);
		int rc = regex_match_judged(&c->p->re, &s->run, s->view.data, c->window, from, to - 1, s->view.ascii, c->p->group, stands, c);
		if (rc < 0)
			s->budget.limited = 1;
		if (rc != 1)
			return;
		const PCRE2_SIZE *ov = pcre2_get_ovector_pointer(s->run.data);
		size_t start = ov[0], end = ov[1];
		from = judge(c) && end > start ? end : next_point(&s->view, start);
	}
}

enum { WINDOW_UNBOUNDED = 64 << 10 };

/* PCRE2 need not see more than a match that begins at last can reach: that bounds the cost of a call. */
static size_t window(const struct pattern *p, const struct view *v, size_t last)
{
	size_t reach = p->cls.width < SYNTAX_INF ? p->cls.width + 16 : WINDOW_UNBOUNDED;
	if (v->size - last <= reach)
		return v->size;
	size_t end = last + reach;
	while (end < v->size && ((unsigned char)v->data[end] & 0xc0) == 0x80)
		end++;
	return end;
}

/* How many starts PCRE2 may try in one call, so that the clock is looked at about every millisecond. */
static size_t starts_per_call(const struct pattern *p)
{
	double n = CLASSIFY_COST_MAX / p->cls.cost;
	return p->re.watched || n > 1e9 ? SIZE_MAX / 2 : n < 1 ? 1 : (size_t)n;
}

/* All matches of the pattern that begin in [from, last], as PCRE2 finds them one behind the other.  Returns where
 * to go on. */
static size_t find_all(struct candidate *c, size_t from, size_t last)
{
	struct detect_scratch *s = c->s;
	size_t starts = starts_per_call(c->p);
	c->window = window(c->p, &s->view, last);
	while (from <= last && !budget_spent(&s->budget)) {
		size_t to = last - from < starts ? last : from + starts;
		if (to < last)
			s->budget.ticks = BUDGET_CLOCK_EVERY; /* a call may take long: look at the clock before the next */
		budget_call(&s->budget);
		int rc = regex_match(&c->p->re, &s->run, s->view.data, c->window, from, to, s->view.ascii);
		const PCRE2_SIZE *ov = pcre2_get_ovector_pointer(s->run.data);
		if (rc == 1 && ov[1] == c->window && c->window < s->view.size) { /* may go on behind it */
			c->window = s->view.size;
			continue;
		}
		if (rc < 0)
			s->budget.limited = 1;
		if (rc == 0 && to < last) {
			from = next_point(&s->view, to);
			continue;
		}
		if (rc != 1)
			return next_point(&s->view, last); /* PCRE2 must not begin inside a character */
		size_t start = ov[0], end = ov[1];
		if (!judge(c) && c->p->checked && end > start)
			retry_inside(c, start, end);
		from = end > start ? end : next_point(&s->view, start > from ? start : from);
	}
	return from;
}

/* find_all() for a pattern that comes to a text in several pieces. */
static void find_piece(struct candidate *c, size_t from, size_t last)
{
	struct scan_place *place = &c->s->places[c->p - c->set->patterns];
	size_t next = place->text == c->s->text_number ? place->next : 0;
	if (from < next)
		from = next;
	if (from > last)
		return;
	*place = (struct scan_place){ c->s->text_number, (uint32_t)find_all(c, from, last) };
}

/* The literal of a word stands at `at`: is it the word? */
static void scan_word(const struct detect_set *set, struct detect_scratch *s, const struct word *w, size_t at)
{
	const struct detector *d = &set->detectors[w->detector];
	const char *text = w->term.exact ? s->view.data : scan_lower(s);
	size_t start = term_start(&w->term, w->at, text, at);
	size_t end = start == SIZE_MAX ? 0 : term_end(&w->term, text, s->view.size, start);
	if (end == 0 || budget_spent(&s->budget))
		return;
	if (passes(&d->def->validate, s->view.data + start, end - start) && !scan_excluded(d, s, start, end))
		note(set, s, w->detector, w->confidence, 100, start, end, start, end);
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

/* Might a finding of the pattern count?  Not where no term of evidence that it needs is anywhere in the text. */
static int may_count(const struct detect_scratch *s, const struct pattern *p)
{
	return p->gate == PATTERN_OPEN || !s->seen_told || s->seen[p->gate] == s->text_number || (p->gate_ascii && !s->view.ascii);
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
			find_piece(&c, from, h->start);
		}
	}
}

static void scan_run(struct candidate *c, const struct number_run *r)
{
	const struct number_shapes *shapes = c->p->cls.numbers;
	const struct digit_block *blocks = c->s->sweep.blocks + r->block;
	if (!shapes) {
		find_piece(c, r->start, r->end - 1);
		return;
	}
	for (uint32_t i = 0; i < r->nblocks && !c->s->budget.over; i++)
		if (numbers_fit(shapes, blocks, r->nblocks, i))
			find_piece(c, blocks[i].start, blocks[i].end - 1);
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

/* What PCRE2 finds at start and nowhere else.  Returns where it ends; start: nothing, or what is refused. */
static size_t find_at(struct candidate *c, size_t start)
{
	struct detect_scratch *s = c->s;
	budget_call(&s->budget);
	c->window = window(c->p, &s->view, start);
	int judged = c->p->checked && c->p->re.callout;
	int rc = judged ? regex_match_judged(&c->p->re, &s->run, s->view.data, c->window, start, start, s->view.ascii, c->p->group, stands, c)
	                : regex_match(&c->p->re, &s->run, s->view.data, c->window, start, start, s->view.ascii);
	if (rc < 0)
		s->budget.limited = 1;
	if (rc != 1)
		return start;
	size_t end = pcre2_get_ovector_pointer(s->run.data)[1];
	return judge(c) || !c->p->checked ? end : start;
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
			end = find_at(&c, h->start);
			break;
		}
		if (judge_part(&c, h[i].start, h[i].end, h[i].start, h[i].end) || !c.p->checked)
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
	if ((place->text == s->text_number && place->next > h->start) || !may_count(s, c.p))
		return;
	for (int i = 0; i < o->nalts && end == h->start; i++) {
		size_t to = 0;
		int fits = outline_fits(o, i, s->view.data, s->view.size, h->start, &to);
		if (fits == 0)
			continue;
		if (fits < 0 || c.p->group) {
			end = find_at(&c, h->start);
			break;
		}
		if (judge_part(&c, h->start, to, h->start, to) || !c.p->checked)
			end = to;
	}
	if (end > h->start)
		*place = (struct scan_place){ s->text_number, (uint32_t)end };
}

static void scan_outlines(const struct detect_set *set, struct detect_scratch *s)
{
	struct trace_at at = { 0 };
	size_t n;
	while (!s->budget.over && (n = trace_find(set->trace, s->view.data, s->view.size, &s->sweep, &at, s->trace_hits, s->trace_hits_max)) > 0)
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
				find_piece(c, at - k, at - k);
	}
}

static void scan_tokens(struct candidate *c)
{
	struct detect_scratch *s = c->s;
	for (size_t i = 0; i < s->sweep.ntokens && !s->budget.over; i++) {
		const struct token *t = &s->sweep.tokens[i];
		if (t->end - t->start >= c->p->cls.leading)
			find_piece(c, t->start, t->end - c->p->cls.leading);
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
			find_all(&c, 0, s->view.size);
	}
}

static int sweep(const struct detect_set *set, struct detect_scratch *s)
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
	if (++s->text_number == 0) { /* wrapped: old places would count again */
		memset(s->places, 0, s->npatterns * sizeof *s->places);
		s->text_number = 1;
	}
	return sweep_make(&s->sweep, s->view.data, s->view.size, set->want_shapes, s->low);
}

static void scan_view(const struct detect_set *set, struct detect_scratch *s)
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

static void swap_views(struct view *a, struct view *b)
{
	struct view t = *a;
	*a = *b;
	*b = t;
}

/* A match in a layer that no decoded piece takes part in was found in the view below already, or is none there.  But evidence that
 * it was short of may be decoded, and stand outside: then it counts, unless a piece or a cut is beside it and it only looks
 * like a match. */
static int is_news(const struct detector *by, const struct view *layer, const struct decoded *d, size_t base, size_t start, size_t end)
{
	size_t a, b, from = base + start, to = base + end;
	if (decode_map(d, from, to, &a, &b) > 0)
		return 1;
	if (by->def->nevidence == 0 || (base > 0 && start < CUT_MARGIN) || (base + layer->text_size < d->size && layer->text_size - end < CUT_MARGIN))
		return 0;
	/* a keyword in mixed scripts may stand right beside it: letters of it were letters before */
	return d->mixed || decode_map(d, from > BORDER_MARGIN ? from - BORDER_MARGIN : 0, to + BORDER_MARGIN, &a, &b) == 0;
}

/* Spans found in a layer, which is the decoded text from base on, become spans of the view that it was decoded from. */
static void lower_spans(const struct detect_set *set, struct detect_scratch *s, size_t from, const struct view *layer, const struct decoded *d, size_t base)
{
	size_t n = from;
	for (size_t i = from; i < s->nspans; i++) {
		struct span p = s->spans[i];
		size_t start, end, a, b;
		view_map(layer, p.match_start, p.match_end, &start, &end);
		if (!is_news(&set->detectors[p.detector], layer, d, base, start, end)) {
			s->per_detector[p.detector]--;
			continue;
		}
		decode_map(d, base + start, base + end, &a, &b);
		p.match_start = (uint32_t)a;
		p.match_end = (uint32_t)b;
		view_map(layer, p.start, p.end, &start, &end);
		decode_map(d, base + start, base + end, &a, &b);
		p.start = (uint32_t)a;
		p.end = (uint32_t)b;
		s->spans[n++] = p;
	}
	s->nspans = n;
}

/* The surroundings of the pieces from *next on that stand close to each other: what else is there was looked at before. */
static void surroundings(const struct detect_set *set, const struct decoded *d, size_t *next, size_t *from_r, size_t *to_r)
{
	size_t context = set->context, from = d->pieces[*next].from, to;
	from = from > context ? from - context : 0;
	do
		to = d->pieces[(*next)++].to + context;
	while (*next < d->npieces && d->pieces[*next].from <= to + context);
	to = to < d->size ? to : d->size;
	while (from > 0 && sweep_is_token((unsigned char)d->data[from - 1]) && d->pieces[*next - 1].to - from < SURROUNDINGS_MAX)
		from--;
	while (from > 0 && ((unsigned char)d->data[from] & 0xc0) == 0x80)
		from--;
	while (to < d->size && to - from < SURROUNDINGS_MAX && (sweep_is_token((unsigned char)d->data[to]) || d->data[to] == '\n' || d->data[to] == '\r'))
		to++; /* a key in lines of base64 is a match of many */
	while (to < d->size && ((unsigned char)d->data[to] & 0xc0) == 0x80)
		to++;
	*from_r = from;
	*to_r = to;
}

static int scan_hidden(const struct detect_set *set, struct detect_scratch *s, int depth);

/* Looks at bytes [from, to) of what d has decoded; the view it was made of lies below. */
static int scan_layer(const struct detect_set *set, struct detect_scratch *s, int depth, size_t from, size_t to)
{
	const struct decoded *d = &s->decoded[depth];
	size_t before = s->nspans;
	int r = view_make(&s->view, d->data + from, to - from);
	if (r == VIEW_OK && sweep(set, s) < 0)
		r = VIEW_NOMEM;
	if (r == VIEW_OK) {
		scan_view(set, s);
		if (s->layer)
			s->layer(s->layer_arg, depth, from);
		r = scan_hidden(set, s, depth + 1);
	}
	if (r == VIEW_OK)
		lower_spans(set, s, before, &s->view, d, from);
	else
		s->nspans = before;
	return r;
}

/* What the view at hand hides in an encoding, decoded, is looked at like any text; depth such layers are below already. */
static int scan_hidden(const struct detect_set *set, struct detect_scratch *s, int depth)
{
	if (depth == DECODE_DEPTH_MAX || s->budget.over || !decode_wanted(s->view.data, s->view.size, s->sweep.ntokens > 0))
		return VIEW_OK;
	struct decoded *d = &s->decoded[depth];
	int r = decode_make(d, s->view.data, s->view.size);
	s->budget.limited |= d->cut;
	if (r <= 0)
		return r < 0 ? VIEW_NOMEM : VIEW_OK;
	swap_views(&s->view, &s->below[depth]);
	r = VIEW_OK;
	for (size_t next = 0, from, to; next < d->npieces && r == VIEW_OK && !s->budget.over;) {
		surroundings(set, d, &next, &from, &to);
		r = scan_layer(set, s, depth, from, to);
	}
	swap_views(&s->view, &s->below[depth]);
	s->low_stale = 1;
	return r;
}

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
	if (s->low_stale && sweep(set, s) < 0) {
		s->budget.limited = 1;
		return;
	}
	if (passes(&d->def->validate, s->view.data + start, end - start) && !scan_excluded(d, s, start, end))
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
		if (texts[i].size > SHORT_TEXT)
			budget_start(&s->budget);
		memset(s->per_detector, 0, s->ndetectors * sizeof *s->per_detector);
		int r = view_make(&s->view, texts[i].data, texts[i].size);
		if (r == VIEW_OK && sweep(set, s) < 0)
			r = VIEW_NOMEM;
		if (r < 0) {
			cause = r == VIEW_INVALID ? CAUSE_UNSCANNABLE : CAUSE_LIMIT;
			continue;
		}
		scan_view(set, s);
		r = scan_hidden(set, s, 0);
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
