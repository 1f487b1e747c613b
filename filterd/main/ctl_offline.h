/* Scanning without a running filterd: filterctl starts filterd-scan for itself and is its broker. */
#ifndef FILTERD_MAIN_CTL_OFFLINE_H
#define FILTERD_MAIN_CTL_OFFLINE_H

#include "main/ctl.h"

#include <jansson.h>

struct offline;

/* Loads the signatures and rules that ctl's configuration names (without one: the installed ones).  NULL if that
 * failed, which has been said on standard error. */
struct offline *offline_start(const struct ctl *ctl);
/* Scans a regular file (fd stays the caller's; opened for reading only).  The answer has the members of
 * PROTOCOL.control's scan; NULL when no scan is possible any more, which has been said. */
json_t *offline_scan(struct offline *o, int fd, const char *name);
void offline_stop(struct offline **o);

#endif
