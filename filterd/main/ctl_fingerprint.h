/* filterctl fingerprint: sets of document fingerprints, which rules look for. */
#ifndef FILTERD_MAIN_CTL_FINGERPRINT_H
#define FILTERD_MAIN_CTL_FINGERPRINT_H

#include "main/ctl.h"

int ctl_fingerprint(const struct ctl *ctl, int argc, char **argv);

#endif
