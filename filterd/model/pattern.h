/* Patterns (base/text.h: * stands for any characters, ? for one) of addresses and files, in configuration and rules. */
#ifndef FILTERD_MODEL_PATTERN_H
#define FILTERD_MODEL_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

/* Patterns of bare JIDs: "user@domain", or a domain for everybody there.  Both parts are patterns of their own, so that no * reaches over
 * the @; a domain that begins with "*." stands for that domain and its sub-domains, as in zones. */
bool pattern_jid_is_good(const char *pattern);
/* jid may have a resource, which does not count; no pattern fits what is no JID. */
bool pattern_fits_jid(const char *pattern, const char *jid, size_t size);

/* The same for a file: folders before the name, and the blanks and dots behind it, which Windows drops, do not count. */
bool pattern_fits_file(const char *pattern, const char *name);

#endif
