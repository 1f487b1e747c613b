/* The normalised view and its way back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "detect/view.h"

#include <stdlib.h>
#include <string.h>

static void folds_to(const char *text, const char *want)
{
	struct view v = { 0 };
	assert_int_equal(view_make(&v, text, strlen(text)), VIEW_OK);
	if (v.size != strlen(want) || memcmp(v.data, want, v.size) != 0)
		fail_msg("\"%s\" became \"%.*s\", not \"%s\"", text, (int)v.size, v.data, want);
	view_free(&v);
}

static void ascii_is_its_own_view(void **state)
{
	struct view v = { 0 };
	static const char text[] = "Card 4012 8888 8888 1881\r\n\t\x01 end";
	size_t s, e;
	assert_int_equal(view_make(&v, text, sizeof text - 1), VIEW_OK);
	assert_true(v.ascii && v.data == text && v.nruns == 0);
	view_map(&v, 5, 24, &s, &e);
	assert_true(s == 5 && e == 24);
	assert_int_equal(view_make(&v, "", 0), VIEW_OK);
	view_free(&v);
}

static void disguises_fold(void **state)
{
	folds_to("４０１２", "4012");                             /* fullwidth */
	folds_to("𝟒𝟎𝟏𝟐", "4012");                                 /* mathematical bold */
	folds_to("④⓪①②", "4012");                                 /* circled */
	folds_to("❹⓿❶❷", "4012");                                 /* negative circled: no decomposition */
	folds_to("٤٠١٢", "4012");                                 /* Arabic-Indic */
	folds_to("۴۰۱۲", "4012");                                 /* Persian */
	folds_to("४०१२", "4012");                                 /* Devanagari */
	folds_to("๔๐๑๒", "4012");                                 /* Thai */
	folds_to("4\u200b0\u200d1\u20602\ufeff", "4012");         /* zero width */
	folds_to("4\u00ad0\u034f12\U000e0041", "4012");           /* soft hyphen, joiner, tag */
	folds_to("4\u03360\u033612", "4012");                     /* struck through */
	folds_to("4\ufe0f\u20e30\ufe0f\u20e312", "4012");         /* keycaps */
	folds_to("a\u00a0b\u2003c\u3000d", "a b c d");            /* spaces */
	folds_to("a‐b‑c–d—e−f", "a-b-c-d-e-f");                   /* dashes */
	folds_to("ｇｈｐ＿Ａｂ", "ghp_Ab");                       /* case is kept */
	folds_to("ﬁnance №", "finance No");
	folds_to("Prüfung Cafe\u0301 Å", "Prufung Cafe A");        /* with or without precomposed accents */
	folds_to("é", "e");
}

static void scripts_keep_their_letters(void **state)
{
	folds_to("карта номер", "карта номер");
	folds_to("信用卡号", "信用卡号");
	folds_to("가\u1112\u1161\u11ab", "가한");                 /* conjoining jamo join */
	folds_to("カード ｶｰﾄﾞ か\u3099", "カード カード が");      /* halfwidth with its voice mark */
	folds_to("👩‍💻", "👩💻");
}

static void invalid_is_refused(void **state)
{
	static const char *const bad[] = { "\xff", "a\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc0\xaf", "\xe2\x82" };
	struct view v = { 0 };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(view_make(&v, bad[i], strlen(bad[i])), VIEW_INVALID);
	view_free(&v);
}

/* Where needle stands in the view of text, and what that is in text. */
static void maps_to(const char *text, const char *needle, const char *want)
{
	struct view v = { 0 };
	size_t s, e;
	assert_int_equal(view_make(&v, text, strlen(text)), VIEW_OK);
	const char *p = memmem(v.data, v.size, needle, strlen(needle));
	assert_non_null(p);
	view_map(&v, (size_t)(p - v.data), (size_t)(p - v.data) + strlen(needle), &s, &e);
	if (e - s != strlen(want) || memcmp(text + s, want, e - s) != 0)
		fail_msg("\"%s\" in \"%s\" is \"%.*s\", not \"%s\"", needle, text, (int)(e - s), text + s, want);
	view_free(&v);
}

static void maps_back_to_the_original(void **state)
{
	maps_to("ü 4012 ü", "4012", "4012");
	maps_to("ü ４０１２ ü", "4012", "４０１２");
	maps_to("ü ４０１２ ü", "01", "０１");
	maps_to("x\u200b4\u200b0\u200b1\u200b2\u200by", "4012", "4\u200b0\u200b1\u200b2"); /* ZWSP is a control: no grapheme grows over it */
	maps_to("a４\u0336０\u0336b", "40", "４\u0336０\u0336"); /* the mark over the last digit goes too */
	maps_to("⑫3", "23", "⑫3");                              /* half of what one code point became: all of it */
	maps_to("⑫3", "1", "⑫");
	maps_to("가\u1112\u1161\u11abx", "한", "\u1112\u1161\u11ab");
	maps_to("ｶｰﾄﾞ4012", "ド", "ﾄﾞ");
	maps_to("ｶｰﾄﾞ4012", "4012", "4012");
}

/* Any span of any text maps to whole code points, keeps order, and folding what it maps to contains the span. */
static void any_span_round_trips(void **state)
{
	static const uint32_t pool[] = { 'a', '1', ' ', 0xe9, 0x301, 0x200b, 0x661, 0xff11, 0x2460, 0x3000, 0x1112, 0x1161, 0x11ab, 0x30c8,
		                         0x3099, 0xff9e, 0xfdfa, 0x1f469, 0x200d, 0x1f4bb, 0xfe0f, 0x20e3, 0x4fe1, 0xac00, 0x11a8, 0xfb01, 0x430,
		                         0x5d0, 0x627, 0x202e, 0x2067, 0x200f, 0x1d7d2, 0xff21, 0x336, 0x1f1e9, 0x1f1ea };
	struct view v = { 0 }, w = { 0 };
	unsigned seed = 1;
	for (int round = 0; round < 3000; round++) {
		char text[160];
		size_t size = 0;
		for (int i = 0; i < 24; i++) {
			seed = seed * 1103515245u + 12345u;
			size += (size_t)text_encode(pool[(seed >> 16) % (sizeof pool / sizeof *pool)], text + size);
		}
		assert_int_equal(view_make(&v, text, size), VIEW_OK);
		assert_true(text_is_utf8(v.data, v.size));
		size_t last = 0;
		for (size_t a = 0; a < v.size; a++) {
			uint32_t cp;
			int n = text_decode(v.data + a, v.size - a, &cp);
			if (n == 0)
				continue; /* inside a code point */
			size_t s, e;
			view_map(&v, a, a + (size_t)n, &s, &e);
			assert_true(s < e && e <= size && s >= last);
			last = s;
			assert_true(text_is_utf8(text + s, e - s));
			assert_int_equal(view_make(&w, text + s, e - s), VIEW_OK);
			assert_non_null(memmem(w.data, w.size, v.data + a, (size_t)n));
		}
	}
	view_free(&v);
	view_free(&w);
}

static int setup(void **state)
{
	return view_init();
}

/* Eighteen letters each: a text of them would be a view of eleven times its size. */
static void growth_is_bounded(void **state)
{
	enum { N = 4000 };
	struct view v = { 0 };
	char text[3 * N];
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = "\xef\xb7\xba"[i % 3];
	assert_int_equal(view_make(&v, text, sizeof text), VIEW_SWOLLEN);
	assert_int_equal(view_make(&v, text, 60), VIEW_OK); /* a few are writing */
	view_free(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ascii_is_its_own_view),
		cmocka_unit_test(disguises_fold),
		cmocka_unit_test(scripts_keep_their_letters),
		cmocka_unit_test(invalid_is_refused),
		cmocka_unit_test(maps_back_to_the_original),
		cmocka_unit_test(any_span_round_trips),
		cmocka_unit_test(growth_is_bounded),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
