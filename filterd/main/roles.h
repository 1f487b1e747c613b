/* The processes that `filterd --role` becomes (the recorder's is main/recorder.h).  Each runs until its channel ends,
 * and returns its exit status. */
#ifndef FILTERD_MAIN_ROLES_H
#define FILTERD_MAIN_ROLES_H

#include "conf/conf.h"

/* b and conf: of the first generation, with secrets; they live as long as the process.  monitor_fd: PROTOCOL.monitor;
 * recorder_fd: PROTOCOL.recorder. */
int broker_main(const struct bundle *b, const struct conf *conf, int monitor_fd, int recorder_fd);

#endif
