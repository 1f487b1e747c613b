/* Who will see a stanza: the zones it counts as sent to. */
#ifndef FILTERD_FLOW_AUDIENCE_H
#define FILTERD_FLOW_AUDIENCE_H

#include "conf/conf.h"
#include "flow/broker.h"
#include "flow/stanza.h"
#include "xmpp/channel.h"

#include <stdbool.h>
#include <stddef.h>

struct audience {
	const char *zones[CONF_ZONES_MAX + 1]; /* of conf; each once */
	size_t nzones;                         /* at least 1 */
	bool everybody;                        /* all zones there are, for want of knowing better */
};

/* st is NULL when it could not be parsed, and then everybody may see it; from is its sender.
 *
 * A room's audience is the zones its occupants are of (the connector says, xmpp/rooms.h) and the one configured for it; an unknown
 * room's is everybody.  The session remembers which unknown rooms it has joined. */
void audience_of(const struct broker *b, const struct conf *conf, struct session *s, const struct stanza *st,
                 const char *from, struct audience *a_r);

#endif
