/* The reader of workbooks. */
#include "document.h"
#include "extract/text_sheet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!text_sheet_is((const char *)data, size))
		return 0;
	return fuzz_document(text_sheet_read, data, size);
}
