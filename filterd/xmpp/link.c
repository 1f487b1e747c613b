#include "xmpp/link.h"

#include "base/clock.h"
#include "base/text.h"
#include "xmpp/ns.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/dns.h>
#include <event2/util.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	RETRY_FIRST_MS = 250,
	RETRY_MAX_MS = 30000,
	SETUP_MS = 10000,     /* connect to handshake done */
	PING_AFTER_MS = 30000, /* of silence */
	PING_ANSWER_MS = 15000,
	OUT_MAX = 64 << 20,
};

static const char ping_prefix[] = "filterd-ping-";

enum state { LINK_WAITING, LINK_CONNECTING, LINK_STREAM, LINK_HANDSHAKE, LINK_UP };

struct link {
	struct event_base *base;
	const struct conf_link *conf;
	const struct link_ops *ops;
	void *ctx;
	enum state state;
	struct evdns_base *names; /* of this try, if host is a name */
	struct evdns_getaddrinfo_request *lookup;
	unsigned turn;            /* of a name's addresses */
	struct bufferevent *bev;
	struct xml_stream *xml;
	struct event *timer;      /* retry while waiting, deadlines otherwise */
	SSL_CTX *tls;             /* made at once, while the CA file can be read */
	uint32_t retry_ms;
	uint32_t ids;
	uint64_t heard_ms;        /* last bytes from the server */
	bool pinged;
	const char *broken;       /* why the stream has to end; acted on outside the parser */
};

static void set_timer(struct link *l, uint32_t ms)
{
	struct timeval tv = { ms / 1000, (ms % 1000) * 1000 };
	event_add(l->timer, &tv);
}

static uint32_t jittered(uint32_t ms)
{
	uint16_t r = 0;
	RAND_bytes((unsigned char *)&r, sizeof r);
	return ms / 2 + (uint32_t)((uint64_t)ms * r / 65535); /* 0.5 to 1.5 times */
}

static void stop_lookup(struct link *l)
{
	if (l->lookup)
		evdns_getaddrinfo_cancel(l->lookup);
	l->lookup = NULL;
}

/* Not from inside its own callback. */
static void forget_names(struct link *l)
{
	if (l->names)
		evdns_base_free(l->names, 0);
	l->names = NULL;
}

/* Ends what is there and plans the next try. */
static void fall_back(struct link *l, const char *reason)
{
	bool was_up = l->state == LINK_UP;
	stop_lookup(l);
	if (!was_up)
		l->turn++;
	if (l->bev)
		bufferevent_free(l->bev);
	l->bev = NULL;
	xml_stream_free(&l->xml);
	l->state = LINK_WAITING;
	l->broken = NULL;
	if (was_up || l->retry_ms == 0)
		l->retry_ms = RETRY_FIRST_MS;
	else if (l->retry_ms < RETRY_MAX_MS)
		l->retry_ms *= 2;
	uint32_t wait_ms = jittered(l->retry_ms);
	set_timer(l, wait_ms);
	l->ops->down(l->ctx, l, reason, wait_ms);
}

static void on_open(void *ctx, const struct xml_node *e)
{
	struct link *l = ctx;
	const char *id = xml_attr(e, "id");
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	char hex[2 * EVP_MAX_MD_SIZE + 1];
	if (l->state != LINK_STREAM || !xml_is(e, NS_STREAM, "stream") || !id || !l->conf->secret) {
		l->broken = "protocol";
		return;
	}
	/* XEP-0114 section 3: SHA-1 of the stream id and the secret; it proves the secret, no more */
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	if (!md || !EVP_DigestInit_ex(md, EVP_sha1(), NULL) || !EVP_DigestUpdate(md, id, strlen(id)) ||
	    !EVP_DigestUpdate(md, l->conf->secret, strlen(l->conf->secret)) || !EVP_DigestFinal_ex(md, digest, &size))
		l->broken = "digest";
	EVP_MD_CTX_free(md);
	text_hex(hex, digest, size);
	if (!l->broken) {
		evbuffer_add_printf(bufferevent_get_output(l->bev), "<handshake>%s</handshake>", hex);
		l->state = LINK_HANDSHAKE;
	}
}

bool link_take_pong(struct link *l, const struct xml_node *e)
{
	const char *id = xml_attr(e, "id"), *type = xml_attr(e, "type");
	size_t len = strlen(l->conf->domain);
	if (!xml_is(e, NULL, "iq") || !id || !type || (strcmp(type, "result") != 0 && strcmp(type, "error") != 0))
		return false;
	if (strncmp(id, ping_prefix, sizeof ping_prefix - 1) != 0 || strncmp(id + sizeof ping_prefix - 1, l->conf->domain, len) != 0 ||
	    id[sizeof ping_prefix - 1 + len] != '/')
		return false;
	l->heard_ms = clock_ms();
	l->pinged = false;
	return true;
}

/* XEP-0199: answers a ping.  True if e was a ping or the answer to ours. */
static bool is_ping(struct link *l, const struct xml_node *e)
{
	const char *id = xml_attr(e, "id"), *type = xml_attr(e, "type"), *from = xml_attr(e, "from");
	if (link_take_pong(l, e))
		return true;
	if (!xml_is(e, NULL, "iq") || !id || !type || !from)
		return false;
	if (strcmp(type, "get") != 0 || !xml_child(e, NS_PING, "ping"))
		return false;
	struct buf b;
	buf_init(&b, 16384);
	static const char head[] = "<iq type='result' id='";
	int r = buf_put(&b, head, sizeof head - 1) | xml_escape(&b, id, strlen(id)) | buf_put(&b, "' to='", 6) |
	        xml_escape(&b, from, strlen(from)) | buf_put(&b, "' from='", 8);
	const char *to = xml_attr(e, "to");
	if (!to)
		to = l->conf->domain;
	r |= xml_escape(&b, to, strlen(to)) | buf_put(&b, "'/>", 3);
	if (r == 0)
		(void)link_send(l, buf_ptr(&b), buf_left(&b));
	buf_free(&b);
	return true;
}

static void on_element(void *ctx, const struct xml_node *e)
{
	struct link *l = ctx;
	if (l->broken)
		return;
	if (xml_is(e, NS_STREAM, "error")) {
		l->broken = xml_child(e, NULL, "conflict") ? "conflict" :
		            xml_child(e, NULL, "not-authorized") ? "not-authorized" :
		            xml_child(e, NULL, "host-unknown") ? "host-unknown" : "stream-error";
		return;
	}
	if (l->state == LINK_HANDSHAKE) {
		if (!xml_is(e, NULL, "handshake")) {
			l->broken = "protocol";
			return;
		}
		l->state = LINK_UP;
		l->retry_ms = 0;
		l->pinged = false;
		set_timer(l, PING_AFTER_MS);
		l->ops->up(l->ctx, l);
		return;
	}
	if (l->state == LINK_UP && !is_ping(l, e))
		l->ops->stanza(l->ctx, l, e);
}

static void on_close(void *ctx)
{
	struct link *l = ctx;
	l->broken = "closed";
}

static const struct xml_stream_ops stream_ops = { on_open, on_element, on_close };

static void on_read(struct bufferevent *bev, void *ctx)
{
	struct link *l = ctx;
	struct evbuffer *in = bufferevent_get_input(bev);
	l->heard_ms = clock_ms();
	l->pinged = false;
	size_t n;
	while (!l->broken && (n = evbuffer_get_contiguous_space(in)) > 0) {
		const char *data = (const char *)evbuffer_pullup(in, (ev_ssize_t)n);
		bool last = evbuffer_get_length(in) == n;
		if (xml_stream_feed(l->xml, data, n, last) < 0 && !l->broken)
			l->broken = "bad-xml";
		evbuffer_drain(in, n);
	}
	if (l->broken)
		fall_back(l, l->broken);
}

static void on_event(struct bufferevent *bev, short what, void *ctx)
{
	struct link *l = ctx;
	if (what & BEV_EVENT_CONNECTED) {
		forget_names(l);
		l->state = LINK_STREAM;
		evbuffer_add_printf(bufferevent_get_output(bev),
			"<?xml version='1.0'?><stream:stream xmlns='" NS_COMPONENT "' xmlns:stream='" NS_STREAM "' to='%s'>",
			l->conf->domain);
		return;
	}
	fall_back(l, l->state == LINK_CONNECTING ? "refused" : what & BEV_EVENT_EOF ? "closed" : "io-error");
}

static struct bufferevent *new_socket(struct link *l)
{
	if (!l->conf->tls)
		return bufferevent_socket_new(l->base, -1, BEV_OPT_CLOSE_ON_FREE);
	SSL *ssl = SSL_new(l->tls);
	const char *name = l->conf->tls_name[0] ? l->conf->tls_name : l->conf->host;
	if (!ssl || SSL_set1_host(ssl, name) != 1 || SSL_set_tlsext_host_name(ssl, name) != 1) {
		SSL_free(ssl);
		return NULL;
	}
	return bufferevent_openssl_socket_new(l->base, -1, ssl, BUFFEREVENT_SSL_CONNECTING, BEV_OPT_CLOSE_ON_FREE);
}

static void on_addresses(int error, struct evutil_addrinfo *found, void *ctx)
{
	struct link *l = ctx;
	unsigned n = 0;
	if (error == EVUTIL_EAI_CANCEL)
		return; /* the link may be gone */
	l->lookup = NULL;
	if (error || !found) {
		fall_back(l, "no-address");
		return;
	}
	const struct evutil_addrinfo *a;
	for (a = found; a; a = a->ai_next)
		n++;
	a = found;
	for (n = l->turn % n; n > 0; n--)
		a = a->ai_next;
	int r = bufferevent_socket_connect(l->bev, a->ai_addr, (int)a->ai_addrlen);
	evutil_freeaddrinfo(found);
	if (r < 0 && l->state == LINK_CONNECTING && l->bev)
		fall_back(l, "refused");
}

/* Names are looked up from inside the loop, since a name server that is away would hold up everybody else's messages, and anew for
 * each try: who changes /etc/hosts or /etc/resolv.conf expects that to count. */
static void look_up(struct link *l)
{
	struct evutil_addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP,
		                         .ai_flags = EVUTIL_AI_NUMERICHOST | EVUTIL_AI_NUMERICSERV };
	struct evutil_addrinfo *found = NULL;
	char port[8];
	snprintf(port, sizeof port, "%d", l->conf->port);
	if (evutil_getaddrinfo(l->conf->host, port, &hints, &found) == 0) {
		on_addresses(0, found, l);
		return;
	}
	forget_names(l);
	l->names = evdns_base_new(l->base, EVDNS_BASE_INITIALIZE_NAMESERVERS | EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (!l->names) {
		fall_back(l, "no-resolver");
		return;
	}
	hints.ai_flags = EVUTIL_AI_NUMERICSERV;
	struct evdns_getaddrinfo_request *lookup = evdns_getaddrinfo(l->names, l->conf->host, port, &hints, on_addresses, l);
	if (lookup) /* else it was answered at once */
		l->lookup = lookup;
}

static void connect_now(struct link *l)
{
	l->state = LINK_CONNECTING;
	l->broken = NULL;
	l->xml = xml_stream_new(&stream_ops, l);
	l->bev = new_socket(l);
	if (!l->bev || !l->xml) {
		fall_back(l, l->conf->tls ? "tls-setup" : "no-memory");
		return;
	}
	bufferevent_setcb(l->bev, on_read, NULL, on_event, l);
	bufferevent_enable(l->bev, EV_READ | EV_WRITE);
	set_timer(l, SETUP_MS);
	look_up(l);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct link *l = ctx;
	if (l->state == LINK_WAITING) {
		connect_now(l);
		return;
	}
	if (l->state != LINK_UP) {
		fall_back(l, "setup-timeout");
		return;
	}
	uint64_t silent = clock_ms() - l->heard_ms;
	if (l->pinged) {
		fall_back(l, "ping-timeout");
		return;
	}
	if (silent < PING_AFTER_MS) {
		set_timer(l, (uint32_t)(PING_AFTER_MS - silent) + 1);
		return;
	}
	/* To the server behind the component: the parent domain answers for it. */
	const char *dot = strchr(l->conf->domain, '.');
	evbuffer_add_printf(bufferevent_get_output(l->bev),
		"<iq type='get' id='%s%s/%u' from='%s' to='%s'><ping xmlns='" NS_PING "'/></iq>", ping_prefix, l->conf->domain, ++l->ids,
		l->conf->domain, l->conf->guards.count ? l->conf->guards.item[0] : dot ? dot + 1 : l->conf->domain);
	l->pinged = true;
	set_timer(l, PING_ANSWER_MS);
}

static SSL_CTX *new_tls(const struct conf_link *conf)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
	if (!tls)
		return NULL;
	SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
	if ((conf->ca[0] ? SSL_CTX_load_verify_locations(tls, conf->ca, NULL) : SSL_CTX_set_default_verify_paths(tls)) != 1) {
		SSL_CTX_free(tls);
		return NULL;
	}
	return tls;
}

struct link *link_new(struct event_base *base, const struct conf_link *conf, const struct link_ops *ops, void *ctx)
{
	struct link *l = calloc(1, sizeof *l);
	if (!l)
		return NULL;
	l->base = base;
	l->conf = conf;
	l->ops = ops;
	l->ctx = ctx;
	l->timer = event_new(base, -1, 0, on_timer, l);
	if (!l->timer || (conf->tls && !(l->tls = new_tls(conf)))) {
		if (l->timer)
			event_free(l->timer);
		free(l);
		return NULL;
	}
	set_timer(l, 0);
	return l;
}

void link_free(struct link **lp)
{
	struct link *l = *lp;
	if (!l)
		return;
	if (l->bev) {
		if (l->state >= LINK_STREAM) {
			bufferevent_write(l->bev, "</stream:stream>", 16);
			(void)evbuffer_write(bufferevent_get_output(l->bev), bufferevent_getfd(l->bev));
		}
		bufferevent_free(l->bev);
	}
	stop_lookup(l);
	forget_names(l);
	xml_stream_free(&l->xml);
	event_free(l->timer);
	SSL_CTX_free(l->tls);
	free(l);
	*lp = NULL;
}

bool link_is_up(const struct link *l) { return l->state == LINK_UP; }
const struct conf_link *link_conf(const struct link *l) { return l->conf; }

int link_send(struct link *l, const void *data, size_t size)
{
	if (l->state != LINK_UP || evbuffer_get_length(bufferevent_get_output(l->bev)) > OUT_MAX)
		return -1;
	return bufferevent_write(l->bev, data, size);
}
