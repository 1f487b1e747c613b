/* The decoders: of any UTF-8 text, with every span of the result mapping into the text on code point borders. */
#include "base/text.h"
#include "detect/decode.h"
#include "detect/view.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct decoded d;
	const char *text = (const char *)data;
	size_t start, end, last = 0;
	if (view_init() < 0 || decode_init() < 0)
		abort();
	if (size > 1 << 16 || !text_is_utf8(text, size))
		return 0;
	if (decode_make(&d, text, size, UINT_MAX) <= 0)
		return 0;
	if (!text_is_utf8(d.data, d.size) || d.size > size)
		abort();
	for (size_t at = 0; at < d.size;) {
		uint32_t cp;
		size_t n = (size_t)text_decode(d.data + at, d.size - at, &cp);
		decode_map(&d, at, at + n, &start, &end);
		if (start < last || start >= end || end > size || !text_is_utf8(text + start, end - start))
			abort();
		last = start;
		at += n;
	}
	return 0;
}
