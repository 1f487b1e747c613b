#include "base/text.h"
#include "flow/offsets.h"
#include "flow/stanza.h"

#include <stdlib.h>
#include <string.h>

enum { SLICE_MAX = 4096 }; /* bytes masked at a time */

static const char dot[] = "\xe2\x80\xa2";

/* A part of one node or attribute that must not stay as it is, in bytes of what it was. */
struct stanza_edit {
	struct stanza_edit *next;
	struct xml_node *node;
	struct xml_attr *attr;
	uint32_t start, end;
	const uint8_t *hide;  /* per byte: a code point that begins here is masked; NULL: all of it goes … */
	const char *text;     /* … and this comes in its place; NULL: what comes there lies in the node before */
};

static int add_edit(struct stanza *s, const struct stanza_edit *e)
{
	struct stanza_edit *copy = arena_alloc(s->arena, sizeof *copy);
	if (!copy)
		return -1;
	*copy = *e;
	copy->next = s->edits;
	s->edits = copy;
	return 0;
}

/* Marks in hide what the mask does not keep of s[0..size). */
static int hide_slice(const struct mask *m, const char *s, size_t size, uint8_t *hide)
{
	char masked[SLICE_MAX * 3 + 1];
	if (mask_apply(m, s, size, masked, sizeof masked) < 0)
		return -1;
	const char *p = masked, *end = masked + strlen(masked);
	for (size_t i = 0; i < size;) { /* one code point of the mask for one of the text */
		uint32_t was, is;
		int n = text_decode(s + i, size - i, &was), k = text_decode(p, (size_t)(end - p), &is);
		if (n == 0 || k == 0)
			return -1;
		hide[i] |= is == 0x2022;
		i += (size_t)n;
		p += k;
	}
	return 0;
}

/* A span too long to show its ends anyway is masked whole, in slices. */
static int hide_span(const struct stanza_text *t, const struct stanza_span *span, uint8_t *hide)
{
	static const struct mask none = { 0, 0 };
	bool is_long = span->end - span->start > SLICE_MAX;
	for (uint32_t at = span->start, size; at < span->end; at += size) {
		size = span->end - at;
		if (size > SLICE_MAX) {
			size = SLICE_MAX;
			while (((unsigned char)t->data[at + size] & 0xc0) == 0x80)
				size--;
		}
		if (hide_slice(is_long ? &none : &span->mask, t->data + at, size, hide + at) < 0)
			return -1;
	}
	return 0;
}

static int edit_span(struct stanza *s, const struct stanza_text *t, const struct stanza_span *span, uint8_t *hide)
{
	const char *text = span->text;
	if (!text && hide_span(t, span, hide) < 0)
		return -1;
	for (size_t k = 0; k < t->npieces; k++) {
		const struct stanza_piece *p = &t->pieces[k];
		uint32_t start = span->start > p->start ? span->start : p->start, end = span->end < p->end ? span->end : p->end;
		if (start >= end)
			continue;
		if (!p->node && !p->attr)
			return -1;
		const struct stanza_edit e = { .node = p->node, .attr = p->attr, .start = start - p->start, .end = end - p->start,
		                               .hide = span->text ? NULL : hide + start, .text = text };
		if (add_edit(s, &e) < 0)
			return -1;
		text = NULL; /* all of it is in the first piece */
	}
	return 0;
}

/* The same place, written over in the same way. */
static bool is_same(const struct stanza_span *a, const struct stanza_span *b)
{
	if (a->start != b->start || a->end != b->end || !a->text != !b->text)
		return false;
	return a->text ? strcmp(a->text, b->text) == 0 : a->mask.keep_first == b->mask.keep_first && a->mask.keep_last == b->mask.keep_last;
}

int stanza_mask(struct stanza *s, size_t i, const struct stanza_span *spans, size_t n)
{
	const struct stanza_text *t = &s->texts[i];
	/* Overlapping spans become one, fully masked. */
	struct stanza_span *merged = arena_alloc(s->arena, n * sizeof *merged);
	uint8_t *hide = arena_alloc(s->arena, t->size + 1u);
	size_t m = 0;
	if (!merged || !hide)
		return -1;
	for (size_t k = 0; k < n; k++) {
		if (m > 0 && spans[k].start < merged[m - 1].end) {
			bool same = is_same(&spans[k], &merged[m - 1]);
			if (spans[k].end > merged[m - 1].end)
				merged[m - 1].end = spans[k].end;
			if (!same) {
				merged[m - 1].mask = (struct mask){ 0, 0 };
				merged[m - 1].text = NULL;
			}
		} else {
			merged[m++] = spans[k];
		}
	}
	for (size_t k = 0; k < m; k++)
		if (edit_span(s, t, &merged[k], hide) < 0)
			return -1;
	return 0;
}

/* By what they change, then by place; what brings no text first: then its text stands in a node before. */
static int by_place(const void *pa, const void *pb)
{
	const struct stanza_edit *a = *(struct stanza_edit *const *)pa, *b = *(struct stanza_edit *const *)pb;
	uintptr_t of_a = (uintptr_t)a->node | (uintptr_t)a->attr, of_b = (uintptr_t)b->node | (uintptr_t)b->attr; /* one of them is NULL */
	return of_a != of_b ? (of_a < of_b ? -1 : 1) : a->start != b->start ? (a->start < b->start ? -1 : 1) : !b->text - !a->text;
}

enum { KEEP = 0, HIDE = 1, CUT = 2 };

/* A node or attribute, while it is written anew. */
struct rewrite {
	const char *old;
	size_t size;
	uint8_t *marks;        /* of each byte of old */
	const char **before;   /* what comes before that byte, or NULL */
	uint32_t *begin, *end; /* see offsets.h */
	uint32_t n;            /* code points of old */
	struct buf out;
	uint32_t points;       /* code points of out */
	bool moved;            /* their number may have changed */
};

static int rewrite_new(struct rewrite *w, struct arena *a, const char *old, size_t size)
{
	*w = (struct rewrite){ .old = old, .size = size };
	w->marks = arena_alloc(a, size + 1);
	w->before = arena_alloc(a, (size + 1) * sizeof *w->before);
	w->begin = arena_alloc(a, (size + 1) * sizeof *w->begin);
	w->end = arena_alloc(a, (size + 1) * sizeof *w->end);
	return w->marks && w->before && w->begin && w->end ? 0 : -1;
}

/* A node can be part of two texts (its own, and one joined over markup): what either masks stays masked, and where both bring a
 * text, the first one counts. */
static void take_edits(struct rewrite *w, struct stanza_edit *const *e, size_t n)
{
	uint32_t cut_end = 0;
	for (size_t i = 0; i < n; i++) {
		for (uint32_t k = e[i]->start; k < e[i]->end; k++) {
			if (!e[i]->hide)
				w->marks[k] |= CUT;
			else if (e[i]->hide[k - e[i]->start])
				w->marks[k] |= HIDE;
		}
		if (e[i]->hide)
			continue;
		w->moved = true;
		if (e[i]->text && e[i]->start >= cut_end)
			w->before[e[i]->start] = e[i]->text;
		cut_end = e[i]->end > cut_end ? e[i]->end : cut_end;
	}
}

static uint32_t count_points(const char *s)
{
	uint32_t n = 0;
	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static int write_text(struct rewrite *w)
{
	uint32_t replaced_at = 0; /* where the replacement begins that the code point before was part of */
	bool was_cut = false;
	for (size_t i = 0; i < w->size; w->n++) {
		uint32_t cp;
		int len = text_decode(w->old + i, w->size - i, &cp);
		if (len == 0)
			return -1;
		bool cut = w->marks[i] & CUT, new_text = w->before[i] != NULL;
		if (cut && (new_text || !was_cut))
			replaced_at = w->points;
		w->begin[w->n] = cut ? replaced_at : w->points;
		if (new_text) {
			if (buf_put(&w->out, w->before[i], strlen(w->before[i])) < 0)
				return -1;
			w->points += count_points(w->before[i]);
		}
		if (!cut) {
			bool hide = w->marks[i] & HIDE;
			if (buf_put(&w->out, hide ? dot : w->old + i, hide ? sizeof dot - 1 : (size_t)len) < 0)
				return -1;
			w->points++;
		}
		was_cut = cut;
		i += (size_t)len;
		w->end[w->n + 1] = w->points;
	}
	w->begin[w->n] = w->points;
	return 0;
}

static int rewrite(struct stanza *s, struct stanza_edit *const *e, size_t n, struct offsets_map **changed)
{
	struct xml_node *node = e[0]->node;
	struct xml_attr *attr = e[0]->attr;
	struct rewrite w;
	if (rewrite_new(&w, s->arena, node ? node->text : attr->value, node ? node->size : attr->size) < 0)
		return -1;
	take_edits(&w, e, n);
	buf_init(&w.out, 16 * XML_BYTES_MAX);
	int r = write_text(&w);
	size_t size = buf_left(&w.out);
	char *text = r == 0 ? arena_strndup(s->arena, (const char *)buf_ptr(&w.out), size) : NULL;
	buf_free(&w.out);
	if (!text)
		return -1;
	if (!node) {
		attr->value = text;
		attr->size = size;
		return 0;
	}
	node->text = text;
	node->size = size;
	if (!w.moved)
		return 0;
	struct offsets_map *map = arena_alloc(s->arena, sizeof *map);
	if (!map)
		return -1;
	*map = (struct offsets_map){ node, w.n, w.begin, w.end, *changed };
	*changed = map;
	return 0;
}

int stanza_mask_end(struct stanza *s)
{
	size_t n = 0;
	for (struct stanza_edit *e = s->edits; e; e = e->next)
		n++;
	struct stanza_edit **all = arena_alloc(s->arena, n * sizeof(struct stanza_edit *) + 1);
	struct offsets_map *changed = NULL;
	if (!all)
		return -1;
	n = 0;
	for (struct stanza_edit *e = s->edits; e; e = e->next)
		all[n++] = e;
	qsort(all, n, sizeof *all, by_place);
	for (size_t i = 0, k; i < n; i = k) {
		for (k = i + 1; k < n && all[k]->node == all[i]->node && all[k]->attr == all[i]->attr;)
			k++;
		if (rewrite(s, all + i, k - i, &changed) < 0)
			return -1;
	}
	s->edits = NULL;
	if (changed)
		offsets_move(s->arena, s->top, changed);
	return 0;
}
