/* VAT numbers of the European Union, of the United Kingdom and of Norway, with the country's letters in front: its form, and its check
 * digits as the states describe them to each other (Commission, VIES: structure of VAT numbers and their algorithms). */
#include "detect/valid.h"
#include "detect/valid_id.h"

#include <string.h>

enum { BODY = 2 }; /* where the number begins, behind the country's letters */

/* The same number goes by another name at home: what that one's validator says of it. */
static int is_also(const struct id *id, const char *name)
{
	const struct validator *v = valid_find(name);
	static const double none[VALID_PARAMS_MAX];
	return v->check(id->c + BODY, (size_t)(id->n - BODY), none);
}

static int digit(const struct id *id, int at)
{
	return id->c[BODY + at] - '0';
}

static int is_at(const struct id *id)
{
	int sum = 4;
	for (int i = 0; i < 7; i++) {
		int v = digit(id, 1 + i) * (1 + i % 2);
		sum += v / 10 + v % 10;
	}
	return (10 - sum % 10) % 10 == digit(id, 8);
}

static int is_be(const struct id *id)
{
	return digit(id, 0) <= 1 && 97 - id_number(id, BODY, 8) % 97 == id_number(id, BODY + 8, 2);
}

/* Companies have nine digits; people ten: their civil number, one of foreigners, or another. */
static int is_bg(const struct id *id)
{
	if (id->n == BODY + 9) {
		int sum = id_sum(id, BODY, "12345678") % 11;
		return (sum < 10 ? sum : id_sum(id, BODY, "3456789A") % 11 % 10) == digit(id, 8);
	}
	return is_also(id, "bg-egn") || id_sum(id, BODY, "LJHDB9731") % 10 == digit(id, 9) || (11 - id_sum(id, BODY, "432765432") % 11) % 11 == digit(id, 9);
}

static int is_cy(const struct id *id)
{
	static const int odd[] = { 1, 0, 5, 7, 9, 13, 15, 17, 19, 21 };
	int sum = 0;
	for (int i = 0; i < 8; i++)
		sum += i % 2 ? digit(id, i) : odd[digit(id, i)];
	return id_number(id, BODY, 2) != 12 && 'A' + sum % 26 == id->c[BODY + 8];
}

static int is_cz(const struct id *id)
{
	/* people: their birth number, or nine digits with 6 in front, which tell no birthday */
	if (id->n == BODY + 9 && digit(id, 0) == 6)
		return (18 - (21 - id_sum(id, BODY + 1, "8765432") % 11) % 11) % 10 == digit(id, 8);
	if (id->n > BODY + 8)
		return is_also(id, "cz-rodne-cislo");
	int check = (11 - id_sum(id, BODY, "8765432") % 11) % 11;
	return digit(id, 0) != 9 && (check ? check : 1) % 10 == digit(id, 7);
}

static int is_de(const struct id *id)
{
	return digit(id, 0) != 0 && id_mod11_10(id, BODY, 9);
}

static int is_dk(const struct id *id)
{
	return digit(id, 0) != 0 && id_sum(id, BODY, "27654321") % 11 == 0;
}

static int is_ee(const struct id *id)
{
	return id_sum(id, BODY, "371371371") % 10 == 0;
}

static int is_el(const struct id *id)
{
	return is_also(id, "gr-afm");
}

static int is_es(const struct id *id)
{
	return is_also(id, "es-dni") || is_also(id, "es-nie") || is_also(id, "es-cif");
}

static int is_fi(const struct id *id)
{
	return is_also(id, "fi-y-tunnus");
}

/* A SIREN behind a key of two digits, or of a digit and a letter. */
static int is_fr(const struct id *id)
{
	static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
	const char *a = strchr(alphabet, id->c[BODY]), *b = strchr(alphabet, id->c[BODY + 1]);
	if (!a || !b || !id_luhn(id, BODY + 2, 9))
		return 0;
	long siren = id_number(id, BODY + 2, 9), first = a - alphabet, second = b - alphabet;
	if (first < 10 && second < 10)
		return first * 10 + second == (12 + 3 * (siren % 97)) % 97;
	long key = first < 10 ? first * 24 + second - 10 : first * 34 + second - 100;
	return (siren + 1 + key / 11) % 11 == key % 11;
}

static int is_gb(const struct id *id)
{
	long sum = id_sum(id, BODY, "8765432") + id_number(id, BODY + 7, 2);
	return id_number(id, BODY, 7) != 0 && (sum % 97 == 0 || sum % 97 == 42 || sum % 97 == 55);
}

static int is_hr(const struct id *id)
{
	return id_mod11_10(id, BODY, 11);
}

static int is_hu(const struct id *id)
{
	return (10 - id_sum(id, BODY, "9731973") % 10) % 10 == digit(id, 7);
}

/* Old ones have their first digit behind the others, and a letter for it. */
static int is_ie(const struct id *id)
{
	if (id->c[BODY + 1] >= '0' && id->c[BODY + 1] <= '9')
		return is_also(id, "ie-pps");
	int sum = id_sum(id, BODY + 2, "76543") + 2 * digit(id, 0);
	return "WABCDEFGHIJKLMNOPQRSTUV"[sum % 23] == id->c[BODY + 7];
}

static int is_it(const struct id *id)
{
	return is_also(id, "it-partita-iva");
}

static int is_lt(const struct id *id)
{
	int last = id->n - BODY - 1, sum = 0, again = 0;
	for (int i = 0; i < last; i++) {
		sum += digit(id, i) * (1 + i % 9);
		again += digit(id, i) * (1 + (i + 2) % 9);
	}
	return digit(id, last - 1) == 1 && (sum % 11 < 10 ? sum % 11 : again % 11 % 10) == digit(id, last);
}

static int is_lu(const struct id *id)
{
	return id_number(id, BODY, 6) % 89 == id_number(id, BODY + 6, 2);
}

static int is_lv(const struct id *id)
{
	return digit(id, 0) > 3 ? id_sum(id, BODY, "91483A25761") % 11 == 3 : is_also(id, "lv-personas-kods");
}

static int is_mt(const struct id *id)
{
	return digit(id, 0) != 0 && id_sum(id, BODY, "346789A1") % 37 == 0;
}

static int is_nl(const struct id *id)
{
	struct id number = *id;
	number.n = BODY + 9;
	return is_also(&number, "nl-bsn") || valid_mod97(id->c, (size_t)id->n, NULL);
}

static int is_no(const struct id *id)
{
	return (11 - id_sum(id, BODY, "32765432") % 11) % 11 == digit(id, 8) && strcmp(id->c + BODY + 9, "MVA") == 0;
}

static int is_pl(const struct id *id)
{
	return is_also(id, "pl-nip");
}

static int is_pt(const struct id *id)
{
	return is_also(id, "pt-nif");
}

/* Up to ten digits; their weights belong to the places from the right. */
static int is_ro(const struct id *id)
{
	static const char weights[] = "753217532";
	int last = id->n - BODY - 1;
	return digit(id, 0) != 0 && 10 * id_sum(id, BODY, weights + 9 - last) % 11 % 10 == digit(id, last);
}

static int is_se(const struct id *id)
{
	return id_luhn(id, BODY, 10) && id_number(id, BODY + 10, 2) != 0;
}

static int is_si(const struct id *id)
{
	int check = 11 - id_sum(id, BODY, "8765432") % 11;
	return digit(id, 0) != 0 && check < 11 && check % 10 == digit(id, 7);
}

static int is_sk(const struct id *id)
{
	return digit(id, 0) != 0 && strchr("234789", id->c[BODY + 2]) && id_remainder(id, BODY, 10, 11) == 0;
}

static const struct form {
	const char *shape; /* id_shape() */
	int (*check)(const struct id *id);
} forms[] = {
	{ "ATU99999999", is_at }, { "BE9999999999", is_be }, { "BG999999999", is_bg }, { "BG9999999999", is_bg }, { "CY99999999A", is_cy },
	{ "CZ99999999", is_cz }, { "CZ999999999", is_cz }, { "CZ9999999999", is_cz }, { "DE999999999", is_de }, { "DK99999999", is_dk },
	{ "EE999999999", is_ee }, { "EL999999999", is_el }, { "ES*9999999*", is_es }, { "FI99999999", is_fi }, { "FR**999999999", is_fr },
	{ "GB999999999", is_gb }, { "GB999999999999", is_gb }, { "XI999999999", is_gb }, { "XI999999999999", is_gb }, { "HR99999999999", is_hr },
	{ "HU99999999", is_hu }, { "IE9999999A", is_ie }, { "IE9999999AA", is_ie }, { "IE9A99999A", is_ie }, { "IT99999999999", is_it },
	{ "LT999999999", is_lt }, { "LT999999999999", is_lt }, { "LU99999999", is_lu }, { "LV99999999999", is_lv }, { "MT99999999", is_mt },
	{ "NL999999999B99", is_nl }, { "NO999999999MVA", is_no }, { "PL9999999999", is_pl }, { "PT999999999", is_pt }, { "RO999999", is_ro },
	{ "RO9999999", is_ro }, { "RO99999999", is_ro }, { "RO999999999", is_ro }, { "RO9999999999", is_ro }, { "SE999999999999", is_se },
	{ "SI99999999", is_si }, { "SK9999999999", is_sk },
};

static int eu_vat(const char *s, size_t size, const double *num)
{
	struct id id;
	if (id_read(&id, s, size) < 0 || id.n < 10 - BODY)
		return 0;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (memcmp(forms[i].shape, id.c, BODY) == 0 && id_shape(&id, forms[i].shape))
			return forms[i].check(&id);
	return 0;
}

const struct validator valid_vat[] = {
	{ "eu-vat", "European Union, United Kingdom, Norway: VAT number behind its country's letters, with that country's check digits", eu_vat, { { 0 } }, 9 },
	{ 0 },
};
