/* The parts of a rule that are texts for people, by language: its notice, and what its `redact` puts in the place of what was found. */
#ifndef FILTERD_POLICY_REDACTION_H
#define FILTERD_POLICY_REDACTION_H

#include "conf/cfgread.h"
#include "policy/rules.h"

/* A group of texts by language, each of 1 to max bytes; what names them in messages ("a notice").  -1 with file and line in r->err. */
int rule_texts_read(const struct cfg_reader *r, const config_setting_t *g, const char *what, size_t max, struct rule_texts *t_r)
	__attribute__((warn_unused_result));
/* The group `redact` of a rule whose actions are read. */
int redaction_read(const struct cfg_reader *r, const config_setting_t *g, struct rule *rule) __attribute__((warn_unused_result));

#endif
