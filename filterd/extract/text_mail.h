/* Mail (RFC 5322, MIME: RFC 2045-2047, 2231): headers as people read them, and the text parts in their charset. */
#ifndef FILTERD_EXTRACT_TEXT_MAIL_H
#define FILTERD_EXTRACT_TEXT_MAIL_H

#include "extract/document.h"

#include <stdbool.h>

/* Gives the headers of all parts with the text of the mail, the names of attachments and each part that is text.  Other
 * attachments are libclamav's to unpack. */
document_fn text_mail_read;
/* True for the name that libclamav makes up for the text parts that it joins. */
bool text_mail_is_part(const char *name);

#endif
