/* The decoders: published encodings of known texts, and a map that leads back from any place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "detect/decode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void each_encoding(void **state)
{
	static const struct {
		const char *text, *decoded; /* NULL: nothing is decoded */
	} cases[] = {
		{ "plain words & signs, 100% of them = 3", NULL },
		{ "4&#49;1 &#x34;2 &lt;a&gt; &amp;", "411 42 <a> &" },
		{ "&#49 without the end", "1 without the end" },
		{ "&#0; &#xd800; &#1114112; &unknown;", NULL },
		{ "a%20b%C3%A9", "a bé" },
		{ "%ff%fe %00", NULL },
		{ "=34=31 so=\nft", "41 soft" },
		{ "\\u0034\\x31\\u{1f600}\\ud83d\\ude00", "41😀😀" },
		{ "\\ud800 \\u12 \\q", NULL },
		{ "34313131313131313131", "4111111111" },
		{ "34 31 31 31 31 31 31 31", "41111111" },
		{ "34:31:31:31:31:31:31:31", "41111111" },
		{ "34 31 31 31", NULL },
		{ "(NDExMSAxMTExIDExMTEgMTExMQ==)", "(4111 1111 1111 1111)" },
		{ "Pz8_Pj4-Pz8_Pj4-", "\?\?\?>>>\?\?\?>>>" },
		{ "NDExMSAxMTExIDEx\nMTEgMTExMQ==", "4111 1111 1111 1111" },
		{ "internationalization of documentation", NULL },
		{ "four one one one, one one one one", "41111111" },
		{ "Vier eins Zwei drei null fuenf sechs sieben acht", "412305678" },
		{ "un deux trois quatre cinq six sept huit neuf", "123456789" },
		{ "uno dos tres cuatro cinco seis siete ocho", "12345678" },
		{ "one two three or four", NULL },
		{ "the pаsswоrd, ραssword and Ѕecret", "the password, password and Secret" },
		{ "слово по-русски, слово word", NULL },
		{ "mixed жword is no lookalike", NULL },
		{ "сор рассе", NULL },
		{ "one two three fourth five six seven eight nine ten", NULL },
	};
	struct decoded d = { 0 };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *t = cases[i].text;
		int r = decode_make(&d, t, strlen(t));
		if (r != (cases[i].decoded != NULL) || (r && (d.size != strlen(cases[i].decoded) || memcmp(d.data, cases[i].decoded, d.size) != 0)))
			fail_msg("\"%s\" becomes \"%.*s\"", t, r ? (int)d.size : 0, r ? d.data : "");
		int row = strlen(t) >= 16;
		assert_true(!r || decode_wanted(t, strlen(t), row));
	}
	decode_free(&d);
}

static unsigned seed = 5;

static unsigned rnd(unsigned n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % n;
}

/* Every place of the result is where it came from: outside of pieces the same byte, in a piece all of it. */
static void maps_back(void **state)
{
	static const char *const parts[] = { "a", "é", " ", "&#49;", "%31", "%C3%A9", "=31", "\\u0031", "NDExMSAxMTExIDExMTEgMTExMQ==", "=\n", "34313131313131313131", "&", "%", "x=", "😀" };
	struct decoded d = { 0 };
	size_t pieces = 0;
	for (int round = 0; round < 3000; round++) {
		char text[600];
		size_t o = 0, start, end;
		for (unsigned n = rnd(16); n > 0; n--)
			o += (size_t)sprintf(text + o, "%s", parts[rnd(sizeof parts / sizeof *parts)]);
		char *exact = malloc(o + 1); /* the sanitizer behind it */
		memcpy(exact, text, o);
		if (decode_make(&d, exact, o) == 1) {
			assert_true(text_is_utf8(d.data, d.size) && d.size <= o);
			for (size_t at = 0, k = 0; at < d.size; at++) {
				while (k < d.npieces && d.pieces[k].to <= at)
					k++;
				int inside = k < d.npieces && d.pieces[k].from <= at;
				assert_int_equal(decode_map(&d, at, at + 1, &start, &end), inside);
				if (inside)
					assert_true(start == d.pieces[k].start && end == d.pieces[k].end);
				else
					assert_true(end == start + 1 && exact[start] == d.data[at]);
			}
			assert_true(decode_map(&d, 0, d.size + !d.size, &start, &end) <= d.npieces && end <= o + 1);
			pieces += d.npieces;
		}
		free(exact);
	}
	assert_true(pieces > 3000);
	decode_free(&d);
}

/* Texts made to be decoded again and again in vain. */
static void slow_texts_are_bounded(void **state)
{
	enum { SIZE = 1 << 20 };
	static const char *const units[] = { "41 ", "QUFB-", "four ", "%41", "&#65;", "=41", "a", "1", "4141:", "\\u0041", "QUFBQUFBQUFBQUFB/" };
	char *text = malloc(SIZE + 32);
	struct decoded d = { 0 };
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		size_t o = 0;
		while (o < SIZE)
			o += (size_t)sprintf(text + o, "%s", units[i]);
		text[o - 1] = '\x01';
		assert_true(decode_make(&d, text, o) >= 0);
		if (d.work > 10 * (uint64_t)o) /* bytes written in vain, counted: no clock is the same twice */
			fail_msg("\"%s\": %llu bytes of work", units[i], (unsigned long long)d.work);
	}
	free(text);
	decode_free(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_encoding), cmocka_unit_test(maps_back), cmocka_unit_test(slow_texts_are_bounded) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
