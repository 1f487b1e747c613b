/* Why did or didn't a detector find something: the same steps as a scan, told one by one. */
#include "detect/evidence.h"
#include "detect/scratch.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXPLAIN_BUDGET_US = 5000000, MATCHES_MAX = 20 };

struct teller {
	const struct detect_set *set;
	struct detect_scratch *s;
	const struct detector *d;
	const char *text;
	detect_line line;
	void *arg;
	const struct finding *out; /* of the scan */
	size_t n;
	int level;                 /* how many encodings deep the view at hand lies */
	size_t base[DECODE_DEPTH_MAX]; /* where in the decoded text each of them begins */
	size_t matches;            /* in layers */
};

static __attribute__((format(printf, 3, 4))) void tell(const struct teller *t, int depth, const char *fmt, ...)
{
	char line[600];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	t->line(t->arg, depth, line);
}

/* Where in the text [start, end) of the view at hand stands.  Returns how many encoded pieces it touches. */
static size_t origin(const struct teller *t, size_t start, size_t end, size_t *from_r, size_t *to_r)
{
	size_t pieces = 0;
	view_map(&t->s->view, start, end, from_r, to_r);
	for (int k = t->level; k-- > 0;) {
		pieces += decode_map(&t->s->decoded[k], t->base[k] + *from_r, t->base[k] + *to_r, &start, &end);
		view_map(&t->s->below[k], start, end, from_r, to_r);
	}
	return pieces;
}

static int tell_validators(const struct teller *t, const struct valid_list *l, const char *s, size_t size)
{
	int good = 1;
	for (int i = 0; i < l->n; i++) {
		int ok = valid_run(&l->use[i], s, size);
		tell(t, 3, "%s: %s", l->use[i].v->name, ok ? "passes" : "refuses it");
		good &= ok;
	}
	return good;
}

static size_t points(const char *text, size_t from, size_t to)
{
	size_t n = 0;
	for (size_t i = from; i < to; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

/* Whether what `near` asks for stands near bytes [from, to) of the text.  Returns what it adds; missing_r: required and not there. */
static int tell_near(const struct teller *t, size_t from, size_t to, int *missing_r, int *supported_r)
{
	const struct detector_def *def = t->d->def;
	int add = 0;
	for (size_t i = 0; i < def->nnear; i++) {
		const struct near_def *near = &def->near[i];
		int count = 0;
		for (size_t k = 0; k < t->n; k++) {
			const struct finding *f = &t->out[k];
			if (f->detector != near->index || f->confidence < near->confidence)
				continue;
			count += f->end <= from ? points(t->text, f->end, from) <= near->before :
			         f->start >= to ? points(t->text, to, f->start) <= near->after : 1;
		}
		int ok = count >= near->min;
		tell(t, 3, "near %s (line %d): %d of %d with confidence %d or more within %u before and %u behind: %s%s", near->detector, near->line,
		     count, near->min, near->confidence, near->before, near->after, ok ? "holds" : "does not hold",
		     ok || !near->required ? "" : ", but required");
		if (ok)
			tell(t, 4, "confidence %+d", near->add);
		add += ok ? near->add : 0;
		*missing_r |= !ok && near->required;
		*supported_r |= ok && (near->add > 0 || (near->required && near->add == 0));
	}
	return add;
}

/* p: the pattern that matches, or NULL. */
static void tell_evidence(const struct teller *t, const struct pattern *p, int c, size_t start, size_t end)
{
	const struct detector_def *def = t->d->def;
	int missing = 0, supported = 0;
	size_t from, to;
	for (size_t i = 0; i < def->nraises; i++) {
		const struct raise_def *r = &def->raises[i];
		int ok = tell_validators(t, &r->validate, t->s->view.data + start, end - start);
		tell(t, 3, "raise %zu: %s", i + 1, ok ? "counts" : "does not count");
		c += ok ? r->add : 0;
		supported |= ok && r->add > 0;
	}
	for (size_t i = 0; i < def->nevidence; i++) {
		const struct evidence *e = &t->d->evidence[i];
		int ok = evidence_holds(e, scan_terms(t->s), start, end);
		tell(t, 3, "evidence of line %d: %s%s", e->def->line, ok ? "holds" : "does not hold", ok || !e->def->required ? "" : ", but required");
		if (ok)
			tell(t, 4, "confidence %+d", e->def->add);
		c += ok ? e->def->add : 0;
		missing |= !ok && e->def->required;
		supported |= ok && evidence_supports(e);
	}
	origin(t, start, end, &from, &to);
	int add = tell_near(t, from, to, &missing, &supported);
	if (p && !supported && c > p->cap) {
		tell(t, 3, "capped at %d: of random texts of this shape 1 in %.0f passes, and nothing near it supports it", p->cap, p->odds);
		c = p->cap;
	}
	c += add;
	if (missing)
		tell(t, 3, "not found: required evidence is missing");
	else
		tell(t, 3, "FOUND with confidence %d", c < 1 ? 1 : c > 100 ? 100 : c);
}

static void tell_match(const struct teller *t, const struct pattern *p, const struct valid_list *validate, int confidence, size_t start, size_t end)
{
	char quoted[120], decoded[120];
	size_t from, to;
	const char *s = t->s->view.data + start;
	origin(t, start, end, &from, &to);
	text_quote(quoted, sizeof quoted, t->text + from, to - from);
	if (t->level == 0)
		tell(t, 2, "matches \"%s\" at bytes %zu to %zu", quoted, from, to);
	else
		tell(t, 2, "matches \"%s\", decoded from \"%s\" at bytes %zu to %zu", text_quote(decoded, sizeof decoded, s, end - start), quoted, from, to);
	int good = tell_validators(t, validate, s, end - start) & tell_validators(t, &t->d->def->validate, s, end - start);
	if (scan_excluded(t->d, t->s, start, end)) {
		tell(t, 3, "excluded");
		good = 0;
	}
	if (good)
		tell_evidence(t, p, confidence, start, end);
	else
		tell(t, 3, "refused; starts and ends inside it are tried too");
}

static void tell_pattern_itself(const struct teller *t, const struct pattern *p, size_t number)
{
	char odds[80] = "";
	if (p->cap < 100)
		snprintf(odds, sizeof odds, ", without evidence at most %d: odds 1 in %.0f", p->cap, p->odds);
	tell(t, 1, "pattern %zu (%s:%d, %s, %.*g steps%s, confidence %d%s)%s: %.200s", number, p->def->file, p->def->line, pattern_class_name(&p->cls),
	     p->cls.cost < 1e15 ? 15 : 1, p->cls.cost, p->gate == PATTERN_OPEN ? "" : " where its evidence is", p->def->confidence, odds, t->level ? ", in what is decoded" : "", p->def->regex);
}

/* In a layer, what was decoded takes part in a match, or it is told of elsewhere. */
static int is_told(const struct teller *t, size_t start, size_t end)
{
	size_t from, to;
	return t->level == 0 || origin(t, start, end, &from, &to) > 0 || t->d->def->nevidence > 0;
}

static size_t tell_pattern(const struct teller *t, const struct pattern *p, size_t number)
{
	const struct view *v = &t->s->view;
	size_t matches = 0;
	if (t->level == 0)
		tell_pattern_itself(t, p, number);
	for (size_t from = 0; from < v->size && matches < MATCHES_MAX;) {
		int rc = regex_match(&p->re, &t->s->run, v->data, v->size, from, v->size, v->ascii);
		if (rc < 0)
			tell(t, 2, "runs into a limit: see filterctl rules lint");
		if (rc != 1)
			break;
		const PCRE2_SIZE *ov = pcre2_get_ovector_pointer(t->s->run.data);
		size_t start = ov[2 * p->group], end = ov[2 * p->group + 1];
		from = ov[1] > from ? ov[1] : from + 1;
		while (from < v->size && ((unsigned char)v->data[from] & 0xc0) == 0x80)
			from++;
		if (start == PCRE2_UNSET || end <= start || !is_told(t, ov[0], ov[1]))
			continue;
		if (matches++ == 0 && t->level)
			tell_pattern_itself(t, p, number);
		tell_match(t, p, &p->def->validate, p->def->confidence, start, end);
	}
	if (matches == 0 && t->level == 0)
		tell(t, 2, "matches nowhere");
	return matches;
}

static size_t tell_word(const struct teller *t, const struct word *w)
{
	static const struct valid_list none = { 0 };
	const struct view *v = &t->s->view;
	const char *text = w->term.exact ? v->data : scan_lower(t->s);
	size_t matches = 0;
	for (size_t at = 0; at < v->size && matches < MATCHES_MAX; at++) {
		size_t end = term_end(&w->term, text, v->size, at);
		if (end == 0 || !is_told(t, at, end))
			continue;
		if (matches++ == 0)
			tell(t, 1, "word \"%.60s\" (confidence %d)%s", w->term.s, w->confidence, t->level ? ", in what is decoded" : "");
		tell_match(t, NULL, &none, w->confidence, at, end);
	}
	return matches;
}

/* The findings of others that are this one's, too. */
static size_t tell_composite(const struct teller *t)
{
	const struct detector_def *d = t->d->def;
	size_t all = 0;
	for (size_t i = 0; i < d->nof; i++) {
		size_t found = 0;
		tell(t, 1, "findings of %s with confidence %d or more", d->of[i].detector, d->of[i].at_least);
		for (size_t k = 0; k < t->n; k++) {
			const struct finding *f = &t->out[k];
			char quoted[120];
			if (f->detector != d->of[i].index || f->confidence < d->of[i].at_least || ++found > MATCHES_MAX)
				continue;
			int missing = 0, supported = 0;
			tell(t, 2, "\"%s\" at bytes %u to %u, confidence %d", text_quote(quoted, sizeof quoted, t->text + f->start, f->end - f->start), f->start,
			     f->end, f->confidence);
			tell_near(t, f->start, f->end, &missing, &supported);
			if (missing)
				tell(t, 3, "not found: required evidence is missing");
		}
		if (found == 0)
			tell(t, 2, "there are none");
		all += found;
	}
	return all;
}

struct record_teller {
	const struct teller *t;
	size_t told;
};

static void tell_record(void *arg, const char *column, size_t start, size_t end, size_t rows)
{
	struct record_teller *r = arg;
	char quoted[120];
	size_t from, to;
	if (r->told++ == MATCHES_MAX)
		return;
	view_map(&r->t->s->view, start, end, &from, &to);
	tell(r->t, 2, "\"%s\" at bytes %zu to %zu stands in column %s, in %zu row%s", text_quote(quoted, sizeof quoted, r->t->text + from, to - from),
	     from, to, column, rows, rows == 1 ? "" : "s");
}

static size_t tell_records(const struct teller *t)
{
	const struct edm_def *d = t->d->def->edm;
	struct record_teller r = { .t = t };
	if (!d)
		return 0;
	tell(t, 1, "records of %s (%s:%d, confidence %d): %d column%s of one row within %u characters", d->index, d->file, d->line, d->confidence,
	     d->min, d->min == 1 ? "" : "s", d->within);
	size_t n = edm_explain(t->set, t->s, (size_t)(t->d - t->set->detectors), tell_record, &r);
	if (n == 0)
		tell(t, 2, "no value of these columns stands in the text");
	return n;
}

static void tell_document(void *arg, const struct prints_found *f)
{
	const struct teller *t = arg;
	tell(t, 2, "document %u: %u characters or more, %u %% of the document, %u %% of the text: %s", f->id, f->characters, f->share_document,
	     f->share_message, f->counts ? "counts" : "not as much as is asked for");
}

static size_t tell_documents(struct teller *t)
{
	const struct prints_def *d = t->d->def->prints;
	if (!d)
		return 0;
	tell(t, 1, "documents of %s (%s:%d, confidence %d): %u characters, %d %% of the document, %d %% of the text", d->set, d->file, d->line,
	     d->confidence, d->min_characters, d->min_share_document, d->min_share_message);
	size_t n = prints_explain(t->set, t->s, (size_t)(t->d - t->set->detectors), tell_document, t);
	if (n == 0)
		tell(t, 2, "no passage of these documents stands in the text");
	return n;
}

static size_t tell_view(const struct teller *t)
{
	size_t matches = 0, number = 0;
	for (size_t i = 0; i < t->set->npatterns; i++)
		if (&t->set->detectors[t->set->patterns[i].detector] == t->d)
			matches += tell_pattern(t, &t->set->patterns[i], ++number);
	for (size_t i = 0; i < t->set->nwords; i++)
		if (&t->set->detectors[t->set->words[i].detector] == t->d)
			matches += tell_word(t, &t->set->words[i]);
	return matches;
}

static void tell_layer(void *arg, int depth, size_t base)
{
	struct teller *t = arg;
	t->level = depth + 1;
	t->base[depth] = base;
	t->matches += tell_view(t);
	t->level = 0;
}

/* Once more, now looking at each layer while it is there. */
static size_t tell_layers(struct teller *t, const struct detect_text *text, struct finding *again)
{
	size_t n = 0;
	t->s->layer = tell_layer;
	t->s->layer_arg = t;
	(void)!detect_scan(t->set, t->s, text, 1, EXPLAIN_BUDGET_US, again, &n);
	t->s->layer = NULL;
	return t->matches;
}

size_t detect_explain(const struct detect_set *set, struct detect_scratch *s, size_t detector, const char *text, size_t size,
                      detect_line line, void *arg)
{
	struct teller t = { .set = set, .s = s, .d = &set->detectors[detector], .text = text, .line = line, .arg = arg };
	struct finding *out = malloc(2 * DETECT_FINDINGS_MAX * sizeof *out);
	const struct detect_text one = { ROLE_BODY, text, size };
	size_t n = 0, matches = 0;
	if (!out)
		return 0;
	/* the scan itself: it makes the view, and says what counts in the end */
	enum cause cause = detect_scan(set, s, &one, 1, EXPLAIN_BUDGET_US, out, &n);
	tell(&t, 0, "%s: %s", t.d->info.id, t.d->info.title);
	if (cause == CAUSE_UNSCANNABLE) {
		tell(&t, 1, "the text is no valid UTF-8");
		free(out);
		return 0;
	}
	if (!s->view.ascii) {
		char quoted[400];
		tell(&t, 1, "seen as \"%s\"", text_quote(quoted, sizeof quoted, s->view.data, s->view.size));
	}
	s->budget.over = 0;
	s->budget.deadline_us = UINT64_MAX;
	t.out = out;
	t.n = n;
	matches += tell_view(&t);
	matches += tell_composite(&t);
	matches += tell_records(&t);
	matches += tell_documents(&t);
	matches += tell_layers(&t, &one, out + DETECT_FINDINGS_MAX);
	if (t.d->def->off)
		tell(&t, 1, "it is switched off");
	for (size_t i = 0; i < n; i++) {
		char quoted[120];
		if (out[i].detector == detector)
			tell(&t, 1, "result: \"%s\", confidence %d", text_quote(quoted, sizeof quoted, text + out[i].start, out[i].end - out[i].start),
			     out[i].confidence);
	}
	if (cause != CAUSE_NONE)
		tell(&t, 1, "the scan did not come to its end: %s", cause_name(cause));
	free(out);
	return matches;
}
