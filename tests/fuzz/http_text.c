/* What strangers write into a request line or header and we take apart ourselves: names, media types, ranges. */
#include "http/name.h"
#include "http/range.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char encoded[3 * 255 + 1], type[128], *text = malloc(size + 1);
	int64_t first, count, file_size = size > 0 ? data[0] + 1 : 1;
	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (name_is_good(text) && (name_encode(text, encoded, sizeof encoded) < 0 || !name_matches(encoded, text)))
		abort(); /* a name we gave out must be found again */
	if (name_matches(text, "..") && strchr(text, '/'))
		abort();
	media_type_copy(type, sizeof type, text);
	if (*type && strpbrk(type, "\r\n ;,"))
		abort();
	if (range_parse(text, file_size, &first, &count) == RANGE_PART &&
	    (first < 0 || count <= 0 || first + count > file_size))
		abort();
	free(text);
	return 0;
}
