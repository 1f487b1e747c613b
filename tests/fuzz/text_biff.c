/* A stream "Workbook" of a stranger's file: the result is UTF-8 and bounded. */
#include "base/text.h"
#include "extract/text_biff.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text_out o = { .max = 1 << 20 };
	(void)text_biff_add(&o, (const char *)data, size);
	if (o.len > o.max || (o.len > 0 && !text_is_utf8(o.data, o.len)))
		abort();
	text_out_free(&o);
	return 0;
}
