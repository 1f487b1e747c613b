#include "detect/candidate.h"

#include "detect/evidence.h"
#include "detect/syntax.h"

#include <string.h>

static int bounded(int c)
{
	return c < 1 ? 1 : c > 100 ? 100 : c;
}

/* Confidence of a span that has passed, from that of its pattern or word, its evidence and what raises it; 0: required evidence is not
 * there.  Without any of these that speaks for it, no more than cap. */
static int confidence(const struct detector *d, int c, int cap, struct detect_scratch *s, size_t start, size_t end, int *uncapped_r)
{
	for (size_t i = 0; i < d->def->nraises; i++)
		if (valid_all(&d->def->raises[i].validate, s->view.data + start, end - start)) {
			c += d->def->raises[i].add;
			cap = d->def->raises[i].add > 0 ? 100 : cap;
		}
	for (size_t i = 0; i < d->def->nevidence; i++) {
		const struct evidence *e = &d->evidence[i];
		if (evidence_holds(e, scan_terms(s), start, end)) {
			c += e->def->add;
			cap = evidence_supports(e) ? 100 : cap;
		} else if (e->def->required) {
			return 0;
		}
	}
	*uncapped_r = bounded(c);
	return bounded(c < cap ? c : cap);
}

/* Many patterns ask the same of the same digits. */
static int shared_answer(struct detect_scratch *s, const struct check *k, size_t start, size_t end)
{
	struct scan_answer *a = &s->answers[((uintptr_t)k->plain >> 4 ^ end) % SCAN_ANSWERS];
	if (a->plain != k->plain || a->start != start || a->end != end || a->text != s->text_number)
		*a = (struct scan_answer){ k->plain, s->text_number, (uint32_t)start, (uint32_t)end, k->plain(s->view.data + start, end - start, NULL) };
	return a->stands;
}

/* True if the sensitive part [start, end) is what the detector means: validators and exclusions. */
static int stands(void *arg, size_t start, size_t end)
{
	const struct candidate *c = arg;
	const struct pattern *p = c->p;
	const char *text = c->s->view.data + start;
	if (end <= start || end > c->s->view.size)
		return 0;
	if (budget_spent(&c->s->budget))
		return -1;
	for (const struct check *k = p->checks; k < p->checks + p->nchecks; k++)
		if (!(k->own ? k->own(text, end - start, k->arg) : k->arg ? k->plain(text, end - start, k->arg) : shared_answer(c->s, k, start, end)))
			return 0;
	return !p->excludes || !scan_excluded(&c->set->detectors[p->detector], c->s, start, end);
}

/* Takes down a place that stands, unless required evidence is missing. */
void candidate_note(const struct detect_set *set, struct detect_scratch *s, uint16_t detector, int base, int cap, size_t start, size_t end,
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
	candidate_note(set, s, detector, base, 100, start, end, start, end);
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
int candidate_part(struct candidate *c, size_t start, size_t end, size_t match_start, size_t match_end)
{
	struct detect_scratch *s = c->s;
	const struct pattern *p = c->p;
	if (end <= start || end > s->view.size || (p->checked && stands(c, start, end) != 1))
		return 0;
	candidate_note(c->set, s, p->detector, p->confidence, p->cap, start, end, match_start, match_end);
	return 1;
}

/* The same for the match in the match data. */
static int judge(struct candidate *c)
{
	const PCRE2_SIZE *ov = pcre2_get_ovector_pointer(c->s->run.data);
	size_t start = ov[2 * c->p->group];
	return start != PCRE2_UNSET && candidate_part(c, start, ov[2 * c->p->group + 1], ov[0], ov[1]);
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
size_t candidate_all(struct candidate *c, size_t from, size_t last)
{
	struct detect_scratch *s = c->s;
	size_t starts = starts_per_call(c->p);
	c->window = window(c->p, &s->view, last);
	while (from <= last && !budget_spent(&s->budget)) {
		size_t to = last - from < starts ? last : from + starts;
		if (to < last)
			budget_look(&s->budget);
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

/* candidate_all() for a pattern that comes to a text in several pieces. */
void candidate_piece(struct candidate *c, size_t from, size_t last)
{
	struct scan_place *place = &c->s->places[c->p - c->set->patterns];
	size_t next = place->text == c->s->text_number ? place->next : 0;
	if (from < next)
		from = next;
	if (from > last)
		return;
	*place = (struct scan_place){ c->s->text_number, (uint32_t)candidate_all(c, from, last) };
}

/* What PCRE2 finds at start and nowhere else.  Returns where it ends; start: nothing, or what is refused. */
size_t candidate_at(struct candidate *c, size_t start)
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
