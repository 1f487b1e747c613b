/* Rich Text Format (Microsoft, version 1.9.1). */
#ifndef FILTERD_EXTRACT_TEXT_RTF_H
#define FILTERD_EXTRACT_TEXT_RTF_H

#include "extract/document.h"

#include <stdbool.h>

/* Body, headers, notes, fields and properties.  A file that ends in the middle is read as far as it goes, as word processors
 * do.  Objects in it are libclamav's to unpack. */
document_fn text_rtf_read;
bool text_rtf_is(const char *data, size_t size);

#endif
