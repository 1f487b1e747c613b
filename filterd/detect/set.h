/* A compiled rule set, as compile.c makes it and scan.c reads it. */
#ifndef FILTERD_DETECT_SET_H
#define FILTERD_DETECT_SET_H

#include "detect/classify.h"
#include "detect/detect.h"
#include "detect/edm.h"
#include "detect/literal.h"
#include "detect/prints.h"
#include "detect/regex.h"
#include "detect/ruledef.h"
#include "detect/sweep.h"
#include "detect/term.h"

/* A validator as a match meets it: one of the two functions, and what it is called with. */
struct check {
	int (*plain)(const char *s, size_t size, const double *num);
	int (*own)(const char *s, size_t size, const void *own); /* if not NULL, this one */
	const void *arg; /* NULL: it has no parameters, so that all patterns that ask it get the same answer */
};

/* What most candidates are refused by stands first: a text of digits has dozens of them. */
struct pattern {
	uint32_t gate;   /* evidence that a finding can't do without; PATTERN_OPEN: none */
	uint16_t detector;
	uint16_t group; /* the one called "secret" is the sensitive part; 0: the whole match */
	uint8_t gate_ascii; /* it can be told so of ASCII texts only */
	uint8_t checked; /* validators or exclusions can refuse a match */
	uint8_t excludes; /* exclusions can */
	uint8_t nchecks;
	uint8_t confidence;
	uint8_t cap;     /* confidence that a finding can have without support (odds.h) */
	const struct check *checks;        /* the validators of the pattern and of its detector */
	const struct evidence *gate_short; /* the gate, if the literal matcher does not know all of its terms; else NULL */
	const struct pattern_def *def;
	struct regex re;
	double odds;
	struct classified cls;
};

enum { PATTERN_OPEN = UINT32_MAX };

/* Indexes of patterns. */
struct pattern_list {
	uint32_t *item;
	uint32_t n;
};

/* A word of a word list: found by its longest piece without spaces, as a literal. */
struct word {
	struct term term;
	const char *piece;    /* in lower case */
	uint8_t at, size;     /* of the piece in the term */
	uint8_t confidence;
	uint16_t detector;
};

struct evidence {
	const struct evidence_def *def;
	struct term *terms;
	size_t nterms;
	size_t nnone; /* behind the nterms ones: those that must not be near */
	uint32_t index;  /* among all of the set */
	uint8_t short_terms; /* some terms are too short for the literal matcher */
	uint8_t wide_term;  /* one has no ASCII to look for: it may be in any text but an ASCII one */
};

struct detector {
	struct detect_info info;
	const struct detector_def *def;
	struct evidence *evidence;
	const char **excluded; /* folded, without separators, sorted */
	size_t nexcluded;
	struct term *exclude_texts[EXCLUDE_LISTS]; /* as many as the definition has */
	struct regex *exclude_patterns;
	size_t nexclude_patterns;
};

struct detect_set {
	struct arena *arena;
	struct detector *detectors;
	size_t ndetectors;
	struct pattern *patterns;
	size_t npatterns;
	struct word *words;
	size_t nwords;
	struct pattern_list composites; /* detectors with `near` or `of`, each behind those it asks for (near.h) */
	int want_lower;               /* some words have letters beyond ASCII: literals are looked for in the view in whole lower case */
	uint32_t ngroups_max;
	int jit;
	enum literal_body body;       /* of literals */
	char matcher[40];             /* what there is to say of it */
	char degraded[200];           /* why it is not the one that was asked for; "": it is */
	struct literal_set *literals;
	size_t nevidence;             /* of all detectors */
	struct pattern_list *users;   /* of each literal; from npatterns on: words, from there on: evidence */
	size_t nliterals;
	size_t context;               /* bytes around a match that can have a say in it */
	struct pattern_list variants; /* CLASS_NUMBER: what the shared pass finds */
	struct number_index *index;   /* of them (pass.h) */
	struct pattern_list traced;   /* of the others those with an outline */
	struct trace *trace;          /* of them (trace.h) */
	struct pattern_list numbers, others; /* the rest of CLASS_NUMBER; CLASS_SHAPE and CLASS_ALWAYS */
	struct prints_set *prints;    /* sets of document fingerprints; NULL: none */
	struct edm_set *edm;          /* indexes of records; NULL: none */
	int want_shapes;              /* some of the others can be told by their shape only */
};

/* Of the others: found at long tokens, or at digits. */
static inline int pattern_is_token(const struct classified *c) { return c->leading >= SWEEP_TOKEN_MIN; }
static inline int pattern_is_at_digit(const struct classified *c) { return c->digit_at > 0 && c->digit_at < 4; }

/* Sorts the compiled patterns by class and builds the literal matcher (plan.c).  -1 without memory. */
int detect_plan(struct detect_set *set) __attribute__((warn_unused_result));

enum { DETECT_EXCLUDED_MAX = 256 };
/* s without spaces, dashes, dots and slashes into dst (which may be s); returns its size. */
size_t detect_strip(const char *s, size_t size, char *dst);

#endif
