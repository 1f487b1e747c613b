/* What a generation of workers shares through fork: signatures and compiled rules. */
#ifndef FILTERD_WORKER_ENGINES_H
#define FILTERD_WORKER_ENGINES_H

#include "conf/conf.h"
#include "detect/detect.h"
#include "extract/extract.h"

struct engines {
	struct extract_engine *extract;
	struct detect_set *detect;
	char summary[256]; /* for people: versions, numbers, what is missing */
	char degraded[300]; /* what can't be used here, so that another part does its work; "": nothing */
};

/* Loads signatures, compiles the rules of the bundle, and runs both self-tests.  On failure nothing is left. */
int engines_load(const struct conf *conf, const struct bundle *b, struct engines *e_r, struct cfgerr *err)
	__attribute__((warn_unused_result));
void engines_free(struct engines *e);

#endif
