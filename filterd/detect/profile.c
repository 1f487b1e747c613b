/* What patterns cost on the texts of a rule author: every call of PCRE2 is counted and timed. */
#include "detect/scratch.h"

#include <stdlib.h>

struct pattern_cost {
	uint64_t calls, matched, ns;
};

struct profile {
	const struct detect_set *set;
	struct pattern_cost cost[]; /* of each pattern */
};

static void count(void *arg, const struct regex *r, int rc, uint64_t ns)
{
	struct profile *f = arg;
	uintptr_t at = (uintptr_t)r, first = (uintptr_t)f->set->patterns;
	if (at < first || at >= first + f->set->npatterns * sizeof *f->set->patterns)
		return; /* an exclusion's */
	struct pattern_cost *c = &f->cost[(at - first) / sizeof *f->set->patterns];
	c->calls++;
	c->matched += rc >= 0;
	c->ns += ns;
}

int detect_profile_begin(const struct detect_set *set, struct detect_scratch *s)
{
	free(s->profile);
	s->profile = calloc(1, sizeof *s->profile + set->npatterns * sizeof *s->profile->cost);
	if (!s->profile)
		return -1;
	s->profile->set = set;
	s->run.watch = count;
	s->run.watch_arg = s->profile;
	return 0;
}

void detect_profile_cost(const struct detect_set *set, const struct detect_scratch *s, size_t pattern, struct detect_cost *c_r)
{
	const struct pattern *p = &set->patterns[pattern];
	const struct pattern_cost *c = &s->profile->cost[pattern];
	*c_r = (struct detect_cost){ .detector = p->detector, .regex = p->def->regex, .file = p->def->file,
	                             .kind = pattern_class_name(&p->cls), .line = p->def->line, .calls = c->calls, .matched = c->matched,
	                             .ns = c->ns };
}
