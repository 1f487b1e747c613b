#include "detect/winnow.h"

#include "base/text.h"
#include "detect/fold.h"
#include "detect/view.h"

#include <utf8proc.h>

/* splitmix64: what a character stands for in the hash.  0 means "does not count". */
static uint64_t value_of(uint32_t cp)
{
	uint64_t z = cp + 0x9e3779b97f4a7c15u * (uint64_t)(cp + 1);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	z ^= z >> 31;
	return z ? z : 1;
}

void winnow_init(struct winnow_table *t)
{
	for (uint32_t c = 0; c < 128; c++) {
		int upper = c >= 'A' && c <= 'Z', counts = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
		t->ascii[c] = counts ? value_of(upper ? c + 'a' - 'A' : c) : 0;
	}
}

static int is_ideograph(uint32_t cp)
{
	return (cp >= 0x3400 && cp <= 0x9fff) || (cp >= 0xac00 && cp <= 0xd7a3);
}

/* Letters, digits, and the vowel signs that belong to letters. */
static int counts(uint32_t cp)
{
	switch (utf8proc_category((utf8proc_int32_t)cp)) {
	case UTF8PROC_CATEGORY_LU: case UTF8PROC_CATEGORY_LL: case UTF8PROC_CATEGORY_LT: case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO: case UTF8PROC_CATEGORY_ND: case UTF8PROC_CATEGORY_NL: case UTF8PROC_CATEGORY_NO:
	case UTF8PROC_CATEGORY_MC: case UTF8PROC_CATEGORY_MN:
		return 1;
	default:
		return 0;
	}
}

static uint64_t value_wide(const char *s, size_t size, size_t *n_r)
{
	uint32_t cp = 0;
	int n = text_decode(s, size, &cp);
	*n_r = n > 0 ? (size_t)n : 1;
	if (n <= 0)
		return 0;
	if (is_ideograph(cp))
		return value_of(cp);
	return counts(cp) ? value_of(fold_lower(cp)) : 0;
}

static inline uint64_t value_at(const struct winnow_table *t, const char *s, size_t size, size_t *n_r)
{
	unsigned char c = (unsigned char)*s;
	if (c >= 0x80)
		return value_wide(s, size, n_r);
	*n_r = 1;
	return t->ascii[c];
}

static inline uint64_t rotate(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

/* The last WINNOW_W hashes; slot i % WINNOW_W is that of the i-th WINNOW_K characters. */
struct window {
	struct winnow_print hashes[WINNOW_W];
	size_t least;
	winnow_fn *fn;
	void *arg;
};

/* The hash in `slot` is new.  Tells of the least of all if it has not been told. */
static int slide(struct window *w, size_t slot, uint32_t nth)
{
	if (nth + 1 < WINNOW_W)
		return 0;
	if (nth + 1 > WINNOW_W && w->least != slot) {
		if (w->hashes[slot].hash >= w->hashes[w->least].hash)
			return 0;
		w->least = slot;
	} else {
		/* the first whole window, or the least has left it: the rightmost of the least */
		size_t least = (slot + 1) % WINNOW_W;
		for (size_t i = 2; i <= WINNOW_W; i++) {
			size_t k = (slot + i) % WINNOW_W;
			if (w->hashes[k].hash <= w->hashes[least].hash)
				least = k;
		}
		w->least = least;
	}
	return w->fn(w->arg, &w->hashes[w->least]);
}

size_t winnow(const struct winnow_table *t, const char *view, size_t size, winnow_fn *fn, void *arg)
{
	uint64_t values[WINNOW_K] = { 0 }, h = 0;
	uint32_t starts[WINNOW_K] = { 0 };
	size_t n = 0, oldest = 0, slot = 0, len;
	struct window w = { .fn = fn, .arg = arg };
	int stopped = 0;
	for (size_t i = 0; i < size; i += len) {
		uint64_t v = value_at(t, view + i, size - i, &len);
		if (!v)
			continue;
		/* cyclic polynomial: the oldest character goes, the new one comes */
		h = rotate(h, 1) ^ rotate(values[oldest], WINNOW_K) ^ v;
		values[oldest] = v;
		starts[oldest] = (uint32_t)i;
		oldest = oldest + 1 == WINNOW_K ? 0 : oldest + 1;
		if (++n < WINNOW_K || stopped)
			continue;
		w.hashes[slot] = (struct winnow_print){ h, starts[oldest], (uint32_t)(i + len), (uint32_t)(n - WINNOW_K) };
		stopped = slide(&w, slot, (uint32_t)(n - WINNOW_K));
		slot = slot + 1 == WINNOW_W ? 0 : slot + 1;
	}
	return n;
}

int winnow_text(const struct winnow_table *t, const char *text, size_t size, winnow_fn *fn, void *arg, size_t *characters_r)
{
	struct view v = { 0 };
	int r = view_init() == 0 && view_make(&v, text, size) == VIEW_OK ? 0 : -1;
	*characters_r = r == 0 ? winnow(t, v.data, v.size, fn, arg) : 0;
	view_free(&v);
	return r;
}

static int is_line_end(char c)
{
	return c == '\n' || c == '\r';
}

size_t winnow_grow(const struct winnow_table *t, const char *view, size_t size, size_t at, int towards, int n)
{
	size_t best = at, len;
	if (towards < 0) {
		while (n > 0 && at > 0 && !is_line_end(view[at - 1])) {
			do
				at--;
			while (at > 0 && ((unsigned char)view[at] & 0xc0) == 0x80);
			if (value_at(t, view + at, size - at, &len)) {
				best = at;
				n--;
			}
		}
		return best;
	}
	for (; n > 0 && at < size && !is_line_end(view[at]); at += len)
		if (value_at(t, view + at, size - at, &len)) {
			best = at + len;
			n--;
		}
	return best;
}
