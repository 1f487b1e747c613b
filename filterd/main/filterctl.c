/* filterctl: the tool of admins and rule authors. */
#include "config.h"

#include "base/nearest.h"
#include "conf/conf.h"
#include "main/ctl.h"
#include "main/ctl_allow.h"
#include "main/ctl_audit.h"
#include "main/ctl_edm.h"
#include "main/ctl_fingerprint.h"
#include "main/ctl_rules.h"
#include "main/ctl_say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* For commands with options of their own: what the configuration says becomes the first option, which one given by
 * hand overrides; a --json before the command goes with them. */
static int run_with(const struct ctl *ctl, int (*run)(int argc, char **argv), int argc, char **argv, const char *option,
                    const char *value)
{
	char **all = calloc((size_t)argc + 4, sizeof *all);
	int n = 0;
	if (!all)
		return CTL_FAILED;
	for (int i = 0; i < argc; i++) {
		all[n++] = argv[i];
		if (i == 1 && value) {
			all[n++] = (char *)option;
			all[n++] = (char *)value;
		}
		if (i == 1 && ctl->json)
			all[n++] = (char *)"--json";
	}
	int status = run(n, all);
	free(all);
	return status;
}

static int run_rules(const struct ctl *ctl, int argc, char **argv)
{
	return ctl_rules(ctl, argc, argv);
}

static int run_edm(const struct ctl *ctl, int argc, char **argv)
{
	return run_with(ctl, ctl_edm, argc, argv, NULL, NULL);
}

static int run_audit(const struct ctl *ctl, int argc, char **argv)
{
	char dir[4200];
	snprintf(dir, sizeof dir, "%s/journal", ctl->conf ? ctl->conf->state_dir : "");
	return run_with(ctl, ctl_audit, argc, argv, "--dir", ctl->conf ? dir : NULL);
}

static int print_version(const struct ctl *ctl, int argc, char **argv)
{
	puts("filterctl " PACKAGE_VERSION);
	return CTL_OK;
}

static int print_help(const struct ctl *ctl, int argc, char **argv);

/* own_options: the command reads --json, --help and its other options itself. */
static const struct command {
	const char *name;
	int own_options;
	int (*run)(const struct ctl *ctl, int argc, char **argv);
	const char *usage;
	const char *help;
} commands[] = {
        {"status", 0, ctl_status, "status", "how filterd does: links, connectors, workers, rules, counters"},
        {"reload", 0, ctl_reload, "reload",
         "read configuration, rules and signatures again; says what is wrong with them"},
        {"scan", 0, ctl_scan, "scan FILE...", "scan files for malware and data, by the running filterd or without one"},
        {"quarantine", 0, ctl_quarantine, "quarantine list", "what is held, newest first"},
        {"quarantine", 0, ctl_quarantine, "quarantine show ITEM", "what is known of one held item"},
        {"rules", 1, run_rules, "rules check [DIR|FILE]", "check rule files and run the tests in them"},
        {"rules", 1, run_rules, "rules test [DIR|FILE]", "run the tests in rule files, detector by detector"},
        {"rules", 1, run_rules, "rules match [--rules DIR] <TEXT", "what rules find in a text, and what becomes of it"},
        {"rules", 1, run_rules, "rules match [--rules DIR] --jsonl", "the same of many texts, for programs"},
        {"rules", 1, run_rules, "rules explain [--rules DIR] <TEXT", "tell why rules did or did not find something"},
        {"rules", 1, run_rules, "rules list, rules lint", "the detectors; what is wrong with their patterns"},
        {"rules", 1, run_rules, "rules profile [--rules DIR] FILE...", "what each pattern costs on texts of your own"},
        {"edm", 1, run_edm, "edm build --out INDEX CSV", "make an index of real records, to find these and no others"},
        {"edm", 1, run_edm, "edm info INDEX, edm check INDEX", "what an index holds; whether it is whole"},
        {"fingerprint", 1, ctl_fingerprint, "fingerprint add FILE...", "register documents, to find passages copied from them"},
        {"fingerprint", 1, ctl_fingerprint, "fingerprint list|match|remove", "what is registered; what of it stands in a file"},
        {"allow", 0, ctl_allow, "allow hash [--offline]", "hashes of values from standard input, for the allow-list"},
        {"audit", 1, run_audit, "audit verify [--dir DIR]", "prove that the audit journal is whole"},
        {"help", 1, print_help, "help [COMMAND]", "this text, or what there is to say of a command"},
        {"version", 0, print_version, "version", "the version"},
};

static int help_of(const struct ctl *ctl, const char *name);

static int print_help(const struct ctl *ctl, int argc, char **argv)
{
	if (argc > 1)
		return help_of(ctl, argv[1]);
	puts("filterctl talks to filterd, and checks rule files on its own.\n"
	     "\n"
	     "  filterctl [-c FILE | --control SOCKET] [--json] COMMAND ...\n");
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		printf("  %-36s %s\n", commands[i].usage, commands[i].help);
	puts("\n"
	     "  -c FILE            the configuration file: where socket, rules and journal are, and the\n"
	     "                     site's zones\n"
	     "  --control SOCKET   the control socket itself (default: " FILTERD_RUNDIR "/control)\n"
	     "  --json             answers for programs: one JSON object a line\n"
	     "\n"
	     "It exits with 0 if all is well, with 1 if something was found or is wrong, with 2 if\n"
	     "it was called wrongly, and with 3 if there is no answer: filterd does not run, or a\n"
	     "file can't be read.  See filterctl(1).");
	return CTL_OK;
}

/* Where the socket is, from the configuration.  Its secrets are not needed, and not read. */
static int read_conf(const char *path, struct conf **c)
{
	struct bundle b = { 0 };
	struct cfgerr err = { 0 };
	int r = bundle_add_file(&b, BUNDLE_CONFIG, path, &err);
	if (r == 0)
		r = conf_parse(&b, c, &err);
	bundle_free(&b);
	return r < 0 ? ctl_complain_of(&err, "") : r;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static int print_command_help(const char *name)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(commands[i].name, name) == 0)
			printf("filterctl %s\n  %s\n", commands[i].usage, commands[i].help);
	puts("filterctl(1) says more.");
	return CTL_OK;
}

static int usage(const char *why, const char *what)
{
	char clean[200];
	fprintf(stderr, "filterctl: %s%s; `filterctl --help` lists what there is\n", why, ctl_clean(clean, sizeof clean, what));
	return CTL_USAGE;
}

static int refuse_command(const char *name)
{
	struct nearest near = { .word = name };
	char question[NEAREST_SIZE], clean[200];
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		nearest_try(&near, commands[i].name);
	if (!near.best)
		return usage("there is no command ", name);
	fprintf(stderr, "filterctl: there is no command %s%s\n", ctl_clean(clean, sizeof clean, name), nearest_question(&near, question, sizeof question));
	return CTL_USAGE;
}

static int help_of(const struct ctl *ctl, const char *name)
{
	char command[64], *const argv[] = { command, (char *)"--help", NULL };
	const struct command *k = find_command(name);
	snprintf(command, sizeof command, "%s", name);
	if (!k)
		return refuse_command(name);
	return k->own_options && k->run != print_help ? k->run(ctl, 2, (char **)argv) : print_command_help(k->name);
}

/* --json may stand anywhere, unless the command reads options itself.  "--" ends the search. */
static int take_json(int argc, char **argv, int *json)
{
	int n = 1;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			*json = 1;
		} else if (strcmp(argv[i], "--") == 0) {
			while (++i < argc)
				argv[n++] = argv[i];
		} else {
			argv[n++] = argv[i];
		}
	}
	argv[n] = NULL;
	return n;
}

/* So may -c FILE. */
static int take_conf(int argc, char **argv, const char **path)
{
	int n = 1, i = 1;
	for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "-c") == 0 && i + 1 < argc)
			*path = argv[++i];
		else
			argv[n++] = argv[i];
	}
	while (i < argc)
		argv[n++] = argv[i++];
	argv[n] = NULL;
	return n;
}

int main(int argc, char **argv)
{
	struct ctl ctl = { .control = FILTERD_RUNDIR "/control" };
	struct conf *conf = NULL;
	int i = 1;
	for (; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "-c") == 0 && i + 1 < argc)
			ctl.conf_path = argv[++i];
		else if (strcmp(argv[i], "--control") == 0 && i + 1 < argc)
			ctl.control = argv[++i];
		else if (strcmp(argv[i], "--json") == 0)
			ctl.json = 1;
		else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return print_help(&ctl, 0, NULL);
		else if (strcmp(argv[i], "--version") == 0)
			return print_version(&ctl, 0, NULL);
		else
			return usage("there is no option ", argv[i]);
	}
	if (i == argc)
		return usage("what shall it do?", "");
	const struct command *k = find_command(argv[i]);
	if (!k)
		return refuse_command(argv[i]);
	argc -= i;
	argv += i;
	if (!k->own_options && ctl_wants_help(argc, argv))
		return print_command_help(k->name);
	argc = take_conf(argc, argv, &ctl.conf_path);
	if (ctl.conf_path) {
		if (read_conf(ctl.conf_path, &conf) < 0)
			return CTL_FAILED;
		ctl.control = conf->control.socket;
		ctl.conf = conf;
	}
	if (!k->own_options)
		argc = take_json(argc, argv, &ctl.json);
	int status = k->run(&ctl, argc, argv);
	conf_free(&conf);
	return status;
}
