/* The indexes of one rule set, and who uses them: as edm_compile.c makes it and edm_scan.c reads it. */
#ifndef FILTERD_DETECT_EDM_SET_H
#define FILTERD_DETECT_EDM_SET_H

#include "detect/edm.h"
#include "detect/edm_index.h"
#include "detect/mapped.h"
#include "detect/scratch.h"

enum { EDM_FILES_MAX = 4 }; /* BUNDLE_INDEXES_MAX */

struct edm_file {
	const char *path;
	struct mapped map;
	struct edm_key *key;
	struct edm_index index;
};

struct edm_rule {
	uint16_t detector;
	uint8_t file, min, confidence;
	uint32_t columns, require; /* bit n: column n of the index */
	uint32_t within;
};

struct edm_set {
	struct edm_file files[EDM_FILES_MAX];
	size_t nfiles;
	struct edm_rule *rules; /* in the set's arena */
	size_t nrules;
};

#endif
