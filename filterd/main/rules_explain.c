/* filterctl rules explain: why detectors did or did not find something in a text, and what rules make of it. */
#include "main/rules_cli.h"

#include "main/ctl.h"
#include "main/ctl_say.h"
#include "main/rules_judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_MAX = 64 << 20 };

static void ignore_line(void *arg, int depth, const char *line)
{
}

static void print_line(void *arg, int depth, const char *line)
{
	char clean[1200];
	printf("%*s%s\n", 2 * depth, "", ctl_clean(clean, sizeof clean, line));
}

static void add_line(void *arg, int depth, const char *line)
{
	json_array_append_new(arg, json_pack("{s:i, s:s}", "depth", depth, "text", line));
}

/* All detectors whose patterns match, or the one that --detector names.  Returns how many. */
static size_t explain_detectors(const struct rules_loaded *l, const struct rules_options *o, struct detect_scratch *s, const char *text, size_t size,
                                json_t *list)
{
	size_t told = 0;
	for (size_t i = 0; i < detect_count(l->set); i++) {
		const char *id = detect_info(l->set, i)->id;
		if (o->detector ? strcmp(id, o->detector) != 0 : detect_explain(l->set, s, i, text, size, ignore_line, NULL) == 0)
			continue;
		json_t *lines = json_array();
		detect_explain(l->set, s, i, text, size, o->json ? add_line : print_line, lines);
		json_array_append_new(list, json_pack("{s:s, s:o}", "detector", id, "lines", lines));
		told++;
	}
	return told;
}

/* What rules make of it, into answer or on standard output. */
static int explain_rules(struct judge *j, const char *text, size_t size, json_t *answer)
{
	struct arena *a = arena_new(ARENA_MAX);
	struct finding *found = malloc(DETECT_FINDINGS_MAX * sizeof *found);
	const struct detect_text one = { ROLE_BODY, text, size };
	struct judged judged;
	size_t n = 0;
	int r = -1;
	if (a && found) {
		enum cause cause = detect_scan(j->l->set, j->scratch, &one, 1, JUDGE_BUDGET_US, found, &n);
		r = judge_texts(j, a, "", &one, 1, found, n, cause, &judged);
	}
	if (r == 0 && j->o->json)
		r = judge_add_json(j, &judged, answer);
	else if (r == 0)
		judge_print(j, &judged);
	arena_free(&a);
	free(found);
	return r;
}

static int explain(const struct rules_loaded *l, const struct rules_options *o, struct detect_scratch *s, struct judge *j)
{
	size_t size;
	char *text = rules_read_text(&size);
	json_t *list = json_array(), *answer = json_pack("{s:O, s:o}", "detectors", list, "assumed", judge_assumed_json(j));
	size_t told = text ? explain_detectors(l, o, s, text, size, list) : 0;
	if (!told && !o->json)
		puts("no pattern of any detector matches this text");
	int r = text ? explain_rules(j, text, size, answer) : -1;
	if (r == 0 && o->json)
		r = rules_print_json(json_incref(answer));
	else if (r < 0)
		fputs("filterctl: out of memory\n", stderr);
	json_decref(answer);
	json_decref(list);
	free(text);
	return r < 0 ? CTL_FAILED : CTL_OK;
}

int rules_explain(const struct rules_options *o)
{
	struct rules_loaded l;
	struct judge j;
	if (rules_load(o->rules, &l) < 0)
		return CTL_FOUND;
	struct detect_scratch *s = detect_scratch_new(l.set);
	int status = o->detector && rules_find(&l, o) < 0 ? CTL_FOUND : judge_new(&l, o, s, &j);
	if (status == CTL_OK) {
		status = explain(&l, o, s, &j);
		judge_free(&j);
	}
	detect_scratch_free(&s);
	rules_unload(&l);
	return status;
}
