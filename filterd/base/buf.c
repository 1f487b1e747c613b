#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max };
}

void buf_view(struct buf *b, const void *data, size_t size)
{
	*b = (struct buf){ .data = (uint8_t *)data, .len = size, .cap = size, .max = size, .readonly = 1 };
}

void buf_free(struct buf *b)
{
	if (!b->readonly && b->data) {
		explicit_bzero(b->data, b->len);
		free(b->data);
	}
	buf_init(b, b->max);
}

void buf_reset(struct buf *b)
{
	b->off = b->len = 0;
}

int buf_reserve(struct buf *b, size_t size)
{
	if (b->readonly)
		return BUF_FULL;
	if (b->cap - b->len >= size)
		return BUF_OK;
	if (b->off > 0) { /* what was taken makes room first */
		memmove(b->data, b->data + b->off, b->len - b->off);
		b->len -= b->off;
		b->off = 0;
		if (b->cap - b->len >= size)
			return BUF_OK;
	}
	if (size > b->max || b->len > b->max - size)
		return BUF_FULL;
	size_t need = b->len + size;
	size_t cap = b->cap ? b->cap : 256;
	while (cap < need)
		cap *= 2;
	if (cap > b->max)
		cap = b->max;
	uint8_t *data = malloc(cap);
	if (!data)
		return BUF_FULL;
	if (b->data) {
		memcpy(data, b->data, b->len);
		explicit_bzero(b->data, b->len);
		free(b->data);
	}
	b->data = data;
	b->cap = cap;
	return BUF_OK;
}

int buf_put(struct buf *b, const void *data, size_t size)
{
	int r = buf_reserve(b, size);
	if (r < 0)
		return r;
	if (size)
		memcpy(b->data + b->len, data, size);
	b->len += size;
	return BUF_OK;
}

static void store_be(uint8_t *p, uint64_t v, int bytes)
{
	while (bytes-- > 0) {
		p[bytes] = (uint8_t)v;
		v >>= 8;
	}
}

static int put_be(struct buf *b, uint64_t v, int bytes)
{
	uint8_t tmp[8];
	store_be(tmp, v, bytes);
	return buf_put(b, tmp, (size_t)bytes);
}

int buf_put_u8(struct buf *b, uint8_t v) { return put_be(b, v, 1); }
int buf_put_u16(struct buf *b, uint16_t v) { return put_be(b, v, 2); }
int buf_put_u32(struct buf *b, uint32_t v) { return put_be(b, v, 4); }
int buf_put_u64(struct buf *b, uint64_t v) { return put_be(b, v, 8); }

int buf_put_str16(struct buf *b, const char *s, size_t size)
{
	if (size > UINT16_MAX)
		return BUF_FULL;
	int r = buf_reserve(b, size + 2);
	if (r < 0)
		return r;
	store_be(b->data + b->len, size, 2);
	if (size)
		memcpy(b->data + b->len + 2, s, size);
	b->len += size + 2;
	return BUF_OK;
}

void buf_set_u32(struct buf *b, size_t at, uint32_t v)
{
	store_be(b->data + at, v, 4);
}

static int get_be(struct buf *b, int bytes, uint64_t *v_r)
{
	if (buf_left(b) < (size_t)bytes)
		return BUF_SHORT;
	uint64_t v = 0;
	for (int i = 0; i < bytes; i++)
		v = v << 8 | b->data[b->off + (size_t)i];
	b->off += (size_t)bytes;
	*v_r = v;
	return BUF_OK;
}

int buf_get_u8(struct buf *b, uint8_t *v_r)
{
	uint64_t v;
	if (get_be(b, 1, &v) < 0)
		return BUF_SHORT;
	*v_r = (uint8_t)v;
	return BUF_OK;
}

int buf_get_u16(struct buf *b, uint16_t *v_r)
{
	uint64_t v;
	if (get_be(b, 2, &v) < 0)
		return BUF_SHORT;
	*v_r = (uint16_t)v;
	return BUF_OK;
}

int buf_get_u32(struct buf *b, uint32_t *v_r)
{
	uint64_t v;
	if (get_be(b, 4, &v) < 0)
		return BUF_SHORT;
	*v_r = (uint32_t)v;
	return BUF_OK;
}

int buf_get_u64(struct buf *b, uint64_t *v_r)
{
	return get_be(b, 8, v_r);
}

int buf_get(struct buf *b, size_t size, const uint8_t **data_r)
{
	if (buf_left(b) < size)
		return BUF_SHORT;
	*data_r = buf_ptr(b);
	b->off += size;
	return BUF_OK;
}

int buf_get_str16(struct buf *b, const char **s_r, size_t *size_r)
{
	size_t mark = b->off;
	uint16_t size;
	const uint8_t *s;
	if (buf_get_u16(b, &size) < 0 || buf_get(b, size, &s) < 0 || memchr(s, 0, size)) {
		b->off = mark;
		return BUF_SHORT;
	}
	*s_r = (const char *)s;
	*size_r = size;
	return BUF_OK;
}

int buf_get_cstr16(struct buf *b, char *dst, size_t dst_size)
{
	size_t mark = b->off, size;
	const char *s;
	int r = buf_get_str16(b, &s, &size);
	if (r < 0)
		return r;
	if (size >= dst_size) {
		b->off = mark;
		return BUF_FULL;
	}
	memcpy(dst, s, size);
	dst[size] = '\0';
	return BUF_OK;
}

void buf_skip(struct buf *b, size_t size)
{
	b->off += size <= buf_left(b) ? size : buf_left(b);
	if (b->off == b->len && !b->readonly)
		b->off = b->len = 0;
}
