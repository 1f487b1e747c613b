/* One byte range of a file (RFC 9110 section 14). */
#ifndef FILTERD_HTTP_RANGE_H
#define FILTERD_HTTP_RANGE_H

#include <stdint.h>

enum range_result {
	RANGE_WHOLE, /* no range, several, or nonsense, which a server may ignore: send everything */
	RANGE_PART,
	RANGE_NONE /* outside of the file: 416 */
};

/* header: value of Range, or NULL.  size > 0 bytes.  first_r and count_r are set on RANGE_PART. */
enum range_result range_parse(const char *header, int64_t size, int64_t *first_r, int64_t *count_r);

#endif
