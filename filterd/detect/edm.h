/* Exact data match: detectors that find values of one row of a table of real records (filterd-rules(5), FORMAT.edm). */
#ifndef FILTERD_DETECT_EDM_H
#define FILTERD_DETECT_EDM_H

#include "conf/cfgread.h"

#include <stddef.h>
#include <stdint.h>

struct detect_set;
struct detect_scratch;
struct detector_def;
struct edm_set;     /* the indexes of a set, mapped and shared by all workers, and the detectors that use them */
struct edm_scratch;

/* What a detector says about an index. */
struct edm_def {
	const char *index, *key; /* paths, as the bundle has them */
	struct cfg_words columns, require;
	uint32_t within;         /* code points from the first value's start to the last one's end */
	uint8_t min;             /* that many columns of one row */
	uint8_t confidence;
	const char *file;
	int line;
};

/* The `edm` group of a detector; *def_r is in the reader's arena. */
int edm_def_read(const struct cfg_reader *r, const config_setting_t *s, struct edm_def **def_r) __attribute__((warn_unused_result));

/* Opens the indexes that the set's detectors name; set->edm is NULL if there are none. */
int edm_compile(const struct bundle *b, struct detect_set *set, struct cfgerr *err) __attribute__((warn_unused_result));
void edm_free(struct edm_set **e);

/* NULL without memory. */
struct edm_scratch *edm_scratch_new(void);
void edm_scratch_free(struct edm_scratch **x);
/* Looks for all records in the view at hand and notes what the detectors ask for. */
void edm_scan(const struct detect_set *set, struct detect_scratch *s);
/* Tells of each value that stands in the view at hand, for detect_explain(). Returns how many. */
size_t edm_explain(const struct detect_set *set, struct detect_scratch *s, size_t detector,
                   void (*found)(void *arg, const char *column, size_t start, size_t end, size_t rows), void *arg);

#endif
