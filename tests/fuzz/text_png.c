/* The reader of PNG pictures. */
#include "document.h"
#include "extract/text_png.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return text_png_is((const char *)data, size) ? fuzz_document(text_png_read, data, size) : 0;
}
