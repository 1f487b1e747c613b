#include "extract/text_csv.h"

#include "extract/table.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_LOOKED_AT = 5, ROW_MAX = 1 << 16 };

/* One value and where the next begins. */
struct value {
	const char *data;
	size_t size;
	bool quoted, last; /* of its row */
};

/* Reads the value at s (RFC 4180, 2); returns its length with what ends it. */
static size_t next_value(const char *s, size_t size, char separator, struct value *v)
{
	size_t i = 0, begin = 0, end = 0;
	v->quoted = size > 0 && s[0] == '"';
	if (v->quoted) {
		for (begin = i = 1; i < size; i++) {
			if (s[i] != '"')
				continue;
			if (i + 1 == size || s[i + 1] != '"')
				break;
			i++;
		}
		end = i;
		i += i < size;
	}
	size_t rest = i;
	while (i < size && s[i] != separator && s[i] != '\n')
		i++;
	/* what goes on behind the quote is one with it */
	if (!v->quoted || i > rest + (rest < size && s[rest] == '\r')) {
		v->quoted = false;
		begin = 0;
		end = i > 0 && s[i - 1] == '\r' ? i - 1 : i;
	}
	v->data = s + begin;
	v->size = end - begin;
	v->last = i == size || s[i] == '\n';
	return i + (i < size);
}

/* The length of the row at s and how many values it has; 0 values if it is longer than rows are. */
static size_t next_row(const char *s, size_t size, char separator, size_t *values_r)
{
	size_t n = 0;
	struct value v = { .last = false };
	*values_r = 0;
	while (n < size && !v.last) {
		n += next_value(s + n, size - n, separator, &v);
		++*values_r;
		if (n > ROW_MAX)
			*values_r = 0;
		if (n > ROW_MAX)
			break;
	}
	return n;
}

static bool are_names(const char *s, size_t size, char separator)
{
	struct value v = { .last = false };
	for (size_t n = 0; n < size && !v.last;) {
		n += next_value(s + n, size - n, separator, &v);
		/* behind a comma of prose there is a space */
		if (v.size == 0 || v.data[0] == ' ' || !table_is_name(v.data, v.size))
			return false;
	}
	return true;
}

char text_csv_separator(const char *s, size_t size)
{
	static const char separators[] = { '\t', ';', ',', '|' };
	for (size_t i = 0; i < sizeof separators; i++) {
		size_t columns, values, rows = 1, at = next_row(s, size, separators[i], &columns);
		if (columns < 2 || columns > TABLE_COLUMNS_MAX || !are_names(s, size, separators[i]))
			continue;
		for (; rows < ROWS_LOOKED_AT && at < size; rows++) {
			at += next_row(s + at, size - at, separators[i], &values);
			if (values != columns)
				break;
		}
		if (rows == ROWS_LOOKED_AT || (at >= size && values == columns && rows >= 2))
			return separators[i];
	}
	return 0;
}

static void add_values(struct table *t, const char *s, size_t size, char separator)
{
	struct value v = { .last = false };
	size_t column = 0;
	for (size_t n = 0; n < size && !v.last; column++) {
		n += next_value(s + n, size - n, separator, &v);
		const char *quote;
		/* "" within quotes is one of them */
		while (v.quoted && (quote = memchr(v.data, '"', v.size))) {
			size_t head = (size_t)(quote - v.data) + 1;
			table_add(t, column, v.data, head);
			head += head < v.size;
			v.data += head;
			v.size -= head;
		}
		table_add(t, column, v.data, v.size);
	}
	table_end_row(t);
}

void text_csv_add(struct text_out *o, char separator, const char *s, size_t size)
{
	struct table *t = calloc(1, sizeof *t);
	size_t columns = 0, values;
	if (!t) {
		o->full = true;
		return;
	}
	t->out = o;
	for (size_t at = 0; at < size && !o->full;) {
		size_t n = next_row(s + at, size - at, separator, &values);
		columns = columns ? columns : values;
		if (values == columns)
			add_values(t, s + at, n, separator);
		else
			text_out_add(o, s + at, n);
		at += n;
	}
	table_free(t);
	free(t);
}
