/* Whether a validator passes random texts of the shape of a good one no more often than it states. */
#ifndef FILTERD_TESTS_DETECT_ODDS_H
#define FILTERD_TESTS_DETECT_ODDS_H

#include "detect/valid.h"

#include <stdint.h>
#include <string.h>

enum { ODDS_TEXT_MAX = 400, ODDS_TRIES = 20000 };

static char odds_random_like(char c, uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	unsigned r = (unsigned)(*state >> 16);
	return c >= '0' && c <= '9' ? (char)('0' + r % 10) : c >= 'a' && c <= 'z' ? (char)('a' + r % 26) : c >= 'A' && c <= 'Z' ? (char)('A' + r % 26) : c;
}

static int odds_hold(const char *name, const char *text)
{
	const struct validator *v = valid_find(name);
	double num[VALID_PARAMS_MAX];
	char random[ODDS_TEXT_MAX];
	uint64_t state = UINT64_C(88172645463325252);
	size_t n = strlen(text);
	int passed = 0, tries = n > 80 ? ODDS_TRIES / 10 : ODDS_TRIES;
	if (n >= sizeof random)
		return 0;
	for (int i = 0; i < VALID_PARAMS_MAX; i++)
		num[i] = v->params[i].dflt;
	for (int i = 0; i < tries; i++) {
		for (size_t k = 0; k < n; k++)
			random[k] = odds_random_like(text[k], &state);
		random[n] = '\0';
		passed += v->check(random, n, num);
	}
	/* a fifth more: odds are round numbers; and what chance may do to small ones */
	return v->odds >= 1 && passed <= tries / v->odds * 1.2 + 10;
}

#endif
