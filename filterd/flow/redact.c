#include "flow/redact.h"

#include "flow/value.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* "[payment-card:7f3a9c01]" */
static const char *token_of(struct arena *a, const struct redact *r, const struct finding *f)
{
	const char *id = r->detectors[f->detector].id;
	const size_t size = strlen(id) + VALUE_TOKEN_SIZE + 3;
	char *text = arena_alloc(a, size), token[VALUE_TOKEN_SIZE] = "xxxxxxxx";
	if (!text || (r->key && value_token(r->key, r->texts[f->text].data + f->start, f->end - f->start, token) < 0))
		return NULL;
	snprintf(text, size, "[%s:%s]", id, token);
	return text;
}

static int make_span(struct arena *a, const struct stanza *s, const struct redact *r, size_t i, struct stanza_span *span_r)
{
	const struct finding *f = &r->findings[i];
	const struct rule_redaction *as = &r->rules[i]->redaction;
	*span_r = (struct stanza_span){ f->start, f->end, r->detectors[f->detector].mask, NULL };
	switch (as->form) {
	case REDACTION_DEFAULT:
		return 0;
	case REDACTION_MASK:
		span_r->mask = as->mask;
		return 0;
	case REDACTION_LABEL:
		span_r->text = rule_text_in(&as->labels, s->lang, r->language);
		break;
	case REDACTION_TOKEN:
		span_r->text = token_of(a, r, f);
		break;
	}
	return span_r->text ? 0 : -1;
}

/* Of two rules for one place that of the higher priority says how (they lie in this order), of one rule's detectors the first. */
static bool says_how(const struct redact *r, size_t i, size_t k)
{
	if (r->rules[i] != r->rules[k])
		return r->rules[i] < r->rules[k];
	return i < k && r->rules[i]->redaction.form != REDACTION_DEFAULT; /* masks of detectors are left to be compared */
}

/* What else was found at the very same place says how it is written over. */
static bool place_is_told(const struct redact *r, size_t k)
{
	const struct finding *f = &r->findings[k];
	size_t i = k;
	while (i > 0 && r->findings[i - 1].text == f->text && r->findings[i - 1].start == f->start)
		i--;
	for (; i < r->nfindings && r->findings[i].text == f->text && r->findings[i].start == f->start; i++)
		if (i != k && r->findings[i].end == f->end && r->rules[i] && says_how(r, i, k))
			return true;
	return false;
}

int redact_stanza(struct arena *a, struct stanza *s, const struct redact *r)
{
	struct stanza_span *spans = arena_alloc(a, r->nfindings * sizeof *spans);
	if (!spans)
		return -1;
	for (size_t i = 0; i < r->nfindings; i++)
		if (r->rules[i] && r->findings[i].text >= s->ntexts)
			return -1; /* in a file: that can't be masked */
	for (size_t t = 0; t < s->ntexts; t++) {
		size_t n = 0;
		for (size_t i = 0; i < r->nfindings; i++) { /* sorted by text and start, as the worker promises … */
			const struct finding *f = &r->findings[i];
			if (f->text != t || !r->rules[i])
				continue;
			if (n > 0 && f->start < spans[n - 1].start)
				return -1; /* … and is not believed */
			if (place_is_told(r, i))
				continue;
			if (make_span(a, s, r, i, &spans[n++]) < 0)
				return -1;
		}
		if (n > 0 && stanza_mask(s, t, spans, n) < 0)
			return -1;
	}
	return stanza_mask_end(s);
}
