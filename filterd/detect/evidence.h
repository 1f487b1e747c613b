/* Words near a finding that make it more or less likely. */
#ifndef FILTERD_DETECT_EVIDENCE_H
#define FILTERD_DETECT_EVIDENCE_H

#include "detect/set.h"

/* True if what e asks for stands within reach of [start, end) of the size bytes at low, the view in lower case. */
int evidence_holds(const struct evidence *e, const char *low, size_t size, int ascii, size_t start, size_t end);

/* True if what e asks for, once it holds, speaks for a finding. */
static inline int evidence_supports(const struct evidence *e)
{
	return e->nterms > 0 && e->def->min > 0 && (e->def->add > 0 || (e->def->required && e->def->add == 0));
}

/* How many terms of e (no more than matter are counted) stand within reach of [start, end) of the
 * size bytes at low, the view in lower case. */
int evidence_count(const struct evidence *e, const char *low, size_t size, int ascii, size_t start, size_t end);

/* True if one of e's short terms (term.h) stands anywhere in the size bytes at low. */
int evidence_short(const struct evidence *e, const char *low, size_t size);

#endif
