/* A table as text.  What a column is called stands at the head of it, far from the row a rule looks at: so each cell is
 * said with its column's name, "name: value", cells of a row parted by tabs. */
#ifndef FILTERD_EXTRACT_TABLE_H
#define FILTERD_EXTRACT_TABLE_H

#include "extract/text_out.h"

enum {
	TABLE_COLUMNS_MAX = 512,
	TABLE_NAME_MAX = 40,
	TABLE_ROOM = 16 << 20 /* bytes that the names of columns may take, beside the cells */
};

struct table {
	struct text_out *out;     /* where rows go; set by the owner, the rest starts as 0 */
	struct text_out row;      /* cells of the present row, one behind the other */
	struct table_cell {
		size_t start, end;    /* in row */
	} cells[TABLE_COLUMNS_MAX];
	size_t ncells;
	char names[TABLE_COLUMNS_MAX][TABLE_NAME_MAX + 1];
	size_t nnames;
	unsigned rows;            /* that had anything in them, until it is decided … */
	bool decided;             /* … whether the columns have names */
};

/* Adds to the text of a cell (UTF-8) of the present row.  Columns beyond the maximum are one cell. */
void table_add(struct table *t, size_t column, const char *s, size_t size);
/* Bytes that this column has in the present row. */
size_t table_size(const struct table *t, size_t column);
/* Ends the row.  The names are those of the first row with more than one cell, if all that is in it reads like names;
 * of a table of one column, its first cell. */
void table_end_row(struct table *t);
/* Zeroes and frees what it holds; out is the owner's. */
void table_free(struct table *t);

/* True if a cell reads like the name of a column: some letters, not long, hardly a digit. */
bool table_is_name(const char *s, size_t size);

#endif
