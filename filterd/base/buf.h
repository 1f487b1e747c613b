/* A capped byte buffer: all bytes from and to other processes pass through it.
 *
 * Reading takes from the front, writing adds at the end.  A buffer never grows
 * beyond its cap, whatever a peer asks for.  Every get fails, leaving its output
 * and the buffer untouched, when the bytes are not there; so a parser is a
 * chain of gets and one check.  Content is zeroed when freed (it may be people's
 * messages).  Integers are big endian, as in the PROTOCOL files.
 */
#ifndef FILTERD_BASE_BUF_H
#define FILTERD_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

struct buf {
	uint8_t *data;   /* owned, unless readonly */
	size_t off;      /* first byte not yet taken */
	size_t len;      /* end of the content; off <= len <= cap */
	size_t cap;      /* bytes allocated */
	size_t max;      /* never more than this */
	int readonly;    /* data belongs to the caller */
};

enum { BUF_OK = 0, BUF_SHORT = -1, BUF_FULL = -2 };

/* An empty buffer that may hold up to max bytes. */
void buf_init(struct buf *b, size_t max);
/* A read-only view of size bytes at data, which must outlive it. */
void buf_view(struct buf *b, const void *data, size_t size);
/* Zeroes and frees the content; the buffer can be used again. */
void buf_free(struct buf *b);
/* Empties it, keeping the memory. */
void buf_reset(struct buf *b);

static inline const uint8_t *buf_ptr(const struct buf *b) { return b->data ? b->data + b->off : (const uint8_t *)""; }
static inline size_t buf_left(const struct buf *b) { return b->len - b->off; }

/* Makes room for size more bytes at buf_end(); BUF_FULL beyond max. */
int buf_reserve(struct buf *b, size_t size) __attribute__((warn_unused_result));
static inline uint8_t *buf_end(struct buf *b) { return b->data + b->len; }

int buf_put(struct buf *b, const void *data, size_t size) __attribute__((warn_unused_result));
int buf_put_u8(struct buf *b, uint8_t v) __attribute__((warn_unused_result));
int buf_put_u16(struct buf *b, uint16_t v) __attribute__((warn_unused_result));
int buf_put_u32(struct buf *b, uint32_t v) __attribute__((warn_unused_result));
int buf_put_u64(struct buf *b, uint64_t v) __attribute__((warn_unused_result));
/* u16 length and the bytes; BUF_FULL above 65,535. */
int buf_put_str16(struct buf *b, const char *s, size_t size) __attribute__((warn_unused_result));
/* Overwrites 4 bytes at offset at (from the start of the content, not of what is left). */
void buf_set_u32(struct buf *b, size_t at, uint32_t v);

int buf_get_u8(struct buf *b, uint8_t *v_r) __attribute__((warn_unused_result));
int buf_get_u16(struct buf *b, uint16_t *v_r) __attribute__((warn_unused_result));
int buf_get_u32(struct buf *b, uint32_t *v_r) __attribute__((warn_unused_result));
int buf_get_u64(struct buf *b, uint64_t *v_r) __attribute__((warn_unused_result));
/* Points into the buffer; valid until it is written to or freed. */
int buf_get(struct buf *b, size_t size, const uint8_t **data_r) __attribute__((warn_unused_result));
/* Points into the buffer, not NUL-terminated.  Refuses (BUF_SHORT) bytes with a NUL. */
int buf_get_str16(struct buf *b, const char **s_r, size_t *size_r) __attribute__((warn_unused_result));
/* Copies a str16 into dst with a NUL; BUF_FULL if it does not fit dst_size. */
int buf_get_cstr16(struct buf *b, char *dst, size_t dst_size) __attribute__((warn_unused_result));
/* Takes size bytes (at most buf_left). */
void buf_skip(struct buf *b, size_t size);

#endif
