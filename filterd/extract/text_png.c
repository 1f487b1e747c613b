#include "extract/text_png.h"

#include "base/clock.h"
#include "extract/text_out.h"
#include "extract/text_runs.h"

#include <string.h>
#include <zlib.h>

enum { HEAD = 8, CHUNK_HEAD = 8, CHUNK_TAIL = 4, STEP = 1 << 14 };

bool text_png_is(const char *data, size_t size)
{
	return size > HEAD && memcmp(data, "\x89PNG\r\n\x1a\n", HEAD) == 0;
}

static size_t be32(const char *p)
{
	return (size_t)(uint8_t)p[0] << 24 | (size_t)(uint8_t)p[1] << 16 | (size_t)(uint8_t)p[2] << 8 | (uint8_t)p[3];
}

/* Inflates into bytes, until it is full or the time is over. */
static enum cause inflate_all(struct document *d, struct text_out *bytes, const char *s, size_t size)
{
	z_stream z = { .next_in = (Bytef *)s, .avail_in = (uInt)size };
	unsigned char step[STEP];
	int r = Z_OK;
	d->why = "damaged text of a picture";
	if (inflateInit(&z) != Z_OK)
		return CAUSE_LIMIT;
	while (r == Z_OK && !bytes->full && clock_ms() <= d->deadline_ms) {
		z.next_out = step;
		z.avail_out = sizeof step;
		r = inflate(&z, Z_NO_FLUSH);
		text_out_add(bytes, (const char *)step, sizeof step - z.avail_out);
	}
	inflateEnd(&z);
	if (bytes->full)
		d->why = "more text than may be read";
	return bytes->full ? CAUSE_LIMIT : r == Z_STREAM_END ? CAUSE_NONE : clock_ms() > d->deadline_ms ? CAUSE_TIMEOUT : CAUSE_UNSCANNABLE;
}

/* The text of a chunk if it is compressed; else the runs of the whole file have it. */
static enum cause add_chunk(struct document *d, struct text_out *o, const char *chunk, size_t size)
{
	const char *s = chunk + CHUNK_HEAD, *zero = memchr(s, 0, size);
	bool international = memcmp(chunk + 4, "iTXt", 4) == 0;
	if (!zero || (!international && memcmp(chunk + 4, "zTXt", 4) != 0))
		return CAUSE_NONE;
	size_t at = (size_t)(zero - s) + 1;
	if (size - at < 2 || (international && s[at] == 0))
		return CAUSE_NONE;
	at += international ? 2 : 1;
	for (int skip = international ? 2 : 0; skip > 0; skip--) { /* language, and the keyword in it */
		zero = memchr(s + at, 0, size - at);
		if (!zero)
			return CAUSE_NONE;
		at = (size_t)(zero - s) + 1;
	}
	struct text_out bytes = { .max = d->text_max };
	enum cause cause = inflate_all(d, &bytes, s + at, size - at);
	if (bytes.len > 0)
		text_out_decoded(o, NULL, bytes.data, bytes.len);
	text_out_break(o);
	text_out_free(&bytes);
	return cause;
}

enum cause text_png_read(struct document *d)
{
	struct text_out o = { .max = d->text_max };
	enum cause cause = CAUSE_NONE;
	for (size_t at = HEAD; cause == CAUSE_NONE && d->size - at >= CHUNK_HEAD + CHUNK_TAIL;) {
		size_t size = be32(d->data + at);
		if (size > d->size - at - CHUNK_HEAD - CHUNK_TAIL)
			break; /* cut, as pictures are: viewers show what there is */
		cause = add_chunk(d, &o, d->data + at, size);
		at += CHUNK_HEAD + size + CHUNK_TAIL;
	}
	text_runs_add(&o, d->data, d->size);
	if (o.full && cause == CAUSE_NONE) {
		d->why = "more text than may be read";
		cause = CAUSE_LIMIT;
	}
	if (o.len > 0)
		d->give(d->ctx, "", ROLE_FILE, o.data, o.len);
	text_out_free(&o);
	return cause;
}
