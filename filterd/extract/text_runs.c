#include "extract/text_runs.h"

#include <string.h>

enum { RUN_MIN = 8, LATIN1_MAX = 2 };

/* Looked at for every byte of every unknown file. */
static void make_table(bool is_readable[256])
{
	for (unsigned c = 0; c < 256; c++)
		is_readable[c] = (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\r' || c == '\n';
}

/* The length of a UTF-8 letter of more than one byte, 0 if there is none.  Only scripts, not what pictures are full of by chance. */
static size_t utf8_letter(const unsigned char *s, size_t size)
{
	size_t n = s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] >= 0xf5 || n > size)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* overlong, surrogates, beyond the end (RFC 3629, 4) */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] >= 0xa0) || (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] >= 0x90))
		return 0;
	return n;
}

static void add_letter(struct text_out *o, const unsigned char *s, size_t n)
{
	if (n > 1)
		text_out_add(o, (const char *)s, n);
	else
		text_out_cp(o, s[0] == '\r' ? '\n' : s[0]);
}

/* The run at s: where it ends, and how many letters it has. */
static size_t run8(const unsigned char *s, size_t size, const bool is_readable[256], size_t *letters_r)
{
	size_t i = 0, latin1 = 0, high = 0;
	*letters_r = 0;
	while (i < size) {
		size_t n = 1;
		if (is_readable[s[i]]) {
			latin1 = 0;
		} else if ((n = utf8_letter(s + i, size - i)) > 0) {
			latin1 = 0;
		} else if (s[i] >= 0xa0 && i > 0 && latin1 < LATIN1_MAX) { /* an accent within a word of a single-byte page */
			latin1++;
			high++;
			n = 1;
		} else {
			break;
		}
		i += n;
		++*letters_r;
	}
	i -= latin1;
	*letters_r -= latin1;
	high -= latin1;
	/* mostly ASCII: else a picture's noise would read as accented letters */
	if (high * 5 > *letters_r)
		*letters_r = 0;
	return i;
}

static void add_runs8(struct text_out *o, const unsigned char *s, size_t size, const bool is_readable[256])
{
	for (size_t i = 0; i < size && !o->full;) {
		size_t letters, n;
		if (!is_readable[s[i]] && s[i] < 0xc2) {
			i++;
			continue;
		}
		n = run8(s + i, size - i, is_readable, &letters);
		if (letters >= RUN_MIN) {
			for (size_t k = 0; k < n;) {
				size_t letter = s[i + k] < 0x80 ? 1 : utf8_letter(s + i + k, n - k);
				add_letter(o, s + i + k, letter ? letter : 1);
				k += letter ? letter : 1;
			}
			text_out_add(o, "\n", 1);
		}
		i += n ? n : 1;
	}
}

/* How far the run of UTF-16 at s goes, and how many of its letters are ASCII; pairs of a letter and a zero, or the other way round. */
static size_t run16(const unsigned char *s, size_t size, const bool is_readable[256], bool big)
{
	size_t n = 0, ascii = 0;
	for (; n + 1 < size; n += 2) {
		unsigned char letter = s[n + big];
		if (s[n + !big] != 0 || !(is_readable[letter] || letter >= 0xa0))
			break;
		ascii += letter < 0x80;
	}
	return n / 2 >= RUN_MIN && ascii * 5 >= n / 2 * 4 ? n : 0;
}

/* UTF-16 of ASCII and Latin-1, wherever it begins: from one zero byte to the next. */
static void add_runs16(struct text_out *o, const unsigned char *s, size_t size, const bool is_readable[256])
{
	for (size_t i = 0; i < size && !o->full;) {
		const unsigned char *zero = memchr(s + i, 0, size - i);
		if (!zero)
			return;
		size_t at = (size_t)(zero - s), n;
		/* a letter in front of the zero is one of its own: else the same text would be read twice */
		bool big = at == i || !is_readable[s[at - 1]];
		size_t start = big ? at : at - 1;
		n = run16(s + start, size - start, is_readable, big);
		for (size_t k = 0; k < n; k += 2)
			add_letter(o, s + start + k + big, 1);
		if (n > 0)
			text_out_add(o, "\n", 1);
		i = n > 0 ? start + n : at + 1;
	}
}

void text_runs_add(struct text_out *o, const char *data, size_t size)
{
	const unsigned char *s = (const unsigned char *)data;
	bool is_readable[256];
	make_table(is_readable);
	add_runs8(o, s, size, is_readable);
	add_runs16(o, s, size, is_readable);
}
