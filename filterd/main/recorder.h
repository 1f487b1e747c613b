/* The recorder: sole writer of audit journal and quarantine, and holder of their keys. */
#ifndef FILTERD_MAIN_RECORDER_H
#define FILTERD_MAIN_RECORDER_H

#include "conf/conf.h"

/* Runs the role on sock (SOCK_SEQPACKET to the broker) until the broker is gone.  Entered after the privilege drop;
 * opens conf->state_dir/{keys,journal,quarantine}, making what is missing, and then closes itself in.  Ignores SIGINT
 * and SIGTERM: its end is the broker's end, so that the last entries are taken.  Returns the exit status. */
int recorder_main(const struct conf *conf, int sock) __attribute__((warn_unused_result));

#endif
