#include "xmpp/channel.h"

#include "base/clock.h"
#include "base/text.h"
#include "ipc/inspect_wire.h"
#include "xmpp/ns.h"
#include "xmpp/rooms.h"
#include "xmpp/xml.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/listener.h>
#include <grp.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define uthash_fatal(msg) abort()
#include <uthash.h>

enum {
	LINKS_MAX = 64,
	PENDING_MAX = 16,           /* connections that have not attached yet */
	ATTACH_MS = 5000,
	TOKEN_MS = 10000,
	SILENT_MS = 10000,          /* then PING … */
	PING_ANSWER_MS = 5000,      /* … and this long for any frame */
	OUT_MAX = 64 << 20,         /* a connector that does not read its answers is gone */
	READ_MAX = 256 << 10,
};

struct session_entry {
	uint32_t number;
	struct session *session;
	UT_hash_handle hh;
};

struct open_id {
	uint32_t id;
	UT_hash_handle hh;
};

struct channel {
	struct channels *owner;
	struct channel *prev, *next;
	struct bufferevent *bev;
	struct evbuffer *out;       /* frames of this turn of the loop … */
	struct event *flush;        /* … which leave at its end */
	struct event *timer;
	bool attached, pinged, dead;
	bool is_unix;
	size_t link;
	char *software;
	uint64_t heard_ms;
	uint32_t last_id;
	uint64_t inspected;
	struct session_entry *sessions;
	struct open_id *open;
	struct rooms *rooms;
};

struct offer {
	char token[INSPECT_TOKEN_HEX + 1]; /* "" = none outstanding */
	uint64_t made_ms;
};

struct channels {
	struct event_base *base;
	const struct conf_inspect *conf;
	const struct channel_ops *ops;
	void *ctx;
	struct evconnlistener *unix_listener, *tls_listener;
	SSL_CTX *tls;
	char fingerprint[2 * EVP_MAX_MD_SIZE + 1];
	struct offer offers[LINKS_MAX];
	struct channel *list;
	unsigned pending;
	bool stopping;
};

struct session *session_ref(struct session *s)
{
	s->refs++;
	return s;
}

void session_unref(struct session *s)
{
	if (--s->refs > 0)
		return;
	free(s->jid);
	free(s->host);
	free(s->address);
	rooms_free(&s->joined);
	free(s);
}

/* The channel lets go of a session: END came, or the channel ends.  Items under way keep theirs. */
static void session_detach(struct channel *c, struct session_entry *e)
{
	struct session *s = e->session;
	HASH_DEL(c->sessions, e);
	free(e);
	session_unref(s);
}

static void set_timer(struct channel *c, uint32_t ms)
{
	struct timeval tv = { ms / 1000, (ms % 1000) * 1000 };
	event_add(c->timer, &tv);
}

static void channel_free(struct channel *c)
{
	if (c->bev)
		bufferevent_free(c->bev);
	if (c->out)
		evbuffer_free(c->out);
	if (c->flush)
		event_free(c->flush);
	if (c->timer)
		event_free(c->timer);
	free(c->software);
	rooms_free(&c->rooms);
	free(c);
}

static void on_flush(evutil_socket_t fd, short what, void *ctx);

static void channel_end(struct channel *c, const char *reason)
{
	struct channels *cs = c->owner;
	struct session_entry *e, *etmp;
	struct open_id *o, *otmp;
	c->dead = true;
	if (c->attached)
		cs->ops->down(cs->ctx, c, reason);
	else
		cs->pending--;
	HASH_ITER(hh, c->sessions, e, etmp) {
		e->session->channel = NULL;
		session_detach(c, e);
	}
	HASH_ITER(hh, c->open, o, otmp) {
		HASH_DEL(c->open, o);
		free(o);
	}
	if (c->prev)
		c->prev->next = c->next;
	else
		cs->list = c->next;
	if (c->next)
		c->next->prev = c->prev;
	if (cs->stopping) /* the last answers: best effort */
		on_flush(-1, 0, c);
	channel_free(c);
}

/* On a plain socket all frames of a turn are written at once, without asking first whether it can be written to
 * (a bufferevent does, which costs three more system calls a turn); only what does not fit waits for that. */
static void on_flush(evutil_socket_t fd, short what, void *ctx)
{
	struct channel *c = ctx;
	if (c->is_unix && evbuffer_get_length(bufferevent_get_output(c->bev)) == 0)
		(void)evbuffer_write(c->out, bufferevent_getfd(c->bev)); /* an error shows when reading */
	if (evbuffer_get_length(c->out) > 0)
		bufferevent_write_buffer(c->bev, c->out);
}

static void put_out(struct channel *c, const void *data, size_t size)
{
	if (evbuffer_get_length(c->out) == 0)
		event_active(c->flush, EV_TIMEOUT, 0);
	evbuffer_add(c->out, data, size);
}

static void send_frame(struct channel *c, const struct inspect_frame *f)
{
	struct buf b;
	buf_init(&b, INSPECT_FRAME_MAX + 4);
	if (inspect_put(&b, f) == 0)
		put_out(c, buf_ptr(&b), buf_left(&b));
	buf_free(&b);
}

static int take_attach(struct channel *c, const struct inspect_frame *f)
{
	struct channels *cs = c->owner;
	uint64_t now = clock_ms();
	if (f->type != INSPECT_ATTACH || f->version != INSPECT_VERSION)
		return -1;
	size_t link = LINKS_MAX;
	for (size_t i = 0; i < LINKS_MAX; i++) { /* all are compared, whatever matches, in constant time */
		struct offer *o = &cs->offers[i];
		if (o->token[0] && now - o->made_ms <= TOKEN_MS && CRYPTO_memcmp(o->token, f->token, INSPECT_TOKEN_HEX) == 0)
			link = i;
	}
	if (link == LINKS_MAX)
		return -1;
	OPENSSL_cleanse(cs->offers[link].token, sizeof cs->offers[link].token);
	if (channels_of_link(cs, link))
		return -1;
	c->software = strndup(f->software, f->software_len);
	c->rooms = rooms_new();
	if (!c->software || !c->rooms)
		return -1;
	c->link = link;
	c->attached = true;
	cs->pending--;
	send_frame(c, &(struct inspect_frame){ .type = INSPECT_READY, .version = INSPECT_VERSION,
	                                       .frame_max = INSPECT_FRAME_MAX, .window = INSPECT_WINDOW });
	set_timer(c, SILENT_MS);
	cs->ops->up(cs->ctx, c);
	return 0;
}

static int take_session(struct channel *c, const struct inspect_frame *f)
{
	struct session_entry *e;
	HASH_FIND(hh, c->sessions, &f->session, sizeof f->session, e);
	if (e || HASH_COUNT(c->sessions) >= INSPECT_SESSIONS_MAX)
		return -1;
	struct session *s = calloc(1, sizeof *s);
	e = calloc(1, sizeof *e);
	if (s) {
		*s = (struct session){ .channel = c, .number = f->session, .origin = f->origin, .flags = f->flags, .refs = 1,
		                       .jid = strndup(f->jid, f->jid_len), .host = strndup(f->host, f->host_len),
		                       .address = strndup(f->address, f->address_len) };
	}
	if (!s || !e || !s->jid || !s->host || !s->address) {
		if (s) {
			free(s->jid);
			free(s->host);
			free(s->address);
		}
		free(s);
		free(e);
		return -1;
	}
	e->number = f->session;
	e->session = s;
	HASH_ADD(hh, c->sessions, number, sizeof e->number, e);
	return 0;
}

static int take_inspect(struct channel *c, const struct inspect_frame *f)
{
	struct session_entry *e;
	HASH_FIND(hh, c->sessions, &f->session, sizeof f->session, e);
	if (!e || f->id <= c->last_id || HASH_COUNT(c->open) >= INSPECT_WINDOW)
		return -1;
	struct open_id *o = malloc(sizeof *o);
	if (!o)
		return -1;
	o->id = c->last_id = f->id;
	HASH_ADD(hh, c->open, id, sizeof o->id, o);
	c->inspected++;
	c->owner->ops->inspect(c->owner->ctx, e->session, f->id, f->flags & INSPECT_AGAIN, f->payload, f->payload_len);
	return 0;
}

/* For the connector the id is closed with this, so it must not count against the window; the item goes its way. */
static void take_cancel(struct channel *c, uint32_t id)
{
	struct open_id *o;
	HASH_FIND(hh, c->open, &id, sizeof id, o);
	if (!o)
		return;
	HASH_DEL(c->open, o);
	free(o);
}

static int take_end(struct channel *c, const struct inspect_frame *f)
{
	struct session_entry *e;
	HASH_FIND(hh, c->sessions, &f->session, sizeof f->session, e);
	if (!e)
		return -1;
	session_detach(c, e);
	return 0;
}

static void take_room(struct channel *c, const struct inspect_frame *f)
{
	if (f->status == INSPECT_ROOM_KNOWN)
		rooms_set(c->rooms, f->jid, f->jid_len, f->payload, f->payload_len);
	else
		rooms_forget(c->rooms, f->jid, f->jid_len);
}

static int take_frame(struct channel *c, const struct inspect_frame *f)
{
	const struct channels *cs = c->owner;
	if (!c->attached)
		return take_attach(c, f);
	switch (f->type) {
	case INSPECT_SESSION:
		return take_session(c, f);
	case INSPECT_INSPECT:
		return take_inspect(c, f);
	case INSPECT_CANCEL:
		take_cancel(c, f->id);
		return 0;
	case INSPECT_END:
		return take_end(c, f);
	case INSPECT_INJECTED:
		cs->ops->injected(cs->ctx, c, f->id, f->status);
		return 0;
	case INSPECT_ROOM:
		take_room(c, f);
		return 0;
	case INSPECT_PING:
		send_frame(c, &(struct inspect_frame){ .type = INSPECT_PONG, .cookie = f->cookie });
		return 0;
	default: /* control frames we do not know are skipped; what only filterd may send is nonsense */
		return f->type >= INSPECT_CONTROL_FIRST && f->type <= INSPECT_CONTROL_LAST ? 0 : -1;
	}
}

static void on_read(struct bufferevent *bev, void *ctx)
{
	struct channel *c = ctx;
	struct evbuffer *in = bufferevent_get_input(bev);
	c->heard_ms = clock_ms();
	c->pinged = false;
	size_t have;
	while ((have = evbuffer_get_length(in)) >= 4) {
		uint8_t head[4];
		evbuffer_copyout(in, head, sizeof head);
		long size = inspect_frame_size(head, sizeof head, c->attached ? INSPECT_FRAME_MAX : INSPECT_FRAME_MAX_ATTACH);
		if (size < 0) {
			channel_end(c, "frame-length");
			return;
		}
		if (have < (size_t)size)
			return;
		struct inspect_frame f;
		if (inspect_parse(evbuffer_pullup(in, size), (size_t)size, &f) < 0 || take_frame(c, &f) < 0) {
			channel_end(c, "protocol");
			return;
		}
		evbuffer_drain(in, (size_t)size);
	}
	if (evbuffer_get_length(bufferevent_get_output(bev)) + evbuffer_get_length(c->out) > OUT_MAX)
		channel_end(c, "not-reading");
}

static void on_event(struct bufferevent *bev, short what, void *ctx)
{
	if (what & BEV_EVENT_CONNECTED)
		return; /* TLS handshake done */
	channel_end(ctx, what & BEV_EVENT_EOF ? "closed" : "io-error");
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct channel *c = ctx;
	if (!c->attached) {
		channel_end(c, "attach-timeout");
		return;
	}
	uint64_t silent = clock_ms() - c->heard_ms;
	if (c->pinged) {
		channel_end(c, "ping-timeout");
	} else if (silent < SILENT_MS) {
		set_timer(c, (uint32_t)(SILENT_MS - silent) + 1);
	} else {
		send_frame(c, &(struct inspect_frame){ .type = INSPECT_PING, .cookie = (uint32_t)silent });
		c->pinged = true;
		set_timer(c, PING_ANSWER_MS);
	}
}

/* SO_PEERCRED against the configured users; root always may. */
static bool peer_allowed(const struct conf_inspect *conf, int fd)
{
	struct ucred cred;
	socklen_t len = sizeof cred;
	if (conf->peers.count == 0)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return false;
	if (cred.uid == 0)
		return true;
	for (size_t i = 0; i < conf->peers.count; i++) {
		const struct passwd *pw = getpwnam(conf->peers.item[i]);
		if (pw && pw->pw_uid == cred.uid)
			return true;
	}
	return false;
}

static void on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa, int salen, void *ctx)
{
	struct channels *cs = ctx;
	bool is_unix = l == cs->unix_listener;
	struct channel *c = cs->pending < PENDING_MAX && (!is_unix || peer_allowed(cs->conf, fd)) ? calloc(1, sizeof *c) : NULL;
	if (!c) {
		close(fd);
		return;
	}
	SSL *ssl = is_unix ? NULL : SSL_new(cs->tls);
	c->bev = is_unix ? bufferevent_socket_new(cs->base, fd, BEV_OPT_CLOSE_ON_FREE) :
	         ssl ? bufferevent_openssl_socket_new(cs->base, fd, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE) : NULL;
	c->timer = event_new(cs->base, -1, 0, on_timer, c);
	c->flush = event_new(cs->base, -1, 0, on_flush, c);
	c->out = evbuffer_new();
	c->is_unix = is_unix;
	if (!c->bev || !c->timer || !c->flush || !c->out) {
		if (!c->bev)
			close(fd);
		channel_free(c);
		return;
	}
	c->owner = cs;
	c->next = cs->list;
	if (c->next)
		c->next->prev = c;
	cs->list = c;
	cs->pending++;
	c->heard_ms = clock_ms();
	bufferevent_set_max_single_read(c->bev, READ_MAX);
	bufferevent_setcb(c->bev, on_read, NULL, on_event, c);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
	set_timer(c, ATTACH_MS);
}

static int listen_unix(struct channels *cs, struct cfgerr *err)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	const char *path = cs->conf->socket;
	if (strlen(path) >= sizeof sa.sun_path)
		return cfgerr_set(err, path, 0, "the path of inspect.socket is longer than a UNIX socket's may be (107 bytes)");
	strcpy(sa.sun_path, path);
	if (unlink(path) < 0 && errno != ENOENT)
		return cfgerr_set(err, path, 0, "the old socket can't be removed: %s", strerror(errno));
	mode_t old = umask(0117);
	cs->unix_listener = evconnlistener_new_bind(cs->base, on_accept, cs, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 16,
	                                            (struct sockaddr *)&sa, sizeof sa);
	umask(old);
	if (!cs->unix_listener)
		return cfgerr_set(err, path, 0, "can't listen: %s", strerror(errno));
	if (cs->conf->group[0]) {
		const struct group *gr = getgrnam(cs->conf->group);
		if (!gr)
			return cfgerr_set(err, path, 0, "inspect.group: there is no group %s", cs->conf->group);
		if (chown(path, (uid_t)-1, gr->gr_gid) < 0)
			return cfgerr_set(err, path, 0, "can't give the socket to group %s: %s; filterd's user must be in it", cs->conf->group, strerror(errno));
	}
	return 0;
}

static int load_certificate(struct channels *cs, struct cfgerr *err)
{
	const struct conf_inspect *conf = cs->conf;
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned size;
	cs->tls = SSL_CTX_new(TLS_server_method());
	if (!cs->tls || SSL_CTX_set_min_proto_version(cs->tls, TLS1_2_VERSION) != 1)
		return cfgerr_set(err, conf->certificate, 0, "TLS can't be set up");
	if (SSL_CTX_use_certificate_chain_file(cs->tls, conf->certificate) != 1)
		return cfgerr_set(err, conf->certificate, 0, "inspect.certificate is no readable PEM certificate");
	if (SSL_CTX_use_PrivateKey_file(cs->tls, conf->key, SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(cs->tls) != 1)
		return cfgerr_set(err, conf->key, 0, "inspect.key is not the PEM key of inspect.certificate");
	if (X509_digest(SSL_CTX_get0_certificate(cs->tls), EVP_sha256(), digest, &size) != 1)
		return cfgerr_set(err, conf->certificate, 0, "the certificate's fingerprint can't be computed");
	text_hex(cs->fingerprint, digest, size);
	return 0;
}

static int listen_tls(struct channels *cs, struct cfgerr *err)
{
	struct evutil_addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = EVUTIL_AI_NUMERICHOST | EVUTIL_AI_PASSIVE };
	struct evutil_addrinfo *ai = NULL;
	char port[8];
	if (load_certificate(cs, err) < 0)
		return -1;
	snprintf(port, sizeof port, "%d", cs->conf->port);
	if (evutil_getaddrinfo(cs->conf->listen, port, &hints, &ai) != 0 || !ai)
		return cfgerr_set(err, cs->conf->listen, 0, "inspect.listen must be an IP address");
	cs->tls_listener = evconnlistener_new_bind(cs->base, on_accept, cs,
	        LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE, 16, ai->ai_addr, (int)ai->ai_addrlen);
	int e = errno;
	evutil_freeaddrinfo(ai);
	if (!cs->tls_listener)
		return cfgerr_set(err, cs->conf->listen, 0, "can't listen on port %d: %s", cs->conf->port, strerror(e));
	return 0;
}

int channels_new(struct event_base *base, const struct conf_inspect *conf, const struct channel_ops *ops, void *ctx,
                 struct channels **cs_r, struct cfgerr *err)
{
	struct channels *cs = calloc(1, sizeof *cs);
	if (!cs)
		return cfgerr_set(err, "", 0, "out of memory");
	cs->base = base;
	cs->conf = conf;
	cs->ops = ops;
	cs->ctx = ctx;
	if ((conf->socket[0] && listen_unix(cs, err) < 0) || (conf->listen[0] && listen_tls(cs, err) < 0)) {
		channels_free(&cs);
		return -1;
	}
	*cs_r = cs;
	return 0;
}

void channels_free(struct channels **csp)
{
	struct channels *cs = *csp;
	if (!cs)
		return;
	cs->stopping = true;
	while (cs->list)
		channel_end(cs->list, "stopped");
	if (cs->unix_listener) /* its name stays: by now it may be that of a successor, and who starts removes a stale one */
		evconnlistener_free(cs->unix_listener);
	if (cs->tls_listener)
		evconnlistener_free(cs->tls_listener);
	SSL_CTX_free(cs->tls);
	OPENSSL_cleanse(cs->offers, sizeof cs->offers);
	free(cs);
	*csp = NULL;
}

int channels_offer(struct channels *cs, size_t link, struct buf *b)
{
	unsigned char random[INSPECT_TOKEN_HEX / 2];
	char number[64];
	if (link >= LINKS_MAX || RAND_bytes(random, sizeof random) != 1)
		return -1;
	struct offer *o = &cs->offers[link];
	text_hex(o->token, random, sizeof random);
	o->made_ms = clock_ms();
	static const char head[] = "<attach xmlns='" NS_INSPECT "'";
	int r = buf_put(b, head, sizeof head - 1);
	if (cs->unix_listener)
		r |= buf_put(b, " path='", 7) | xml_escape(b, cs->conf->socket, strlen(cs->conf->socket)) | buf_put(b, "'", 1);
	if (cs->tls_listener) {
		const char *host = cs->conf->advertise[0] ? cs->conf->advertise : cs->conf->listen;
		int n = snprintf(number, sizeof number, "' port='%d' fingerprint='", cs->conf->port);
		r |= buf_put(b, " host='", 7) | xml_escape(b, host, strlen(host)) | buf_put(b, number, (size_t)n) |
		     buf_put(b, cs->fingerprint, strlen(cs->fingerprint)) | buf_put(b, "'", 1);
	}
	int n = snprintf(number, sizeof number, " version='%d' max-frame='%d' token='", INSPECT_VERSION, INSPECT_FRAME_MAX);
	return r | buf_put(b, number, (size_t)n) | buf_put(b, o->token, INSPECT_TOKEN_HEX) | buf_put(b, "'/>", 3);
}

struct channel *channels_of_link(struct channels *cs, size_t link)
{
	for (struct channel *c = cs->list; c; c = c->next)
		if (c->attached && c->link == link)
			return c;
	return NULL;
}

const char *channel_software(const struct channel *c) { return c->software; }
size_t channel_link(const struct channel *c) { return c->link; }
unsigned channel_open(const struct channel *c) { return HASH_COUNT(c->open); }
uint64_t channel_inspected(const struct channel *c) { return c->inspected; }
const struct rooms *channel_rooms(const struct channel *c) { return c->rooms; }

/* Writes one answer, if somebody still waits for it. */
static void answer(const struct session *s, uint8_t type, uint32_t id, const void *payload, size_t size)
{
	struct channel *c = s->channel;
	struct open_id *o;
	if (!c || c->dead)
		return;
	HASH_FIND(hh, c->open, &id, sizeof id, o);
	if (!o)
		return;
	HASH_DEL(c->open, o);
	free(o);
	/* The common case is nine bytes; a payload is added behind without another copy of it. */
	uint32_t length = (uint32_t)(5 + size);
	const uint8_t head[9] = { (uint8_t)(length >> 24), (uint8_t)(length >> 16), (uint8_t)(length >> 8), (uint8_t)length, type,
	                          (uint8_t)(id >> 24), (uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id };
	put_out(c, head, sizeof head);
	if (size)
		put_out(c, payload, size);
}

void channel_deliver(struct session *s, uint32_t id) { answer(s, INSPECT_DELIVER, id, NULL, 0); }
void channel_drop(struct session *s, uint32_t id) { answer(s, INSPECT_DROP, id, NULL, 0); }
void channel_replace(struct session *s, uint32_t id, const void *stanza, size_t size) { answer(s, INSPECT_REPLACE, id, stanza, size); }
void channel_bounce(struct session *s, uint32_t id, const void *error, size_t size) { answer(s, INSPECT_BOUNCE, id, error, size); }
