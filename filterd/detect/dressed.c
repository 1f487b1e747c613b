#include "detect/dressed.h"

#include "detect/decoders.h"

#include <string.h>

enum { GAP_MAX = 8, GROUPS_MAX = 64, SINGLES_MIN = 9, ALIKE_MIN = 12, ALIKE_MAX = 34 };

/* What stands between two groups, and what is left of it without the marks of styling and the spaces around. */
struct gap {
	const char *s, *core;
	size_t size, core_size;
};

static int is_styling(char c)
{
	return c == '*' || c == '_' || c == '~' || c == '`';
}

static int is_alnum(char c)
{
	return is(c, LETTER | DIGIT);
}

/* Letters of scripts other than Latin: punctuation and pictures have other first bytes. */
static int is_foreign(char c)
{
	return (unsigned char)c >= 0xc3 && (unsigned char)c < 0xef && (unsigned char)c != 0xe2;
}

/* "%20" and "=2D" are separators in an encoding, and not these marks. */
static int is_encoded(const char *s, size_t size, size_t at)
{
	int b = s[at] == '%' || s[at] == '=' ? hex_pair(s, size, at + 1) : -1;
	return b >= ' ' && b <= (s[at] == '%' ? '?' : '/');
}

/* 0 if no group follows close enough. */
static int read_gap(const char *s, size_t size, size_t at, struct gap *g)
{
	size_t i = at;
	while (i < size && i - at <= GAP_MAX && !is_alnum(s[i])) {
		if (s[i] == '\n' || s[i] == '\r' || s[i] == '\t' || is_foreign(s[i]) || is_encoded(s, size, i))
			return 0;
		i++;
	}
	if (i == at || i - at > GAP_MAX || i == size || !is_alnum(s[i]))
		return 0;
	*g = (struct gap){ s + at, s + at, i - at, i - at };
	while (g->core_size > 0 && is_styling(g->core[0]))
		g->core++, g->core_size--;
	while (g->core_size > 0 && is_styling(g->core[g->core_size - 1]))
		g->core_size--;
	while (g->core_size > 1 && g->core[0] == ' ')
		g->core++, g->core_size--;
	while (g->core_size > 1 && g->core[g->core_size - 1] == ' ')
		g->core_size--;
	return 1;
}

/* As people write numbers and lists. */
static int is_ordinary(const char *s, size_t size)
{
	return (size == 1 && strchr(" -.,/:\n\t", s[0]) != NULL) || (size == 2 && (s[0] == ',' || s[0] == ';' || s[0] == '.' || s[0] == ':') && s[1] == ' ');
}

int dressed_wanted(const char *s, size_t size, const struct sweep *w)
{
	size_t singles = 0;
	for (size_t i = 1; i < w->nblocks; i++) {
		size_t from = w->blocks[i - 1].end, n = w->blocks[i].start - from;
		if (n > GAP_MAX) {
			singles = 0;
			continue;
		}
		int ordinary = is_ordinary(s + from, n);
		for (size_t k = 0; k < n && !ordinary; k++)
			ordinary = is(s[from + k], LETTER) && !(k + 2 == n && k == 1); /* "*DE89" goes on in letters */
		if (!ordinary)
			return 1;
		singles = w->blocks[i].end - w->blocks[i].start == 1 ? singles + 1 : 0;
		if (singles + 1 >= SINGLES_MIN)
			return 1;
	}
	return 0;
}

/* A group is digits, or capitals with them ("DE89"), or four capitals ("WEST").  Returns its size; 0: it is none. */
static size_t read_group(const char *s, size_t size, size_t at, size_t *digits_r)
{
	size_t i = at, digits = 0;
	for (; i < size && is_alnum(s[i]) && i - at <= DRESSED_DIGITS_MAX; i++) {
		if (s[i] >= 'a')
			return 0;
		digits += is_digit(s[i]) != 0;
	}
	size_t n = i - at, letters = n - digits;
	if (n > DRESSED_DIGITS_MAX || letters > 4 || (digits == 0 && n != 4))
		return 0;
	*digits_r += digits;
	return n;
}

/* Groups from one place on that are parted in one way. */
struct row {
	size_t end, last;       /* where it ends, where its last group begins */
	size_t groups, digits, letters, longest;
	struct gap first;       /* that has a core */
	int empty, full;        /* gaps without a core, with one */
	int uniform, odd;       /* all gaps are the same; one is none that people write */
};

static int same(const char *a, size_t a_size, const char *b, size_t b_size)
{
	return a_size == b_size && memcmp(a, b, a_size) == 0;
}

static void read_row(const char *s, size_t size, size_t at, struct row *r)
{
	struct gap g, one = { 0 };
	size_t n = read_group(s, size, at, &r->digits);
	r->letters = n - r->digits;
	for (r->uniform = 1; n > 0;) {
		r->last = at;
		r->end = at + n;
		r->groups++;
		r->longest = n > r->longest ? n : r->longest;
		size_t digits = 0, next;
		if (!read_gap(s, size, r->end, &g) || (next = read_group(s, size, r->end + g.size, &digits)) == 0)
			return;
		if (g.core_size > 0 && r->full && !same(g.core, g.core_size, r->first.core, r->first.core_size))
			return;
		if (g.core_size > 0 && !r->full++)
			r->first = g;
		r->empty += g.core_size == 0;
		if (r->groups == 1)
			one = g;
		r->uniform &= same(g.s, g.size, one.s, one.size);
		r->odd |= !is_ordinary(g.s, g.size);
		at = r->end + g.size;
		r->digits += digits;
		r->letters += next - digits;
		n = next;
	}
}

/* Times, dates, paths, lists and signed numbers have such rows, too. */
static int is_list(const struct row *r)
{
	const struct gap *g = &r->first;
	if (!r->full)
		return 0;
	if (g->core[0] == ',' || memchr(g->core, '+', g->core_size))
		return 1;
	return r->uniform && g->core_size == 1 && (g->core[0] == '/' || (g->core[0] == ':' && r->longest == 2));
}

static int is_number(const struct row *r)
{
	if (r->groups < 2 || r->digits < DRESSED_DIGITS_MIN || r->digits + r->letters > DRESSED_DIGITS_MAX || r->letters > r->digits)
		return 0;
	if (r->longest == 1)
		return r->uniform && r->groups >= SINGLES_MIN && r->groups <= ALIKE_MAX && r->first.size <= 3;
	return r->odd && !is_list(r);
}

size_t dressed_read(const char *s, size_t size, size_t at, char *dst, size_t *n, size_t *next_r)
{
	struct row r = { 0 };
	read_row(s, size, at, &r);
	*next_r = r.last > at ? r.last : at + 1;
	if (!is_number(&r))
		return 0;
	/* marks of styling vanish where text is shown, unless all groups are parted so */
	char full = r.letters > 0 || (r.full && r.first.core[0] == ' ') ? ' ' : '-';
	int close = r.longest == 1, keep_empty = r.uniform && r.groups > 2;
	for (size_t i = at; i < r.end;) {
		struct gap g;
		if (is_alnum(s[i])) {
			dst[(*n)++] = s[i++];
			continue;
		}
		if (!read_gap(s, size, i, &g))
			return 0;
		if (!close && (g.core_size > 0 || keep_empty))
			dst[(*n)++] = full;
		i += g.size;
	}
	return r.end - at;
}

/* The digit that a letter looks like, or 0. */
static char digit_of(char c)
{
	static const char letters[] = "OoQlIi|ZzSsbGBgq", digits[] = "0001111225566899";
	const char *p = c ? strchr(letters, c) : NULL;
	return is_digit(c) ? c : p ? digits[p - letters] : '\0';
}

int dressed_may_be_alike(const char *s, size_t size)
{
	size_t i = 0;
	while (i < size && digit_of(s[i]))
		i++;
	return i == size && size >= 2;
}

size_t dressed_read_alike(const char *s, size_t size, size_t at, char *dst, size_t *n, size_t *next_r)
{
	size_t i = at, end = at, digits = 0, letters = 0;
	char sep = '\0';
	*next_r = at + 1;
	while (i < size) {
		size_t from = i, mine = 0;
		char d;
		while (i < size && i - from <= ALIKE_MAX && (d = digit_of(s[i])) != '\0') {
			mine += is_digit(s[i]) != 0;
			dst[(*n)++] = d;
			i++;
		}
		if (i == from || (i < size && is_alnum(s[i])) || (mine == 0 && i - from > 4))
			break;
		digits += mine;
		letters += i - from - mine;
		end = i;
		if (digits + letters > ALIKE_MAX || i + 1 >= size || !(s[i] == ' ' || s[i] == '-' || s[i] == '.') || (sep && s[i] != sep))
			break;
		sep = s[i];
		dst[(*n)++] = s[i++];
	}
	*next_r = end > at ? end : at + 1;
	*n = end - at;
	return letters > 0 && digits + letters >= ALIKE_MIN && digits + letters <= ALIKE_MAX && digits >= 2 * letters ? end - at : 0;
}
