#include "model/rest.h"

enum { SHORTEST = 13, LONGEST = 19 };  /* digits of a card */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

/* 0 if there are letters. */
static size_t count_digits(const char *s, size_t size)
{
	size_t n = 0;
	for (size_t i = 0; i < size; i++) {
		if (is_letter(s[i]))
			return 0;
		n += is_digit(s[i]);
	}
	return n;
}

bool rest_may_follow(const struct reading *r, const struct finding *in, const struct finding *is, const char *text, size_t size)
{
	const size_t digits = count_digits(r->data + in->start, in->end - in->start);
	for (size_t i = is->end; i < size; i++)
		if (is_digit(text[i]) || is_letter(text[i]))
			return false;
	return digits >= SHORTEST && digits < LONGEST;
}

static bool take(struct window *w, const struct rest_text *t, struct finding *f_r)
{
	if (w->rest.id == 0 || w->rest.id >= t->id || w->rest.generation != t->generation || t->size > WINDOW_EDGE)
		return false;
	const struct carry c = carry_find(t->data, t->size);
	if (!c.bare || w->rest.digits + c.weight > LONGEST)
		return false;
	w->rest.digits = (uint8_t)(w->rest.digits + c.weight);
	*f_r = (struct finding){ .detector = w->rest.detector, .confidence = w->rest.confidence, .start = (uint32_t)c.from, .end = (uint32_t)c.to };
	return true;
}

bool rest_take(struct window *w, const struct rest_text *t, const struct reading *r, const struct finding *in, struct finding *f_r)
{
	const bool taken = take(w, t, f_r);
	if (!in || (taken && in->confidence < w->rest.confidence)) /* a number that only looks like one, made of what is the rest of another */
		return taken;
	w->rest.id = t->id;
	w->rest.at_ms = t->at_ms;
	w->rest.generation = t->generation;
	w->rest.detector = in->detector;
	w->rest.confidence = in->confidence;
	w->rest.digits = (uint8_t)count_digits(r->data + in->start, in->end - in->start);
	return taken;
}
