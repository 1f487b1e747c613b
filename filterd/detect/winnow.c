#include "detect/winnow.h"

#include "base/text.h"
#include "detect/fold.h"
#include "detect/view.h"

#include <string.h>
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

/* A stretch of characters that count, with what is still needed of those before: enough for a window of windows. */
enum { BEFORE = 64, STRETCH = 512, STRETCH_MAX = BEFORE + STRETCH, FIRST = WINNOW_T - 1 };
_Static_assert((int)BEFORE >= WINNOW_T, "a fingerprint in the last window reaches that far back");

struct stretch {
	uint64_t values[STRETCH_MAX];
	uint64_t hashes[STRETCH_MAX]; /* of the WINNOW_K characters that end here */
	uint32_t places[STRETCH_MAX]; /* in the view */
	size_t n;
	size_t base;                  /* number of the first one in the text, counted from BEFORE */
	size_t least;                 /* of the window, if it is whole */
	uint64_t h;
};

/* Takes characters from `at` on while there is room; returns how far it came. */
static size_t fill(struct stretch *x, const struct winnow_table *t, const char *view, size_t size, size_t at)
{
	size_t n = x->n, len;
	while (at < size && n < STRETCH_MAX) {
		uint64_t v = value_at(t, view + at, size - at, &len);
		x->values[n] = v;
		x->places[n] = (uint32_t)at;
		n += v != 0; /* no jump: whether a character counts can't be foretold */
		at += len;
	}
	x->n = n;
	return at;
}

/* Cyclic polynomial: the oldest character goes, the new one comes. */
static void hash_new(struct stretch *x, size_t from)
{
	uint64_t h = x->h;
	for (size_t i = from; i < x->n; i++)
		x->hashes[i] = h = rotate(h, 1) ^ rotate(x->values[i - WINNOW_K], WINNOW_K) ^ x->values[i];
	x->h = h;
}

static size_t rightmost_least(const uint64_t *h, size_t from, size_t end)
{
	size_t at = from;
	uint64_t least = h[from];
	for (size_t i = from + 1; i < end; i++) {
		at = h[i] <= least ? i : at;
		least = h[i] <= least ? h[i] : least;
	}
	return at;
}

static int tell(const struct stretch *x, const char *view, size_t i, winnow_fn *fn, void *arg)
{
	size_t last = x->places[i], end = last + 1;
	while (((unsigned char)view[last] & 0x80) && ((unsigned char)view[end] & 0xc0) == 0x80 && end < last + 4)
		end++;
	const struct winnow_print p = { x->hashes[i], x->places[i + 1 - WINNOW_K], (uint32_t)end, (uint32_t)(x->base + i - BEFORE + 1 - WINNOW_K) };
	return fn(arg, &p);
}

/* Each window that ends at a new character: its least hash, if that is not the one told last. */
static int tell_new(struct stretch *x, const char *view, size_t from, winnow_fn *fn, void *arg)
{
	size_t first = BEFORE + FIRST > x->base ? BEFORE + FIRST - x->base : 0, at = x->least;
	const uint64_t *h = x->hashes;
	uint64_t least = h[at];
	int r = 0;
	for (size_t i = from > first ? from : first; i < x->n && r == 0; i++) {
		if (h[i] >= least && at + WINNOW_W > i && i != first)
			continue;
		at = h[i] < least && i != first ? i : rightmost_least(h, i + 1 - WINNOW_W, i + 1);
		least = h[at];
		r = tell(x, view, at, fn, arg);
	}
	x->least = at;
	return r;
}

/* What the next stretch needs of this one comes to its front. */
static void carry(struct stretch *x)
{
	size_t gone = x->n - BEFORE;
	memmove(x->values, x->values + gone, BEFORE * sizeof *x->values);
	memmove(x->hashes, x->hashes + gone, BEFORE * sizeof *x->hashes);
	memmove(x->places, x->places + gone, BEFORE * sizeof *x->places);
	x->base += gone;
	x->least = x->least > gone ? x->least - gone : 0;
	x->n = BEFORE;
}

size_t winnow(const struct winnow_table *t, const char *view, size_t size, winnow_fn *fn, void *arg)
{
	struct stretch x;
	int stopped = 0;
	memset(x.values, 0, BEFORE * sizeof *x.values);
	x.n = BEFORE;
	x.base = x.least = 0;
	x.hashes[0] = 0;
	x.h = 0;
	for (size_t at = 0; at < size;) {
		at = fill(&x, t, view, size, at);
		hash_new(&x, BEFORE);
		if (!stopped)
			stopped = tell_new(&x, view, BEFORE, fn, arg);
		carry(&x);
	}
	return x.base;
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
