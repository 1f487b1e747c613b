/* A table of a stranger's: every letter and digit of it is in the text, and there is not much more. */
#include "extract/text_csv.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t alphanumerics(const char *s, size_t size)
{
	size_t n = 0;
	for (size_t i = 0; i < size; i++)
		n += isalnum((unsigned char)s[i]) != 0;
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	struct text_out o = { .max = 2 * size + (16 << 20) };
	char separator = text_csv_separator(s, size);
	text_csv_add(&o, separator ? separator : ',', s, size);
	if (o.full || alphanumerics(o.data ? o.data : "", o.len) < alphanumerics(s, size))
		abort();
	text_out_free(&o);
	return 0;
}
