/* Composite detectors: findings that other detectors make, or have near.
 *
 * They are judged when all patterns and words have been, on the spans of a whole text, in the order of who asks for whom.
 */
#ifndef FILTERD_DETECT_NEAR_H
#define FILTERD_DETECT_NEAR_H

#include "conf/cfgerr.h"
#include "detect/ruledef.h"
#include "detect/scratch.h"
#include "detect/set.h"

/* Binds `near` and `of` to the detectors they name, and puts those that have any in order.  A name that is not there, and detectors that
 * wait for each other, are refused with file and line. */
int near_plan(struct detect_set *set, struct ruledefs *defs, struct cfgerr *err) __attribute__((warn_unused_result));

/* Adds, raises and takes out spans of the text at hand.  make() takes down a span of a composite detector at [start, end), with its
 * evidence. */
typedef void (*near_make)(const struct detect_set *set, struct detect_scratch *s, uint16_t detector, int confidence, size_t start, size_t end);
void near_apply(const struct detect_set *set, struct detect_scratch *s, near_make make);

#endif
