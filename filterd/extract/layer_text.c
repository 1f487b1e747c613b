#include "extract/layer_text.h"

#include "base/text.h"
#include "extract/table.h"
#include "extract/text_csv.h"
#include "extract/text_folded.h"
#include "extract/text_markup.h"
#include "extract/text_runs.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int take(struct text_out *o, struct layer_text *t_r)
{
	*t_r = (struct layer_text){ .data = o->data, .size = o->len, .owned = o->data, .owned_size = o->room };
	if (o->len > 0 && !o->full)
		return 1;
	layer_text_free(t_r);
	return o->full ? -1 : 0;
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

static int from_markup(enum markup kind, const char *s, size_t size, struct layer_text *t_r)
{
	/* text and attributes share the input between them, plus line breaks of tags of at least three bytes */
	struct text_out o = { .max = 2 * size + TABLE_ROOM };
	text_markup_add(&o, kind, s, size);
	return take(&o, t_r);
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

static int from_table(char separator, const char *s, size_t size, struct layer_text *t_r)
{
	struct text_out o = { .max = 2 * size + TABLE_ROOM };
	text_csv_add(&o, separator, s, size);
	return take(&o, t_r);
}

static int from_folded(const char *s, size_t size, struct layer_text *t_r)
{
	struct text_out o = { .max = 2 * size + 2 };
	text_folded_add(&o, s, size);
	return take(&o, t_r);
}

/* A page, a table or the like, if it is one; then *r_r is what layer_text_get() returns. */
static bool from_structure(const char *type, const char *s, size_t size, struct layer_text *t_r, int *r_r)
{
	enum markup kind = size > 0 ? text_markup_kind(type, s, size) : MARKUP_NONE;
	bool folded = text_folded_is(s, size);
	char separator = kind == MARKUP_NONE && !folded ? text_csv_separator(s, size) : 0;
	if (folded)
		*r_r = from_folded(s, size, t_r);
	else if (kind != MARKUP_NONE)
		*r_r = from_markup(kind, s, size, t_r);
	else if (separator)
		*r_r = from_table(separator, s, size, t_r);
	return folded || kind != MARKUP_NONE || separator;
}

/* What was converted to UTF-8 may be a page still. */
static int take_converted(const char *type, struct text_out *o, struct layer_text *t_r)
{
	int r;
	if (o->full || !from_structure(type, o->data, o->len, t_r, &r))
		return take(o, t_r);
	text_out_free(o);
	return r;
}

static int from_single_byte(const char *type, const char *s, size_t size, struct layer_text *t_r)
{
	/* else Latin-1, close enough to Windows-1252 to match digits and ASCII words in */
	struct text_out o = { .max = 4 * size };
	char charset[41];
	bool markup = text_markup_kind(type, s, size) != MARKUP_NONE;
	text_out_decoded(&o, markup && declared_charset(s, size, charset) ? charset : NULL, s, size);
	return take_converted(type, &o, t_r);
}

static uint32_t unit16(const unsigned char *s, bool big)
{
	return big ? (uint32_t)s[0] << 8 | s[1] : (uint32_t)s[1] << 8 | s[0];
}

static int from_utf32(const char *type, const unsigned char *s, size_t size, bool big, struct layer_text *t_r)
{
	struct text_out o = { .max = size + 4 };
	for (size_t i = 0; i + 3 < size; i += 4) {
		uint32_t cp = big ? (uint32_t)s[i] << 24 | (uint32_t)s[i + 1] << 16 | (uint32_t)s[i + 2] << 8 | s[i + 3]
		                  : (uint32_t)s[i + 3] << 24 | (uint32_t)s[i + 2] << 16 | (uint32_t)s[i + 1] << 8 | s[i];
		text_out_cp(&o, cp);
	}
	return take_converted(type, &o, t_r);
}

static int from_utf16(const char *type, const unsigned char *s, size_t size, bool big, struct layer_text *t_r)
{
	struct text_out o = { .max = size / 2 * 3 + 4 };
	for (size_t i = 0; i + 1 < size; i += 2) {
		uint32_t cp = unit16(s + i, big);
		if (cp >= 0xd800 && cp < 0xdc00 && i + 3 < size) {
			uint32_t low = unit16(s + i + 2, big);
			if (low >= 0xdc00 && low < 0xe000) {
				cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
				i += 2;
			}
		}
		text_out_cp(&o, cp);
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

static int from_runs(const char *s, size_t size, struct layer_text *t_r)
{
	/* two bytes for a letter and one for the line of each run, in both readings */
	struct text_out o = { .max = 4 * size + 2 };
	text_runs_add(&o, s, size);
	return take(&o, t_r);
}

/* What libclamav takes apart: its bytes are not what people read, and all of its members come as layers. */
static bool is_container(const char *type)
{
	static const char *const kinds[] = { "ZIP", "OOXML", "GZ", "BZ", "XZ", "7Z", "RAR", "ARJ", "LHA_LZH", "ALZ", "EGG", "MSCAB", "MSSZDD", "MSCHM", "XAR", "TAR",
		                             "CPIO", "ISO9660", "UDF", "DMG", "APM", "GPT", "MBR", "MSOLE2", "PDF", "SFX", "ISHIELD", "zstd", "lz4", "lzip" };
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strstr(type, kinds[i]))
			return true;
	return false;
}

static int from_utf8(const char *type, const char *s, size_t size, struct layer_text *t_r)
{
	int r;
	if (from_structure(type, s, size, t_r, &r))
		return r;
	*t_r = (struct layer_text){ .data = s, .size = size };
	return 1;
}

int layer_text_plain(const char *type, const char *data, size_t size, struct layer_text *t_r)
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
	return 0;
}

int layer_text_get(const char *type, const char *data, size_t size, struct layer_text *t_r)
{
	int r = layer_text_plain(type, data, size, t_r);
	return r != 0 || size == 0 || is_container(type) ? r : from_runs(data, size, t_r);
}
