/* Fingerprints of a text, beside what FORMAT.fingerprint says they are, worked out step by step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "detect/fold.h"
#include "detect/view.h"
#include "detect/winnow.h"

#include <string.h>
#include <utf8proc.h>

enum { LETTERS_MAX = 3000, TEXT_MAX = 4 * LETTERS_MAX, TEXTS = 3000 };

static uint64_t seed = 20261125;

static unsigned rnd(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

/* ---- as the format says ---- */

struct expected {
	uint64_t value[TEXT_MAX], hash[TEXT_MAX];
	uint32_t start[TEXT_MAX], end[TEXT_MAX]; /* of each character that counts */
	size_t n;
	struct winnow_print prints[TEXT_MAX];
	size_t nprints;
};

static uint64_t rotate(uint64_t x, unsigned n)
{
	return n ? x << n | x >> (64 - n) : x;
}

static uint64_t value_of(uint64_t c)
{
	uint64_t z = c + 0x9e3779b97f4a7c15u * (c + 1);
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static void count_characters(struct expected *e, const char *view, size_t size)
{
	e->n = 0;
	for (size_t i = 0; i < size;) {
		uint32_t cp = 0;
		int n = text_decode(view + i, size - i, &cp);
		assert_true(n > 0);
		const char *category = utf8proc_category_string((utf8proc_int32_t)cp);
		if (strchr("LN", category[0]) || strcmp(category, "Mn") == 0 || strcmp(category, "Mc") == 0) {
			e->value[e->n] = value_of(fold_lower(cp));
			e->start[e->n] = (uint32_t)i;
			e->end[e->n++] = (uint32_t)i + (uint32_t)n;
		}
		i += (size_t)n;
	}
}

static void expect(struct expected *e, const char *view, size_t size)
{
	size_t told = SIZE_MAX;
	count_characters(e, view, size);
	e->nprints = 0;
	for (size_t i = 0; i + WINNOW_K <= e->n; i++) {
		e->hash[i] = 0;
		for (unsigned k = 0; k < WINNOW_K; k++)
			e->hash[i] ^= rotate(e->value[i + k], WINNOW_K - 1 - k);
	}
	for (size_t i = 0; i + WINNOW_T <= e->n; i++) {
		size_t least = i;
		for (size_t k = i; k < i + WINNOW_W; k++)
			if (e->hash[k] <= e->hash[least])
				least = k;
		if (told != SIZE_MAX && told >= i && e->hash[told] == e->hash[least])
			continue;
		told = least;
		e->prints[e->nprints++] = (struct winnow_print){ e->hash[least], e->start[least], e->end[least + WINNOW_K - 1], (uint32_t)least };
	}
}

/* ---- and as it is done ---- */

struct taken {
	struct winnow_print prints[TEXT_MAX];
	size_t n;
};

static int take(void *arg, const struct winnow_print *p, size_t n)
{
	struct taken *t = arg;
	assert_in_range(n, 1, WINNOW_AT_ONCE);
	memcpy(t->prints + t->n, p, n * sizeof *p);
	t->n += n;
	return 0;
}

static void compare(const struct winnow_table *table, const char *text, size_t size)
{
	static struct expected e;
	static struct taken t;
	struct view v = { 0 };
	size_t characters;
	assert_int_equal(view_make(&v, text, size), VIEW_OK);
	expect(&e, v.data, v.size);
	t.n = 0;
	assert_int_equal(winnow_text(table, text, size, take, &t, &characters), 0);
	assert_int_equal(characters, e.n);
	assert_int_equal(t.n, e.nprints);
	for (size_t i = 0; i < t.n; i++) {
		const struct winnow_print *a = &t.prints[i], *b = &e.prints[i];
		if (a->hash != b->hash || a->start != b->start || a->end != b->end || a->at != b->at)
			fail_msg("fingerprint %zu of %zu, %u to %u (%u) rather than %u to %u (%u), of \"%.*s\"", i, t.n, a->start, a->end, a->at, b->start, b->end, b->at, (int)size, text);
	}
	view_free(&v);
}

/* Letters of one kind or of several, from next to none, where hashes come again and again, to many, with more or less between them. */
static size_t make_text(char *dst)
{
	static const uint32_t first[] = { 'a', 'A', '0', 0x430, 0x410, 0x5d0, 0x900, 0x4e00, 0xac00, 0x10400, 0x20000 };
	static const unsigned many[] = { 1, 2, 3, 10, 26 };
	static const char *const between[] = { " ", ", ", "\n", "\xe2\x80\x94", "\xe2\x80\x8b", "\xf0\x9f\x98\x80", "\xcc\x81" };
	unsigned letters = rnd(8) ? rnd(200) : rnd(LETTERS_MAX), kinds = 1 + rnd(2), apart = 1 + rnd(30), count = many[rnd(5)], begin = rnd(11);
	size_t o = 0;
	for (unsigned i = 0; i < letters && o + 16 < TEXT_MAX; i++) {
		o += (size_t)text_encode(first[(begin + (kinds > 1 ? rnd(kinds) : 0)) % 11] + rnd(count), dst + o);
		if (rnd(apart) == 0)
			o += strlen(strcpy(dst + o, between[rnd(7)]));
	}
	return o;
}

static void fingerprints_are_what_the_format_says(void **state)
{
	static struct winnow_table table;
	static char text[TEXT_MAX];
	winnow_init(&table);
	for (int i = 0; i < TEXTS; i++)
		compare(&table, text, make_text(text));
}

static int stop(void *arg, const struct winnow_print *p, size_t n)
{
	++*(int *)arg;
	return 1;
}

static void who_stops_is_told_no_more(void **state)
{
	static struct winnow_table table;
	static char text[TEXT_MAX];
	size_t characters;
	int calls = 0;
	winnow_init(&table);
	for (size_t i = 0; i < TEXT_MAX; i++)
		text[i] = (char)('a' + rnd(26));
	assert_int_equal(winnow_text(&table, text, TEXT_MAX, stop, &calls, &characters), 0);
	assert_int_equal(calls, 1);
	assert_int_equal(characters, TEXT_MAX);
}

static int set_up(void **state)
{
	return view_init();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fingerprints_are_what_the_format_says),
		cmocka_unit_test(who_stops_is_told_no_more),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
