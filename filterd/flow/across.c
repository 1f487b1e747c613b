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

/* Clients show one of a message's bodies (of several languages, cut up by markup, XHTML-IM): the one that says most stands for all. */
static bool takes_part(const struct stanza *s, uint32_t *text_r)
{
	const struct stanza_text *best = NULL;
	if (s->channel == CHANNEL_PRESENCE || s->channel == CHANNEL_IQ || strcmp(s->type, "error") == 0)
		return false;
	for (uint32_t i = 0; i < s->ntexts; i++) {
		const struct stanza_text *t = &s->texts[i];
		if ((t->role != ROLE_BODY && !is_xhtml(t)) || t->size == 0 || (best && !reading_prefers(t->data, t->size, best->data, best->size)))
			continue;
		best = t;
		*text_r = i;
	}
	return best != NULL;
}

static int look_at(struct across *a, struct window *w, const struct stanza *s)
{
	const struct stanza_text *t = &s->texts[a->text];
	struct reading all[READINGS_MAX];
	a->n = reading_make(w, a->corrects, t->data, t->size, all);
	a->readings = a->n > 0 ? arena_alloc(s->arena, a->n * sizeof *all) : NULL;
	if (a->readings)
		memcpy(a->readings, all, a->n * sizeof *all);
	return a->n > 0 && !a->readings ? -1 : 0;
}

int across_begin(struct across *a, struct recent *r, const struct stanza *s, const char *sender, int window_s)
{
	uint64_t now = clock_ms(), span = (uint64_t)window_s * 1000;
	*a = (struct across){ 0 };
	if (window_s == 0 || !takes_part(s, &a->text))
		return 0;
	struct window *w = window_of(r, s, sender, now > span ? now - span : 0);
	if (!w)
		return -1;
	const struct xml_node *replace = xml_child(s->top, NS_CORRECT, "replace");
	const char *id = replace ? xml_attr(replace, "id") : NULL;
	a->corrects = id ? window_named(w, recent_name(r, id)) : 0;
	if (look_at(a, w, s) < 0)
		return -1;
	/* At once, and not when it is delivered: the next message may be judged before this one is through. */
	a->number = recent_number(r);
	window_add(w, a->number, recent_name(r, s->id), now, s->texts[a->text].data, s->texts[a->text].size);
	return 0;
}

bool across_map(struct across *a, const struct stanza *s, size_t i, struct finding *f, const struct finding *own, size_t nown)
{
	const struct finding in = *f;
	f->text = (uint16_t)a->text;
	if (i >= a->n || !reading_news(&a->readings[i], f, own, nown))
		return false;
	a->found = true;
	if (in.confidence > a->end.at.confidence && rest_may_follow(&a->readings[i], &in, f, s->texts[a->text].data, s->texts[a->text].size)) {
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
	if (!w || !rest_take(w, &text, ends ? &a->readings[a->end.reading] : NULL, ends ? &a->end.at : NULL, f_r))
		return false;
	f_r->text = (uint16_t)a->text;
	a->found = true;
	return true;
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
		return;
	}
	if (a->corrects) { /* from now on it stands where its original did */
		window_replace(w, a->number, "", 0);
		window_replace(w, a->corrects, text, size);
	} else {
		window_replace(w, a->number, text, size);
	}
}
