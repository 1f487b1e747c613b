/* What a rule file says about detectors, as plain data: syntax and bounds are checked, regexes are not
 * compiled yet.  filterd-rules(5) describes each element. */
#ifndef FILTERD_DETECT_RULEDEF_H
#define FILTERD_DETECT_RULEDEF_H

#include "conf/cfgread.h"
#include "detect/edm.h"
#include "detect/numberdef.h"
#include "detect/valid.h"
#include "model/mask.h"

#include <stdint.h>

enum {
	RULEDEF_PATTERNS_MAX = 64,
	RULEDEF_TERMS_MAX = 2048,
	RULEDEF_WORDS_MAX = 100000,
	RULEDEF_NEAR_MIN_MAX = 64, RULEDEF_WITHIN_MAX = 2000,
	RULEDEF_REGEX_MAX = 4096,
	RULEDEF_DETECTORS_MAX = 8192,
	RULEDEF_LIKE_MAX = 16,
};

struct pattern_def {
	const char *regex, *file;
	int line;            /* of the regex */
	uint8_t confidence;  /* 1..100 */
	double odds;         /* that random text is found, one in so many, as its author says; 0: they are worked out (odds.h) */
	struct valid_list validate;
};

struct word_def {
	const char *text, *file;
	int line;
};

/* A word list: its own words and those of its files. */
struct words_def {
	struct word_def *item;
	size_t n, cap;
	uint8_t confidence;
	uint8_t exact; /* case counts */
	uint8_t part;  /* parts of longer words too */
};

struct evidence_def {
	struct cfg_words any, none;
	uint32_t before, after; /* code points between the term and the finding */
	int add;                /* to the confidence, may be negative */
	int min;                /* that many terms must be near … */
	int max;                /* … and no more than these; 0: any number */
	int distinct;           /* different terms count, not each time one stands there */
	int required;           /* without it there is no finding */
	const char *file;
	int line;
};

/* What excludes a finding by text: within it, at its ends, right before and right behind it. */
enum exclude_list { EXCLUDE_STOP_WORDS, EXCLUDE_BEGINS, EXCLUDE_ENDS, EXCLUDE_PREFIXES, EXCLUDE_SUFFIXES, EXCLUDE_LISTS };

struct raise_def {
	struct valid_list validate;
	int add;
};

/* Another detector whose findings count near this one's. */
struct near_def {
	const char *detector, *file;
	uint16_t index;         /* of it, once bound (near.h) */
	uint32_t before, after; /* code points between the two; 0 to RULEDEF_WITHIN_MAX */
	uint8_t confidence;     /* findings below don't count */
	int min, add, required, line;
};

/* Another detector whose findings are this one's, too. */
struct of_def {
	const char *detector, *file;
	uint16_t index;
	uint8_t at_least;       /* confidence of theirs */
	uint8_t confidence;     /* that they begin with here; 0: theirs */
	int line;
};

/* Lists stand before their counts: override.c joins them so. */
struct detector_def {
	const char *id, *title, *country, *class_name, *description;
	const char *like;         /* it begins as a copy of that detector; or NULL */
	struct cfg_words reference;
	struct pattern_def *patterns;
	size_t npatterns;
	struct words_def *words;
	size_t nwords;
	struct prints_def *prints; /* NULL: none */
	struct edm_def *edm;       /* NULL: finds no records */
	struct number_def *number; /* NULL: has none; its patterns are among the patterns */
	struct valid_list validate;
	struct raise_def *raises;
	size_t nraises;
	struct evidence_def *evidence;
	size_t nevidence;
	struct near_def *near;
	size_t nnear;
	struct of_def *of;
	size_t nof;
	double odds;         /* as of a pattern, for those that say nothing */
	struct cfg_words exclude_values, exclude_patterns, exclude_texts[EXCLUDE_LISTS];
	uint8_t exclude_same; /* letters and digits all the same */
	uint8_t off;          /* switched off: it finds nothing */
	struct mask mask;
	struct cfg_words match, no_match;
	const char *file;
	int line;
};

struct ruledefs {
	struct detector_def *detectors;
	size_t n;
};

/* Reads the detectors of every BUNDLE_RULES file into the arena: copied, changed and switched off as the files say.  err names file
 * and line. */
int ruledef_read(const struct bundle *b, struct arena *a, struct ruledefs *defs_r, struct cfgerr *err) __attribute__((warn_unused_result));

#endif
