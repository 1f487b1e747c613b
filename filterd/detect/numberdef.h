/* kind = "number": a number told by its lengths, prefixes and separators instead of a regex.
 *
 * It becomes patterns of a form that the shared number pass takes (variants.h), so that PCRE2 need not run.
 */
#ifndef FILTERD_DETECT_NUMBERDEF_H
#define FILTERD_DETECT_NUMBERDEF_H

#include "conf/cfgread.h"

#include <stdint.h>

enum {
	NUMBERDEF_LENGTH_MIN = 2,
	NUMBERDEF_LENGTH_MAX = 36,
	NUMBERDEF_PREFIXES_MAX = 64,
	NUMBERDEF_PREFIX_DIGITS_MAX = 8,
	NUMBERDEF_GROUPS_MAX = 16,
};

struct detector_def;

/* Prefixes from a to b, both of so many digits. */
struct number_prefix {
	uint32_t from, to;
	uint8_t digits;
	int line;
};

/* "4-6-5" */
struct number_group {
	uint8_t n, size[NUMBERDEF_LENGTH_MAX], digits;
};

struct number_def {
	uint64_t lengths;       /* bit n: n digits */
	struct number_prefix *prefixes;
	size_t nprefixes;
	struct number_group *groups; /* none: a separator may stand anywhere between two digits */
	size_t ngroups;
	char separators[17];
	uint8_t confidence;
	const char *file;
	int line;
};

/* *n_r: NULL if the detector is of no kind; else in the reader's arena. */
int numberdef_read(const struct cfg_reader *r, const config_setting_t *detector, struct number_def **n_r) __attribute__((warn_unused_result));
/* Adds the patterns to the detector's. */
int numberdef_patterns(struct detector_def *d, struct arena *a, struct cfgerr *err) __attribute__((warn_unused_result));

#endif
