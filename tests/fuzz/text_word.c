/* A stream "WordDocument" and its table, the first two bytes say where one ends: the result is UTF-8 and bounded. */
#include "base/text.h"
#include "extract/text_word.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text_out o = { .max = 1 << 20 };
	bool whole;
	if (size < 2)
		return 0;
	size_t border = data[0] | (size_t)data[1] << 8;
	data += 2;
	size -= 2;
	border = border < size ? border : size;
	(void)text_word_add(&o, (const char *)data, border, (const char *)data + border, size - border, &whole);
	if (o.len > o.max || (o.len > 0 && !text_is_utf8(o.data, o.len)))
		abort();
	text_out_free(&o);
	return 0;
}
