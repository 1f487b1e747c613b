/* Workbooks of Office Open XML (ISO 29500-1, 18): rows with what their cells say, instead of numbers of shared strings. */
#ifndef FILTERD_EXTRACT_TEXT_SHEET_H
#define FILTERD_EXTRACT_TEXT_SHEET_H

#include "extract/document.h"

#include <stdbool.h>

/* Reads a zip; gives a text for each sheet, and one of the shared strings that no cell uses.  What it can't read is left
 * for libclamav to unpack. */
document_fn text_sheet_read;
bool text_sheet_is(const char *data, size_t size);

#endif
