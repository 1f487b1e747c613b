/* Validators: what a pattern alone can't see.  One row each: name, parameters, function.
 *
 * They run on the normalised text of the sensitive part (ASCII digits whatever the script).
 * Number validators skip spaces, dashes, dots and slashes; others take the bytes as they are.
 */
#ifndef FILTERD_DETECT_VALID_H
#define FILTERD_DETECT_VALID_H

#include "base/nearest.h"

#include <stddef.h>
#include <stdint.h>

enum { VALID_PARAMS_MAX = 3 };

struct valid_param {
	const char *name; /* NULL: no such parameter */
	double dflt, min, max;
};

struct validator {
	const char *name;
	const char *help; /* for filterd-rules(5) and `filterctl rules list` */
	/* 1 if the size bytes at s are what the name says. num: one value per parameter. */
	int (*check)(const char *s, size_t size, const double *num);
	struct valid_param params[VALID_PARAMS_MAX];
	double odds; /* one in so many random texts of the same shape passes, or fewer (odds.h) */
};

/* NULL if there is none of this name. */
const struct validator *valid_find(const char *name);
/* Tries the names of all. */
void valid_nearest(struct nearest *n);
/* The table, in order; NULL at the end. */
const struct validator *valid_at(size_t index);

/* The tables by topic, each ending in a row without name; NULL at the end. */
extern const struct validator *const valid_tables[];
extern const struct validator valid_code[], valid_wallet[], valid_europe[], valid_vat[], valid_world[];

/* A validator as a rule file asks for it. */
struct valid_use {
	const struct validator *v;
	double num[VALID_PARAMS_MAX];
	double odds; /* v->odds, or what the parameters make of them */
	/* With lists and texts as parameters (validdef.h): asked instead of v->check; NULL: there are none. */
	int (*own_check)(const char *s, size_t size, const void *own);
	const void *own;
};

enum { VALID_LIST_MAX = 8 };

/* All of them must pass. */
struct valid_list {
	struct valid_use use[VALID_LIST_MAX];
	uint8_t n;
};

static inline int valid_run(const struct valid_use *u, const char *s, size_t size)
{
	return u->own_check ? u->own_check(s, size, u->own) : u->v->check(s, size, u->num);
}

static inline int valid_all(const struct valid_list *l, const char *s, size_t size)
{
	for (int i = 0; i < l->n; i++)
		if (!valid_run(&l->use[i], s, size))
			return 0;
	return 1;
}

/* valid_number.c */
int valid_luhn(const char *s, size_t size, const double *num);
int valid_card_iin(const char *s, size_t size, const double *num);
int valid_mod97(const char *s, size_t size, const double *num);
int valid_iban(const char *s, size_t size, const double *num);
int valid_us_ssn(const char *s, size_t size, const double *num);
int valid_aba(const char *s, size_t size, const double *num);
int valid_not_same(const char *s, size_t size, const double *num);
/* valid_check.c */
int valid_mod11_10(const char *s, size_t size, const double *num);
int valid_damm(const char *s, size_t size, const double *num);
int valid_verhoeff(const char *s, size_t size, const double *num);
/* valid_own.c: refuses all; what these two do, their parameters say */
int valid_needs_own(const char *s, size_t size, const double *num);
/* valid_secret.c */
int valid_jwt(const char *s, size_t size, const double *num);
int valid_pem(const char *s, size_t size, const double *num);
int valid_entropy(const char *s, size_t size, const double *num);
int valid_classes(const char *s, size_t size, const double *num);
int valid_crc32_base62(const char *s, size_t size, const double *num);
/* CRC-32 of IEEE 802.3. */
uint32_t valid_crc32(const char *s, size_t size);
int valid_not_placeholder(const char *s, size_t size, const double *num);
/* valid_password.c */
int valid_password(const char *s, size_t size, const double *num);

#endif
