/* Finds patterns that texts can make slow: by trying each on repeats of what it itself repeats. */
#ifndef FILTERD_DETECT_LINT_H
#define FILTERD_DETECT_LINT_H

#include "detect/set.h"

/* So many steps of PCRE2 on a text of LINT_TEXT_SIZE are too many: 4000 a byte.  Linear patterns need a few, bounded repeats as many as their
 * bound; from LINT_STEPS_MANY on it is said that cost grows with the square of the text. */
enum { LINT_TEXT_SIZE = 4 << 10, LINT_STEPS_MAX = 4000 * LINT_TEXT_SIZE, LINT_STEPS_MANY = 300 * LINT_TEXT_SIZE };

enum lint { LINT_NO_MEMORY = -1, LINT_GOOD, LINT_QUADRATIC, LINT_SLOW };

/* LINT_SLOW: a text made for the pattern takes more than LINT_STEPS_MAX steps, or runs into a limit; LINT_QUADRATIC: more than
 * LINT_STEPS_MANY; what (size bytes) tells on which text. */
enum lint lint_pattern(const struct pattern *p, char *what, size_t size) __attribute__((warn_unused_result));

/* Tells of detectors that find the same places: by their match tests, and by patterns that are equal.  only: the detector to compare with
 * all, or DETECT_ALL.  -1 without memory. */
int lint_overlaps(const struct detect_set *set, size_t only, detect_advise advise, void *arg) __attribute__((warn_unused_result));

#endif
