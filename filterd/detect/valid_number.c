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

static int is_separator(char c)
{
	return c != '\0' && strchr(" -./_|,;:()*~\t\n\r", c) != NULL;
}

/* The digits of s without separators; -1 when something else is in it or they are too many. */
static int digits(const char *s, size_t size, char d[DIGITS_MAX])
{
	int n = 0;
	for (size_t i = 0; i < size; i++) {
		if (is_digit(s[i])) {
			if (n == DIGITS_MAX)
				return -1;
			d[n++] = (char)(s[i] - '0');
		} else if (!is_separator(s[i])) {
			return -1;
		}
	}
	return n;
}

int valid_luhn(const char *s, size_t size, const double *num)
{
	char d[DIGITS_MAX];
	int n = digits(s, size, d), sum = 0;
	if (n < 2)
		return 0;
	for (int i = 0; i < n; i++) {
		int v = d[n - 1 - i];
		if (i & 1) {
			v *= 2;
			if (v > 9)
				v -= 9;
		}
		sum += v;
	}
	return sum % 10 == 0;
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

/* ISO 13616 registry (SWIFT, release 99): country and length of its IBAN, in order. */
static const struct iban_country {
	char code[3];
	uint8_t length;
} iban_countries[] = {
	{ "AD", 24 }, { "AE", 23 }, { "AL", 28 }, { "AT", 20 }, { "AZ", 28 }, { "BA", 20 }, { "BE", 16 }, { "BG", 22 },
	{ "BH", 22 }, { "BI", 27 }, { "BR", 29 }, { "BY", 28 }, { "CH", 21 }, { "CR", 22 }, { "CY", 28 }, { "CZ", 24 },
	{ "DE", 22 }, { "DJ", 27 }, { "DK", 18 }, { "DO", 28 }, { "EE", 20 }, { "EG", 29 }, { "ES", 24 }, { "FI", 18 },
	{ "FK", 18 }, { "FO", 18 }, { "FR", 27 }, { "GB", 22 }, { "GE", 22 }, { "GI", 23 }, { "GL", 18 }, { "GR", 27 },
	{ "GT", 28 }, { "HN", 28 }, { "HR", 21 }, { "HU", 28 }, { "IE", 22 }, { "IL", 23 }, { "IQ", 23 }, { "IS", 26 },
	{ "IT", 27 }, { "JO", 30 }, { "KW", 30 }, { "KZ", 20 }, { "LB", 28 }, { "LC", 32 }, { "LI", 21 }, { "LT", 20 },
	{ "LU", 20 }, { "LV", 21 }, { "LY", 25 }, { "MC", 27 }, { "MD", 24 }, { "ME", 22 }, { "MK", 19 }, { "MN", 20 },
	{ "MR", 27 }, { "MT", 31 }, { "MU", 30 }, { "NI", 28 }, { "NL", 18 }, { "NO", 15 }, { "OM", 23 }, { "PK", 24 },
	{ "PL", 28 }, { "PS", 29 }, { "PT", 25 }, { "QA", 29 }, { "RO", 24 }, { "RS", 22 }, { "RU", 33 }, { "SA", 24 },
	{ "SC", 31 }, { "SD", 18 }, { "SE", 24 }, { "SI", 19 }, { "SK", 24 }, { "SM", 27 }, { "SO", 23 }, { "ST", 25 },
	{ "SV", 28 }, { "TL", 23 }, { "TN", 24 }, { "TR", 26 }, { "UA", 29 }, { "VA", 22 }, { "VG", 24 }, { "XK", 20 },
	{ "YE", 30 },
};

static int iban_cmp(const void *key, const void *row)
{
	return strncmp(key, ((const struct iban_country *)row)->code, 2);
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
	if (!row || row->length != n)
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
