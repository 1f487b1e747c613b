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

struct decide_input {
	const struct conf *conf;
	const struct policy_rules *rules; /* bound */
	const char *from;                 /* zone */
	const char *const *to;            /* zones it will be seen in; at least one.  The strictest decision counts */
	size_t nto;
	enum channel_kind channel;
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
};

/* Why an item may not pass, beyond rules. */
enum denial { DENY_NOTHING, DENY_TALK, DENY_FILES, DENY_FILE_SIZE, DENY_TLS, DENY_PEER_CERT };

struct decide_hit {                   /* a rule that matched */
	const struct rule *rule;
	const struct rule_condition *condition;
	uint32_t count;               /* findings that counted */
	const struct finding *first;  /* the one with the highest confidence */
};

struct decision {
	enum action action;
	enum denial denial;
	enum cause cause;             /* that led to the action, or CAUSE_NONE */
	bool unscanned;               /* delivered or redacted although some cause was there */
	const struct rule *rule;      /* that led to the action, or NULL */
	bool malware;
	struct decide_hit *hits;      /* every matching rule, monitored ones too */
	size_t nhits;
	bool *redact;                 /* per finding, when action is ACTION_REDACT */
};

/* hits and redact live in a.  Without memory the decision is to block (CAUSE_NO_SPACE). */
void policy_decide(struct arena *a, const struct decide_input *in, struct decision *d_r);

#endif
