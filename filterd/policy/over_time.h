/* The part of a rule's condition that counts over more than one message: `per` and `within`. */
#ifndef FILTERD_POLICY_OVER_TIME_H
#define FILTERD_POLICY_OVER_TIME_H

#include "conf/cfgread.h"
#include "policy/rules.h"

enum { OVER_TIME_COUNT_MAX = 1000, OVER_TIME_S_MAX = 31 * 24 * 60 * 60 };

/* Reads both keys of a condition that passed cfg_check, whose count is read; neither of them is fine.  -1 with file and line in r->err. */
int over_time_read(const struct cfg_reader *r, const config_setting_t *group, struct rule_condition *c) __attribute__((warn_unused_result));

#endif
