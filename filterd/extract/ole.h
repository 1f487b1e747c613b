/* Compound files (MS-CFB): the old formats of Office, messages of Outlook.  By libgsf: libclamav passes over streams of less
 * than 4 KiB, and of the others it does not tell the names. */
#ifndef FILTERD_EXTRACT_OLE_H
#define FILTERD_EXTRACT_OLE_H

#include "extract/archive.h"

#include <stdbool.h>

bool ole_is(const char *data, size_t size);

/* Hands over each stream that is not empty, by its path within ("__attach_version1.0_#00000000/__substg1.0_37010102").  As
 * archive_unpack(): CAUSE_NONE only if all of them were read to their end, else *what_r says what was in the way. */
enum cause ole_unpack(const void *data, size_t size, struct archive_budget *budget, archive_member_fn *member, void *ctx,
                      const char **what_r) __attribute__((warn_unused_result));

/* Before the process is closed in. */
void ole_init(void);

#endif
