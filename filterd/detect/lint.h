/* Finds patterns that texts can make slow: by trying each on repeats of what it itself repeats. */
#ifndef FILTERD_DETECT_LINT_H
#define FILTERD_DETECT_LINT_H

#include "detect/set.h"

enum { LINT_TEXT_SIZE = 4 << 10, LINT_LIMIT_US = 20000 };

/* 1: the pattern runs into a limit, or takes more than LINT_LIMIT_US, on a text of LINT_TEXT_SIZE made for it; what (size
 * bytes) tells which.  0: it stands all trials; -1 without memory. */
int lint_pattern(const struct pattern *p, char *what, size_t size) __attribute__((warn_unused_result));

#endif
