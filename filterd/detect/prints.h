/* Document fingerprints: detectors that find passages of registered documents (filterd-rules(5), FORMAT.fingerprint). */
#ifndef FILTERD_DETECT_PRINTS_H
#define FILTERD_DETECT_PRINTS_H

#include "conf/cfgread.h"

#include <stddef.h>
#include <stdint.h>

struct detect_set;
struct detect_scratch;
struct prints_set;     /* the sets of fingerprints that detectors name, shared by all workers, and these detectors */
struct prints_scratch;

/* What a detector says about a set. */
struct prints_def {
	const char *set;             /* path, as the bundle has it */
	uint32_t min_characters;     /* of one document in one text */
	uint8_t min_share_document;  /* percent of the document's fingerprints that are in the text … */
	uint8_t min_share_message;   /* … and of the text's letters and digits that are the document's */
	uint8_t confidence;
	const char *file;
	int line;
};

/* The `fingerprint` group of a detector; *def_r is in the reader's arena. */
int prints_def_read(const struct cfg_reader *r, const config_setting_t *s, struct prints_def **def_r) __attribute__((warn_unused_result));

/* Reads the sets that the detectors name; set->prints is NULL if there are none. */
int prints_compile(const struct bundle *b, struct detect_set *set, struct cfgerr *err) __attribute__((warn_unused_result));
void prints_set_free(struct prints_set **p);

/* NULL without memory. */
struct prints_scratch *prints_scratch_new(void);
void prints_scratch_free(struct prints_scratch **x);
/* Looks for all documents in the view at hand and notes what the detectors ask for. */
void prints_scan(const struct detect_set *set, struct detect_scratch *s);

/* What stands of one document in the view at hand. */
struct prints_found {
	uint32_t id;
	uint32_t characters;         /* in runs of fingerprints; what was copied may be up to 50 longer */
	uint8_t share_document, share_message;
	int counts;                  /* all that the detector asks for */
};
/* For detect_explain(): tells of each document of the detector's set that stands in the view at hand.  Returns how many. */
size_t prints_explain(const struct detect_set *set, struct detect_scratch *s, size_t detector,
                      void (*found)(void *arg, const struct prints_found *f), void *arg);

#endif
