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

void winnow_init(struct winnow_table *t)
{
	for (uint32_t cp = 0; cp < WINNOW_TABLE; cp++)
		t->values[cp] = counts(cp) ? value_of(fold_lower(cp)) : 0;
}

/* Of the character that begins so: the view is UTF-8, view_make() saw to that. */
static inline size_t length_of(char lead)
{
	unsigned char c = (unsigned char)lead;
	return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* Not ASCII. */
static uint64_t value_wide(const struct winnow_table *t, const char *view, size_t size, size_t *n_r)
{
	const unsigned char *s = (const unsigned char *)view;
	size_t n = length_of(*view);
	*n_r = n < size ? n : size;
	if (n > size)
		return 0;
	uint32_t cp = s[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++)
		cp = cp << 6 | (s[i] & 0x3f);
	if (cp < WINNOW_TABLE)
		return t->values[cp];
	if (is_ideograph(cp))
		return value_of(cp);
	return counts(cp) ? value_of(fold_lower(cp)) : 0;
}

static inline uint64_t value_at(const struct winnow_table *t, const char *s, size_t size, size_t *n_r)
{
	unsigned char c = (unsigned char)*s;
	if (c >= 0x80)
		return value_wide(t, s, size, n_r);
	*n_r = 1;
	return t->values[c];
}

static inline uint64_t rotate(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

/* A stretch of characters that count, with what is still needed of those before: enough for a window of windows. */
enum { BEFORE = 64, STRETCH = 512, STRETCH_MAX = BEFORE + STRETCH };
_Static_assert((int)BEFORE >= WINNOW_T, "a fingerprint in the last window reaches that far back");

struct stretch {
	uint64_t values[STRETCH_MAX];
	uint64_t hashes[STRETCH_MAX]; /* of the WINNOW_K characters that end here */
	uint32_t places[STRETCH_MAX]; /* in the view */
	size_t n;
	size_t base;                  /* number of the first one in the text, counted from BEFORE */
	uint64_t h;
	uint64_t least;               /* the fingerprint told last … */
	size_t at;                    /* … and where; before there is one, what ends the window before the first */
};

static void start(struct stretch *x)
{
	memset(x->values, 0, BEFORE * sizeof *x->values);
	x->n = BEFORE;
	x->base = x->h = x->least = 0;
	x->at = BEFORE + WINNOW_K - 2;
}

/* No jump: whether a character counts can't be foretold. */
static inline size_t put(struct stretch *x, size_t n, uint64_t v, size_t at)
{
	x->values[n] = v;
	x->places[n] = (uint32_t)at;
	return n + (v != 0);
}

/* Takes characters from `at` on while there is room; returns how far it came. */
static size_t fill(struct stretch *x, const struct winnow_table *t, const char *view, size_t size, size_t at)
{
	size_t n = x->n, len;
	while (at < size && n < STRETCH_MAX) {
		size_t stop = size - at < STRETCH_MAX - n ? size : at + STRETCH_MAX - n;
		for (; at < stop && !(view[at] & 0x80); at++)
			n = put(x, n, t->values[(unsigned char)view[at]], at);
		for (; at < stop && (view[at] & 0x80); at += len)
			n = put(x, n, value_wide(t, view + at, size - at, &len), at);
	}
	x->n = n;
	return at;
}

/* Cyclic polynomial: the oldest character goes, the new one comes. */
static void hash_new(struct stretch *x)
{
	uint64_t h = x->h;
	for (size_t i = BEFORE; i < x->n; i++)
		x->hashes[i] = h = rotate(h, 1) ^ rotate(x->values[i - WINNOW_K], WINNOW_K) ^ x->values[i];
	x->h = h;
}

/* Of a window, in two halves, which a processor takes side by side. */
static size_t rightmost_least(const uint64_t *h, size_t from)
{
	enum { HALF = WINNOW_W / 2 };
	_Static_assert(2 * HALF == WINNOW_W, "");
	size_t a = from, b = from + HALF;
	uint64_t least_a = h[a], least_b = h[b];
	for (size_t i = from + 1; i < from + HALF; i++) {
		a = h[i] <= least_a ? i : a;
		least_a = h[i] <= least_a ? h[i] : least_a;
		b = h[i + HALF] <= least_b ? i + HALF : b;
		least_b = h[i + HALF] <= least_b ? h[i + HALF] : least_b;
	}
	return least_b <= least_a ? b : a;
}

static struct winnow_print print_of(const struct stretch *x, const char *view, size_t i)
{
	size_t first = i + 1 - WINNOW_K, last = x->places[i];
	return (struct winnow_print){ x->hashes[i], x->places[first], (uint32_t)(last + length_of(view[last])), (uint32_t)(x->base + first - BEFORE) };
}

/* What was told last is the least until a lesser one comes, or it leaves the window: then the least of that window is. */
static int tell_new(struct stretch *x, const char *view, winnow_fn *fn, void *arg)
{
	struct winnow_print prints[WINNOW_AT_ONCE];
	const uint64_t *h = x->hashes;
	size_t at = x->at, i = at < BEFORE ? BEFORE : at + 1, n = 0;
	uint64_t least = x->least;
	int r = 0;
	while (r == 0) {
		size_t leaves = at + WINNOW_W, stop = leaves < x->n ? leaves : x->n;
		while (i < stop && h[i] >= least)
			i++;
		if (i >= x->n)
			break;
		at = i < leaves ? i : rightmost_least(h, at + 1);
		least = h[at];
		prints[n++] = print_of(x, view, at);
		if (n == WINNOW_AT_ONCE) {
			r = fn(arg, prints, n);
			n = 0;
		}
		i++;
	}
	x->at = at;
	x->least = least;
	return r == 0 && n > 0 ? fn(arg, prints, n) : r;
}

/* What the next stretch needs of this one comes to its front. */
static void carry(struct stretch *x)
{
	size_t gone = x->n - BEFORE;
	memcpy(x->values, x->values + gone, BEFORE * sizeof *x->values);
	memcpy(x->hashes, x->hashes + gone, BEFORE * sizeof *x->hashes);
	memcpy(x->places, x->places + gone, BEFORE * sizeof *x->places);
	x->base += gone;
	x->at -= gone;
	x->n = BEFORE;
}

size_t winnow(const struct winnow_table *t, const char *view, size_t size, winnow_fn *fn, void *arg)
{
	struct stretch x;
	int stopped = 0;
	start(&x);
	for (size_t at = 0; at < size;) {
		if (x.n == STRETCH_MAX)
			carry(&x);
		at = fill(&x, t, view, size, at);
		hash_new(&x);
		if (!stopped)
			stopped = tell_new(&x, view, fn, arg);
	}
	return x.base + x.n - BEFORE;
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
