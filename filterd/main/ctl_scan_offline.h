/* `filterctl scan` without a running filterd: the same engines, each file in a closed-in process of its own. */
#ifndef FILTERD_MAIN_CTL_SCAN_OFFLINE_H
#define FILTERD_MAIN_CTL_SCAN_OFFLINE_H

#include "main/ctl.h"

/* argv: files and, in any order, --rules DIR and --signatures DIR, which replace those of the configuration.  Prints one
 * line per file and finding, or with ctl->json one object per file.  Returns the worst exit status of ctl.h. */
int ctl_scan_offline(const struct ctl *ctl, int argc, char **argv);

#endif
