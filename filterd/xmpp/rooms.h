/* What a connector says of the occupants of chat rooms (ROOM in PROTOCOL.inspect): for each room the domains they are of.
 *
 * What is not here is unknown, and an unknown room's messages count as seen everywhere; so a room that does not
 * fit within the bounds is left out, and nothing worse comes of it.
 */
#ifndef FILTERD_XMPP_ROOMS_H
#define FILTERD_XMPP_ROOMS_H

#include "base/buf.h"

#include <stddef.h>

struct rooms;

struct rooms *rooms_new(void);
void rooms_free(struct rooms **rs);
/* The domains of the room's occupants are these from now on, as in a ROOM's payload (checked by inspect_parse()).  Without
 * memory or over the bounds, the room is unknown. */
void rooms_set(struct rooms *rs, const char *room, size_t room_size, const void *domains, size_t size);
/* The room is unknown from now on; with room_size 0 all are. */
void rooms_forget(struct rooms *rs, const char *room, size_t room_size);
/* A view of the room's domains for inspect_next_domain(), valid until the room changes; -1 when it is unknown. */
int rooms_find(const struct rooms *rs, const char *room, size_t room_size, struct buf *domains_r) __attribute__((warn_unused_result));
size_t rooms_count(const struct rooms *rs);

#endif
