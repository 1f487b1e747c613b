#include "detect/odds.h"

#include "detect/syntax.h"

#include <stdint.h>

enum { MARKS = 4, ARENA_SIZE = 4 << 20, REPEATS_MAX = 200 };

#define ODDS_MAX 1e30

static int count(const struct byte_set *s, uint64_t low, uint64_t high)
{
	return __builtin_popcountll(s->bit[0] & low) + __builtin_popcountll(s->bit[1] & high);
}

/* The chance of a character of the kind that the set takes most of. */
static double chance_of_set(const struct syntax *n)
{
	static const uint64_t digits = UINT64_C(0x3ff) << '0', upper = UINT64_C(0x7fffffe), lower = UINT64_C(0x7fffffe) << 32;
	const double chances[] = {
		count(&n->set, digits, 0) / 10.0, count(&n->set, 0, lower) / 26.0, count(&n->set, 0, upper) / 26.0,
		count(&n->set, ~digits, ~(upper | lower)) / (double)MARKS,
	};
	double best = n->wide ? 1 : 0;
	for (size_t i = 0; i < sizeof chances / sizeof *chances; i++)
		best = chances[i] > best ? chances[i] : best;
	return best < 1 ? best : 1;
}

static double chance_of(const struct syntax *n)
{
	double p = 1, sum = 0;
	switch (n->type) {
	case SYNTAX_SET:
		return chance_of_set(n);
	case SYNTAX_CAT:
		for (uint32_t i = 0; i < n->nkids && p > 1 / ODDS_MAX; i++)
			p *= chance_of(n->kids[i]);
		return p;
	case SYNTAX_ALT:
		for (uint32_t i = 0; i < n->nkids; i++)
			sum += chance_of(n->kids[i]);
		return sum < 1 ? sum : 1;
	case SYNTAX_REPEAT:
		sum = n->min > 0 ? chance_of(n->kids[0]) : 1;
		for (uint32_t i = 0; i < n->min && i < REPEATS_MAX && p > 1 / ODDS_MAX; i++)
			p *= sum;
		return p;
	default:
		return 1; /* no width, or any text */
	}
}

double odds_of_pattern(const char *regex)
{
	struct arena *a = arena_new(ARENA_SIZE);
	struct syntax_tree tree;
	double p = a && syntax_read(regex, a, &tree) == 0 ? chance_of(tree.root) : 1;
	arena_free(&a);
	return p > 1 / ODDS_MAX ? 1 / p : ODDS_MAX;
}

double odds_of_validators(const struct valid_list *l)
{
	double odds = 1;
	for (int i = 0; i < l->n; i++)
		odds *= l->use[i].odds;
	return odds < ODDS_MAX ? odds : ODDS_MAX;
}

int odds_count(const struct detector_def *d, const struct pattern_def *p, int has_literal)
{
	return p->odds > 0 || d->odds > 0 || (!has_literal && odds_of_validators(&p->validate) * odds_of_validators(&d->validate) > 1);
}

double odds_of(const struct detector_def *d, const struct pattern_def *p, const char *regex)
{
	if (p->odds > 0 || d->odds > 0)
		return p->odds > 0 ? p->odds : d->odds;
	double odds = odds_of_pattern(regex) * odds_of_validators(&p->validate) * odds_of_validators(&d->validate);
	return odds < ODDS_MAX ? odds : ODDS_MAX;
}

uint8_t odds_cap(double odds)
{
	/* tenths of a halving at a time: the tenth root of two */
	int cap = ODDS_CAP_BASE;
	for (double o = 1.0717734625362931; o <= odds * (1 + 1e-9) && cap < 100; o *= 1.0717734625362931)
		cap++;
	return (uint8_t)cap;
}
