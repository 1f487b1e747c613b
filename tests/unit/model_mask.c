/* What a mask leaves readable, however the sender dressed it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/mask.h"

#include <string.h>

#define GAP "\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b"
#define DOTS "••••••••••"

static void masks(void **state)
{
	static const struct {
		struct mask mask;
		const char *text, *want;
	} cases[] = {
		{ { 0, 4 }, "4012 8888 8888 1881", "•••• •••• •••• 1881" },
		{ { 0, 0 }, "4012 8888", "•••• ••••" },
		{ { 1, 1 }, "k.d@x.org", "k.•••.••g" },
		{ { 0, 4 }, "204417", "••••17" },                          /* a third at most, the end first */
		{ { 6, 4 }, "4012888888881881", "4•••••••••••1881" },
		{ { 16, 16 }, "401288", "••••88" },
		{ { 0, 4 }, "2" GAP GAP GAP "04417", "•" DOTS DOTS DOTS "•••17" }, /* what is not seen makes a number no longer */
		{ { 16, 16 }, "40128888" GAP GAP GAP GAP GAP GAP GAP GAP "88881881", "••••••••" DOTS DOTS DOTS DOTS DOTS DOTS DOTS DOTS "•••81881" },
		{ { 0, 4 }, "2\u03364\u03364\u0336417", "•••••••17" },
		{ { 0, 4 }, "2!!!!!!!!!04417", "•••••••••••••17" },
		{ { 0, 2 }, "pa4ss!w?", "••••s•w•" },
		{ { 0, 4 }, "&#0000000052;04417", "••••••••••••••••••" },  /* and what is encoded is not known */
		{ { 0, 4 }, "%32%30%34417", "••••••••••••" },
		{ { 0, 4 }, "=32=30=34417", "••••••••••••" },
		{ { 0, 4 }, "\\u003204417", "•••••••••••" },
		{ { 0, 2 }, "мария", "••••я" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char got[1024];
		assert_int_equal(mask_apply(&cases[i].mask, cases[i].text, strlen(cases[i].text), got, sizeof got), 0);
		assert_string_equal(got, cases[i].want);
	}
}

static void says_when_there_is_no_room(void **state)
{
	const struct mask none = { 0, 0 };
	char got[7];
	assert_int_equal(mask_apply(&none, "ab", 2, got, sizeof got), 0);
	assert_int_equal(mask_apply(&none, "abc", 3, got, sizeof got), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(masks), cmocka_unit_test(says_when_there_is_no_room) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
