/* What people read in a compound file: workbooks, documents and slides of the old Office, messages of Outlook (MS-OXMSG). */
#ifndef FILTERD_EXTRACT_TEXT_OLE_H
#define FILTERD_EXTRACT_TEXT_OLE_H

#include "extract/document.h"

/* Its other streams are for whoever unpacks it (ole.h): parts_unread. */
document_fn text_ole_read;

#endif
