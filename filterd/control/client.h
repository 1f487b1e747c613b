/* The control socket, filterctl's side (PROTOCOL.control).  Blocking. */
#ifndef FILTERD_CONTROL_CLIENT_H
#define FILTERD_CONTROL_CLIENT_H

#include <jansson.h>

/* Connects to the socket at path; the descriptor is the caller's.  -1 with errno (ENOENT, ECONNREFUSED: filterd does
 * not run; EACCES). */
int control_client_connect(const char *path) __attribute__((warn_unused_result));
/* Sends one request (borrowed), with a descriptor unless pass_fd is -1 (it stays the caller's), and waits at most
 * timeout_s for the answer.  Returns an object to be released by json_decref(), or NULL with errno: ETIMEDOUT, EPROTO
 * (not an answer), EPIPE (filterd hung up). */
json_t *control_client_ask(int fd, const json_t *request, int pass_fd, int timeout_s)
        __attribute__((warn_unused_result));

#endif
