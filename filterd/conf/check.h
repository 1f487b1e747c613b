/* What a single row of the options table can't express: options that need or exclude others. */
#ifndef FILTERD_CONF_CHECK_H
#define FILTERD_CONF_CHECK_H

#include "conf/conf.h"

/* Line of the item of a list section ("links", "zones", "policy"), or of the group if item < 0; 0 if unknown. */
typedef int conf_line_fn(const void *ctx, const char *section, int item);

int conf_check(const struct conf *c, conf_line_fn *line, const void *ctx, struct cfgerr *err)
        __attribute__((warn_unused_result));

#endif
