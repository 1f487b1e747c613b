#include "model/mask.h"

#include "base/text.h"
#include "model/unseen.h"

#include <stdbool.h>
#include <string.h>

/* Only what is certainly a separator stays readable; every other code point is hidden, unless it is kept. */
static bool is_separator(uint32_t cp)
{
	return cp == ' ' || cp == '-' || cp == '.' || cp == '/' || cp == '_' || cp == 0xa0 || cp == 0x202f || cp == 0x2010 || cp == 0x2011;
}

/* A letter or digit, as far as detectors see: marks and invisible characters strewn between digits make them no more, and neither do
 * punctuation and symbols. */
static bool is_content(uint32_t cp)
{
	static const struct { uint32_t first, last; } others[] = {
		{ 0x80, 0xa9 }, { 0xab, 0xb1 }, { 0xb4, 0xb4 }, { 0xb6, 0xb8 }, { 0xbb, 0xbb }, { 0xbf, 0xbf }, { 0xd7, 0xd7 }, { 0xf7, 0xf7 }, { 0x2000, 0x206f },
		{ 0x20a0, 0x20cf }, { 0x2190, 0x245f }, { 0x2500, 0x2bff }, { 0x3000, 0x3004 }, { 0x3008, 0x3020 }, { 0x1f300, 0x1faff },
	};
	if (cp < 0x80)
		return (cp >= '0' && cp <= '9') || ((cp | 0x20) >= 'a' && (cp | 0x20) <= 'z');
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (cp >= others[i].first && cp <= others[i].last)
			return false;
	return !unseen_is(cp);
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* Something in it is spelled in characters of their own ("&#52;", "%34", "=34", "\\u0034"): how many it stands for is not known. */
static bool is_encoded(const char *s, size_t size)
{
	for (size_t i = 0; i + 2 < size; i++) {
		bool hex = is_hex(s[i + 1]) && is_hex(s[i + 2]);
		if ((s[i] == '&' && memchr(s + i, ';', size - i)) || ((s[i] == '%' || s[i] == '=') && hex) || (s[i] == '\\' && strchr("uUx", s[i + 1])))
			return true;
	}
	return false;
}

/* How many letters and digits stay: a third in all, whatever the mask says. */
static struct mask bounded(const struct mask *m, const char *s, size_t size, size_t total)
{
	size_t most = is_encoded(s, size) ? 0 : total / 3, first = m->keep_first, last = m->keep_last;
	if (first + last > most) { /* the end is what people recognise: it is kept first */
		last = last < most ? last : most;
		first = first < most - last ? first : most - last;
	}
	return (struct mask){ (uint8_t)first, (uint8_t)last };
}

static size_t count_content(const char *s, size_t size)
{
	uint32_t cp = 0;
	size_t total = 0;
	for (size_t i = 0; i < size;) {
		int n = text_decode(s + i, size - i, &cp);
		total += n > 0 && is_content(cp);
		i += n > 0 ? (size_t)n : 1;
	}
	return total;
}

int mask_apply(const struct mask *m, const char *s, size_t size, char *dst, size_t dst_size)
{
	static const char dot[] = "\xe2\x80\xa2";
	size_t total = count_content(s, size), seen = 0, o = 0;
	const struct mask keep = bounded(m, s, size, total);
	for (size_t i = 0; i < size;) {
		uint32_t cp = 0;
		int n = text_decode(s + i, size - i, &cp);
		bool stays = n > 0 && is_separator(cp);
		if (n > 0 && !stays && is_content(cp)) {
			stays = seen < keep.keep_first || seen + keep.keep_last >= total;
			seen++;
		}
		size_t len = stays ? (size_t)n : sizeof dot - 1;
		if (o + len + 1 > dst_size)
			return -1;
		memcpy(dst + o, stays ? s + i : dot, len);
		o += len;
		i += n > 0 ? (size_t)n : 1;
	}
	if (o + 1 > dst_size)
		return -1;
	dst[o] = '\0';
	return 0;
}
