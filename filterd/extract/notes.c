#include "extract/notes.h"

#include <stdint.h>
#include <string.h>

enum { TAR_BLOCK = 512 };

static size_t le16(const char *p) { return (size_t)(uint8_t)p[0] | (size_t)(uint8_t)p[1] << 8; }

static void add_line(struct text_out *o, const char *s, size_t size)
{
	if (size == 0)
		return;
	text_out_decoded(o, NULL, s, size);
	text_out_break(o);
}

/* APPNOTE 4.3.12, 4.3.16: comments of members, and of the whole. */
static void add_zip(struct text_out *o, const char *data, size_t size)
{
	const char *end = data + size;
	for (const char *p = data; (p = memmem(p, (size_t)(end - p), "PK", 2)) && !o->full; p += 2) {
		size_t left = (size_t)(end - p);
		if (left >= 46 && memcmp(p, "PK\1\2", 4) == 0) {
			size_t before = 46 + le16(p + 28) + le16(p + 30), comment = le16(p + 32);
			if (before <= left && comment <= left - before)
				add_line(o, p + before, comment);
		} else if (left >= 22 && memcmp(p, "PK\5\6", 4) == 0) {
			size_t comment = le16(p + 20);
			add_line(o, p + 22, comment <= left - 22 ? comment : left - 22);
		}
	}
}

/* RFC 1952, 2.3: behind extra data the name and a comment, each ended by a zero. */
static void add_gzip(struct text_out *o, const char *data, size_t size)
{
	enum { EXTRA = 4, NAME = 8, COMMENT = 16 };
	size_t at = 10;
	if (data[3] & EXTRA && size >= at + 2)
		at += 2 + le16(data + at);
	for (unsigned bit = NAME; bit <= COMMENT; bit *= 2) {
		if (!(data[3] & bit) || at >= size)
			continue;
		size_t n = strnlen(data + at, size - at);
		add_line(o, data + at, n);
		at += n + 1;
	}
}

static size_t octal(const char *s, size_t size)
{
	size_t n = 0;
	while (size > 0 && *s == ' ')
		s++, size--;
	for (; size > 0 && *s >= '0' && *s <= '7'; s++, size--)
		n = n * 8 + (size_t)(*s - '0');
	return n;
}

/* ustar: the targets of links; extended headers (pax "x" and "g", GNU "L" and "K") say long names and whatever else. */
static void add_tar(struct text_out *o, const char *data, size_t size)
{
	for (size_t at = 0; size - at >= TAR_BLOCK && data[at] && !o->full;) {
		const char *head = data + at;
		size_t content = octal(head + 124, 12);
		at += TAR_BLOCK;
		add_line(o, head + 157, strnlen(head + 157, 100));
		if (content > size - at)
			return;
		if (head[156] && strchr("xgLK", head[156]))
			add_line(o, head + TAR_BLOCK, strnlen(head + TAR_BLOCK, content));
		content += (TAR_BLOCK - content % TAR_BLOCK) % TAR_BLOCK;
		at += content < size - at ? content : size - at;
	}
}

void notes_add(struct text_out *o, const char *data, size_t size)
{
	if (size >= 22 && memcmp(data, "PK", 2) == 0)
		add_zip(o, data, size);
	else if (size >= 18 && memcmp(data, "\x1f\x8b", 2) == 0)
		add_gzip(o, data, size);
	else if (size >= TAR_BLOCK && memcmp(data + 257, "ustar", 5) == 0)
		add_tar(o, data, size);
}
