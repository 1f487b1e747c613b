/* Why did or didn't a detector find something: the same steps as a scan, told one by one. */
#include "detect/evidence.h"
#include "detect/scan.h"

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

static void tell_evidence(const struct teller *t, int c, size_t start, size_t end)
{
	const struct detector_def *def = t->d->def;
	int missing = 0;
	for (size_t i = 0; i < def->nraises; i++) {
		const struct raise_def *r = &def->raises[i];
		int ok = tell_validators(t, &r->validate, t->s->view.data + start, end - start);
		tell(t, 3, "raise %zu: %s", i + 1, ok ? "counts" : "does not count");
		c += ok ? r->add : 0;
	}
	for (size_t i = 0; i < def->nevidence; i++) {
		const struct evidence *e = &t->d->evidence[i];
		int ok = evidence_holds(e, scan_lower(t->s), t->s->view.size, t->s->view.ascii, start, end);
		tell(t, 3, "evidence of line %d: %s%s", e->def->line, ok ? "holds" : "does not hold", ok || !e->def->required ? "" : ", but required");
		if (ok)
			tell(t, 4, "confidence %+d", e->def->add);
		c += ok ? e->def->add : 0;
		missing |= !ok && e->def->required;
	}
	if (missing)
		tell(t, 3, "not found: required evidence is missing");
	else
		tell(t, 3, "FOUND with confidence %d", c < 1 ? 1 : c > 100 ? 100 : c);
}

static void tell_match(const struct teller *t, const struct valid_list *validate, int confidence, size_t start, size_t end)
{
	char quoted[120];
	size_t from, to;
	const char *s = t->s->view.data + start;
	view_map(&t->s->view, start, end, &from, &to);
	tell(t, 2, "matches \"%s\" at bytes %zu to %zu", text_quote(quoted, sizeof quoted, t->text + from, to - from), from, to);
	int good = tell_validators(t, validate, s, end - start) & tell_validators(t, &t->d->def->validate, s, end - start);
	if (scan_excluded(t->d, t->s, start, end)) {
		tell(t, 3, "excluded");
		good = 0;
	}
	if (good)
		tell_evidence(t, confidence, start, end);
	else
		tell(t, 3, "refused; starts and ends inside it are tried too");
}

static size_t tell_pattern(const struct teller *t, const struct pattern *p, size_t number)
{
	const struct view *v = &t->s->view;
	size_t matches = 0;
	tell(t, 1, "pattern %zu (%s:%d, %s, confidence %d): %.200s", number, p->def->file, p->def->line, pattern_class_name(p->cls.kind),
	     p->def->confidence, p->def->regex);
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
		if (start == PCRE2_UNSET || end <= start)
			continue;
		matches++;
		tell_match(t, &p->def->validate, p->def->confidence, start, end);
	}
	if (matches == 0)
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
		if (end == 0)
			continue;
		if (matches++ == 0)
			tell(t, 1, "word \"%.60s\" (confidence %d)", w->term.s, w->confidence);
		tell_match(t, &none, w->confidence, at, end);
	}
	return matches;
}

/* What it asks of other detectors; they may have more to say themselves. */
static size_t tell_composite(const struct teller *t, const struct finding *out, size_t n)
{
	const struct detector_def *d = t->d->def;
	size_t all = 0;
	for (size_t i = 0; i < d->nof + d->nnear; i++) {
		size_t k = i < d->nof ? i : i - d->nof, found = 0;
		uint16_t index = i < d->nof ? d->of[k].index : d->near[k].index;
		int least = i < d->nof ? d->of[k].at_least : d->near[k].confidence;
		for (size_t j = 0; j < n; j++)
			found += out[j].detector == index && out[j].confidence >= least;
		if (i < d->nof) {
			tell(t, 1, "of %s with confidence %d or more: %zu in this text", d->of[k].detector, least, found);
			all += found;
		} else {
			tell(t, 1, "near %s (line %d): %zu with confidence %d or more in this text; %d of them within %u before and %u behind %s%+d",
			     d->near[k].detector, d->near[k].line, found, least, d->near[k].min, d->near[k].before, d->near[k].after,
			     d->near[k].required ? "are required, " : "", d->near[k].add);
		}
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

size_t detect_explain(const struct detect_set *set, struct detect_scratch *s, size_t detector, const char *text, size_t size,
                      detect_line line, void *arg)
{
	struct teller t = { set, s, &set->detectors[detector], text, line, arg };
	struct finding *out = malloc(DETECT_FINDINGS_MAX * sizeof *out);
	const struct detect_text one = { ROLE_BODY, text, size };
	size_t n = 0, matches = 0, number = 0;
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
	for (size_t i = 0; i < set->npatterns; i++)
		if (set->patterns[i].detector == detector)
			matches += tell_pattern(&t, &set->patterns[i], ++number);
	for (size_t i = 0; i < set->nwords; i++)
		if (set->words[i].detector == detector)
			matches += tell_word(&t, &set->words[i]);
	matches += tell_composite(&t, out, n);
	matches += tell_records(&t);
	matches += tell_documents(&t);
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
