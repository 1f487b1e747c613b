#include "control/server.h"

#include "base/buf.h"
#include "base/io.h"

#include <errno.h>
#include <event2/event.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct connection {
	struct control_server *server;
	struct connection *next;
	int fd;
	struct event *readable, *writable;
	struct buf in, out;
	int passed_fd;                 /* came with what is in `in`; -1 */
	struct control_request *open;  /* not answered yet; NULL */
	int closing;                   /* close when out is written */
};

struct control_request {
	struct connection *conn;       /* NULL: nobody waits any more */
	struct event *deadline;
};

struct control_server {
	struct event_base *base;
	const struct control_ops *ops;
	char *path;
	int fd;
	struct event *acceptable;
	struct connection *connections;
	int nconnections;
};

static void conn_free(struct connection *c)
{
	struct control_server *s = c->server;
	struct connection **at = &s->connections;
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	s->nconnections--;
	if (c->open)
		c->open->conn = NULL; /* its handler still holds it, and frees it by replying */
	if (c->readable)
		event_free(c->readable);
	if (c->writable)
		event_free(c->writable);
	io_close(&c->passed_fd);
	io_close(&c->fd);
	buf_free(&c->in);
	buf_free(&c->out);
	free(c);
}

static const struct timeval idle = { CONTROL_IDLE_S, 0 };

/* Writes what it can; returns -1 if the connection is gone. */
static int flush(struct connection *c)
{
	while (buf_left(&c->out) > 0) {
		ssize_t n = send(c->fd, buf_ptr(&c->out), buf_left(&c->out), MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return event_add(c->writable, &idle);
		if (n <= 0)
			return -1;
		buf_skip(&c->out, (size_t)n);
	}
	return c->closing ? -1 : 0;
}

static int take_line(struct connection *c);

/* One answer is out: perhaps the next request is here already. */
static void carry_on(struct connection *c)
{
	if (flush(c) < 0 || take_line(c) < 0 || event_add(c->readable, &idle) < 0)
		conn_free(c);
}

static int put_reply(struct connection *c, json_t *reply)
{
	char *text = reply ? json_dumps(reply, JSON_COMPACT) : NULL;
	const char *line = text ? text : "{\"ok\":false,\"error\":\"filterd is out of memory\"}";
	int r = buf_put(&c->out, line, strlen(line)) | buf_put(&c->out, "\n", 1);
	if (r < 0) { /* more than an answer may hold: the handler should have cut it */
		static const char too_long[] =
		        "{\"ok\":false,\"error\":\"the answer is too long; ask for less, for example with a limit\"}\n";
		buf_reset(&c->out);
		r = buf_put(&c->out, too_long, sizeof too_long - 1);
	}
	free(text);
	return r;
}

void control_reply(struct control_request *req, json_t *reply)
{
	struct connection *c = req->conn;
	if (req->deadline)
		event_free(req->deadline);
	free(req);
	if (!c) {
		json_decref(reply);
		return;
	}
	c->open = NULL;
	if (put_reply(c, reply) < 0)
		c->closing = 1;
	json_decref(reply);
	event_active(c->writable, EV_WRITE, 0); /* not at once: the handler may still be within take_line() */
}

void control_reply_error(struct control_request *req, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	control_reply(req, json_pack("{s:b,s:s}", "ok", 0, "error", text));
}

int control_request_is_gone(const struct control_request *req)
{
	return req->conn == NULL;
}

static void on_deadline(evutil_socket_t fd, short what, void *ctx)
{
	struct control_request *req = ctx;
	struct connection *c = req->conn;
	event_free(req->deadline);
	req->deadline = NULL;
	if (!c)
		return;
	/* The client gets its answer; the request stays until its handler is done with it. */
	req->conn = NULL;
	c->open = NULL;
	json_t *late = json_pack("{s:b,s:s}", "ok", 0, "error", "filterd did not finish this in time; look at its log");
	if (put_reply(c, late) < 0)
		c->closing = 1;
	json_decref(late);
	carry_on(c);
}

static const struct control_command *find_command(const struct control_ops *ops, const char *name)
{
	for (const struct control_command *k = ops->commands; k->name; k++)
		if (strcmp(k->name, name) == 0)
			return k;
	return NULL;
}

/* A request that is wrong in itself is answered, and then the connection is closed: the two sides may disagree about
 * where lines and descriptors belong. */
static int refuse(struct connection *c, const char *why)
{
	json_t *no = json_pack("{s:b,s:s}", "ok", 0, "error", why);
	c->closing = 1;
	int r = put_reply(c, no);
	json_decref(no);
	io_close(&c->passed_fd);
	return r < 0 ? -1 : flush(c);
}

static int run_command(struct connection *c, const struct control_command *k, json_t *cmd)
{
	struct control_request *req = calloc(1, sizeof *req);
	if (!req)
		return -1;
	const struct timeval limit = { k->timeout_s, 0 };
	req->conn = c;
	req->deadline = event_new(c->server->base, -1, 0, on_deadline, req);
	if (!req->deadline || event_add(req->deadline, &limit) < 0) {
		if (req->deadline)
			event_free(req->deadline);
		free(req);
		return -1;
	}
	int fd = c->passed_fd;
	c->passed_fd = -1;
	c->open = req;
	k->handle(c->server->ops->ctx, req, cmd, fd);
	return 0;
}

static int take_command(struct connection *c, json_t *cmd)
{
	const char *name = json_string_value(json_object_get(cmd, "cmd"));
	const struct control_command *k = name ? find_command(c->server->ops, name) : NULL;
	if (!name)
		return refuse(c, "this is not a request: an object with \"cmd\" is");
	if (!k)
		return refuse(c, "there is no such command; are filterctl and filterd of the same version?");
	if (k->takes_fd != (c->passed_fd >= 0))
		return refuse(c, k->takes_fd ? "this command needs a file descriptor with its line"
		                             : "this command takes no file descriptor");
	return run_command(c, k, cmd);
}

/* Takes the next line if it is whole and no request is open.  -1: close the connection. */
static int take_line(struct connection *c)
{
	if (c->open || c->closing || buf_left(&c->in) == 0)
		return 0;
	const char *line = (const char *)buf_ptr(&c->in), *end = memchr(line, '\n', buf_left(&c->in));
	if (!end)
		return buf_left(&c->in) >= CONTROL_LINE_MAX ? refuse(c, "this line is too long") : 0;
	/* jansson's own limit keeps nested brackets from exhausting the stack */
	json_t *cmd = json_loadb(line, (size_t)(end - line), JSON_REJECT_DUPLICATES, NULL);
	buf_skip(&c->in, (size_t)(end - line) + 1);
	int r = json_is_object(cmd) ? take_command(c, cmd) : refuse(c, "this line is not a JSON object");
	json_decref(cmd);
	return r;
}

static void on_writable(evutil_socket_t fd, short what, void *ctx)
{
	struct connection *c = ctx;
	if (what & EV_TIMEOUT)
		conn_free(c); /* does not take its answer */
	else
		carry_on(c);
}

static int receive(struct connection *c)
{
	int fds[IO_FDS_MAX], nfds;
	size_t room = CONTROL_LINE_MAX - buf_left(&c->in);
	if (room == 0) /* the next request can wait until this one is answered: carry_on() listens again */
		return event_del(c->readable);
	if (buf_reserve(&c->in, room) < 0)
		return -1;
	ssize_t n = io_recv_fds(c->fd, buf_end(&c->in), room, fds, &nfds);
	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	c->in.len += (size_t)n;
	for (int i = 0; i < nfds; i++) {
		if (c->passed_fd < 0)
			c->passed_fd = fds[i];
		else
			close(fds[i]);
	}
	return n == 0 ? -1 : 0;
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct connection *c = ctx;
	if (what & EV_TIMEOUT) {
		if (!c->open)
			conn_free(c);
		return;
	}
	if (receive(c) < 0 || take_line(c) < 0)
		conn_free(c);
}

static void add_connection(struct control_server *s, int fd)
{
	struct connection *c = calloc(1, sizeof *c);
	if (!c) {
		close(fd);
		return;
	}
	*c = (struct connection){ .server = s, .fd = fd, .passed_fd = -1, .next = s->connections };
	s->connections = c;
	s->nconnections++;
	buf_init(&c->in, CONTROL_LINE_MAX);
	buf_init(&c->out, CONTROL_ANSWER_MAX);
	c->readable = event_new(s->base, fd, EV_READ | EV_PERSIST, on_readable, c);
	c->writable = event_new(s->base, fd, EV_WRITE, on_writable, c);
	if (!c->readable || !c->writable || event_add(c->readable, &idle) < 0)
		conn_free(c);
}

static void on_acceptable(evutil_socket_t listener, short what, void *ctx)
{
	struct control_server *s = ctx;
	int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	if (s->nconnections < CONTROL_CONNECTIONS_MAX) {
		add_connection(s, fd);
		return;
	}
	static const char full[] = "{\"ok\":false,\"error\":\"too many control connections; try again\"}\n";
	ssize_t n = send(fd, full, sizeof full - 1, MSG_NOSIGNAL);
	(void)n;
	close(fd);
}

/* A socket that a former filterd left is in the way; anything else is not ours to remove. */
static int make_way(const char *path)
{
	struct stat st;
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -1;
	if (!S_ISSOCK(st.st_mode)) {
		errno = EEXIST;
		return -1;
	}
	return unlink(path);
}

static int give_to_group(const char *path, const char *group)
{
	if (!*group)
		return 0;
	errno = 0;
	const struct group *gr = getgrnam(group);
	if (!gr) {
		if (!errno)
			errno = ESRCH;
		return -1;
	}
	return chown(path, (uid_t)-1, gr->gr_gid);
}

static int listen_at(const char *path, const char *group)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof at.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(at.sun_path, path, strlen(path));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	/* made for nobody but us, then opened to the group: at no time can anybody else connect */
	mode_t old = umask(0177);
	int r = make_way(path) < 0 ? -1 : bind(fd, (struct sockaddr *)&at, sizeof at);
	int e = errno;
	umask(old);
	if (r < 0)
		errno = e;
	if (r < 0 || give_to_group(path, group) < 0 || chmod(path, 0660) < 0 || listen(fd, 16) < 0) {
		e = errno;
		close(fd);
		errno = e;
		return -1;
	}
	return fd;
}

struct control_server *control_server_new(struct event_base *base, const char *path, const char *group,
                                          const struct control_ops *ops)
{
	struct control_server *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	*s = (struct control_server){ .base = base, .ops = ops, .path = strdup(path), .fd = -1 };
	if (s->path && (s->fd = listen_at(path, group)) >= 0 &&
	    (s->acceptable = event_new(base, s->fd, EV_READ | EV_PERSIST, on_acceptable, s)) &&
	    event_add(s->acceptable, NULL) == 0)
		return s;
	int e = errno;
	control_server_free(&s);
	errno = e;
	return NULL;
}

void control_server_free(struct control_server **server)
{
	struct control_server *s = *server;
	if (!s)
		return;
	while (s->connections)
		conn_free(s->connections);
	if (s->acceptable)
		event_free(s->acceptable);
	io_close(&s->fd); /* its name stays: it may be a successor's by now, who removes a stale one */
	free(s->path);
	free(s);
	*server = NULL;
}
