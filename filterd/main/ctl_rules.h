/* `filterctl rules …`: the rule author's tools.  They work offline, on a folder of rule files. */
#ifndef FILTERD_MAIN_CTL_RULES_H
#define FILTERD_MAIN_CTL_RULES_H

/* argv[0] is "rules".  Returns the exit status: 0 all well, 1 something is wrong (said on standard error), 2 usage. */
int ctl_rules(int argc, char **argv);

#endif
