/* Conversations, and a message's place among those before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/across.h"

#include <stdio.h>
#include <string.h>

enum { WINDOW_S = 600 };

struct world {
	struct recent *recent;
	struct arena *arena;
};

static int set_up(void **state)
{
	static struct world w;
	w = (struct world){ recent_new(), arena_new(16 << 20) };
	assert_non_null(w.recent);
	*state = &w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	recent_free(&w->recent);
	arena_free(&w->arena);
	return 0;
}

static struct stanza stanza(struct world *w, const char *to, const char *id, const char *rest)
{
	char xml[2048];
	struct stanza s;
	snprintf(xml, sizeof xml, "<message xmlns='jabber:client' type='chat' from='a@x.test/r' to='%s' id='%s'>%s</message>", to, id, rest);
	assert_int_equal(stanza_read(w->arena, xml, strlen(xml), &s), 0);
	return s;
}

/* One that comes and is delivered (or stopped); how many texts it made with those before. */
static size_t comes(struct world *w, const char *to, const char *id, const char *rest, bool delivered)
{
	struct stanza s = stanza(w, to, id, rest);
	struct across a;
	assert_int_equal(across_begin(&a, w->recent, &s, s.from, WINDOW_S), 0);
	const struct stanza_text *t = &s.texts[a.text];
	across_end(&a, w->recent, &s, s.from, delivered ? t->data : NULL, delivered ? t->size : 0);
	return a.n;
}

static void parts_are_joined_within_a_conversation(void **state)
{
	struct world *w = *state;
	assert_int_equal(comes(w, "c@y.test/1", "1", "<body>4012 8888</body>", true), 0);
	assert_int_equal(comes(w, "d@y.test", "2", "<body>8888 1881</body>", true), 0);
	struct stanza s = stanza(w, "C@Y.test./2", "3", "<body>8888 1881</body>");
	struct across a;
	assert_int_equal(across_begin(&a, w->recent, &s, "A@x.test", WINDOW_S), 0);
	assert_true(a.n >= 2);
	assert_memory_equal(a.readings[0].data, "4012 8888 8888 1881", 19);
	struct finding f = { .text = 9, .start = 0, .end = 19, .detector = 7, .confidence = 80 };
	assert_true(across_map(&a, &s, 0, &f, NULL, 0));
	assert_true(f.text == a.text && f.start == 0 && f.end == 9 && f.detector == 7 && a.found);
	/* windows that are off */
	assert_int_equal(across_begin(&a, w->recent, &s, "a@x.test", 0), 0);
	assert_int_equal(a.n, 0);
}

static void what_nobody_saw_is_not_joined(void **state)
{
	struct world *w = *state;
	assert_int_equal(comes(w, "c@y.test", "1", "<body>4012 8888</body>", false), 0);
	assert_int_equal(comes(w, "c@y.test", "2", "<body>8888 1881</body>", true), 0);
	/* words alone are not worth a look */
	assert_int_equal(comes(w, "e@y.test", "3", "<body>see you at the usual place</body>", true), 0);
	assert_int_equal(comes(w, "e@y.test", "4", "<body>and bring the others</body>", true), 0);
	/* receipts and the like have no text */
	assert_int_equal(comes(w, "c@y.test", "5", "<received xmlns='urn:xmpp:receipts' id='2'/>", true), 0);
}

static void a_correction_is_looked_at_in_both_places(void **state)
{
	struct world *w = *state;
	assert_int_equal(comes(w, "c@y.test", "1", "<body>my 4012 8888</body>", true), 0);
	assert_int_equal(comes(w, "c@y.test", "2", "<body>oops</body>", true), 1);
	struct stanza s = stanza(w, "c@y.test", "3", "<body>8888 1881</body><replace xmlns='urn:xmpp:message-correct:0' id='2'/>");
	struct across a;
	assert_int_equal(across_begin(&a, w->recent, &s, s.from, WINDOW_S), 0);
	assert_memory_equal(a.readings[0].data, "my 4012 8888 8888 1881", 22);
	assert_non_null(memmem(a.readings[a.n - 1].data, a.readings[a.n - 1].size, "8888 1881", 9));
	/* it names nothing that is there: a text as any other */
	assert_true(comes(w, "c@y.test", "4", "<body>9</body><replace xmlns='urn:xmpp:message-correct:0' id='none'/>", true) > 0);
}

static void copies_are_found_where_they_are_shown(void **state)
{
	struct world *w = *state;
	struct finding out[16];
	struct stanza s = stanza(w, "c@y.test", "id-81", "<body>81</body><body xml:lang='de'>nun 81 81</body><html xmlns='http://jabber.org/protocol/xhtml-im'>"
		"<body xmlns='http://www.w3.org/1999/xhtml'>81</body></html><x xmlns='urn:x' a='81'>81</x>");
	struct finding f = { .text = 0, .start = 0, .end = 2, .detector = 1, .confidence = 80 };
	assert_int_equal(s.texts[0].role, ROLE_BODY);
	assert_int_equal(across_copies(&s, &f, NULL), 3); /* neither the id nor an extension's two digits */
	assert_int_equal(across_copies(&s, &f, out), 3);
	assert_true(out[0].text == 1 && out[0].start == 4 && out[0].end == 6 && out[1].start == 7 && out[2].detector == 1);
	s = stanza(w, "c@y.test", "m", "<body>8888 1881</body><x xmlns='urn:x' a='8888 1881'>is 8888 1881</x>");
	f.end = 9;
	assert_int_equal(across_copies(&s, &f, out), 2);
}

static void the_rest_of_a_number_is_found(void **state)
{
	struct world *w = *state;
	struct across a;
	struct finding f = { .start = 0, .end = 16, .detector = 7, .confidence = 80 };
	assert_int_equal(comes(w, "c@y.test", "1", "<body>4012 8485 5355</body>", true), 0);
	struct stanza s = stanza(w, "c@y.test", "2", "<body>3</body>");
	assert_int_equal(across_begin(&a, w->recent, &s, s.from, WINDOW_S), 0);
	assert_memory_equal(a.readings[0].data, "4012 8485 5355 3", 16);
	assert_true(across_map(&a, &s, 0, &f, NULL, 0));
	assert_false(across_rest(&a, w->recent, &s, s.from, 1, &f));
	across_end(&a, w->recent, &s, s.from, "•", 3);
	s = stanza(w, "c@y.test", "3", "<body>097</body>");
	assert_int_equal(across_begin(&a, w->recent, &s, s.from, WINDOW_S), 0);
	assert_true(across_rest(&a, w->recent, &s, s.from, 1, &f));
	assert_true(f.text == a.text && f.start == 0 && f.end == 3 && f.detector == 7 && a.found);
}

#define XHTML(text) "<html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/xhtml'>" text "</body></html>"

static void a_decoy_beside_it_hides_nothing(void **state)
{
	struct world *w = *state;
	assert_int_equal(comes(w, "d@y.test", "1", "<body>4111 1111</body>", true), 0);
	assert_int_equal(comes(w, "d@y.test", "2", "<body xml:lang='de'>see there</body><body>11</body>", true) > 0, true);
	assert_int_equal(comes(w, "d@y.test", "3", "<body>see below</body>" XHTML("<p>11</p>"), true) > 0, true);
	assert_int_equal(comes(w, "d@y.test", "4", "<body>and<x xmlns='urn:x'/> 11 11</body>", true) > 0, true);
}

static void the_same_in_other_characters_is_noticed(void **state)
{
	struct world *w = *state;
	struct finding f = { .text = 0, .start = 0, .end = 9, .detector = 1, .confidence = 80 };
	struct stanza s = stanza(w, "c@y.test", "m", "<body>8888 1881</body>" XHTML("<p>8888.1881</p>"));
	assert_true(across_hides(&s, &f));
	s = stanza(w, "c@y.test", "m", "<body>8888 1881</body><body xml:lang='de'>88881881</body>");
	assert_true(across_hides(&s, &f));
	s = stanza(w, "c@y.test", "m", "<body>8888 1881</body><body xml:lang='de'>nichts</body>" XHTML("<p>8888 <b>1881</b></p>"));
	assert_false(across_hides(&s, &f));
}

static struct window *window_of(struct world *w, const char *from, const char *to, uint64_t since_ms)
{
	struct recent_talk *t = recent_talk(w->recent, from, to, since_ms);
	assert_non_null(t);
	return recent_window(t);
}

static struct window *window_of_user(struct world *w, const char *from, int number)
{
	char to[32];
	snprintf(to, sizeof to, "u%d@y.test", number);
	return window_of(w, from, to, 0);
}

static void a_sender_makes_room_for_himself(void **state)
{
	struct world *w = *state;
	window_add(window_of(w, "b@x.test", "first@y.test", 0), 1, 0, 5, "x", 1);
	window_add(window_of(w, "a@x.test", "first@y.test", 0), 1, 0, 5, "x", 1);
	window_add(window_of(w, "a@x.test", "second@y.test", 0), 2, 0, 5, "x", 1);
	for (int i = 0; i < RECENT_TALKS_MAX + 100; i++) {
		window_of_user(w, "a@x.test", i);
		assert_int_equal(window_of(w, "A@x.test/other", "first@y.test", 0)->n, 1);
	}
	assert_int_equal(window_of(w, "a@x.test", "second@y.test", 0)->n, 0);
	assert_int_equal(window_of(w, "b@x.test", "first@y.test", 0)->n, 1);
	/* what is too old goes as well */
	assert_int_equal(window_of(w, "b@x.test", "first@y.test", 6)->n, 0);
}

static void who_has_most_makes_room(void **state)
{
	struct world *w = *state;
	char from[64];
	window_add(window_of(w, "quiet@x.test", "first@y.test", 0), 1, 0, 5, "x", 1);
	for (int sender = 0; sender < 2 * RECENT_TALKS_MAX / RECENT_SHARE; sender++)
		for (int i = 0; i < RECENT_SHARE; i++) {
			snprintf(from, sizeof from, "loud%d@x.test", sender);
			window_of_user(w, from, i);
		}
	assert_int_equal(window_of(w, "quiet@x.test", "first@y.test", 0)->n, 1);
	/* addresses as long as they may be fill no more memory: the bound is on bytes, too */
	static char to[3000];
	memset(to, 'a', sizeof to - 1);
	memcpy(to + 1000, "@", 1);
	for (int i = 0; i < 2 * RECENT_TALKS_MAX; i++) {
		snprintf(from, sizeof from, "long%d@x.test", i / 7);
		snprintf(to, 12, "%011d", i);
		to[11] = 'a';
		assert_non_null(recent_talk(w->recent, from, to, 0));
	}
	assert_true(recent_bytes(w->recent) <= RECENT_BYTES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(parts_are_joined_within_a_conversation, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_nobody_saw_is_not_joined, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_correction_is_looked_at_in_both_places, set_up, tear_down),
		cmocka_unit_test_setup_teardown(copies_are_found_where_they_are_shown, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_rest_of_a_number_is_found, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_decoy_beside_it_hides_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_same_in_other_characters_is_noticed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_sender_makes_room_for_himself, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_has_most_makes_room, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
