#include "ipc/monitor_wire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef int put_fn(const struct monitor_msg *m, struct buf *out);
typedef int get_fn(struct buf *in, struct monitor_msg *m);

static int put_text(struct buf *out, const char *s, size_t size_max)
{
	return buf_put_str16(out, s, strnlen(s, size_max - 1));
}

static int put_generation(const struct monitor_msg *m, struct buf *out)
{
	return buf_put_u32(out, m->generation) | buf_put_u8(out, (uint8_t)m->reason);
}

static int get_generation(struct buf *in, struct monitor_msg *m)
{
	uint8_t reason;
	if (buf_get_u32(in, &m->generation) < 0 || buf_get_u8(in, &reason) < 0 || reason < REASON_START ||
	    reason > REASON_RESTART)
		return -1;
	m->reason = (enum monitor_reason)reason;
	return 0;
}

static int put_nothing(const struct monitor_msg *m, struct buf *out)
{
	return 0;
}

static int get_nothing(struct buf *in, struct monitor_msg *m)
{
	return 0;
}

static int put_done(const struct monitor_msg *m, struct buf *out)
{
	return buf_put_u32(out, m->id) | buf_put_u8(out, m->ok) | put_text(out, m->text, sizeof m->text);
}

static int get_done(struct buf *in, struct monitor_msg *m)
{
	if (buf_get_u32(in, &m->id) < 0 || buf_get_u8(in, &m->ok) < 0 || m->ok > 1)
		return -1;
	return buf_get_cstr16(in, m->text, sizeof m->text);
}

static int put_event(const struct monitor_msg *m, struct buf *out)
{
	const char *name = event_info(m->event)->name;
	int r = buf_put_str16(out, name, strlen(name)) | buf_put_u8(out, m->nfields);
	for (int i = 0; i < m->nfields; i++)
		r |= put_text(out, m->fields[i].name, MONITOR_FIELD_SIZE) |
		     put_text(out, m->fields[i].value, MONITOR_VALUE_SIZE);
	return r;
}

static int get_event(struct buf *in, struct monitor_msg *m)
{
	char name[64];
	if (buf_get_cstr16(in, name, sizeof name) < 0 || buf_get_u8(in, &m->nfields) < 0 ||
	    m->nfields > MONITOR_FIELDS_MAX)
		return -1;
	if ((m->event = event_from_name(name)) == EVENT_COUNT)
		return -1;
	for (int i = 0; i < m->nfields; i++) {
		struct monitor_field *f = &m->fields[i];
		if (buf_get_cstr16(in, f->name, sizeof f->name) < 0 ||
		    buf_get_cstr16(in, f->value, sizeof f->value) < 0)
			return -1;
	}
	return 0;
}

static int put_generation_number(const struct monitor_msg *m, struct buf *out)
{
	return buf_put_u32(out, m->generation);
}

static int get_generation_number(struct buf *in, struct monitor_msg *m)
{
	return buf_get_u32(in, &m->generation);
}

static int put_id(const struct monitor_msg *m, struct buf *out)
{
	return buf_put_u32(out, m->id);
}

static int get_id(struct buf *in, struct monitor_msg *m)
{
	return buf_get_u32(in, &m->id);
}

static int put_refused(const struct monitor_msg *m, struct buf *out)
{
	return buf_put_u32(out, m->generation) | put_text(out, m->text, sizeof m->text);
}

static int get_refused(struct buf *in, struct monitor_msg *m)
{
	if (buf_get_u32(in, &m->generation) < 0)
		return -1;
	return buf_get_cstr16(in, m->text, sizeof m->text);
}

/* Who may send what, with how many descriptors.  What is not here is refused. */
static const struct shape {
	enum monitor_type type;
	enum monitor_side from;
	int nfds;
	put_fn *put;
	get_fn *get;
} shapes[] = {
	{ MONITOR_GENERATION, MONITOR_SIDE_MONITOR, 2, put_generation, get_generation },
	{ MONITOR_RECORDER, MONITOR_SIDE_MONITOR, 1, put_nothing, get_nothing },
	{ MONITOR_DONE, MONITOR_SIDE_MONITOR, 0, put_done, get_done },
	{ MONITOR_EVENT, MONITOR_SIDE_MONITOR, 0, put_event, get_event },
	{ MONITOR_PING, MONITOR_SIDE_MONITOR, 0, put_id, get_id },
	{ MONITOR_ACCEPTED, MONITOR_SIDE_BROKER, 0, put_generation_number, get_generation_number },
	{ MONITOR_REFUSED, MONITOR_SIDE_BROKER, 0, put_refused, get_refused },
	{ MONITOR_RELOAD, MONITOR_SIDE_BROKER, 0, put_id, get_id },
	{ MONITOR_PONG, MONITOR_SIDE_BROKER, 0, put_id, get_id },
	{ MONITOR_WRECKED, MONITOR_SIDE_BROKER, 0, put_generation_number, get_generation_number },
	{ MONITOR_RECORDER_HUNG, MONITOR_SIDE_BROKER, 0, put_id, get_id },
};

static const struct shape *find_shape(uint8_t type)
{
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
		if (shapes[i].type == type)
			return &shapes[i];
	return NULL;
}

int monitor_encode(const struct monitor_msg *m, struct buf *out)
{
	const struct shape *s = find_shape((uint8_t)m->type);
	if (!s || buf_put_u8(out, (uint8_t)m->type) < 0 || s->put(m, out) != 0)
		return BUF_FULL;
	return 0;
}

int monitor_decode(enum monitor_side from, struct buf *in, int nfds, struct monitor_msg *m)
{
	uint8_t type;
	if (buf_get_u8(in, &type) < 0)
		return -1;
	const struct shape *s = find_shape(type);
	if (!s || s->from != from || s->nfds != nfds)
		return -1;
	m->type = s->type;
	return s->get(in, m) < 0 || buf_left(in) > 0 ? -1 : 0;
}

int monitor_send(int sock, const struct monitor_msg *m)
{
	struct buf out;
	buf_init(&out, MONITOR_PACKET_MAX);
	int r = monitor_encode(m, &out);
	if (r == 0)
		r = io_send_fds(sock, buf_ptr(&out), buf_left(&out), m->fds, m->nfds);
	else
		errno = EMSGSIZE;
	int e = errno;
	buf_free(&out);
	errno = e;
	return r < 0 ? -1 : 0;
}

int monitor_recv(int sock, enum monitor_side from, struct monitor_msg *m)
{
	uint8_t packet[MONITOR_PACKET_MAX];
	struct buf in;
	*m = (struct monitor_msg){ 0 };
	ssize_t n = io_recv_fds(sock, packet, sizeof packet, m->fds, &m->nfds);
	if (n < 0)
		return -1;
	if (n == 0 && m->nfds == 0)
		return 0;
	buf_view(&in, packet, (size_t)n);
	if (monitor_decode(from, &in, m->nfds, m) == 0)
		return 1;
	while (m->nfds > 0)
		close(m->fds[--m->nfds]);
	errno = EPROTO;
	return -1;
}

void monitor_add_field(struct monitor_msg *m, const char *name, const char *value)
{
	if (m->nfields == MONITOR_FIELDS_MAX)
		return;
	struct monitor_field *f = &m->fields[m->nfields++];
	snprintf(f->name, sizeof f->name, "%s", name);
	snprintf(f->value, sizeof f->value, "%s", value);
}

void monitor_get_event(const struct monitor_msg *m, struct event_record *e)
{
	event_record_init(e, m->event, NULL);
	for (int i = 0; i < m->nfields; i++)
		event_record_add(e, m->fields[i].name, m->fields[i].value);
}
