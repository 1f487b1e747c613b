#include "extract/text_word.h"

#include <stdint.h>
#include <string.h>

/* Offsets in the head of the document (2.5.1) */
enum { IDENT = 0xa5ec, FLAGS = 0x0a, ENCRYPTED = 0x100, WHICH_TABLE = 0x200, FC_CLX = 0x1a2, LCB_CLX = 0x1a6, HEAD = 0x1aa, PIECE = 8, EIGHT_BIT = 1 << 30 };

static unsigned le16(const uint8_t *p) { return p[0] | (unsigned)p[1] << 8; }
static uint32_t le32(const uint8_t *p) { return le16(p) | (uint32_t)le16(p + 2) << 16; }

int text_word_table(const char *data, size_t size)
{
	const uint8_t *head = (const uint8_t *)data;
	if (size < HEAD || le16(head) != IDENT)
		return -1;
	return le16(head + FLAGS) & WHICH_TABLE ? 1 : 0;
}

/* Letters of pieces with one byte each that are not as in Latin-1 (2.9.73). */
static const uint16_t low_letters[] = {
	0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0x8d, 0x17d, 0x8f,
	0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178,
};

/* What stands for more than a letter (2.4.1). */
static void add_letter(struct text_out *o, unsigned c)
{
	switch (c) {
	case 0x07: text_out_add(o, "\t", 1); return;           /* ends a cell */
	case 0x0b:
	case 0x0c:
	case 0x0d:
	case 0x0e:
	case 0x13:                                             /* a field, its instruction, … */
	case 0x14: text_out_add(o, "\n", 1); return;           /* … and what it shows */
	case 0x1e: text_out_add(o, "-", 1); return;            /* that does not break */
	case 0x09: text_out_add(o, "\t", 1); return;
	default:
		if (c >= 0x20)
			text_out_cp(o, c);
	}
}

static void add_piece(struct text_out *o, const uint8_t *s, size_t letters, bool eight_bit)
{
	unsigned high = 0;
	for (size_t i = 0; i < letters && !o->full; i++) {
		unsigned c = eight_bit ? s[i] : le16(s + 2 * i);
		if (eight_bit && c >= 0x80 && c < 0xa0) {
			text_out_cp(o, low_letters[c - 0x80]);
		} else if (c >= 0xd800 && c < 0xdc00) {
			high = c;
		} else if (c >= 0xdc00 && c < 0xe000) {
			text_out_cp(o, high ? 0x10000 + ((uint32_t)(high - 0xd800) << 10) + (c - 0xdc00) : 0xfffd);
			high = 0;
		} else {
			add_letter(o, c);
		}
	}
}

/* The piece table behind the property modifiers (2.9.38). */
static const uint8_t *find_pieces(const uint8_t *clx, size_t size, size_t *size_r)
{
	while (size >= 5 && clx[0] == 1) {
		size_t n = 3 + le16(clx + 1);
		if (n > size)
			return NULL;
		clx += n;
		size -= n;
	}
	if (size < 5 || clx[0] != 2 || le32(clx + 1) > size - 5)
		return NULL;
	*size_r = le32(clx + 1);
	return clx + 5;
}

/* False if a piece lies outside of the document. */
static bool add_pieces(struct text_out *o, const uint8_t *document, size_t size, const uint8_t *places, size_t n)
{
	const uint8_t *pieces = places + 4 * (n + 1);
	bool inside = true;
	for (size_t i = 0; i < n && !o->full; i++) {
		uint32_t begin = le32(places + 4 * i), end = le32(places + 4 * (i + 1)), place = le32(pieces + PIECE * i + 2);
		bool eight_bit = place & EIGHT_BIT;
		size_t from = place & (EIGHT_BIT - 1), width = eight_bit ? 1 : 2;
		if (eight_bit)
			from /= 2;
		if (end < begin || from > size) {
			inside = false;
			continue;
		}
		size_t letters = end - begin, there = (size - from) / width;
		inside &= letters <= there;
		add_piece(o, document + from, letters < there ? letters : there, eight_bit);
	}
	return inside;
}

enum cause text_word_add(struct text_out *o, const char *data, size_t size, const char *table, size_t table_size, bool *whole_r)
{
	const uint8_t *document = (const uint8_t *)data;
	*whole_r = false;
	if (text_word_table(data, size) < 0)
		return CAUSE_UNSCANNABLE;
	if (le16(document + FLAGS) & ENCRYPTED)
		return CAUSE_ENCRYPTED;
	size_t at = le32(document + FC_CLX), len = le32(document + LCB_CLX), pieces_size;
	if (len == 0)
		return CAUSE_NONE;
	const uint8_t *places = at <= table_size && len <= table_size - at ? find_pieces((const uint8_t *)table + at, len, &pieces_size) : NULL;
	if (!places || pieces_size < 4 + 4 + PIECE || !add_pieces(o, document, size, places, (pieces_size - 4) / (4 + PIECE)))
		return CAUSE_UNSCANNABLE;
	*whole_r = !o->full;
	return CAUSE_NONE;
}
