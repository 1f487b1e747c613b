/* What validators of identifiers share: an identifier without its separators, its shape, dates in it, and the checksum
 * schemes that many registers use. */
#ifndef FILTERD_DETECT_VALID_ID_H
#define FILTERD_DETECT_VALID_ID_H

#include <stddef.h>

enum { ID_MAX = 40 };

/* Letters (in upper case) and digits as they stand. */
struct id {
	char c[ID_MAX + 1]; /* ends in NUL */
	int n;
};

/* Spaces, dashes, dots, slashes and + are left out.  -1: something else is in it, or it is longer than ID_MAX. */
int id_read(struct id *id_r, const char *s, size_t size) __attribute__((warn_unused_result));

/* True if id has exactly this shape: 9 a digit, A a letter, * either, anything else itself. */
int id_shape(const struct id *id, const char *shape);

/* id_read() and id_shape() in one: most registers have one shape. */
int id_read_shape(struct id *id_r, const char *s, size_t size, const char *shape) __attribute__((warn_unused_result));

/* The digits [at, at + n) as a number; they must be digits. */
long id_number(const struct id *id, int at, int n);

/* 0-9 and A-Z as 0-35. */
int id_value(char c);

/* The sum of the values from `at` on, each times its weight; weights are values too ("2" is 2, "A" is 10). */
int id_sum(const struct id *id, int at, const char *weights);

/* A day of the calendar.  With century unknown, give the two digits of the year: 29 February needs a leap year. */
int id_is_day(long year, long month, long day);

int id_luhn(const struct id *id, int at, int n);
/* ISO 7064 MOD 11-10 and MOD 11-2 over n digits, the check digit (which may be X in MOD 11-2) the last of them. */
int id_mod11_10(const struct id *id, int at, int n);
int id_mod11_2(const struct id *id, int at, int n);
int id_verhoeff(const struct id *id, int at, int n);
/* The remainder of n digits by m. */
int id_remainder(const struct id *id, int at, int n, int m);

#endif
