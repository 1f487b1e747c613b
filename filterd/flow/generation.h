/* A generation: one configuration with its rules, and the detectors that the scan workers of
 * that configuration serve.  Items hold a reference, so that a decision is always made by the
 * policy whose detectors did the finding, across a reload. */
#ifndef FILTERD_FLOW_GENERATION_H
#define FILTERD_FLOW_GENERATION_H

#include "conf/bundle.h"
#include "conf/conf.h"
#include "ipc/scan_wire.h"
#include "model/mask.h"
#include "policy/rules.h"

#include <stddef.h>
#include <stdint.h>

struct generation_detector {
	char *id, *title;
	struct mask mask;
};

struct generation {
	uint32_t number;
	struct conf *conf;
	struct policy_rules *rules;
	struct generation_detector *detectors;
	size_t ndetectors, noff; /* noff: so many of them are switched off */
	uint32_t signatures;
	char degraded[SCAN_DEGRADED_SIZE]; /* what of its engines is worse than it could be; "": nothing */
	unsigned refs;
};

/* Parses configuration and rules of the bundle; the caller holds the one reference. */
int generation_new(uint32_t number, const struct bundle *b, struct generation **g_r, struct cfgerr *err) __attribute__((warn_unused_result));
/* Room for n detectors, to be filled by generation_set_detector. */
int generation_expect(struct generation *g, size_t n) __attribute__((warn_unused_result));
int generation_set_detector(struct generation *g, size_t index, const char *id, const char *title, struct mask mask) __attribute__((warn_unused_result));
/* All detectors are known: binds the rules to them. */
int generation_bind(struct generation *g, struct cfgerr *err) __attribute__((warn_unused_result));
struct generation *generation_ref(struct generation *g);
void generation_unref(struct generation **g);

#endif
