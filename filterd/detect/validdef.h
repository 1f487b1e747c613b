/* `validate` in a rule file: names of validators, and groups with their parameters. */
#ifndef FILTERD_DETECT_VALIDDEF_H
#define FILTERD_DETECT_VALIDDEF_H

#include "conf/cfgread.h"
#include "detect/valid.h"

/* Reads `validate` of the group, if it is there.  Parameters are kept in the reader's arena. */
int validdef_read(const struct cfg_reader *r, const config_setting_t *owner, struct valid_list *l_r) __attribute__((warn_unused_result));

#endif
