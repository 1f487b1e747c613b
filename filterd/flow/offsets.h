/* Offsets that extensions hold into a message's body or subject, after a text became shorter or longer.
 *
 * XEP-0428 (and with it the quotes of XEP-0461), XEP-0372 and XEP-0394 count code points.  They are moved along with the text
 * they speak of; where that is not certain the extension is taken out, because a client that cuts at the wrong place would
 * show, or hide, what nobody meant.
 */
#ifndef FILTERD_FLOW_OFFSETS_H
#define FILTERD_FLOW_OFFSETS_H

#include "base/arena.h"
#include "xmpp/xml.h"

#include <stddef.h>
#include <stdint.h>

/* How one text node changed: for each of its n former code points, and their end, where it lies now as the beginning of a range, and as
 * the end of one.  Within what was replaced, a beginning is before the replacement and an end behind it. */
struct offsets_map {
	const struct xml_node *node;
	uint32_t n;
	const uint32_t *begin, *end; /* n + 1 each */
	struct offsets_map *next;
};

/* Moves or takes out what speaks of these nodes, in every message of the stanza (one may be forwarded in another, XEP-0297). */
void offsets_move(struct arena *a, struct xml_node *top, const struct offsets_map *changed);

#endif
