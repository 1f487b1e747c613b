/* Rules: what to do about what detectors find.  They are the `rules` lists of the rule files; the
 * `detectors` of the same files are compiled by detect/ in the scan process, and bound here by id. */
#ifndef FILTERD_POLICY_RULES_H
#define FILTERD_POLICY_RULES_H

#include "base/arena.h"
#include "conf/bundle.h"
#include "conf/cfgerr.h"
#include "model/event.h"
#include "model/mask.h"
#include "model/verdict.h"
#include "policy/allow.h"
#include "policy/when.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rule_mode { RULE_OFF, RULE_MONITOR, RULE_ENFORCE };
const char *rule_mode_name(enum rule_mode m);
/* "low", "medium", "high", "critical": as rules call what events call info to error. */
const char *rule_severity_name(enum severity s);

/* From which list of a rule or group: these hold if all of ALL do, none of NONE, and one of ANY unless there are none of these. */
enum condition_kind { CONDITION_ANY, CONDITION_ALL, CONDITION_NONE };

/* Over what a condition counts: the stanza or file alone, or with all that came before it from its sender, anywhere or in its conversation. */
enum condition_per { PER_ITEM, PER_SENDER, PER_CONVERSATION };
const char *condition_per_name(enum condition_per p);

/* An element of `any` (or `detect`), `all` or `none`: a detector with what is asked of it, or a group of such elements, which follow it. */
struct rule_condition {
	enum condition_kind kind;
	size_t members;       /* of a group: how many conditions behind this one are in it, at any depth; 0: a detector */
	const char *detector; /* NULL in a group */
	int index;            /* in the generation's detector table; -1 before policy_rules_bind() */
	uint8_t confidence;   /* findings below do not count */
	uint32_t count;       /* at least this many … */
	bool distinct;        /* … with different values */
	enum condition_per per;
	uint32_t within_s;    /* what is older does not count; 0 for PER_ITEM */
	int tally;            /* which of the rules' counts over time it asks; -1 for PER_ITEM */
	const char *file;     /* where it is written, for errors */
	int line;
};

/* Texts by language, each language once. */
struct rule_texts {
	const struct rule_text { const char *lang, *text; } *item;
	size_t n;
};

/* How a rule's action redact writes what was found. */
enum redaction_form {
	REDACTION_DEFAULT,    /* by the detector's mask */
	REDACTION_MASK,
	REDACTION_LABEL,      /* a text in its place */
	REDACTION_TOKEN,      /* a token in its place, the same for the same value */
};
struct rule_redaction {
	enum redaction_form form;
	struct mask mask;
	struct rule_texts labels;
};

/* What a rule does beside its action. */
enum rule_also {
	ALSO_NOTIFY_SENDER = 1, /* tell the sender even if it is delivered */
	ALSO_SILENT = 2,        /* never tell the sender */
	ALSO_ALERT = 4,         /* its events have the severity of an alert */
};

struct rule {
	const char *id;
	enum rule_mode mode;
	int priority;                 /* of equally strict rules, the one with the highest is named */
	struct when when;
	struct rule_condition *conditions; /* none: what `when` says is enough, and it says something of a file */
	size_t nconditions;
	const char *file;             /* where it is written, for errors */
	int line;
	enum action action;
	unsigned also;                /* bits of rule_also */
	enum severity severity;
	struct rule_redaction redaction;
	struct rule_texts notices;
};

struct policy_rules {
	struct arena *arena;
	struct rule *rules;
	size_t nrules;
	size_t ntallies;      /* conditions that count over time */
	struct allow_list allow;
};

/* Reads `rules` and `allow` of every BUNDLE_RULES file; refuses duplicates, unknown keys and values with file and line. */
int policy_rules_parse(const struct bundle *b, struct policy_rules **rules_r, struct cfgerr *err) __attribute__((warn_unused_result));
/* Binds the conditions to detectors; ids[i] is the id of detector i.  A rule that names no detector of
 * these is refused. */
int policy_rules_bind(struct policy_rules *r, const char *const *ids, size_t n, struct cfgerr *err) __attribute__((warn_unused_result));
/* Refuses a rule that names a group of users which conf does not define. */
int policy_rules_check(const struct policy_rules *r, const struct conf *conf, struct cfgerr *err) __attribute__((warn_unused_result));
void policy_rules_free(struct policy_rules **r);

/* The text in this language: "de-Latn-AT" falls back to "de-Latn" and "de" (RFC 4647 section 3.4), then fallback is looked for
 * likewise, then the first is taken; NULL if there is none.  Both languages may be NULL. */
const char *rule_text_in(const struct rule_texts *t, const char *lang, const char *fallback);
/* The names of what is done beside the action, separated by spaces: "notify-sender alert"; "" for nothing. */
void rule_also_names(unsigned also, char *dst, size_t dst_size);

#endif
