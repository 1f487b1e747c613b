/* A PUT from its header to its answer. */
#ifndef FILTERD_HTTP_PUT_H
#define FILTERD_HTTP_PUT_H

#include <microhttpd.h>
#include <stddef.h>
#include <stdint.h>

struct upload_service;
struct request;
struct headers;

/* The header is there: refuses, or makes req->job. */
enum MHD_Result put_begin(struct upload_service *svc, struct request *req, struct MHD_Connection *connection, const char *url,
	const struct headers *h);
/* A piece of the body; its end, with *size 0; or the time to answer. */
enum MHD_Result put_continue(struct upload_service *svc, struct request *req, struct MHD_Connection *connection,
	const char *data, size_t *size);
/* The request is over, answered or not: lets go of req->job. */
void put_end(struct request *req);

/* Event callbacks: makes durable what was judged clean; answers what was decided. */
void put_commit(struct upload_service *svc);
void put_answer(struct upload_service *svc);
/* uploads_commit(), and if that fails, what was about to be stored fails with it. */
int put_flush(struct upload_service *svc) __attribute__((warn_unused_result));
/* Gives up on overdue verdicts. */
void put_sweep(struct upload_service *svc, uint64_t now_ms);
/* At the service's end, before its connections are closed: lets the suspended ones go. */
void put_release(struct upload_service *svc);
/* After that, with no connection left: frees jobs, but for those that a verdict is still due for. */
void put_stop(struct upload_service *svc);

#endif
