/* `filterctl rules …`: the rule author's tools.  They work offline, on a folder of rule files. */
#ifndef FILTERD_MAIN_CTL_RULES_H
#define FILTERD_MAIN_CTL_RULES_H

#include "main/ctl.h"

/* argv[0] is "rules"; ctl's configuration, if there is one, names the rules, zones and groups.  Returns the exit status: 0 all well, 1 something is wrong (said on standard error), 2 usage. */
int ctl_rules(const struct ctl *ctl, int argc, char **argv);

#endif
