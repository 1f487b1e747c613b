/* The normalised view: of any bytes, with every span mapping into the text on code point borders. */
#include "base/text.h"
#include "detect/view.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct view v;
	const char *text = (const char *)data;
	size_t start, end, last = 0;
	if (view_init() < 0 || size > 1 << 16)
		return 0;
	int valid = text_is_utf8(text, size);
	if ((view_make(&v, text, size) == VIEW_OK) != valid)
		abort();
	if (!valid)
		return 0;
	if (!text_is_utf8(v.data, v.size) || v.size > 11 * size)
		abort();
	for (size_t at = 0; at < v.size;) {
		uint32_t cp;
		size_t n = (size_t)text_decode(v.data + at, v.size - at, &cp);
		view_map(&v, at, at + n, &start, &end);
		if (start < last || start >= end || end > size || !text_is_utf8(text + start, end - start))
			abort();
		last = start;
		at += n;
	}
	return 0;
}
