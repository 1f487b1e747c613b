/* The decoders behind decode.h.  Each reads one piece at s[at] and writes what it stands for to dst, which is as long as what is left of s.
 * Returns how many bytes it has read, 0: it is nothing for it; then dst and *n may have been written to. */
#ifndef FILTERD_DETECT_DECODERS_H
#define FILTERD_DETECT_DECODERS_H

#include <stddef.h>
#include <stdint.h>

/* What a byte can be part of. */
enum { LETTER = 1, DIGIT = 2, BASE64 = 4, HEX = 8, MARK = 16, ALIKE = 32, FOREIGN = 64 };
extern const uint8_t decode_kind[256];

static inline int is(char c, unsigned kinds)
{
	return decode_kind[(unsigned char)c] & kinds;
}

static inline int is_letter(char c)
{
	return is(c, LETTER);
}

static inline int is_digit(char c)
{
	return is(c, DIGIT);
}

static inline int is_control(char c)
{
	return ((unsigned char)c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
}

/* The value of a hexadecimal digit, of two of them; -1: it is none. */
static inline int hex(char c)
{
	return !is(c, HEX) ? -1 : c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

static inline int hex_pair(const char *s, size_t size, size_t at)
{
	return at + 2 <= size && is(s[at], HEX) && is(s[at + 1], HEX) ? hex(s[at]) << 4 | hex(s[at + 1]) : -1;
}

typedef size_t (*decoder)(const char *s, size_t size, size_t at, char *dst, size_t *n);

/* Begun by a mark (decode_mark.c). */
size_t decode_entity(const char *s, size_t size, size_t at, char *dst, size_t *n);
size_t decode_percent(const char *s, size_t size, size_t at, char *dst, size_t *n);
size_t decode_quoted(const char *s, size_t size, size_t at, char *dst, size_t *n);
size_t decode_backslash(const char *s, size_t size, size_t at, char *dst, size_t *n);
size_t decode_u_plus(const char *s, size_t size, size_t at, char *dst, size_t *n);

/* Rows of bytes (decode_row.c). */
enum { HEX_BYTES_MIN = 8, BASE64_MIN = 16 };
size_t decode_hex(const char *s, size_t size, size_t at, char *dst, size_t *n);
size_t decode_codes(const char *s, size_t size, size_t at, char *dst, size_t *n);
size_t decode_base32(const char *s, size_t size, size_t at, char *dst, size_t *n);
size_t decode_base64(const char *s, size_t size, size_t at, char *dst, size_t *n);
/* A row in digits alone that does not stand for a number, told at its first pair. */
int decode_is_chance(const char *s, size_t size, size_t at);

/* Letters that look like others (lookalike.c). */
size_t decode_mixed_word(const char *s, size_t size, size_t at, char *dst, size_t *n);

#endif
