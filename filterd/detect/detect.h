/* The data-loss engine: detectors compiled from rule files, run on texts.
 *
 * A set is compiled once (in the nursery, or in filterctl), never changes, and is shared by the workers
 * through fork.  Scanning needs a scratch per process.  Offsets are bytes of the
 * ORIGINAL text, whatever normalisation the matching used.  Nothing here decides: what a
 * finding leads to is policy's (policy/rules.h reads the `rules` part of the same files).
 */
#ifndef FILTERD_DETECT_DETECT_H
#define FILTERD_DETECT_DETECT_H

#include "conf/bundle.h"
#include "conf/cfgerr.h"
#include "model/mask.h"
#include "model/verdict.h"

#include <stddef.h>
#include <stdint.h>

struct detect_set;     /* compiled detectors of one generation; read-only once made */
struct detect_scratch; /* working memory of one scanning process */

struct detect_info {
	const char *id, *title;           /* owned by the set, like all below */
	const char *country, *class_name; /* or NULL */
	const char *const *references;    /* the standards it follows */
	size_t nreferences;
	uint8_t off;                      /* switched off: it finds nothing */
	uint8_t levels[8];                /* the confidence of its patterns, ascending, each once */
	size_t nlevels;
	struct mask mask;
};

/* Compiles the `detectors` of every BUNDLE_RULES file.  On failure err names file and line, and
 * nothing is left behind. */
int detect_compile(const struct bundle *b, struct detect_set **set_r, struct cfgerr *err) __attribute__((warn_unused_result));

/* What looks for the literals.  Both find the same: one that fails its self-test is left for the portable one, and
 * detect_degraded() says so. */
enum detect_matcher { DETECT_PORTABLE, DETECT_HYPERSCAN };
int detect_compile_with(const struct bundle *b, enum detect_matcher m, struct detect_set **set_r, struct cfgerr *err) __attribute__((warn_unused_result));
/* A remark on it for the summary; empty for the portable one. */
const char *detect_matcher(const struct detect_set *set);
/* Why another matcher is used than was asked for; "": it is the one. */
const char *detect_degraded(const struct detect_set *set);
void detect_free(struct detect_set **set);
size_t detect_count(const struct detect_set *set);
const struct detect_info *detect_info(const struct detect_set *set, size_t index);
/* The confidence that this detector's findings can have at most, with all evidence there may be. */
int detect_highest(const struct detect_set *set, size_t detector);
/* 1 if PCRE2's JIT is in use for every pattern. */
int detect_jit(const struct detect_set *set);
/* The number of inline tests. */
size_t detect_tests(const struct detect_set *set);

/* One inline test and how it went. */
struct detect_tested {
	size_t detector;
	const char *text, *file;
	int line;
	int want, got;        /* 1: found, 0: not found; got may be -1: the scan did not come to its end */
};
/* Runs the inline tests of one detector, or of all (DETECT_ALL), through the same scan as production, and tells of each.  Returns how many
 * failed; -1 without memory. */
#define DETECT_ALL ((size_t)-1)
typedef void (*detect_told)(void *arg, const struct detect_tested *t);
long detect_run_tests(const struct detect_set *set, size_t detector, detect_told told, void *arg) __attribute__((warn_unused_result));

/* Runs each detector's inline tests (match and no_match) through the same scan as production.  -1: err tells of the first
 * that fails. */
int detect_selftest(const struct detect_set *set, struct cfgerr *err) __attribute__((warn_unused_result));

/* The same for a rule's author: tells report() of everything wrong, patterns that texts can make slow too.  Returns how much
 * there is. */
typedef void (*detect_report)(void *arg, const struct cfgerr *e);
size_t detect_check(const struct detect_set *set, detect_report report, void *arg);

/* How one pattern is run and what that costs, for `filterctl rules lint`. */
struct detect_price {
	size_t index;         /* of the detector */
	const char *detector, *regex, *file;
	int line;
	const char *kind;     /* its class: literal, number, token, prefilter or always (classify.h) */
	double cost;          /* steps of backtracking from one start at most */
	int watched;          /* compiled so that the clock can stop it */
	int gated;            /* not tried where words of evidence that it requires are missing */
	char literals[160];   /* what is looked for, if kind is literal */
};
size_t detect_patterns(const struct detect_set *set);
void detect_pattern_price(const struct detect_set *set, size_t pattern, struct detect_price *p_r);

/* What could be better in one detector, or all (DETECT_ALL):
 *   catastrophic   texts can make this pattern slow: it may not go into service
 *   quadratic      a long text made for it costs much
 *   slow-class     no shared pass finds where it could match
 *   short-keyword  it is looked for by a word that stands in many texts
 *   overlap        another detector finds the same places
 * Returns how many patterns are catastrophic; -1 without memory. */
struct detect_advice {
	const char *kind, *detector, *file;
	int line;
	const char *text;     /* valid during the call */
};
typedef void (*detect_advise)(void *arg, const struct detect_advice *a);
long detect_lint(const struct detect_set *set, size_t only, detect_advise advise, void *arg) __attribute__((warn_unused_result));

/* What one pattern has cost since detect_profile_begin(). */
struct detect_cost {
	size_t detector;
	const char *regex, *file, *kind;
	int line;
	uint64_t calls;       /* of PCRE2: 0 for what the shared passes find by themselves */
	uint64_t matched;     /* calls that matched, whatever validators said then */
	uint64_t ns;          /* in PCRE2, with the validators that it asks */
};

struct detect_scratch *detect_scratch_new(const struct detect_set *set);
void detect_scratch_free(struct detect_scratch **s);

/* From now on each call of PCRE2 with this scratch is counted and timed, which makes scans slower.  -1 without memory. */
int detect_profile_begin(const struct detect_set *set, struct detect_scratch *s) __attribute__((warn_unused_result));
void detect_profile_cost(const struct detect_set *set, const struct detect_scratch *s, size_t pattern, struct detect_cost *c_r);

struct detect_text {
	enum text_role role;
	const char *data;
	size_t size;
};

enum { DETECT_FINDINGS_MAX = 4096 };

/* Scans the texts of one item within budget_us of wall-clock time for all of them.  Appends to out (room for
 * DETECT_FINDINGS_MAX; *n_r is how many), sorted by text, start, detector.  Returns CAUSE_NONE when
 * every text was scanned to its end, or the cause why not (CAUSE_OVER_BUDGET; CAUSE_UNSCANNABLE for
 * invalid UTF-8); findings made before that stand. */
enum cause detect_scan(const struct detect_set *set, struct detect_scratch *s, const struct detect_text *texts,
                       size_t ntexts, uint32_t budget_us, struct finding *out, size_t *n_r) __attribute__((warn_unused_result));

/* Tells why a detector did or didn't find something in a text: each pattern, what it matches, each validator, exclusions,
 * evidence.  One call of line() for each line, deeper ones indented.  For rule authors: lines quote the text.
 * Returns the number of places that the detector's patterns match, found or refused. */
typedef void (*detect_line)(void *arg, int depth, const char *line);
size_t detect_explain(const struct detect_set *set, struct detect_scratch *s, size_t detector, const char *text, size_t size,
                      detect_line line, void *arg);

#endif
