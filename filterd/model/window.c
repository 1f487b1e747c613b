#include "model/window.h"

#include <string.h>

/* Takes piece i out of the text, not out of the list. */
static void close_gap(struct window *w, size_t i)
{
	struct window_piece *p = &w->pieces[i];
	memmove(w->text + p->from, w->text + p->from + p->size, w->used - (size_t)p->from - p->size);
	for (size_t k = i + 1; k < w->n; k++)
		w->pieces[k].from = (uint16_t)(w->pieces[k].from - p->size);
	w->used = (uint16_t)(w->used - p->size);
	explicit_bzero(w->text + w->used, p->size);
	p->size = 0;
}

static void take_out(struct window *w, size_t i)
{
	close_gap(w, i);
	memmove(w->pieces + i, w->pieces + i + 1, (w->n - i - 1) * sizeof *w->pieces);
	w->n--;
}

/* What is asked of it whenever another text comes. */
static void look(struct window_piece *p, const char *text, size_t size)
{
	const struct edge e = edge_find(text, size);
	p->size = (uint16_t)size;
	p->glance = (uint8_t)carry_glance(text, size);
	p->edge.front = (uint8_t)e.front;
	p->edge.back = (uint8_t)e.back;
	p->edge.word = e.word;
	p->edge.token = e.token;
	p->found = false;
}

struct carry window_carry(struct window *w, size_t i)
{
	struct window_piece *p = &w->pieces[i];
	if (!(p->glance & CARRY_FIGURES))
		return (struct carry){ 0 };
	if (!p->found) {
		struct carry c = carry_find(w->text + p->from, p->size);
		p->carry.from = (uint8_t)c.from;
		p->carry.to = (uint8_t)c.to;
		p->carry.weight = (uint8_t)c.weight;
		p->carry.bare = c.bare;
		p->found = true;
	}
	return (struct carry){ p->carry.from, p->carry.to, p->carry.weight, p->carry.bare };
}

static bool is_words(struct window *w, size_t i)
{
	const struct carry c = window_carry(w, i);
	return !carry_part(&c);
}

/* Which of the first n makes room: the oldest that is but words, of those that are not the latest; but some words stay, unless bytes are
 * short: they may say what the numbers are.  Else the oldest. */
static size_t spare(struct window *w, size_t n, bool short_of_bytes)
{
	size_t words = 0, first = n;
	for (size_t i = n; i-- > 0;)
		if (is_words(w, i)) {
			words++;
			first = i + WINDOW_KEPT < w->n ? i : first;
		}
	if (first < n && (short_of_bytes || words > WINDOW_WORDS))
		return first;
	for (first = 0; first < n && is_words(w, first); first++)
		;
	return !short_of_bytes && first < n ? first : 0;
}

/* The kept end of a text begins at a code point. */
static const char *end_of(const char *text, size_t *size, bool *cut_r)
{
	*cut_r = *size > WINDOW_EDGE;
	if (!*cut_r)
		return text;
	size_t from = *size - WINDOW_EDGE;
	while (from < *size && ((unsigned char)text[from] & 0xc0) == 0x80)
		from++;
	*size -= from;
	return text + from;
}

void window_add(struct window *w, uint64_t id, uint64_t name, uint64_t at_ms, const char *text, size_t size)
{
	bool cut;
	text = end_of(text, &size, &cut);
	if (size == 0)
		return;
	while (w->n > 0 && (w->n == WINDOW_PIECES_MAX || w->used + size > WINDOW_BYTES))
		take_out(w, spare(w, w->n, w->used + size > WINDOW_BYTES));
	memcpy(w->text + w->used, text, size);
	w->pieces[w->n] = (struct window_piece){ .id = id, .name = name, .at_ms = at_ms, .from = w->used, .cut = cut };
	look(&w->pieces[w->n++], text, size);
	w->used = (uint16_t)(w->used + size);
}

uint64_t window_named(const struct window *w, uint64_t name)
{
	for (size_t i = w->n; name && i > 0; i--)
		if (w->pieces[i - 1].name == name)
			return w->pieces[i - 1].id;
	return 0;
}

void window_replace(struct window *w, uint64_t id, const char *text, size_t size)
{
	size_t i = 0;
	bool cut;
	while (i < w->n && w->pieces[i].id != id)
		i++;
	if (i == w->n)
		return;
	text = end_of(text, &size, &cut);
	close_gap(w, i);
	/* Only older ones make room; without any left, this one goes: what is not kept can't be joined, and no more. */
	while (i > 0 && w->used + size > WINDOW_BYTES) {
		take_out(w, spare(w, i, true));
		i--;
	}
	if (size == 0 || w->used + size > WINDOW_BYTES) {
		take_out(w, i);
		return;
	}
	struct window_piece *p = &w->pieces[i];
	memmove(w->text + p->from + size, w->text + p->from, (size_t)w->used - p->from);
	memcpy(w->text + p->from, text, size);
	for (size_t k = i + 1; k < w->n; k++)
		w->pieces[k].from = (uint16_t)(w->pieces[k].from + size);
	p->cut = cut;
	look(p, text, size);
	w->used = (uint16_t)(w->used + size);
}

void window_forget(struct window *w, uint64_t since_ms)
{
	while (w->n > 0 && w->pieces[0].at_ms < since_ms)
		take_out(w, 0);
	if (w->rest.at_ms < since_ms)
		w->rest.id = 0;
}
