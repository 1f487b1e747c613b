#include "audit/value.h"

#include "base/text.h"

#include <string.h>

size_t value_clean(char *dst, size_t dst_size, const char *value)
{
	static const char cut[] = "…";
	size_t o = 0, room = dst_size - sizeof cut, size = strnlen(value, dst_size * 4);
	for (size_t i = 0; i < size;) {
		char piece[24];
		uint32_t cp;
		int n = text_decode(value + i, size - i, &cp);
		size_t take = n ? (size_t)n : 1, len;
		if (value[i] == '"' || value[i] == '\\') {
			piece[0] = value[i];
			len = 1;
		} else {
			len = strlen(text_quote(piece, sizeof piece, value + i, take));
		}
		if (o + len > room) {
			memcpy(dst + o, cut, sizeof cut);
			return o + sizeof cut - 1;
		}
		memcpy(dst + o, piece, len);
		o += len;
		i += take;
	}
	dst[o] = '\0';
	return o;
}
