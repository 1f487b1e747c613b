/* PROTOCOL.recorder: what decodes must encode to the same bytes. */
#include "ipc/record_wire.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record_msg m;
	struct buf b;
	if (record_wire_get(data, size, &m) < 0)
		return 0;
	buf_init(&b, RECORD_PACKET_MAX);
	if (record_wire_put(&b, &m) < 0 || buf_left(&b) != size || memcmp(buf_ptr(&b), data, size) != 0)
		abort();
	buf_free(&b);
	return 0;
}
