#include "detect/fold.h"

#include "base/text.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { PAGE = 256, PAGES = 0x110000 / PAGE, FOLDS_MAX = 20000 };

/* The one table of the process; written by fold_init() only. */
static struct {
	uint16_t *page[PAGES]; /* index of a fold, 0: stays; NULL: the whole page stays */
	struct fold *folds;
	uint16_t n;
} table;

static int category(uint32_t cp)
{
	return utf8proc_category((utf8proc_int32_t)cp);
}

/* Decimal digits stand in runs of ten, zero first (UAX #44, Numeric_Type=Decimal). */
static uint32_t digit_value(uint32_t cp)
{
	uint32_t first = cp;
	while (first > 0 && category(first - 1) == UTF8PROC_CATEGORY_ND)
		first--;
	return (cp - first) % 10;
}

/* Digits in circles that have no decomposition. */
static int circled_digit(uint32_t cp)
{
	static const uint32_t ones[] = { 0x2776, 0x2780, 0x278a, 0x24f5 };
	for (size_t i = 0; i < sizeof ones / sizeof *ones; i++)
		if (cp >= ones[i] && cp < ones[i] + 9)
			return (int)(cp - ones[i]) + 1;
	return cp == 0x24ff || cp == 0x1f10b || cp == 0x1f10c ? 0 : -1;
}

static int is_voice_mark(uint32_t cp)
{
	return cp == 0x3099 || cp == 0x309a;
}

static int is_jamo_tail(uint32_t cp)
{
	return (cp >= 0x1161 && cp <= 0x1175) || (cp >= 0x11a8 && cp <= 0x11c2);
}

/* What one code point of a decomposition becomes; 0: nothing. */
static uint32_t simplify(uint32_t cp)
{
	if (cp < 0x80)
		return cp;
	int digit = circled_digit(cp);
	if (digit >= 0)
		return '0' + (uint32_t)digit;
	switch (category(cp)) {
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_ME:
		return is_voice_mark(cp) ? cp : 0;
	case UTF8PROC_CATEGORY_ND:
		return '0' + digit_value(cp);
	case UTF8PROC_CATEGORY_PD:
		return '-';
	case UTF8PROC_CATEGORY_ZS:
		return ' ';
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return '\n';
	default:
		return cp == 0x2212 ? '-' : cp;
	}
}

static int stays_together(uint32_t cp)
{
	if (cp >= 0xac00 && cp <= 0xd7a3)
		return 1;
	return cp >= 0x3041 && cp <= 0x30fe && !is_voice_mark(cp) && cp != 0x309b && cp != 0x309c && cp != 0x309f;
}

/* 1 if the code point changes. */
static int make(uint32_t cp, struct fold *f)
{
	utf8proc_int32_t d[32];
	int last = 0;
	*f = (struct fold){ 0 };
	if (stays_together(cp))
		return 0;
	utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)cp, d, 32, UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_IGNORE, &last);
	if (n < 0 || n > 32)
		return 0;
	uint32_t only = 0;
	for (utf8proc_ssize_t i = 0; i < n; i++) {
		uint32_t c = simplify((uint32_t)d[i]);
		if (c == 0 || f->size + 4 > FOLD_BYTES_MAX || (n > 1 && is_voice_mark(c)))
			continue;
		f->size += (uint8_t)text_encode(c, f->bytes + f->size);
		only = c;
	}
	char one[4];
	f->cp = f->size > 0 && text_encode(only, one) == f->size ? only : 0;
	f->compose = n == 1 && (is_voice_mark(only) || is_jamo_tail(only));
	char same[4];
	int size = text_encode(cp, same);
	return f->compose || f->size != size || memcmp(f->bytes, same, f->size) != 0;
}

int fold_init(void)
{
	if (table.folds)
		return 0;
	struct fold *folds = calloc(FOLDS_MAX, sizeof *folds);
	if (!folds)
		return -1;
	uint16_t n = 1;
	for (uint32_t cp = 0x80; cp < 0x110000 && n < FOLDS_MAX; cp++) {
		if (cp == 0xd800)
			cp = 0xe000;
		if (!make(cp, &folds[n]))
			continue;
		uint16_t **page = &table.page[cp / PAGE];
		if (!*page)
			*page = calloc(PAGE, sizeof **page);
		if (!*page) {
			free(folds);
			return -1;
		}
		(*page)[cp % PAGE] = n++;
	}
	table.n = n;
	table.folds = folds;
	return 0;
}

const struct fold *fold_get(uint32_t cp)
{
	const uint16_t *page = table.page[cp / PAGE];
	uint16_t i = page ? page[cp % PAGE] : 0;
	return i ? &table.folds[i] : NULL;
}

/* The index of what a code point below U+10000 becomes; 0: it stays. */
static uint16_t index_of(uint32_t cp)
{
	const uint16_t *page = table.page[cp / PAGE];
	return page ? page[cp % PAGE] : 0;
}

/* The code point of 2 or 3 bytes at s: its bytes, and what it becomes; 0: it is none. */
static inline size_t point(const unsigned char *s, size_t size, uint16_t *index_r)
{
	if (s[0] >= 0xc2 && s[0] < 0xe0) {
		if (size < 2 || (s[1] & 0xc0) != 0x80)
			return 0;
		*index_r = index_of((s[0] & 0x1fu) << 6 | (s[1] & 0x3f));
		return 2;
	}
	if ((s[0] & 0xf0) != 0xe0 || size < 3 || (s[1] & 0xc0) != 0x80 || (s[2] & 0xc0) != 0x80)
		return 0;
	uint32_t cp = (s[0] & 0xfu) << 12 | (s[1] & 0x3fu) << 6 | (s[2] & 0x3f);
	if (cp < 0x800 || (cp >= 0xd800 && cp < 0xe000))
		return 0;
	*index_r = index_of(cp);
	return 3;
}

/* How many of the 8 bytes are ASCII, up to the first that is not. */
static inline unsigned ascii_bytes(const unsigned char *s)
{
	uint64_t w;
	memcpy(&w, s, 8);
	w = le64toh(w) & 0x8080808080808080u;
	return w ? (unsigned)__builtin_ctzll(w) / 8 : 8;
}

size_t fold_plain(const char *str, size_t size, struct fold_stop *stop_r)
{
	const unsigned char *s = (const unsigned char *)str;
	size_t i = 0, last = SIZE_MAX;
	stop_r->size = 0;
	while (i < size) {
		if (s[i] < 0x80) {
			i += i + 8 <= size ? ascii_bytes(s + i) : 1;
			last = SIZE_MAX;
			continue;
		}
		uint16_t index;
		size_t n = point(s + i, size - i, &index);
		if (n == 0)
			break;
		if (index) {
			stop_r->fold = &table.folds[index];
			stop_r->size = n;
			break;
		}
		last = i;
		i += n;
	}
	stop_r->last = last;
	return i;
}

uint32_t fold_compose(uint32_t a, uint32_t mark)
{
	if (a >= 0x1100 && a <= 0x1112 && mark >= 0x1161 && mark <= 0x1175)
		return 0xac00 + ((a - 0x1100) * 21 + (mark - 0x1161)) * 28;
	if (a >= 0xac00 && a <= 0xd7a3 && (a - 0xac00) % 28 == 0 && mark >= 0x11a8 && mark <= 0x11c2)
		return a + (mark - 0x11a7);
	if (!is_voice_mark(mark) || a < 0x3041 || a > 0x30fe)
		return 0;
	utf8proc_int32_t pair[2] = { (utf8proc_int32_t)a, (utf8proc_int32_t)mark };
	utf8proc_ssize_t n = utf8proc_normalize_utf32(pair, 2, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	return n == 1 ? (uint32_t)pair[0] : 0;
}

uint32_t fold_lower(uint32_t cp)
{
	if (cp < 0x80)
		return cp >= 'A' && cp <= 'Z' ? cp + 32 : cp;
	if (cp == 0x3c2) /* final sigma */
		return 0x3c3;
	uint32_t low = (uint32_t)utf8proc_tolower((utf8proc_int32_t)cp);
	char a[4], b[4];
	return text_encode(low, b) == text_encode(cp, a) ? low : cp;
}
