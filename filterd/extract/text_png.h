/* Pictures in PNG (W3C PNG, 11.3.4): what is said in them, compressed or not. */
#ifndef FILTERD_EXTRACT_TEXT_PNG_H
#define FILTERD_EXTRACT_TEXT_PNG_H

#include "extract/document.h"

bool text_png_is(const char *data, size_t size);
/* Texts of zTXt and iTXt, and all runs of letters (text_runs.h) of the file.  What the picture shows is not read. */
document_fn text_png_read;

#endif
