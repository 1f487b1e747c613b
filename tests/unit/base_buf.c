/* base/buf and base/text: the parts every hostile byte passes through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/text.h"

#include <string.h>

static void numbers_round_trip(void **state)
{
	struct buf b;
	uint8_t v8;
	uint16_t v16;
	uint32_t v32;
	uint64_t v64;
	buf_init(&b, 64);
	assert_int_equal(buf_put_u8(&b, 0xab), 0);
	assert_int_equal(buf_put_u16(&b, 0x1234), 0);
	assert_int_equal(buf_put_u32(&b, 0xdeadbeef), 0);
	assert_int_equal(buf_put_u64(&b, 0x0102030405060708), 0);
	assert_memory_equal(buf_ptr(&b), "\xab\x12\x34\xde\xad\xbe\xef\x01\x02\x03\x04\x05\x06\x07\x08", 15);
	assert_int_equal(buf_get_u8(&b, &v8), 0);
	assert_int_equal(buf_get_u16(&b, &v16), 0);
	assert_int_equal(buf_get_u32(&b, &v32), 0);
	assert_int_equal(buf_get_u64(&b, &v64), 0);
	assert_true(v8 == 0xab && v16 == 0x1234 && v32 == 0xdeadbeef && v64 == 0x0102030405060708);
	assert_int_equal(buf_get_u8(&b, &v8), BUF_SHORT);
	buf_free(&b);
}

static void never_beyond_max(void **state)
{
	struct buf b;
	char block[100] = { 0 };
	buf_init(&b, 128);
	assert_int_equal(buf_put(&b, block, 100), 0);
	assert_int_equal(buf_put(&b, block, 29), BUF_FULL);
	assert_int_equal(buf_put(&b, block, SIZE_MAX), BUF_FULL);
	assert_int_equal(buf_left(&b), 100);
	buf_skip(&b, 80); /* what was taken makes room */
	assert_int_equal(buf_put(&b, block, 100), 0);
	assert_int_equal(buf_left(&b), 120);
	buf_free(&b);
}

static void failed_get_touches_nothing(void **state)
{
	struct buf b;
	const char *s = "keep";
	size_t n = 4;
	char small[3];
	buf_view(&b, "\0\5abc", 5);
	assert_int_equal(buf_get_str16(&b, &s, &n), BUF_SHORT);
	assert_true(strcmp(s, "keep") == 0 && n == 4 && buf_left(&b) == 5);
	buf_view(&b, "\0\3a\0b", 5);
	assert_int_equal(buf_get_str16(&b, &s, &n), BUF_SHORT);
	buf_view(&b, "\0\3abc", 5);
	assert_int_equal(buf_get_cstr16(&b, small, sizeof small), BUF_FULL);
	assert_int_equal(buf_left(&b), 5);
}

static void utf8_borders(void **state)
{
	assert_true(text_is_utf8("a\xc2\x80\xe2\x82\xac\xf4\x8f\xbf\xbf", 10));
	static const char *const bad[] = { "\x80", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(text_is_utf8(bad[i], strlen(bad[i])));
}

static void quoting_forges_nothing(void **state)
{
	char out[64];
	const char *hostile = "a\nb\r\"\\\xe2\x80\xae\xff";
	assert_string_equal(text_quote(out, sizeof out, hostile, strlen(hostile)), "a\\u{a}b\\u{d}\\\"\\\\\\u{202e}\\x{ff}");
	char tiny[12];
	assert_string_equal(text_quote(tiny, sizeof tiny, "aaaaaaaaaaaaaaaaaaa", 19), "aaaaaaaa…");
}

static void globs(void **state)
{
	static const struct { const char *pattern, *text; bool fits; } cases[] = {
		{ "board@rooms.test", "board@rooms.test", true },   { "board@rooms.test", "Board@rooms.test", true },
		{ "board@rooms.test", "board@rooms.test.x", false }, { "board@rooms.test", "aboard@rooms.test", false },
		{ "*@rooms.test", "board@rooms.test", true },       { "*@rooms.test", "@rooms.test", true },
		{ "*@rooms.test", "board@other.test", false },      { "pro-*@rooms.test", "pro-x@rooms.test", true },
		{ "pro-*@rooms.test", "prox@rooms.test", false },   { "*a*b*", "xxaxxbxx", true },
		{ "*a*b*", "xxbxxaxx", false },                     { "*ab", "abab", true },
		{ "*", "", true },                                  { "", "", true },
		{ "", "x", false },                                 { "a?c", "abc", true }, { "a?c", "ac", false },
		{ "[ab]", "a", false },                             { "**", "x", true },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (text_glob(cases[i].pattern, cases[i].text, strlen(cases[i].text)) != cases[i].fits)
			fail_msg("%s, %s", cases[i].pattern, cases[i].text);
	assert_true(text_glob("a*", "abc", 1)); /* no further than size */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_round_trip),     cmocka_unit_test(never_beyond_max),
		cmocka_unit_test(failed_get_touches_nothing), cmocka_unit_test(utf8_borders),
		cmocka_unit_test(quoting_forges_nothing), cmocka_unit_test(globs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
