/* extract/layer_text: what people read in a layer is what the rules see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "extract/layer_text.h"

#include <string.h>

static void expect(const char *type, const char *data, size_t size, const char *text)
{
	struct layer_text t;
	int r = layer_text_get(type, data, size, &t);
	if (!text) {
		assert_int_equal(r, 0);
		return;
	}
	assert_int_equal(r, 1);
	assert_int_equal(t.size, strlen(text));
	assert_memory_equal(t.data, text, t.size);
	layer_text_free(&t);
}

#define EXPECT(type, data, text) expect(type, data, sizeof data - 1, text)

static void plain_text(void **state)
{
	EXPECT("CL_TYPE_TEXT_ASCII", "caf\xc3\xa9 4012", "caf\xc3\xa9 4012");
	EXPECT("CL_TYPE_TEXT_UTF8", "\xef\xbb\xbf" "abc", "abc");
	EXPECT("CL_TYPE_BINARY_DATA", "caf\xe9 4012", "caf\xc3\xa9 4012"); /* Latin-1 */
	EXPECT("CL_TYPE_ANY", "", NULL);
	EXPECT("CL_TYPE_ANY", "\xef\xbb\xbf", NULL);
}

static void utf16_text(void **state)
{
	EXPECT("CL_TYPE_TEXT_UTF16LE", "\xff\xfe" "4\0\xe9\0" "\x3d\xd8\x00\xde", "4\xc3\xa9\xf0\x9f\x98\x80");
	EXPECT("CL_TYPE_TEXT_UTF16BE", "\xfe\xff" "\0004\0002", "42");
	EXPECT("CL_TYPE_ANY", "s\0e\0c\0r\0e\0t\0 \0w\0o\0r\0d\0", "secret word");
	/* half a surrogate pair becomes a mark, not invalid UTF-8 */
	EXPECT("CL_TYPE_TEXT_UTF16LE", "\xff\xfe" "\x3d\xd8" "a\0", "\xef\xbf\xbd" "a");
}

static void markup_text(void **state)
{
	/* runs of a word processor join; paragraphs do not */
	EXPECT("CL_TYPE_XML", "<w:p><w:r><w:t>4012 88</w:t></w:r><w:r><w:t>88</w:t></w:r></w:p><w:p><w:t>x</w:t></w:p>",
	       "\n4012 8888\n\nx\n\n");
	EXPECT("CL_TYPE_HTML", "<p title=\"in here\">a &amp; b&#49;&#x32;</p>", "\na & b12\n\nin here\n");
	EXPECT("CL_TYPE_HTML", "a<!-- hidden -->b", "ab\n hidden \n");
	EXPECT("CL_TYPE_HTML", "1 < 2 and &#0; &#xD800; &nope;", "1 < 2 and &#0; &#xD800; &nope;\n");
	EXPECT("CL_TYPE_XML", "<a><![CDATA[x<y]]></a>", "x<y\n");
	EXPECT("CL_TYPE_HTML", "<a href=x?4012>b</a>", "b\nx?4012\n");
	/* lines of a page are what its elements make them */
	EXPECT("CL_TYPE_HTML", "<p>4012\n  8888</p><pre>a\n b</pre>", "\n4012 8888\n\na\n b\n\n");
	/* without its frame; but what is no element is text */
	EXPECT("CL_TYPE_TEXT_ASCII", "visa 40<b>12</b> 8888<br>\nif a <b and c> d <secret words>", "visa 4012 8888\n\nif a  d <secret words>\nand\nc\n");
	EXPECT("CL_TYPE_TEXT_ASCII", "map<a, b> and <jo@x.test> <b", "map<a, b> and <jo@x.test> <b");
	/* ends in the middle of everything */
	EXPECT("CL_TYPE_HTML", "a<p title=\"x", "a\nx\n");
	EXPECT("CL_TYPE_HTML", "a<!--", "a\n\n");
	EXPECT("CL_TYPE_HTML", "a<", "a<\n");
	EXPECT("CL_TYPE_HTML", "a&#", "a&#\n");
}

static void folded_lines(void **state)
{
	EXPECT("CL_TYPE_TEXT_ASCII", "BEGIN:VCARD\r\nNOTE:visa 4012 88\r\n 88\\, 1\\n2\r\nEND:VCARD\r\n", "BEGIN:VCARD\r\nNOTE:visa 4012 8888, 1\n2\r\n\nEND:VCARD\r\n");
	EXPECT("CL_TYPE_TEXT_ASCII", "begin:vcalendar\nDESCRIPTION:a\n\tb\n", "begin:vcalendar\nDESCRIPTION:ab\n\n");
	EXPECT("CL_TYPE_TEXT_ASCII", "BEGIN:VCARD\r\nNOTE;ENCODING=QUOTED-PRINTABLE:4012=20=\r\n88=3D8 caf=E9\r\nX:y", "BEGIN:VCARD\r\nNOTE;ENCODING=QUOTED-PRINTABLE:4012 88=8 caf\xc3\xa9\r\nX:y");
	EXPECT("CL_TYPE_TEXT_ASCII", "dn: cn=x\ndescription: 40\n 12\n", "dn: cn=x\ndescription: 4012\n\n");
	EXPECT("CL_TYPE_TEXT_ASCII", "BEGIN:VCARD\nA:b=\n", "BEGIN:VCARD\nA:b=\n");
	EXPECT("CL_TYPE_TEXT_ASCII", "BEGIN:VCARD\nA;QUOTED-PRINTABLE:b=", "BEGIN:VCARD\nA;QUOTED-PRINTABLE:b=\n");
	/* a text that begins a line with a blank is no such file */
	EXPECT("CL_TYPE_TEXT_ASCII", "4012\n 8888", "4012\n 8888");
}

static void document_stream(void **state)
{
	EXPECT("CL_TYPE_ANY", "\0\1\2\3secret words\r\0\0\5\5\5\5\5short\0\1", "secret words\n\n");
	EXPECT("CL_TYPE_MSEXE", "MZ\0\1\2\3a program says\0\0\0", "a program says\n");
	/* whose members come as layers of their own */
	EXPECT("CL_TYPE_ZIP", "PK\3\4\0\0not a document\0\0\0", NULL);
	/* only whole runs of UTF-16, wherever they begin */
	EXPECT("CL_TYPE_ANY", "\1\2\3\4\5\6\7\10\5\5\5\5\5\5\5\5\5\5\1" "a\0b\0c\0d\0e\0f\0g\0h\0" "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1", "abcdefgh\n");
	EXPECT("CL_TYPE_ANY", "\1\2\3\1\0a\0b\0c\0d\0e\0f\0g\0h\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1", "abcdefgh\n");
	/* letters of other scripts, and accents of a single-byte page; noise is not taken for them */
	EXPECT("CL_TYPE_GRAPHICS", "\0\1\2\3\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c 12\0\1", "\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c 12\n");
	EXPECT("CL_TYPE_GRAPHICS", "\0\1\2\3" "caf\xe9 4012 x\xff\xfe\xfd\xfc\0\1", "caf\xc3\xa9 4012 x\n");
	EXPECT("CL_TYPE_GRAPHICS", "\0\1\2\3\xe9\xff\xfe\xfd\xfc\xe9\xff\xfe\xfd\xfc\0\1", NULL);
	/* one zero byte makes no text unreadable */
	EXPECT("CL_TYPE_TEXT_UTF16BE", "x\0my visa 4012 8888\0end of it", "my visa 4012 8888\nend of it\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text),
		cmocka_unit_test(utf16_text),
		cmocka_unit_test(markup_text),
		cmocka_unit_test(folded_lines),
		cmocka_unit_test(document_stream),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
