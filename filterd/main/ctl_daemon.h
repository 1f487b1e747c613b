/* Asking the daemon, for the commands of filterctl that do. */
#ifndef FILTERD_MAIN_CTL_DAEMON_H
#define FILTERD_MAIN_CTL_DAEMON_H

#include "main/ctl.h"

#include <jansson.h>

/* Connects and says on standard error why it can't; -1. */
int ctl_daemon_connect(const struct ctl *ctl) __attribute__((warn_unused_result));
/* Asks (takes the reference to request) and returns the answer; NULL if there is none or it is a refusal,
 * which has been said on standard error (with --json: the refusal on standard output). */
json_t *ctl_daemon_ask(const struct ctl *ctl, int fd, json_t *request, int pass_fd, int timeout_s) __attribute__((warn_unused_result));
/* Text of an answer's member made fit for a terminal, in one of a few buffers that take turns; "" if it is not there. */
const char *ctl_text(const json_t *object, const char *member);
/* One line of compact JSON on standard output. */
void ctl_print_json(const json_t *v);

#endif
