/* What rules make of a text that is tried offline: the server's own policy and redaction (policy/decide.h, flow/redact.h), of a text of which
 * from, to and channel are assumed. */
#ifndef FILTERD_MAIN_RULES_JUDGE_H
#define FILTERD_MAIN_RULES_JUDGE_H

#include "base/arena.h"
#include "main/rules_assume.h"
#include "main/rules_cli.h"
#include "policy/decide.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { JUDGE_TEXTS_MAX = 8, JUDGE_BUDGET_US = 5000000 };

struct judge {
	const struct rules_loaded *l;
	const struct rules_options *o;
	struct detect_scratch *scratch;           /* the caller's */
	struct assumed assumed;
	struct policy_rules *rules;
	struct generation_detector *detectors;    /* strings are the set's */
	struct finding *again;                    /* of the second look */
	struct drip *drip;                        /* of the conversation at hand, which counts what rules count over time; NULL: a text alone */
	int today;
};

struct judged {
	struct decide_input in;
	struct decision d;
	struct decide_text texts[JUDGE_TEXTS_MAX];
	struct decide_file file;                  /* of an upload */
	const char *delivered;                    /* text 0 as it goes on; NULL: it does not */
	size_t delivered_size;
	bool shown;                               /* redacted, yet a rule would find it again: so it is blocked */
};

/* Reads the rules of l's files, as far as they say what to do.  CTL_OK, or an exit status: what is wrong was said on standard error. */
int judge_new(const struct rules_loaded *l, const struct rules_options *o, struct detect_scratch *s, struct judge *j_r) __attribute__((warn_unused_result));
void judge_free(struct judge *j);

/* A conversation begins, or (0) is over: messages are counted together.  -1 without memory. */
int judge_converse(struct judge *j, int begins) __attribute__((warn_unused_result));
/* Decides of what was found in these texts of one message; the findings are put in order.  from: who sent it; what is no address counts for
 * counts alone, then the sender is as assumed.  All memory is a's; -1 without. */
int judge_texts(struct judge *j, struct arena *a, const char *from, const struct detect_text *texts, size_t ntexts, struct finding *findings, size_t n,
                enum cause cause, struct judged *r) __attribute__((warn_unused_result));

/* What came of a rule that has a say in what was found. */
enum judge_outcome { JUDGE_SILENT, JUDGE_OFF, JUDGE_ELSEWHERE, JUDGE_TOO_LITTLE, JUDGE_ALLOWED, JUDGE_MATCHES };
enum judge_outcome judge_outcome(const struct judge *j, const struct judged *r, const struct rule *rule);

/* For people, on standard output; nothing if the files have no rules. */
void judge_print(const struct judge *j, const struct judged *r);
/* For programs: adds "action", "rule", "rules", … to an object; the second: what was assumed. */
int judge_add_json(const struct judge *j, const struct judged *r, json_t *to);
json_t *judge_assumed_json(const struct judge *j);

#endif
