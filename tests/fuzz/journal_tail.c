/* The journal's own files after a crash: walking them must end, and never leave their bytes. */
#include "audit/jfile.h"
#include "audit/tail.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *p = data, *end = data + size, *entry;
	uint8_t leaf[TLOG_HASH], again[TLOG_HASH];
	size_t n;
	uint64_t base;
	while (jfile_bundle_next(&p, end, &entry, &n) == 1)
		if (entry < data || n > (size_t)(end - entry))
			abort();
	if (tail_read_head(data, size, &base) == 0 && base % TLOG_WIDTH)
		abort();
	if (size < TAIL_HEAD)
		return 0;
	for (p = data + TAIL_HEAD; tail_next(&p, end, &entry, &n, leaf) == 1;) {
		tlog_leaf(entry, n, again);
		if (n == 0 || p > end || memcmp(leaf, again, sizeof leaf) != 0)
			abort();
	}
	return 0;
}
