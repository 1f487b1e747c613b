#include "detect/valid.h"

#include <string.h>

static const struct validator table[] = {
	{ "luhn", "check digit of ISO/IEC 7812-1, Annex B", valid_luhn, { { 0 } }, 10 },
	{ "card-iin", "length and issuer range of a payment card (Visa, Mastercard, Amex, Discover, JCB, Diners, UnionPay, Maestro, Mir, RuPay, …)", valid_card_iin, { { 0 } }, 2.7 },
	{ "mod97", "ISO 7064 MOD 97-10 over letters and digits as they stand, remainder 1", valid_mod97, { { 0 } }, 97 },
	{ "iban", "country, length for that country and check digits of ISO 13616", valid_iban, { { 0 } }, 6500 },
	{ "us-ssn", "no number that was never issued: area 000, 666, 900-999, group 00, serial 0000, known samples", valid_us_ssn, { { 0 } }, 1.1 },
	{ "aba", "check digit and federal reserve district of an ABA routing number", valid_aba, { { 0 } }, 26 },
	{ "weighted", "sum of the characters' values, each times its weight, and a check character", valid_needs_own, { { 0 } }, 1 },
	{ "mod11", "the same with modulus 11, the check digit being what is missing from a multiple of 11", valid_needs_own, { { 0 } }, 11 },
	{ "mod11-10", "check digit of ISO/IEC 7064, MOD 11-10", valid_mod11_10, { { 0 } }, 10 },
	{ "damm", "check digit of Damm's quasigroup", valid_damm, { { 0 } }, 10 },
	{ "verhoeff", "check digit of Verhoeff's scheme", valid_verhoeff, { { 0 } }, 10 },
	{ "not-same", "letters and digits are not all the same", valid_not_same, { { 0 } }, 1 },
	{ "jwt", "RFC 7519: the first part is base64url of a JSON object with \"alg\"", valid_jwt, { { 0 } }, 1e6 },
	{ "pem", "RFC 7468: labels of BEGIN and END agree, and base64 stands between them", valid_pem, { { 0 } }, 1e6 },
	{ "entropy", "Shannon entropy in bits per character is at least min", valid_entropy, { { "min", 3.0, 0.0, 8.0 } }, 1 },
	{ "classes", "at least min of: lower case, upper case, digits, others", valid_classes, { { "min", 2, 1, 4 } }, 1 },
	{ "crc32-base62", "the last six characters are the CRC-32 of those between the prefix (up to the last _) and them, in base 62", valid_crc32_base62, { { 0 } }, 4e9 },
	{ "not-placeholder", "no stand-in such as xxxx, ****, <password>, ${VAR}, changeme, example", valid_not_placeholder, { { 0 } }, 1 },
	{ "password", "letters beside digits or marks, of at least min classes, as people choose passwords: no date, version, file, host or piece of a program",
	  valid_password, { { "min", 2, 2, 4 } }, 1 },
	{ 0 },
};

const struct validator *const valid_tables[] = { table, valid_code, valid_wallet, valid_europe, valid_vat, valid_world, NULL };

const struct validator *valid_at(size_t index)
{
	for (size_t t = 0; valid_tables[t]; t++)
		for (const struct validator *v = valid_tables[t]; v->name; v++)
			if (index-- == 0)
				return v;
	return NULL;
}

const struct validator *valid_find(const char *name)
{
	for (size_t t = 0; valid_tables[t]; t++)
		for (const struct validator *v = valid_tables[t]; v->name; v++)
			if (strcmp(v->name, name) == 0)
				return v;
	return NULL;
}

void valid_nearest(struct nearest *n)
{
	for (size_t t = 0; valid_tables[t]; t++)
		for (const struct validator *v = valid_tables[t]; v->name; v++)
			nearest_try(n, v->name);
}
