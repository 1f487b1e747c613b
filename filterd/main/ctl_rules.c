#include "main/ctl_rules.h"

#include "main/ctl.h"
#include "main/rules_cli.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#ifndef FILTERD_SYSCONFDIR
#define FILTERD_SYSCONFDIR "/etc/filterd"
#endif

/* What a command takes: operands are the rules, or, if many, files of its own. */
static const struct command {
	const char *name;
	int (*run)(const struct rules_options *o);
	int many;
	const char *usage;
} commands[] = {
	{ "check", rules_check, 0, "check [DIR|FILE]" },
	{ "test", rules_test, 0, "test [--json] [--detector ID] [DIR|FILE]" },
	{ "match", rules_match, 0, "match [--rules DIR] --jsonl" },
	{ "list", rules_list, 0, "list [--rules DIR] [--json]" },
	{ "lint", rules_lint, 0, "lint [--json] [--detector ID] [DIR|FILE]" },
	{ "explain", rules_explain, 0, "explain [--rules DIR] [--detector ID] <TEXT" },
	{ "profile", rules_profile, 1, "profile [--rules DIR] [--json] [--detector ID] [CORPUS...|-]" },
};

static int usage(void)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		fprintf(stderr, "%s filterctl rules %s\n", i ? "      " : "usage:", commands[i].usage);
	return CTL_USAGE;
}

static int parse(const struct command *k, int argc, char **argv, struct rules_options *o)
{
	static const struct option longs[] = {
		{ "rules", required_argument, NULL, 'r' }, { "json", no_argument, NULL, 'j' }, { "jsonl", no_argument, NULL, 'l' },
		{ "detector", required_argument, NULL, 'd' }, { 0 }
	};
	*o = (struct rules_options){ .rules = FILTERD_SYSCONFDIR "/rules" };
	optind = 1;
	for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
		if (c == 'r')
			o->rules = optarg;
		else if (c == 'd')
			o->detector = optarg;
		else if (c == 'j')
			o->json = 1;
		else if (c == 'l')
			o->jsonl = 1;
		else
			return -1;
	}
	o->files = argv + optind;
	o->nfiles = argc - optind;
	if (k->many || o->nfiles == 0)
		return 0;
	o->rules = argv[optind];
	return o->nfiles == 1 ? 0 : -1;
}

int ctl_rules(int argc, char **argv)
{
	struct rules_options o;
	for (size_t i = 0; argc >= 2 && i < sizeof commands / sizeof *commands; i++)
		if (strcmp(argv[1], commands[i].name) == 0) {
			if (parse(&commands[i], argc - 1, argv + 1, &o) < 0 || (commands[i].run == rules_match && !o.jsonl))
				return usage();
			return commands[i].run(&o);
		}
	return usage();
}
