/* Asking the daemon, for the commands of filterctl that do. */
#ifndef FILTERD_MAIN_CTL_DAEMON_H
#define FILTERD_MAIN_CTL_DAEMON_H

#include "main/ctl.h"

#include <jansson.h>

/* Connects and says on standard error why it can't; -1. */
int ctl_daemon_connect(const struct ctl *ctl) __attribute__((warn_unused_result));
/* Asks (takes the reference to request).  CTL_OK: *answer_r is the caller's.  CTL_FOUND: filterd refused, which has
 * been said on standard error (with --json: its words on standard output).  CTL_FAILED: there is no answer, which has
 * been said. */
int ctl_daemon_ask(const struct ctl *ctl, int fd, json_t *request, int pass_fd, int timeout_s, json_t **answer_r)
        __attribute__((warn_unused_result));
/* Text of an answer's member made fit for a terminal, in one of a few buffers that take turns; "" if it is not there.
 */
const char *ctl_text(const json_t *object, const char *member);
/* One line of compact JSON on standard output. */
void ctl_print_json(const json_t *v);

#endif
