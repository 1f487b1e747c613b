/* A worker process, from fork to its loop: the least trusted process of filterd. */
#ifndef FILTERD_WORKER_WORKER_H
#define FILTERD_WORKER_WORKER_H

#include "ipc/scan_page.h"
#include "worker/engines.h"

#include <stdint.h>
#include <sys/types.h>

struct worker_setup {
	struct engines *engines;
	unsigned slot;
	pid_t nursery;           /* who must be the parent still */
	int text_sock, file_sock;
	int ready_fd;            /* gets one byte when the worker is closed in and about to serve */
	struct scan_page *page;
	const char *tmp_dir;     /* exists, empty, its own */
	uint64_t scan_max;       /* bytes that a file may unpack to, all in all */
};

/* Exit codes, beside 0 (the broker closed). */
enum { WORKER_EXIT_PROTOCOL = 3, WORKER_EXIT_SETUP = 4, WORKER_EXIT_SANDBOX = 5 };

/* To be called in the forked child.  Closes every descriptor but its own, and itself in. */
void worker_run(const struct worker_setup *w) __attribute__((noreturn));

#endif
