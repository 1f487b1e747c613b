#include "policy/review.h"

#include "base/nearest.h"
#include "policy/zones.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Shipped rules name these, and a site may do without. */
static const char *const usual_zones[] = { "internal", "partners" };

struct review {
	const struct review_detector *d;
	const struct conf *conf;
	review_told told;
	void *arg;
	size_t wrong;
	bool usual_told[sizeof usual_zones / sizeof *usual_zones];
};

static __attribute__((format(printf, 5, 6))) void tell(struct review *v, enum review_kind kind, const char *file, int line, const char *fmt, ...)
{
	struct cfgerr e = { .line = line };
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(e.text, sizeof e.text, fmt, ap);
	va_end(ap);
	snprintf(e.file, sizeof e.file, "%s", file);
	v->wrong += kind == REVIEW_WRONG;
	v->told(v->arg, kind, &e);
}

static bool is_any(const char *zone)
{
	return strcmp(zone, ZONE_PUBLIC) == 0 || strcmp(zone, "*") == 0;
}

/* Which of the usual zones it is; -1: none. */
static int usual(const char *zone)
{
	int i = (int)(sizeof usual_zones / sizeof *usual_zones);
	while (i-- > 0 && strcmp(usual_zones[i], zone) != 0)
		;
	return i;
}

static void review_zone(struct review *v, const struct rule *r, const char *key, const struct cfg_words *w, size_t at)
{
	struct nearest near = { .word = w->item[at] };
	char question[NEAREST_SIZE];
	bool known = is_any(near.word);
	for (size_t i = 0; v->conf && i < v->conf->nzones && !known; i++) {
		known = strcmp(v->conf->zones[i].name, near.word) == 0;
		nearest_try(&near, v->conf->zones[i].name);
	}
	nearest_try(&near, ZONE_PUBLIC);
	int as_usual = usual(near.word);
	if (known || (as_usual >= 0 && (!v->conf || v->usual_told[as_usual])))
		return;
	if (as_usual >= 0)
		v->usual_told[as_usual] = true; /* once is enough */
	if (!v->conf)
		tell(v, REVIEW_UNKNOWN, w->file[at], w->line[at], "rule \"%s\": when.%s names the zone \"%.64s\"", r->id, key, near.word);
	else
		tell(v, as_usual >= 0 ? REVIEW_WARNING : REVIEW_WRONG, w->file[at], w->line[at],
		     "rule \"%s\": when.%s names the zone \"%.64s\", which zones of %.150s do not define%s", r->id, key, near.word, v->conf->path,
		     nearest_question(&near, question, sizeof question));
}

static bool has_group(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->ngroups; i++)
		if (strcmp(conf->groups[i].name, name) == 0)
			return true;
	return false;
}

static void review_groups(struct review *v, const struct rule *r, const char *key, const struct cfg_words *w)
{
	for (size_t i = 0; i < w->n; i++) {
		struct nearest near = { .word = w->item[i] };
		char question[NEAREST_SIZE];
		for (size_t k = 0; v->conf && k < v->conf->ngroups; k++)
			nearest_try(&near, v->conf->groups[k].name);
		if (!v->conf)
			tell(v, REVIEW_UNKNOWN, w->file[i], w->line[i], "rule \"%s\": when.%s names the group \"%.64s\"", r->id, key, near.word);
		else if (!has_group(v->conf, near.word))
			tell(v, REVIEW_WRONG, w->file[i], w->line[i], "rule \"%s\": when.%s names the group \"%.64s\", which groups of %.150s do not define%s", r->id,
			     key, near.word, v->conf->path, nearest_question(&near, question, sizeof question));
	}
}

/* Is there any way from one zone to another that the rule speaks of? */
static bool has_way(const struct when *w, const struct conf *conf)
{
	const struct when zones_alone = { .from = w->from, .to = w->to, .directions = w->directions };
	const char *zones[CONF_ZONES_MAX + 1];
	size_t n = 0;
	for (; n < conf->nzones; n++)
		zones[n] = conf->zones[n].name;
	zones[n++] = ZONE_PUBLIC;
	for (size_t i = 0; i < n; i++) {
		const struct when_facts f = { .conf = conf, .from = zones[i], .to = zones, .nto = n, .sender = "", .recipient = "" };
		if (when_applies(&zones_alone, &f))
			return true;
	}
	return false;
}

static void review_when(struct review *v, const struct rule *r)
{
	size_t wrong = v->wrong;
	for (size_t i = 0; i < r->when.from.n; i++)
		review_zone(v, r, "from", &r->when.from, i);
	for (size_t i = 0; i < r->when.to.n; i++)
		review_zone(v, r, "to", &r->when.to, i);
	review_groups(v, r, "groups", &r->when.groups);
	review_groups(v, r, "not_groups", &r->when.not_groups);
	if (v->conf && v->wrong == wrong && !has_way(&r->when, v->conf))
		tell(v, REVIEW_WRONG, r->file, r->line, "rule \"%s\" never applies: between no zones of %.150s lies what its \"from\", \"to\" and \"direction\" say",
		     r->id, v->conf->path);
}

/* Whether these can hold, as far as detectors go that find something. */
static bool can_hold(const struct review *v, const struct rule_condition *c, size_t n)
{
	bool any = false, any_can = false;
	for (size_t k = 0; k < n; k += 1 + c[k].members) {
		bool can = c[k].members ? can_hold(v, &c[k + 1], c[k].members) : !v->d[c[k].index].off;
		any |= c[k].kind == CONDITION_ANY;
		any_can |= c[k].kind == CONDITION_ANY && can;
		if (c[k].kind == CONDITION_ALL && !can)
			return false;
	}
	return !any || any_can;
}

/* Whenever `need` holds, so does `bar`. */
static bool implies(const struct rule_condition *need, const struct rule_condition *bar)
{
	return !need->members && !bar->members && need->index == bar->index && need->per == PER_ITEM && bar->per == PER_ITEM &&
	       bar->confidence <= need->confidence && bar->count <= need->count && (!bar->distinct || need->distinct || bar->count == 1);
}

/* What must hold in any case, against what must not. */
static void review_contradiction(struct review *v, const struct rule *r)
{
	const struct rule_condition *c = r->conditions;
	size_t nany = 0;
	for (size_t i = 0; i < r->nconditions; i += 1 + c[i].members)
		nany += c[i].kind == CONDITION_ANY;
	for (size_t i = 0; i < r->nconditions; i += 1 + c[i].members) {
		if (c[i].kind == CONDITION_NONE || (c[i].kind == CONDITION_ANY && nany > 1))
			continue;
		for (size_t k = 0; k < r->nconditions; k += 1 + c[k].members)
			if (c[k].kind == CONDITION_NONE && implies(&c[i], &c[k])) {
				tell(v, REVIEW_WRONG, c[k].file, c[k].line, "rule \"%s\" never matches: \"none\" forbids what line %d asks of \"%s\"", r->id, c[i].line,
				     c[k].detector);
				return;
			}
	}
}

static void review_conditions(struct review *v, const struct rule *r)
{
	for (size_t k = 0; k < r->nconditions; k++) {
		const struct rule_condition *c = &r->conditions[k];
		if (c->members || c->confidence <= v->d[c->index].highest || v->d[c->index].off)
			continue;
		tell(v, REVIEW_WRONG, c->file, c->line, "rule \"%s\": this condition never holds: detector \"%s\" finds with confidence %d at most, and %d is asked for",
		     r->id, c->detector, v->d[c->index].highest, c->confidence);
	}
	if (!can_hold(v, r->conditions, r->nconditions))
		tell(v, REVIEW_WARNING, r->file, r->line, "rule \"%s\" never matches, because detectors that it asks for are switched off; "
		     "switch it off too: disable = { rules = [ \"%s\" ]; };", r->id, r->id);
	review_contradiction(v, r);
}

size_t policy_review(const struct policy_rules *p, const struct review_detector *d, const struct conf *conf, review_told told, void *arg)
{
	struct review v = { .d = d, .conf = conf, .told = told, .arg = arg };
	for (size_t i = 0; i < p->nrules; i++) {
		if (p->rules[i].mode == RULE_OFF)
			continue;
		review_when(&v, &p->rules[i]);
		review_conditions(&v, &p->rules[i]);
	}
	return v.wrong;
}
