/* HTTP upload service (XEP-0363): slots, PUT with a verdict before the answer, GET of what is clean.
 *
 * Runs in the caller's event loop, with helper threads that wait for the disk (http/durable.h).
 * News goes up through struct upload_ops only.  The process ignores SIGPIPE and SIGXFSZ.
 *
 * A PUT's life: headers checked → body to an unnamed file, hashed on the way → scan() → verdict →
 * on disk, named, in the index → 201.  Until then nothing has a name: whatever dies, the kernel frees it.
 */
#ifndef FILTERD_HTTP_UPLOAD_H
#define FILTERD_HTTP_UPLOAD_H

#include "conf/cfgerr.h"
#include "conf/conf.h"
#include "model/event.h"

#include <stddef.h>
#include <stdint.h>

struct event_base;
struct upload_service;
struct upload_job;

struct upload_meta {
	const char *owner;     /* bare JID that asked for the slot */
	const char *name;      /* file name, UTF-8, without path */
	const char *type;      /* media type without parameters, or "" */
	const char *id;        /* random part of the URL */
	int64_t size;          /* bytes */
	const uint8_t *sha256; /* 32 bytes */
};

struct upload_ops {
	/* A body is complete: judge it, and call upload_verdict() later, never from inside this call.
	 * fd is read-only and, like meta, the service's; both are valid until upload_verdict().
	 * Non-zero if it can't be judged: the client gets 503 and upload_verdict() must not be called. */
	int (*scan)(void *ctx, struct upload_job *job, int fd, const struct upload_meta *meta);
	/* upload.refused; e is valid during the call. */
	void (*event)(void *ctx, const struct event_record *e);
};

/* Opens STATE_DIR/uploads and listens as conf->upload says.  Certificate and key are read here, so call it
 * before the sandbox closes (STATE_DIR/uploads must stay writable in it).  conf must outlive the service or be replaced
 * by upload_service_reload(). */
int upload_service_new(struct event_base *base, const struct conf *conf, struct upload_ops ops, void *ctx,
                       struct upload_service **svc_r, struct cfgerr *err) __attribute__((warn_unused_result));
/* Ends all connections, waits for the helper threads.  Jobs not yet judged stay valid until their
 * upload_verdict(), which then only frees them.  Sets *svc to NULL; NULL is fine. */
void upload_service_free(struct upload_service **svc);
/* From now on these limits count.  Listener, certificate and folder stay until a restart. */
void upload_service_reload(struct upload_service *svc, const struct conf *conf);
/* The port listened on. */
int upload_service_port(const struct upload_service *svc);

enum upload_refusal {
	UPLOAD_OK = 0,
	UPLOAD_TOO_LARGE, /* XEP-0363 <file-too-large>, not-acceptable: see size_max */
	UPLOAD_QUOTA,     /* resource-constraint, wait, <retry>: see retry_s */
	UPLOAD_BAD_NAME,  /* bad-request: name or size that no file can have */
	UPLOAD_NO_SERVICE /* internal-server-error: the index can't be written */
};

enum { UPLOAD_NAME_MAX = 255, UPLOAD_TYPE_MAX = 127, UPLOAD_URL_SIZE = 2048 };

struct upload_slot {
	char put_url[UPLOAD_URL_SIZE];
	char get_url[UPLOAD_URL_SIZE];
	char authorization[64]; /* value of <header name='Authorization'/> of the <put/> element */
	int64_t size_max;       /* bytes, of UPLOAD_TOO_LARGE */
	int64_t retry_s;        /* seconds until something of the user's expires, of UPLOAD_QUOTA */
};

/* A slot for one PUT of exactly this.  type may be NULL or "".  owner is the bare JID, size in bytes.
 * slot_r's URLs are set only on UPLOAD_OK.  XEP-0363 section 5. */
enum upload_refusal upload_slot(struct upload_service *svc, const char *owner, const char *name, int64_t size,
                                const char *type, struct upload_slot *slot_r) __attribute__((warn_unused_result));

enum upload_verdict { UPLOAD_CLEAN, UPLOAD_REFUSED, UPLOAD_UNAVAILABLE };

/* Answers the PUT: stored and 201, 403 with text and reference, or 503 with Retry-After.  ref and
 * text (plain, UTF-8) may be NULL; they are copied.  The job and its fd are gone with this call. */
void upload_verdict(struct upload_job *job, enum upload_verdict verdict, const char *ref, const char *text);

struct upload_stats {
	uint64_t puts, stored, refused, unavailable, failed, gets; /* since start */
	unsigned connections, jobs;                                /* now */
};
void upload_service_stats(const struct upload_service *svc, struct upload_stats *stats_r);

#endif
