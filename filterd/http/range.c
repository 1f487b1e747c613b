#include "http/range.h"

#include <string.h>
#include <strings.h>

/* Digits at *s as a number, which stops growing at INT64_MAX / 16; -1 if there are none. */
static int64_t number(const char **s)
{
	int64_t v = 0;
	if (**s < '0' || **s > '9')
		return -1;
	for (; **s >= '0' && **s <= '9'; ++*s)
		if (v < INT64_MAX / 16)
			v = v * 10 + (**s - '0');
	return v;
}

enum range_result range_parse(const char *header, int64_t size, int64_t *first_r, int64_t *count_r)
{
	if (!header || strncasecmp(header, "bytes=", 6) != 0)
		return RANGE_WHOLE;
	const char *s = header + 6;
	int64_t first = number(&s);
	if (*s++ != '-')
		return RANGE_WHOLE;
	int64_t last = number(&s);
	if (*s != '\0' || (first < 0 && last < 0) || (first >= 0 && last >= 0 && last < first))
		return RANGE_WHOLE;
	if (first < 0) { /* the last so many */
		if (last == 0)
			return RANGE_NONE;
		first = last < size ? size - last : 0;
		last = size - 1;
	}
	if (first >= size)
		return RANGE_NONE;
	if (last < 0 || last >= size)
		last = size - 1;
	*first_r = first;
	*count_r = last - first + 1;
	return RANGE_PART;
}
