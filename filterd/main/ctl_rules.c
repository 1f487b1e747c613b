#include "main/ctl_rules.h"

#include "base/text.h"
#include "conf/bundle.h"
#include "detect/detect.h"
#include "policy/rules.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef FILTERD_SYSCONFDIR
#define FILTERD_SYSCONFDIR "/etc/filterd"
#endif

enum { MATCH_BUDGET_US = 5000000, MESSAGES_MAX = 4096 };
enum { STATUS_OK = 0, STATUS_WRONG = 1, STATUS_USAGE = 2 };

static void print_error(const struct cfgerr *e)
{
	if (e->file[0] && e->line)
		fprintf(stderr, "%s:%d: %s\n", e->file, e->line, e->text);
	else if (e->file[0])
		fprintf(stderr, "%s: %s\n", e->file, e->text);
	else
		fprintf(stderr, "filterctl: %s\n", e->text);
}

/* Reads and compiles the rules of a folder or file, without running their tests. */
static int load(const char *dir, struct bundle *b, struct detect_set **set_r)
{
	struct cfgerr err = { 0 };
	*b = (struct bundle){ 0 };
	if (bundle_add_rules(b, dir, &err) == 0 && detect_compile(b, set_r, &err) == 0)
		return 0;
	print_error(&err);
	bundle_free(b);
	return -1;
}

static int usage(void)
{
	fputs("usage: filterctl rules check [DIR|FILE]\n"
	      "       filterctl rules match [--rules DIR] --jsonl\n"
	      "       filterctl rules list [--rules DIR] [--json]\n"
	      "       filterctl rules lint [DIR|FILE]\n"
	      "       filterctl rules explain [--rules DIR] [--detector ID] <TEXT\n", stderr);
	return STATUS_USAGE;
}

struct options {
	const char *rules, *detector;
	int json, jsonl;
};

/* Reads options and at most one operand, which names the rules too. */
static int parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "rules", required_argument, NULL, 'r' }, { "json", no_argument, NULL, 'j' }, { "jsonl", no_argument, NULL, 'l' },
		{ "detector", required_argument, NULL, 'd' }, { 0 }
	};
	*o = (struct options){ .rules = FILTERD_SYSCONFDIR "/rules" };
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
	if (argc - optind > 1)
		return -1;
	if (argc - optind == 1)
		o->rules = argv[optind];
	return 0;
}

static void report(void *arg, const struct cfgerr *e)
{
	print_error(e);
}

/* The part of the files that says what to do, against the detectors there are. */
static int check_policy(const struct bundle *b, const struct detect_set *set)
{
	struct policy_rules *rules = NULL;
	struct cfgerr err = { 0 };
	size_t n = detect_count(set);
	const char **ids = calloc(n + 1, sizeof *ids);
	int r = -1;
	for (size_t i = 0; ids && i < n; i++)
		ids[i] = detect_info(set, i)->id;
	if (ids && policy_rules_parse(b, &rules, &err) == 0)
		r = policy_rules_bind(rules, ids, n, &err);
	if (r < 0)
		print_error(&err);
	policy_rules_free(&rules);
	free(ids);
	return r;
}

static int cmd_check(const struct options *o)
{
	struct bundle b;
	struct detect_set *set = NULL;
	if (load(o->rules, &b, &set) < 0)
		return STATUS_WRONG;
	size_t wrong = detect_check(set, report, NULL);
	if (check_policy(&b, set) < 0)
		wrong++;
	if (!bundle_find(&b, BUNDLE_RULES, NULL)) {
		fprintf(stderr, "%s: there are no .rules files in it\n", o->rules);
		wrong++;
	}
	if (wrong == 0)
		printf("%zu files, %zu detectors, %zu tests: all well%s\n", b.nfiles, detect_count(set), detect_tests(set),
		       detect_jit(set) ? "" : " (PCRE2's JIT is not available: matching is slow)");
	detect_free(&set);
	bundle_free(&b);
	return wrong ? STATUS_WRONG : STATUS_OK;
}

/* How each pattern is run, dearest kinds last to be overlooked: one line each. */
static int cmd_lint(const struct options *o)
{
	struct bundle b;
	struct detect_set *set = NULL;
	int status = STATUS_OK;
	if (load(o->rules, &b, &set) < 0)
		return STATUS_WRONG;
	for (size_t i = 0; i < detect_patterns(set); i++) {
		struct detect_price p;
		detect_pattern_price(set, i, &p);
		printf("%s:%d: %s: %s, %.*g steps%s%s%s\n", p.file, p.line, p.detector, p.kind, p.cost < 1e15 ? 15 : 1, p.cost, p.watched ? ", watched by the clock" : "",
		       p.literals[0] ? ": " : "", p.literals);
		if (p.slow[0]) {
			printf("%s:%d: %s: slow: it %s\n", p.file, p.line, p.detector, p.slow);
			status = STATUS_WRONG;
		}
	}
	detect_free(&set);
	bundle_free(&b);
	return status;
}

static size_t points(const char *s, size_t size)
{
	size_t n = 0;
	for (size_t i = 0; i < size; i++)
		n += ((unsigned char)s[i] & 0xc0) != 0x80;
	return n;
}

static json_t *finding_json(const struct detect_set *set, const struct detect_text *texts, const struct finding *f, int conversation)
{
	const char *s = texts[f->text].data;
	size_t start = points(s, f->start), end = start + points(s + f->start, f->end - f->start);
	json_t *j = json_pack("{s:s, s:I, s:I, s:i}", "detector", detect_info(set, f->detector)->id, "start", (json_int_t)start, "end",
	                      (json_int_t)end, "confidence", (int)f->confidence);
	if (conversation)
		json_object_set_new(j, "message", json_integer(f->text));
	return j;
}

struct matcher {
	const struct detect_set *set;
	struct detect_scratch *scratch;
	struct finding *out;
	struct detect_text *texts;
};

static int message_text(const json_t *m, struct detect_text *t_r)
{
	const json_t *body = json_is_object(m) ? json_object_get(m, "body") : m;
	if (!json_is_string(body))
		return -1;
	*t_r = (struct detect_text){ ROLE_BODY, json_string_value(body), json_string_length(body) };
	return 0;
}

/* The texts of a line: "text", or "messages" of a conversation.  NULL, or what is wrong with the line. */
static const char *line_texts(const json_t *line, struct matcher *m, size_t *n_r)
{
	const json_t *text = json_object_get(line, "text"), *list = json_object_get(line, "messages");
	if (!json_is_object(line))
		return "this line is no JSON object";
	if (!json_object_get(line, "id"))
		return "this line has no \"id\"";
	if (text && list)
		return "give either \"text\" or \"messages\"";
	*n_r = 1;
	if (text)
		return json_is_string(text) && message_text(text, &m->texts[0]) == 0 ? NULL : "\"text\" must be a string";
	if (!json_is_array(list))
		return "this line has no \"text\"";
	*n_r = json_array_size(list);
	if (*n_r > MESSAGES_MAX)
		return "there are more than 4096 messages in this line";
	for (size_t i = 0; i < *n_r; i++)
		if (message_text(json_array_get(list, i), &m->texts[i]) < 0)
			return "each of \"messages\" must be a string, or an object with \"body\", a string";
	return NULL;
}

static const char *match_line(struct matcher *m, const json_t *line)
{
	size_t ntexts, n = 0;
	const char *wrong = line_texts(line, m, &ntexts);
	if (wrong)
		return wrong;
	enum cause cause = detect_scan(m->set, m->scratch, m->texts, ntexts, MATCH_BUDGET_US, m->out, &n);
	json_t *list = json_array(), *answer = json_object();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, finding_json(m->set, m->texts, &m->out[i], json_object_get(line, "messages") != NULL));
	json_object_set(answer, "id", json_object_get(line, "id"));
	json_object_set_new(answer, "findings", list);
	if (cause != CAUSE_NONE)
		json_object_set_new(answer, "incomplete", json_string(cause_name(cause)));
	char *s = json_dumps(answer, JSON_COMPACT | JSON_ENCODE_ANY);
	json_decref(answer);
	if (!s)
		return "out of memory";
	puts(s);
	free(s);
	return NULL;
}

static int match_lines(struct matcher *m)
{
	char *line = NULL;
	size_t cap = 0, number = 0;
	int status = STATUS_OK;
	for (ssize_t n; (n = getline(&line, &cap, stdin)) >= 0;) {
		number++;
		if (strspn(line, " \t\r\n") == (size_t)n)
			continue;
		json_error_t je;
		json_t *j = json_loadb(line, (size_t)n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &je);
		const char *wrong = j ? match_line(m, j) : je.text;
		if (wrong) {
			fprintf(stderr, "stdin:%zu: %s\n", number, wrong);
			status = STATUS_WRONG;
		}
		json_decref(j);
	}
	free(line);
	if (fflush(stdout) != 0 || ferror(stdin)) {
		fprintf(stderr, "filterctl: %s\n", strerror(errno));
		status = STATUS_WRONG;
	}
	return status;
}

static int cmd_match(const struct options *o)
{
	struct bundle b;
	struct detect_set *set = NULL;
	if (!o->jsonl)
		return usage();
	if (load(o->rules, &b, &set) < 0)
		return STATUS_WRONG;
	struct matcher m = { set, detect_scratch_new(set), malloc(DETECT_FINDINGS_MAX * sizeof *m.out), calloc(MESSAGES_MAX, sizeof *m.texts) };
	int status = STATUS_WRONG;
	if (m.scratch && m.out && m.texts)
		status = match_lines(&m);
	else
		fputs("filterctl: out of memory\n", stderr);
	free(m.texts);
	free(m.out);
	detect_scratch_free(&m.scratch);
	detect_free(&set);
	bundle_free(&b);
	return status;
}

static json_t *info_json(const struct detect_info *d)
{
	json_t *levels = json_array(), *refs = json_array();
	for (size_t i = 0; i < d->nlevels; i++)
		json_array_append_new(levels, json_integer(d->levels[i]));
	for (size_t i = 0; i < d->nreferences; i++)
		json_array_append_new(refs, json_string(d->references[i]));
	return json_pack("{s:s, s:s, s:s*, s:s*, s:o, s:o}", "id", d->id, "title", d->title, "country", d->country, "class", d->class_name,
	                 "confidence", levels, "reference", refs);
}

static void print_info(const struct detect_info *d)
{
	char levels[64] = "";
	for (size_t i = 0, o = 0; i < d->nlevels && o < sizeof levels; i++)
		o += (size_t)snprintf(levels + o, sizeof levels - o, "%s%d", i ? "," : "", d->levels[i]);
	printf("%-28s %-3s %-12s %-10s %s\n", d->id, d->country ? d->country : "-", d->class_name ? d->class_name : "-", levels, d->title);
	for (size_t i = 0; i < d->nreferences; i++)
		printf("%57s%s\n", "", d->references[i]);
}

static int cmd_list(const struct options *o)
{
	struct bundle b;
	struct detect_set *set = NULL;
	if (load(o->rules, &b, &set) < 0)
		return STATUS_WRONG;
	json_t *list = json_array();
	for (size_t i = 0; i < detect_count(set); i++) {
		if (o->json)
			json_array_append_new(list, info_json(detect_info(set, i)));
		else
			print_info(detect_info(set, i));
	}
	if (o->json) {
		json_dumpf(list, stdout, JSON_INDENT(2));
		putchar('\n');
	}
	json_decref(list);
	detect_free(&set);
	bundle_free(&b);
	return STATUS_OK;
}

static void ignore_line(void *arg, int depth, const char *line)
{
}

static void print_line(void *arg, int depth, const char *line)
{
	printf("%*s%s\n", 2 * depth, "", line);
}

/* The text to explain: standard input to its end, without the last line end. */
static char *read_input(size_t *size_r)
{
	char *text = NULL;
	size_t cap = 0;
	ssize_t n = getdelim(&text, &cap, '\0', stdin);
	*size_r = n > 0 ? (size_t)n : 0;
	if (*size_r && text[*size_r - 1] == '\n')
		text[--*size_r] = '\0';
	return text;
}

/* All detectors whose patterns match, or the one that --detector names. */
static int cmd_explain(const struct options *o)
{
	struct bundle b;
	struct detect_set *set = NULL;
	size_t size, told = 0;
	if (load(o->rules, &b, &set) < 0)
		return STATUS_WRONG;
	char *text = read_input(&size);
	struct detect_scratch *s = detect_scratch_new(set);
	for (size_t i = 0; s && text && i < detect_count(set); i++) {
		if (o->detector ? strcmp(detect_info(set, i)->id, o->detector) != 0 : detect_explain(set, s, i, text, size, ignore_line, NULL) == 0)
			continue;
		detect_explain(set, s, i, text, size, print_line, NULL);
		told++;
	}
	if (!told && o->detector)
		fprintf(stderr, "filterctl: there is no detector \"%s\" in %s\n", o->detector, o->rules);
	else if (!told)
		puts("no pattern of any detector matches this text");
	free(text);
	detect_scratch_free(&s);
	detect_free(&set);
	bundle_free(&b);
	return told || !o->detector ? STATUS_OK : STATUS_WRONG;
}

static const struct command {
	const char *name;
	int (*run)(const struct options *o);
} commands[] = {
	{ "check", cmd_check },
	{ "match", cmd_match },
	{ "list", cmd_list },
	{ "lint", cmd_lint },
	{ "explain", cmd_explain },
};

int ctl_rules(int argc, char **argv)
{
	struct options o;
	if (argc < 2)
		return usage();
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return parse(argc - 1, argv + 1, &o) < 0 ? usage() : commands[i].run(&o);
	return usage();
}
