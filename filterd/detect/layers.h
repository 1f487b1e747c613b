/* What a text hides in an encoding: it is decoded and looked at like any text, and what is found there is told in places of the view
 * that it was decoded from.  Layers in layers, DECODE_DEPTH_MAX of them. */
#ifndef FILTERD_DETECT_LAYERS_H
#define FILTERD_DETECT_LAYERS_H

#include "detect/scratch.h"

/* What the view of s hides; spans are added to s->spans.  VIEW_OK or an error of view.h. */
int layers_scan(const struct detect_set *set, struct detect_scratch *s) __attribute__((warn_unused_result));

#endif
