/* An index of the bundle that a detector names, mapped: a sealed memory file, which nobody can change or cut, and all who map it share
 * its pages. */
#ifndef FILTERD_DETECT_MAPPED_H
#define FILTERD_DETECT_MAPPED_H

#include "conf/bundle.h"

#include <stddef.h>

struct mapped {
	void *data;
	size_t size;
};

/* Who names it, for messages. */
struct mapped_for {
	const char *path, *what, *made_by; /* what it is ("index"), and the command that makes it */
	const char *file;
	int line;
};

int mapped_open(const struct bundle *b, const struct mapped_for *f, struct mapped *m_r, struct cfgerr *err) __attribute__((warn_unused_result));
/* Nothing is done if it was not opened. */
void mapped_close(struct mapped *m);

#endif
