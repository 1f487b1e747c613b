#include "audit/recorder_client.h"

#include "audit/entry.h"
#include "base/clock.h"
#include "base/io.h"
#include "ipc/record_wire.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PENDING_MAX = 8192, QUEUE_BYTES_MAX = 16 << 20, READS_PER_TURN = 64 };

enum { LOOK_MS = 500, GET_MORE_MS = 10000, HOLD_BYTES_PER_MS = (10 << 20) / 1000 };

/* One question, from the call to its callback.  Answers to RECORD come in order, those to GET need not. */
struct question {
	TAILQ_ENTRY(question) next;
	uint64_t seq;
	uint8_t type;
	int sent;
	uint64_t patience_ms; /* while it is the oldest */
	struct buf packet; /* until it is sent */
	int fd;            /* goes with the packet */
	union {
		recorder_ack_fn *ack;
		recorder_list_fn *list;
		recorder_get_fn *get;
	} cb;
	void *ctx;
};

TAILQ_HEAD(questions, question);

struct recorder {
	int sock;
	struct event *readable, *writable, *lost, *look;
	struct recorder_hooks hooks;
	struct questions pending;
	struct question *unsent;  /* first that waits for the socket, or NULL */
	size_t npending, bytes;
	uint64_t quiet_ms;        /* since when the oldest question has been the oldest */
	int heard, hung;
	uint64_t seq, entry_seq;
	uint8_t packet[RECORD_PACKET_MAX];
};

static void answer(struct recorder *r, struct question *q, int status, const struct record_msg *m, int fd)
{
	TAILQ_REMOVE(&r->pending, q, next);
	r->npending--;
	r->quiet_ms = clock_ms();
	r->bytes -= buf_left(&q->packet);
	buf_free(&q->packet);
	io_close(&q->fd);
	struct question done = *q;
	free(q);
	if (done.type == RECORD_LIST)
		done.cb.list(done.ctx, status, m ? m->json : NULL, m ? m->json_size : 0);
	else if (done.type == RECORD_GET)
		done.cb.get(done.ctx, status, m ? m->json : NULL, m ? m->json_size : 0, fd);
	else
		done.cb.ack(done.ctx, status);
}

static void fail_all(struct recorder *r)
{
	io_close(&r->sock);
	r->unsent = NULL;
	for (struct question *q; (q = TAILQ_FIRST(&r->pending));)
		answer(r, q, RECORDER_GONE, NULL, -1);
}

/* The recorder is lost.  Told from the loop and not from within a call, whose caller may hold pointers. */
static void lose(struct recorder *r)
{
	event_del(r->readable);
	event_del(r->writable);
	event_active(r->lost, EV_TIMEOUT, 0);
}

static void on_lost(evutil_socket_t fd, short what, void *ctx)
{
	struct recorder *r = ctx;
	fail_all(r);
	if (r->hooks.gone)
		r->hooks.gone(r->hooks.ctx, r->hung);
}

/* Answers come in the order of the questions: only the oldest can be late. */
static void on_look(evutil_socket_t fd, short what, void *ctx)
{
	static const struct timeval later = { 0, LOOK_MS * 1000 };
	struct recorder *r = ctx;
	const struct question *oldest = TAILQ_FIRST(&r->pending);
	if (!oldest || r->sock < 0)
		return; /* nothing is owed: no more looks until something is */
	if (clock_ms() - r->quiet_ms < (r->heard ? oldest->patience_ms : RECORDER_START_MS)) {
		event_add(r->look, &later);
		return;
	}
	r->hung = 1;
	lose(r);
}

static void send_waiting(struct recorder *r)
{
	while (r->unsent) {
		struct question *q = r->unsent;
		if (io_send_fds(r->sock, buf_ptr(&q->packet), buf_left(&q->packet), &q->fd, q->fd >= 0) < 0) {
			if (errno == EAGAIN || errno == ENOBUFS || errno == ETOOMANYREFS)
				event_add(r->writable, NULL);
			else
				lose(r);
			return;
		}
		q->sent = 1;
		r->bytes -= buf_left(&q->packet);
		buf_free(&q->packet);
		io_close(&q->fd);
		r->unsent = TAILQ_NEXT(q, next);
	}
}

static void on_writable(evutil_socket_t fd, short what, void *ctx)
{
	send_waiting(ctx);
}

/* The recorder is trusted more than the broker, yet only events and fields of the table are passed on. */
static void take_notice(struct recorder *r, const struct record_msg *m)
{
	json_t *o = json_loadb(m->json, m->json_size, 0, NULL);
	const char *name = json_string_value(json_object_get(o, "event"));
	enum event_id id = name ? event_from_name(name) : EVENT_COUNT;
	if (id != EVENT_COUNT && r->hooks.notice) {
		struct event_record e;
		char *names = strdup(event_info(id)->fields), *rest = names, *field;
		event_record_init(&e, id, NULL);
		while (names && (field = strsep(&rest, " ")))
			event_record_add(&e, field, json_string_value(json_object_get(o, field)));
		r->hooks.notice(r->hooks.ctx, &e);
		free(names);
	}
	json_decref(o);
}

static int fits(uint8_t question, uint8_t reply)
{
	switch (question) {
	case RECORD_LIST: return reply == RECORD_ITEMS || reply == RECORD_ACK; /* ACK: it failed */
	case RECORD_GET: return reply == RECORD_CONTENT;
	default: return reply == RECORD_ACK;
	}
}

static int take_packet(struct recorder *r, const uint8_t *data, size_t size, int *fds, int nfds)
{
	struct record_msg m;
	struct question *q;
	if (record_wire_get(data, size, &m) < 0 || nfds != record_wire_fds(&m))
		return -1;
	if (m.type == RECORD_NOTICE) {
		take_notice(r, &m);
		return 0;
	}
	TAILQ_FOREACH(q, &r->pending, next)
		if (q->seq == m.seq)
			break;
	if (!q || !q->sent || !fits(q->type, m.type))
		return -1;
	if (q->type == RECORD_LIST && m.type == RECORD_ACK && m.status == RECORD_ON_DISK)
		return -1;
	int fd = nfds ? fds[0] : -1;
	fds[0] = -1; /* the callback's now */
	answer(r, q, m.status, m.type == RECORD_ACK ? NULL : &m, fd);
	return 0;
}

static void on_readable(evutil_socket_t sock, short what, void *ctx)
{
	struct recorder *r = ctx;
	for (int i = 0; i < READS_PER_TURN; i++) {
		int fds[IO_FDS_MAX] = { -1, -1, -1, -1 }, nfds = 0;
		ssize_t n = io_recv_fds(r->sock, r->packet, sizeof r->packet, fds, &nfds);
		if (n < 0 && errno == EAGAIN)
			return;
		r->heard = 1;
		int ok = n > 0 && take_packet(r, r->packet, (size_t)n, fds, nfds) == 0;
		for (int f = 0; f < nfds; f++)
			io_close(&fds[f]);
		if (!ok) {
			lose(r);
			return;
		}
	}
}

struct recorder *recorder_new(struct event_base *base, int sock, const struct recorder_hooks *hooks)
{
	struct recorder *r = calloc(1, sizeof *r);
	if (!r || io_nonblock(sock) < 0) {
		free(r);
		return NULL;
	}
	r->sock = sock;
	r->hooks = *hooks;
	TAILQ_INIT(&r->pending);
	r->readable = event_new(base, sock, EV_READ | EV_PERSIST, on_readable, r);
	r->writable = event_new(base, sock, EV_WRITE, on_writable, r);
	r->lost = event_new(base, -1, 0, on_lost, r);
	r->look = event_new(base, -1, 0, on_look, r);
	if (r->readable && r->writable && r->lost && r->look && event_add(r->readable, NULL) == 0)
		return r;
	r->sock = -1; /* stays the caller's on failure */
	recorder_free(&r);
	return NULL;
}

void recorder_free(struct recorder **rp)
{
	struct recorder *r = *rp;
	if (!r)
		return;
	*rp = NULL;
	if (r->readable)
		event_free(r->readable);
	if (r->writable)
		event_free(r->writable);
	if (r->lost)
		event_free(r->lost);
	if (r->look)
		event_free(r->look);
	fail_all(r);
	explicit_bzero(r->packet, sizeof r->packet);
	free(r);
}

static uint64_t patience_ms(const struct record_msg *m, int fd)
{
	struct stat st;
	if (m->type == RECORD_GET)
		return RECORDER_DEADLINE_MS + GET_MORE_MS;
	return RECORDER_DEADLINE_MS + (fd >= 0 && fstat(fd, &st) == 0 ? (uint64_t)st.st_size / HOLD_BYTES_PER_MS : 0);
}

/* Queues a question; m gets its seq. */
static struct question *ask(struct recorder *r, struct record_msg *m, int fd, void *ctx)
{
	static const struct timeval later = { 0, LOOK_MS * 1000 };
	if (r->sock < 0 || r->npending >= PENDING_MAX)
		return NULL;
	struct question *q = calloc(1, sizeof *q);
	if (!q)
		return NULL;
	m->seq = ++r->seq;
	q->seq = m->seq;
	q->type = m->type;
	q->ctx = ctx;
	q->fd = -1;
	q->patience_ms = patience_ms(m, fd);
	buf_init(&q->packet, RECORD_PACKET_MAX);
	if (record_wire_put(&q->packet, m) < 0 || r->bytes + buf_left(&q->packet) > QUEUE_BYTES_MAX ||
	    (fd >= 0 && (q->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0)) < 0)) {
		buf_free(&q->packet);
		free(q);
		return NULL;
	}
	if (r->npending++ == 0)
		r->quiet_ms = clock_ms();
	if (!event_pending(r->look, EV_TIMEOUT, NULL))
		event_add(r->look, &later);
	r->bytes += buf_left(&q->packet);
	TAILQ_INSERT_TAIL(&r->pending, q, next);
	if (!r->unsent) {
		r->unsent = q;
		/* at the end of this turn of the loop: what one turn asks is sent, and synced, together */
		event_active(r->writable, EV_WRITE, 0);
	}
	return q;
}

static int ask_with_entry(struct recorder *r, struct record_msg *m, const struct event_record *e, int fd, recorder_ack_fn *cb, void *ctx)
{
	char *json;
	if (entry_json(e, ++r->entry_seq, &json, &m->json_size) < 0)
		return -1;
	m->json = json;
	struct question *q = ask(r, m, fd, ctx);
	free(json);
	if (!q)
		return -1;
	q->cb.ack = cb;
	return 0;
}

int recorder_record(struct recorder *r, const struct event_record *e, recorder_ack_fn *cb, void *ctx)
{
	struct record_msg m = { .type = RECORD_RECORD };
	return ask_with_entry(r, &m, e, -1, cb, ctx);
}

static int set_item(struct record_msg *m, const char *item)
{
	if (!record_wire_item_ok(item))
		return -1;
	strcpy(m->item, item); /* its length has been looked at */
	return 0;
}

int recorder_hold(struct recorder *r, const char *item, const struct event_record *e, int fd, recorder_ack_fn *cb, void *ctx)
{
	struct record_msg m = { .type = RECORD_HOLD };
	return fd >= 0 && set_item(&m, item) == 0 ? ask_with_entry(r, &m, e, fd, cb, ctx) : -1;
}

int recorder_list(struct recorder *r, uint32_t limit, recorder_list_fn *cb, void *ctx)
{
	struct record_msg m = { .type = RECORD_LIST, .limit = limit };
	struct question *q = ask(r, &m, -1, ctx);
	if (!q)
		return -1;
	q->cb.list = cb;
	return 0;
}

int recorder_get(struct recorder *r, const char *item, recorder_get_fn *cb, void *ctx)
{
	struct record_msg m = { .type = RECORD_GET };
	struct question *q = set_item(&m, item) == 0 ? ask(r, &m, -1, ctx) : NULL;
	if (!q)
		return -1;
	q->cb.get = cb;
	return 0;
}

size_t recorder_pending(const struct recorder *r)
{
	return r->npending;
}
