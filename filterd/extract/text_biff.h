/* Workbooks of Excel 5 to 2003 (MS-XLS): what is in the cells, strings and numbers. */
#ifndef FILTERD_EXTRACT_TEXT_BIFF_H
#define FILTERD_EXTRACT_TEXT_BIFF_H

#include "extract/text_out.h"
#include "model/verdict.h"

/* Adds the text of a stream "Workbook" or "Book": its sheets as rows (table.h), and behind them what else is said in it, such as
 * comments.  CAUSE_NONE if its records go to the end; then o->full may tell that something was left out.  What was read stands. */
enum cause text_biff_add(struct text_out *o, const char *data, size_t size);

#endif
