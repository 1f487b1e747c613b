/* Field values made fit for syslog and journal alike. */
#ifndef FILTERD_AUDIT_VALUE_H
#define FILTERD_AUDIT_VALUE_H

#include <stddef.h>

enum { VALUE_MAX = 1024 };

/* Copies value into dst as valid UTF-8 without control characters: those, and invalid bytes, in the form of
 * text_quote().  Quotes and backslashes stay: escaping them is the format's business.  Cut on a code point
 * border with "…" to fit dst_size (at least 24).  Returns its length. */
size_t value_clean(char *dst, size_t dst_size, const char *value);

#endif
