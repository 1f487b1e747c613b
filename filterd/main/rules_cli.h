/* What the commands of `filterctl rules` share. */
#ifndef FILTERD_MAIN_RULES_CLI_H
#define FILTERD_MAIN_RULES_CLI_H

#include "conf/bundle.h"
#include "detect/detect.h"
#include "main/ctl.h"

#include <jansson.h>

enum { RULES_TO_MAX = 8 };

struct rules_options {
	const struct ctl *ctl;
	const char *rules;      /* folder or file */
	const char *detector;   /* NULL: all */
	int json, jsonl;
	int warn_only;          /* of what can't be meant, but would serve */
	int decide;             /* say what becomes of a text, too; the rest is what is assumed of it, NULL: not said */
	const char *from, *to[RULES_TO_MAX];
	size_t nto;
	const char *channel, *direction, *lang;
	char **files;           /* operands that are not rules */
	int nfiles;
};

/* The commands; each returns an exit status of ctl.h. */
int rules_check(const struct rules_options *o);
int rules_explain(const struct rules_options *o);
int rules_lint(const struct rules_options *o);
int rules_list(const struct rules_options *o);
int rules_match(const struct rules_options *o);
int rules_profile(const struct rules_options *o);
int rules_test(const struct rules_options *o);

/* A rule set at hand. */
struct rules_loaded {
	struct bundle b;
	struct detect_set *set;
};
/* Reads and compiles the rules, without running their tests.  -1: what is wrong was said on standard error. */
int rules_load(const char *path, struct rules_loaded *l_r) __attribute__((warn_unused_result));
void rules_unload(struct rules_loaded *l);
/* The detector of this id; -1: there is none, which was said on standard error. */
long rules_find(const struct rules_loaded *l, const struct rules_options *o) __attribute__((warn_unused_result));

/* Standard input to its end (or its first NUL), without the last line end; malloc'ed, NULL without memory. */
char *rules_read_text(size_t *size_r);

/* Prints j on a line of its own and frees it.  -1 without memory, which was said. */
int rules_print_json(json_t *j);
/* Unicode code points in valid UTF-8. */
size_t rules_points(const char *s, size_t size);

#endif
