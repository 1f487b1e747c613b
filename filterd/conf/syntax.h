/* libconfig text from a bundle, read so that nothing is silently misread.  For configuration and rule files alike. */
#ifndef FILTERD_CONF_SYNTAX_H
#define FILTERD_CONF_SYNTAX_H

#include "conf/bundle.h"
#include "conf/cfgerr.h"

#include <libconfig.h>

/* Initialises config and parses f into it.  Refuses what libconfig would take amiss without a word:
 * @include (it opens files, and a bundle is complete in itself), a NUL byte (ends the text), lines that are no UTF-8, whole numbers
 * above 32 bits without L (they wrap around), strings and comments that never end.  Of what libconfig does not parse err says what may
 * be wrong (conf/hint.h).
 * The caller calls config_destroy() on success; on failure there is nothing to destroy. */
int conf_syntax_read(const struct bundle_file *f, config_t *config, struct cfgerr *err)
        __attribute__((warn_unused_result));

#endif
