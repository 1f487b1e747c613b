#include "flow/across.h"

#include "base/clock.h"
#include "model/rest.h"
#include "xmpp/ns.h"

#include <string.h>

/* The window of the stanza's conversation, with what of it still counts. */
static struct window *window_of(struct recent *r, const struct stanza *s, const char *sender, uint64_t since_ms)
{
	struct recent_talk *t = recent_talk(r, sender, s->to, since_ms);
	return t ? recent_window(t) : NULL;
}

static bool is_xhtml(const struct stanza_text *t)
{
	const struct xml_node *node = t->pieces[0].node;
	return t->role == ROLE_XHTML || (node && node->parent && strcmp(node->parent->ns, NS_XHTML) == 0);
}

/* Texts of extensions are read together, too, but no attributes and no ids: each message has some. */
static bool is_said(const struct stanza *s, const struct stanza_text *t)
{
	const struct xml_node *node = t->pieces[0].node;
	if (t->role != ROLE_OTHER && t->role != ROLE_SUBJECT)
		return false;
	return t->size <= WINDOW_EDGE && !(s->causes & 1u << CAUSE_ENCRYPTED) && node && node->parent && strcmp(node->parent->name, "thread") != 0;
}

/* Which texts are read together with other messages; 0: it takes no part. */
static size_t choose(const struct stanza *s, size_t out[READING_TEXTS_MAX])
{
	struct reading_text texts[SCAN_TEXTS_MAX];
	if (s->channel == CHANNEL_PRESENCE || s->channel == CHANNEL_IQ || strcmp(s->type, "error") == 0)
		return 0;
	for (size_t i = 0; i < s->ntexts; i++) {
		const struct stanza_text *t = &s->texts[i];
		const bool shown = t->role == ROLE_BODY || is_xhtml(t);
		texts[i] = (struct reading_text){ t->data, shown || is_said(s, t) ? t->size : 0, shown };
	}
	return reading_choose(texts, s->ntexts, out);
}

static int look_at(struct across *a, struct window *w, const struct stanza *s, uint32_t text)
{
	const struct stanza_text *t = &s->texts[text];
	struct reading all[READINGS_MAX];
	const size_t n = reading_make(w, a->corrects, t->data, t->size, all);
	struct reading *readings = n > 0 ? arena_alloc(s->arena, n * sizeof *all) : NULL;
	if (n > 0 && !readings)
		return -1;
	for (size_t i = 0; i < n; i++) {
		readings[i] = all[i];
		a->readings[a->n++] = &readings[i];
	}
	return 0;
}

static void add(struct recent *r, struct window *w, const struct stanza *s, uint32_t text, uint64_t *number_r)
{
	*number_r = recent_number(r);
	window_add(w, *number_r, recent_name(r, s->id), clock_ms(), s->texts[text].data, s->texts[text].size);
}

int across_begin(struct across *a, struct recent *r, const struct stanza *s, const char *sender, int window_s)
{
	uint64_t now = clock_ms(), span = (uint64_t)window_s * 1000;
	*a = (struct across){ 0 };
	size_t chosen[READING_TEXTS_MAX];
	const size_t n = window_s > 0 ? choose(s, chosen) : 0;
	if (n == 0)
		return 0;
	struct window *w = window_of(r, s, sender, now > span ? now - span : 0);
	if (!w)
		return -1;
	const struct xml_node *replace = xml_child(s->top, NS_CORRECT, "replace");
	const char *id = replace ? xml_attr(replace, "id") : NULL;
	a->corrects = id ? window_named(w, recent_name(r, id)) : 0;
	a->text = (uint32_t)chosen[0];
	if (look_at(a, w, s, a->text) < 0)
		return -1;
	for (size_t i = 1; i < n; i++) {
		a->others[a->nothers].text = (uint32_t)chosen[i];
		a->others[a->nothers++].from = a->n;
		if (look_at(a, w, s, (uint32_t)chosen[i]) < 0)
			return -1;
	}
	/* At once, and not when it is delivered: the next message may be judged before this one is through. */
	for (size_t i = 0; i < a->nothers; i++)
		add(r, w, s, a->others[i].text, &a->others[i].number);
	add(r, w, s, a->text, &a->number);
	return 0;
}

bool across_map(struct across *a, const struct stanza *s, size_t i, struct finding *f, const struct finding *own, size_t nown)
{
	const struct finding in = *f;
	f->text = (uint16_t)a->text;
	for (size_t k = 0; k < a->nothers; k++)
		if (i >= a->others[k].from)
			f->text = (uint16_t)a->others[k].text;
	if (i >= a->n || !reading_news(a->readings[i], f, own, nown))
		return false;
	a->found = true;
	if (f->text == a->text && in.confidence > a->end.at.confidence && rest_may_follow(a->readings[i], &in, f, s->texts[a->text].data, s->texts[a->text].size)) {
		a->end.reading = i;
		a->end.at = in;
	}
	return true;
}

bool across_rest(struct across *a, struct recent *r, const struct stanza *s, const char *sender, uint32_t generation, struct finding *f_r)
{
	const struct stanza_text *t = &s->texts[a->text];
	const bool ends = a->end.at.confidence > 0, may_be = a->n > 0 && t->size <= WINDOW_EDGE && carry_find(t->data, t->size).bare;
	struct window *w = a->number && (ends || may_be) ? window_of(r, s, sender, 0) : NULL;
	const struct rest_text text = { a->number, clock_ms(), generation, t->data, t->size };
	if (!w || !rest_take(w, &text, ends ? a->readings[a->end.reading] : NULL, ends ? &a->end.at : NULL, f_r))
		return false;
	f_r->text = (uint16_t)a->text;
	a->found = true;
	return true;
}

void across_found(const struct across *a, struct recent *r, const struct stanza *s, const char *sender, const struct finding *own, size_t n)
{
	const struct stanza_text *t = &s->texts[a->text];
	if (!a->number || !reading_ends(t->data, t->size, own, n, (uint16_t)a->text))
		return;
	struct window *w = window_of(r, s, sender, 0);
	if (w)
		reading_end(w, a->number, t->data, t->size, own, n, (uint16_t)a->text);
}

/* The fewest bytes that are looked for in a text.  What clients show in place of the body has a copy of each of its digits; elsewhere
 * two digits are no copy, but stand everywhere. */
static size_t least_of(const struct stanza_text *t)
{
	if (t->role == ROLE_BODY || is_xhtml(t))
		return 1;
	return t->role == ROLE_ATTRIBUTE || t->role == ROLE_NAME ? 6 : 4;
}

size_t across_copies(const struct stanza *s, const struct finding *f, struct finding *out)
{
	const char *part = s->texts[f->text].data + f->start;
	size_t size = f->end - f->start, n = 0;
	for (size_t i = 0; i < s->ntexts; i++) {
		const struct stanza_text *t = &s->texts[i];
		const char *p = t->data, *end = t->data + t->size;
		if (i == f->text || size < least_of(t))
			continue;
		for (; (p = memmem(p, (size_t)(end - p), part, size)); p += size, n++) {
			if (!out)
				continue;
			out[n] = *f;
			out[n].text = (uint16_t)i;
			out[n].start = (uint32_t)(p - t->data);
			out[n].end = (uint32_t)(p - t->data + (long)size);
		}
	}
	return n;
}

/* The child of the stanza that a text lies in. */
static const struct xml_node *element_of(const struct stanza *s, const struct stanza_text *t)
{
	const struct xml_node *node = t->pieces[0].node;
	while (node && node->parent != s->top)
		node = node->parent;
	return node;
}

static bool has_digit(const char *s, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if ((s[i] >= '0' && s[i] <= '9') || (unsigned char)s[i] >= 0x80)
			return true;
	return false;
}

bool across_hides(const struct stanza *s, const struct finding *f)
{
	const char *part = s->texts[f->text].data + f->start;
	size_t size = f->end - f->start;
	bool digits = has_digit(part, size);
	for (size_t i = 0; i < s->ntexts; i++) {
		const struct stanza_text *t = &s->texts[i];
		const struct xml_node *e = element_of(s, t);
		if ((t->role != ROLE_BODY && !is_xhtml(t)) || e == element_of(s, &s->texts[f->text]) || (digits && !has_digit(t->data, t->size)))
			continue;
		bool found = false;
		for (size_t k = 0; !found && k < s->ntexts; k++)
			found = element_of(s, &s->texts[k]) == e && memmem(s->texts[k].data, s->texts[k].size, part, size);
		if (!found)
			return true;
	}
	return false;
}

void across_end(const struct across *a, struct recent *r, const struct stanza *s, const char *sender, const char *text, size_t size)
{
	struct window *w = a->number ? window_of(r, s, sender, 0) : NULL;
	if (!w)
		return;
	if (!text) {
		window_replace(w, a->number, "", 0);
		for (size_t i = 0; i < a->nothers; i++)
			window_replace(w, a->others[i].number, "", 0);
		return;
	}
	if (!a->corrects && text == s->texts[a->text].data) /* as it stands there */
		return;
	if (a->corrects) { /* from now on it stands where its original did */
		window_replace(w, a->number, "", 0);
		window_replace(w, a->corrects, text, size);
	} else {
		window_replace(w, a->number, text, size);
	}
}
