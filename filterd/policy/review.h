/* What the language of rules allows, and yet can't be meant: for `filterctl rules check`. */
#ifndef FILTERD_POLICY_REVIEW_H
#define FILTERD_POLICY_REVIEW_H

#include "policy/rules.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What of a detector matters to rules; the array is as policy_rules_bind() had it. */
struct review_detector {
	bool off;          /* switched off: it finds nothing */
	uint8_t highest;   /* confidence that its findings can have at most */
};

enum review_kind {
	REVIEW_WRONG,      /* it can't be meant */
	REVIEW_WARNING,    /* it may be meant */
	REVIEW_UNKNOWN,    /* it was not looked at, for want of a configuration */
};
typedef void (*review_told)(void *arg, enum review_kind kind, const struct cfgerr *e);

/* Tells of zones and groups that conf does not define (conf NULL: of those that it would have to), of conditions that can't hold, and of rules
 * that can't match.  Rules that are off are left out.  Returns how much is wrong. */
size_t policy_review(const struct policy_rules *r, const struct review_detector *d, const struct conf *conf, review_told told, void *arg);

#endif
