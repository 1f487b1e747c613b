/* Joining what came in several texts. */
#include "model/window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void add(struct window *w, uint64_t id, const char *text)
{
	window_add(w, id, id + 100, id * 1000, text, strlen(text));
}

static const char *join(const struct window *w, uint64_t corrects, bool space, const char *text, struct window_joined *j)
{
	if (!window_join(w, corrects, space, text, strlen(text), j))
		return NULL;
	j->data[j->size] = '\0';
	return j->data;
}

static void texts_are_joined_in_order(void **state)
{
	struct window w = { 0 };
	struct window_joined j;
	assert_null(join(&w, 0, true, "8888 1881", &j));
	add(&w, 1, "my card:");
	add(&w, 2, "4012 8888");
	assert_string_equal(join(&w, 0, true, "8888 1881", &j), "my card: 4012 8888 8888 1881");
	assert_int_equal(j.start, 19);
	assert_int_equal(j.end, 28);
	assert_string_equal(join(&w, 0, false, "8888 1881", &j), "my card: 4012 88888888 1881");
	assert_null(join(&w, 0, true, "", &j));
}

static void a_finding_must_cross_a_border(void **state)
{
	struct window w = { 0 };
	struct window_joined j;
	size_t start, end;
	add(&w, 1, "4012 8888");
	assert_non_null(join(&w, 0, true, "8888 1881 ok", &j));
	assert_true(window_part(&j, 0, 19, &start, &end));
	assert_int_equal(start, 0);
	assert_int_equal(end, 9);
	assert_false(window_part(&j, 0, 9, &start, &end));    /* before it */
	assert_false(window_part(&j, 0, 10, &start, &end));   /* up to the border */
	assert_false(window_part(&j, 10, 19, &start, &end));  /* within it */
	assert_false(window_part(&j, 10, 22, &start, &end));  /* all of it */
}

static void a_correction_takes_its_place(void **state)
{
	struct window w = { 0 };
	struct window_joined j;
	size_t start, end;
	add(&w, 1, "a");
	add(&w, 2, "x");
	add(&w, 3, "8888 1881");
	assert_string_equal(join(&w, 2, true, "4012 8888", &j), "a 4012 8888 8888 1881");
	assert_true(window_part(&j, 2, 21, &start, &end));
	assert_int_equal(start, 0);
	assert_int_equal(end, 9);
	assert_string_equal(join(&w, 0, true, "b", &j), "a x 8888 1881 b");
	assert_string_equal(join(&w, 77, true, "b", &j), "a x 8888 1881 b"); /* of a text long gone */
	assert_int_equal(window_named(&w, 102), 2);
	assert_int_equal(window_named(&w, 99), 0);
	assert_int_equal(window_named(&w, 0), 0);
	window_replace(&w, 2, "4012 8888", 9);
	assert_string_equal(join(&w, 0, true, "b", &j), "a 4012 8888 8888 1881 b");
	window_replace(&w, 2, "", 0);
	window_replace(&w, 9, "y", 1);
	assert_string_equal(join(&w, 0, true, "b", &j), "a 8888 1881 b");
}

static void words_that_are_cut_become_whole(void **state)
{
	static const struct {
		const char *first, *second, *whole;
	} cases[] = {
		{ "card follows", "4012", "card follows 4012" }, { "401", "2", "4012" }, { "see 401", "2888", "see 4012888" },
		{ "the key", "ghp_ab", "the key ghp_ab" }, { "ghp_ab", "cdef", "ghp_abcdef" }, { "AKIA", "Q3EG", "AKIAQ3EG" },
		{ "wJalrX", "utn", "wJalrXutn" }, { "Hello", "there", "Hello there" }, { "I", "am", "I am" }, { "4012 ", "8888", "4012  8888" },
		{ "abcdefghijkl", "mnop", "abcdefghijklmnop" }, { "4012", "apples", "4012 apples" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct window w = { 0 };
		struct window_joined j;
		add(&w, 1, cases[i].first);
		assert_string_equal(join(&w, 0, false, cases[i].second, &j), cases[i].whole);
	}
}

static void old_texts_go(void **state)
{
	struct window w = { 0 };
	struct window_joined j;
	for (uint64_t i = 1; i <= 3 * WINDOW_PIECES_MAX; i++)
		add(&w, i, "7");
	assert_int_equal(w.n, WINDOW_PIECES_MAX);
	window_forget(&w, 3 * WINDOW_PIECES_MAX * 1000 - 1000);
	assert_string_equal(join(&w, 0, false, "8", &j), "778");
	window_forget(&w, UINT64_MAX);
	assert_int_equal(w.used, 0);
	assert_null(join(&w, 0, false, "8", &j));
}

static void long_texts_are_cut_at_code_points(void **state)
{
	static char text[4000];
	struct window w = { 0 };
	struct window_joined j;
	for (size_t i = 0; i + 2 < sizeof text; i += 3)
		memcpy(text + i, "€", 3);
	text[3999] = '\0';
	add(&w, 1, "before");
	add(&w, 2, text);
	assert_true(w.pieces[1].cut);
	assert_int_equal(w.pieces[1].size % 3, 0);
	assert_non_null(join(&w, 0, true, text, &j));
	assert_int_equal((j.end - j.start) % 3, 0);
	assert_true(j.end - j.start <= WINDOW_EDGE);
	assert_memory_equal(j.data, "€", 3); /* "before" does not touch what is kept of the other */
}

static void precheck_sees_what_matters(void **state)
{
	struct window w = { 0 };
	struct window_joined j;
	add(&w, 1, "hello there");
	assert_non_null(join(&w, 0, true, "how are you", &j));
	assert_false(window_suspicious(&j));
	assert_non_null(join(&w, 0, true, "call 4", &j));
	assert_true(window_suspicious(&j));
	static const char *const plain[] = { "привет", "Grüße, „gut“ – ja", "καλημέρα", "שלום", "a longish-word" };
	static const char *const maybe[] = { "٤", "４", "四", "nr ④", "𝟒", "߄", "x²" };
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
		assert_non_null(join(&w, 0, i % 2, plain[i], &j));
		assert_false(window_suspicious(&j));
	}
	for (size_t i = 0; i < sizeof maybe / sizeof *maybe; i++) {
		assert_non_null(join(&w, 0, i % 2, maybe[i], &j));
		assert_true(window_suspicious(&j));
	}
	assert_non_null(join(&w, 0, true, "KMDENGbPxRfiCYz", &j));
	assert_true(window_suspicious(&j));
}

/* Whatever comes, nothing lies beyond the buffers (the sanitizers see it) and the parts fit the texts. */
static void any_sequence_holds(void **state)
{
	struct window w = { 0 };
	struct window_joined j;
	char text[700];
	srand(7);
	for (uint64_t i = 1; i < 20000; i++) {
		size_t size = (size_t)rand() % (rand() % 4 ? 40 : sizeof text), start, end;
		memset(text, 'a' + rand() % 26, size);
		if (rand() % 3 == 0)
			window_replace(&w, i - (uint64_t)(rand() % 30), text, size);
		if (window_join(&w, rand() % 3 ? 0 : i - (uint64_t)(rand() % 30), rand() % 2, text, size, &j)) {
			assert_true(j.size <= sizeof j.data && j.start < j.end && j.end <= j.size);
			size_t a = (size_t)rand() % j.size, b = a + 1 + (size_t)rand() % (j.size - a);
			if (window_part(&j, a, b, &start, &end))
				assert_true(start < end && end <= size && memcmp(j.data + j.start + start, text + start, end - start) == 0);
		}
		window_add(&w, i, i, i, text, size);
		size_t sum = 0;
		for (size_t k = 0; k < w.n; k++) {
			assert_int_equal(w.pieces[k].from, sum);
			sum += w.pieces[k].size;
		}
		assert_int_equal(sum, w.used);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_joined_in_order), cmocka_unit_test(a_finding_must_cross_a_border),
		cmocka_unit_test(a_correction_takes_its_place), cmocka_unit_test(words_that_are_cut_become_whole), cmocka_unit_test(old_texts_go),
		cmocka_unit_test(long_texts_are_cut_at_code_points), cmocka_unit_test(precheck_sees_what_matters),
		cmocka_unit_test(any_sequence_holds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
