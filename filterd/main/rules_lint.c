/* filterctl rules lint: how each pattern is run, and what could be better. */
#include "main/rules_cli.h"

#include "main/ctl.h"
#include "main/ctl_say.h"

#include <stdio.h>

static json_t *price_json(const struct detect_price *p)
{
	return json_pack("{s:s, s:s, s:i, s:s, s:s, s:f, s:b, s:b, s:s}", "detector", p->detector, "file", p->file, "line", p->line, "regex", p->regex,
	                 "class", p->kind, "steps", p->cost, "watched", p->watched, "evidence_first", p->gated, "literals", p->literals);
}

static void print_price(const struct detect_price *p)
{
	char literals[600];
	printf("%s:%d: %s: %s, %.*g steps%s%s%s%s\n", p->file, p->line, p->detector, p->kind, p->cost < 1e15 ? 15 : 1, p->cost,
	       p->gated ? ", where its evidence is" : "", p->watched ? ", watched by the clock" : "", p->literals[0] ? ": " : "",
	       ctl_clean(literals, sizeof literals, p->literals));
}

static void add_advice(void *arg, const struct detect_advice *a)
{
	json_array_append_new(arg, json_pack("{s:s, s:s, s:s, s:i, s:s}", "kind", a->kind, "detector", a->detector, "file", a->file, "line", a->line,
	                                     "text", a->text));
}

static void print_advice(void *arg, const struct detect_advice *a)
{
	char text[1200];
	printf("%s:%d: %s: %s: %s\n", a->file, a->line, a->detector, a->kind, ctl_clean(text, sizeof text, a->text));
}

static int lint(const struct rules_loaded *l, const struct rules_options *o, size_t only)
{
	json_t *prices = json_array(), *advice = json_array();
	for (size_t i = 0; i < detect_patterns(l->set); i++) {
		struct detect_price p;
		detect_pattern_price(l->set, i, &p);
		if (only != DETECT_ALL && p.index != only)
			continue;
		if (o->json)
			json_array_append_new(prices, price_json(&p));
		else
			print_price(&p);
	}
	long slow = detect_lint(l->set, only, o->json ? add_advice : print_advice, advice);
	if (!o->json) {
		json_decref(prices);
		json_decref(advice);
	} else if (rules_print_json(json_pack("{s:o, s:o, s:I}", "patterns", prices, "advice", advice, "catastrophic", (json_int_t)slow)) < 0) {
		slow = -1;
	}
	if (slow < 0)
		fputs("filterctl: out of memory\n", stderr);
	return slow < 0 ? CTL_FAILED : slow ? CTL_FOUND : CTL_OK;
}

int rules_lint(const struct rules_options *o)
{
	struct rules_loaded l;
	long only = -1;
	if (rules_load(o->rules, &l) < 0)
		return CTL_FOUND;
	if (o->detector)
		only = rules_find(&l, o);
	int status = o->detector && only < 0 ? CTL_FOUND : lint(&l, o, only < 0 ? DETECT_ALL : (size_t)only);
	rules_unload(&l);
	return status;
}
