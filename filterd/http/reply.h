/* Responses, all with the headers that keep a browser from taking content for anything but a file. */
#ifndef FILTERD_HTTP_REPLY_H
#define FILTERD_HTTP_REPLY_H

#include <microhttpd.h>

/* Adds the common headers, queues and releases response; NULL is a failure (the connection ends). */
enum MHD_Result reply_send(struct MHD_Connection *connection, int status, struct MHD_Response *response);
/* One line of text for people, copied; NULL for none. */
enum MHD_Result reply_text(struct MHD_Connection *connection, int status, const char *text);
/* Answer to OPTIONS (CORS preflight). */
enum MHD_Result reply_options(struct MHD_Connection *connection);

#endif
