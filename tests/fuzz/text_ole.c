/* The reader of compound files. */
#include "document.h"
#include "extract/ole.h"
#include "extract/text_ole.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int ready;
	if (!ready)
		ole_init();
	ready = 1;
	return fuzz_document(text_ole_read, data, size);
}
