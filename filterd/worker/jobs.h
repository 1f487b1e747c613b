/* One job in, one answer out: what a worker does between reading and writing. */
#ifndef FILTERD_WORKER_JOBS_H
#define FILTERD_WORKER_JOBS_H

#include "base/buf.h"
#include "ipc/scan_wire.h"
#include "worker/engines.h"

struct jobs; /* scratch of both engines */

/* e must outlive it and be of this process (extract_worker_init() done).  NULL without memory. */
struct jobs *jobs_new(const struct engines *e);
void jobs_free(struct jobs **j);

/* Appends the answer.  -1 if out can't take it. */
int jobs_text(struct jobs *j, const struct scan_text_job *job, struct buf *out) __attribute__((warn_unused_result));
/* fd is only read, and stays the caller's; -1 stands for a job that came without one. */
int jobs_file(struct jobs *j, const struct scan_file_job *job, int fd, int prints_fd, struct buf *out) __attribute__((warn_unused_result));

#endif
