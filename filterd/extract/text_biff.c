#include "extract/text_biff.h"

#include "extract/shared_strings.h"
#include "extract/table.h"
#include "extract/text_runs.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UNIT_HIGH = 0xd800, UNIT_LOW = 0xdc00, UNIT_END = 0xe000 };

/* MS-XLS, 2.3.2 */
enum { FORMULA = 0x06, END = 0x0a, FILEPASS = 0x2f, CONTINUE = 0x3c, CODEPAGE = 0x42, BOUNDSHEET = 0x85, MULRK = 0xbd, RSTRING = 0xd6, SST = 0xfc, LABELSST = 0xfd, NUMBER = 0x203,
       LABEL = 0x204, STRING = 0x207, RK = 0x27e, BOF = 0x809, BIFF8 = 0x600 };

struct book {
	const uint8_t *data;
	size_t size, at;           /* of the next record */
	const uint8_t *record, *end;
	unsigned type;
	bool wide;                 /* BIFF8: strings say whether they are of one or two bytes a letter */
	char charset[16];          /* of the others */
	struct text_out *out, rest;
	struct shared_strings strings;
	bool broken;               /* the shared strings can't be read to their end */
	struct table table;
	unsigned row;
	size_t column;             /* of a formula whose result follows */
};

static unsigned le16(const uint8_t *p) { return p[0] | (unsigned)p[1] << 8; }
static uint32_t le32(const uint8_t *p) { return le16(p) | (uint32_t)le16(p + 2) << 16; }

static bool next_record(struct book *b)
{
	if (b->size - b->at < 4)
		return false;
	size_t len = le16(b->data + b->at + 2);
	if (len > b->size - b->at - 4)
		return false;
	b->type = le16(b->data + b->at);
	b->record = b->data + b->at + 4;
	b->end = b->record + len;
	b->at += 4 + len;
	return true;
}

/* What is too long for one record goes on in the next (2.1.4). */
static bool goes_on(struct book *b)
{
	return b->size - b->at >= 4 && le16(b->data + b->at) == CONTINUE && next_record(b);
}

static bool skip(struct book *b, size_t size)
{
	while (size > (size_t)(b->end - b->record)) {
		size -= (size_t)(b->end - b->record);
		if (!goes_on(b))
			return false;
	}
	b->record += size;
	return true;
}

static void add_unit(struct text_out *o, unsigned unit, unsigned *high)
{
	if (unit >= UNIT_HIGH && unit < UNIT_LOW) {
		*high = unit;
		return;
	}
	uint32_t cp = unit;
	if (unit >= UNIT_LOW && unit < UNIT_END && *high)
		cp = 0x10000 + ((uint32_t)(*high - UNIT_HIGH) << 10) + (unit - UNIT_LOW);
	*high = 0;
	text_out_cp(o, cp);
}

/* Letters of a string; where it goes on in another record, that says anew how wide they are (2.5.293). */
static bool add_letters(struct book *b, struct text_out *o, size_t n, bool two)
{
	unsigned high = 0;
	while (n > 0) {
		if ((size_t)(b->end - b->record) < (two ? 2 : 1)) {
			if (!goes_on(b) || b->record == b->end)
				return false;
			two = *b->record++ & 1;
			continue;
		}
		add_unit(o, two ? le16(b->record) : *b->record, &high);
		b->record += two ? 2 : 1;
		n--;
	}
	return true;
}

/* A string whose length takes two bytes (2.5.294, 2.5.296), or of BIFF5. */
static bool add_string(struct book *b, struct text_out *o)
{
	if (b->end - b->record < 3)
		return false;
	size_t n = le16(b->record);
	b->record += 2;
	if (!b->wide) {
		n = n < (size_t)(b->end - b->record) ? n : (size_t)(b->end - b->record);
		text_out_decoded(o, b->charset, (const char *)b->record, n);
		b->record += n;
		return true;
	}
	unsigned flags = *b->record++, runs = 0;
	uint32_t extra = 0;
	if (flags & 8) {
		if (b->end - b->record < 2)
			return false;
		runs = le16(b->record);
		b->record += 2;
	}
	if (flags & 4) {
		if (b->end - b->record < 4)
			return false;
		extra = le32(b->record);
		b->record += 4;
	}
	return add_letters(b, o, n, flags & 1) && skip(b, runs * 4) && skip(b, extra);
}

/* As many strings as it says there are, or as there are.  What is left of the record nobody should see; if somebody does, it is text. */
static void read_shared(struct book *b)
{
	if (b->end - b->record < 8)
		return;
	uint32_t n = le32(b->record + 4);
	b->record += 8;
	while (n-- > 0 && (b->record < b->end || goes_on(b)) && !b->broken) {
		b->broken = !shared_strings_begin(&b->strings);
		if (b->broken)
			break;
		b->broken = !add_string(b, &b->strings.text);
		shared_strings_end(&b->strings);
	}
	text_runs_add(&b->rest, (const char *)b->record, (size_t)(b->end - b->record));
}

static void begin_cell(struct book *b, unsigned row, size_t column)
{
	if (row != b->row)
		table_end_row(&b->table);
	b->row = row;
	b->column = column;
}

static void add_number(struct book *b, double n)
{
	char text[40];
	int len = snprintf(text, sizeof text, fabs(n) < 1e17 && n == floor(n) ? "%.0f" : "%.15g", n);
	table_add(&b->table, b->column, text, (size_t)len);
}

static double le_double(const uint8_t *p)
{
	uint64_t bits = le32(p) | (uint64_t)le32(p + 4) << 32;
	double n;
	memcpy(&n, &bits, sizeof n);
	return n;
}

/* 2.5.217: a number in 30 bits. */
static double rk(const uint8_t *p)
{
	uint32_t v = le32(p);
	uint64_t bits = (uint64_t)(v & ~(uint32_t)3) << 32;
	double n;
	memcpy(&n, &bits, sizeof n);
	if (v & 2)
		n = (int32_t)v >> 2;
	return v & 1 ? n / 100 : n;
}

static void add_text_cell(struct book *b)
{
	struct text_out s = { .max = b->out->max };
	add_string(b, &s);
	if (s.len > 0)
		table_add(&b->table, b->column, s.data, s.len);
	b->out->full |= s.full;
	text_out_free(&s);
}

static void add_shared(struct book *b, uint32_t n)
{
	size_t size;
	const char *string = shared_strings_at(&b->strings, n, &size);
	if (size > 0)
		table_add(&b->table, b->column, string, size);
}

/* A record with row and column in front; the rest of it is at b->record. */
static void read_cell(struct book *b)
{
	unsigned row = le16(b->record);
	size_t column = le16(b->record + 2), left;
	b->record += b->type == MULRK ? 4 : 6;
	left = (size_t)(b->end - b->record);
	begin_cell(b, row, column);
	if (b->type == LABELSST && left >= 4)
		add_shared(b, le32(b->record));
	else if (b->type == RK && left >= 4)
		add_number(b, rk(b->record));
	else if (b->type == NUMBER && left >= 8)
		add_number(b, le_double(b->record));
	else if (b->type == FORMULA && left >= 8 && le16(b->record + 6) != 0xffff) /* else a string follows, or it is true or an error */
		add_number(b, le_double(b->record));
	else if (b->type == LABEL || b->type == RSTRING)
		add_text_cell(b);
	for (; b->type == MULRK && left >= 8; left -= 6, b->record += 6, b->column++)
		add_number(b, rk(b->record + 2));
}

static void read_name(struct book *b)
{
	if (b->end - b->record < 8)
		return;
	size_t n = b->record[6];
	bool two = b->wide && b->record[7] & 1;
	b->record += b->wide ? 8 : 7;
	text_out_break(b->out);
	n = n < (size_t)(b->end - b->record) ? n : (size_t)(b->end - b->record);
	add_letters(b, b->out, n, two);
	text_out_break(b->out);
}

static void read_record(struct book *b)
{
	size_t left = (size_t)(b->end - b->record);
	switch (b->type) {
	case BOF:
		table_end_row(&b->table);
		b->table = (struct table){ .out = b->out, .row = b->table.row };
		if (left >= 2)
			b->wide = le16(b->record) >= BIFF8;
		break;
	case CODEPAGE:
		if (left >= 2)
			snprintf(b->charset, sizeof b->charset, "CP%u", le16(b->record));
		break;
	case SST: read_shared(b); break;
	case BOUNDSHEET: read_name(b); break;
	case STRING: add_text_cell(b); break;
	case LABELSST:
	case RK:
	case NUMBER:
	case FORMULA:
	case LABEL:
	case RSTRING:
	case MULRK:
		if (left >= 6)
			read_cell(b);
		break;
	default: text_runs_add(&b->rest, (const char *)b->record, left);
	}
}

enum cause text_biff_add(struct text_out *o, const char *data, size_t size)
{
	struct book *b = calloc(1, sizeof *b);
	if (!b) {
		o->full = true;
		return CAUSE_NONE;
	}
	b->data = (const uint8_t *)data;
	b->size = size;
	b->out = b->table.out = o;
	b->rest.max = b->strings.text.max = o->max;
	strcpy(b->charset, "CP1252");
	while (!o->full && next_record(b) && b->type != FILEPASS)
		read_record(b);
	table_end_row(&b->table);
	text_out_break(o);
	if (b->rest.len > 0)
		text_out_add(o, b->rest.data, b->rest.len);
	o->full |= b->rest.full || b->strings.text.full;
	/* behind the end there may be anything */
	bool read = o->full || (!b->broken && (b->size - b->at < 4 || b->type == END));
	enum cause cause = b->type == FILEPASS ? CAUSE_ENCRYPTED : read ? CAUSE_NONE : CAUSE_UNSCANNABLE;
	table_free(&b->table);
	text_out_free(&b->rest);
	shared_strings_free(&b->strings);
	free(b);
	return cause;
}
