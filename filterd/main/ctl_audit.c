#include "main/ctl_audit.h"

#include "audit/verify.h"
#include "base/io.h"
#include "base/text.h"
#include "main/ctl.h"
#include "main/ctl_say.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"usage: filterctl audit verify [--dir DIR] [--key KEY] [--since FILE] [--json]\n"
	"  --dir DIR     the journal's folder (" FILTERD_STATEDIR "/journal)\n"
	"  --key KEY     its verifier key, or a file that holds it (DIR/verifier).  Keep a copy elsewhere: who can\n"
	"                replace the journal can replace the key beside it\n"
	"  --since FILE  an earlier checkpoint that this journal must continue\n"
	"  --json        for programs\n";

struct options {
	const char *dir, *key, *since;
	int json;
};

/* The key itself, or what is in the file of that name. */
static int load_key(const struct options *o, struct note_verifier *v_r)
{
	char path[4096], *text;
	size_t size;
	if (o->key && note_verifier_parse(o->key, v_r) == 0)
		return 0;
	snprintf(path, sizeof path, "%s/verifier", o->dir);
	const char *file = o->key ? o->key : path;
	if (io_read_file(file, NOTE_VERIFIER_SIZE, &text, &size) < 0) {
		ctl_complain(file, strerror(errno));
		return -1;
	}
	int r = note_verifier_parse(text, v_r);
	free(text);
	if (r < 0)
		ctl_complain(file, "this is no verifier key (<name>+<id>+<base64>)");
	return r;
}

static int load_since(const struct options *o, const struct note_verifier *v, struct checkpoint *c_r)
{
	char *text;
	size_t size;
	if (io_read_file(o->since, NOTE_SIZE * 8, &text, &size) < 0) {
		ctl_complain(o->since, strerror(errno));
		return -1;
	}
	int r = note_open(text, size, v, c_r);
	free(text);
	if (r < 0)
		ctl_complain(o->since, "this is no checkpoint signed by this key");
	return r;
}

static void print_human(const struct journal_report *r, int sound)
{
	char hex[65];
	text_hex(hex, r->root, sizeof r->root);
	for (size_t i = 0; i < r->nfaults && i < JOURNAL_FAULTS_MAX; i++)
		printf("%s: %s\n", r->fault[i].path, r->fault[i].text);
	if (r->nfaults > JOURNAL_FAULTS_MAX)
		printf("… and %zu more\n", r->nfaults - JOURNAL_FAULTS_MAX);
	if (r->torn_bytes)
		printf("tail: ends in %" PRIu64 " bytes of an unfinished entry (a write under way, or a crash)\n", r->torn_bytes);
	if (sound)
		printf("sound: %s, %" PRIu64 " entries under a valid checkpoint, %" PRIu64 " newer, root %s\n", r->origin, r->covered, r->beyond, hex);
	else
		printf("NOT SOUND: %zu faults\n", r->nfaults);
}

static void print_json(const struct journal_report *r, int sound)
{
	char hex[65];
	text_hex(hex, r->root, sizeof r->root);
	json_t *faults = json_array();
	for (size_t i = 0; i < r->nfaults && i < JOURNAL_FAULTS_MAX; i++)
		json_array_append_new(faults, json_pack("{s:s, s:s}", "path", r->fault[i].path, "fault", r->fault[i].text));
	json_t *o = json_pack("{s:b, s:s, s:I, s:I, s:I, s:s, s:I, s:o}", "sound", sound, "origin", r->origin, "entries", (json_int_t)r->covered,
		"beyond_checkpoint", (json_int_t)r->beyond, "torn_bytes", (json_int_t)r->torn_bytes, "root", hex, "nfaults",
		(json_int_t)r->nfaults, "faults", faults);
	if (o)
		json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
}

static int verify(const struct options *o)
{
	struct note_verifier v;
	struct checkpoint since;
	struct journal_report *r = malloc(sizeof *r);
	if (!r || load_key(o, &v) < 0 || (o->since && load_since(o, &v, &since) < 0)) {
		free(r);
		return CTL_FAILED;
	}
	int sound = journal_verify(o->dir, &v, o->since ? &since : NULL, r) == 0;
	if (o->json)
		print_json(r, sound);
	else
		print_human(r, sound);
	free(r);
	return sound ? CTL_OK : CTL_FOUND;
}

int ctl_audit(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "dir", required_argument, NULL, 'd' }, { "key", required_argument, NULL, 'k' }, { "since", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' }, { 0 },
	};
	struct options o = { .dir = FILTERD_STATEDIR "/journal" };
	int c;
	optind = 1;
	while ((c = getopt_long(argc, argv, "d:k:s:jh", longs, NULL)) != -1)
		switch (c) {
		case 'd': o.dir = optarg; break;
		case 'k': o.key = optarg; break;
		case 's': o.since = optarg; break;
		case 'j': o.json = 1; break;
		case 'h': fputs(usage, stdout); return CTL_OK;
		default: fputs(usage, stderr); return CTL_USAGE;
		}
	if (optind + 1 != argc || strcmp(argv[optind], "verify") != 0) {
		fputs(usage, stderr);
		return CTL_USAGE;
	}
	return verify(&o);
}
