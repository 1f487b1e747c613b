/* The stages that a view goes through: each finds the places of one class of patterns, and what stands there becomes spans. */
#ifndef FILTERD_DETECT_STAGES_H
#define FILTERD_DETECT_STAGES_H

#include "detect/scratch.h"

/* All that there is in the view of s, which scan_sweep() has been through: spans are added to s->spans. */
void scan_view(const struct detect_set *set, struct detect_scratch *s);

#endif
