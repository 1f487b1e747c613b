/* What is wrong with a text that libconfig does not parse: it only says where it gave up. */
#ifndef FILTERD_CONF_HINT_H
#define FILTERD_CONF_HINT_H

#include "conf/cfgerr.h"

#include <stddef.h>

/* The first thing in the text (a NUL is behind it) that can't be right, and its line, into err: -1.  0: nothing is found, and err is left
 * as it is. */
int hint_find(const char *file, const char *data, size_t size, struct cfgerr *err);

#endif
