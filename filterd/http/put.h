/* A PUT from its header to its answer. */
#ifndef FILTERD_HTTP_PUT_H
#define FILTERD_HTTP_PUT_H

#include <microhttpd.h>
#include <stddef.h>

struct upload_service;
struct request;
struct headers;

/* The header is there: refuses, or makes req->job. */
enum MHD_Result put_begin(struct upload_service *svc, struct request *req, struct MHD_Connection *connection,
                          const char *url, const struct headers *h);
/* A piece of the body; its end, with *size 0; or the time to answer. */
enum MHD_Result put_continue(struct upload_service *svc, struct request *req, struct MHD_Connection *connection,
                             const char *data, size_t *size);
/* The request is over, answered or not: lets go of req->job. */
void put_end(struct request *req);

#endif
