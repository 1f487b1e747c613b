/* How likely a text is to be found by chance, and the confidence that this allows.
 *
 * Random text here means text of the same shape: a random digit for each digit, a random letter of the same case for each letter, one
 * of four marks for each mark.  A pattern's odds are those that such a text still matches, a validator's that it passes.
 */
#ifndef FILTERD_DETECT_ODDS_H
#define FILTERD_DETECT_ODDS_H

#include "detect/set.h"

/* "One in how many", from 1 on. */
double odds_of_pattern(const char *regex);
double odds_of_validators(const struct valid_list *l);
/* Whether they bound the confidence of the pattern's findings: if the author gives them, or validators have some and no literal is
 * needed, which would be support enough.  Patterns that nothing validates have the confidence that their author gives. */
int odds_count(const struct detector_def *d, const struct pattern_def *p, int has_literal);
/* Of a pattern with its validators and its detector's, or what its author says instead. */
double odds_of(const struct detector_def *d, const struct pattern_def *p, const char *regex);

enum { ODDS_CAP_BASE = 40, ODDS_CAP_PER_HALVING = 10 };
/* 40, and 10 more for each time that the odds halve; 100 at most. */
uint8_t odds_cap(double odds);

#endif
