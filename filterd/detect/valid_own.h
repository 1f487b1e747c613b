/* Validators that a rule file describes by lists and texts: checksums by weights, dates by format, characters by class,
 * checksums of tokens.  validdef.c reads the descriptions; they are plain data in an arena.
 */
#ifndef FILTERD_DETECT_VALID_OWN_H
#define FILTERD_DETECT_VALID_OWN_H

#include <stddef.h>
#include <stdint.h>

enum { SUM_CHARS_MAX = 64, SUM_MODULUS_MAX = 9999, DATE_FORMAT_MAX = 16, CLASSES_MAX = 16 };

/* Sum of weight times value over all characters but the check characters; spaces, dashes and the like have no value and are
 * left out. */
struct valid_sum {
	int16_t weight[SUM_CHARS_MAX];
	uint8_t nweights;              /* the first weighs the first character again when they are used up */
	int modulus, remainder;        /* remainder: what a sum without check character must leave */
	int8_t check;                  /* place of the check character, from 1 on; from the end if negative; 0: none */
	uint8_t check_size;            /* digits, written as a number if more than one */
	uint8_t from_right;            /* the first weight belongs to the last character */
	uint8_t cross;                 /* sum of the digits of each product, instead of it */
	uint8_t subtract;              /* the check character is what is missing to a multiple of the modulus */
	int8_t value[128];             /* of each character; -1: none */
	char digit[SUM_CHARS_MAX + 1]; /* the check character of each value; a space, or none: it can't be */
};
int valid_sum(const char *s, size_t size, const void *own);

/* A date in a fixed place. */
struct valid_date {
	uint8_t offset;                /* characters before it, separators not counted */
	uint8_t marked;                /* separators must stand where the format has some, and nowhere else */
	char format[DATE_FORMAT_MAX + 1]; /* Y, M, D; '-': a separator */
	char separators[DATE_FORMAT_MAX + 1];
};
int valid_date_at(const char *s, size_t size, const void *own);

struct byte_class {
	uint64_t bit[4];
};

/* Of each required class one byte at least, all bytes of allowed ones, and min of lower case, upper case, digits, others. */
struct valid_char_classes {
	struct byte_class require[CLASSES_MAX], allow;
	uint8_t nrequire, any_allowed; /* any_allowed: allow says nothing */
	double min;
};
int valid_char_classes(const char *s, size_t size, const void *own);

/* CRC-32 (IEEE 802.3), written in base 62 behind what it is of. */
struct valid_crc {
	char alphabet[63];
	char after[9];  /* what it is of begins behind the last of these; "": at the start */
	uint8_t size;   /* characters of the checksum */
};
int valid_crc_at(const char *s, size_t size, const void *own);

#endif
