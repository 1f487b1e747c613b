/* Counting over time: what rules with `per` and `within` ask for ("three cards of one sender in a day").
 *
 * Every item whose findings count for such a condition is counted when it is judged, whatever becomes of it: who is stopped
 * and tries again must not begin anew.  Kept are keyed hashes alone, of rules, addresses and values; neither can be read back.  Memory
 * is bounded, and what was not asked for the longest time goes first.  The counts outlive reloads (they belong to a rule's id), not
 * the broker.
 */
#ifndef FILTERD_FLOW_DRIP_H
#define FILTERD_FLOW_DRIP_H

#include "policy/decide.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct drip;

enum {
	DRIP_BYTES_MAX = 32 << 20, /* of all counts in the broker */
	DRIP_BEYOND = 32,          /* a count goes on for so many above what its rule asks for, and no further */
};

/* NULL without memory.  bytes_max: of all counts together. */
struct drip *drip_new(size_t bytes_max);
void drip_free(struct drip **d);

/* What is counted. */
struct drip_item {
	const char *from, *to; /* JIDs; only their bare form counts; "" if there is none */
	const char *name;      /* of a file: the same for the same file, for findings whose value is not at hand; NULL: each is another */
	bool again;            /* this may have been counted before: a value that was is not counted once more */
};

/* Counts the findings of in, and says in *tallies_r what it comes to, for in->tallies: in a, or NULL when no rule counts over time.  now_ms: of
 * a clock that never goes back.  -1 without memory: then the item can't be judged. */
int drip_count(struct drip *d, struct arena *a, const struct decide_input *in, const struct drip_item *item, uint64_t now_ms,
               const struct decide_tally **tallies_r) __attribute__((warn_unused_result));

#endif
