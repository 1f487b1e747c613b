/* Frames of the inspect channel, from a connector that may be anybody: PROTOCOL.inspect.  What they say of rooms is kept as the
 * broker keeps it. */
#include "ipc/inspect_wire.h"
#include "xmpp/rooms.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void keep_room(struct rooms *rooms, const struct inspect_frame *f)
{
	struct buf domains;
	const char *domain;
	size_t n = 0, length;
	if (f->status != INSPECT_ROOM_KNOWN) {
		rooms_forget(rooms, f->jid, f->jid_len);
		return;
	}
	rooms_set(rooms, f->jid, f->jid_len, f->payload, f->payload_len);
	if (rooms_find(rooms, f->jid, f->jid_len, &domains) < 0)
		abort(); /* one input has not as many as there is room for */
	while (inspect_next_domain(&domains, &domain, &length))
		n++;
	if (n > INSPECT_ROOM_DOMAINS_MAX || buf_left(&domains) > 0)
		abort(); /* parsed, and yet not to its end */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t at = 0;
	long frame;
	struct rooms *rooms = rooms_new();
	if (!rooms)
		return 0;
	while ((frame = inspect_frame_size(data + at, size - at, INSPECT_FRAME_MAX)) > 0 && (size_t)frame <= size - at) {
		struct inspect_frame f;
		struct buf b;
		if (inspect_parse(data + at, (size_t)frame, &f) == 0 && (f.type < INSPECT_CONTROL_FIRST || f.type > INSPECT_CONTROL_LAST || f.type <= INSPECT_ROOM)) {
			/* what is understood is written again as it came */
			buf_init(&b, INSPECT_FRAME_MAX + 4);
			if (inspect_put(&b, &f) < 0 || buf_left(&b) != (size_t)frame || memcmp(buf_ptr(&b), data + at, (size_t)frame) != 0)
				abort();
			buf_free(&b);
			if (f.type == INSPECT_ROOM)
				keep_room(rooms, &f);
		}
		at += (size_t)frame;
	}
	rooms_free(&rooms);
	return 0;
}
