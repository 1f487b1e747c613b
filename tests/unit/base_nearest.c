/* "Did you mean …?" */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/nearest.h"

#include <string.h>

static const char *ask(const char *word)
{
	static const char *const words[] = { "luhn", "verhoeff", "payment-card", "from", "to", "channel", "" };
	struct nearest n = { .word = word };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		nearest_try(&n, words[i]);
	return n.best ? n.best : "none";
}

static void slips_are_found(void **state)
{
	assert_string_equal(ask("luhm"), "luhn");           /* another letter */
	assert_string_equal(ask("lunh"), "luhn");           /* two swapped */
	assert_string_equal(ask("verhoef"), "verhoeff");    /* one left out */
	assert_string_equal(ask("chanel"), "channel");
	assert_string_equal(ask("payment_cards"), "payment-card");
	assert_string_equal(ask("LUHN"), "luhn");
	assert_string_equal(ask("form"), "from");
}

static void others_are_not(void **state)
{
	char longer[200];
	memset(longer, 'a', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	assert_string_equal(ask("colour"), "none");
	assert_string_equal(ask("ab"), "none");
	assert_string_equal(ask(""), "none");
	assert_string_equal(ask("lxxn"), "none"); /* half of it is another's */
	assert_string_equal(ask(longer), "none");
}

static void the_nearest_is_asked_for(void **state)
{
	struct nearest n = { .word = "rooms" };
	char text[NEAREST_SIZE];
	assert_string_equal(nearest_question(&n, text, sizeof text), "");
	nearest_try(&n, "roams");
	nearest_try(&n, "broom");
	nearest_try(&n, "room");
	assert_string_equal(nearest_question(&n, text, sizeof text), "; did you mean \"roams\"?"); /* the first of equals */
	nearest_try(&n, "rooms");
	assert_string_equal(n.best, "rooms");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slips_are_found),
		cmocka_unit_test(others_are_not),
		cmocka_unit_test(the_nearest_is_asked_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
