/* A worker's loop: texts and files in, answers out, until the broker closes. */
#ifndef FILTERD_WORKER_SERVE_H
#define FILTERD_WORKER_SERVE_H

#include "ipc/scan_page.h"
#include "worker/jobs.h"

/* Returns 0 when both sockets are closed, -1 when the broker broke the protocol or a socket failed. */
int serve(struct jobs *jobs, int text_sock, int file_sock, struct scan_page *page) __attribute__((warn_unused_result));

#endif
