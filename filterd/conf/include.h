/* The rule files that a rule file names by `include`. */
#ifndef FILTERD_CONF_INCLUDE_H
#define FILTERD_CONF_INCLUDE_H

#include "conf/bundle.h"

enum { INCLUDES_MAX = 64 };

struct include {
	char *path; /* owned; relative names are taken from the file's folder */
	int line;
};

/* Fills at most INCLUDES_MAX of out and returns how many.  0 for a file that can't be parsed: whoever reads its rules says why. */
size_t include_read(const struct bundle_file *f, struct include *out);
/* Refuses a file that includes itself, on its own or by others that it includes. */
int include_check(const struct bundle *b, struct cfgerr *err) __attribute__((warn_unused_result));

#endif
