/* Text of a layer of a stranger's file: the result is UTF-8, whatever comes in. */
#include "base/text.h"
#include "extract/layer_text.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const types[] = { "CL_TYPE_ANY", "CL_TYPE_HTML", "CL_TYPE_TEXT_ASCII", "CL_TYPE_MSEXE" };
	struct layer_text t;
	if (size == 0)
		return 0;
	if (layer_text_get(types[data[0] & 3], (const char *)data + 1, size - 1, &t) > 0) {
		if (t.size == 0 || !text_is_utf8(t.data, t.size))
			abort();
		layer_text_free(&t);
	}
	return 0;
}
