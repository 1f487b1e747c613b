/* The nursery: loads a generation once, forks its workers, replaces the dead, ends with its channel. */
#ifndef FILTERD_WORKER_NURSERY_H
#define FILTERD_WORKER_NURSERY_H

#include "conf/conf.h"
#include "worker/engines.h"

#include <stdint.h>

struct nursery_setup {
	uint32_t generation;
	int channel;         /* PROTOCOL.scan, section 1 */
	const char *tmp_dir; /* workers' folders are made in it */
	unsigned workers;    /* 1 … NURSERY_WORKERS_MAX */
	uint64_t scan_max;
};

enum { NURSERY_WORKERS_MAX = 256 };

/* Tells the broker that this generation can't serve, and why. */
void nursery_refuse(int channel, uint32_t generation, const struct cfgerr *err);
/* Says HELLO, then runs until the channel closes; all workers are gone when it returns.  0, or -1 when
 * the sandbox does not hold or the broker broke the protocol. */
int nursery_run(const struct nursery_setup *setup, struct engines *engines) __attribute__((warn_unused_result));

#endif
