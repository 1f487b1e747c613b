/* flow/stanza: everything in a stanza is read, and masking writes where the text came from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/stanza.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct stanza read_stanza(struct arena *a, const char *xml)
{
	struct stanza s;
	if (stanza_read(a, xml, strlen(xml), &s) < 0)
		fail_msg("not read: %s", xml);
	return s;
}

static bool has_text(const struct stanza *s, enum text_role role, const char *part)
{
	for (size_t i = 0; i < s->ntexts; i++)
		if (s->texts[i].role == role && memmem(s->texts[i].data, s->texts[i].size, part, strlen(part)))
			return true;
	return false;
}

static void all_text_is_read(void **state)
{
	struct arena *a = arena_new(XML_ARENA_MAX);
	struct stanza s = read_stanza(a,
		"<message from='a@x/r' to='room@y/chosen-nick' id='chosen-id' type='groupchat' xml:lang='de'><body>eins</body><body xml:lang='en'>one</body>"
		"<subject>sub</subject><html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/xhtml'><p>ab<b>cd</b>ef</p><p>gh</p></body></html>"
		"<nick xmlns='http://jabber.org/protocol/nick'>my name</nick><unknown xmlns='urn:u' secret='in-attribute'>deep<x>er</x></unknown></message>");
	assert_int_equal(s.channel, CHANNEL_GROUPCHAT);
	assert_string_equal(s.lang, "de");
	assert_true(has_text(&s, ROLE_BODY, "eins") && has_text(&s, ROLE_BODY, "one") && has_text(&s, ROLE_SUBJECT, "sub"));
	assert_true(has_text(&s, ROLE_XHTML, "abcdef\ngh"));
	assert_true(has_text(&s, ROLE_NAME, "my name") && has_text(&s, ROLE_OTHER, "deep") && has_text(&s, ROLE_OTHER, "er"));
	assert_true(has_text(&s, ROLE_ATTRIBUTE, "in-attribute") && has_text(&s, ROLE_ATTRIBUTE, "chosen-nick") && has_text(&s, ROLE_ATTRIBUTE, "chosen-id"));
	assert_int_equal(s.causes, 0);
	arena_free(&a);
}

static void unreadable_is_a_cause(void **state)
{
	static const struct { const char *xml; enum cause cause; bool offer; } t[] = {
		{ "<message><encrypted xmlns='eu.siacs.conversations.axolotl'/></message>", CAUSE_ENCRYPTED, false },
		{ "<message><encrypted xmlns='urn:xmpp:omemo:2'/></message>", CAUSE_ENCRYPTED, false },
		{ "<message><openpgp xmlns='urn:xmpp:openpgp:0'>x</openpgp></message>", CAUSE_ENCRYPTED, false },
		{ "<message><x xmlns='jabber:x:encrypted'>x</x></message>", CAUSE_ENCRYPTED, false },
		{ "<message><body>?OTR:AAMD</body></message>", CAUSE_ENCRYPTED, false },
		{ "<message><body>see aesgcm://h/f#00</body></message>", CAUSE_ENCRYPTED, false },
		{ "<message><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'><encrypted xmlns='urn:xmpp:omemo:2'/></message></forwarded></message>", CAUSE_ENCRYPTED, false },
		{ "<message><e2e xmlns='urn:ietf:params:xml:ns:xmpp-e2e'>x</e2e></message>", CAUSE_ENCRYPTED, false },
		{ "<message><body>x</body><encryption xmlns='urn:xmpp:eme:0' namespace='urn:new'/></message>", CAUSE_ENCRYPTED, false },
		{ "<message><body> hi ?OTR:AAMD</body></message>", CAUSE_ENCRYPTED, false },
		{ "<message><body>see AesGCM://h/f#00</body></message>", CAUSE_ENCRYPTED, false },
		{ "<message><reference xmlns='urn:xmpp:reference:0' type='data' uri='aesgcm://h/f#00'/></message>", CAUSE_ENCRYPTED, false },
		{ "<message><body>-----BEGIN PGP MESSAGE-----\n\nhQEMA</body></message>", CAUSE_ENCRYPTED, false },
		{ "<iq type='set'><vCard xmlns='vcard-temp'><PHOTO><BINVAL>aGVs=bG8</BINVAL></PHOTO></vCard></iq>", CAUSE_UNSCANNABLE, false },
		{ "<iq type='set'><vCard xmlns='vcard-temp'><PHOTO><BINVAL>aG==aG==</BINVAL></PHOTO></vCard></iq>", CAUSE_UNSCANNABLE, false },
		{ "<message><html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/xhtml'><img src=' Data:image/png;base64,n*t'/></body></html></message>", CAUSE_UNSCANNABLE, false },
		{ "<message><x xmlns='urn:x' src='data:text/plain,%34%30'/></message>", CAUSE_UNSCANNABLE, false },
		{ "<iq type='set'><open xmlns='http://jabber.org/protocol/ibb' sid='1' block-size='1'/></iq>", CAUSE_UNSCANNABLE, true },
		{ "<message><data xmlns='http://jabber.org/protocol/ibb' sid='1' seq='0'>AAAA</data></message>", CAUSE_UNSCANNABLE, true },
		{ "<iq type='set'><si xmlns='http://jabber.org/protocol/si'/></iq>", CAUSE_UNSCANNABLE, true },
		{ "<iq type='set'><jingle xmlns='urn:xmpp:jingle:1'><content><description xmlns='urn:xmpp:jingle:apps:file-transfer:5'/></content></jingle></iq>", CAUSE_UNSCANNABLE, true },
		{ "<iq type='result'><data xmlns='urn:xmpp:bob' cid='c'>n*t base64</data></iq>", CAUSE_UNSCANNABLE, false },
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct arena *a = arena_new(XML_ARENA_MAX);
		struct stanza s = read_stanza(a, t[i].xml);
		if (s.causes != 1u << t[i].cause || s.file_offer != t[i].offer)
			fail_msg("%s: causes %x", t[i].xml, s.causes);
		arena_free(&a);
	}
}

static void files_inside_are_decoded(void **state)
{
	struct arena *a = arena_new(XML_ARENA_MAX);
	struct stanza s = read_stanza(a, "<iq type='set'><vCard xmlns='vcard-temp'><PHOTO><BINVAL>\n aGVs\n bG8= \n</BINVAL></PHOTO></vCard></iq>");
	assert_int_equal(s.nblobs, 1);
	assert_int_equal(s.blobs[0].size, 5);
	assert_memory_equal(s.blobs[0].data, "hello", 5);
	assert_true(s.broadcast);
	s = read_stanza(a, "<message><body>data: 5%, up</body><x xmlns='urn:x' src='data:;base64,aGVsbG8='><uri>data:image/png;BASE64,aGVsbG8=</uri></x></message>");
	assert_int_equal(s.nblobs, 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(s.blobs[i].size, 5);
		assert_memory_equal(s.blobs[i].data, "hello", 5);
	}
	assert_int_equal(s.causes, 0);
	arena_free(&a);
}

/* What servers pass on as the client wrote it. */
static void attributes_of_the_stanza_are_read(void **state)
{
	struct arena *a = arena_new(XML_ARENA_MAX);
	struct stanza s = read_stanza(a, "<message from='alice@x/in-from' type='in-type' xml:lang='in-lang' own='in-own' p:q='in-ns' xmlns:p='urn:p'><body>x</body></message>");
	assert_true(has_text(&s, ROLE_ATTRIBUTE, "in-type") && has_text(&s, ROLE_ATTRIBUTE, "in-lang"));
	assert_true(has_text(&s, ROLE_ATTRIBUTE, "in-own") && has_text(&s, ROLE_ATTRIBUTE, "in-ns"));
	assert_false(has_text(&s, ROLE_ATTRIBUTE, "in-from"));
	s = read_stanza(a, "<message from='alice@x' type='groupchat'><body>x</body></message>");
	assert_int_equal(s.ntexts, 1);
	arena_free(&a);
}

/* Who is spoken to, or of, is no e-mail address that somebody passes on; yet what hides in an address is found. */
static void addresses_are_read_in_parts(void **state)
{
	struct arena *a = arena_new(XML_ARENA_MAX);
	struct stanza s = read_stanza(a, "<message from='al@x.test/r' to='bob@y.test/to@home' type='chat'><body>x</body><reply xmlns='urn:xmpp:reply:0' to='carol@y.test' id='1'/>"
		"<reference xmlns='urn:xmpp:reference:0' type='mention' uri='xmpp:dave@y.test'/><x xmlns='urn:u' to='eve@y.test'/></message>");
	assert_true(has_text(&s, ROLE_ATTRIBUTE, "bob\ny.test\nto@home") && has_text(&s, ROLE_ATTRIBUTE, "carol\ny.test\n") && has_text(&s, ROLE_ATTRIBUTE, "xmpp:dave\ny.test"));
	assert_true(has_text(&s, ROLE_ATTRIBUTE, "eve@y.test")); /* of an extension that nobody knows */
	assert_false(has_text(&s, ROLE_ATTRIBUTE, "bob@") || has_text(&s, ROLE_ATTRIBUTE, "carol@") || has_text(&s, ROLE_ATTRIBUTE, "dave@"));
	s = read_stanza(a, "<message to='y.test/4012@home' from='y.test'><body>x</body></message>");
	assert_true(has_text(&s, ROLE_ATTRIBUTE, "y.test\n4012@home"));
	s = read_stanza(a, "<message to='@/' from='y.test'><body>x</body></message>");
	assert_int_equal(s.ntexts, 1);
	arena_free(&a);
}

static char *masked(const char *xml, enum text_role role, const char *secret, struct mask m, int *result_r)
{
	struct arena *a = arena_new(XML_ARENA_MAX);
	struct stanza s = read_stanza(a, xml);
	struct buf b;
	char *out = NULL;
	*result_r = 1;
	for (size_t i = 0; i < s.ntexts; i++) {
		const char *at = memmem(s.texts[i].data, s.texts[i].size, secret, strlen(secret));
		if (s.texts[i].role != role || !at)
			continue;
		uint32_t start = (uint32_t)(at - s.texts[i].data);
		struct stanza_span span = { start, start + (uint32_t)strlen(secret), m, NULL };
		*result_r = stanza_mask(&s, i, &span, 1);
		if (*result_r == 0)
			*result_r = stanza_mask_end(&s);
	}
	buf_init(&b, 1 << 20);
	if (*result_r == 0 && stanza_write(&b, &s) == 0)
		out = strndup((const char *)buf_ptr(&b), buf_left(&b));
	buf_free(&b);
	arena_free(&a);
	return out;
}

static void mask_lands_where_text_came_from(void **state)
{
	static const struct { const char *in; enum text_role role; const char *secret; struct mask mask; const char *out; } t[] = {
		{ "<message><body>my card 4012 8888 8888 1881!</body></message>", ROLE_BODY, "4012 8888 8888 1881", { 0, 4 }, "<message><body>my card •••• •••• •••• 1881!</body></message>" },
		{ "<message><body>4012888888881881</body><x xmlns='urn:x' a='s3cret-value'/></message>", ROLE_ATTRIBUTE, "s3cret-value", { 0, 0 },
		  "<message><body>4012888888881881</body><x xmlns='urn:x' a='••••••-•••••'/></message>" },
		{ "<message><html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/xhtml'>no: <b>4012</b><i>8888</i>88881881 ok</body></html></message>", ROLE_XHTML, "4012888888881881", { 0, 4 },
		  "<message><html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/xhtml'>no: <b>••••</b><i>••••</i>••••1881 ok</body></html></message>" },
		{ "<message><body>ключ секрет</body></message>", ROLE_BODY, "секрет", { 0, 0 }, "<message><body>ключ ••••••</body></message>" },
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		int r;
		char *out = masked(t[i].in, t[i].role, t[i].secret, t[i].mask, &r);
		assert_int_equal(r, 0);
		assert_string_equal(out, t[i].out);
		free(out);
	}
	int r;
	char *out = masked("<message to='4012888888881881@x'><body>x</body></message>", ROLE_ATTRIBUTE, "4012888888881881", (struct mask){ 0, 0 }, &r);
	assert_int_equal(r, -1); /* an address can't be masked: the stanza must not pass */
	free(out);
}

static void long_spans_are_masked_whole(void **state)
{
	char xml[20000] = "<message><body>", key[10001] = "";
	memset(key, 'k', 10000);
	strcat(strcat(xml, key), "</body></message>");
	int r;
	char *out = masked(xml, ROLE_BODY, key, (struct mask){ 4, 4 }, &r);
	assert_int_equal(r, 0);
	assert_null(strchr(out + 16, 'k'));
	free(out);
}

/* More texts than one job takes: none is left out. */
static void very_many_texts(void **state)
{
	char *xml = calloc(1, 200000), *at = stpcpy(xml, "<message>");
	for (int i = 0; i < 2000; i++)
		at += sprintf(at, "<x xmlns='urn:x'>text%d</x>", i);
	strcpy(at, "</message>");
	struct arena *a = arena_new(XML_ARENA_MAX);
	struct stanza s = read_stanza(a, xml);
	assert_true(s.ntexts <= SCAN_TEXTS_MAX);
	assert_true(has_text(&s, ROLE_OTHER, "text0") && has_text(&s, ROLE_OTHER, "text1999"));
	arena_free(&a);
	free(xml);
}

/* One text in the place of a secret that stands in many places; what counts code points of the body is moved or goes. */
static void texts_take_the_place(void **state)
{
#define H(inner) "<html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/xhtml'>" inner "</body></html>"
#define FALLBACK(start, end) "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='" start "' end='" end "'/></fallback>"
#define REFERENCE(begin, end) "<reference xmlns='urn:xmpp:reference:0' begin='" begin "' end='" end "' type='mention' uri='xmpp:a@x'/>"
#define SECRET "4012888888881881"
	static const struct { const char *in, *out; } t[] = {
		{ "<message><body>card " SECRET ", and " SECRET "</body></message>", "<message><body>card [card], and [card]</body></message>" },
		/* split by markup: the text is in the first part */
		{ "<message>" H("no: <b>4012</b><i>8888</i>88881881 ok") "</message>", "<message>" H("no: <b>[card]</b><i></i> ok") "</message>" },
		{ "<message>" H("no: <b>" SECRET "</b> ok") "</message>", "<message>" H("no: <b>[card]</b> ok") "</message>" },
		{ "<message><x xmlns='urn:x' a='b " SECRET "'/></message>", "<message><x xmlns='urn:x' a='b [card]'/></message>" },
		/* a quote, with the secret in it, before and behind it; code points, not bytes */
		{ "<message><body>&gt; é " SECRET "\nyes</body>" FALLBACK("0", "21") "</message>", "<message><body>&gt; é [card]\nyes</body>" FALLBACK("0", "11") "</message>" },
		{ "<message><body>😀 " SECRET " see me</body>" REFERENCE("23", "25") "</message>", "<message><body>😀 [card] see me</body>" REFERENCE("13", "15") "</message>" },
		{ "<message><body>see me: " SECRET "</body>" REFERENCE("4", "6") "</message>", "<message><body>see me: [card]</body>" REFERENCE("4", "6") "</message>" },
		{ "<message><body>a " SECRET "</body><fallback xmlns='urn:xmpp:feature-fallback:0'><body start='0' end='18'/></fallback></message>",
		  "<message><body>a [card]</body><fallback xmlns='urn:xmpp:feature-fallback:0'><body start='0' end='8'/></fallback></message>" },
		/* cut in the middle of it */
		{ "<message><body>a " SECRET " b</body>" FALLBACK("0", "9") REFERENCE("9", "20") "</message>", "<message><body>a [card] b</body>" FALLBACK("0", "8") REFERENCE("2", "10") "</message>" },
		/* no offset at all, or one of something else */
		{ "<message><body>" SECRET "</body>" REFERENCE("7", "99") FALLBACK("1x", "2") FALLBACK("-1", "2") "</message>", "<message><body>[card]</body></message>" },
		{ "<message><body>" SECRET "</body><fallback xmlns='urn:xmpp:fallback:0'/><reference xmlns='urn:xmpp:reference:0' anchor='xmpp:b@x?id=1' begin='90' end='99'/></message>",
		  "<message><body>[card]</body><fallback xmlns='urn:xmpp:fallback:0'/><reference xmlns='urn:xmpp:reference:0' anchor='xmpp:b@x?id=1' begin='90' end='99'/></message>" },
		{ "<message><body>" SECRET " b</body><markup xmlns='urn:xmpp:markup:0'><span start='17' end='18'><strong/></span><list start='0' end='18'><li start='0'/></list></markup></message>",
		  "<message><body>[card] b</body><markup xmlns='urn:xmpp:markup:0'><span start='7' end='8'><strong/></span><list start='0' end='8'><li start='0'/></list></markup></message>" },
		/* of two languages, nobody knows which is meant */
		{ "<message><body>" SECRET "</body><body xml:lang='de'>" SECRET " d</body>" REFERENCE("0", "2") "<x xmlns='urn:x'/></message>",
		  "<message><body>[card]</body><body xml:lang='de'>[card] d</body><x xmlns='urn:x'/></message>" },
		/* the subject has its own */
		{ "<message><subject>s " SECRET " t</subject><body>harmless</body><fallback xmlns='urn:xmpp:fallback:0'><subject start='19' end='20'/><body start='1' end='3'/></fallback></message>",
		  "<message><subject>s [card] t</subject><body>harmless</body><fallback xmlns='urn:xmpp:fallback:0'><subject start='9' end='10'/><body start='1' end='3'/></fallback></message>" },
		/* each message has its own */
		{ "<message><body>out " SECRET "</body>" REFERENCE("0", "3") "<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'><body>" SECRET " in</body>" REFERENCE("17", "19") "</message></forwarded></message>",
		  "<message><body>out [card]</body>" REFERENCE("0", "3") "<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'><body>[card] in</body>" REFERENCE("7", "9") "</message></forwarded></message>" },
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct arena *a = arena_new(XML_ARENA_MAX);
		struct stanza s = read_stanza(a, t[i].in);
		struct buf b;
		for (size_t k = 0; k < s.ntexts; k++) {
			struct stanza_span spans[8];
			size_t n = 0;
			for (const char *at = s.texts[k].data; (at = memmem(at, (size_t)(s.texts[k].data + s.texts[k].size - at), SECRET, 16)); at += 16)
				spans[n++] = (struct stanza_span){ (uint32_t)(at - s.texts[k].data), (uint32_t)(at - s.texts[k].data) + 16, { 0, 0 }, "[card]" };
			if (n > 0)
				assert_int_equal(stanza_mask(&s, k, spans, n), 0);
		}
		assert_int_equal(stanza_mask_end(&s), 0);
		buf_init(&b, 1 << 20);
		assert_int_equal(stanza_write(&b, &s), 0);
		struct stanza want = read_stanza(a, t[i].out), again;
		assert_int_equal(stanza_read(a, (const char *)buf_ptr(&b), buf_left(&b), &again), 0);
		buf_reset(&b);
		assert_int_equal(stanza_write(&b, &again), 0);
		struct buf w;
		buf_init(&w, 1 << 20);
		assert_int_equal(stanza_write(&w, &want), 0);
		if (buf_left(&b) != buf_left(&w) || memcmp(buf_ptr(&b), buf_ptr(&w), buf_left(&w)) != 0)
			fail_msg("case %zu: %.*s\n  want %.*s", i, (int)buf_left(&b), (const char *)buf_ptr(&b), (int)buf_left(&w), (const char *)buf_ptr(&w));
		buf_free(&b);
		buf_free(&w);
		arena_free(&a);
	}
}

/* A node is a text of its own and a part of a joined one: the two never undo each other, and the text comes once. */
static void what_two_texts_hide_stays_hidden(void **state)
{
	static const struct { struct stanza_span joined, own; const char *out; } t[] = { /* joined: "ab cdef gh"; its second node: "cdef" */
		{ { 3, 7, { 0, 0 }, "[x]" }, { 0, 4, { 0, 0 }, "[x]" }, "ab <b>[x]</b> gh" },
		{ { 1, 5, { 0, 0 }, "[x]" }, { 0, 2, { 0, 0 }, "[x]" }, "a[x]<b>ef</b> gh" },
		{ { 1, 5, { 0, 0 }, "[x]" }, { 1, 3, { 0, 0 }, "[y]" }, "a[x]<b>f</b> gh" },
		{ { 5, 10, { 0, 0 }, "[x]" }, { 0, 2, { 0, 0 }, "[y]" }, "ab <b>[y][x]</b>" },
		{ { 0, 10, { 0, 0 }, NULL }, { 1, 2, { 0, 0 }, "[y]" }, "•• <b>•[y]••</b> ••" },
		{ { 3, 5, { 0, 0 }, NULL }, { 1, 4, { 0, 1 }, NULL }, "ab <b>•••f</b> gh" },
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct arena *a = arena_new(XML_ARENA_MAX);
		struct stanza s = read_stanza(a, "<message>" H("ab <b>cdef</b> gh") "</message>");
		struct buf b;
		for (size_t k = 0; k < s.ntexts; k++) {
			if (s.texts[k].role == ROLE_XHTML)
				assert_int_equal(stanza_mask(&s, k, &t[i].joined, 1), 0);
			else if (s.texts[k].size == 4 && memcmp(s.texts[k].data, "cdef", 4) == 0)
				assert_int_equal(stanza_mask(&s, k, &t[i].own, 1), 0);
		}
		assert_int_equal(stanza_mask_end(&s), 0);
		buf_init(&b, 1 << 20);
		assert_int_equal(stanza_write(&b, &s), 0);
		char want[300];
		snprintf(want, sizeof want, "<message>" H("%s") "</message>", t[i].out);
		if (buf_left(&b) != strlen(want) || memcmp(buf_ptr(&b), want, strlen(want)) != 0)
			fail_msg("case %zu: %.*s\n  want %s", i, (int)buf_left(&b), (const char *)buf_ptr(&b), want);
		buf_free(&b);
		arena_free(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_text_is_read), cmocka_unit_test(unreadable_is_a_cause), cmocka_unit_test(files_inside_are_decoded), cmocka_unit_test(attributes_of_the_stanza_are_read),
		cmocka_unit_test(addresses_are_read_in_parts),
		cmocka_unit_test(mask_lands_where_text_came_from), cmocka_unit_test(long_spans_are_masked_whole), cmocka_unit_test(very_many_texts),
		cmocka_unit_test(texts_take_the_place), cmocka_unit_test(what_two_texts_hide_stays_hidden),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
