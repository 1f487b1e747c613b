/* What the component answers to users and servers in its own name: disco (XEP-0030), version (XEP-0092), and,
 * on the upload domain, slots (XEP-0363). */
#ifndef FILTERD_FLOW_COMPONENT_H
#define FILTERD_FLOW_COMPONENT_H

#include "flow/broker.h"

#include <stdbool.h>

/* Handles a stanza that came to a component.  False if it was no request that is answered here (the caller
 * ignores it then; errors and results are never answered). */
bool component_stanza(struct broker *b, struct link *l, const struct xml_node *e);

#endif
