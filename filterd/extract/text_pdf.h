/* PDF (ISO 32000), by poppler: pages, annotations, form fields and properties.  Attached files are libclamav's. */
#ifndef FILTERD_EXTRACT_TEXT_PDF_H
#define FILTERD_EXTRACT_TEXT_PDF_H

#include "extract/document.h"

#include <stdbool.h>

/* Once in a process, before threads, forks and sandbox: loads what poppler loads, and proves that it reads a page.
 * The library's messages, which quote the file, go nowhere from then on. */
int text_pdf_init(void) __attribute__((warn_unused_result));
/* By its mark in the first 1024 bytes, where viewers look for it; is: and by an object. */
bool text_pdf_may_be(const char *data, size_t size);
bool text_pdf_is(const char *data, size_t size);
document_fn text_pdf_read;

/* True for what libclamav hands over as layers of their own, and text_pdf_read() or poppler has read: the drawing commands of a
 * page, whose text is in pieces, fonts, and dictionaries. */
bool text_pdf_is_own(const char *data, size_t size);

#endif
