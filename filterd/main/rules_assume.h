/* What is assumed of a text that is tried offline: from where to where it goes, and how. */
#ifndef FILTERD_MAIN_RULES_ASSUME_H
#define FILTERD_MAIN_RULES_ASSUME_H

#include "main/rules_cli.h"
#include "policy/when.h"

#include <stdbool.h>

struct assumed {
	const struct conf *conf;       /* that of -c, or own */
	struct conf *own;
	bool configured;               /* by -c: zones, groups and the policy table are the site's */
	const char *zones[CONF_ZONES_MAX + 1]; /* where it will be seen */
	struct when_facts is;          /* points into this */
	enum channel_kind channel;     /* the first of is.channels */
	bool correction;
};

/* From the options and the configuration; what was not said is a chat message from inside to outside.  -1: what is wrong with the options
 * was said on standard error. */
int assume(const struct rules_options *o, struct assumed *a_r) __attribute__((warn_unused_result));
/* "outgoing"; "" if it goes several ways. */
const char *assumed_direction(const struct assumed *a);
void assumed_free(struct assumed *a);

#endif
