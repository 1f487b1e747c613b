/* Test rig: the broker's side of one filterd-scan, for unit tests and benchmarks. */
#ifndef TESTS_UNIT_SCAN_RIG_H
#define TESTS_UNIT_SCAN_RIG_H

#include "ipc/scan_page.h"
#include "ipc/scan_wire.h"

#include <sys/types.h>

enum { RIG_WORKERS_MAX = 16, RIG_DETECTORS_MAX = 1024 };

struct rig_worker {
	pid_t pid; /* 0 while there is none */
	int text, file;
	const struct scan_page *page;
	uint32_t text_seq, file_seq;
	struct buf in;
};

struct rig {
	char dir[64]; /* run_dir is dir/run, signatures dir/sig, rules dir/rules */
	pid_t pid;
	int channel;
	struct scan_hello hello;
	struct scan_detector detectors[RIG_DETECTORS_MAX];
	struct rig_worker workers[RIG_WORKERS_MAX];
	unsigned exits;               /* EXIT messages seen */
	struct scan_worker last_exit;
};

/* Makes the folders, with copies of our signatures and one rule file of this text. */
void rig_dirs(struct rig *r, const char *rules);
/* Writes dir/name. */
void rig_write(const struct rig *r, const char *name, const void *data, size_t size);
/* Starts filterd-scan with scan.workers = workers (twice as many slots) and waits for HELLO and detectors; more: further
 * lines of `scan = { … }`. */
void rig_start(struct rig *r, unsigned workers, const char *more);

/* Takes messages until all slots have a worker and at least `exits` EXITs were seen; fails after 20 s. */
void rig_settle(struct rig *r, unsigned exits);
/* Closes the channel, waits for the end; returns its exit status. */
int rig_stop(struct rig *r);
/* Removes the folders. */
void rig_remove(struct rig *r);

/* Sends a text job of one text, returns 0 with the answer, -1 if the worker is gone. */
int rig_text(struct rig *r, unsigned worker, const char *text, struct finding *findings, struct scan_text_answer *a_r);
void rig_send_file(struct rig *r, unsigned worker, enum scan_kind kind, int fd, uint32_t time_ms);
/* name_r: room for SCAN_NAME_MAX + 1.  findings_r of SCAN_FINDINGS_MAX, their paths are valid until the next call. */
int rig_recv_file(struct rig *r, unsigned worker, enum scan_kind kind, uint32_t seq, uint64_t size, struct scan_file_finding *findings,
                  struct scan_file_answer *a_r, char *name_r);

#endif
