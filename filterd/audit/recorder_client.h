/* The broker's side of PROTOCOL.recorder, on libevent.
 *
 * A callback fires exactly once for each call that returned 0: after the recorder's answer, or with
 * RECORDER_GONE when the recorder is lost (or the client freed).  Nothing may become visible before it fires.
 *
 * A recorder that owes answers and gives none for RECORDER_DEADLINE_MS is hung, and counts as lost.  A HOLD has a second
 * more for each 10 MiB it brings, a GET 10 seconds; a recorder that has said nothing yet has RECORDER_START_MS, since it
 * may have a journal to repair.
 */
#ifndef FILTERD_AUDIT_RECORDER_CLIENT_H
#define FILTERD_AUDIT_RECORDER_CLIENT_H

#include "model/event.h"

#include <stddef.h>
#include <stdint.h>

struct event_base;
struct recorder;

enum { RECORDER_DEADLINE_MS = 5000, RECORDER_START_MS = 30000 };

/* 0: durable.  Others are failures: policy's on_failure for no-space applies. */
enum { RECORDER_ON_DISK = 0, RECORDER_REFUSED = 1, RECORDER_NO_SPACE = 2, RECORDER_GONE = 3 };

struct recorder_hooks {
	void (*notice)(void *ctx, const struct event_record *e); /* the recorder's own event, for syslog */
	/* after all pending callbacks; the recorder may be freed in it.  hung: it still runs, but does not answer */
	void (*gone)(void *ctx, int hung);
	void *ctx;
};

typedef void recorder_ack_fn(void *ctx, int status);
/* json: array of items, the last {"more":true} if there were more; NULL unless status is 0. */
typedef void recorder_list_fn(void *ctx, int status, const char *json, size_t size);
/* fd: sealed memory file, the callback's to close; -1 unless status is 0.  meta: JSON object. */
typedef void recorder_get_fn(void *ctx, int status, const char *meta, size_t size, int fd);

/* Owns sock (SOCK_SEQPACKET) from here on.  NULL without memory. */
struct recorder *recorder_new(struct event_base *base, int sock, const struct recorder_hooks *hooks) __attribute__((warn_unused_result));
/* Pending callbacks fire with RECORDER_GONE; gone does not. */
void recorder_free(struct recorder **r);

/* All: 0, or -1 when too much is pending, the recorder is gone, or arguments are malformed; no callback then. */
int recorder_record(struct recorder *r, const struct event_record *e, recorder_ack_fn *cb, void *ctx) __attribute__((warn_unused_result));
/* Keeps what fd holds (from offset 0) under item and journals e, with "item", "size" and "sha256" added by the
 * recorder.  fd stays the caller's: it is duplicated. */
int recorder_hold(struct recorder *r, const char *item, const struct event_record *e, int fd, recorder_ack_fn *cb, void *ctx)
	__attribute__((warn_unused_result));
int recorder_list(struct recorder *r, uint32_t limit, recorder_list_fn *cb, void *ctx) __attribute__((warn_unused_result));
int recorder_get(struct recorder *r, const char *item, recorder_get_fn *cb, void *ctx) __attribute__((warn_unused_result));

size_t recorder_pending(const struct recorder *r);

#endif
