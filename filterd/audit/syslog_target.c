#include "audit/syslog_target.h"

#include "base/io.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum kind { TO_NONE, TO_UNIX, TO_UDP, TO_TCP, TO_TLS };
enum { FLYING_MAX = 64, CONNECT_S = 10, STUCK_MS = 30000 };

struct syslog_target {
	struct event_base *base;
	struct syslog_hooks hooks;
	enum kind kind;
	char *host;             /* or the socket's path */
	char port[8];
	unsigned attempts;      /* since the last connection that came about */
	struct event *fail;     /* tells down() from the loop */
	/* datagrams */
	int fd;
	struct event *writable;
	/* streams */
	SSL_CTX *tls;
	struct bufferevent *stream;
	size_t flying[FLYING_MAX]; /* sizes of messages in the stream's buffer, a ring */
	size_t first, nflying;
	/* names */
	struct evdns_base *dns; /* NULL when host is an address */
	struct evdns_getaddrinfo_request *lookup;
};

static void disconnect(struct syslog_target *t)
{
	if (t->lookup)
		evdns_getaddrinfo_cancel(t->lookup);
	t->lookup = NULL;
	if (t->writable)
		event_free(t->writable);
	t->writable = NULL;
	io_close(&t->fd);
	if (t->stream)
		bufferevent_free(t->stream);
	t->stream = NULL;
	t->nflying = 0;
}

static void on_fail(evutil_socket_t fd, short what, void *ctx)
{
	struct syslog_target *t = ctx;
	disconnect(t);
	t->attempts++;
	t->hooks.down(t->hooks.ctx);
}

static void fail(struct syslog_target *t)
{
	event_active(t->fail, EV_TIMEOUT, 0);
}

/* A name's first address is tried, and that may be of a family the listener does not serve: so they take turns. */
static int family(const struct syslog_target *t)
{
	static const int turns[] = { AF_UNSPEC, AF_INET, AF_INET6 };
	return t->dns ? turns[t->attempts % 3] : AF_UNSPEC;
}

/* ---- datagrams ---- */

static void on_writable(evutil_socket_t fd, short what, void *ctx)
{
	struct syslog_target *t = ctx;
	t->hooks.room(t->hooks.ctx, 0);
}

static void connect_datagram(struct syslog_target *t, const struct sockaddr *address, socklen_t size)
{
	t->fd = socket(address->sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (t->fd < 0 || connect(t->fd, address, size) < 0 || !(t->writable = event_new(t->base, t->fd, EV_WRITE, on_writable, t))) {
		fail(t);
		return;
	}
	t->hooks.up(t->hooks.ctx);
}

static enum syslog_sent send_datagram(struct syslog_target *t, const char *text, size_t size)
{
	for (int again = 0; again < 2; again++) {
		if (send(t->fd, text, size, MSG_NOSIGNAL) >= 0)
			return SYSLOG_SENT;
		if (errno == EMSGSIZE)
			return SYSLOG_UNFIT;
		if (errno == EAGAIN || errno == ENOBUFS) {
			event_add(t->writable, NULL);
			return SYSLOG_LATER;
		}
		if (t->kind != TO_UDP || errno != ECONNREFUSED)
			break; /* else it was the answer to an earlier datagram: try once more */
	}
	fail(t);
	return SYSLOG_LATER;
}

static void connect_unix(struct syslog_target *t)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	snprintf(address.sun_path, sizeof address.sun_path, "%s", t->host); /* its length was looked at in syslog_target_new */
	connect_datagram(t, (struct sockaddr *)&address, sizeof address);
}

static void on_address(int error, struct evutil_addrinfo *found, void *ctx)
{
	struct syslog_target *t = ctx;
	if (error == EVUTIL_EAI_CANCEL)
		return; /* another lookup may be under way, or the target gone */
	t->lookup = NULL;
	if (error)
		fail(t);
	else
		connect_datagram(t, found->ai_addr, (socklen_t)found->ai_addrlen);
	if (found)
		evutil_freeaddrinfo(found);
}

static void connect_udp(struct syslog_target *t)
{
	struct evutil_addrinfo hints = { .ai_family = family(t), .ai_socktype = SOCK_DGRAM, .ai_protocol = IPPROTO_UDP };
	struct evutil_addrinfo *found = NULL;
	if (t->dns) {
		t->lookup = evdns_getaddrinfo(t->dns, t->host, t->port, &hints, on_address, t);
		return;
	}
	hints.ai_flags = EVUTIL_AI_NUMERICHOST | EVUTIL_AI_NUMERICSERV;
	int error = evutil_getaddrinfo(t->host, t->port, &hints, &found);
	on_address(error == EVUTIL_EAI_CANCEL ? EVUTIL_EAI_FAIL : error, found, t);
}

/* ---- streams ---- */

/* Counts the messages that have left the stream's buffer wholly. */
static size_t count_done(struct syslog_target *t)
{
	size_t left = evbuffer_get_length(bufferevent_get_output(t->stream)), behind = 0, kept = 0;
	while (kept < t->nflying && behind < left)
		behind += t->flying[(t->first + t->nflying - ++kept) % FLYING_MAX];
	size_t done = t->nflying - kept;
	t->first = (t->first + done) % FLYING_MAX;
	t->nflying = kept;
	return done;
}

static void on_drained(struct bufferevent *b, void *ctx)
{
	struct syslog_target *t = ctx;
	t->hooks.room(t->hooks.ctx, count_done(t));
}

static void on_input(struct bufferevent *b, void *ctx)
{
	struct evbuffer *in = bufferevent_get_input(b); /* syslog has no answers */
	evbuffer_drain(in, evbuffer_get_length(in));
}

static void on_stream_event(struct bufferevent *b, short what, void *ctx)
{
	struct syslog_target *t = ctx;
	if (what & BEV_EVENT_CONNECTED) {
		int one = 1;
		unsigned stuck = STUCK_MS; /* a peer that is silently gone must not keep events in the kernel for long */
		bufferevent_set_timeouts(b, NULL, NULL);
		if (setsockopt(bufferevent_getfd(b), SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one) < 0 ||
		    setsockopt(bufferevent_getfd(b), IPPROTO_TCP, TCP_USER_TIMEOUT, &stuck, sizeof stuck) < 0)
			stuck = 0; /* then it takes as long as the kernel's defaults */
		t->hooks.up(t->hooks.ctx);
	} else {
		size_t done = count_done(t);
		if (done)
			t->hooks.room(t->hooks.ctx, done);
		fail(t);
	}
}

static SSL *new_tls(struct syslog_target *t)
{
	SSL *ssl = SSL_new(t->tls);
	if (!ssl)
		return NULL;
	X509_VERIFY_PARAM *check = SSL_get0_param(ssl);
	int ok = t->dns ? SSL_set_tlsext_host_name(ssl, t->host) == 1 && SSL_set1_host(ssl, t->host) == 1
			: X509_VERIFY_PARAM_set1_ip_asc(check, t->host) == 1;
	if (!ok) {
		SSL_free(ssl);
		return NULL;
	}
	SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
	return ssl;
}

static void connect_stream(struct syslog_target *t)
{
	static const struct timeval limit = { CONNECT_S, 0 };
	SSL *ssl = t->kind == TO_TLS ? new_tls(t) : NULL;
	if (t->kind == TO_TLS && ssl)
		t->stream = bufferevent_openssl_socket_new(t->base, -1, ssl, BUFFEREVENT_SSL_CONNECTING, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	else if (t->kind == TO_TCP)
		t->stream = bufferevent_socket_new(t->base, -1, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	if (!t->stream) {
		SSL_free(ssl);
		fail(t);
		return;
	}
	bufferevent_setcb(t->stream, on_input, on_drained, on_stream_event, t);
	bufferevent_set_timeouts(t->stream, &limit, &limit);
	bufferevent_enable(t->stream, EV_READ | EV_WRITE);
	if (bufferevent_socket_connect_hostname(t->stream, t->dns, family(t), t->host, atoi(t->port)) < 0)
		fail(t);
}

static enum syslog_sent send_stream(struct syslog_target *t, const char *text, size_t size)
{
	char count[24];
	if (t->nflying == FLYING_MAX)
		return SYSLOG_LATER;
	int n = snprintf(count, sizeof count, "%zu ", size); /* MSG-LEN SP SYSLOG-MSG */
	struct evbuffer *out = bufferevent_get_output(t->stream);
	if (evbuffer_expand(out, (size_t)n + size) < 0 || evbuffer_add(out, count, (size_t)n) < 0 || evbuffer_add(out, text, size) < 0) {
		fail(t);
		return SYSLOG_LATER;
	}
	t->flying[(t->first + t->nflying++) % FLYING_MAX] = (size_t)n + size;
	return SYSLOG_TAKEN;
}

/* ---- all kinds ---- */

void syslog_target_connect(struct syslog_target *t)
{
	disconnect(t);
	switch (t->kind) {
	case TO_NONE: t->hooks.up(t->hooks.ctx); break;
	case TO_UNIX: connect_unix(t); break;
	case TO_UDP: connect_udp(t); break;
	default: connect_stream(t); break;
	}
}

enum syslog_sent syslog_target_send(struct syslog_target *t, const char *text, size_t size)
{
	if (t->kind == TO_NONE)
		return SYSLOG_SENT;
	if (t->kind >= TO_TCP)
		return t->stream ? send_stream(t, text, size) : SYSLOG_LATER;
	return t->fd >= 0 ? send_datagram(t, text, size) : SYSLOG_LATER;
}

int syslog_target_is_datagram(const struct syslog_target *t)
{
	return t->kind == TO_UDP; /* a local socket takes RFC5424_MAX */
}

static int parse_target(struct syslog_target *t, const char *target)
{
	static const char *const words[] = { "none", "unix:", "udp:", "tcp:", "tls:" };
	for (int k = TO_NONE; k <= TO_TLS; k++) {
		size_t n = strlen(words[k]);
		if (strncmp(target, words[k], n) != 0)
			continue;
		t->kind = (enum kind)k;
		const char *rest = target + n, *colon = strrchr(rest, ':');
		if (k <= TO_UNIX)
			return (t->host = strdup(rest)) && strlen(rest) < sizeof(((struct sockaddr_un *)0)->sun_path) ? 0 : -1;
		if (!colon || atoi(colon + 1) <= 0 || atoi(colon + 1) > 65535)
			return -1;
		snprintf(t->port, sizeof t->port, "%d", atoi(colon + 1));
		size_t size = (size_t)(colon - rest);
		if (size >= 2 && rest[0] == '[' && rest[size - 1] == ']') { /* [IPv6] */
			rest++;
			size -= 2;
		}
		return size && (t->host = strndup(rest, size)) ? 0 : -1;
	}
	return -1;
}

static int is_address(const char *host)
{
	uint8_t raw[16];
	return evutil_inet_pton(AF_INET, host, raw) == 1 || evutil_inet_pton(AF_INET6, host, raw) == 1;
}

static int load_tls(struct syslog_target *t, const struct conf_syslog *conf, struct cfgerr *err)
{
	t->tls = SSL_CTX_new(TLS_client_method());
	if (!t->tls || SSL_CTX_set_min_proto_version(t->tls, TLS1_2_VERSION) != 1)
		return cfgerr_set(err, "syslog", 0, "TLS can't be set up");
	int ok = conf->ca && conf->ca[0] ? SSL_CTX_load_verify_locations(t->tls, conf->ca, NULL) : SSL_CTX_set_default_verify_paths(t->tls);
	if (ok != 1)
		return cfgerr_set(err, "syslog", 0, "syslog.ca: can't read certificates from '%s'", conf->ca ? conf->ca : "");
	SSL_CTX_set_verify(t->tls, SSL_VERIFY_PEER, NULL);
	return 0;
}

struct syslog_target *syslog_target_new(struct event_base *base, const struct conf_syslog *conf, const struct syslog_hooks *hooks,
	struct cfgerr *err)
{
	struct syslog_target *t = calloc(1, sizeof *t);
	if (!t) {
		cfgerr_set(err, "syslog", 0, "no memory");
		return NULL;
	}
	t->base = base;
	t->hooks = *hooks;
	t->fd = -1;
	t->fail = event_new(base, -1, 0, on_fail, t);
	if (!t->fail || parse_target(t, conf->target) < 0) {
		cfgerr_set(err, "syslog", 0, "syslog.target: '%s' is none of unix:PATH, udp:HOST:PORT, tcp:HOST:PORT, tls:HOST:PORT, none", conf->target);
	} else if (t->kind >= TO_UDP && !is_address(t->host) &&
		   !(t->dns = evdns_base_new(base, EVDNS_BASE_INITIALIZE_NAMESERVERS | EVDNS_BASE_DISABLE_WHEN_INACTIVE))) {
		cfgerr_set(err, "syslog", 0, "syslog.target: no resolver for '%s' (see /etc/resolv.conf), give an address", t->host);
	} else if (t->kind != TO_TLS || load_tls(t, conf, err) == 0) {
		return t;
	}
	syslog_target_free(&t);
	return NULL;
}

void syslog_target_free(struct syslog_target **tp)
{
	struct syslog_target *t = *tp;
	if (!t)
		return;
	disconnect(t);
	if (t->fail)
		event_free(t->fail);
	if (t->dns)
		evdns_base_free(t->dns, 0);
	SSL_CTX_free(t->tls);
	free(t->host);
	free(t);
	*tp = NULL;
}
