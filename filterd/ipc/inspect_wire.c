#include "ipc/inspect_wire.h"

#include <string.h>

long inspect_frame_size(const uint8_t *data, size_t size, uint32_t length_max)
{
	if (size < 4)
		return 0;
	uint32_t length = (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
	if (length == 0 || length > length_max)
		return -1;
	return (long)length + 4;
}

static int get_token(struct buf *b, const char **token_r)
{
	const uint8_t *t;
	if (buf_get(b, INSPECT_TOKEN_HEX, &t) < 0)
		return -1;
	*token_r = (const char *)t;
	return 0;
}

static void get_rest(struct buf *b, struct inspect_frame *f)
{
	f->payload = (const char *)buf_ptr(b);
	f->payload_len = buf_left(b);
	buf_skip(b, f->payload_len);
}

bool inspect_next_domain(struct buf *b, const char **domain_r, size_t *size_r)
{
	return buf_left(b) > 0 && buf_get_str16(b, domain_r, size_r) == 0;
}

/* Domains up to the end, none of them empty.  A room of which nothing is known has none. */
static int get_domains(struct buf *b, struct inspect_frame *f)
{
	struct buf domains;
	const char *domain;
	size_t n = 0, size;
	get_rest(b, f);
	buf_view(&domains, f->payload, f->payload_len);
	while (inspect_next_domain(&domains, &domain, &size))
		if (size == 0 || ++n > INSPECT_ROOM_DOMAINS_MAX)
			return -1;
	return buf_left(&domains) > 0 || (n > 0 && f->status == INSPECT_ROOM_UNKNOWN) ? -1 : 0;
}

static int parse_body(struct buf *b, struct inspect_frame *f)
{
	switch (f->type) {
	case INSPECT_ATTACH:
		return buf_get_u8(b, &f->version) | get_token(b, &f->token) | buf_get_str16(b, &f->software, &f->software_len);
	case INSPECT_SESSION:
		if (buf_get_u32(b, &f->session) < 0 || buf_get_u8(b, &f->origin) < 0 || buf_get_u8(b, &f->flags) < 0)
			return -1;
		if (f->origin < INSPECT_C2S || f->origin > INSPECT_COMPONENT)
			return -1;
		return buf_get_str16(b, &f->jid, &f->jid_len) | buf_get_str16(b, &f->host, &f->host_len) |
		       buf_get_str16(b, &f->address, &f->address_len);
	case INSPECT_INSPECT:
		if (buf_get_u32(b, &f->id) < 0 || buf_get_u32(b, &f->session) < 0 || buf_get_u8(b, &f->flags) < 0)
			return -1;
		get_rest(b, f);
		return f->payload_len > 0 ? 0 : -1;
	case INSPECT_CANCEL:
	case INSPECT_DELIVER:
	case INSPECT_DROP:
		return buf_get_u32(b, &f->id);
	case INSPECT_END:
		return buf_get_u32(b, &f->session);
	case INSPECT_INJECTED:
		return buf_get_u32(b, &f->id) | buf_get_u8(b, &f->status);
	case INSPECT_PING:
	case INSPECT_PONG:
		return buf_get_u32(b, &f->cookie);
	case INSPECT_ROOM:
		if (buf_get_str16(b, &f->jid, &f->jid_len) < 0 || buf_get_u8(b, &f->status) < 0 || f->status > INSPECT_ROOM_KNOWN)
			return -1;
		if (f->jid_len == 0 && f->status == INSPECT_ROOM_KNOWN)
			return -1;
		return get_domains(b, f);
	case INSPECT_READY:
		return buf_get_u8(b, &f->version) | buf_get_u32(b, &f->frame_max) | buf_get_u32(b, &f->window);
	case INSPECT_REPLACE:
	case INSPECT_BOUNCE:
	case INSPECT_INJECT:
		if (buf_get_u32(b, &f->id) < 0)
			return -1;
		get_rest(b, f);
		return f->payload_len > 0 ? 0 : -1;
	default:
		if (f->type < INSPECT_CONTROL_FIRST || f->type > INSPECT_CONTROL_LAST)
			return -1;
		get_rest(b, f);
		return 0;
	}
}

int inspect_parse(const uint8_t *data, size_t size, struct inspect_frame *f_r)
{
	struct inspect_frame f = { 0 };
	struct buf b;
	uint32_t length;
	buf_view(&b, data, size);
	if (buf_get_u32(&b, &length) < 0 || length != buf_left(&b) || buf_get_u8(&b, &f.type) < 0)
		return -1;
	if (parse_body(&b, &f) != 0 || buf_left(&b) != 0)
		return -1;
	*f_r = f;
	return 0;
}

static int put_body(struct buf *b, const struct inspect_frame *f)
{
	switch (f->type) {
	case INSPECT_ATTACH:
		return buf_put_u8(b, f->version) | buf_put(b, f->token, INSPECT_TOKEN_HEX) |
		       buf_put_str16(b, f->software, f->software_len);
	case INSPECT_SESSION:
		return buf_put_u32(b, f->session) | buf_put_u8(b, f->origin) | buf_put_u8(b, f->flags) |
		       buf_put_str16(b, f->jid, f->jid_len) | buf_put_str16(b, f->host, f->host_len) |
		       buf_put_str16(b, f->address, f->address_len);
	case INSPECT_INSPECT:
		return buf_put_u32(b, f->id) | buf_put_u32(b, f->session) | buf_put_u8(b, f->flags) |
		       buf_put(b, f->payload, f->payload_len);
	case INSPECT_CANCEL:
	case INSPECT_DELIVER:
	case INSPECT_DROP:
		return buf_put_u32(b, f->id);
	case INSPECT_END:
		return buf_put_u32(b, f->session);
	case INSPECT_INJECTED:
		return buf_put_u32(b, f->id) | buf_put_u8(b, f->status);
	case INSPECT_PING:
	case INSPECT_PONG:
		return buf_put_u32(b, f->cookie);
	case INSPECT_ROOM:
		return buf_put_str16(b, f->jid, f->jid_len) | buf_put_u8(b, f->status) | buf_put(b, f->payload, f->payload_len);
	case INSPECT_READY:
		return buf_put_u8(b, f->version) | buf_put_u32(b, f->frame_max) | buf_put_u32(b, f->window);
	case INSPECT_REPLACE:
	case INSPECT_BOUNCE:
	case INSPECT_INJECT:
		return buf_put_u32(b, f->id) | buf_put(b, f->payload, f->payload_len);
	default:
		return -1;
	}
}

int inspect_put(struct buf *b, const struct inspect_frame *f)
{
	size_t before = buf_left(b);
	if (buf_put_u32(b, 0) < 0 || buf_put_u8(b, f->type) < 0 || put_body(b, f) != 0) {
		b->len = b->off + before; /* as if nothing had been asked */
		return -1;
	}
	buf_set_u32(b, b->off + before, (uint32_t)(buf_left(b) - before - 4));
	return 0;
}
