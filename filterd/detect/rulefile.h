/* How rule files become detectors: what the parts share while they read.
 *
 *   rulefile.c  files, and detectors that begin as copies of others
 *   ruledef.c   what a detector says: patterns, words, evidence, …
 *   override.c  what is said to change another detector
 *   packs.c     what is switched on and off
 */
#ifndef FILTERD_DETECT_RULEFILE_H
#define FILTERD_DETECT_RULEFILE_H

#include "detect/ruledef.h"

/* What words need besides: where their files are. */
struct rule_reader {
	struct cfg_reader cfg;
	const struct bundle *bundle;
};

enum ruledef_group { RULEDEF_DETECTOR, RULEDEF_OVERRIDE, RULEDEF_ADD };
int ruledef_check_keys(const struct rule_reader *rr, const config_setting_t *s, enum ruledef_group group) __attribute__((warn_unused_result));
/* Reads what the group says of a detector, into an empty one. */
int ruledef_fields(const struct rule_reader *rr, const config_setting_t *s, struct detector_def *def) __attribute__((warn_unused_result));

/* What a group says to change a detector. */
struct change {
	const char *id, *file;
	int line;
	uint32_t given, added;        /* which fields: bits of override.c's table */
	struct detector_def with, more;
	uint8_t confidence;           /* of all patterns, words and records; 0: stays */
	struct change *next;          /* in the order of the files */
};

int change_read(const struct rule_reader *rr, const config_setting_t *s, struct change *c_r) __attribute__((warn_unused_result));
int change_apply(const struct change *c, struct detector_def *d, struct arena *a, struct cfgerr *err) __attribute__((warn_unused_result));

/* A name in `enable` or `disable`. */
struct pack_name {
	enum pack_list { ENABLE_DETECTORS, ENABLE_COUNTRIES, DISABLE_DETECTORS, DISABLE_COUNTRIES } list;
	const char *name, *file;
	int line;
	struct pack_name *next;
};

int packs_read(const struct cfg_reader *r, const config_setting_t *root, struct pack_name **names) __attribute__((warn_unused_result));
/* Switches detectors off.  They keep their places and names, so that rules may still ask for them. */
int packs_apply(const struct pack_name *names, struct ruledefs *defs, struct cfgerr *err) __attribute__((warn_unused_result));

#endif
