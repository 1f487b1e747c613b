/* Rules read from a text, as the broker reads them, for the tests of policy. */
#ifndef TESTS_UNIT_POLICY_RIG_H
#define TESTS_UNIT_POLICY_RIG_H

#include "policy/rules.h"

struct policy_rig {
	struct bundle bundle;
	struct conf *conf;
	struct policy_rules *rules;
	struct arena *arena;
	struct cfgerr err;
};

/* The rules against the configuration, which must be good, and the ids of the detectors.  0, or -1 with rig->err; to be ended either way. */
int policy_rig_read(struct policy_rig *rig, const char *config, const char *rules, const char *const *ids, size_t n);
void policy_rig_end(struct policy_rig *rig);

#endif
