/* Letters apart ("p a s s w o r d") and rows written backwards. */
#include "detect/decoders.h"

#include <string.h>

enum { SPACED_MIN = 6, TURNED_MIN = 8, TURNED_DIGITS_MIN = 2, TURNED_MAX = 48 };

static int is_alnum(char c)
{
	return is(c, LETTER | DIGIT);
}

size_t decode_spaced(const char *s, size_t size, size_t at, char *dst, size_t *n)
{
	size_t i = at, letters = 0;
	char gap = at + 2 < size ? s[at + 1] : '\0';
	if (!gap || !strchr(" -._*|,/", gap))
		return 0;
	while (i < size && is_alnum(s[i]) && (i + 1 >= size || !is_alnum(s[i + 1]))) {
		letters += is_letter(s[i]) != 0;
		dst[(*n)++] = s[i++];
		if (i + 1 >= size || s[i] != gap || !is_alnum(s[i + 1]))
			break;
		i++;
	}
	if (i > at && i < size && is_alnum(s[i])) { /* a longer word behind it: "a b c def" */
		(*n)--;
		i -= 2;
	}
	return *n >= SPACED_MIN && letters > 0 ? i - at : 0;
}

/* Capitals, digits and what parts them, backwards.  What identifies has digits; the capitals of a heading need no second look. */
size_t decode_turned(const char *s, size_t size, size_t at, char *dst, size_t *n)
{
	size_t i = at, end = at, count = 0, digits = 0;
	while (i < size && i - at < TURNED_MAX) {
		if (is_alnum(s[i]) && s[i] < 'a') {
			count++;
			digits += is(s[i], DIGIT) != 0;
			end = ++i;
		} else if (i + 1 < size && (s[i] == ' ' || s[i] == '-' || s[i] == '.') && is_alnum(s[i + 1])) {
			i++;
		} else {
			break;
		}
	}
	for (i = end; i > at; i--)
		dst[(*n)++] = s[i - 1];
	return count >= TURNED_MIN && digits >= TURNED_DIGITS_MIN ? end - at : 0;
}

/* Words that say so. */
int decode_tells_turned(const char *word, size_t size)
{
	static const char *const words[] = { "backwards", "backward", "reversed", "reverse", "ruckwarts", "rueckwaerts", "umgekehrt", "envers", "reves",
		                             "contrario", "achterstevoren", "baklanges", "wspak", "pozpatku" };
	static const char first[] = "bruecawp";
	if (!memchr(first, word[0] | 0x20, sizeof first - 1))
		return 0;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t k = 0;
		while (k < size && words[i][k] && (word[k] | 0x20) == words[i][k])
			k++;
		if (k == size && !words[i][k])
			return 1;
	}
	return 0;
}
