/* What one sender wrote last. */
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

/* What is kept, with a bar between two texts. */
static const char *kept(const struct window *w)
{
	static char text[WINDOW_BYTES + WINDOW_PIECES_MAX + 1];
	size_t n = 0;
	for (size_t i = 0; i < w->n; i++) {
		if (i > 0)
			text[n++] = '|';
		memcpy(text + n, w->text + w->pieces[i].from, w->pieces[i].size);
		n += w->pieces[i].size;
	}
	text[n] = '\0';
	return text;
}

static void texts_stand_in_order(void **state)
{
	struct window w = { 0 };
	add(&w, 1, "my card:");
	add(&w, 2, "4012 8888");
	add(&w, 3, "");
	assert_string_equal(kept(&w), "my card:|4012 8888");
	assert_int_equal(window_named(&w, 102), 2);
	assert_int_equal(window_named(&w, 99), 0);
	assert_int_equal(window_named(&w, 0), 0);
	window_replace(&w, 1, "visa", 4);
	window_replace(&w, 9, "y", 1);
	assert_string_equal(kept(&w), "visa|4012 8888");
	window_replace(&w, 1, "", 0);
	assert_string_equal(kept(&w), "4012 8888");
}

static void old_texts_go(void **state)
{
	struct window w = { 0 };
	for (uint64_t i = 1; i <= 3 * WINDOW_PIECES_MAX; i++)
		add(&w, i, "7");
	assert_int_equal(w.n, WINDOW_PIECES_MAX);
	window_forget(&w, 3 * WINDOW_PIECES_MAX * 1000 - 1000);
	assert_string_equal(kept(&w), "7|7");
	window_forget(&w, UINT64_MAX);
	assert_int_equal(w.used, 0);
}

static void talk_washes_no_number_out(void **state)
{
	struct window w = { 0 };
	add(&w, 1, "the weather is fine");
	add(&w, 2, "4012 8888");
	add(&w, 3, "four five three nine");
	for (uint64_t i = 4; i < 100; i++)
		add(&w, i, "what people say to each other between two things, in words and not in figures, goes on and on and on");
	assert_memory_equal(kept(&w), "4012 8888|four five three nine|what people", 41);
	assert_true(w.n >= 2 + WINDOW_KEPT);
	/* nor do such with digits that are no part of one */
	for (uint64_t i = 100; i < 200; i++)
		add(&w, i, "say it 7 times");
	assert_memory_equal(kept(&w), "4012 8888|four five three nine|say it", 37);
}

static void some_words_stay(void **state)
{
	struct window w = { 0 };
	add(&w, 1, "my card is");
	for (uint64_t i = 2; i < 100; i++)
		add(&w, i, "7");
	assert_memory_equal(kept(&w), "my card is|7|7", 14);
	/* where bytes are short, the latest alone */
	for (uint64_t i = 100; i < 200; i++)
		add(&w, i, i < 198 ? "12345678901234567890123456789012345678901234567890" : i == 198 ? "my" : "ssn");
	assert_non_null(strstr(kept(&w), "|my|ssn"));
	assert_null(strstr(kept(&w), "card"));
}

static void long_texts_are_cut_at_code_points(void **state)
{
	static char text[4000];
	struct window w = { 0 };
	for (size_t i = 0; i + 2 < sizeof text; i += 3)
		memcpy(text + i, "€", 3);
	text[3999] = '\0';
	add(&w, 1, "before");
	add(&w, 2, text);
	assert_true(w.pieces[1].cut && !w.pieces[0].cut);
	assert_int_equal(w.pieces[1].size % 3, 0);
	assert_true(w.pieces[1].size <= WINDOW_EDGE);
}

static void what_is_looked_for_once_is_true_still(void **state)
{
	struct window w = { 0 };
	add(&w, 1, "is 4012 8888 it");
	for (int i = 0; i < 2; i++) {
		struct carry c = window_carry(&w, 0);
		assert_true(c.from == 3 && c.to == 12 && c.weight == 8 && !c.bare);
	}
	window_replace(&w, 1, "18", 2);
	struct carry c = window_carry(&w, 0);
	assert_true(c.from == 0 && c.to == 2 && c.weight == 2 && c.bare);
}

/* Whatever comes, nothing lies beyond the buffers (the sanitizers see it). */
static void any_sequence_holds(void **state)
{
	struct window w = { 0 };
	char text[700];
	srand(7);
	for (uint64_t i = 1; i < 20000; i++) {
		size_t size = (size_t)rand() % (rand() % 4 ? 40 : sizeof text);
		memset(text, rand() % 2 ? 'a' + rand() % 26 : '0' + rand() % 10, size);
		if (rand() % 3 == 0)
			window_replace(&w, i - (uint64_t)(rand() % 30), text, size);
		window_add(&w, i, i, i, text, size);
		size_t sum = 0;
		for (size_t k = 0; k < w.n; k++) {
			assert_int_equal(w.pieces[k].from, sum);
			sum += w.pieces[k].size;
			if (rand() % 8 == 0)
				assert_true(window_carry(&w, k).to <= w.pieces[k].size);
		}
		assert_int_equal(sum, w.used);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_stand_in_order),
		cmocka_unit_test(old_texts_go),
		cmocka_unit_test(talk_washes_no_number_out),
		cmocka_unit_test(some_words_stay),
		cmocka_unit_test(long_texts_are_cut_at_code_points),
		cmocka_unit_test(what_is_looked_for_once_is_true_still),
		cmocka_unit_test(any_sequence_holds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
