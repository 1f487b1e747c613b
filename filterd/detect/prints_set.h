/* The sets of fingerprints of one rule set, and who uses them: as prints_compile.c makes it and prints_scan.c reads it. */
#ifndef FILTERD_DETECT_PRINTS_SET_H
#define FILTERD_DETECT_PRINTS_SET_H

#include "detect/prints.h"
#include "detect/prints_index.h"
#include "detect/scratch.h"
#include "detect/winnow.h"

enum { PRINTS_SETS_MAX = 8 };

struct prints_one {
	const char *path;
	struct prints_index index;
};

struct prints_rule {
	uint16_t detector;
	uint8_t set;
	const struct prints_def *def;
};

struct prints_set {
	struct winnow_table winnow;
	struct prints_one sets[PRINTS_SETS_MAX];
	size_t nsets;
	struct prints_rule *rules; /* in the detect_set's arena */
	size_t nrules;
	size_t size_min;           /* in a shorter view no detector finds anything */
};

#endif
