/* The texts that a message makes together with those before it, and what in them is news. */
#include "model/reading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct reading readings[READINGS_MAX];

static void add(struct window *w, uint64_t id, const char *text)
{
	window_add(w, id, 0, id * 1000, text, strlen(text));
}

/* The texts before it, parted by bars, and it. */
static size_t read_all(const char *before, uint64_t corrects, const char *text)
{
	struct window w = { 0 };
	char copy[2000], *rest = copy, *one;
	strcpy(copy, before);
	for (uint64_t id = 1; (one = strsep(&rest, "|")); id++)
		add(&w, id, one);
	size_t n = reading_make(&w, corrects, text, strlen(text), readings);
	for (size_t i = 0; i < n; i++)
		readings[i].data[readings[i].size] = '\0';
	return n;
}

/* Which reading has this in it, or NULL. */
static const struct reading *one_with(size_t n, const char *part)
{
	for (size_t i = 0; i < n; i++)
		if (strstr(readings[i].data, part))
			return &readings[i];
	return NULL;
}

static void the_parts_of_secrets_come_together(void **state)
{
	static const struct {
		const char *before, *text, *whole;
	} cases[] = {
		/* in order, and words that are cut */
		{ "my card:|4012 8888", "8888 1881", "my card: 4012 8888 8888 1881" }, { "4012 88", "88 8888 1881", "4012 8888 8888 1881" },
		{ "see 401", "2888", "see 4012888" }, { "ghp_4b", "cdef", "ghp_4bcdef" }, { "AKIA", "Q3EG", "AKIAQ3EG" }, { "A", "KIAQ3EG", "AKIAQ3EG" },
		{ "wJalrX", "utn4", "wJalrXutn4" }, { "the pass", "word: x4", "the password: x4" }, { "my pass|word:", "hunter2", "my password: hunter2" },
		{ "here it comes|A|K|I|A|Q3", "EG", "AKIAQ3EG" }, { "abcdefghijkl", "mnop", "abcdefghijklmnop" },
		/* signs that it goes on */
		{ "AKIAQ3EG ", " RZ7T", "AKIAQ3EGRZ7T" }, { "4012 8888...", "… 8888 1881", "4012 88888888 1881" }, { "DE89 3704 ", "0044", "DE89 37040044" },
		/* talk between them, and about them */
		{ "4012 8888|brb", "8888 1881", "brb 4012 8888 8888 1881" }, { "4012|ok|8888|so|8888", "1881", "ok so 4012 8888 8888 1881" },
		{ "first half: 4012 8888", "second half: 8888 1881", "first half: second half: 4012 8888 8888 1881" },
		{ "1) 4012 8888", "2) 8888 1881", "4012 8888 8888 1881" }, { "1/2 4012 8888|hm", "2/2 8888 1881", "4012 8888 8888 1881" },
		{ "visa 4012 8888|brb in 5", "8888 1881", "4012 8888 8888 1881" }, { "4012 8888|14:30", "8888 1881", "4012 8888 8888 1881" },
		{ "4012 8888|5", "8888 1881", "4012 8888 8888 1881" }, { "AKIAQ3EG|brb", "RZ7T4", "AKIAQ3EGRZ7T4" },
		{ "GB82 WEST|brb|1234 5698|ok", "7654 32", "GB82 WEST 1234 5698 7654 32" }, { "the password is|wait", "hunter2", "the password is hunter2" },
		/* spelled out */
		{ "four zero one two|ok", "eight eight eight eight", "four zero one two eight" }, { "acht acht acht|vier zwei", "Fünf eins", "acht vier zwei Fünf eins" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (!one_with(read_all(cases[i].before, 0, cases[i].text), cases[i].whole))
			fail_msg("%s | %s", cases[i].before, cases[i].text);
}

static void what_is_no_part_stays_out(void **state)
{
	static const struct {
		const char *before, *text, *not;
	} cases[] = {
		{ "so I say Hello", "and 4", "Hello4" }, { "4012", "apples: 8", "4012apples" },
		/* times, dates, prices and numbers to call are parts of nothing */
		{ "14:30|ok", "8888 1881", "14:30 8888" }, { "2026-11-25|ok", "8888 1881", "25 8888" }, { "10.7.179.164|ok", "8888 1881", "ok 10" },
		{ "$ 4012|ok|8888", "8888 1881", "4012 8888" }, { "+49 30 901820|ok|8888", "8888 1881", "901820 8888" }, { "4012 €|so", "8888 1881", "so 4012" },
		{ "see you at 12|ok|8888", "8888 1881", "12 8888" },
		/* an announcement is not far away */
		{ "the password is|what a day this was, and how it ended, nobody knows", "hunter2", "the password is hunter2" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (one_with(read_all(cases[i].before, 0, cases[i].text), cases[i].not))
			fail_msg("%s | %s", cases[i].before, cases[i].text);
}

static void ordinary_talk_is_not_looked_at_twice(void **state)
{
	static const char *const plain[] = { "how are you", "привет", "Grüße, „gut“ – ja", "καλημέρα", "שלום", "a longish-word", "one or two of them", "see you :)" };
	static const char *const maybe[] = { "call 4", "٤", "４", "四", "nr ④", "𝟒", "߄", "x²", "KMDENGbPxRfiCYz", "word: x", "key=x" };
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		assert_int_equal(read_all("hello there", 0, plain[i]), 0);
	for (size_t i = 0; i < sizeof maybe / sizeof *maybe; i++)
		assert_true(read_all("hello there", 0, maybe[i]) > 0);
	assert_int_equal(read_all("", 0, "8888 1881"), 0);
	assert_int_equal(read_all("4012 8888", 0, ""), 0);
}

static struct finding in(const struct reading *r, const char *part)
{
	const char *at = strstr(r->data, part);
	assert_non_null(at);
	return (struct finding){ .detector = 7, .confidence = 80, .start = (uint32_t)(at - r->data), .end = (uint32_t)(at - r->data + (long)strlen(part)) };
}

static void what_crosses_a_border_is_news(void **state)
{
	size_t n = read_all("is 4012 8888", 0, "8888 1881 ok");
	const struct reading *r = one_with(n, "4012 8888 8888 1881 ok");
	struct finding f = in(r, "4012 8888 8888 1881");
	assert_true(reading_news(r, &f, NULL, 0));
	assert_true(f.start == 0 && f.end == 9 && f.detector == 7);
	f = in(r, "4012 8888");                           /* before it */
	assert_false(reading_news(r, &f, NULL, 0));
	f.end++;                                          /* up to the border */
	assert_false(reading_news(r, &f, NULL, 0));
	/* where there is no space between, and a sign is left out */
	n = read_all("AKIAQ3EG…", 0, "… RZ7T it is");
	r = one_with(n, "AKIAQ3EGRZ7T it");
	f = in(r, "AKIAQ3EGRZ7T");
	assert_true(reading_news(r, &f, NULL, 0));
	assert_true(f.start == 4 && f.end == 8);
	/* behind other talk */
	n = read_all("half: 4012 8888|brb", 0, "rest: 8888 1881!");
	r = one_with(n, "4012 8888 8888 1881!");
	f = in(r, "4012 8888 8888 1881");
	assert_true(reading_news(r, &f, NULL, 0));
	assert_true(f.start == 6 && f.end == 15);
}

static void what_lies_within_is_news_unless_known(void **state)
{
	const struct reading *r = one_with(read_all("the password is", 0, "hunter2 ok"), "is hunter2 ok");
	struct finding f = in(r, "hunter2"), own = { .detector = 7, .confidence = 80, .start = 0, .end = 7 };
	assert_true(reading_news(r, &f, NULL, 0));
	assert_true(f.start == 0 && f.end == 7);
	f = in(r, "hunter2");
	assert_false(reading_news(r, &f, &own, 1));
	own.detector = 8;
	f = in(r, "hunter2");
	assert_true(reading_news(r, &f, &own, 1));
	own.detector = 7;
	own.confidence = 30; /* what came before makes it surer */
	f = in(r, "hunter2");
	assert_true(reading_news(r, &f, &own, 1));
}

/* "Anna" and "b@x.test" are no new address. */
static void what_only_grows_is_no_news(void **state)
{
	const struct reading *r = one_with(read_all("says Anna", 0, "b4@x.test is it"), "Annab4@x.test is");
	struct finding f = in(r, "Annab4@x.test"), own = { .detector = 7, .confidence = 80, .start = 0, .end = 9 };
	assert_false(reading_news(r, &f, &own, 1));
	own.start = 1; /* what is not all of it */
	f = in(r, "Annab4@x.test");
	assert_true(reading_news(r, &f, &own, 1));
}

/* Nor is what the text before showed whole, when this one is glued to it. */
static void what_ended_before_is_no_news(void **state)
{
	static const char before[] = "write to anna@x.test.";
	const struct finding whole = { .text = 2, .detector = 7, .confidence = 80, .start = 9, .end = 20 };
	struct window w = { 0 };
	add(&w, 1, before);
	assert_true(reading_ends(before, strlen(before), &whole, 1, 2));
	assert_false(reading_ends(before, strlen(before), &whole, 1, 1));
	assert_false(reading_ends("write to anna@x.test ok", 23, &whole, 1, 2));
	reading_end(&w, 1, before, strlen(before), &whole, 1, 2);
	size_t n = reading_make(&w, 0, "ok4", 3, readings);
	for (size_t i = 0; i < n; i++)
		readings[i].data[readings[i].size] = '\0';
	const struct reading *r = one_with(n, "anna@x.test.ok4");
	struct finding f = in(r, "anna@x.test.ok4");
	assert_false(reading_news(r, &f, NULL, 0));
	f = in(r, "anna@x.test.ok4");
	f.detector = 8;
	assert_true(reading_news(r, &f, NULL, 0));
	f = in(r, "anna@x.test.ok4");
	f.confidence = 100; /* what was there was but a likeness of it */
	assert_true(reading_news(r, &f, NULL, 0));
}

static void times_and_addresses_make_no_numbers(void **state)
{
	const struct reading *r = one_with(read_all("10.221.30.104", 0, "10.7.179.164 19:58"), "104 10.7.179.164");
	struct finding f = in(r, "30.104 10.7.179.164"), g = in(r, "10.221.30.104 10.7.179"), h = in(r, "10.221.30.104 10.7.179.164");
	assert_false(reading_news(r, &f, NULL, 0));
	assert_false(reading_news(r, &g, NULL, 0));
	assert_true(reading_news(r, &h, NULL, 0));
	/* nor does one begin in the middle of what only happens to stand before it */
	r = one_with(read_all("515239 480566|ok", 0, "7146 1234"), "ok 515239 480566 7146");
	f = in(r, "480566 7146 1234");
	assert_false(reading_news(r, &f, NULL, 0));
	f = in(r, "515239 480566 7146 1234");
	assert_true(reading_news(r, &f, NULL, 0));
}

static void pairs_do_not_touch_each_other(void **state)
{
	const struct reading *r = one_with(read_all("4012 8888|5|6", 0, "8888 1881"), "4012 8888 8888 1881");
	assert_true(r->nblocks >= 2);
	struct finding f = { .detector = 1, .confidence = 80, .start = r->blocks[0].from, .end = r->blocks[1].until };
	assert_false(reading_news(r, &f, NULL, 0));
}

static void a_correction_takes_its_place(void **state)
{
	size_t n = read_all("a|x|8888 1881", 2, "4012 8888");
	const struct reading *r = one_with(n, "a 4012 8888 8888 1881");
	struct finding f = in(r, "4012 8888 8888 1881");
	assert_true(reading_news(r, &f, NULL, 0));
	assert_true(f.start == 0 && f.end == 9);
	assert_non_null(one_with(n, "a x 8888 1881 4012 8888")); /* recipients saw both */
	assert_int_equal(read_all("a|x|8888 1881", 77, "4"), read_all("a|x|8888 1881", 0, "4"));
}

static void a_long_text_is_not_whole(void **state)
{
	static char text[1000];
	memset(text, '7', sizeof text - 1);
	const struct reading *r = one_with(read_all("visa 4012", 0, text), "visa 4012 7");
	struct finding f = { .detector = 1, .confidence = 80, .start = 20, .end = (uint32_t)r->size };
	assert_false(reading_news(r, &f, NULL, 0)); /* it goes on */
	f.start = 5;
	assert_true(reading_news(r, &f, NULL, 0));
}

static size_t choose(const char *body, const char *xhtml, const char *other, size_t out[READING_TEXTS_MAX])
{
	const struct reading_text texts[] = { { body, strlen(body), true }, { xhtml, strlen(xhtml), true }, { other, strlen(other), false } };
	return reading_choose(texts, 3, out);
}

static void the_one_that_says_most_stands_for_all(void **state)
{
	size_t out[READING_TEXTS_MAX];
	assert_int_equal(choose("see 4", "8888 1881", "", out), 1);
	assert_int_equal(out[0], 1);
	assert_int_equal(choose("hi", "averylongtokenword", "", out), 1);
	assert_int_equal(out[0], 1);
	assert_int_equal(choose("the same 8888 1881", "the same 8888 1881", "at 8888 1881", out), 1);
	assert_int_equal(choose("", "", "8888 1881", out), 0);
}

static void what_it_says_elsewhere_counts_too(void **state)
{
	size_t out[READING_TEXTS_MAX];
	assert_int_equal(choose("see 123456789", "8888 1881", "4012 8888", out), 3);
	assert_true(out[0] == 0 && out[1] == 1 && out[2] == 2);
	assert_int_equal(choose("hello", "", "8888 1881", out), 2);
	assert_int_equal(choose("hello", "hello you", "at 14:30, or in 5 minutes", out), 1);
}

/* Whatever comes, nothing lies beyond the buffers (the sanitizers see it) and the parts fit the texts. */
static void any_sequence_holds(void **state)
{
	static const char *const words[] = { "ok", "4012", "8888 1881", "AKIA", "four ", "2)", "€", "...", "…", "٤", "pass", "word:", " ", "GB82 WEST", "12:30", "\n", "I", "7" };
	struct window w = { 0 };
	srand(7);
	for (uint64_t i = 1; i < 20000; i++) {
		char text[700];
		size_t size = 0, max = rand() % 8 ? 30 : 650;
		while (size < max && rand() % 12) {
			const char *word = words[(size_t)rand() % (sizeof words / sizeof *words)];
			memcpy(text + size, word, strlen(word));
			size += strlen(word);
		}
		size_t n = reading_make(&w, rand() % 3 ? 0 : i - (uint64_t)(rand() % 30), text, size, readings);
		assert_true(n <= READINGS_MAX);
		for (size_t k = 0; k < n; k++) {
			const struct reading *r = &readings[k];
			assert_true(r->size <= sizeof r->data && r->nblocks >= 1 && r->nblocks <= READING_BLOCKS_MAX);
			for (size_t b = 0; b < r->nblocks; b++)
				assert_memory_equal(r->data + r->blocks[b].start, text + r->blocks[b].at, (size_t)r->blocks[b].end - r->blocks[b].start);
			size_t a = (size_t)rand() % r->size;
			struct finding f = { .detector = 1, .confidence = 80, .start = (uint32_t)a, .end = (uint32_t)(a + 1 + (size_t)rand() % (r->size - a)) };
			if (reading_news(r, &f, NULL, 0))
				assert_true(f.start < f.end && f.end <= size);
		}
		window_add(&w, i, 0, i, text, size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_parts_of_secrets_come_together),
		cmocka_unit_test(what_is_no_part_stays_out),
		cmocka_unit_test(ordinary_talk_is_not_looked_at_twice),
		cmocka_unit_test(what_crosses_a_border_is_news),
		cmocka_unit_test(what_lies_within_is_news_unless_known),
		cmocka_unit_test(what_only_grows_is_no_news),
		cmocka_unit_test(what_ended_before_is_no_news),
		cmocka_unit_test(times_and_addresses_make_no_numbers),
		cmocka_unit_test(pairs_do_not_touch_each_other),
		cmocka_unit_test(a_correction_takes_its_place),
		cmocka_unit_test(a_long_text_is_not_whole),
		cmocka_unit_test(the_one_that_says_most_stands_for_all),
		cmocka_unit_test(what_it_says_elsewhere_counts_too),
		cmocka_unit_test(any_sequence_holds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
