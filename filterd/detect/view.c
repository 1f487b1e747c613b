#include "detect/view.h"

#include "base/text.h"
#include "detect/fold.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

int view_init(void)
{
	return fold_init();
}

static int is_ascii(const char *s, size_t size)
{
	size_t i = 0;
	for (; i + 64 <= size; i += 64) {
		uint64_t w[8], any;
		memcpy(w, s + i, 64);
		any = w[0] | w[1] | w[2] | w[3] | w[4] | w[5] | w[6] | w[7];
		if (any & 0x8080808080808080u)
			return 0;
	}
	uint64_t any = 0, w;
	for (; i + 8 <= size; i += 8) {
		memcpy(&w, s + i, 8);
		any |= w;
	}
	for (; i < size; i++)
		any |= (unsigned char)s[i];
	return !(any & 0x8080808080808080u);
}

/* The last code point put into the view, for marks that join it. */
struct last {
	size_t v, o; /* v is NOTHING: it is not one that could be joined */
};

#define NOTHING SIZE_MAX

static int grow(struct view *v, size_t more)
{
	size_t cap = v->cap ? v->cap * 2 : 1024;
	while (cap < v->size + more)
		cap *= 2;
	char *p = realloc(v->buf, cap);
	if (!p)
		return -1;
	v->buf = p;
	v->cap = cap;
	return 0;
}

static inline int reserve(struct view *v, size_t more)
{
	return v->size + more <= v->cap ? 0 : grow(v, more);
}

static inline int put(struct view *v, const char *s, size_t size)
{
	if (reserve(v, size) < 0)
		return -1;
	if (size)
		memcpy(v->buf + v->size, s, size);
	v->size += size;
	return 0;
}

/* The same for size of the rest bytes at s: most rows are short, and copying a fixed number is fast. */
static inline int put_row(struct view *v, const char *s, size_t size, size_t rest)
{
	enum { SHORT = 16 };
	if (size > SHORT || rest < SHORT)
		return put(v, s, size);
	if (reserve(v, SHORT) < 0)
		return -1;
	memcpy(v->buf + v->size, s, SHORT);
	v->size += size;
	return 0;
}

static int new_run(struct view *v, size_t at, size_t vlen, size_t o, size_t olen)
{
	if (v->nruns == v->runs_cap) {
		size_t cap = v->runs_cap ? v->runs_cap * 2 : 64;
		struct view_run *p = realloc(v->runs, cap * sizeof *p);
		if (!p)
			return -1;
		v->runs = p;
		v->runs_cap = cap;
	}
	v->runs[v->nruns++] = (struct view_run){ (uint32_t)at, (uint32_t)o, (uint32_t)vlen, (uint32_t)olen, 1 };
	v->runs_v = at + vlen;
	v->runs_o = o + olen;
	return 0;
}

/* Notes that vlen view bytes just put stand for olen original bytes at o. */
static inline int note(struct view *v, size_t at, size_t vlen, size_t o, size_t olen)
{
	if (v->runs_o == o && v->runs_v == at && v->nruns) {
		struct view_run *r = &v->runs[v->nruns - 1];
		if (r->vlen == vlen && r->olen == olen) {
			r->count++;
			v->runs_v = at + vlen;
			v->runs_o = o + olen;
			return 0;
		}
	}
	return new_run(v, at, vlen, o, olen);
}

/* Forgets the runs that begin at or behind view offset at. */
static void unnote(struct view *v, size_t at)
{
	v->runs_v = SIZE_MAX; /* the next one begins anew */
	while (v->nruns) {
		struct view_run *r = &v->runs[v->nruns - 1];
		if (r->v >= at) {
			v->nruns--;
		} else if (r->vlen && r->v + r->vlen * r->count > at) {
			r->count = (uint32_t)((at - r->v) / r->vlen);
			return;
		} else {
			return;
		}
	}
}

/* A mark that joins the code point before it: that one is taken back and the two written as one. */
static int join(struct view *v, struct last *last, const struct fold *f, size_t o, size_t olen)
{
	uint32_t mark = 0, before = 0;
	text_decode(f->bytes, f->size, &mark);
	if (last->v != NOTHING)
		text_decode(v->buf + last->v, v->size - last->v, &before);
	uint32_t both = before ? fold_compose(before, mark) : 0;
	char s[4];
	if (both) {
		unnote(v, last->v);
		v->size = last->v;
		int n = text_encode(both, s);
		return put(v, s, (size_t)n) < 0 ? -1 : note(v, last->v, (size_t)n, last->o, o + olen - last->o);
	}
	int voice = mark == 0x3099 || mark == 0x309a;
	size_t at = v->size, vlen = voice ? 0 : f->size;
	*last = (struct last){ voice ? NOTHING : at, o };
	return put(v, f->bytes, vlen) < 0 ? -1 : vlen == olen ? 0 : note(v, at, vlen, o, olen);
}

static inline int change(struct view *v, struct last *last, const struct fold *f, size_t o, size_t olen)
{
	if (f->compose)
		return join(v, last, f, o, olen);
	size_t at = v->size;
	if (reserve(v, sizeof f->bytes) < 0)
		return -1;
	memcpy(v->buf + at, f->bytes, 8); /* most are not longer */
	if (f->size > 8)
		memcpy(v->buf + at + 8, f->bytes + 8, f->size - 8u);
	v->size += f->size;
	if (f->size)
		*last = (struct last){ f->cp ? at : NOTHING, o };
	else if (olen == 3 && memcmp(v->text + o, "\u202e", 3) == 0)
		v->turned = 1;
	/* also where lengths agree: spans must not end inside what one code point became */
	return note(v, at, f->size, o, olen);
}

/* What stands at text[i] stops a row of what stays: it changes, is above U+FFFF, or is no UTF-8.  Returns its bytes, or an error. */
static int put_stop(struct view *v, struct last *last, const struct fold_stop *stop, const char *text, size_t size, size_t i)
{
	uint32_t cp;
	if (stop->size)
		return change(v, last, stop->fold, i, stop->size) < 0 ? VIEW_NOMEM : (int)stop->size;
	int n = text_decode(text + i, size - i, &cp);
	if (n == 0)
		return VIEW_INVALID;
	const struct fold *f = fold_get(cp);
	if (f)
		return change(v, last, f, i, (size_t)n) < 0 ? VIEW_NOMEM : n;
	*last = (struct last){ v->size, i };
	return put(v, text + i, (size_t)n) < 0 ? VIEW_NOMEM : n;
}

int view_make(struct view *v, const char *text, size_t size)
{
	v->text = text;
	v->text_size = size;
	v->nruns = 0;
	v->turned = 0;
	v->ascii = is_ascii(text, size);
	if (v->ascii) {
		v->data = text;
		v->size = size;
		return VIEW_OK;
	}
	v->size = 0;
	if (size > VIEW_SIZE_MAX)
		return VIEW_INVALID;
	struct last last = { NOTHING, 0 };
	for (size_t i = 0; i < size;) {
		struct fold_stop stop;
		size_t row = fold_plain(text + i, size - i, &stop);
		if (row) {
			last = (struct last){ stop.last == SIZE_MAX ? NOTHING : v->size + stop.last, i + stop.last };
			if (put_row(v, text + i, row, size - i) < 0)
				return VIEW_NOMEM;
			i += row;
		}
		if (i == size)
			break;
		int n = put_stop(v, &last, &stop, text, size, i);
		if (n < 0)
			return n;
		if (v->size > VIEW_GROWTH * size + VIEW_ROOM)
			return VIEW_SWOLLEN;
		i += (size_t)n;
	}
	v->data = v->buf ? v->buf : "";
	return VIEW_OK;
}

void view_free(struct view *v)
{
	if (v->buf)
		explicit_bzero(v->buf, v->cap);
	free(v->buf);
	free(v->runs);
	*v = (struct view){ 0 };
}

/* The last run that begins at or before view offset at, or NULL. */
static const struct view_run *run_at(const struct view *v, size_t at)
{
	size_t lo = 0, hi = v->nruns;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (v->runs[mid].v <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? &v->runs[lo - 1] : NULL;
}

static size_t original_start(const struct view *v, size_t at)
{
	const struct view_run *r = run_at(v, at);
	if (!r)
		return at;
	size_t in = at - r->v, all = (size_t)r->vlen * r->count;
	if (in < all)
		return r->o + in / r->vlen * r->olen;
	return r->o + (size_t)r->olen * r->count + (in - all);
}

static size_t original_end(const struct view *v, size_t end)
{
	const struct view_run *r = run_at(v, end - 1);
	if (!r)
		return end;
	size_t in = end - 1 - r->v, all = (size_t)r->vlen * r->count;
	if (in < all)
		return r->o + (in / r->vlen + 1) * r->olen;
	return r->o + (size_t)r->olen * r->count + (in - all) + 1;
}

static size_t step_back(const char *s, size_t at)
{
	do
		at--;
	while (at > 0 && ((unsigned char)s[at] & 0xc0) == 0x80);
	return at;
}

/* True if a grapheme border lies before the code point at `at`. */
static int is_border(const struct view *v, size_t at)
{
	uint32_t before = 0, behind = 0;
	if (at == 0 || at >= v->text_size)
		return 1;
	size_t prev = step_back(v->text, at);
	text_decode(v->text + prev, v->text_size - prev, &before);
	text_decode(v->text + at, v->text_size - at, &behind);
	return utf8proc_grapheme_break((utf8proc_int32_t)before, (utf8proc_int32_t)behind);
}

enum { GRAPHEME_STEPS_MAX = 256 }; /* "zalgo" without end costs no more than this */

void view_map(const struct view *v, size_t start, size_t end, size_t *start_r, size_t *end_r)
{
	if (v->ascii) {
		*start_r = start;
		*end_r = end;
		return;
	}
	size_t s = original_start(v, start), e = original_end(v, end);
	if (e < s)
		e = s;
	for (int i = 0; i < GRAPHEME_STEPS_MAX && !is_border(v, s); i++)
		s = step_back(v->text, s);
	for (int i = 0; i < GRAPHEME_STEPS_MAX && !is_border(v, e); i++) {
		uint32_t cp;
		e += (size_t)text_decode(v->text + e, v->text_size - e, &cp);
	}
	*start_r = s;
	*end_r = e;
}

int view_fold(const char *s, size_t size, char *dst, size_t dst_size, size_t *size_r)
{
	struct view v = { 0 };
	int r = view_make(&v, s, size);
	if (r == VIEW_OK && v.size <= dst_size) {
		memcpy(dst, v.data, v.size);
		*size_r = v.size;
	} else {
		r = -1;
	}
	view_free(&v);
	return r;
}
