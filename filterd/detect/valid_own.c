#include "detect/valid_own.h"

#include "detect/valid.h"
#include "detect/valid_id.h"

#include <ctype.h>
#include <string.h>

int valid_needs_own(const char *s, size_t size, const double *num)
{
	return 0;
}

static int is_filler(char c)
{
	return c != '\0' && strchr(" -./_|,;:()*~`\t\n\r", c) != NULL;
}

static int value_of(const struct valid_sum *v, char c)
{
	return (unsigned char)c < 128 ? v->value[(unsigned char)c] : -1;
}

static long cross_sum(long n)
{
	long sum = 0;
	for (n = n < 0 ? -n : n; n > 0; n /= 10)
		sum += n % 10;
	return sum;
}

/* The check characters as they should be, or not. */
static int check_fits(const struct valid_sum *v, const char *c, int expected)
{
	if (v->check_size == 1)
		return expected < (int)strlen(v->digit) && v->digit[expected] != ' ' && toupper((unsigned char)v->digit[expected]) == toupper((unsigned char)*c);
	long number = 0;
	for (int i = 0; i < v->check_size; i++) {
		if (c[i] < '0' || c[i] > '9')
			return 0;
		number = number * 10 + (c[i] - '0');
	}
	return number == expected;
}

int valid_sum(const char *s, size_t size, const void *own)
{
	const struct valid_sum *v = own;
	char c[SUM_CHARS_MAX];
	int n = 0, weighed = 0, from;
	long sum = 0;
	for (size_t i = 0; i < size; i++) {
		if (value_of(v, s[i]) < 0 && is_filler(s[i]))
			continue;
		if (n == SUM_CHARS_MAX)
			return 0;
		c[n++] = s[i];
	}
	from = v->check > 0 ? v->check - 1 : n + v->check + 1 - v->check_size;
	if (v->check && (from < 0 || from + v->check_size > n))
		return 0;
	for (int k = 0; k < n; k++) {
		int i = v->from_right ? n - 1 - k : k;
		if (v->check && i >= from && i < from + v->check_size)
			continue;
		int value = value_of(v, c[i]);
		if (value < 0)
			return 0;
		long product = (long)v->weight[weighed++ % v->nweights] * value;
		sum += v->cross ? cross_sum(product) : product;
	}
	if (weighed == 0)
		return 0;
	int rest = (int)((sum % v->modulus + v->modulus) % v->modulus);
	if (!v->check)
		return rest == v->remainder;
	return check_fits(v, c + from, v->subtract ? (v->modulus - rest) % v->modulus : rest);
}

static int is_of(const char *set, char c)
{
	return c != '\0' && strchr(set, c) != NULL;
}

int valid_date_at(const char *s, size_t size, const void *own)
{
	const struct valid_date *v = own;
	long year = 0, month = 0, day = 0;
	int has_day = 0;
	size_t i = 0;
	for (int left = v->offset; left > 0; i++) {
		if (i == size)
			return 0;
		left -= !is_of(v->separators, s[i]);
	}
	for (const char *f = v->format; *f; f++, i++) {
		while (!v->marked && i < size && is_of(v->separators, s[i]))
			i++;
		if (i == size)
			return 0;
		if (*f == '-') {
			if (!is_of(v->separators, s[i]))
				return 0;
			continue;
		}
		if (s[i] < '0' || s[i] > '9')
			return 0;
		long *field = *f == 'Y' ? &year : *f == 'M' ? &month : &day;
		*field = *field * 10 + (s[i] - '0');
		has_day |= *f == 'D';
	}
	return id_is_day(year, month, has_day ? day : 1);
}

static int class_has(const struct byte_class *c, unsigned char b)
{
	return c->bit[b >> 6] >> (b & 63) & 1;
}

int valid_char_classes(const char *s, size_t size, const void *own)
{
	const struct valid_char_classes *v = own;
	uint32_t have = 0;
	for (size_t i = 0; i < size; i++) {
		if (!v->any_allowed && !class_has(&v->allow, (unsigned char)s[i]))
			return 0;
		for (int k = 0; k < v->nrequire; k++)
			have |= (uint32_t)class_has(&v->require[k], (unsigned char)s[i]) << k;
	}
	return have == (UINT32_C(1) << v->nrequire) - 1 && valid_classes(s, size, &v->min);
}

int valid_crc_at(const char *s, size_t size, const void *own)
{
	const struct valid_crc *v = own;
	size_t from = 0, n = strlen(v->after);
	for (size_t i = 0; n > 0 && i + n <= size; i++)
		if (memcmp(s + i, v->after, n) == 0)
			from = i + n;
	if (size - from <= v->size)
		return 0;
	uint32_t crc = valid_crc32(s + from, size - from - v->size);
	for (int i = 0; i < v->size; i++, crc /= 62)
		if (s[size - 1 - (size_t)i] != v->alphabet[crc % 62])
			return 0;
	return 1;
}
