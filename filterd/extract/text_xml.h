/* XML: parts of office documents (Office Open XML, ISO 29500; OpenDocument, ISO 26300) and other data. */
#ifndef FILTERD_EXTRACT_TEXT_XML_H
#define FILTERD_EXTRACT_TEXT_XML_H

#include "extract/document.h"

#include <stdbool.h>

/* Text as a reader sees it: runs joined; paragraphs, cells and, in data of unknown kind, all elements apart; behind it
 * the values of attributes and comments, as far as they are long enough to say something. */
document_fn text_xml_read;
bool text_xml_may_be(const char *data, size_t size);

#endif
