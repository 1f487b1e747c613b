#include "http/reply.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name, *value;
} common[] = {
        {"X-Content-Type-Options", "nosniff"},
        /* XEP-0363 section 11; sandbox without a token: no script, no form, no origin */
        {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox"},
        {"Referrer-Policy", "no-referrer"}, /* the URL is the right to read */
        /* Clients in browsers come from any origin.  "*" lends no rights: browsers send no cookies with
         * it, there are none, and who may PUT is decided by a token that the page must know. */
        {"Access-Control-Allow-Origin", "*"},
};

static const struct {
	int status;
	const char *name, *value;
} by_status[] = {
        {MHD_HTTP_UNAUTHORIZED, "WWW-Authenticate", "Bearer"},
        {MHD_HTTP_METHOD_NOT_ALLOWED, "Allow", "OPTIONS, HEAD, GET, PUT"},
        {MHD_HTTP_SERVICE_UNAVAILABLE, "Retry-After", "30"},
};

enum MHD_Result reply_send(struct MHD_Connection *connection, int status, struct MHD_Response *response)
{
	if (!response)
		return MHD_NO;
	enum MHD_Result r = MHD_YES;
	for (size_t i = 0; i < sizeof common / sizeof *common && r == MHD_YES; i++)
		r = MHD_add_response_header(response, common[i].name, common[i].value);
	for (size_t i = 0; i < sizeof by_status / sizeof *by_status && r == MHD_YES; i++)
		if (by_status[i].status == status)
			r = MHD_add_response_header(response, by_status[i].name, by_status[i].value);
	if (r == MHD_YES)
		r = MHD_queue_response(connection, (unsigned)status, response);
	MHD_destroy_response(response);
	return r;
}

enum MHD_Result reply_text(struct MHD_Connection *connection, int status, const char *text)
{
	char line[1200] = "";
	if (text)
		snprintf(line, sizeof line, "%s\n", text);
	struct MHD_Response *response = MHD_create_response_from_buffer(strlen(line), line, MHD_RESPMEM_MUST_COPY);
	if (response && text &&
	    MHD_add_response_header(response, "Content-Type", "text/plain; charset=utf-8") != MHD_YES) {
		MHD_destroy_response(response);
		return MHD_NO;
	}
	return reply_send(connection, status, response);
}

enum MHD_Result reply_options(struct MHD_Connection *connection)
{
	static const char *const headers[][2] = {
	        {"Allow", "OPTIONS, HEAD, GET, PUT"},
	        {"Access-Control-Allow-Methods", "OPTIONS, HEAD, GET, PUT"},
	        {"Access-Control-Allow-Headers", "Authorization, Content-Type, Range"},
	        {"Access-Control-Max-Age", "7200"},
	};
	struct MHD_Response *response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	for (size_t i = 0; response && i < sizeof headers / sizeof *headers; i++) {
		if (MHD_add_response_header(response, headers[i][0], headers[i][1]) != MHD_YES) {
			MHD_destroy_response(response);
			return MHD_NO;
		}
	}
	return reply_send(connection, MHD_HTTP_NO_CONTENT, response);
}
