/* Frames of the inspect channel between connector and broker (PROTOCOL.inspect).
 * Both directions are here: the broker uses one, the tests and tools the other. */
#ifndef FILTERD_IPC_INSPECT_WIRE_H
#define FILTERD_IPC_INSPECT_WIRE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	INSPECT_VERSION = 1,
	INSPECT_TOKEN_HEX = 64,
	INSPECT_STANZA_MAX = 512 * 1024,
	INSPECT_FRAME_MAX = INSPECT_STANZA_MAX + 64 * 1024, /* length field at most */
	INSPECT_FRAME_MAX_ATTACH = 4096,
	INSPECT_WINDOW = 4096,
	INSPECT_SESSIONS_MAX = 1 << 20,
	INSPECT_ROOMS_MAX = 1 << 16,
	INSPECT_ROOM_DOMAINS_MAX = 256,
};

enum inspect_type {
	INSPECT_ATTACH = 0x01, INSPECT_SESSION, INSPECT_INSPECT, INSPECT_CANCEL, INSPECT_END, INSPECT_INJECTED,
	INSPECT_PING = 0x40, INSPECT_PONG, INSPECT_ROOM, INSPECT_CONTROL_FIRST = 0x40, INSPECT_CONTROL_LAST = 0x7f,
	INSPECT_READY = 0x81, INSPECT_DELIVER, INSPECT_REPLACE, INSPECT_BOUNCE, INSPECT_DROP, INSPECT_INJECT,
};

enum inspect_origin { INSPECT_C2S = 1, INSPECT_S2S, INSPECT_COMPONENT };
enum { INSPECT_SESSION_TLS = 1, INSPECT_SESSION_CERT = 2, INSPECT_SESSION_DIALBACK = 4 };
enum { INSPECT_AGAIN = 1 }; /* flags of INSPECT */
enum { INSPECT_ROOM_UNKNOWN, INSPECT_ROOM_KNOWN }; /* status of ROOM */

/* A parsed frame; strings and payload point into the buffer it was parsed from. */
struct inspect_frame {
	uint8_t type;
	uint8_t version, origin, flags, status;
	uint32_t id, session, cookie, frame_max, window;
	const char *token, *software, *jid, *host, *address; /* jid: of a session, or the room's */
	size_t software_len, jid_len, host_len, address_len;
	const char *payload;  /* stanza or error, not NUL-terminated; ROOM: domains, each as str16 */
	size_t payload_len;
};

/* How many bytes the frame at the start of size bytes at data takes, its length field included;
 * 0 when the length field is not there yet, -1 when it is 0 or above length_max. */
long inspect_frame_size(const uint8_t *data, size_t size, uint32_t length_max);
/* Parses one whole frame (length field included).  -1 for anything PROTOCOL.inspect does not allow; an unknown control
 * frame parses with nothing but its type. */
int inspect_parse(const uint8_t *data, size_t size, struct inspect_frame *f_r) __attribute__((warn_unused_result));
/* Takes the next domain of a ROOM's payload, which b views; false at its end. */
bool inspect_next_domain(struct buf *b, const char **domain_r, size_t *size_r);
/* Appends one frame to b, of the type in f->type; -1 when it does not fit or the type is unknown. */
int inspect_put(struct buf *b, const struct inspect_frame *f) __attribute__((warn_unused_result));

#endif
