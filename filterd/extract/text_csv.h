/* Tables written as text: values parted by commas, semicolons, tabs or bars (RFC 4180). */
#ifndef FILTERD_EXTRACT_TEXT_CSV_H
#define FILTERD_EXTRACT_TEXT_CSV_H

#include "extract/text_out.h"

/* The separator of a text (UTF-8) that is such a table with names over its columns; 0 if it is none. */
char text_csv_separator(const char *s, size_t size);
/* Adds each row as table.h says it, and rows that have another number of values as they are. */
void text_csv_add(struct text_out *o, char separator, const char *s, size_t size);

#endif
