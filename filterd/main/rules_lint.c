#include "main/rules_cli.h"

#include "main/ctl.h"

#include <stdio.h>

/* How each pattern is run, dearest kinds last to be overlooked: one line each. */
int rules_lint(const struct rules_options *o)
{
	struct rules_loaded l;
	int status = CTL_OK;
	if (rules_load(o->rules, &l) < 0)
		return CTL_FOUND;
	for (size_t i = 0; i < detect_patterns(l.set); i++) {
		struct detect_price p;
		detect_pattern_price(l.set, i, &p);
		printf("%s:%d: %s: %s, %.*g steps%s%s%s\n", p.file, p.line, p.detector, p.kind, p.cost < 1e15 ? 15 : 1, p.cost, p.watched ? ", watched by the clock" : "",
		       p.literals[0] ? ": " : "", p.literals);
		if (p.slow[0]) {
			printf("%s:%d: %s: slow: it %s\n", p.file, p.line, p.detector, p.slow);
			status = CTL_FOUND;
		}
	}
	rules_unload(&l);
	return status;
}
