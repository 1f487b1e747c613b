/* A redacted stanza: what was found in it is written over as the rules ask for that have it redacted. */
#ifndef FILTERD_FLOW_REDACT_H
#define FILTERD_FLOW_REDACT_H

#include "flow/generation.h"
#include "flow/stanza.h"
#include "policy/decide.h"

#include <stddef.h>

struct redact {
	const struct finding *findings;     /* sorted by text and start */
	size_t nfindings;
	const struct rule *const *rules;    /* of each finding: struct decision's `redact` */
	const struct decide_text *texts;    /* what the findings point into */
	const struct generation_detector *detectors;
	const char *language;               /* of labels, when the stanza names none */
	const unsigned char *key;           /* of tokens (flow/value.h); NULL: unknown, and "xxxxxxxx" stands for what it would make */
};

/* Writes the masks, labels and tokens into s.  Memory is a's.  -1 when that can't be done, or not of all that was found: then the stanza
 * must not pass. */
int redact_stanza(struct arena *a, struct stanza *s, const struct redact *r) __attribute__((warn_unused_result));

#endif
