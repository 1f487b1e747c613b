/* The reader of mail. */
#include "document.h"
#include "extract/text_mail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_document(text_mail_read, data, size);
}
