/* Scanning without a running filterd: filterctl starts filterd-scan for itself and is its broker. */
#ifndef FILTERD_MAIN_CTL_OFFLINE_H
#define FILTERD_MAIN_CTL_OFFLINE_H

#include "main/ctl.h"

#include <jansson.h>
#include <stdint.h>

struct offline;

/* Loads the signatures and rules that ctl's configuration names (without one: the installed ones).  NULL if that
 * failed, which has been said on standard error. */
struct offline *offline_start(const struct ctl *ctl);
/* The same without rules and official signatures, to read documents only. */
struct offline *offline_start_reader(const struct ctl *ctl);
/* Scans a regular file (fd stays the caller's; opened for reading only).  The answer has the members of
 * PROTOCOL.control's scan; NULL when no scan is possible any more, which has been said. */
json_t *offline_scan(struct offline *o, int fd, const char *name);
/* The fingerprints of a regular file's texts (detect/winnow.h), malloc'ed.  The answer is as above; outputs are set only if its status is
 * "clean". */
json_t *offline_prints(struct offline *o, int fd, const char *name, uint64_t **prints_r, size_t *n_r, uint64_t *characters_r);
void offline_stop(struct offline **o);

#endif
