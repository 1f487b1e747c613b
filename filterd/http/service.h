/* What the files of the upload service share.  Not for others: they use http/upload.h. */
#ifndef FILTERD_HTTP_SERVICE_H
#define FILTERD_HTTP_SERVICE_H

#include "http/durable.h"
#include "http/upload.h"
#include "store/uploads.h"

#include <stdbool.h>
#include <stdint.h>

struct MHD_Connection;
struct MHD_Daemon;
struct event;
struct evp_md_st;

/* What a connection is doing, for the limits that libmicrohttpd does not have (http/sweep.h). */
enum conn_state {
	CONN_HEADER, /* waiting for a request's header to be complete; TLS handshake; idle */
	CONN_BODY,   /* receiving a body */
	CONN_HELD,   /* suspended until a verdict */
	CONN_REPLY   /* sending */
};

struct conn {
	struct conn *prev, *next;
	int fd; /* libmicrohttpd's */
	enum conn_state state;
	uint64_t since_ms; /* when state began */
	int64_t bytes;     /* of the body received so far, or to be sent */
};

/* From the first handler call of a request to its end. */
struct request {
	struct conn *conn;
	struct upload_job *job; /* of a PUT, else NULL */
};

struct upload_service {
	struct event_base *base;
	const struct conf *conf;
	struct upload_ops ops;
	void *ctx;
	struct uploads *uploads;
	struct durable *durable;
	struct MHD_Daemon *daemon;
	struct evp_md_st *sha256;
	struct event *readable, *timer, *ticker; /* the daemon's epoll descriptor, its timeout, http/sweep.h */
	struct event *answers;                   /* jobs in answered wait for this loop turn's end */
	struct event *commit;                    /* the same for jobs in storing */
	struct conn *conns;
	struct upload_job *jobs; /* all */
	struct upload_job *answered, *storing;
	unsigned nconns, njobs;
	bool stopping, committing, checkpointing;
	uint64_t logged_ms; /* last line of libmicrohttpd's that went to the log */
	unsigned unlogged;
	struct upload_stats stats;
};

/* Lets the daemon work, now; never from within one of its callbacks. */
void service_run(struct upload_service *svc);
void conn_enter(struct conn *conn, enum conn_state state, int64_t bytes);

/* conf->upload.url from where its path begins, "" if it has none; size without a slash at the end. */
const char *service_url_path(const struct conf *conf, size_t *size_r);
/* Takes "/prefix/id/name" apart; false if the path is nothing of ours.  segment_r points into url. */
bool service_url_split(const struct upload_service *svc, const char *url, char id_r[UPLOADS_ID_SIZE],
                       const char **segment_r);

/* Reports upload.refused. */
void service_report(struct upload_service *svc, const struct upload_row *row, int status, const char *reason,
                    const char *ref);

#endif
