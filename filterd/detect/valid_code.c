/* Codes of trade and technology that know no country. */
#include "detect/valid.h"
#include "detect/valid_id.h"

#include <string.h>

#define CHECK(fn) static int fn(const char *s, size_t size, const double *num)

/* ISO 3166-1 alpha-2, with XK as banks use it; in order. */
static const char countries[] =
	"ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEG"
	"EHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILK"
	"LRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSC"
	"SDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSXKYEYTZAZMZW";

static int is_country(const char *c)
{
	for (const char *p = countries; *p; p += 2)
		if (p[0] == c[0] && p[1] == c[1])
			return 1;
	return 0;
}

/* ISO 9362: institution, country, location, branch; upper case as SWIFT writes it. */
CHECK(bic)
{
	struct id id;
	if (size != 8 && size != 11)
		return 0;
	if (id_read(&id, s, size) < 0 || memcmp(id.c, s, size) != 0 || !(id_shape(&id, "AAAAAA**") || id_shape(&id, "AAAAAA*****")))
		return 0;
	return is_country(id.c + 4) && id.c[6] != '0' && id.c[6] != '1' && id.c[7] != 'O';
}

/* ISO 6166: prefix of a country or of an international body, Luhn over letters as two digits. */
CHECK(isin)
{
	struct id id, digits = { .n = 0 };
	if (!id_read_shape(&id, s, size, "AA*********9") || !(is_country(id.c) || strncmp(id.c, "XS", 2) == 0 || strncmp(id.c, "EU", 2) == 0))
		return 0;
	for (int i = 0; i < 12; i++) {
		int v = id_value(id.c[i]);
		if (v >= 10)
			digits.c[digits.n++] = (char)('0' + v / 10);
		digits.c[digits.n++] = (char)('0' + v % 10);
	}
	return id_luhn(&digits, 0, digits.n);
}

/* ISO 17442: MOD 97-10 over letters as two digits. */
CHECK(lei)
{
	struct id id;
	long r = 0;
	if (!id_read_shape(&id, s, size, "******************99"))
		return 0;
	for (int i = 0; i < 20; i++) {
		int v = id_value(id.c[i]);
		r = (r * (v >= 10 ? 100 : 10) + v) % 97;
	}
	return r == 1;
}

/* 3GPP TS 23.003, 6.2.1: 14 digits and Luhn; the first two name the body that reports the type. */
CHECK(imei)
{
	static const char bodies[] = "01 10 35 44 45 49 50 51 52 53 54 86 91 97 98 99 ";
	struct id id;
	if (!id_read_shape(&id, s, size, "999999999999999") || !id_luhn(&id, 0, 15))
		return 0;
	char body[] = { id.c[0], id.c[1], ' ', '\0' };
	return strstr(bodies, body) != NULL;
}

/* ISO 3779 and 49 CFR 565: no I, O, Q; the check digit binds North America and China only. */
CHECK(vin)
{
	struct id id;
	if (id_read(&id, s, size) < 0 || id.n != 17 || strpbrk(id.c, "IOQ"))
		return 0;
	int digits = 0;
	for (int i = 0; i < 17; i++)
		digits += id.c[i] <= '9';
	return digits >= 5 && digits <= 15 && id.c[9] != 'U' && id.c[9] != 'Z' && strspn(id.c + 14, "0123456789") == 3;
}

CHECK(vin_check)
{
	static const char letters[] = "ABCDEFGHJKLMNPRSTUVWXYZ", values[] = "12345678123457923456789";
	static const int weights[] = { 8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2 };
	struct id id;
	int sum = 0;
	if (!vin(s, size, num) || id_read(&id, s, size) < 0)
		return 0;
	for (int i = 0; i < 17; i++)
		sum += weights[i] * (id.c[i] <= '9' ? id.c[i] - '0' : values[strchr(letters, id.c[i]) - letters] - '0');
	return "0123456789X"[sum % 11] == id.c[8];
}

/* ICAO 9303: the check digits of a machine readable passport's second line. */
CHECK(mrz)
{
	char d[44];
	if (size != 44)
		return 0;
	for (int i = 0; i < 44; i++) {
		if (!((s[i] >= '0' && s[i] <= '9') || (s[i] >= 'A' && s[i] <= 'Z') || s[i] == '<'))
			return 0;
		d[i] = (char)(s[i] == '<' ? 0 : id_value(s[i]));
	}
	static const struct { int from, n; } fields[] = { { 0, 9 }, { 13, 6 }, { 21, 6 } };
	for (size_t f = 0; f < sizeof fields / sizeof *fields; f++) {
		int sum = 0;
		for (int i = 0; i < fields[f].n; i++)
			sum += d[fields[f].from + i] * (i % 3 == 0 ? 7 : i % 3 == 1 ? 3 : 1);
		if (sum % 10 != d[fields[f].from + fields[f].n])
			return 0;
	}
	return 1;
}

/* A day and month and a year of four or two digits, in any order that people write. */
CHECK(date)
{
	long v[3] = { 0 };
	int n = 0, digits = 0;
	for (size_t i = 0; i <= size; i++) {
		if (i < size && s[i] >= '0' && s[i] <= '9') {
			if (++digits > 4 || n > 2)
				return 0;
			v[n] = v[n] * 10 + (s[i] - '0');
		} else if (digits) {
			n++;
			digits = 0;
		}
	}
	if (n != 3)
		return 0;
	return (v[0] > 31 && id_is_day(v[0], v[1], v[2])) || id_is_day(v[2], v[1], v[0]) || id_is_day(v[2], v[0], v[1]);
}

const struct validator valid_code[] = {
	{ "bic", "ISO 9362: country and location of a bank, in upper case", bic, { { 0 } }, 2.7 },
	{ "date", "three numbers that are a day, in the order year-month-day, day-month-year or month-day-year", date, { { 0 } }, 16 },
	{ "imei", "3GPP TS 23.003: reporting body and Luhn", imei, { { 0 } }, 60 },
	{ "isin", "ISO 6166: country and Luhn", isin, { { 0 } }, 26 },
	{ "lei", "ISO 17442: MOD 97-10", lei, { { 0 } }, 96 },
	{ "mrz", "ICAO 9303-4: three check digits of a passport's second line", mrz, { { 0 } }, 950 },
	{ "vin", "ISO 3779: characters in use, serial at the end", vin, { { 0 } }, 2.8 },
	{ "vin-check", "49 CFR 565.15: check digit in the ninth place (North America, China)", vin_check, { { 0 } }, 250 },
	{ 0 },
};
