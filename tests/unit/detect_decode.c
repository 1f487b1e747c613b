/* The decoders: published encodings of known texts, and a map that leads back from any place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "detect/decode.h"
#include "detect/view.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int setup(void **state)
{
	return view_init() < 0 || decode_init() < 0;
}

/* As a scan does it: of a view, and only what it shows at a glance. */
static int decode_view(struct decoded *d, const struct view *v)
{
	static struct sweep w;
	char *low = malloc(v->size + 1);
	assert_int_equal(sweep_make(&w, v->data, v->size, 0, low), 0);
	unsigned hints = decode_wanted(v, &w);
	free(low);
	sweep_free(&w);
	return hints ? decode_make(d, v->data, v->size, hints) : 0;
}

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
		{ "3431 3131 3131 3131", "41111111" },
		{ "6b65793a 20343131", "key: 411" },
		{ "6b65 793a 2034 3131 3131", "key: 41111" },
		{ "0x34 0x31 0x31 0x31 0x31 0x31 0x31 0x31", "41111111" },
		{ "0x34, 0x31, 0x31, 0x31, 0x31, 0x31, 0x31, 0x31", "41111111" },
		{ "76697361203430313238383838383838383138383121", "visa 4012888888881881!"}, { "1234567890123456789012345678", NULL },
		{ "0x3431313131313131 is it", "41111111 is it" },
		{ "52 48 49 50 32 56 56 56 56", "4012 8888" },
		{ "52,48,49,50,32,56,56,56,56", "4012 8888" },
		{ "064 060 061 062 040 070 070 070", "4012 888" },
		{ "00110100 00110000 00110001 00110010 00110100 00110000 00110001 00110010", "40124012" },
		{ "0011010000110000001100010011001000110100001100000011000100110010", "40124012" },
		{ "12 40 99 33 46 35 60 47 91 64", NULL },
		{ "GQYDCMRAHA4DQOBAHA4DQOBAGE4DQMI=", "4012 8888 8888 1881" },
		{ "NAAwADEAMgAgADgAOAA4ADgA", "4012 8888" },
		{ "\\064\\060\\061\\062", "4012" },
		{ "{\\\"a\\\":\\\"b\\\"}", "{\"a\":\"b\"}" },
		{ "%u0034%u0030", "40" },
		{ "U+0034 U+0030 U+0031", "401" },
		{ "4&period;0&ensp;&ZeroWidthSpace;1", "4.0 1" },
		{ "(NDExMSAxMTExIDExMTEgMTExMQ==)", "(4111 1111 1111 1111)" },
		{ "Pz8_Pj4-Pz8_Pj4-", "\?\?\?>>>\?\?\?>>>" },
		{ "NDExMSAxMTExIDEx\nMTEgMTExMQ==", "4111 1111 1111 1111" },
		{ "internationalization of documentation", NULL },
		{ "four one one one, one one one one", "4111-1111" },
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
	int failed = 0;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *t = cases[i].text;
		int r = decode_view(&d, &(struct view){ .data = t, .size = strlen(t), .ascii = 0 });
		if (r != (cases[i].decoded != NULL) || (r && (d.size != strlen(cases[i].decoded) || memcmp(d.data, cases[i].decoded, d.size) != 0)))
			print_error("\"%s\" becomes \"%.*s\"\n", t, r ? (int)d.size : 0, r ? d.data : ""), failed++;
	}
	decode_free(&d);
	assert_int_equal(failed, 0);
}

struct decoding {
	const char *text, *decoded; /* NULL: nothing is decoded */
};

/* All of them through the view, as texts come. */
static void decode_cases(const struct decoding *cases, size_t n)
{
	struct decoded d = { 0 };
	struct view v = { 0 };
	int failed = 0;
	for (const struct decoding *c = cases; c < cases + n; c++) {
		assert_int_equal(view_make(&v, c->text, strlen(c->text)), VIEW_OK);
		int r = decode_view(&d, &v);
		if (r != (c->decoded != NULL) || (r && (d.size != strlen(c->decoded) || memcmp(d.data, c->decoded, d.size) != 0)))
			print_error("\"%s\" becomes \"%.*s\"\n", c->text, r ? (int)d.size : 0, r ? d.data : ""), failed++;
	}
	decode_free(&d);
	view_free(&v);
	assert_int_equal(failed, 0);
}

/* Numbers spelled out, as people write them: the view takes the accents. */
static void each_language(void **state)
{
	static const struct decoding cases[] = {
		{ "zero one two three four five six seven eight nine", "0123456789" },
		{ "card: Four oh one two, double eight eight eight, triple 8 eight, one eight eight one.", "card: 4012-8888-8888-1881." },
		{ "forty twelve eighty-eight eighty eight eighty-eight eighty-eight eighteen eighty-one", "4012888888881881" },
		{ "here you go: four oh one two eight", NULL },
		{ "here you go: four, oh, one, two, eight, eight, eight, eight", "here you go: 40128888" },
		{ "Card: FourZeroOneTwoEightEightEightEight.", "Card: 40128888." },
		{ "five three six - nine zero - four three nine nine", "536-90-4399" },
		{ "five three six dash nine zero dash four three nine nine", "536-90-4399" },
		{ "4012 eight eight eight eight 8888 1881", "4012888888881881" },
		{ "4012888888881eight81", "4012888888881881" },
		{ "DE eight nine three seven zero four 0044 0532 0130 00", "DE89370400440532013000" },
		{ "null eins zwo drei vier fünf sechs sieben acht neun", "0123456789" },
		{ "vierzig zwölf achtundachtzig achtundachtzig achtundachtzig achtundachtzig achtzehn einundachtzig", "4012888888881881" },
		{ "zéro un deux trois quatre cinq six sept huit neuf", "0123456789" },
		{ "quarante douze quatre-vingt-huit quatre-vingt-huit soixante-douze", "4012888872" },
		{ "cero uno dos tres cuatro cinco seis siete ocho nueve", "0123456789" },
		{ "cuarenta y dos ochenta y ocho trece diez", "42881310" },
		{ "zero uno due tre quattro cinque sei sette otto nove", "0123456789" },
		{ "zero um dois três quatro cinco seis sete oito nove", "0123456789" },
		{ "nul een twee drie vier vijf zes zeven acht negen", "0123456789" },
		{ "zero jeden dwa trzy cztery pięć sześć siedem osiem dziewięć", "0123456789" },
		{ "nula jedna dva tři čtyři pět šest sedm osm devět", "0123456789" },
		{ "nula jeden dva tri štyri päť šesť sedem osem deväť", "0123456789" },
		{ "nula jedan dva tri četiri pet šest sedam osam devet", "0123456789" },
		{ "нула један два три четири пет шест седам осам девет", "0123456789" },
		{ "нула едно две три четири пет шест седем осем девет", "0123456789" },
		{ "Ноль ОДИН два три четыре пять шесть семь восемь девять", "0123456789" },
		{ "нуль один два три чотири п'ять шість сім вісім дев’ять", "0123456789" },
		{ "noll ett två tre fyra fem sex sju åtta nio", "0123456789" },
		{ "nul en to tre fire fem seks syv otte ni", "0123456789" },
		{ "null en to tre fire fem seks sju åtte ni", "0123456789" },
		{ "nolla yksi kaksi kolme neljä viisi kuusi seitsemän kahdeksan yhdeksän", "0123456789" },
		{ "nulla egy kettő három négy öt hat hét nyolc kilenc", "0123456789" },
		{ "zero unu doi trei patru cinci șase șapte opt nouă", "0123456789" },
		{ "sıfır bir iki üç dört beş altı yedi sekiz dokuz", "0123456789" },
		{ "SIFIR BİR İKİ ÜÇ DÖRT BEŞ ALTI YEDİ SEKİZ DOKUZ", "0123456789" },
		{ "μηδέν ένα δύο τρία τέσσερα πέντε έξι επτά οκτώ εννέα", "0123456789" },
		{ "אפס אחת שתיים שלוש ארבע חמש שש שבע שמונה תשע", "0123456789" },
		{ "صفر واحد اثنان ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة", "0123456789" },
		{ "शून्य एक दो तीन चार पाँच छह सात आठ नौ", "0123456789" },
		{ "shunya ek do teen char paanch chhah saat aath nau", "0123456789" },
		{ "nol satu dua tiga empat lima enam tujuh delapan sembilan", "0123456789" },
		{ "không một hai ba bốn năm sáu bảy tám chín", "0123456789" },
		{ "ศูนย์ หนึ่ง สอง สาม สี่ ห้า หก เจ็ด แปด เก้า", "0123456789" },
		{ "卡号四零一二八八八八八八八八一八八一。", "卡号4012888888881881。" },
		{ "零 壹 貳 叁 肆 伍 陸 柒 捌 玖", "0123456789" },
		{ "〇、一、二、三、四、五、六、七、八、九", "0123456789" },
		{ "ゼロイチニサンヨンゴロクナナハチキュウ", "0123456789" },
		{ "れい いち に さん よん ご ろく なな はち きゅう", "0123456789" },
		{ "공일이삼사오육칠팔구", "0123456789" },
		{ "카드 사공일이 팔팔팔팔 팔팔팔팔 일팔팔일", "카드 4012888888881881" },
		{ "영 하나 둘 셋 넷 다섯 여섯 일곱 여덟 아홉", "0123456789" },
		{ "vier zero uno due huit acht otto eight 8888", "401288888888" },
		{ "one two three or four", NULL },
		{ "one for all and all for one, two by two, on the ninth of six", NULL },
		{ "no one of the 1024 people", NULL },
		{ "das sind ein, zwei oder drei von acht", NULL },
		{ "to do on a sex app: go to bed at ten", NULL },
		{ "他一个人在三楼，二月十四日去了两次。", NULL },
		{ "이 사람은 오늘 일이 많아요", NULL },
		{ "2026-11-25 14:03:22 one file was copied to 10 places", NULL },
	};
	decode_cases(cases, sizeof cases / sizeof *cases);
}

/* Numbers in dress, and what must not be taken for such. */
static void each_dress(void **state)
{
	static const struct decoding cases[] = {
		{ "*45327599*00123456", "*4532759900123456" },
		{ "4532_7599_0012_3456", "4532-7599-0012-3456" },
		{ "see `4532`7599`0012`3456`", "see `4532-7599-0012-3456`" },
		{ "*4532* 7599 _0012_ 3456", "*4532 7599 0012 3456" },
		{ "4532*7599*_0012_3456", "4532759900123456" },
		{ "4532|7599|0012|3456", "4532-7599-0012-3456" },
		{ "4532 | 7599 | 0012 | 3456", "4532-7599-0012-3456" },
		{ "4532//7599//0012//3456", "4532-7599-0012-3456" },
		{ "4532 - 7599 - 0012 - 3456", "4532-7599-0012-3456" },
		{ "4532·7599·0012·3456", "4532-7599-0012-3456" },
		{ "4532 • 7599 • 0012 • 3456", "4532-7599-0012-3456" },
		{ "4532🍕7599🍕0012🍕3456", "4532-7599-0012-3456" },
		{ "4532->7599->0012->3456", "4532-7599-0012-3456" },
		{ "(4532)(7599)(0012)(3456)", "(4532-7599-0012-3456)" },
		{ "536#90#4399", "536-90-4399" },
		{ "4*5*3*2*7*5*9*9*0*0*1*2*3*4*5*6", "4532759900123456" },
		{ "4 5 3 2 7 5 9 9 0 0 1 2 3 4 5 6", "4532759900123456" },
		{ "4, 5, 3, 2, 7, 5, 9, 9, 0, 0, 1, 2, 3, 4, 5, 6", "4532759900123456" },
		{ "DE89*3704*0044*0532*0130*00", "DE89 3704 0044 0532 0130 00" },
		{ "GB82_WEST_1234_5698_7654_32", "GB82 WEST 1234 5698 7654 32" },
		{ "iban DE 8 9 3 7 0 4 0 0 4 4 0 5 3 2 0 1 3 0 0 0", "iban DE89370400440532013000" },
		{ "D|E|8|9|3|7|0|4|0|0|4|4|0|5|3|2|0|1|3|0|0|0", "DE89370400440532013000" },
		{ "the p a s s w o r d : kx", "the password : kx" },
		{ "p4ssw0rd, pa$$word, p@ssword and 53cr3t", "password, password, password and secret" },
		{ "1 of 2 b2b, c3po and h2o for $us", NULL },
		{ "a b c and d e f", NULL },
		{ "reversed: 1881 8888 8888 2104", "reversed: 4012 8888 8888 1881" },
		{ "\u202e1881 8888 8888 2104\u202c", "4012 8888 8888 1881" },
		{ "1881 8888 8888 2104", NULL },
		{ "4o12 8888 8888 l88l", "4012 8888 8888 1881" },
		{ "4O12-8888-8BB8-1881", "4012-8888-8888-1881" },
		{ "4O12888888881881", "4012888888881881" },
		{ "at 12:34:56:78 on 2026/11/25, 2026-11-25 14:03:22.123", NULL },
		{ "01:23:45:67:89:10", NULL },
		{ "12, 1024, 2048, 65536", NULL },
		{ "1.2.3.4 and 10.20.30.40:8080", NULL },
		{ "/var/log/2026/11/25/1200.log", NULL },
		{ "1024 2048 4096 8192", NULL },
		{ "1200-1300, 1400-1500", NULL },
		{ "B2B and S3 for 12345678 people", NULL },
		{ "b01d5a5e8800b01d5a5e8800", NULL },
		{ "DE89 3704 0044 0532 013O OO", NULL },
	};
	decode_cases(cases, sizeof cases / sizeof *cases);
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
		if (decode_make(&d, exact, o, UINT_MAX) == 1) {
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
		assert_true(decode_make(&d, text, o, UINT_MAX) >= 0);
		if (d.work > 10 * (uint64_t)o) /* bytes written in vain, counted: no clock is the same twice */
			fail_msg("\"%s\": %llu bytes of work", units[i], (unsigned long long)d.work);
	}
	free(text);
	decode_free(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_encoding), cmocka_unit_test(each_language), cmocka_unit_test(each_dress), cmocka_unit_test(maps_back), cmocka_unit_test(slow_texts_are_bounded) };
	return cmocka_run_group_tests(tests, setup, NULL);
}
