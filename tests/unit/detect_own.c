/* Validators that a rule file describes, against published vectors; descriptions that are wrong are refused with their line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "detect/validdef.h"

#include <string.h>

#define ISBN "{ name = \"mod11\"; weights = [ 10, 9, 8, 7, 6, 5, 4, 3, 2 ]; digits = \"0123456789X\"; }"
#define NHS "{ name = \"mod11\"; weights = [ 10, 9, 8, 7, 6, 5, 4, 3, 2 ]; }"
#define EAN "{ name = \"weighted\"; weights = [ 1, 3 ]; modulus = 10; }"
#define LUHN "{ name = \"weighted\"; weights = [ 2, 1 ]; from = \"right\"; cross = true; modulus = 10; }"
#define BSN "{ name = \"weighted\"; weights = [ 9, 8, 7, 6, 5, 4, 3, 2, -1 ]; modulus = 11; check = 0; }"
#define SNILS "{ name = \"weighted\"; weights = [ 9, 8, 7, 6, 5, 4, 3, 2, 1 ]; modulus = 101; check_size = 2; subtract = false; }"
#define SIXTY_ONE "{ name = \"weighted\"; weights = [ 1 ]; modulus = 9; check = 0; remainder = 5; }"
#define ICAO "{ name = \"weighted\"; weights = [ 7, 3, 1 ]; modulus = 10; subtract = false; alphabet = [ \"0<\", \"1\", \"2\", \"3\", \"4\", \"5\", " \
	"\"6\", \"7\", \"8\", \"9\", \"A\", \"B\", \"C\", \"D\", \"E\", \"F\", \"G\", \"H\", \"I\", \"J\", \"K\", \"L\", \"M\", \"N\", \"O\", \"P\", \"Q\", \"R\", \"S\", \"T\", \"U\", " \
	"\"V\", \"W\", \"X\", \"Y\", \"Z\" ]; }"
#define VIN "{ name = \"weighted\"; weights = [ 8, 7, 6, 5, 4, 3, 2, 10, 9, 8, 7, 6, 5, 4, 3, 2 ]; modulus = 11; check = 9; subtract = false; " \
	"digits = \"0123456789X\"; alphabet = [ \"0\", \"1AJ\", \"2BKS\", \"3CLT\", \"4DMU\", \"5ENV\", \"6FW\", \"7GPX\", \"8HY\", \"9RZ\" ]; }"
#define YMD "{ name = \"date\"; format = \"YYMMDD\"; offset = 2; }"
#define DMY "{ name = \"date\"; format = \"DD.MM.YYYY\"; }"
#define EXPIRY "{ name = \"date\"; format = \"MM/YY\"; separators = \"\"; }"
#define STRONG "{ name = \"classes\"; require = [ \"upper\", \"lower\", \"digit\", \"[-_!]\" ]; }"
#define BASE32 "{ name = \"classes\"; allow = [ \"upper\", \"[234567]\" ]; }"
#define CRC "{ name = \"crc32-base62\"; after = \"\"; }"
#define CRC_FORGE "{ name = \"crc32-base62\"; after = \"live_\"; }"

static const struct vector {
	const char *validate, *text;
	int want;
} vectors[] = {
	/* ISO 2108 and its users' examples */
	{ ISBN, "0-306-40615-2", 1 }, { ISBN, "0-8044-2957-X", 1 }, { ISBN, "0-8044-2957-x", 1 }, { ISBN, "0-306-40615-3", 0 }, { ISBN, "0-8044-2957-0", 0 },
	/* the NHS's own sample; a sum that would need the check digit 10 */
	{ NHS, "943 476 5919", 1 }, { NHS, "943 476 5918", 0 }, { NHS, "100 000 000 0", 0 }, { NHS, "000 000 000 X", 0 }, { NHS, "", 0 }, { NHS, "9", 0 },
	/* GS1 General Specifications, 7.9 */
	{ EAN, "4006381333931", 1 }, { EAN, "6291041500213", 1 }, { EAN, "4006381333932", 0 },
	/* ISO/IEC 7812-1, Annex B */
	{ LUHN, "79927398713", 1 }, { LUHN, "79927398710", 0 }, { LUHN, "4012 8888 8888 1881", 1 },
	{ BSN, "111222333", 1 }, { BSN, "111222334", 0 },
	{ SNILS, "112-233-445 95", 1 }, { SNILS, "112-233-445 96", 0 },
	{ SIXTY_ONE, "23", 1 }, { SIXTY_ONE, "24", 0 },
	/* ICAO Doc 9303-3, Appendix A to section 4 */
	{ ICAO, "5207273", 1 }, { ICAO, "AB2134<<<5", 1 }, { ICAO, "ab2134<<<5", 1 }, { ICAO, "L898902C36", 1 }, { ICAO, "AB2134<<<6", 0 }, { ICAO, "5202723", 0 },
	/* 49 CFR 565.15 */
	{ VIN, "1M8GDM9AXKP042788", 1 }, { VIN, "11111111111111111", 1 }, { VIN, "1M8GDM9A1KP042788", 0 }, { VIN, "1M8GDM9AXKI042788", 0 }, { VIN, "1M8", 0 },
	{ YMD, "AB850228", 1 }, { YMD, "AB-85.02.28-7", 1 }, { YMD, "AB850230", 0 }, { YMD, "850228", 0 }, { YMD, "AB8502", 0 }, { YMD, "A", 0 },
	{ DMY, "29.02.2000", 1 }, { DMY, "29-02-2000", 1 }, { DMY, "29.02.1900", 0 }, { DMY, "29022000", 0 }, { DMY, "31.04.2020", 0 },
	{ EXPIRY, "11/27", 1 }, { EXPIRY, "13/27", 0 }, { EXPIRY, "11-27", 0 },
	{ STRONG, "Aa1-", 1 }, { STRONG, "Aa1+", 0 }, { STRONG, "aa1-", 0 },
	{ BASE32, "JBSWY3DPEHPK3PXP", 1 }, { BASE32, "JBSWY3DPEHPK3PX1", 0 }, { BASE32, "jbswy3dp", 0 },
	/* the check value of CRC-32, CBF43926, in base 62 */
	{ CRC, "1234567893jZRME", 1 }, { CRC, "1234567893jZRMF", 0 }, { CRC, "3jZRME", 0 }, { CRC, "", 0 },
	{ CRC_FORGE, "frg_live_q8Z2mTf0vK4xWcR7pLs1YbN9_Qa30Zh1Gz", 1 }, { CRC_FORGE, "frg_test_q8Z2mTf0vK4xWcR7pLs1YbN9_Qa30Zh1Gz", 0 }, { CRC_FORGE, "frg_live_", 0 },
};

static void read_validate(const char *validate, struct arena *a, struct valid_list *l, struct cfgerr *err, int want)
{
	char text[2000];
	snprintf(text, sizeof text, "# one\nvalidate = %s;\n", validate);
	struct bundle_file f = { .path = (char *)"own.rules", .data = text, .size = strlen(text) };
	struct cfg_reader r = { .file = f.path, .arena = a, .err = err };
	config_t cfg;
	assert_int_equal(cfg_parse(&r, &f, &cfg), 0);
	assert_int_equal(validdef_read(&r, config_root_setting(&cfg), l), want);
	config_destroy(&cfg);
}

static void published_vectors(void **state)
{
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		const struct vector *t = &vectors[i];
		struct arena *a = arena_new(1 << 20);
		struct cfgerr err = { 0 };
		struct valid_list l;
		read_validate(t->validate, a, &l, &err, 0);
		if (valid_run(&l.use[0], t->text, strlen(t->text)) != t->want)
			fail_msg("%s must%s accept \"%s\"", t->validate, t->want ? "" : " not", t->text);
		arena_free(&a);
	}
}

static void what_is_wrong_is_named(void **state)
{
	static const struct {
		const char *validate, *says;
	} wrong[] = {
		{ "\"mod11\"", "needs parameters" },
		{ "{ name = \"mod11\"; }", "\"weights\"" },
		{ "{ name = \"mod11\"; weights = 3; }", "must be a list" },
		{ "{ name = \"mod11\"; weights = [ ]; }", "must be a list" },
		{ "{ name = \"mod11\"; weights = [ \"3\" ]; }", "whole number" },
		{ "{ name = \"mod11\"; weights = [ 10000 ]; }", "whole number" },
		{ "{ name = \"mod11\"; weights = [ 1 ]; modulus = 7; }", "unknown key" },
		{ "{ name = \"weighted\"; weights = [ 1 ]; }", "\"modulus\"" },
		{ "{ name = \"weighted\"; weights = [ 1 ]; modulus = 1; }", "modulus" },
		{ "{ name = \"weighted\"; weights = [ 1 ]; modulus = 7; remainder = 7; check = 0; }", "less than the modulus" },
		{ "{ name = \"weighted\"; weights = [ 1 ]; modulus = 7; remainder = 3; }", "check = 0" },
		{ "{ name = \"weighted\"; weights = [ 1 ]; modulus = 7; from = \"top\"; }", "left" },
		{ "{ name = \"weighted\"; weights = [ 1 ]; modulus = 7; alphabet = \"01231\"; }", "twice" },
		{ "{ name = \"weighted\"; weights = [ 1 ]; modulus = 7; alphabet = \"ä\"; }", "ASCII" },
		{ "{ name = \"date\"; format = \"YYYYMM-DDMM\"; }", "YYYY" },
		{ "{ name = \"date\"; format = \"YMMDD\"; }", "YYYY" },
		{ "{ name = \"date\"; offset = 2; }", "\"format\"" },
		{ "{ name = \"classes\"; require = [ \"lowr\" ]; }", "lowr" },
		{ "{ name = \"classes\"; require = [ ]; }", "require" },
		{ "{ name = \"crc32-base62\"; alphabet = \"abc\"; }", "alphabet" },
		{ "{ name = \"crc32-base62\"; alphabet = \"00123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxy\"; }", "twice" },
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct arena *a = arena_new(1 << 20);
		struct cfgerr err = { 0 };
		struct valid_list l;
		read_validate(wrong[i].validate, a, &l, &err, -1);
		if (!strstr(err.text, wrong[i].says) || err.line != 2)
			fail_msg("%s: line %d: %s", wrong[i].validate, err.line, err.text);
		arena_free(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(published_vectors), cmocka_unit_test(what_is_wrong_is_named) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
