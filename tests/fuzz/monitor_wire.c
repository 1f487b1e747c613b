/* What the broker may send to the monitor (which may be root): first byte chooses side and number of descriptors. */
#include "ipc/monitor_wire.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct monitor_msg m, again;
	struct buf in, out;
	if (size == 0)
		return 0;
	enum monitor_side side = data[0] & 1 ? MONITOR_SIDE_BROKER : MONITOR_SIDE_MONITOR;
	int nfds = data[0] >> 1 & 3;
	memset(&m, 0, sizeof m);
	buf_view(&in, data + 1, size - 1);
	if (monitor_decode(side, &in, nfds, &m) < 0)
		return 0;
	/* what is accepted can be said again, and is the same bytes */
	buf_init(&out, MONITOR_PACKET_MAX);
	if (monitor_encode(&m, &out) < 0 || buf_left(&out) != size - 1 || memcmp(buf_ptr(&out), data + 1, size - 1) != 0)
		abort();
	if (monitor_decode(side, &out, nfds, &again) < 0)
		abort();
	buf_free(&out);
	return 0;
}
