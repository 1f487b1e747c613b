/* Check digits and ranges of numbers.  Pure functions; the published vectors are in the unit test. */
#include "detect/valid.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS_MAX = 64 };

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

enum { DIGIT = 1, SEPARATOR = 2 };

static const uint8_t kinds[256] = {
	['0'] = DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT,
	[' '] = SEPARATOR, ['-'] = SEPARATOR, ['.'] = SEPARATOR, ['/'] = SEPARATOR, ['_'] = SEPARATOR, ['|'] = SEPARATOR, [','] = SEPARATOR,
	[';'] = SEPARATOR, [':'] = SEPARATOR, ['('] = SEPARATOR, [')'] = SEPARATOR, ['*'] = SEPARATOR, ['~'] = SEPARATOR, ['`'] = SEPARATOR,
	['\t'] = SEPARATOR, ['\n'] = SEPARATOR, ['\r'] = SEPARATOR,
};

static int is_separator(char c)
{
	return kinds[(unsigned char)c] == SEPARATOR;
}

/* The digits of s without separators; -1 when something else is in it or they are too many. */
static int digits(const char *s, size_t size, char d[DIGITS_MAX])
{
	int n = 0;
	for (size_t i = 0; i < size; i++) {
		uint8_t kind = kinds[(unsigned char)s[i]];
		if (kind == 0 || (kind == DIGIT && n == DIGITS_MAX))
			return -1;
		if (kind == DIGIT)
			d[n++] = (char)(s[i] - '0');
	}
	return n;
}

int valid_luhn(const char *s, size_t size, const double *num)
{
	static const uint8_t doubled[10] = { 0, 2, 4, 6, 8, 1, 3, 5, 7, 9 };
	uint64_t sum = 0, other = 0; /* where the last digit counts once, and where it counts twice */
	size_t n = 0;
	for (const char *end = s + size; s < end; s++) {
		unsigned v = (unsigned)(*s - '0');
		if (v < 10) {
			uint64_t was = sum;
			sum = other + v;
			other = was + doubled[v];
			n++;
		} else if (!is_separator(*s)) {
			return 0;
		}
	}
	return n >= 2 && n <= DIGITS_MAX && sum % 10 == 0;
}

/* Issuer ranges by their first six digits, and the lengths in use (bit n = n digits), from ISO/IEC 7812
 * allocations as the networks publish them.  Narrow ranges stand before wide ones. */
#define LEN(n) (1u << (n))
#define LEN_12_19 (LEN(12) | LEN(13) | LEN(14) | LEN(15) | LEN(16) | LEN(17) | LEN(18) | LEN(19))
#define LEN_16_19 (LEN(16) | LEN(17) | LEN(18) | LEN(19))
static const struct iin {
	uint32_t first, last, lengths;
} iins[] = {
	{ 220000, 220499, LEN_16_19 },                     /* Mir */
	{ 222100, 272099, LEN(16) },                       /* Mastercard, 2-series */
	{ 300000, 305999, LEN(14) | LEN(16) },             /* Diners Club */
	{ 309500, 309599, LEN(14) | LEN(16) },             /* Diners Club */
	{ 340000, 349999, LEN(15) },                       /* American Express */
	{ 352800, 358999, LEN_16_19 },                     /* JCB */
	{ 360000, 369999, LEN(14) | LEN_16_19 },           /* Diners Club International */
	{ 370000, 379999, LEN(15) },                       /* American Express */
	{ 380000, 399999, LEN(14) | LEN(16) },             /* Diners Club, Discover network */
	{ 400000, 499999, LEN(13) | LEN(16) | LEN(19) },   /* Visa */
	{ 500000, 509999, LEN_12_19 },                     /* Maestro, Elo, Verve, RuPay */
	{ 510000, 559999, LEN(16) },                       /* Mastercard */
	{ 560000, 589999, LEN_12_19 },                     /* Maestro, Dankort */
	{ 601100, 601199, LEN_16_19 },                     /* Discover */
	{ 620000, 629999, LEN_16_19 },                     /* UnionPay */
	{ 600000, 639999, LEN_12_19 },                     /* Maestro, RuPay, Hipercard, Elo, InstaPayment */
	{ 644000, 659999, LEN_16_19 },                     /* Discover, RuPay, Troy, Elo */
	{ 670000, 679999, LEN_12_19 },                     /* Maestro */
	{ 810000, 817199, LEN_16_19 },                     /* UnionPay, RuPay */
	{ 979200, 979299, LEN(16) },                       /* Troy */
};

int valid_card_iin(const char *s, size_t size, const double *num)
{
	char d[DIGITS_MAX];
	int n = digits(s, size, d);
	if (n < 12 || n > 19)
		return 0;
	uint32_t iin = 0;
	for (int i = 0; i < 6; i++)
		iin = iin * 10 + (uint32_t)d[i];
	for (size_t i = 0; i < sizeof iins / sizeof iins[0]; i++)
		if (iin >= iins[i].first && iin <= iins[i].last)
			return (iins[i].lengths & LEN(n)) != 0;
	return 0;
}

/* Letters count as two digits (A = 10 … Z = 35), ISO 7064.  Leaves sum alone and returns -1 on anything else. */
static int mod97_add(unsigned *sum, const char *s, size_t size)
{
	unsigned v = *sum;
	for (size_t i = 0; i < size; i++) {
		if (is_digit(s[i]))
			v = (v * 10 + (unsigned)(s[i] - '0')) % 97;
		else if (s[i] >= 'A' && s[i] <= 'Z')
			v = (v * 100 + (unsigned)(s[i] - 'A' + 10)) % 97;
		else if (s[i] >= 'a' && s[i] <= 'z')
			v = (v * 100 + (unsigned)(s[i] - 'a' + 10)) % 97;
		else if (!is_separator(s[i]))
			return -1;
	}
	*sum = v;
	return 0;
}

int valid_mod97(const char *s, size_t size, const double *num)
{
	unsigned sum = 0;
	return mod97_add(&sum, s, size) == 0 && sum == 1;
}

/* ISO 13616 registry (SWIFT, release 99): country and the form of what follows its check digits, in order: n digits, a letters, c both. */
static const struct iban_country {
	char code[3], form[12];
} iban_countries[] = {
	{ "AD", "8n12c" }, { "AE", "19n" }, { "AL", "8n16c" }, { "AT", "16n" }, { "AZ", "4a20c" }, { "BA", "16n" },
	{ "BE", "12n" }, { "BG", "4a6n8c" }, { "BH", "4a14c" }, { "BI", "23n" }, { "BR", "23n1a1c" }, { "BY", "4c4n16c" },
	{ "CH", "5n12c" }, { "CR", "18n" }, { "CY", "8n16c" }, { "CZ", "20n" }, { "DE", "18n" }, { "DJ", "23n" },
	{ "DK", "14n" }, { "DO", "4c20n" }, { "EE", "16n" }, { "EG", "25n" }, { "ES", "20n" }, { "FI", "14n" },
	{ "FK", "2a12n" }, { "FO", "14n" }, { "FR", "10n11c2n" }, { "GB", "4a14n" }, { "GE", "2a16n" }, { "GI", "4a15c" },
	{ "GL", "14n" }, { "GR", "7n16c" }, { "GT", "24c" }, { "HN", "4a20n" }, { "HR", "17n" }, { "HU", "24n" },
	{ "IE", "4a14n" }, { "IL", "19n" }, { "IQ", "4a15n" }, { "IS", "22n" }, { "IT", "1a10n12c" }, { "JO", "4a4n18c" },
	{ "KW", "4a22c" }, { "KZ", "3n13c" }, { "LB", "4n20c" }, { "LC", "4a24c" }, { "LI", "5n12c" }, { "LT", "16n" },
	{ "LU", "3n13c" }, { "LV", "4a13c" }, { "LY", "21n" }, { "MC", "10n11c2n" }, { "MD", "20c" }, { "ME", "18n" },
	{ "MK", "3n10c2n" }, { "MN", "16n" }, { "MR", "23n" }, { "MT", "4a5n18c" }, { "MU", "4a19n3a" },
	{ "NI", "4a20n" }, { "NL", "4a10n" }, { "NO", "11n" }, { "OM", "3n16c" }, { "PK", "4a16c" }, { "PL", "24n" },
	{ "PS", "4a21c" }, { "PT", "21n" }, { "QA", "4a21c" }, { "RO", "4a16c" }, { "RS", "18n" }, { "RU", "14n15c" },
	{ "SA", "2n18c" }, { "SC", "4a20n3a" }, { "SD", "14n" }, { "SE", "20n" }, { "SI", "15n" }, { "SK", "20n" },
	{ "SM", "1a10n12c" }, { "SO", "19n" }, { "ST", "21n" }, { "SV", "4a20n" }, { "TL", "19n" }, { "TN", "20n" },
	{ "TR", "6n16c" }, { "UA", "6n19c" }, { "VA", "18n" }, { "VG", "4a16n" }, { "XK", "16n" }, { "YE", "4a4n18c" },
};

static int iban_cmp(const void *key, const void *row)
{
	return strncmp(key, ((const struct iban_country *)row)->code, 2);
}

static int has_form(const char *c, size_t n, const char *form)
{
	size_t at = 0;
	while (*form) {
		size_t count = 0;
		for (; is_digit(*form); form++)
			count = count * 10 + (size_t)(*form - '0');
		for (; count > 0; count--, at++) {
			if (at == n || (*form == 'n' && !is_digit(c[at])) || (*form == 'a' && is_digit(c[at])))
				return 0; /* that the others are letters or digits is for mod97_add() to see */
		}
		form++;
	}
	return at == n;
}

int valid_iban(const char *s, size_t size, const double *num)
{
	char c[36];
	size_t n = 0;
	for (size_t i = 0; i < size; i++) {
		if (is_separator(s[i]))
			continue;
		if (n == sizeof c)
			return 0;
		c[n++] = s[i] >= 'a' && s[i] <= 'z' ? (char)(s[i] - 32) : s[i];
	}
	if (n < 5 || !is_digit(c[2]) || !is_digit(c[3]))
		return 0;
	const struct iban_country *row =
		bsearch(c, iban_countries, sizeof iban_countries / sizeof *row, sizeof *row, iban_cmp);
	if (!row || !has_form(c + 4, n - 4, row->form))
		return 0;
	/* 00, 01 and 99 give the same remainder as 97, 98 and 02, but are never issued (ISO 13616-1, 6.2) */
	int check = (c[2] - '0') * 10 + (c[3] - '0');
	if (check < 2 || check > 98)
		return 0;
	unsigned sum = 0;
	return mod97_add(&sum, c + 4, n - 4) == 0 && mod97_add(&sum, c, 4) == 0 && sum == 1;
}

int valid_us_ssn(const char *s, size_t size, const double *num)
{
	static const char *const samples[] = { "078051120", "219099999", "123456789", "111111111", "457555462", "987654321" };
	char d[DIGITS_MAX], text[10];
	if (digits(s, size, d) != 9)
		return 0;
	for (int i = 0; i < 9; i++)
		text[i] = (char)('0' + d[i]);
	text[9] = '\0';
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
		if (strcmp(text, samples[i]) == 0)
			return 0;
	int area = d[0] * 100 + d[1] * 10 + d[2], group = d[3] * 10 + d[4], serial = d[5] * 1000 + d[6] * 100 + d[7] * 10 + d[8];
	return area != 0 && area != 666 && area < 900 && group != 0 && serial != 0;
}

int valid_aba(const char *s, size_t size, const double *num)
{
	char d[DIGITS_MAX];
	if (digits(s, size, d) != 9)
		return 0;
	int district = d[0] * 10 + d[1];
	if (!(district <= 12 || (district >= 21 && district <= 32) || (district >= 61 && district <= 72) || district == 80))
		return 0;
	int sum = 3 * (d[0] + d[3] + d[6]) + 7 * (d[1] + d[4] + d[7]) + d[2] + d[5] + d[8];
	return sum != 0 && sum % 10 == 0;
}

int valid_not_same(const char *s, size_t size, const double *num)
{
	char first = 0;
	for (size_t i = 0; i < size; i++) {
		if (is_separator(s[i]))
			continue;
		if (first && s[i] != first)
			return 1;
		first = s[i];
	}
	return 0;
}
