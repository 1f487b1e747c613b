#include "http/service.h"

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "http/commit.h"
#include "http/get.h"
#include "http/headers.h"
#include "http/job.h"
#include "http/put.h"
#include "http/reply.h"
#include "http/sweep.h"

#include <errno.h>
#include <event2/event.h>
#include <microhttpd.h>
#include <netdb.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	CONNECTION_MEMORY = 32768, /* above that, libmicrohttpd maps and clears memory anew for every connection */
	BACKLOG = 511,
	PEM_MAX = 1 << 20,
	LOG_EVERY_MS = 10000
};

/* --- connections and requests --- */

void conn_enter(struct conn *conn, enum conn_state state, int64_t bytes)
{
	conn->state = state;
	conn->since_ms = clock_ms();
	conn->bytes = bytes;
}

static void on_connection(void *arg, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
	struct upload_service *svc = arg;
	struct conn *conn = *context;
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		const union MHD_ConnectionInfo *info =
		        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
		conn = info ? calloc(1, sizeof *conn) : NULL;
		if (!conn)
			return; /* its requests are turned away in begin() */
		conn->fd = info->connect_fd;
		conn_enter(conn, CONN_HEADER, 0);
		conn->next = svc->conns;
		if (conn->next)
			conn->next->prev = conn;
		svc->conns = conn;
		svc->nconns++;
		*context = conn;
	} else if (conn) {
		if (conn->prev)
			conn->prev->next = conn->next;
		else
			svc->conns = conn->next;
		if (conn->next)
			conn->next->prev = conn->prev;
		svc->nconns--;
		free(conn);
		*context = NULL;
	}
}

static struct conn *conn_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	return info ? info->socket_context : NULL;
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode code)
{
	struct request *req = *context;
	struct conn *conn = conn_of(connection);
	*context = NULL;
	if (conn)
		conn_enter(conn, CONN_HEADER, 0);
	if (!req)
		return;
	put_end(req);
	free(req);
}

static bool is_method(const char *method, const char *list)
{
	size_t size = strlen(method);
	for (const char *at = list; (at = strstr(at, method)); at += size)
		if ((at == list || at[-1] == ' ') && (at[size] == ' ' || at[size] == '\0'))
			return true;
	return false;
}

/* The header is complete.  What is refused here is refused before a "100 Continue", and closes. */
static enum MHD_Result begin(struct upload_service *svc, struct MHD_Connection *connection, const char *url,
                             const char *method, const char *version, void **context)
{
	struct headers h;
	const char *why = NULL;
	struct conn *conn = conn_of(connection);
	if (!conn)
		return MHD_NO;
	conn_enter(conn, CONN_REPLY, 0);
	headers_read(connection, &h);
	int status = headers_check(&h, version, &why);
	if (!status && !is_method(method, "GET HEAD PUT OPTIONS")) {
		status = MHD_HTTP_METHOD_NOT_ALLOWED;
		why = "Only GET, HEAD, PUT and OPTIONS.";
	}
	bool is_put = strcmp(method, "PUT") == 0;
	if (!status && !is_put &&
	    (h.encodings > 0 || h.lengths > 1 || h.length > 0 || (h.lengths == 1 && h.length < 0))) {
		status = MHD_HTTP_BAD_REQUEST;
		why = "This request can't have a body.";
	}
	if (status)
		return reply_text(connection, status, why);
	struct request *req = calloc(1, sizeof *req);
	if (!req)
		return MHD_NO;
	req->conn = conn;
	*context = req;
	return is_put ? put_begin(svc, req, connection, url, &h) : MHD_YES;
}

static enum MHD_Result handle(void *arg, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *data, size_t *size, void **context)
{
	struct upload_service *svc = arg;
	struct request *req = *context;
	if (!req)
		return begin(svc, connection, url, method, version, context);
	if (req->job)
		return put_continue(svc, req, connection, data, size);
	if (*size > 0)
		return MHD_NO;
	/* Not in the first call: a response queued there closes the connection. */
	if (strcmp(method, "OPTIONS") == 0)
		return reply_options(connection);
	return get_answer(svc, req->conn, connection, url);
}

/* The URL stays as it came: whatever "%2F" or "%00" would decode to, only name_matches() decodes it. */
static size_t keep_escaped(void *arg, struct MHD_Connection *connection, char *s)
{
	return strlen(s);
}

const char *service_url_path(const struct conf *conf, size_t *size_r)
{
	const char *host = strstr(conf->upload.url, "://");
	const char *path = strchr(host ? host + 3 : conf->upload.url, '/');
	if (!path)
		path = "";
	*size_r = strlen(path);
	if (*size_r > 0 && path[*size_r - 1] == '/')
		--*size_r;
	return path;
}

bool service_url_split(const struct upload_service *svc, const char *url, char id_r[UPLOADS_ID_SIZE],
                       const char **segment_r)
{
	static const char id_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t prefix;
	const char *path = service_url_path(svc->conf, &prefix);
	if (strncmp(url, path, prefix) != 0 || url[prefix] != '/')
		return false;
	url += prefix + 1;
	size_t size = strspn(url, id_chars);
	if (size != UPLOADS_ID_SIZE - 1 || url[size] != '/' || strchr(url + size + 1, '/'))
		return false;
	memcpy(id_r, url, size);
	id_r[size] = '\0';
	*segment_r = url + size + 1;
	return true;
}

void service_report(struct upload_service *svc, const struct upload_row *row, int status, const char *reason,
                    const char *ref)
{
	struct event_record e;
	char size[24], code[8];
	if (svc->stopping)
		return;
	snprintf(size, sizeof size, "%lld", (long long)row->size);
	snprintf(code, sizeof code, "%d", status);
	event_record_init(&e, EVENT_UPLOAD_REFUSED, ref);
	event_record_add(&e, "from", row->owner);
	event_record_add(&e, "name", row->name);
	event_record_add(&e, "size", size);
	event_record_add(&e, "reason", reason);
	event_record_add(&e, "status", code);
	svc->ops.event(svc->ctx, &e);
}

/* Strangers can make it write a line for each connection. */
static void on_log(void *arg, const char *fmt, va_list args)
{
	struct upload_service *svc = arg;
	char line[256];
	uint64_t now_ms = clock_ms();
	if (svc->logged_ms != 0 && now_ms - svc->logged_ms < LOG_EVERY_MS) {
		svc->unlogged++;
		return;
	}
	vsnprintf(line, sizeof line, fmt, args);
	line[strcspn(line, "\r\n")] = '\0';
	log_warn("http=libmicrohttpd suppressed=%u text=\"%s\"", svc->unlogged, line);
	svc->logged_ms = now_ms;
	svc->unlogged = 0;
}

/* --- the loop --- */

void service_run(struct upload_service *svc)
{
	MHD_UNSIGNED_LONG_LONG wait_ms;
	MHD_run(svc->daemon);
	if (MHD_get_timeout(svc->daemon, &wait_ms) != MHD_YES) {
		event_del(svc->timer);
		return;
	}
	struct timeval tv = {.tv_sec = (time_t)(wait_ms / 1000), .tv_usec = (suseconds_t)(wait_ms % 1000 * 1000)};
	event_add(svc->timer, &tv);
}

static void on_ready(int fd, short what, void *arg)
{
	service_run(arg);
}

static void on_answers(int fd, short what, void *arg)
{
	jobs_answer(arg);
}

static void on_commit(int fd, short what, void *arg)
{
	commit_start(arg);
}

static void on_tick(int fd, short what, void *arg)
{
	struct upload_service *svc = arg;
	sweep(svc);
	service_run(svc);
}

static int make_events(struct upload_service *svc)
{
	static const struct timeval second = {.tv_sec = 1};
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(svc->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		return -1;
	svc->readable = event_new(svc->base, info->epoll_fd, EV_READ | EV_PERSIST, on_ready, svc);
	svc->timer = event_new(svc->base, -1, 0, on_ready, svc);
	svc->ticker = event_new(svc->base, -1, EV_PERSIST, on_tick, svc);
	svc->answers = event_new(svc->base, -1, 0, on_answers, svc);
	svc->commit = event_new(svc->base, -1, 0, on_commit, svc);
	if (!svc->readable || !svc->timer || !svc->ticker || !svc->answers || !svc->commit)
		return -1;
	return event_add(svc->readable, NULL) < 0 || event_add(svc->ticker, &second) < 0 ? -1 : 0;
}

/* --- start and end --- */

static int listen_on(const struct conf *conf, struct cfgerr *err)
{
	char port[8];
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
	struct addrinfo *address = NULL;
	snprintf(port, sizeof port, "%d", conf->upload.port);
	int r = getaddrinfo(conf->upload.listen, port, &hints, &address);
	if (r != 0)
		return cfgerr_set(err, conf->path, 0, "upload.listen: \"%s\" is no numeric address: %s",
		                  conf->upload.listen, gai_strerror(r));
	int one = 1, fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
	    bind(fd, address->ai_addr, address->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0) {
		cfgerr_set(err, conf->path, 0, "upload: cannot listen on %s port %s: %s", conf->upload.listen, port,
		           strerror(errno));
		io_close(&fd);
	}
	freeaddrinfo(address);
	return fd;
}

static int read_pem(const char *path, char **pem_r, struct cfgerr *err)
{
	size_t size;
	if (io_read_file(path, PEM_MAX, pem_r, &size) == 0)
		return 0;
	return cfgerr_set(err, path, 0, "cannot read it for upload: %s", strerror(errno));
}

static int start_daemon(struct upload_service *svc, struct cfgerr *err)
{
	const struct conf_upload *c = &svc->conf->upload;
	char *certificate = NULL, *key = NULL;
	bool tls = c->certificate && *c->certificate;
	struct MHD_OptionItem tls_options[3] = {{MHD_OPTION_END, 0, NULL}};
	if (tls && (read_pem(c->certificate, &certificate, err) < 0 || read_pem(c->key, &key, err) < 0)) {
		free(certificate);
		return -1;
	}
	int fd = listen_on(svc->conf, err);
	if (fd >= 0) {
		if (tls) {
			tls_options[0] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, certificate};
			tls_options[1] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, key};
			tls_options[2] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
		}
		svc->daemon = MHD_start_daemon(
		        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | (tls ? MHD_USE_TLS : 0), 0, NULL,
		        NULL, handle, svc, MHD_OPTION_EXTERNAL_LOGGER, on_log,
		        svc, /* first: what follows may already log */
		        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, /* else no sendfile() */
		        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
		        MHD_OPTION_CONNECTION_MEMORY_INCREMENT, (size_t)CONNECTION_MEMORY / 2,
		        MHD_OPTION_CONNECTION_LIMIT, (unsigned)c->connections_max, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		        (unsigned)c->per_ip_max, MHD_OPTION_CONNECTION_TIMEOUT,
		        (unsigned)(c->header_s > 30 ? c->header_s : 30), MHD_OPTION_NOTIFY_CONNECTION, on_connection,
		        svc, MHD_OPTION_NOTIFY_COMPLETED, on_completed, svc, MHD_OPTION_UNESCAPE_CALLBACK, keep_escaped,
		        svc, MHD_OPTION_ARRAY, tls_options, MHD_OPTION_END);
		if (!svc->daemon) {
			close(fd);
			cfgerr_set(err, svc->conf->path, 0, "upload: the HTTP server does not start%s",
			           tls ? "; are upload.certificate and upload.key a PEM pair?" : "");
		}
	}
	if (key)
		OPENSSL_cleanse(key, strlen(key));
	free(key);
	free(certificate);
	return svc->daemon ? 0 : -1;
}

int upload_service_new(struct event_base *base, const struct conf *conf, struct upload_ops ops, void *ctx,
                       struct upload_service **svc_r, struct cfgerr *err)
{
	char dir[4096];
	struct upload_service *svc = calloc(1, sizeof *svc);
	if (!svc)
		return cfgerr_set(err, conf->path, 0, "upload: out of memory");
	svc->base = base;
	svc->conf = conf;
	svc->ops = ops;
	svc->ctx = ctx;
	int n = snprintf(dir, sizeof dir, "%s/uploads", conf->state_dir);
	if (n < 0 || (size_t)n >= sizeof dir) {
		cfgerr_set(err, conf->path, 0, "state_dir: name too long");
		goto fail;
	}
	if (uploads_open(dir, &svc->uploads, err) < 0)
		goto fail;
	if (!(svc->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL)) || !(svc->durable = durable_new(base))) {
		cfgerr_set(err, conf->path, 0, "upload: cannot start: %s", strerror(errno));
		goto fail;
	}
	if (start_daemon(svc, err) < 0)
		goto fail;
	if (make_events(svc) < 0) {
		cfgerr_set(err, conf->path, 0, "upload: out of memory");
		goto fail;
	}
	*svc_r = svc;
	return 0;
fail:
	upload_service_free(&svc);
	return -1;
}

static void event_drop(struct event *e)
{
	if (e)
		event_free(e);
}

void upload_service_free(struct upload_service **svc_p)
{
	struct upload_service *svc = *svc_p;
	*svc_p = NULL;
	if (!svc)
		return;
	svc->stopping = true;
	event_drop(svc->readable);
	event_drop(svc->timer);
	event_drop(svc->ticker);
	if (svc->daemon) {
		jobs_release(svc);
		MHD_stop_daemon(svc->daemon);
	}
	durable_free(&svc->durable);
	jobs_stop(svc);
	event_drop(svc->answers);
	event_drop(svc->commit);
	uploads_close(&svc->uploads);
	EVP_MD_free(svc->sha256);
	free(svc);
}

void upload_service_reload(struct upload_service *svc, const struct conf *conf)
{
	svc->conf = conf;
}

int upload_service_port(const struct upload_service *svc)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(svc->daemon, MHD_DAEMON_INFO_BIND_PORT);
	return info ? info->port : 0;
}

void upload_service_stats(const struct upload_service *svc, struct upload_stats *stats_r)
{
	*stats_r = svc->stats;
	stats_r->connections = svc->nconns;
	stats_r->jobs = svc->njobs;
}
