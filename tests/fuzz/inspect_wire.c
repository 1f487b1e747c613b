/* Frames of the inspect channel, from a connector that may be anybody: PROTOCOL.inspect. */
#include "ipc/inspect_wire.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t at = 0;
	long frame;
	while ((frame = inspect_frame_size(data + at, size - at, INSPECT_FRAME_MAX)) > 0 && (size_t)frame <= size - at) {
		struct inspect_frame f;
		struct buf b;
		if (inspect_parse(data + at, (size_t)frame, &f) == 0 && (f.type < INSPECT_CONTROL_FIRST || f.type > INSPECT_CONTROL_LAST || f.type <= INSPECT_PONG)) {
			/* what is understood is written again as it came */
			buf_init(&b, INSPECT_FRAME_MAX + 4);
			if (inspect_put(&b, &f) < 0 || buf_left(&b) != (size_t)frame || memcmp(buf_ptr(&b), data + at, (size_t)frame) != 0)
				abort();
			buf_free(&b);
		}
		at += (size_t)frame;
	}
	return 0;
}
