/* filterctl allow: for the allow-list of rule files. */
#ifndef FILTERD_MAIN_CTL_ALLOW_H
#define FILTERD_MAIN_CTL_ALLOW_H

#include "main/ctl.h"

/* argv[0] is "allow". */
int ctl_allow(const struct ctl *ctl, int argc, char **argv);

#endif
