#include "main/ctl_rules.h"

#include "base/nearest.h"
#include "conf/conf.h"
#include "main/ctl.h"
#include "main/rules_cli.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#ifndef FILTERD_SYSCONFDIR
#define FILTERD_SYSCONFDIR "/etc/filterd"
#endif

/* Options that a command may have beside --rules. */
enum { JSON = 1, JSONL = 2, DETECTOR = 4, DECIDE = 8, SITUATION = 16, WARN_ONLY = 32 };

/* What a command takes: operands are the rules, or, if many, files of its own. */
static const struct command {
	const char *name;
	int (*run)(const struct rules_options *o);
	int many;
	unsigned takes;
	const char *usage;
} commands[] = {
	{ "check", rules_check, 0, WARN_ONLY, "check [--warn-only] [DIR|FILE]" },
	{ "test", rules_test, 0, JSON | DETECTOR, "test [--json] [--detector ID] [DIR|FILE]" },
	{ "match", rules_match, 0, JSON | JSONL | DECIDE | SITUATION, "match [--rules DIR] [--json] [SITUATION] <TEXT, or --jsonl [--decide] <LINES" },
	{ "list", rules_list, 0, JSON, "list [--rules DIR] [--json]" },
	{ "lint", rules_lint, 0, JSON | DETECTOR, "lint [--json] [--detector ID] [DIR|FILE]" },
	{ "explain", rules_explain, 0, JSON | DETECTOR | SITUATION, "explain [--rules DIR] [--json] [--detector ID] [SITUATION] <TEXT" },
	{ "profile", rules_profile, 1, JSON | DETECTOR, "profile [--rules DIR] [--json] [--detector ID] [CORPUS...|-]" },
};

static const struct option longs[] = {
	{ "rules", required_argument, NULL, 'r' }, { "json", no_argument, NULL, 'j' }, { "jsonl", no_argument, NULL, 'l' },
	{ "detector", required_argument, NULL, 'd' }, { "decide", no_argument, NULL, 'e' }, { "from", required_argument, NULL, 'f' },
	{ "to", required_argument, NULL, 't' }, { "channel", required_argument, NULL, 'c' }, { "direction", required_argument, NULL, 'w' },
	{ "lang", required_argument, NULL, 'n' }, { "warn-only", no_argument, NULL, 'o' }, { "help", no_argument, NULL, 'h' }, { 0 }
};

/* What the options mean; 0: any command has it. */
static const struct { unsigned needs; const char *text; } helps[] = {
	{ 0, "DIR, FILE           rule files; without: those of filterctl -c FILE, or " FILTERD_SYSCONFDIR "/rules" },
	{ WARN_ONLY, "--warn-only         no error for what would serve, though it can't be meant" },
	{ DETECTOR, "--detector ID       this detector only" },
	{ JSON, "--json              an answer for programs" },
	{ JSONL, "--jsonl             many texts, a JSON object on each line: {\"id\": 1, \"text\": \"...\"}" },
	{ DECIDE, "--decide            with --jsonl: what becomes of each text, too" },
	{ SITUATION, "SITUATION           where the text goes, of which nothing else is known:" },
	{ SITUATION, "  --from ZONE|JID   the sender (if not given: the organisation's own zone)" },
	{ SITUATION, "  --to ZONE|JID     who will see it; may be given more than once (public)" },
	{ SITUATION, "  --direction WAY   outgoing, incoming, internal or external instead" },
	{ SITUATION, "  --channel KIND    chat, groupchat, normal, headline, presence, iq, upload or correction (chat)" },
	{ SITUATION, "  --lang LANGUAGE   of the sender, for notices and labels" },
};

/* Of one command, or (NULL) of all. */
static void print_usage(FILE *to, const struct command *only)
{
	const char *before = "usage:";
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (only && only != &commands[i])
			continue;
		fprintf(to, "%s filterctl rules %s\n", before, commands[i].usage);
		before = "      ";
	}
}

static int help(const struct command *only)
{
	print_usage(stdout, only);
	for (size_t i = 0; i < sizeof helps / sizeof *helps; i++)
		if (!only || !helps[i].needs || only->takes & helps[i].needs)
			printf("  %s\n", helps[i].text);
	puts("filterctl(1) says more, and filterd-rules(5) how rules are written.");
	return CTL_OK;
}

static int usage(const struct command *only, const char *why, const char *what)
{
	if (why)
		fprintf(stderr, "filterctl: rules%s%s: %s%s\n", only ? " " : "", only ? only->name : "", why, what);
	print_usage(stderr, only);
	return CTL_USAGE;
}

/* Which of the above an option needs; 0: any command has it. */
static unsigned needs(int c)
{
	switch (c) {
	case 'j':
		return JSON;
	case 'l':
		return JSONL;
	case 'd':
		return DETECTOR;
	case 'e':
		return DECIDE;
	case 'o':
		return WARN_ONLY;
	case 'f':
	case 't':
	case 'c':
	case 'w':
	case 'n':
		return SITUATION;
	default:
		return 0;
	}
}

static int take(struct rules_options *o, int c, const char *value)
{
	switch (c) {
	case 'r':
		o->rules = value;
		return 0;
	case 'd':
		o->detector = value;
		return 0;
	case 'j':
		o->json = 1;
		return 0;
	case 'l':
		o->jsonl = 1;
		return 0;
	case 'o':
		o->warn_only = 1;
		return 0;
	default:
		break;
	}
	o->decide = 1; /* who says where a text goes wants to know what becomes of it */
	switch (c) {
	case 'e':
		return 0;
	case 'f':
		o->from = value;
		return 0;
	case 't':
		if (o->nto == RULES_TO_MAX)
			return -1;
		o->to[o->nto++] = value;
		return 0;
	case 'c':
		o->channel = value;
		return 0;
	case 'w':
		o->direction = value;
		return 0;
	case 'n':
		o->lang = value;
		return 0;
	default:
		return -1;
	}
}

/* 0, or what to exit with, plus one. */
static int parse(const struct command *k, const struct ctl *ctl, int argc, char **argv, struct rules_options *o)
{
	*o = (struct rules_options){ .ctl = ctl, .rules = ctl->conf ? ctl->conf->rules : FILTERD_SYSCONFDIR "/rules" };
	o->json = ctl->json && k->takes & JSON;
	char name[40];
	snprintf(name, sizeof name, "filterctl: rules %s", k->name);
	argv[0] = name; /* as whom getopt complains */
	optind = 1;
	for (int c, i; (c = getopt_long(argc, argv, "h", longs, &i)) != -1;) {
		if (c == 'h')
			return help(k) + 1;
		if (c == '?') /* getopt has said why */
			return usage(k, NULL, NULL) + 1;
		if (needs(c) && !(k->takes & needs(c)))
			return usage(k, "it has no option --", longs[i].name) + 1;
		if (take(o, c, optarg) < 0)
			return usage(k, "too many --to", "") + 1;
	}
	o->files = argv + optind;
	o->nfiles = argc - optind;
	if (k->many || o->nfiles == 0)
		return 0;
	o->rules = argv[optind];
	return o->nfiles == 1 ? 0 : usage(k, "it takes one folder or file; this is too much: ", argv[optind + 1]) + 1;
}

static int refuse_command(const char *name)
{
	struct nearest near = { .word = name };
	char question[NEAREST_SIZE], why[NEAREST_SIZE + 100];
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		nearest_try(&near, commands[i].name);
	snprintf(why, sizeof why, "there is no command %.60s%s", name, nearest_question(&near, question, sizeof question));
	return usage(NULL, why, "");
}

int ctl_rules(const struct ctl *ctl, int argc, char **argv)
{
	struct rules_options o;
	if (argc < 2)
		return usage(NULL, "what shall it do?", "");
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return help(NULL);
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		int status = parse(&commands[i], ctl, argc - 1, argv + 1, &o);
		return status ? status - 1 : commands[i].run(&o);
	}
	return refuse_command(argv[1]);
}
