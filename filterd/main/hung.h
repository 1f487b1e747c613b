/* What hangs is ended by force, told, and started again like what died (PROTOCOL.monitor, 4). */
#ifndef FILTERD_MAIN_HUNG_H
#define FILTERD_MAIN_HUNG_H

#include "main/state.h"

/* Sends the next PING if it is time, or ends a broker that answers none. */
void hung_ping_broker(struct monitor *m, uint64_t now_ms);
void hung_take_pong(struct monitor *m, uint32_t id);
/* WRECKED and RECORDER_HUNG came.  What speaks of one before is ignored. */
void hung_nursery(struct monitor *m, uint32_t generation);
void hung_recorder(struct monitor *m, uint32_t number);

#endif
