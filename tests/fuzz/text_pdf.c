/* The reader of PDF. */
#include "document.h"
#include "extract/text_pdf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int ready;
	if (!ready && text_pdf_init() < 0)
		abort();
	ready = 1;
	return fuzz_document(text_pdf_read, data, size);
}
