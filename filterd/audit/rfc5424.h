/* Events as syslog messages: RFC 5424, without any transport's framing.
 *
 * <PRI>1 TIME HOST filterd PID EVENT [meta sequenceId="7"][event@32473 ref="…" from="…" …] SENTENCE
 * MSG is the event table's own sentence: nothing from outside is in it.
 */
#ifndef FILTERD_AUDIT_RFC5424_H
#define FILTERD_AUDIT_RFC5424_H

#include "model/event.h"

#include <stddef.h>
#include <stdint.h>

/* SD-ID of our fields.  32473 is the enterprise number that RFC 5612 sets aside for documentation: filterd has none
 * of its own, and a private one made up here could be somebody else's. */
#define RFC5424_SD_ID "event@32473"

enum { RFC5424_MAX = 8192, RFC5424_DATAGRAM_MAX = 2048 };

struct rfc5424 {
	int facility;        /* 0..23 */
	char hostname[256];  /* printable ASCII, "-" if unknown */
	long pid;
};

/* The code of "mail", "local0", …; -1 if there is no such facility. */
int rfc5424_facility(const char *name);
/* A HOSTNAME: what does not belong there becomes "?"; "" or NULL asks the system. */
void rfc5424_set_hostname(struct rfc5424 *s, const char *hostname);
/* Writes the message into dst, cutting values so that it fits dst_size; returns its length.  sequence: 1…2^31-1. */
size_t rfc5424_print(const struct rfc5424 *s, const struct event_record *e, uint32_t sequence, char *dst, size_t dst_size);

#endif
