/* Monitor ↔ broker messages (PROTOCOL.monitor). */
#ifndef FILTERD_IPC_MONITOR_WIRE_H
#define FILTERD_IPC_MONITOR_WIRE_H

#include "base/buf.h"
#include "base/io.h"
#include "model/event.h"

#include <stdint.h>

enum monitor_type {
	MONITOR_GENERATION = 'G',
	MONITOR_RECORDER = 'S',
	MONITOR_DONE = 'D',
	MONITOR_EVENT = 'E',
	MONITOR_PING = 'P',
	MONITOR_ACCEPTED = 'A',
	MONITOR_REFUSED = 'F',
	MONITOR_RELOAD = 'R',
	MONITOR_PONG = 'O',
	MONITOR_WRECKED = 'W',
	MONITOR_RECORDER_HUNG = 'X',
};

enum monitor_side { MONITOR_SIDE_MONITOR, MONITOR_SIDE_BROKER };
enum monitor_reason { REASON_START = 1, REASON_RELOAD, REASON_SIGNATURES, REASON_RESTART };

enum {
	MONITOR_PACKET_MAX = 16384,
	MONITOR_TEXT_SIZE = 2048,
	MONITOR_FIELDS_MAX = 8,
	MONITOR_FIELD_SIZE = 32,
	MONITOR_VALUE_SIZE = 1024
};

struct monitor_field {
	char name[MONITOR_FIELD_SIZE];
	char value[MONITOR_VALUE_SIZE];
};

/* Only what belongs to the type is used.  fds: GENERATION bundle, nursery channel; RECORDER socket. */
struct monitor_msg {
	enum monitor_type type;
	uint32_t generation;            /* GENERATION, ACCEPTED, REFUSED, WRECKED */
	enum monitor_reason reason;     /* GENERATION */
	uint32_t id;                    /* DONE, RELOAD, PING, PONG; RECORDER_HUNG: which recorder */
	uint8_t ok;                     /* DONE */
	char text[MONITOR_TEXT_SIZE];   /* DONE, REFUSED; longer text is cut when sent */
	enum event_id event;            /* EVENT */
	uint8_t nfields;
	struct monitor_field fields[MONITOR_FIELDS_MAX];
	int fds[IO_FDS_MAX];
	int nfds;
};

/* Appends one packet.  BUF_FULL if it does not fit. */
int monitor_encode(const struct monitor_msg *m, struct buf *out) __attribute__((warn_unused_result));
/* Reads one whole packet that the given side sent, with so many descriptors.  -1 if that side may not send it, if it
 * is cut short or too long, or has the wrong number of descriptors.  Does not touch m->fds and m->nfds. */
int monitor_decode(enum monitor_side from, struct buf *in, int nfds, struct monitor_msg *m)
        __attribute__((warn_unused_result));

/* Sends one packet; the descriptors stay the caller's.  -1 with errno. */
int monitor_send(int sock, const struct monitor_msg *m) __attribute__((warn_unused_result));
/* Receives one packet.  1 = m is filled, its descriptors are the caller's; 0 = the end; -1 with errno: EAGAIN on a
 * non-blocking socket, EPROTO for what the peer may not send. */
int monitor_recv(int sock, enum monitor_side from, struct monitor_msg *m) __attribute__((warn_unused_result));

/* Adds a field to an EVENT; beyond MONITOR_FIELDS_MAX nothing is added, longer values are cut. */
void monitor_add_field(struct monitor_msg *m, const char *name, const char *value);
/* The event an EVENT carries; values are borrowed from m. */
void monitor_get_event(const struct monitor_msg *m, struct event_record *e);

#endif
