/* Words near a finding that make it more or less likely. */
#ifndef FILTERD_DETECT_EVIDENCE_H
#define FILTERD_DETECT_EVIDENCE_H

#include "detect/set.h"

/* True if what e asks for stands within reach of [start, end) of the text, the view in lower case. */
int evidence_holds(const struct evidence *e, const struct term_text *text, size_t start, size_t end);

/* True if what e asks for, once it holds, speaks for a finding. */
static inline int evidence_supports(const struct evidence *e)
{
	return e->nterms > 0 && e->def->min > 0 && (e->def->add > 0 || (e->def->required && e->def->add == 0));
}

/* True if one of e's short terms (term.h) stands anywhere in the text. */
int evidence_short(const struct evidence *e, const struct term_text *text);

#endif
