/* filterd-scan: the program of nursery and workers, started by the monitor.
 *
 *     filterd-scan [--generation] N      fd 3: nursery channel (PROTOCOL.scan); fd 4: the generation's bundle; fd 5 …: its
 *                                       indexes of records, if it has any
 */
#include "config.h"

#include "base/io.h"
#include "base/log.h"
#include "conf/bundle.h"
#include "conf/conf.h"
#include "proc/privs.h"
#include "worker/engines.h"
#include "worker/nursery.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FD_CHANNEL = 3, FD_BUNDLE = 4 };

static uint32_t generation_of(int argc, char **argv)
{
	const char *text = argc == 3 && strcmp(argv[1], "--generation") == 0 ? argv[2] : argc == 2 ? argv[1] : "";
	char *end;
	unsigned long n = strtoul(text, &end, 10);
	if (!*text || *end || n == 0 || n > UINT32_MAX)
		log_fatal("usage: filterd-scan [--generation] N, with the nursery channel as descriptor 3 and the bundle as 4");
	return (uint32_t)n;
}

static int become_user(const char *user, struct cfgerr *err)
{
	struct privs p;
	char why[256];
	if (geteuid() != 0)
		return 0;
	if (privs_find_user(user, &p, why, sizeof why) < 0)
		return cfgerr_set(err, "", 0, "%s", why);
	if (privs_drop(&p) < 0)
		return cfgerr_set(err, "", 0, "user \"%s\": %s", user, strerror(errno));
	return 0;
}

static int set_up(struct conf **conf_r, struct bundle *b, struct engines *e, char *tmp_dir, size_t tmp_size, struct cfgerr *err)
{
	if (bundle_from_fd(FD_BUNDLE, b) < 0)
		return cfgerr_set(err, "", 0, "descriptor 4 is not a bundle");
	close(FD_BUNDLE);
	if (conf_parse(b, conf_r, err) < 0)
		return -1;
	const struct conf *c = *conf_r;
	if (become_user(c->user, err) < 0)
		return -1;
	/* on tmpfs, where run_dir lies, small files are scanned up to a third faster */
	if ((size_t)snprintf(tmp_dir, tmp_size, "%s/tmp", c->run_dir) >= tmp_size)
		return cfgerr_set(err, c->path, 0, "run_dir is too long");
	if (mkdir(tmp_dir, 0700) < 0 && errno != EEXIST)
		return cfgerr_set(err, tmp_dir, 0, "can't be made: %s", strerror(errno));
	return engines_load(c, b, e, err);
}

/* As many again for files as for texts: PROTOCOL.scan, section 1. */
static unsigned workers_of(const struct conf *c)
{
	long n = c->scan.workers > 0 ? c->scan.workers : sysconf(_SC_NPROCESSORS_ONLN);
	return 2 * (n < 1 ? 1 : n > NURSERY_WORKERS_MAX / 2 ? NURSERY_WORKERS_MAX / 2 : (unsigned)n);
}

int main(int argc, char **argv)
{
	struct conf *conf = NULL;
	struct bundle bundle = { 0 };
	struct engines engines = { 0 };
	struct cfgerr err = { .file = "" };
	char tmp_dir[4096];
	log_init("nursery", LOG_INFO_L);
	uint32_t generation = generation_of(argc, argv);
	if (io_cloexec(FD_CHANNEL, 1) < 0 || io_cloexec(FD_BUNDLE, 1) < 0)
		log_fatal("descriptors 3 and 4 are needed error=\"%s\"", strerror(errno));
	umask(077);
	int r = -1;
	if (set_up(&conf, &bundle, &engines, tmp_dir, sizeof tmp_dir, &err) == 0) {
		const struct nursery_setup setup = { .generation = generation, .channel = FD_CHANNEL, .tmp_dir = tmp_dir,
			                             .workers = workers_of(conf), .scan_max = (uint64_t)conf->scan.scan_max };
		log_info("generation=%u loaded \"%s\"", generation, engines.summary);
		bundle_free(&bundle); /* the workers need no rule texts */
		r = nursery_run(&setup, &engines);
	} else {
		log_error("generation=%u refused file=\"%s\" line=%d error=\"%s\"", generation, err.file, err.line, err.text);
		nursery_refuse(FD_CHANNEL, generation, &err);
	}
	engines_free(&engines);
	bundle_free(&bundle);
	conf_free(&conf);
	return r < 0 ? 1 : 0;
}
