/* What the monitor knows: its processes, the configuration in force and the one on its way.  Shared by the files
 * of the monitor alone. */
#ifndef FILTERD_MAIN_STATE_H
#define FILTERD_MAIN_STATE_H

#include "conf/bundle.h"
#include "conf/conf.h"
#include "ipc/monitor_wire.h"
#include "main/monitor.h"
#include "proc/privs.h"
#include "proc/watch.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { STATE_DRAINING_MAX = 16, STATE_REQUESTS_MAX = 32 };

/* A process that must always be there. */
struct role {
	const char *name;
	pid_t pid;             /* 0 = not running */
	uint64_t started_ms;
	uint64_t start_at_ms;  /* when not running */
	int pause_ms;
};

/* A configuration with the bytes it came from. */
struct config {
	struct bundle bundle;
	struct conf *conf;
};

/* Does the broker answer?  Counted in pings, not by the clock: what we sleep through ourselves is not its fault. */
struct pings {
	uint32_t last;         /* id of the last one sent */
	uint32_t answered;     /* the newest that was answered */
	uint64_t next_ms;
};

/* A process.hung of a broker, for the next broker to report. */
struct hung {
	pid_t pid;             /* 0 = nothing to report */
	const char *reason;
};

/* A generation the broker has not answered yet. */
struct proposal {
	uint32_t generation;   /* 0 = none */
	enum monitor_reason reason;
	pid_t pid;             /* of its nursery; 0 = dead */
	uint64_t deadline_ms;
	struct config config;  /* REASON_RELOAD: what counts when it is accepted */
	struct privs broker_privs;
};

struct drained {
	pid_t pid;
	uint64_t deadline_ms;
};

struct monitor {
	const struct monitor_options *options;
	int lock_fd, signal_fd;
	bool root;
	struct privs broker_privs, plain_privs;
	struct watch *watch;
	struct config config;      /* in force */
	struct role broker, recorder, nursery;
	int broker_fd;             /* our end of its channel, -1 */
	struct pings pings;
	struct hung hung;
	uint32_t recorders;        /* sockets to recorders this broker was given */
	bool wrecked;              /* the serving nursery runs, but is to be replaced */
	int recorder_fd;           /* the next recorder's end, when its broker has the other already; else -1 */
	uint32_t generation;       /* the last given out */
	uint32_t nursery_generation; /* of the serving one */
	struct proposal proposal;
	bool served;               /* a generation has been accepted since we started */
	bool reload_wanted, signatures_wanted;
	uint32_t requests[STATE_REQUESTS_MAX]; /* RELOADs of the broker that wait for DONE */
	int nrequests;
	struct drained draining[STATE_DRAINING_MAX];
	bool stopping;
	uint64_t stop_deadline_ms;
	int failed;                /* exit status, once stopping */
};

#endif
