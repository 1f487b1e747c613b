/* The reader of RTF. */
#include "document.h"
#include "extract/text_rtf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_document(text_rtf_read, data, size);
}
