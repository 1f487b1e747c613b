#include "ipc/record_wire.h"

#include <string.h>

/* What follows the type byte, in this order: one row per message of PROTOCOL.recorder. */
enum part { SEQ = 1, ITEM = 2, LIMIT = 4, STATUS = 8, META16 = 16, JSON = 32 };

static unsigned parts_of(uint8_t type)
{
	switch (type) {
	case RECORD_RECORD: return SEQ | JSON;
	case RECORD_HOLD: return SEQ | ITEM | META16;
	case RECORD_LIST: return SEQ | LIMIT;
	case RECORD_GET: return SEQ | ITEM;
	case RECORD_ACK: return SEQ | STATUS;
	case RECORD_ITEMS: return SEQ | JSON;
	case RECORD_CONTENT: return SEQ | STATUS | JSON;
	case RECORD_NOTICE: return JSON;
	default: return 0;
	}
}

bool record_wire_item_ok(const char *item)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t n = strlen(item);
	return n >= 1 && n <= RECORD_ITEM_MAX && item[0] != '-' && strspn(item, allowed) == n;
}

int record_wire_fds(const struct record_msg *m)
{
	return m->type == RECORD_HOLD || (m->type == RECORD_CONTENT && m->status == RECORD_ON_DISK) ? 1 : 0;
}

static size_t json_max(uint8_t type)
{
	return type == RECORD_ITEMS ? RECORD_PACKET_MAX - 9 : RECORD_ENTRY_MAX;
}

int record_wire_put(struct buf *b, const struct record_msg *m)
{
	unsigned parts = parts_of(m->type);
	if (!parts || m->json_size > json_max(m->type) || ((parts & ITEM) && !record_wire_item_ok(m->item)))
		return BUF_FULL;
	if (buf_put_u8(b, m->type) < 0 || ((parts & SEQ) && buf_put_u64(b, m->seq) < 0) ||
	    ((parts & ITEM) && buf_put_str16(b, m->item, strlen(m->item)) < 0) ||
	    ((parts & LIMIT) && buf_put_u32(b, m->limit) < 0) || ((parts & STATUS) && buf_put_u8(b, m->status) < 0) ||
	    ((parts & META16) && buf_put_u16(b, (uint16_t)m->json_size) < 0) ||
	    ((parts & (META16 | JSON)) && buf_put(b, m->json, m->json_size) < 0))
		return BUF_FULL;
	return buf_left(b) <= RECORD_PACKET_MAX ? BUF_OK : BUF_FULL;
}

int record_wire_get(const void *data, size_t size, struct record_msg *m_r)
{
	struct record_msg m = { 0 };
	struct buf b;
	uint16_t n = 0;
	const uint8_t *json = NULL;
	if (size > RECORD_PACKET_MAX)
		return -1;
	buf_view(&b, data, size);
	if (buf_get_u8(&b, &m.type) < 0)
		return -1;
	unsigned parts = parts_of(m.type);
	if (!parts || ((parts & SEQ) && buf_get_u64(&b, &m.seq) < 0) ||
	    ((parts & ITEM) && buf_get_cstr16(&b, m.item, sizeof m.item) < 0) ||
	    ((parts & LIMIT) && buf_get_u32(&b, &m.limit) < 0) || ((parts & STATUS) && buf_get_u8(&b, &m.status) < 0) ||
	    ((parts & META16) && buf_get_u16(&b, &n) < 0))
		return -1;
	if ((parts & META16) && buf_left(&b) != n)
		return -1;
	if (parts & (META16 | JSON)) {
		m.json_size = buf_left(&b);
		if (m.json_size > json_max(m.type) || buf_get(&b, m.json_size, &json) < 0)
			return -1;
		m.json = (const char *)json;
	}
	if (buf_left(&b) != 0 || ((parts & ITEM) && !record_wire_item_ok(m.item)) || m.status > RECORD_NO_SPACE)
		return -1;
	*m_r = m;
	return 0;
}
