/* Documents of Word 97 to 2003 (MS-DOC). */
#ifndef FILTERD_EXTRACT_TEXT_WORD_H
#define FILTERD_EXTRACT_TEXT_WORD_H

#include "extract/text_out.h"
#include "model/verdict.h"

/* The table that belongs to a stream "WordDocument": 0 or 1 of "0Table" and "1Table"; -1 if it is of another version. */
int text_word_table(const char *data, size_t size);
/* Adds the text of a document, notes and headers included, by its piece table.  *whole_r is false if it has none, or something was
 * left out (o->full).  What was read before a failure stands. */
enum cause text_word_add(struct text_out *o, const char *data, size_t size, const char *table, size_t table_size, bool *whole_r);

#endif
