/* Events as entries of the audit journal: one JSON object each.
 * {"time":"2026-11-25T02:04:15.123Z","seq":7,"event":"policy.block","severity":4,"ref":"…","from":"…",…} */
#ifndef FILTERD_AUDIT_ENTRY_H
#define FILTERD_AUDIT_ENTRY_H

#include "model/event.h"

#include <stddef.h>
#include <stdint.h>

/* *json_r is malloc'ed (free it), at most 65,535 bytes.  Same fields and values as in syslog.  seq counts the
 * entries of one run of the sender; an entry's place in the journal is its index there. */
int entry_json(const struct event_record *e, uint64_t seq, char **json_r, size_t *size_r) __attribute__((warn_unused_result));

#endif
