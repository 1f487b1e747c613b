/* What filterctl says on a terminal.  File names, rule files and answers may hold anything: control characters in them, which could move the
 * cursor or hide what stands before, are shown as \u{hex}. */
#ifndef FILTERD_MAIN_CTL_SAY_H
#define FILTERD_MAIN_CTL_SAY_H

#include "conf/cfgerr.h"

#include <stddef.h>

/* s made fit for a terminal, cut to fit dst_size (at least 8).  Quotes and backslashes, which can do it no harm, stay as they are.  Returns dst. */
const char *ctl_clean(char *dst, size_t dst_size, const char *s);

/* "filterctl: WHAT: WHY" on standard error; WHY may be "".  Returns -1. */
int ctl_complain(const char *what, const char *why);
/* "FILE:LINE: text" on standard error, as far as there are; kind stands before the text ("warning: "), or is "".  Returns -1. */
int ctl_complain_of(const struct cfgerr *e, const char *kind);

/* Whether --help or -h is among the arguments (argv[0] is the command), before any "--". */
int ctl_wants_help(int argc, char **argv);

#endif
