/* GET and HEAD of what is clean. */
#ifndef FILTERD_HTTP_GET_H
#define FILTERD_HTTP_GET_H

#include <microhttpd.h>

struct upload_service;
struct conn;

enum MHD_Result get_answer(struct upload_service *svc, struct conn *conn, struct MHD_Connection *connection,
                           const char *url);

#endif
