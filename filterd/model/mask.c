#include "model/mask.h"

#include "base/text.h"

#include <stdbool.h>
#include <string.h>

/* Only what is certainly a separator stays readable; every other code point counts as content. */
static bool is_separator(uint32_t cp)
{
	return cp == ' ' || cp == '-' || cp == '.' || cp == '/' || cp == '_' || cp == 0xa0 || cp == 0x202f || cp == 0x2010 || cp == 0x2011;
}

int mask_apply(const struct mask *m, const char *s, size_t size, char *dst, size_t dst_size)
{
	static const char dot[] = "\xe2\x80\xa2";
	uint32_t cp = 0;
	size_t total = 0, seen = 0, o = 0;
	for (size_t i = 0; i < size;) {
		int n = text_decode(s + i, size - i, &cp);
		if (n > 0 && !is_separator(cp))
			total++;
		i += n > 0 ? (size_t)n : 1;
	}
	size_t first = m->keep_first, last = m->keep_last;
	if (first + last > total / 3) { /* the end is what people recognise: it is kept first */
		last = last < total / 3 ? last : total / 3;
		first = first < total / 3 - last ? first : total / 3 - last;
	}
	for (size_t i = 0; i < size;) {
		int n = text_decode(s + i, size - i, &cp);
		const char *piece = dot;
		size_t len = sizeof dot - 1;
		if (n > 0 && is_separator(cp)) {
			piece = s + i;
			len = (size_t)n;
		} else if (n > 0) {
			if (seen < first || seen >= total - last) {
				piece = s + i;
				len = (size_t)n;
			}
			seen++;
		}
		if (o + len + 1 > dst_size)
			return -1;
		memcpy(dst + o, piece, len);
		o += len;
		i += n > 0 ? (size_t)n : 1;
	}
	if (o + 1 > dst_size)
		return -1;
	dst[o] = '\0';
	return 0;
}
