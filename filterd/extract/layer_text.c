#include "extract/layer_text.h"

#include "base/text.h"
#include "extract/entity.h"
#include "extract/text_out.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { RUN_MIN = 8 };

struct out {
	char *data;
	size_t len, room;
};

static void put(struct out *o, const char *s, size_t n)
{
	if (o->len + n <= o->room) { /* the callers' rooms are upper bounds; never overrun them all the same */
		memcpy(o->data + o->len, s, n);
		o->len += n;
	}
}

static void put_cp(struct out *o, uint32_t cp)
{
	char tmp[4];
	put(o, tmp, (size_t)text_encode(cp, tmp));
}

static bool out_new(struct out *o, size_t room)
{
	*o = (struct out){ .data = malloc(room ? room : 1), .room = room };
	return o->data != NULL;
}

static int take(struct out *o, struct layer_text *t_r)
{
	*t_r = (struct layer_text){ .data = o->data, .size = o->len, .owned = o->data, .owned_size = o->room };
	if (o->len > 0)
		return 1;
	layer_text_free(t_r);
	return 0;
}

void layer_text_free(struct layer_text *t)
{
	if (t->owned)
		explicit_bzero(t->owned, t->owned_size);
	free(t->owned);
	*t = (struct layer_text){ 0 };
}

/* Letters, digits, blanks: no more than one odd control character in a hundred. */
static bool looks_like_text(const unsigned char *s, size_t size)
{
	size_t sample = size < 65536 ? size : 65536, odd = 0;
	for (size_t i = 0; i < sample; i++)
		odd += s[i] == 0 ? 100 : (s[i] < 0x20 && !isspace(s[i]) && s[i] != 0x1b) || s[i] == 0x7f;
	return odd * 100 <= sample;
}

/* Elements behind which a reader sees a new line, field or cell; their local names. */
static bool is_break(const char *name, size_t len)
{
	static const char *const names[] = { "p", "br", "cr", "tab", "tr", "td", "th", "li", "div", "si", "c", "v", "row", "h",
		                             "h1", "h2", "h3", "h4", "h5", "h6", "title", "option", "line-break",
		                             "table-cell", "pre", "dt", "dd", "item", "script", "style" };
	const char *colon = memchr(name, ':', len);
	if (colon) {
		len -= (size_t)(colon + 1 - name);
		name = colon + 1;
	}
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strlen(names[i]) == len && strncasecmp(names[i], name, len) == 0)
			return true;
	return false;
}

/* Adds markup text with its entities decoded. */
static void put_decoded(struct out *o, const char *s, size_t size)
{
	for (size_t i = 0; i < size;) {
		uint32_t cp;
		size_t n = s[i] == '&' ? entity_decode(s + i + 1, size - i - 1, &cp) : 0;
		if (n > 0)
			put_cp(o, cp);
		else
			put(o, s + i, 1);
		i += 1 + n;
	}
}

/* One tag at s[0] = '<': values go to attrs, a line break to text if it is due.  Returns its length. */
static size_t tag(const char *s, size_t size, struct out *text, struct out *attrs)
{
	size_t i = 1, name;
	if (size >= 4 && memcmp(s, "<!--", 4) == 0) { /* comments are content too: people hide things there */
		const char *end = memmem(s + 4, size - 4, "-->", 3);
		size_t len = end ? (size_t)(end - s) : size;
		put(attrs, s + 4, len - 4);
		put(attrs, "\n", 1);
		return end ? len + 3 : len;
	}
	if (size >= 9 && memcmp(s, "<![CDATA[", 9) == 0) {
		const char *end = memmem(s + 9, size - 9, "]]>", 3);
		size_t len = end ? (size_t)(end - s) : size;
		put(text, s + 9, len - 9);
		return end ? len + 3 : len;
	}
	if (i < size && s[i] == '/')
		i++;
	for (name = i; i < size && s[i] != '>' && s[i] != '/' && !isspace((unsigned char)s[i]); i++)
		;
	if (is_break(s + name, i - name))
		put(text, "\n", 1);
	while (i < size && s[i] != '>') {
		if (s[i] == '"' || s[i] == '\'') {
			const char *end = memchr(s + i + 1, s[i], size - i - 1);
			if (!end)
				break;
			put_decoded(attrs, s + i + 1, (size_t)(end - s) - i - 1);
			put(attrs, "\n", 1);
			i = (size_t)(end - s);
		}
		i++;
	}
	return i < size ? i + 1 : size;
}

static int from_markup(const char *s, size_t size, struct layer_text *t_r)
{
	struct out text, attrs;
	/* text and attributes share the input between them, plus line breaks of tags of at least three bytes */
	if (!out_new(&attrs, size + 1))
		return 0;
	if (!out_new(&text, 2 * size + 2)) {
		free(attrs.data);
		return 0;
	}
	for (size_t i = 0; i < size;) {
		if (s[i] == '<' && i + 1 < size && (isalpha((unsigned char)s[i + 1]) || strchr("/!?", s[i + 1]))) {
			i += tag(s + i, size - i, &text, &attrs);
		} else {
			const char *next = memchr(s + i + 1, '<', size - i - 1);
			size_t n = next ? (size_t)(next - s) - i : size - i;
			put_decoded(&text, s + i, n);
			i += n;
		}
	}
	put(&text, "\n", 1);
	put(&text, attrs.data, attrs.len);
	explicit_bzero(attrs.data, attrs.room);
	free(attrs.data);
	return take(&text, t_r);
}

static bool is_markup(const char *type, const char *s, size_t size)
{
	if (strstr(type, "HTML") || strstr(type, "XML"))
		return true;
	while (size > 0 && isspace((unsigned char)*s))
		s++, size--;
	static const char *const starts[] = { "<?xml", "<!doctype", "<html", "<svg", "<w:", "<office:" };
	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
		if (size >= strlen(starts[i]) && strncasecmp(s, starts[i], strlen(starts[i])) == 0)
			return true;
	return false;
}

/* The charset that a page or XML declares in its first bytes; false if none. */
static bool declared_charset(const char *s, size_t size, char dst[41])
{
	static const char *const marks[] = { "charset=", "encoding=" };
	size_t head = size < 1024 ? size : 1024, n = 0;
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		const char *at = memmem(s, head, marks[i], strlen(marks[i]));
		if (!at)
			continue;
		at += strlen(marks[i]);
		while (at < s + head && (*at == '"' || *at == '\'' || *at == ' '))
			at++;
		while (n < 40 && at + n < s + head && (isalnum((unsigned char)at[n]) || strchr("-_.:", at[n])))
			n++;
		memcpy(dst, at, n);
		dst[n] = '\0';
		return n > 0;
	}
	return false;
}

static int from_single_byte(const char *type, const char *s, size_t size, struct layer_text *t_r)
{
	/* else Latin-1, close enough to Windows-1252 to match digits and ASCII words in */
	struct text_out o = { .max = 4 * size };
	char charset[41];
	bool markup = is_markup(type, s, size);
	text_out_decoded(&o, markup && declared_charset(s, size, charset) ? charset : NULL, s, size);
	if (!markup) {
		*t_r = (struct layer_text){ .data = o.data, .size = o.len, .owned = o.data, .owned_size = o.len };
		return o.len > 0;
	}
	int r = o.len > 0 && from_markup(o.data, o.len, t_r);
	text_out_free(&o);
	return r;
}

static uint32_t unit16(const unsigned char *s, bool big)
{
	return big ? (uint32_t)s[0] << 8 | s[1] : (uint32_t)s[1] << 8 | s[0];
}

/* What was converted may be a page still. */
static int take_converted(const char *type, struct out *o, struct layer_text *t_r)
{
	if (!is_markup(type, o->data, o->len))
		return take(o, t_r);
	int r = from_markup(o->data, o->len, t_r);
	explicit_bzero(o->data, o->room);
	free(o->data);
	return r;
}

static int from_utf32(const char *type, const unsigned char *s, size_t size, bool big, struct layer_text *t_r)
{
	struct out o;
	if (!out_new(&o, size + 4))
		return 0;
	for (size_t i = 0; i + 3 < size; i += 4) {
		uint32_t cp = big ? (uint32_t)s[i] << 24 | (uint32_t)s[i + 1] << 16 | (uint32_t)s[i + 2] << 8 | s[i + 3]
		                  : (uint32_t)s[i + 3] << 24 | (uint32_t)s[i + 2] << 16 | (uint32_t)s[i + 1] << 8 | s[i];
		put_cp(&o, cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000) ? 0xfffd : cp);
	}
	return take_converted(type, &o, t_r);
}

static int from_utf16(const char *type, const unsigned char *s, size_t size, bool big, struct layer_text *t_r)
{
	struct out o;
	if (!out_new(&o, size / 2 * 3 + 4))
		return 0;
	for (size_t i = 0; i + 1 < size; i += 2) {
		uint32_t cp = unit16(s + i, big);
		if (cp >= 0xd800 && cp < 0xdc00 && i + 3 < size) {
			uint32_t low = unit16(s + i + 2, big);
			if (low >= 0xdc00 && low < 0xe000) {
				cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
				i += 2;
			}
		}
		if (cp >= 0xd800 && cp < 0xe000)
			cp = 0xfffd;
		put_cp(&o, cp);
	}
	return take_converted(type, &o, t_r);
}

/* UTF-16 without a mark: nearly every other byte is zero, always on the same side. */
static bool guess_utf16(const unsigned char *s, size_t size, bool *big_r)
{
	size_t sample = (size < 4096 ? size : 4096) & ~(size_t)1, zero[2] = { 0 };
	if (sample < 16)
		return false;
	for (size_t i = 0; i < sample; i++)
		zero[i & 1] += s[i] == 0;
	*big_r = zero[0] > zero[1];
	size_t most = zero[0] > zero[1] ? zero[0] : zero[1], least = zero[0] + zero[1] - most;
	return most > sample / 4 && least * 50 <= sample;
}

static bool readable(unsigned c)
{
	return (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\r' || c == '\n' || (c >= 0xa0 && c < 0x100);
}

/* What can be part of a run, as table: this looks at every byte of every unknown file. */
static void make_table(bool is_readable[256])
{
	for (unsigned c = 0; c < 256; c++)
		is_readable[c] = readable(c);
}

static void put_run(const unsigned char *s, size_t size, size_t step, struct out *o)
{
	size_t ascii = 0;
	for (size_t k = 0; k < size; k += step)
		ascii += s[k] < 0x80;
	/* mostly ASCII: else a picture's noise would read as accented letters */
	if (ascii * 5 < size / step * 4)
		return;
	for (size_t k = 0; k < size; k += step)
		put_cp(o, s[k] == '\r' ? '\n' : s[k]);
	put(o, "\n", 1);
}

/* Runs of readable letters in a binary document stream, each on its own line. */
static void runs8(const unsigned char *s, size_t size, const bool is_readable[256], struct out *o)
{
	for (size_t i = 0; i < size; i++) {
		size_t start = i;
		while (i < size && is_readable[s[i]])
			i++;
		if (i - start >= RUN_MIN)
			put_run(s + start, i - start, 1, o);
	}
}

/* The same in UTF-16LE, wherever it begins: from one zero byte to the next. */
static void runs16(const unsigned char *s, size_t size, const bool is_readable[256], struct out *o)
{
	for (size_t i = 1; i < size;) {
		const unsigned char *zero = memchr(s + i, 0, size - i);
		if (!zero)
			return;
		size_t start = (size_t)(zero - s) - 1, end = start;
		while (end + 1 < size && is_readable[s[end]] && s[end + 1] == 0)
			end += 2;
		if ((end - start) / 2 >= RUN_MIN)
			put_run(s + start, end - start, 2, o);
		i = end > start ? end + 1 : start + 2;
	}
}

static int from_document_stream(const unsigned char *s, size_t size, struct layer_text *t_r)
{
	struct out o;
	bool is_readable[256];
	/* two bytes for a letter and one for the line of each run, in both readings */
	if (!out_new(&o, 4 * size + 2))
		return 0;
	make_table(is_readable);
	runs8(s, size, is_readable, &o);
	runs16(s, size, is_readable, &o);
	return take(&o, t_r);
}

static int from_utf8(const char *type, const char *s, size_t size, struct layer_text *t_r)
{
	if (is_markup(type, s, size))
		return from_markup(s, size, t_r);
	*t_r = (struct layer_text){ .data = s, .size = size };
	return 1;
}

int layer_text_get(const char *type, const char *data, size_t size, struct layer_text *t_r)
{
	const unsigned char *s = (const unsigned char *)data;
	bool big = false;
	*t_r = (struct layer_text){ 0 };
	if (size == 0)
		return 0;
	if (size >= 4 && (memcmp(s, "\xff\xfe\0\0", 4) == 0 || memcmp(s, "\0\0\xfe\xff", 4) == 0))
		return from_utf32(type, s + 4, size - 4, s[0] == 0, t_r);
	if (size >= 2 && ((s[0] == 0xff && s[1] == 0xfe) || (s[0] == 0xfe && s[1] == 0xff)))
		return from_utf16(type, s + 2, size - 2, s[0] == 0xfe, t_r);
	if (size >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0) {
		data += 3, size -= 3;
		s += 3;
	}
	if (size == 0)
		return 0;
	if (looks_like_text(s, size))
		return text_is_utf8(data, size) ? from_utf8(type, data, size, t_r) : from_single_byte(type, data, size, t_r);
	if (guess_utf16(s, size, &big))
		return from_utf16(type, s, size, big, t_r);
	if (strcmp(type, "CL_TYPE_ANY") == 0 || strcmp(type, "CL_TYPE_BINARY_DATA") == 0)
		return from_document_stream(s, size, t_r);
	return 0;
}
