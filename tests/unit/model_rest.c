/* The rest of a number that was valid before its end. */
#include "model/rest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

enum { GENERATION = 3 };

/* A window in which the text of id 9 was found to end a number of 13 digits. */
static struct window noted(void)
{
	static const char text[] = "4012 8888 8888 1";
	struct window w = { 0 };
	struct reading r = { .size = sizeof text - 1 };
	struct finding in = { .detector = 7, .confidence = 80, .start = 0, .end = sizeof text - 1 };
	memcpy(r.data, text, sizeof text - 1);
	rest_note(&w, GENERATION, 9, 1000, &r, &in);
	return w;
}

static bool takes(struct window *w, uint64_t id, const char *text, struct finding *f)
{
	return rest_take(w, GENERATION, id, text, strlen(text), f);
}

static void figures_that_follow_are_the_rest(void **state)
{
	struct window w = noted();
	struct finding f;
	assert_true(takes(&w, 10, " 88.", &f));
	assert_true(f.start == 1 && f.end == 3 && f.detector == 7 && f.confidence == 80 && f.text == 0);
	assert_true(takes(&w, 11, "one", &f));
	assert_true(takes(&w, 15, "234", &f));  /* the longest card is at its end */
	assert_false(takes(&w, 16, "5", &f));
}

static void talk_is_not(void **state)
{
	static const char *const others[] = { "ok", "see you at 5", "1 of them", "14:30", "12345678", "", "5 €" };
	struct window w = noted();
	struct finding f;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_false(takes(&w, 10 + i, others[i], &f));
	assert_true(takes(&w, 20, "5", &f));
	assert_false(takes(&w, 8, "5", &f)); /* what came before it */
	assert_false(rest_take(&w, GENERATION + 1, 21, "5", 1, &f));
	window_forget(&w, 1001);
	assert_false(takes(&w, 22, "5", &f));
	w = (struct window){ 0 };
	assert_false(takes(&w, 23, "5", &f));
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
		cmocka_unit_test(only_a_number_at_an_end_goes_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
