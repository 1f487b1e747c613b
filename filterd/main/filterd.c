/* filterd: the monitor, and the roles that it starts this same program for. */
#include "config.h"

#include "base/log.h"
#include "conf/conf.h"
#include "main/check.h"
#include "main/monitor.h"
#include "main/paths.h"
#include "main/recorder.h"
#include "main/roles.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Descriptors at the start of a role (PROTOCOL.monitor, section 1). */
enum { ROLE_CHANNEL_FD = 3, ROLE_BUNDLE_FD = 4, ROLE_RECORDER_FD = 5 };

static int run_broker(const struct bundle *b, const struct conf *c)
{
	return broker_main(b, c, ROLE_CHANNEL_FD, ROLE_RECORDER_FD);
}

static int run_recorder(const struct bundle *b, const struct conf *c)
{
	return recorder_main(c, ROLE_CHANNEL_FD);
}

static const struct role {
	const char *name;
	int (*run)(const struct bundle *b, const struct conf *c);
} roles[] = {
	{ "broker", run_broker },
	{ "recorder", run_recorder },
};

/* The folders are made and privileges dropped before this program is entered (proc/spawn.h); what is left is to
 * make sure of it, to take the configuration, and to go on to the role, which closes itself in. */
static int enter_role(const struct role *r)
{
	struct bundle b;
	struct conf *c;
	struct cfgerr err = { 0 };
	log_init(r->name, LOG_INFO_L);
	if (geteuid() == 0 || getuid() == 0)
		log_fatal("this role does not run as root; start filterd -c FILE, which starts it");
	/* Secrets and messages are in this memory: no core dumps, no debugger of the same user. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		log_fatal("prctl error=\"%s\"", strerror(errno));
	if (bundle_from_fd(ROLE_BUNDLE_FD, &b) < 0)
		log_fatal("there is no configuration on descriptor %d; start filterd -c FILE, which starts this role",
		          ROLE_BUNDLE_FD);
	close(ROLE_BUNDLE_FD);
	if (conf_parse(&b, &c, &err) < 0)
		log_fatal("%s:%d: %s", err.file, err.line, err.text);
	int status = r->run(&b, c);
	conf_free(&c);
	bundle_free(&b);
	return status;
}

static int find_role(const char *name)
{
	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
		if (strcmp(roles[i].name, name) == 0)
			return enter_role(&roles[i]);
	fprintf(stderr, "filterd: there is no role \"%s\"\n", name);
	return 2;
}

static const char help[] =
	"filterd filters company chat: it attaches to an XMPP server, and nothing that people\n"
	"write or send passes it without a verdict.\n"
	"\n"
	"  filterd -c FILE       run in the foreground with this configuration\n"
	"  filterd -t -c FILE    check the configuration, rules and folders; start nothing\n"
	"  filterd --options     list every option of the configuration file\n"
	"  filterd --version     print the version\n"
	"\n"
	"SIGHUP reloads configuration, rules and signatures; if anything is wrong with the new\n"
	"ones, the old stay in force and the log says what and where.  SIGTERM ends in order.\n"
	"See filterd(8), filterd.conf(5) and filterctl(1).\n";

static int run(const char *conf_path, int check)
{
	char self[4096], scan[4096], *path = realpath(conf_path, NULL);
	int status = 1;
	if (!path)
		fprintf(stderr, "%s: can't be read: %s\n", conf_path, strerror(errno));
	else if (paths_self(self, sizeof self) < 0)
		fprintf(stderr, "filterd: /proc/self/exe: %s\n", strerror(errno));
	else if (check)
		status = check_run(path, self);
	else if (paths_scan(self, scan, sizeof scan) < 0)
		fprintf(stderr, "filterd: %s can't be executed; is filterd installed completely?\n", scan);
	else
		status = monitor_run(&(struct monitor_options){ path, self, scan });
	free(path);
	return status;
}

static int usage(void)
{
	fputs("usage: filterd -c FILE | -t -c FILE | --options | --version | --help\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	enum { OPT_HELP = 256, OPT_VERSION, OPT_OPTIONS, OPT_ROLE };
	static const struct option options[] = {
		{ "help", no_argument, NULL, OPT_HELP },
		{ "version", no_argument, NULL, OPT_VERSION },
		{ "options", no_argument, NULL, OPT_OPTIONS },
		{ "role", required_argument, NULL, OPT_ROLE },
		{ NULL, 0, NULL, 0 },
	};
	const char *conf_path = NULL;
	int opt, check = 0;
	while ((opt = getopt_long(argc, argv, "c:t", options, NULL)) != -1) {
		switch (opt) {
		case 'c':
			conf_path = optarg;
			break;
		case 't':
			check = 1;
			break;
		case OPT_HELP:
			fputs(help, stdout);
			return 0;
		case OPT_VERSION:
			puts("filterd " PACKAGE_VERSION);
			return 0;
		case OPT_OPTIONS:
			conf_print_options();
			return 0;
		case OPT_ROLE:
			return find_role(optarg);
		default:
			return usage();
		}
	}
	if (optind < argc || !conf_path)
		return usage();
	return run(conf_path, check);
}
