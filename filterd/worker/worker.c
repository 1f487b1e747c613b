#include "config.h"

#include "worker/worker.h"

#include "base/log.h"
#include "proc/sandbox.h"
#include "worker/serve.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FD_TEXT = 3, FD_FILE, FD_READY, FD_COUNT };
enum { FDS_MAX = 256, MEMORY_SPARE = 512 << 20 };

static void die(const struct worker_setup *w, int code, const char *why)
{
	log_error("worker slot=%u pid=%ld not started reason=\"%s\"", w->slot, (long)getpid(), why);
	_exit(code);
}

static void reset_signals(void)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGCHLD };
	sigset_t none;
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		signal(signals[i], SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a write beyond the limit fails instead, and the scan with it */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Moves our descriptors to 3, 4 and 5 and closes all others: no worker holds another's sockets, the nursery's
 * channel or the bundle. */
static int keep_descriptors(const struct worker_setup *w)
{
	const int from[FD_COUNT - FD_TEXT] = { w->text_sock, w->file_sock, w->ready_fd };
	int high[FD_COUNT - FD_TEXT];
	for (int i = 0; i < FD_COUNT - FD_TEXT; i++)
		if ((high[i] = fcntl(from[i], F_DUPFD_CLOEXEC, 16)) < 0)
			return -1;
	for (int i = 0; i < FD_COUNT - FD_TEXT; i++)
		if (dup3(high[i], FD_TEXT + i, O_CLOEXEC) < 0)
			return -1;
	return (int)syscall(SYS_close_range, FD_COUNT, ~0u, 0);
}

void worker_run(const struct worker_setup *w)
{
	const char *why;
	char name[16];
	/* with the nursery gone nobody would bury us, nor end us when we hang */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != w->nursery)
		_exit(WORKER_EXIT_SETUP);
	snprintf(name, sizeof name, "filterd-work-%u", w->slot);
	prctl(PR_SET_NAME, name);
	setsid();
	reset_signals();
	if (keep_descriptors(w) < 0)
		die(w, WORKER_EXIT_SETUP, "descriptors");
	if (extract_worker_init(w->engines->extract, w->tmp_dir) < 0)
		die(w, WORKER_EXIT_SETUP, "temporary folder");
	struct jobs *jobs = jobs_new(w->engines);
	if (!jobs)
		die(w, WORKER_EXIT_SETUP, "out of memory");

	const struct sandbox box = { .profile = SANDBOX_WORKER,
		                     .paths = { { w->tmp_dir, SANDBOX_WRITE } },
		                     .npaths = 1,
		                     .data_max = 2 * w->scan_max + MEMORY_SPARE,
		                     .file_max = w->scan_max,
		                     .fds_max = FDS_MAX };
	if (sandbox_canary(&box, &why) < 0 || sandbox_enter(&box, &why) < 0)
		die(w, WORKER_EXIT_SANDBOX, why);

	if (write(FD_READY, "!", 1) != 1)
		_exit(WORKER_EXIT_SETUP);
	close(FD_READY);
	_exit(serve(jobs, FD_TEXT, FD_FILE, w->page) < 0 ? WORKER_EXIT_PROTOCOL : 0);
}
