/* The rest of a number that was valid before its end. */
#include "model/rest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

enum { GENERATION = 3 };

/* A text in which nothing, or [0, end) of it together with what is before it, was found. */
static bool takes(struct window *w, uint64_t id, const char *text, const char *whole, uint8_t confidence, struct finding *f)
{
	const struct rest_text t = { id, 1000, GENERATION, text, strlen(text) };
	struct reading r = { .size = whole ? strlen(whole) : 0 };
	struct finding in = { .detector = 7, .confidence = confidence, .start = 0, .end = (uint32_t)r.size };
	memcpy(r.data, whole ? whole : "", r.size);
	return rest_take(w, &t, &r, whole ? &in : NULL, f);
}

/* A window in which the text of id 9 was found to end a number of 13 digits. */
static struct window noted(void)
{
	struct window w = { 0 };
	struct finding f;
	assert_false(takes(&w, 9, "1", "4012 8888 8888 1", 80, &f));
	return w;
}

static void figures_that_follow_are_the_rest(void **state)
{
	struct window w = noted();
	struct finding f;
	assert_true(takes(&w, 10, " 88.", NULL, 0, &f));
	assert_true(f.start == 1 && f.end == 3 && f.detector == 7 && f.confidence == 80 && f.text == 0);
	assert_true(takes(&w, 11, "one", NULL, 0, &f));
	assert_true(takes(&w, 15, "234", NULL, 0, &f));  /* the longest card is at its end */
	assert_false(takes(&w, 16, "5", NULL, 0, &f));
}

static void talk_is_not(void **state)
{
	static const char *const others[] = { "ok", "see you at 5", "1 of them", "14:30", "12345678", "", "5 €" };
	struct window w = noted();
	struct finding f;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_false(takes(&w, 10 + i, others[i], NULL, 0, &f));
	assert_true(takes(&w, 20, "5", NULL, 0, &f));
	assert_false(takes(&w, 8, "5", NULL, 0, &f)); /* what came before it */
	const struct rest_text other = { 21, 1000, GENERATION + 1, "5", 1 };
	assert_false(rest_take(&w, &other, NULL, NULL, &f));
	window_forget(&w, 1001);
	assert_false(takes(&w, 22, "5", NULL, 0, &f));
	w = (struct window){ 0 };
	assert_false(takes(&w, 23, "5", NULL, 0, &f));
}

static void what_is_surest_is_what_it_is(void **state)
{
	struct window w = noted();
	struct finding f;
	assert_true(takes(&w, 10, "8", "4012 8888 8888 8", 35, &f)); /* by chance */
	assert_int_equal(f.confidence, 80);
	assert_true(takes(&w, 11, "81", "4012 8888 8888 1881", 100, &f));
	assert_true(takes(&w, 12, "123", NULL, 0, &f));
	assert_int_equal(f.confidence, 100);
	assert_false(takes(&w, 13, "4", NULL, 0, &f));
}

static bool may(const char *whole, const char *text, uint32_t end)
{
	struct reading r = { .size = strlen(whole) };
	memcpy(r.data, whole, r.size);
	struct finding in = { .end = (uint32_t)r.size }, is = { .end = end };
	return rest_may_follow(&r, &in, &is, text, strlen(text));
}

static void only_a_number_at_an_end_goes_on(void **state)
{
	assert_true(may("4012 8888 8888 1", "1", 1));
	assert_true(may("4012 8888 8888 1", "1...", 1));
	assert_false(may("4012 8888 8888 1", "1 thanks", 1));
	assert_false(may("536 22 8726", "8726", 4));
	assert_false(may("1234567890123456789", "9", 1));
	assert_false(may("DE89370400440532013000", "00", 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures_that_follow_are_the_rest),
		cmocka_unit_test(talk_is_not),
		cmocka_unit_test(what_is_surest_is_what_it_is),
		cmocka_unit_test(only_a_number_at_an_end_goes_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
