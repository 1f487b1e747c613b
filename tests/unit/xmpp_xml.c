/* xmpp/xml: what XMPP forbids is refused, what is written is what was read, caps hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "xmpp/ns.h"
#include "xmpp/xml.h"

#include <stdlib.h>
#include <string.h>

static char *rewritten(const char *in)
{
	struct arena *a = arena_new(XML_ARENA_MAX);
	struct buf b;
	char *out = NULL;
	struct xml_node *e = xml_parse(a, in, strlen(in), NS_CLIENT);
	buf_init(&b, 1 << 20);
	if (e && xml_write(&b, e, NS_CLIENT) == 0)
		out = strndup((const char *)buf_ptr(&b), buf_left(&b));
	buf_free(&b);
	arena_free(&a);
	return out;
}

static void comes_out_as(const char *in, const char *want)
{
	char *out = rewritten(in);
	assert_non_null(out);
	assert_string_equal(out, want);
	char *again = rewritten(out);
	assert_string_equal(again, want);
	free(out);
	free(again);
}

static void written_as_read(void **state)
{
	comes_out_as("<message to=\"b@x\"><body>a &lt; b &amp; c</body></message>", "<message to='b@x'><body>a &lt; b &amp; c</body></message>");
	comes_out_as("<message xmlns='jabber:client'><x xmlns='urn:x'><y/></x><z xmlns='urn:z' a='1'/></message>",
	             "<message><x xmlns='urn:x'><y/></x><z xmlns='urn:z' a='1'/></message>");
	comes_out_as("<message><p:x xmlns:p='urn:p' p:a='1' xml:lang='de'/></message>", "<message><x xmlns='urn:p' xmlns:ns1='urn:p' ns1:a='1' xml:lang='de'/></message>");
	comes_out_as("<message><body a='x&#10;y&#9;'>l1\r\nl2&#13;</body></message>", "<message><body a='x&#xA;y&#x9;'>l1\nl2&#xD;</body></message>");
	comes_out_as("<message><x xmlns='urn:x'><body xmlns='jabber:client'>t</body></x></message>", "<message><x xmlns='urn:x'><body xmlns='jabber:client'>t</body></x></message>");
}

static void forbidden_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "<", "<message>", "<message></presence>", "<message/><message/>", "<message/>x", "x<message/>",
		"<!DOCTYPE m [<!ENTITY a 'b'>]><message>&a;</message>", "<message><!-- c --></message>", "<message><?pi x?></message>",
		"<message>&undefined;</message>", "<message a='1' a='2'/>", "<message xmlns:p='u' xmlns:q='u' p:a='1' q:a='2'/>",
		"<message>\x01</message>", "<message>\xff</message>", "<message>\xed\xa0\x80</message>", "<message><p:x/></message>", "<message>&#0;</message>",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char *out = rewritten(bad[i]);
		if (out)
			fail_msg("accepted: %s", bad[i]);
	}
}

static char *repeated(const char *head, const char *piece, size_t n, const char *tail)
{
	size_t size = strlen(head) + n * strlen(piece) + strlen(tail) + 1;
	char *s = malloc(size), *at = s;
	at = stpcpy(at, head);
	while (n--)
		at = stpcpy(at, piece);
	strcpy(at, tail);
	return s;
}

static void caps_hold(void **state)
{
	char *in[] = {
		repeated("", "<a>", XML_DEPTH_MAX + 1, ""),
		repeated("<message>", "<a/>", XML_NODES_MAX + 1, "</message>"),
		repeated("<message>", "aaaaaaaa", XML_BYTES_MAX / 8 + 1, "</message>"),
	};
	for (size_t i = 0; i < sizeof in / sizeof *in; i++) {
		char *out = rewritten(in[i]);
		assert_null(out);
		free(in[i]);
	}
	char *ns = repeated("<message><x xmlns='urn:", "n", 500, "'>"), *many = repeated(ns, "<a/>", 15000, "</x></message>");
	struct arena *a = arena_new(XML_ARENA_MAX);
	assert_non_null(xml_parse(a, many, strlen(many), NS_CLIENT));
	assert_true(arena_used(a) < 40 * strlen(many)); /* a namespace is not kept once for each element */
	arena_free(&a);
	free(ns);
	free(many);
	char *longer = repeated("<message><x xmlns='urn:", "n", 1000, "'/></message>");
	assert_null(rewritten(longer));
	free(longer);
	char *fits = repeated("<message><body>", "&amp;", 90000, "</body></message>"), *out = rewritten(fits);
	assert_string_equal(out, fits); /* text in very many pieces */
	free(fits);
	free(out);
}

struct seen {
	unsigned open, closed, elements;
	char last[64];
};

static void on_open(void *ctx, const struct xml_node *e) { ((struct seen *)ctx)->open++; }
static void on_close(void *ctx) { ((struct seen *)ctx)->closed++; }
static void on_element(void *ctx, const struct xml_node *e)
{
	struct seen *s = ctx;
	s->elements++;
	strncpy(s->last, e->name, sizeof s->last - 1);
}
static const struct xml_stream_ops ops = { on_open, on_element, on_close };

/* A whole stanza comes out as soon as its last byte is in, however it is cut. */
static void stream_in_single_bytes(void **state)
{
	static const char text[] = "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' id='1'>"
	                           " <message><body>x</body></message>\n<iq id='2'/></stream:stream>";
	struct seen seen = { 0 };
	struct xml_stream *s = xml_stream_new(&ops, &seen);
	for (size_t i = 0; i < sizeof text - 1; i++) {
		assert_int_equal(xml_stream_feed(s, text + i, 1, true), 0);
		if (i + 1 == (size_t)(strstr(text, "</message>") - text) + 10)
			assert_int_equal(seen.elements, 1);
	}
	assert_true(seen.open == 1 && seen.elements == 2 && seen.closed == 1);
	assert_string_equal(seen.last, "iq");
	xml_stream_free(&s);
}

static void stream_caps_a_stanza(void **state)
{
	static char block[65536];
	struct seen seen = { 0 };
	memset(block, 'a', sizeof block);
	static const char *const heads[] = { "<s><message><body>", "<s><message a='", "<s><messageaaa" };
	for (size_t h = 0; h < 3; h++) {
		struct xml_stream *s = xml_stream_new(&ops, &seen);
		size_t fed = 0;
		int r = xml_stream_feed(s, heads[h], strlen(heads[h]), true);
		while (r == 0 && fed < 16 << 20) {
			r = xml_stream_feed(s, block, sizeof block, true);
			fed += sizeof block;
		}
		assert_int_equal(r, -1);
		assert_true(fed <= XML_BYTES_MAX + 2 * sizeof block);
		xml_stream_free(&s);
	}
	/* and white space between stanzas may go on for ever */
	struct xml_stream *s = xml_stream_new(&ops, &seen);
	assert_int_equal(xml_stream_feed(s, "<s>", 3, true), 0);
	memset(block, ' ', sizeof block);
	for (int i = 0; i < 40; i++)
		assert_int_equal(xml_stream_feed(s, block, sizeof block, true), 0);
	xml_stream_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written_as_read), cmocka_unit_test(forbidden_is_refused), cmocka_unit_test(caps_hold),
		cmocka_unit_test(stream_in_single_bytes), cmocka_unit_test(stream_caps_a_stanza),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
