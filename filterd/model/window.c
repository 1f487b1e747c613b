#include "model/window.h"

#include <string.h>

enum {
	NEAR = 64,       /* bytes of a border on either side in which digits count */
	LONG_WORD = 12,  /* what touches a border on either side and is that long may be a token */
};

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
		take_out(w, 0);
	memcpy(w->text + w->used, text, size);
	w->pieces[w->n++] = (struct window_piece){ id, name, at_ms, w->used, (uint16_t)size, cut };
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
		take_out(w, 0);
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
	p->size = (uint16_t)size;
	p->cut = cut;
	w->used = (uint16_t)(w->used + size);
}

void window_forget(struct window *w, uint64_t since_ms)
{
	while (w->n > 0 && w->pieces[0].at_ms < since_ms)
		take_out(w, 0);
}

/* True if the word that ends the text so far may go on with what comes: digits with a digit; a token, which is a word with digits,
 * underscores, capitals behind its first letter, or a long one, with anything. */
static bool goes_on(const struct window_joined *j, char next)
{
	size_t from = j->size, digits = 0;
	bool token = false;
	while (from > 0 && (unsigned char)j->data[from - 1] > ' ') {
		unsigned char c = (unsigned char)j->data[--from];
		digits += c >= '0' && c <= '9';
		token |= c == '_' || (c >= 'A' && c <= 'Z' && from > 0 && (unsigned char)j->data[from - 1] > ' ');
	}
	char last = j->size > from ? j->data[j->size - 1] : ' ';
	if (last >= '0' && last <= '9' && next >= '0' && next <= '9')
		return true;
	return (unsigned char)next > ' ' && (token || j->size - from >= LONG_WORD || (digits > 0 && digits < j->size - from));
}

static void separate(struct window_joined *j, char next, bool space)
{
	if (j->size > 0 && (space || !goes_on(j, next)))
		j->data[j->size++] = ' ';
}

static void put(struct window_joined *j, const char *s, size_t size, bool space)
{
	separate(j, s[0], space);
	memcpy(j->data + j->size, s, size);
	j->size += size;
}

bool window_join(const struct window *w, uint64_t corrects, bool space, const char *text, size_t size, struct window_joined *j_r)
{
	size_t at = w->n, first, whole = size;
	for (size_t i = 0; corrects && i < w->n; i++)
		if (w->pieces[i].id == corrects)
			at = i;
	for (first = at; first > 0; first--)
		if (first < at && w->pieces[first].cut)
			break;
	if (size > WINDOW_EDGE)
		for (size = WINDOW_EDGE; size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80; size--)
			;
	j_r->size = 0;
	for (size_t i = first; i < at; i++)
		put(j_r, w->text + w->pieces[i].from, w->pieces[i].size, space);
	if (size > 0)
		separate(j_r, text[0], space);
	if (j_r->size > WINDOW_EDGE) { /* what is farther away can't be part of a number or token; each byte costs every message */
		size_t from = j_r->size - WINDOW_EDGE;
		while (((unsigned char)j_r->data[from] & 0xc0) == 0x80)
			from++;
		j_r->size -= from;
		memmove(j_r->data, j_r->data + from, j_r->size);
	}
	j_r->start = j_r->size;
	memcpy(j_r->data + j_r->size, text, size);
	j_r->end = j_r->size += size;
	for (size_t i = at + 1; size == whole && i < w->n && !w->pieces[i].cut && j_r->size - j_r->end < WINDOW_EDGE; i++)
		put(j_r, w->text + w->pieces[i].from, w->pieces[i].size, space);
	return size > 0 && (j_r->start > 0 || j_r->end < j_r->size);
}

/* By its first byte: U+00C0 to U+063F, the letters of Latin, Greek, Cyrillic and Hebrew, in which there is no digit of any kind (the first beyond
 * is U+0660), and U+2000 to U+203F, quotation marks and dashes.  Much of the world's chat has these in every message, and need not be looked at twice. */
static bool is_plain(const unsigned char *s)
{
	return (s[0] >= 0xc3 && s[0] <= 0xd8) || (s[0] == 0xe2 && s[1] == 0x80);
}

/* A digit, or a code point that may be one in some script.  The text is valid UTF-8, but may begin or end within a code point here. */
static bool has_digit(const struct window_joined *j, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		const unsigned char *s = (const unsigned char *)j->data + i;
		if (*s >= '0' && *s <= '9')
			return true;
		if (*s >= 0xc0 && (i + 1 == j->size || !is_plain(s)))
			return true;
	}
	return false;
}

static bool in_word(char c)
{
	return c != ' ' && (unsigned char)c < 0x80;
}

static bool suspicious_at(const struct window_joined *j, size_t border)
{
	size_t from = border > NEAR ? border - NEAR : 0, to = j->size - border > NEAR ? border + NEAR : j->size, left = border, right = border;
	while (from > 0 && ((unsigned char)j->data[from] & 0xc0) == 0x80)
		from--;
	if (has_digit(j, from, to))
		return true;
	while (left > 0 && (left == border || in_word(j->data[left - 1])) && border - left < LONG_WORD)
		left--;
	while (right < j->size && in_word(j->data[right]) && right - border < LONG_WORD)
		right++;
	return border - left >= LONG_WORD || right - border >= LONG_WORD;
}

bool window_suspicious(const struct window_joined *j)
{
	return (j->start > 0 && suspicious_at(j, j->start)) || (j->end < j->size && suspicious_at(j, j->end));
}

bool window_part(const struct window_joined *j, size_t start, size_t end, size_t *start_r, size_t *end_r)
{
	size_t from = start > j->start ? start : j->start, to = end < j->end ? end : j->end;
	if (from >= to || (start >= j->start && end <= j->end))
		return false;
	*start_r = from - j->start;
	*end_r = to - j->start;
	return true;
}

static size_t count_digits(const char *s, size_t size)
{
	size_t n = 0;
	for (size_t i = 0; i < size; i++)
		n += (s[i] >= '0' && s[i] <= '9') || (unsigned char)s[i] >= 0x80;
	return n;
}

bool window_prefers(const char *text, size_t size, const char *to, size_t to_size)
{
	size_t n = count_digits(text, size), m = count_digits(to, to_size);
	return n > m || (n == 0 && m == 0 && to_size < LONG_WORD && size >= LONG_WORD);
}
