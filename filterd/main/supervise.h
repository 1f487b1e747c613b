/* Starting processes, with a pause for what dies soon, and ending them. */
#ifndef FILTERD_MAIN_SUPERVISE_H
#define FILTERD_MAIN_SUPERVISE_H

#include "main/state.h"

enum {
	SUPERVISE_LIFE_GOOD_MS = 10000,  /* who lived this long is started again at once */
	SUPERVISE_STOP_MS = 10000,       /* for all to end in order */
	SUPERVISE_ORPHAN_MS = 5000,      /* for a nursery to end that nobody uses */
	SUPERVISE_PING_MS = 1000,
};

/* It ended, or could not be started: it is not there, and there is a time for the next attempt. */
void supervise_ended(struct role *r, uint64_t now_ms);
/* Is it to be started now? */
bool supervise_due(const struct role *r, uint64_t now_ms);

/* Failures are logged, and tried again after a pause. */
void supervise_start_broker(struct monitor *m, uint64_t now_ms);
/* There is one journal, so there is never more than one recorder: called only when the one before is gone. */
void supervise_start_recorder(struct monitor *m, uint64_t now_ms);
/* -1 with errno.  The descriptors stay the caller's. */
pid_t supervise_start_nursery(struct monitor *m, uint32_t generation, int channel, int bundle, const struct bundle *indexes)
	__attribute__((warn_unused_result));

/* A nursery whose channel is closed, or will be: it has this long to end by itself. */
void supervise_drain(struct monitor *m, pid_t pid, uint64_t ms);
/* The broker has broken the protocol, or does not answer: only its end helps. */
void supervise_end_broker(struct monitor *m, const char *why);
void supervise_kill_all(const struct monitor *m);
/* In order: the broker answers what is open and ends; with it the channels of the nurseries and the recorder.
 * A second time: at once.  failed: exit status. */
void supervise_stop(struct monitor *m, const char *reason, int failed);

#endif
