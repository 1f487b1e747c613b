/* What all fuzz targets of document readers ask: texts are UTF-8, and a failure says why. */
#ifndef TESTS_FUZZ_DOCUMENT_H
#define TESTS_FUZZ_DOCUMENT_H

#include "base/clock.h"
#include "base/text.h"
#include "extract/document.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_give(void *ctx, const char *part, enum text_role role, const char *text, size_t size)
{
	if (!part || !text_is_utf8(text, size))
		abort();
}

static void fuzz_given(void *ctx, const char *data, size_t size)
{
	/* every byte of it is there to be read */
	volatile char last = size > 0 ? data[size - 1] : 0;
	(void)last;
}

static int fuzz_document(document_fn *read, const uint8_t *data, size_t size)
{
	struct document d = { .data = (const char *)data, .size = size, .text_max = 1 << 20, .unpack_max = 4 << 20, .parts_max = 100,
		              .deadline_ms = clock_ms() + 2000, .give = fuzz_give, .given = fuzz_given };
	if (read(&d) != CAUSE_NONE && (!d.why || !d.why[0]))
		abort();
	return 0;
}

#endif
