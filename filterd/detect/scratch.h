/* Working memory and budget of one scanning process. */
#ifndef FILTERD_DETECT_SCRATCH_H
#define FILTERD_DETECT_SCRATCH_H

#include "detect/decode.h"
#include "detect/set.h"
#include "detect/sweep.h"
#include "detect/view.h"

enum { SCAN_SPANS_MAX = 10000, SCAN_SPANS_PER_DETECTOR_MAX = 1000, SCAN_HITS_MAX = 1 << 16 };

/* What all stages of one call share: when it is used up, the rest is not looked at and the caller says so. */
struct budget {
	uint64_t deadline_us; /* 0: the clock was not looked at yet, which most texts don't take */
	uint32_t budget_us;
	uint64_t calls;  /* of PCRE2 so far, */
	uint64_t calls_max; /* and at most */
	unsigned ticks; /* until the next look at it */
	int over;    /* no time is left: nothing more is looked at */
	int limited; /* one pattern, or the number of findings, ran into a limit: the others go on, but the scan is not complete */
};

/* A finding in view offsets. */
struct span {
	uint32_t start, end;
	uint32_t match_start, match_end; /* of the whole match */
	uint16_t detector;
	uint8_t confidence;
	uint8_t uncapped; /* confidence if it had support (odds.h) */
	uint8_t share_document, share_message; /* as in struct finding */
	uint8_t hidden;  /* in a layer: a decoded piece takes part in it */
	uint32_t document;
};

/* What a validator without parameters said of a part of the view. */
struct scan_answer {
	int (*plain)(const char *s, size_t size, const double *num);
	uint32_t text, start, end;
	int stands;
};

enum { SCAN_ANSWERS = 16 };

/* How far a pattern has come in a text; counts only if text is the one at hand. */
struct scan_place {
	uint32_t text, next;
};

struct detect_scratch {
	struct view view;      /* what is being looked at: of the text, or of a layer decoded from it */
	struct view below[DECODE_DEPTH_MAX]; /* the views that the layer at hand was made of; else room for the next ones */
	struct decoded decoded[DECODE_DEPTH_MAX];
	struct regex_run run, exclude_run; /* an exclusion must not overwrite the match it judges */
	struct sweep sweep;
	char *low;       /* the view in ASCII lower case; in whole lower case once evidence has been asked for */
	size_t low_cap;
	int low_whole;
	int low_stale;   /* it is of a layer */
	struct term_text low_text; /* it, for evidence */
	struct literal_hit *hits;
	struct number_hit *number_hits;
	struct trace_hit *trace_hits;
	size_t trace_hits_max;
	uint32_t *seen;  /* of each evidence: the text at hand (text_number) has one of its terms, if seen_told */
	uint32_t *unseen; /* of each evidence with short terms: it has none of them */
	int seen_told;
	struct scan_place *places; /* of each pattern */
	struct scan_answer answers[SCAN_ANSWERS]; /* the last ones, by validator and place */
	uint32_t text_number;      /* of the text at hand, for places */
	struct span *spans;
	size_t nspans;
	uint16_t *per_detector; /* spans of each, in the text at hand */
	size_t ndetectors, npatterns, nevidence;
	struct prints_scratch *prints; /* NULL: the set has no fingerprints */
	struct edm_scratch *edm; /* NULL: the set has no index of records */
	struct budget budget;
	/* For explain: told of each layer, which is bytes from base on of decoded[depth], while its view is the one at hand; or NULL. */
	void (*layer)(void *arg, int depth, size_t base);
	void *layer_arg;
	struct profile *profile; /* NULL unless costs are counted (profile.c) */
};

/* The view at hand in lower case, same offsets; evidence is looked for in it. */
const char *scan_lower(struct detect_scratch *s);
/* The same for evidence to look for its terms in. */
const struct term_text *scan_terms(struct detect_scratch *s);
/* True if the sensitive part, [start, end) of the view, is one of the detector's exclusions. */
int scan_excluded(const struct detector *d, struct detect_scratch *s, size_t start, size_t end); /* exclude.c */

/* More calls of PCRE2 than these no text needs, and they end a scan where a clock that stands still would not. */
enum { BUDGET_CALLS = 8192, BUDGET_BYTES_PER_CALL = 4 };

/* Texts up to here that never meet PCRE2 are through before a look at the clock would be. */
enum { SCAN_SHORT_TEXT = 1024 };

/* The deadline counts from here, if not from before. */
void budget_start(struct budget *b);
/* A call of PCRE2, which is more than a step. */
void budget_call(struct budget *b);
/* Before something that may take long: the clock is read at the next step. */
void budget_look(struct budget *b);
/* 0 while the budget lasts.  Reads the clock every few calls only. */
int budget_spent(struct budget *b);

/* Makes the view of s ready to be looked at: lower case, digits, tokens.  -1 without memory. */
int scan_sweep(const struct detect_set *set, struct detect_scratch *s) __attribute__((warn_unused_result));

#endif
