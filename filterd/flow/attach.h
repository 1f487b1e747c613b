/* Offering the inspect channel over the component links (PROTOCOL.inspect, section 1). */
#ifndef FILTERD_FLOW_ATTACH_H
#define FILTERD_FLOW_ATTACH_H

#include "flow/broker.h"

#include <stdbool.h>

struct attach;

/* Starts offering, as soon as b->g is there, on every filter link that is up and has no channel. */
struct attach *attach_new(struct broker *b);
void attach_free(struct attach **a);
/* A link came up, a channel ended, or the first generation serves: offer at once.  NULL is fine: nothing more is offered. */
void attach_now(struct attach *a);
/* True if e is the answer to an offer. */
bool attach_stanza(struct attach *a, const struct xml_node *e);

#endif
