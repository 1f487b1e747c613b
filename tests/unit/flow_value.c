/* flow/value: keyed hashes and tokens of values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "flow/value.h"

#include <stdio.h>
#include <string.h>

#define WANT "17f53758f2c8af1c"
static const unsigned char key[VALUE_KEY] = "0123456789abcdef0123456789abcdef", other_key[VALUE_KEY] = "1123456789abcdef0123456789abcdef";

static const char *hash(const unsigned char *with, const char *value)
{
	static char hex[4][VALUE_HASH_SIZE];
	static unsigned turn;
	unsigned char h[VALUE_HASH];
	assert_int_equal(value_hash(with, value, strlen(value), h), 0);
	text_hex(hex[++turn % 4], h, VALUE_HASH);
	return hex[turn % 4];
}

static void same_value_same_hash(void **state)
{
	/* printf 4012888888881881 | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef */
	assert_string_equal(hash(key, "4012888888881881"), WANT);
	assert_string_equal(hash(key, "4012 8888-8888.1881"), WANT);
	assert_string_not_equal(hash(key, "4012888888881882"), WANT);
	assert_string_not_equal(hash(other_key, "4012888888881881"), WANT);
}

static void tokens_are_no_numbers(void **state)
{
	char token[VALUE_TOKEN_SIZE], again[VALUE_TOKEN_SIZE], value[32];
	for (int i = 0; i < 20000; i++) {
		snprintf(value, sizeof value, "%d", i);
		assert_int_equal(value_token(key, value, strlen(value), token), 0);
		assert_int_equal(strlen(token), 8);
		assert_int_equal(strspn(token, "0123456789abcdef"), 8);
		for (size_t k = 0; k < 5; k++)
			if (strspn(token + k, "0123456789") > 3)
				fail_msg("%s", token);
	}
	assert_int_equal(value_token(key, "40 12", 5, token), 0);
	assert_int_equal(value_token(key, "4012", 4, again), 0);
	assert_string_equal(token, again);
	assert_int_equal(value_token(other_key, "4012", 4, again), 0);
	assert_string_not_equal(token, again);
	assert_int_not_equal(strncmp(token, hash(key, "4012"), 8), 0); /* nobody can tell that they belong together */
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(same_value_same_hash), cmocka_unit_test(tokens_are_no_numbers) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
