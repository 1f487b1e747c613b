/* The control socket, filterd's side (PROTOCOL.control): one JSON object a line, one request at a time for each
 * connection.
 *
 * The server knows lines, limits and deadlines; what a command means is in a table that the layer above hands down.
 */
#ifndef FILTERD_CONTROL_SERVER_H
#define FILTERD_CONTROL_SERVER_H

#include <jansson.h>
#include <stddef.h>

struct event_base;
struct control_server;
struct control_request;

/* One command, found by its "cmd".  handle() owns fd (-1 if none came with the line; it came by SCM_RIGHTS) and must
 * see to it that control_reply() is called once for the request, at once or later.  cmd is borrowed for the call. */
struct control_command {
	const char *name;      /* NULL ends a table */
	int takes_fd;          /* 1: a descriptor must come with it; 0: none may */
	unsigned timeout_s;    /* for the answer; then the client is told so, and a later control_reply() is let fall */
	void (*handle)(void *ctx, struct control_request *req, json_t *cmd, int fd);
};

struct control_ops {
	const struct control_command *commands;
	void *ctx;
};

enum { CONTROL_LINE_MAX = 65536, CONTROL_ANSWER_MAX = 262144, CONTROL_CONNECTIONS_MAX = 32, CONTROL_IDLE_S = 60 };

/* Listens on a UNIX socket at path (what is there is removed, if it is a socket), mode 0660; group "" = our own.
 * ops and what it points to must outlive the server.  NULL with errno. */
struct control_server *control_server_new(struct event_base *base, const char *path, const char *group,
                                          const struct control_ops *ops);
/* Closes all connections.  Requests still open are to be replied to all the same, before the event base goes: that
 * frees them. */
void control_server_free(struct control_server **s);

/* Answers, and frees the request.  Takes the reference to reply; NULL (out of memory) becomes an error. */
void control_reply(struct control_request *req, json_t *reply);
/* {"ok":false,"error":…}; a sentence that says what happened and what to do. */
void control_reply_error(struct control_request *req, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* True if nobody waits for the answer any more (it must be given all the same, to free the request). */
int control_request_is_gone(const struct control_request *req);

#endif
