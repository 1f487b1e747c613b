#include "extract/table.h"

#include <ctype.h>
#include <string.h>

enum {
	NAMED_MAX = 8 << 20,  /* bytes of text from which on cells go without names: they would make several times as much of it */
	HEADINGS_MAX = 5,
	NUMBER_PART_MAX = 12  /* digits of a cell that may be a part of a longer number */
};

bool table_is_name(const char *s, size_t size)
{
	size_t letters = 0, digits = 0, blanks = 0;
	for (size_t i = 0; i < size; i++) {
		letters += isalpha((unsigned char)s[i]) || (unsigned char)s[i] >= 0x80;
		digits += isdigit((unsigned char)s[i]);
		blanks += s[i] == ' ';
		if (strchr("\n\t@=<>{}[]\\", s[i]))
			return false;
	}
	return size <= TABLE_NAME_MAX && letters >= 1 && digits * 3 <= letters && blanks < 5 && !strchr(".!?;,", s[size - 1]);
}

void table_add(struct table *t, size_t column, const char *s, size_t size)
{
	if (column >= TABLE_COLUMNS_MAX)
		column = TABLE_COLUMNS_MAX - 1;
	if (t->row.max == 0)
		t->row.max = t->out->max;
	if (column + 1 < t->ncells) { /* out of order: a cell of its own all the same, in the last one */
		text_out_add(&t->row, "\t", 1);
		column = t->ncells - 1;
	}
	while (t->ncells <= column)
		t->cells[t->ncells++] = (struct table_cell){ t->row.len, t->row.len };
	text_out_add(&t->row, s, size);
	t->cells[column].end = t->row.len;
}

size_t table_size(const struct table *t, size_t column)
{
	return column < t->ncells ? t->cells[column].end - t->cells[column].start : 0;
}

static const char *text_of(const struct table *t, size_t column)
{
	return t->row.data + t->cells[column].start;
}

static void take_names(struct table *t)
{
	t->nnames = 0;
	for (size_t i = 0; i < t->ncells; i++)
		if (table_size(t, i) > 0 && !table_is_name(text_of(t, i), table_size(t, i)))
			return;
	for (size_t i = 0; i < t->ncells; i++) {
		if (table_size(t, i) > 0)
			memcpy(t->names[i], text_of(t, i), table_size(t, i));
		t->names[i][table_size(t, i)] = '\0';
	}
	t->nnames = t->ncells;
}

/* A part of a number that goes on in the next cell, maybe: then no name may stand between, nor more than a space. */
static bool is_number_part(const struct table *t, size_t column)
{
	size_t n = table_size(t, column), digits = 0;
	for (size_t i = 0; i < n; i++) {
		if (!isdigit((unsigned char)text_of(t, column)[i]) && text_of(t, column)[i] != ' ')
			return false;
		digits += text_of(t, column)[i] != ' ';
	}
	return digits > 0 && digits <= NUMBER_PART_MAX;
}

static void add_names(struct table *t, size_t first, size_t end)
{
	bool any = false;
	for (size_t i = first; i < end && i < t->nnames; i++) {
		if (!t->names[i][0])
			continue;
		if (any)
			text_out_add(t->out, " ", 1);
		text_out_add(t->out, t->names[i], strlen(t->names[i]));
		any = true;
	}
	if (any)
		text_out_add(t->out, ": ", 2);
}

static void add_cells(struct table *t, size_t first, size_t end, bool named)
{
	if (named)
		add_names(t, first, end);
	for (size_t i = first; i < end; i++) {
		text_out_add(t->out, text_of(t, i), table_size(t, i));
		text_out_add(t->out, i + 1 < end ? " " : "\t", 1);
	}
}

static void add_row(struct table *t, bool named)
{
	for (size_t i = 0; i < t->ncells;) {
		size_t end = i + 1;
		if (is_number_part(t, i))
			while (end < t->ncells && is_number_part(t, end))
				end++;
		if (table_size(t, i) > 0)
			add_cells(t, i, end, named);
		i = end;
	}
	text_out_add(t->out, "\n", 1);
}

void table_end_row(struct table *t)
{
	size_t filled = 0;
	for (size_t i = 0; i < t->ncells; i++)
		filled += table_size(t, i) > 0;
	if (filled > 0) {
		bool heads = !t->decided && (filled > 1 || t->rows == 0);
		if (heads)
			take_names(t);
		/* one cell is a heading over the table, or the name of its one column */
		t->decided |= filled > 1 || ++t->rows == HEADINGS_MAX;
		add_row(t, !heads && t->out->len < NAMED_MAX);
	}
	t->out->full |= t->row.full;
	if (t->row.data)
		explicit_bzero(t->row.data, t->row.len);
	t->row.len = 0;
	t->ncells = 0;
}

void table_free(struct table *t)
{
	text_out_free(&t->row);
	explicit_bzero(t->names, sizeof t->names);
}
