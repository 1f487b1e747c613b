#include "extract/text_out.h"

#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ROOM_FIRST = 4096, CHARSET_MAX = 40 };

static bool grow(struct text_out *o, size_t size)
{
	size_t room = o->room ? o->room : ROOM_FIRST;
	if (o->full || size > o->max - o->len) {
		o->full = true;
		return false;
	}
	if (o->len + size <= o->room)
		return true;
	while (room < o->len + size)
		room *= 2;
	/* not realloc(): what people wrote is not left lying about */
	char *bigger = malloc(room);
	if (!bigger) {
		o->full = true;
		return false;
	}
	if (o->len > 0)
		memcpy(bigger, o->data, o->len);
	if (o->data)
		explicit_bzero(o->data, o->len);
	free(o->data);
	o->data = bigger;
	o->room = room;
	return true;
}

void text_out_add(struct text_out *o, const char *s, size_t size)
{
	if (size == 0 || !grow(o, size))
		return;
	memcpy(o->data + o->len, s, size);
	o->len += size;
}

void text_out_cp(struct text_out *o, uint32_t cp)
{
	char tmp[4];
	if (cp == 0 || cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000))
		cp = 0xfffd;
	text_out_add(o, tmp, (size_t)text_encode(cp, tmp));
}

void text_out_break(struct text_out *o)
{
	if (o->len > 0 && o->data[o->len - 1] != '\n')
		text_out_add(o, "\n", 1);
}

static void add_latin1(struct text_out *o, const char *s, size_t size)
{
	for (size_t i = 0; i < size && !o->full; i++)
		text_out_cp(o, (unsigned char)s[i]);
}

static void add_by_iconv(struct text_out *o, iconv_t cd, const char *s, size_t size)
{
	char *in = (char *)s, tmp[1024];
	while (size > 0 && !o->full) {
		char *out = tmp;
		size_t left = sizeof tmp;
		size_t r = iconv(cd, &in, &size, &out, &left);
		text_out_add(o, tmp, (size_t)(out - tmp));
		if (r == (size_t)-1 && errno != E2BIG) { /* a byte that means nothing there, or half a letter at the end */
			text_out_cp(o, 0xfffd);
			in++;
			size--;
			iconv(cd, NULL, NULL, NULL, NULL);
		}
	}
}

/* Only names of charsets: iconv takes paths and //options too. */
static bool is_charset(const char *name)
{
	size_t n = strlen(name);
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("-_.:", name[i]))
			return false;
	return n > 0 && n <= CHARSET_MAX;
}

void text_out_decoded(struct text_out *o, const char *charset, const char *s, size_t size)
{
	if (!charset || strcasecmp(charset, "utf-8") == 0 || strcasecmp(charset, "us-ascii") == 0) {
		if (text_is_utf8(s, size))
			text_out_add(o, s, size);
		else
			add_latin1(o, s, size);
		return;
	}
	iconv_t cd = is_charset(charset) ? iconv_open("UTF-8", charset) : (iconv_t)-1;
	if (cd == (iconv_t)-1) {
		add_latin1(o, s, size);
		return;
	}
	add_by_iconv(o, cd, s, size);
	iconv_close(cd);
}

void text_out_free(struct text_out *o)
{
	if (o->data)
		explicit_bzero(o->data, o->len);
	free(o->data);
	*o = (struct text_out){ .max = o->max };
}
