/* The pipeline of a stanza: parse → inspect → classify → decide → mask → record → act. */
#ifndef FILTERD_FLOW_MESSAGE_H
#define FILTERD_FLOW_MESSAGE_H

#include "flow/broker.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Takes a stanza from a channel; it will be answered exactly once. */
void message_inspect(struct broker *b, struct session *s, uint32_t id, bool again, const char *stanza, size_t size);

#endif
