/* The decision: a pure function of what is known of an item.
 *
 * Every way in which an item was not inspected to its end is in `causes`, and policy's row names an
 * action for each; so there is no input for which "nothing known" means deliver.
 */
#ifndef FILTERD_POLICY_DECIDE_H
#define FILTERD_POLICY_DECIDE_H

#include "base/arena.h"
#include "conf/conf.h"
#include "policy/rules.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct decide_text {
	const char *data;
	size_t size;
};

/* What a condition over time counts, with this item: so many, the oldest of them so long ago. */
struct decide_tally {
	uint32_t count;
	uint64_t span_ms;
};

struct decide_input {
	const struct policy_rules *rules; /* bound */
	struct when_facts is;             /* at least one zone in `to`: the strictest decision counts */
	bool is_file;                     /* an upload, or an offer to send a file */
	uint64_t file_size;
	bool check_peer;                  /* the session facts below are known and apply */
	bool tls, peer_cert, is_s2s;
	bool can_redact;                  /* else redact becomes block */
	bool malware;
	uint32_t causes;                  /* bit 1 << enum cause */
	const struct decide_text *texts;  /* what findings point into, for `distinct`; NULL: not at hand, every finding counts as different */
	const struct finding *findings;   /* of those texts, checked */
	size_t nfindings;
	const struct allow_entry *const *allowed; /* per finding, from allow_value(); NULL: none is on the list */
	int today;                        /* see allow_today() */
	const struct decide_tally *tallies; /* by rule_condition.tally; NULL: there was nothing before this item */
};

/* Why an item may not pass, beyond rules. */
enum denial { DENY_NOTHING, DENY_TALK, DENY_FILES, DENY_FILE_SIZE, DENY_TLS, DENY_PEER_CERT };

struct decide_hit {                   /* a rule that matched */
	const struct rule *rule;
	const struct rule_condition *condition; /* that held; NULL: `when` alone did */
	const struct decide_file *file; /* of when.file; else NULL */
	uint32_t count;               /* findings that counted; over time, with those of earlier items */
	uint64_t span_ms;             /* over time: how long ago the oldest was; else 0 */
	const struct finding *first;  /* the one with the highest confidence; NULL without a condition */
};

/* A rule would have matched, or would have had more to match, but for this entry of the allow-list. */
struct decide_allowed {
	struct decide_allowed *next;
	const struct allow_entry *entry;
	struct decide_hit hit;        /* what is allowed */
};

struct decision {
	enum action action;
	enum denial denial;
	enum cause cause;             /* that led to the action, or CAUSE_NONE */
	bool unscanned;               /* delivered or redacted although some cause was there */
	const struct rule *rule;      /* that led to the action, or NULL */
	bool malware;
	bool alert;                   /* what is told of it is an alert */
	struct decide_hit *hits;      /* every matching rule, monitored ones too */
	size_t nhits;
	struct decide_allowed *allowed; /* in no order */
	const struct rule **redact;   /* per finding, when action is ACTION_REDACT: the rule that has it masked, or NULL */
	const struct rule *notify;    /* it is delivered, and this rule wants the sender to be told; or NULL */
	bool silent;                  /* the sender is not told */
};

/* Whether the rule is to be asked at all about this item: its mode and `when`. */
bool policy_rule_applies(const struct rule *r, const struct decide_input *in);
/* Whether the allow-list takes finding i out of what this rule counts. */
bool policy_finding_allowed(const struct rule *r, const struct decide_input *in, size_t i);
bool policy_finding_counts(const struct rule_condition *c, const struct finding *f);
/* How many findings the rule's condition, which is no group, counts. */
uint32_t policy_count(const struct rule *r, const struct decide_input *in, const struct rule_condition *c);
/* The finding's value without separators: two findings with the same one are not distinct.  dst has room for all of the finding; returns its
 * bytes, 0 if the value is not at hand. */
size_t policy_value(const struct decide_text *texts, const struct finding *f, char *dst);

/* The same of any text. */
size_t policy_plain(const char *s, size_t size, char *dst);

/* hits, allowed and redact live in a.  Without memory the decision is to block (CAUSE_NO_SPACE). */
void policy_decide(struct arena *a, const struct decide_input *in, struct decision *d_r);

#endif
