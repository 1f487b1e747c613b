#include "detect/valid_id.h"

#include <stdint.h>
#include <string.h>

enum { NEVER, BETWEEN };

/* What a character stands for: itself, a separator, or it has no place in a number. */
static const char meaning[256] = {
	[' '] = BETWEEN, ['-'] = BETWEEN, ['.'] = BETWEEN, ['/'] = BETWEEN, ['+'] = BETWEEN, ['\t'] = BETWEEN, ['\r'] = BETWEEN, ['\n'] = BETWEEN,
	['0'] = '0', '1', '2', '3', '4', '5', '6', '7', '8', '9',
	['A'] = 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z',
	['a'] = 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z',
};

int id_read(struct id *id_r, const char *s, size_t size)
{
	int n = 0;
	for (size_t i = 0; i < size; i++) {
		char c = meaning[(unsigned char)s[i]];
		if (c == BETWEEN)
			continue;
		if (c == NEVER || n == ID_MAX)
			return -1;
		id_r->c[n++] = c;
	}
	id_r->c[n] = '\0';
	id_r->n = n;
	return 0;
}

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int id_shape(const struct id *id, const char *shape)
{
	for (int i = 0; i < id->n; i++) {
		char c = id->c[i];
		int good = shape[i] == '9' ? is_digit(c) : shape[i] == 'A' ? !is_digit(c) : shape[i] == '*' || shape[i] == c;
		if (!good) /* also at the end of shape */
			return 0;
	}
	return shape[id->n] == '\0';
}

int id_read_shape(struct id *id_r, const char *s, size_t size, const char *shape)
{
	return id_read(id_r, s, size) == 0 && id_shape(id_r, shape);
}

long id_number(const struct id *id, int at, int n)
{
	long v = 0;
	for (int i = at; i < at + n; i++)
		v = v * 10 + (id->c[i] - '0');
	return v;
}

int id_value(char c)
{
	return is_digit(c) ? c - '0' : c - 'A' + 10;
}

int id_sum(const struct id *id, int at, const char *weights)
{
	int sum = 0;
	for (int i = 0; weights[i] && at + i < id->n; i++)
		sum += id_value(id->c[at + i]) * id_value(weights[i]);
	return sum;
}

int id_is_day(long year, long month, long day)
{
	static const uint8_t days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	if (month < 1 || month > 12 || day < 1 || day > days[month - 1])
		return 0;
	return month != 2 || day < 29 || (year % 4 == 0 && (year < 100 || year % 100 != 0 || year % 400 == 0));
}

int id_luhn(const struct id *id, int at, int n)
{
	int sum = 0;
	for (int i = 0; i < n; i++) {
		int v = id->c[at + n - 1 - i] - '0';
		if (i & 1)
			v = v < 5 ? 2 * v : 2 * v - 9;
		sum += v;
	}
	return sum % 10 == 0;
}

int id_mod11_10(const struct id *id, int at, int n)
{
	int check = 5;
	for (int i = at; i < at + n; i++)
		check = ((check ? check : 10) * 2 % 11 + (id->c[i] - '0')) % 10;
	return check == 1;
}

int id_mod11_2(const struct id *id, int at, int n)
{
	int check = 0;
	for (int i = at; i < at + n; i++)
		check = (2 * check + (id->c[i] == 'X' ? 10 : id->c[i] - '0')) % 11;
	return check == 1;
}

int id_verhoeff(const struct id *id, int at, int n)
{
	static const uint8_t times[10][10] = {
		{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 }, { 1, 2, 3, 4, 0, 6, 7, 8, 9, 5 }, { 2, 3, 4, 0, 1, 7, 8, 9, 5, 6 },
		{ 3, 4, 0, 1, 2, 8, 9, 5, 6, 7 }, { 4, 0, 1, 2, 3, 9, 5, 6, 7, 8 }, { 5, 9, 8, 7, 6, 0, 4, 3, 2, 1 },
		{ 6, 5, 9, 8, 7, 1, 0, 4, 3, 2 }, { 7, 6, 5, 9, 8, 2, 1, 0, 4, 3 }, { 8, 7, 6, 5, 9, 3, 2, 1, 0, 4 },
		{ 9, 8, 7, 6, 5, 4, 3, 2, 1, 0 },
	};
	static const uint8_t move[8][10] = {
		{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 }, { 1, 5, 7, 6, 2, 8, 3, 0, 9, 4 }, { 5, 8, 0, 3, 7, 9, 6, 1, 4, 2 },
		{ 8, 9, 1, 6, 0, 4, 3, 5, 2, 7 }, { 9, 4, 5, 3, 1, 2, 6, 8, 7, 0 }, { 4, 2, 8, 6, 5, 7, 3, 9, 0, 1 },
		{ 2, 7, 9, 3, 8, 0, 6, 4, 1, 5 }, { 7, 0, 4, 6, 9, 1, 3, 2, 5, 8 },
	};
	int check = 0;
	for (int i = 0; i < n; i++)
		check = times[check][move[i % 8][id->c[at + n - 1 - i] - '0']];
	return check == 0;
}

int id_remainder(const struct id *id, int at, int n, int m)
{
	int r = 0;
	for (int i = at; i < at + n; i++)
		r = (r * 10 + (id->c[i] - '0')) % m;
	return r;
}
