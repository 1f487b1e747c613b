/* The monitor: reads the configuration, starts the other processes and starts again what ends.
 *
 * It reads no byte that came over a network.  What it takes from another process is the broker's word to
 * reload, and that a generation was accepted or refused (PROTOCOL.monitor).
 */
#ifndef FILTERD_MAIN_MONITOR_H
#define FILTERD_MAIN_MONITOR_H

struct monitor_options {
	const char *conf_path;  /* absolute */
	const char *self;       /* program to start roles with: SELF --role broker|recorder */
	const char *scan;       /* program of the nursery: SCAN GENERATION */
};

/* Runs until SIGTERM or SIGINT (returns 0), or returns 1 when filterd can't start; the log says why.
 * SIGHUP reloads. */
int monitor_run(const struct monitor_options *o);

#endif
