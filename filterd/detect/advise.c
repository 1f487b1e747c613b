/* What `rules lint` says about each pattern: how it is run, and what its author might do better. */
#include "detect/lint.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { KEYWORD_MIN = 4, FIRST_CJK = 0x2e80 };

size_t detect_patterns(const struct detect_set *set)
{
	return set->npatterns;
}

void detect_pattern_price(const struct detect_set *set, size_t pattern, struct detect_price *p_r)
{
	const struct pattern *p = &set->patterns[pattern];
	const struct detector_def *def = set->detectors[p->detector].def;
	*p_r = (struct detect_price){ .index = p->detector, .detector = def->id, .regex = p->def->regex, .file = p->def->file, .line = p->def->line,
	                              .kind = pattern_class_name(&p->cls), .cost = p->cls.cost, .watched = p->re.watched,
	                              .gated = p->gate != PATTERN_OPEN };
	const struct literals *l = p->cls.kind == CLASS_LITERAL ? p->cls.literals : NULL;
	for (size_t i = 0, o = 0; l && i < l->n && o < sizeof p_r->literals; i++)
		o += (size_t)snprintf(p_r->literals + o, sizeof p_r->literals - o, "%s%.*s", i ? " | " : "", l->item[i].size, l->item[i].s);
}

struct adviser {
	const struct detector_def *def;
	detect_advise advise;
	void *arg;
	long slow;
};

static __attribute__((format(printf, 5, 6))) void say(struct adviser *a, const char *kind, const char *file, int line, const char *fmt, ...)
{
	char text[400];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	const struct detect_advice d = { kind, a->def->id, file, line, text };
	a->advise(a->arg, &d);
}

static void look_at_cost(struct adviser *a, const struct pattern *p)
{
	char what[160];
	switch (lint_pattern(p, what, sizeof what)) {
	case LINT_SLOW:
		say(a, "catastrophic", p->def->file, p->def->line, "it %s; bound its repeats, or make them possessive (\"++\")", what);
		a->slow++;
		break;
	case LINT_QUADRATIC:
		say(a, "quadratic", p->def->file, p->def->line, "its cost grows with the square of the text: it %s; bound its repeats", what);
		break;
	case LINT_NO_MEMORY:
		say(a, "catastrophic", p->def->file, p->def->line, "could not be tried: out of memory");
		a->slow++;
		break;
	case LINT_GOOD:
		break;
	}
}

/* Few texts should meet PCRE2 for this pattern; and where they do, the clock should not have to look on. */
static void look_at_class(struct adviser *a, const struct pattern *p)
{
	const struct literals *l = p->cls.kind == CLASS_LITERAL ? p->cls.literals : NULL;
	if (p->cls.kind == CLASS_ALWAYS && !p->cls.outline && p->gate == PATTERN_OPEN)
		say(a, "slow-class", p->def->file, p->def->line, "runs on every text: a literal of three characters that each match contains, or a number, would spare it that");
	if (p->re.watched)
		say(a, "slow-class", p->def->file, p->def->line, "may take so many steps that the clock must watch it, which makes it several times slower: bound its repeats");
	for (int i = 0; l && i < l->n; i++)
		if (l->item[i].size < KEYWORD_MIN) {
			say(a, "short-keyword", p->def->file, p->def->line, "is looked for by \"%.*s\": under 4 characters, so it stands in many texts",
			    l->item[i].size, l->item[i].s);
			break;
		}
}

/* Scripts of many characters say more with each: two are enough there. */
static void look_at_odds(struct adviser *a, const struct pattern *p)
{
	if (p->def->confidence > p->cap)
		say(a, "odds", p->def->file, p->def->line, "its confidence is %d, but without evidence a finding has %d at most: 1 in %.0f random texts of this "
		    "shape passes", p->def->confidence, p->cap, p->odds);
}

static int is_short(const char *word)
{
	size_t n = 0, size = strcspn(word, "*");
	for (size_t i = 0; i < size;) {
		uint32_t cp = 0;
		int len = text_decode(word + i, size - i, &cp);
		n += cp >= FIRST_CJK ? 2 : 1;
		i += (size_t)(len > 0 ? len : 1);
	}
	return n < KEYWORD_MIN;
}

static void look_at_words(struct adviser *a, const struct cfg_words *words, int line)
{
	char list[200] = "";
	size_t o = 0;
	for (size_t i = 0; i < words->n && o < sizeof list; i++)
		if (is_short(words->item[i]))
			o += (size_t)snprintf(list + o, sizeof list - o, "%s%.40s", o ? ", " : "", words->item[i]);
	if (o)
		say(a, "short-keyword", words->file[0], line, "keywords under 4 characters stand in many texts: %s", list);
}

static void look_at_lists(struct adviser *a)
{
	const struct detector_def *def = a->def;
	for (size_t i = 0; i < def->nevidence; i++)
		look_at_words(a, &def->evidence[i].any, def->evidence[i].line);
	for (size_t i = 0; i < def->nwords; i++)
		for (size_t k = 0; k < def->words[i].n; k++)
			if (is_short(def->words[i].item[k].text))
				say(a, "short-keyword", def->words[i].item[k].file, def->words[i].item[k].line,
				    "the word \"%.40s\" is under 4 characters: it stands in many texts", def->words[i].item[k].text);
}

long detect_lint(const struct detect_set *set, size_t only, detect_advise advise, void *arg)
{
	struct adviser a = { .advise = advise, .arg = arg };
	for (size_t i = 0; i < set->npatterns; i++) {
		const struct pattern *p = &set->patterns[i];
		if (only != DETECT_ALL && p->detector != only)
			continue;
		a.def = set->detectors[p->detector].def;
		look_at_cost(&a, p);
		look_at_class(&a, p);
		look_at_odds(&a, p);
	}
	for (size_t i = 0; i < set->ndetectors; i++) {
		a.def = set->detectors[i].def;
		if (only == DETECT_ALL || i == only)
			look_at_lists(&a);
	}
	return lint_overlaps(set, only, advise, arg) < 0 ? -1 : a.slow;
}
