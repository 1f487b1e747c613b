/* The reader of XML parts. */
#include "document.h"
#include "extract/text_xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_document(text_xml_read, data, size);
}
