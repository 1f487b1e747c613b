#include "detect/spelled.h"

#include "detect/digitwords.h"

#include <stdint.h>
#include <string.h>

enum { GAP_BYTES = 4, MIXED_WORDS = 8, REPEAT_MAX = 4 };

#define ALL_LANGUAGES UINT64_MAX

/* A row as far as it was walked; copied wherever it could end. */
struct row {
	size_t end;
	size_t words, digits;
	uint64_t languages; /* that have all words so far */
	unsigned close, apart; /* gaps of spaces or nothing, and gaps with a mark in them */
	size_t out;         /* bytes written */
};

struct walk {
	const char *s;
	size_t size;
	int mixed;       /* each word may be of another language */
	size_t conflict; /* where the row ended at a word of another language, or 0 */
	char *dst;       /* NULL: nothing is written */
	int dashes;      /* groups are parted */
	size_t first_word; /* where the first word stands */
};

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Letters of ASCII, and of scripts that part words by spaces. */
static int goes_on(const char *s, size_t size, size_t at)
{
	return at < size && (is_letter(s[at]) || ((unsigned char)s[at] >= 0xc3 && (unsigned char)s[at] < 0xe0));
}

/* What may stand between two words. */
static size_t gap(const char *s, size_t size, size_t at, int *mark_r)
{
	static const char *const wide[] = { "、", "・", "。", "·", "•", "…" };
	size_t i = at;
	*mark_r = 0;
	while (i < size && i < at + GAP_BYTES) {
		if (s[i] == ' ' || s[i] == '\n' || s[i] == '\r' || s[i] == '\t') {
			i++;
			continue;
		}
		size_t n = s[i] && strchr(",-.;/_|:*~`'\"()+\\", s[i]) ? 1 : 0;
		for (size_t k = 0; k < sizeof wide / sizeof *wide && !n; k++)
			if (strlen(wide[k]) <= size - i && memcmp(s + i, wide[k], strlen(wide[k])) == 0)
				n = strlen(wide[k]);
		if (n == 0)
			break;
		*mark_r = 1;
		i += n;
	}
	return i - at;
}

static int reading(const struct digitword *w, uint64_t languages)
{
	for (int i = 0; i < w->n; i++)
		if (w->languages[i] & languages)
			return w->value[i];
	return w->value[0];
}

static void put(const struct walk *k, struct row *r, int digit)
{
	if (k->dst)
		k->dst[r->out] = (char)('0' + digit);
	r->out++;
	r->digits++;
}

/* ten: the value of the word before if that was a ten and at most a space or a dash is between. */
static int joins(int value, int ten)
{
	return ten && ((value > 0 && value < 10) || ((ten == 60 || ten == 80) && value >= 10 && value < 20));
}

static void put_value(const struct walk *k, struct row *r, int value, int ten, int times)
{
	if (joins(value, ten)) {
		r->out -= 2;
		r->digits -= 2;
		value += ten;
	}
	for (; times > 0; times--) {
		if (value >= 10)
			put(k, r, value / 10);
		put(k, r, value % 10);
	}
}

/* What stands between two items, of which the second one is not joined to the first. */
static void put_gap(const struct walk *k, struct row *r, int mark)
{
	if (r->digits == 0)
		return;
	r->apart += mark != 0;
	r->close += mark == 0;
	if (!mark || !k->dashes)
		return;
	if (k->dst)
		k->dst[r->out] = '-';
	r->out++;
}

static void put_digits(const struct walk *k, struct row *r, size_t from, size_t to, int times)
{
	for (; times > 1 && to == from + 1; times--)
		put(k, r, k->s[from] - '0');
	for (; from < to; from++)
		put(k, r, k->s[from] - '0');
}

static uint64_t languages_of(const struct digitword *w)
{
	uint64_t all = 0;
	for (int i = 0; i < w->n; i++)
		all |= w->languages[i];
	return all;
}

/* The longest row from s[at] on, languages being those that may take part. */
static struct row walk(struct walk *k, size_t at, uint64_t languages)
{
	struct row r = { .end = at, .languages = languages }, whole = r;
	size_t i = at, between = 0;
	int mark = 0, ten = 0, times = 1;
	k->first_word = SIZE_MAX;
	k->conflict = 0;
	while (i < k->size && r.digits < SPELLED_MAX) {
		struct digitword w;
		size_t from = i;
		int value = DIGITWORD_MAX;
		if (is_digit(k->s[i])) {
			while (i < k->size && is_digit(k->s[i]))
				i++;
		} else if (digitword_at(k->s + i, k->size - i, r.languages, 0, &w)) {
			i += w.size;
			value = reading(&w, r.languages);
			r.languages = k->mixed ? r.languages : r.languages & languages_of(&w);
			if (k->first_word == SIZE_MAX)
				k->first_word = from;
		} else {
			k->conflict = !k->mixed && digitword_at(k->s + i, k->size - i, ALL_LANGUAGES, 1, &w) ? i : 0;
			break;
		}
		if (value == DIGITWORD_GAP || value == DIGITWORD_AND) { /* a gap made of a word */
			mark |= value == DIGITWORD_GAP;
			ten = value == DIGITWORD_AND ? ten : 0;
		} else {
			if (between > 1 || (value == DIGITWORD_MAX))
				ten = 0;
			if (!joins(value, ten))
				put_gap(k, &r, mark);
			mark = 0;
			if (value == DIGITWORD_MAX) {
				put_digits(k, &r, from, i, times);
			} else if (value < DIGITWORD_TWICE) {
				put_value(k, &r, value, ten, value < 10 ? times : 1);
				r.words++;
			}
			int twice = value >= DIGITWORD_TWICE && value < DIGITWORD_MAX;
			times = twice ? value - DIGITWORD_TWICE + 2 : 1;
			ten = value >= 20 && value < 100 && value % 10 == 0 ? value : 0;
			if (!twice) {
				r.end = i;
				if (!goes_on(k->s, k->size, i))
					whole = r;
			}
		}
		int m;
		between = gap(k->s, k->size, i, &m);
		mark |= m;
		i += between;
		if (m)
			ten = between == 1 && k->s[i - 1] == '-' ? ten : 0;
	}
	return whole;
}

static int qualifies(const struct row *r, size_t words)
{
	return r->digits >= SPELLED_DIGITS && (r->words >= words || (r->digits >= SPELLED_LONG && r->words > 0 && r->apart == 0));
}

static uint64_t lowest(uint64_t languages)
{
	return languages & -languages;
}

/* "DE eight nine …": a country's letters before an account number. */
static size_t prefix(const char *s, size_t size, size_t at)
{
	struct digitword w;
	if (size - at < 4 || s[at] < 'A' || s[at] > 'Z' || s[at + 1] < 'A' || s[at + 1] > 'Z' || (s[at + 2] != ' ' && s[at + 2] != '-'))
		return 0;
	return digitword_at(s + at, size - at, ALL_LANGUAGES, 1, &w) ? 0 : 3;
}

size_t spelled_read(const char *s, size_t size, size_t at, char *dst, size_t *n, size_t *next_r)
{
	struct walk k = { .s = s, .size = size };
	size_t letters = prefix(s, size, at), from = at + letters;
	struct row r = walk(&k, from, ALL_LANGUAGES);
	int good = qualifies(&r, SPELLED_WORDS);
	/* of digits alone, later starts have no more words */
	*next_r = letters || k.first_word == from ? at + 1 : k.first_word < r.end ? k.first_word : r.end > at ? r.end : at + 1;
	if (!good && k.conflict) {
		struct row behind = walk(&k, k.conflict, ALL_LANGUAGES);
		if (qualifies(&behind, SPELLED_WORDS)) /* "go: four, five …" begins at four, though go is five in Japanese */
			return 0;
		k.mixed = 1;
		r = walk(&k, from, ALL_LANGUAGES);
		good = qualifies(&r, MIXED_WORDS) && r.words >= MIXED_WORDS;
	}
	if (!good)
		return 0;
	k.dashes = r.apart > 0 && r.close > 0;
	k.dst = dst + (letters ? 2 : 0);
	k.size = r.end;
	memcpy(dst, s + at, letters ? 2 : 0);
	struct row written = walk(&k, from, k.mixed ? ALL_LANGUAGES : lowest(r.languages));
	*n = written.out + (letters ? 2 : 0);
	return r.end - at;
}
