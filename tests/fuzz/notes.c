/* Comments and names in a stranger's archive: the result is UTF-8, and no longer than it may be. */
#include "base/text.h"
#include "extract/notes.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text_out o = { .max = 1 << 20 };
	notes_add(&o, (const char *)data, size);
	if (o.len > o.max || (o.len > 0 && !text_is_utf8(o.data, o.len)))
		abort();
	text_out_free(&o);
	return 0;
}
