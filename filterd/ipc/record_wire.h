/* PROTOCOL.recorder as a struct: packets between broker and recorder, both ways.
 *
 * Pure: no descriptors, no I/O.  Pointers in a decoded message point into the packet.  A packet that
 * is not exactly one well-formed message (unknown type, short, long, oversized) is refused as a whole.
 */
#ifndef FILTERD_IPC_RECORD_WIRE_H
#define FILTERD_IPC_RECORD_WIRE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RECORD_PACKET_MAX = 131072, RECORD_ENTRY_MAX = 65535, RECORD_ITEM_MAX = 64 };

enum record_type {
	RECORD_RECORD = 'R',
	RECORD_HOLD = 'H',
	RECORD_LIST = 'L',
	RECORD_GET = 'G',
	RECORD_ACK = 'A',
	RECORD_ITEMS = 'I',
	RECORD_CONTENT = 'C',
	RECORD_NOTICE = 'N',
};

enum record_status { RECORD_ON_DISK = 0, RECORD_REFUSED = 1, RECORD_NO_SPACE = 2 };

struct record_msg {
	uint8_t type;
	uint64_t seq;                     /* not in NOTICE */
	char item[RECORD_ITEM_MAX + 1];   /* HOLD, GET */
	uint32_t limit;                   /* LIST */
	uint8_t status;                   /* ACK, CONTENT */
	const char *json;                 /* entry, meta, array or notice; not NUL-terminated */
	size_t json_size;
};

/* Appends the packet to b (an empty one); negative when a part is too long or b is full. */
int record_wire_put(struct buf *b, const struct record_msg *m) __attribute__((warn_unused_result));
/* Reads one packet; -1, *m untouched, unless it is well-formed. */
int record_wire_get(const void *data, size_t size, struct record_msg *m) __attribute__((warn_unused_result));
/* How many descriptors must come with the message: 1 with HOLD and with a CONTENT of status 0. */
int record_wire_fds(const struct record_msg *m);
/* Item ids are names of files: 1 to RECORD_ITEM_MAX of A-Z a-z 0-9 "-" "_", not beginning with "-". */
bool record_wire_item_ok(const char *item);

#endif
