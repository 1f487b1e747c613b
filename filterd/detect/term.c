#include "detect/term.h"

#include "base/text.h"
#include "detect/fold.h"
#include "detect/view.h"

#include <string.h>
#include <utf8proc.h>

uint64_t term_letters(const char *s, size_t size)
{
	uint64_t all = 0;
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)s[i];
		unsigned bit = c >= 'a' && c <= 'z' ? c - 'a' + 0u : c >= '0' && c <= '9' ? 26u + c - '0' : 36u + c % 28;
		/* a space stands for other characters, and a letter above ASCII may be written in another case */
		all |= c < 0x80 && c != ' ' ? UINT64_C(1) << bit : 0;
	}
	return all;
}

int term_read(struct arena *a, const char *text, int exact, struct term *t_r)
{
	char folded[256], *out = folded;
	size_t size, o = 0;
	struct term t = { .exact = exact != 0 };
	if (view_fold(text, strlen(text), folded, sizeof folded, &size) < 0)
		return -1;
	if (size && folded[0] == '*') {
		t.open_start = 1;
		out++;
		size--;
	}
	if (size && out[size - 1] == '*') {
		t.open_end = 1;
		size--;
	}
	char *s = arena_alloc(a, size + 1);
	if (!s || size == 0)
		return -1;
	for (size_t i = 0; i < size;) {
		uint32_t cp = 0;
		int n = text_decode(out + i, size - i, &cp);
		if (n == 0)
			return -1;
		o += (size_t)text_encode(exact ? cp : fold_lower(cp), s + o);
		i += (size_t)n;
	}
	t.s = s;
	t.size = (uint16_t)o;
	t.letters = term_letters(s, o);
	*t_r = t;
	return 0;
}

/* Scripts that write words without space between them begin here (Thai); their terms need no border. */
enum { UNSPACED_FROM = 0xe00 };

static int is_word(uint32_t cp)
{
	if (cp < 0x80)
		return (cp >= '0' && cp <= '9') || (cp >= 'a' && cp <= 'z') || (cp >= 'A' && cp <= 'Z');
	if (cp >= UNSPACED_FROM && !(cp >= 0x1e00 && cp < 0x2000)) /* 1E00..: more Latin and Greek */
		return 0;
	int c = utf8proc_category((utf8proc_int32_t)cp);
	return c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_NO;
}

static uint32_t before(const char *s, size_t at)
{
	uint32_t cp = ' ';
	size_t i = at;
	while (i > 0) {
		i--;
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			break;
	}
	return i < at && text_decode(s + i, at - i, &cp) ? cp : ' ';
}

static uint32_t behind(const char *s, size_t size, size_t at)
{
	uint32_t cp = ' ';
	return at < size && text_decode(s + at, size - at, &cp) ? cp : ' ';
}

static int is_gap(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '_' || c == '-';
}

/* The end of the term in s at `at`, or 0.  A space in the term stands for spaces, line ends, dashes and underscores. */
static size_t match_here(const struct term *t, const char *s, size_t size, size_t at)
{
	for (size_t i = 0; i < t->size;) {
		if (t->s[i] == ' ') {
			if (at >= size || !is_gap(s[at]))
				return 0;
			while (at < size && is_gap(s[at]))
				at++;
			while (i < t->size && t->s[i] == ' ')
				i++;
		} else {
			if (at >= size || s[at] != t->s[i])
				return 0;
			at++;
			i++;
		}
	}
	return at;
}

static int whole_word(const struct term *t, const char *s, size_t size, size_t from, size_t to)
{
	if (!t->open_start && is_word(behind(t->s, t->size, 0)) && is_word(before(s, from)))
		return 0;
	return t->open_end || !is_word(before(t->s, t->size)) || !is_word(behind(s, size, to));
}

size_t term_end(const struct term *t, const char *s, size_t size, size_t at)
{
	size_t end = match_here(t, s, size, at);
	return end && whole_word(t, s, size, at, end) ? end : 0;
}

size_t term_start(const struct term *t, size_t piece, const char *s, size_t at)
{
	while (piece > 0) {
		if (at == 0)
			return SIZE_MAX;
		if (t->s[piece - 1] != ' ') {
			if (s[--at] != t->s[--piece])
				return SIZE_MAX;
			continue;
		}
		if (!is_gap(s[at - 1]))
			return SIZE_MAX;
		while (at > 0 && is_gap(s[at - 1]))
			at--;
		while (piece > 0 && t->s[piece - 1] == ' ')
			piece--;
	}
	return at;
}

size_t term_find(const struct term *t, const char *s, size_t size, size_t from, size_t to)
{
	for (const char *p; from < to && (p = memchr(s + from, t->s[0], to - from)); from++) {
		from = (size_t)(p - s);
		size_t end = match_here(t, s, to, from);
		if (end && whole_word(t, s, size, from, end))
			return end;
	}
	return 0;
}
