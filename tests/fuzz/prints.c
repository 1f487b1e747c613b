/* Sets of fingerprints.  The last eight bytes are made right, so that what stands before them is read; what is taken is written and
 * read again as the same, and lookups stay inside. */
#include "detect/prints_index.h"
#include "detect/siphash.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { KEY_AT = 12, CHECK = 8 };

static void try_set(struct prints *p, const uint8_t *data, size_t size)
{
	struct prints_index x;
	struct buf out;
	buf_init(&out, PRINTS_FILE_MAX);
	if (prints_write(p, &out) < 0 || buf_left(&out) != size || memcmp(buf_ptr(&out), data, size) != 0)
		abort();
	buf_free(&out);
	if (prints_index_make(p, &x) < 0)
		abort();
	for (uint64_t i = 0; i < 100; i++) {
		size_t first, end = prints_index_find(&x, i * 0x9e3779b97f4a7c15u, &first);
		if (first > end || end > x.n || end - first >= PRINTS_COMMON_MAX)
			abort();
	}
	prints_index_free(&x);
	while (p->ndocuments > 0)
		prints_remove(p, p->ndocuments / 2);
	if (p->nentries)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct prints p;
	if (size > 1 << 20)
		return 0;
	uint8_t *copy = malloc(size + 1);
	if (!copy)
		abort();
	memcpy(copy, data, size);
	if (size >= KEY_AT + PRINTS_KEY_SIZE + CHECK) {
		uint64_t check = siphash(copy + KEY_AT, copy, size - CHECK);
		for (int i = 0; i < CHECK; i++)
			copy[size - CHECK + (size_t)i] = (uint8_t)(check >> (56 - 8 * i));
	}
	if (!prints_read(copy, size, &p)) {
		try_set(&p, copy, size);
		prints_free(&p);
	}
	free(copy);
	return 0;
}
