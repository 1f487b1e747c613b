/* Registers of the Americas, Asia, the Pacific and Africa, by country. */
#include "detect/valid.h"
#include "detect/valid_id.h"

#include <string.h>

#define CHECK(fn) static int fn(const char *s, size_t size, const double *num)

static int one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

CHECK(ae_emirates_id)
{
	struct id id;
	return id_read_shape(&id, s, size, "784999999999999") && id_luhn(&id, 0, 15) && (one_of(id.c[3], "12"));
}

CHECK(ar_cuit)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "99999999999"))
		return 0;
	static const long kinds[] = { 20, 23, 24, 27, 30, 33, 34, 50, 51, 55 };
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (id_number(&id, 0, 2) == kinds[i])
			return "012345678990"[11 - id_sum(&id, 0, "5432765432") % 11] == id.c[10];
	return 0;
}

CHECK(au_abn)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "99999999999") || id_number(&id, 0, 2) < 11)
		return 0;
	id.c[0]--;
	return (id_sum(&id, 0, "A13579BDFHJ")) % 89 == 0;
}

CHECK(au_medicare)
{
	struct id id;
	if (id_read(&id, s, size) < 0 || !(id_shape(&id, "9999999999") || id_shape(&id, "99999999999")) || !one_of(id.c[0], "23456"))
		return 0;
	return id_sum(&id, 0, "13791379") % 10 == id.c[8] - '0' && id.c[9] != '0' && (id.n == 10 || id.c[10] != '0');
}

CHECK(au_tfn)
{
	struct id id;
	if (id_read(&id, s, size) < 0)
		return 0;
	if (id_shape(&id, "99999999")) /* before the check digit was made part of all new ones */
		return id_number(&id, 0, 8) != 0 && id_sum(&id, 0, "A7846351") % 11 == 0;
	return id_shape(&id, "999999999") && id_number(&id, 0, 9) != 0 && id_sum(&id, 0, "14375869A") % 11 == 0;
}

CHECK(br_cpf)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "99999999999") || strspn(id.c, (char[]){ id.c[0], '\0' }) == 11)
		return 0;
	int a = (11 - id_sum(&id, 0, "A98765432") % 11) % 11 % 10, b = (11 - id_sum(&id, 0, "BA98765432") % 11) % 11 % 10;
	return a == id.c[9] - '0' && b == id.c[10] - '0';
}

/* The driver's licence.  Where the first sum leaves 10, the second one is short of 2. */
CHECK(br_cnh)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "99999999999") || id_number(&id, 0, 9) == 0)
		return 0;
	int a = id_sum(&id, 0, "987654321") % 11, b = id_sum(&id, 0, "123456789") % 11;
	if (a == 10) {
		a = 0;
		b -= 2;
	}
	b = b < 0 ? b + 11 : b;
	return a == id.c[9] - '0' && (b >= 10 ? 0 : b) == id.c[10] - '0';
}

/* Since July 2026 letters stand in new ones, but for the check digits; A counts 17, as its place behind '0' in ASCII. */
CHECK(br_cnpj)
{
	static const int weights[] = { 6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2 };
	struct id id;
	int a = 0, b = 0, any = 0;
	if (!id_read_shape(&id, s, size, "************99"))
		return 0;
	for (int i = 0; i < 12; i++) {
		a += (id.c[i] - '0') * weights[i + 1];
		b += (id.c[i] - '0') * weights[i];
		any |= i < 8 && id.c[i] != '0';
	}
	a = (11 - a % 11) % 11 % 10;
	b = (11 - (b + a * 2) % 11) % 11 % 10;
	return any && a == id.c[12] - '0' && b == id.c[13] - '0';
}

CHECK(ca_sin)
{
	struct id id;
	return id_read_shape(&id, s, size, "999999999") && id.c[0] != '8' && id_luhn(&id, 0, 9);
}

CHECK(cl_rut)
{
	struct id id;
	if (id_read(&id, s, size) < 0 || !(id_shape(&id, "9999999*") || id_shape(&id, "99999999*")))
		return 0;
	int sum = id_sum(&id, 0, id.n == 9 ? "32765432" : "2765432");
	return "0K987654321"[sum % 11] == id.c[id.n - 1] && id_number(&id, 0, id.n - 1) > 0;
}

/* GB 11643; the first two digits are a province, 7 to 14 a birthday. */
CHECK(cn_resident_id)
{
	static const char provinces[] = "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83 91 ";
	struct id id;
	if (!id_read_shape(&id, s, size, "99999999999999999*") || (id.c[17] > '9' && id.c[17] != 'X'))
		return 0;
	char province[] = { id.c[0], id.c[1], ' ', '\0' };
	long year = id_number(&id, 6, 4);
	return strstr(provinces, province) && year >= 1880 && year < 2100 && id_is_day(year, id_number(&id, 10, 2), id_number(&id, 12, 2)) &&
	       id_mod11_2(&id, 0, 18);
}

CHECK(co_nit)
{
	static const int weights[] = { 3, 7, 13, 17, 19, 23, 29, 37, 41, 43, 47, 53, 59, 67, 71 };
	struct id id;
	int sum = 0;
	if (id_read(&id, s, size) < 0 || id.n < 8 || id.n > 16 || strspn(id.c, "0123456789") != (size_t)id.n)
		return 0;
	for (int i = 0; i < id.n - 1; i++)
		sum += weights[i] * (id.c[id.n - 2 - i] - '0');
	return "01987654321"[sum % 11] == id.c[id.n - 1];
}

CHECK(ec_cedula)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "9999999999") || id.c[2] > '5')
		return 0;
	long province = id_number(&id, 0, 2);
	return ((province >= 1 && province <= 24) || province == 30 || province == 50) && id_luhn(&id, 0, 10);
}

CHECK(hk_id)
{
	struct id id;
	char plain[16];
	size_t n = 0;
	for (size_t i = 0; i < size && n < sizeof plain; i++)
		if (s[i] != '(' && s[i] != ')')
			plain[n++] = s[i];
	if (n == sizeof plain || id_read(&id, plain, n) < 0 || !(id_shape(&id, "A999999*") || id_shape(&id, "AA999999*")))
		return 0;
	char last = id.c[id.n - 1];
	if (last > '9' && last != 'A')
		return 0;
	/* letters count 10 to 35, a missing first one 36; the check digit A counts 10, as id_value() says */
	int sum = id.n == 9 ? id_sum(&id, 0, "987654321") : 9 * 36 + id_sum(&id, 0, "87654321");
	return sum % 11 == 0;
}

/* Birthday at 7, women's day +40; the first two digits are a province. */
CHECK(id_nik)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "9999999999999999") || id_number(&id, 12, 4) == 0)
		return 0;
	long day = id_number(&id, 6, 2), province = id_number(&id, 0, 2);
	return province >= 11 && province <= 97 && id_number(&id, 2, 2) != 0 &&
	       id_is_day(id_number(&id, 10, 2), id_number(&id, 8, 2), day > 40 ? day - 40 : day);
}

CHECK(il_id)
{
	struct id id;
	return id_read_shape(&id, s, size, "999999999") && id_number(&id, 0, 9) != 0 && id_luhn(&id, 0, 9);
}

CHECK(in_aadhaar)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "999999999999") || one_of(id.c[0], "01"))
		return 0;
	int palindrome = 1;
	for (int i = 0; i < 6; i++)
		palindrome &= id.c[i] == id.c[11 - i];
	return !palindrome && id_verhoeff(&id, 0, 12);
}

CHECK(in_pan)
{
	struct id id;
	return id_read_shape(&id, s, size, "AAAAA9999A") && one_of(id.c[3], "ABCFGHJLPTK") && id_number(&id, 5, 4) != 0;
}

/* State, PAN, entity, Z, and a check character modulo 36 with cross sums. */
CHECK(in_gstin)
{
	struct id id;
	int sum = 0;
	if (!id_read_shape(&id, s, size, "99AAAAA9999A***") || id_number(&id, 0, 2) == 0 || (id_number(&id, 0, 2) > 38 && id_number(&id, 0, 2) < 96) ||
	    !one_of(id.c[5], "ABCFGHJLPTK"))
		return 0;
	for (int i = 0; i < 14; i++) {
		int v = id_value(id.c[i]) * (i & 1 ? 2 : 1);
		sum += v / 36 + v % 36;
	}
	return (36 - sum % 36) % 36 == id_value(id.c[14]);
}

CHECK(jp_mynumber)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "999999999999"))
		return 0;
	int r = id_sum(&id, 0, "65432765432") % 11;
	return (r <= 1 ? 0 : 11 - r) == id.c[11] - '0' && strspn(id.c, (char[]){ id.c[0], '\0' }) < 12;
}

/* The check digit is not given to numbers since October 2020; birthday and century always are. */
CHECK(kr_rrn)
{
	struct id id;
	return id_read_shape(&id, s, size, "9999999999999") && one_of(id.c[6], "12345678") &&
	       id_is_day(id_number(&id, 0, 2), id_number(&id, 2, 2), id_number(&id, 4, 2));
}

CHECK(kr_rrn_check)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "9999999999999"))
		return 0;
	int check = (11 - id_sum(&id, 0, "234567892345") % 11) % 10;
	/* those of foreigners are two more */
	return (one_of(id.c[6], "5678") ? (check + 2) % 10 : check) == id.c[12] - '0';
}

CHECK(kz_iin)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "999999999999") || !one_of(id.c[6], "123456") ||
	    !id_is_day(id_number(&id, 0, 2), id_number(&id, 2, 2), id_number(&id, 4, 2)))
		return 0;
	int check = id_sum(&id, 0, "123456789AB") % 11;
	if (check == 10)
		check = id_sum(&id, 0, "3456789AB12") % 11;
	return check == id.c[11] - '0';
}

/* Birthday at 5, a state of Mexico or NE behind the sex; check digit by an alphabet that has Ñ behind N. */
CHECK(mx_curp)
{
	static const char states[] = "AS BC BS CC CL CM CS CH DF DG GT GR HG JC MC MN MS NT NL OC PL QT QR SP SL SR TC TS TL VZ YN ZS NE ";
	struct id id;
	int sum = 0;
	if (!id_read_shape(&id, s, size, "AAAA999999AAAAAA*9") || !one_of(id.c[10], "HMX"))
		return 0;
	char state[] = { id.c[11], id.c[12], ' ', '\0' };
	if (!strstr(states, state) || !id_is_day(id_number(&id, 4, 2), id_number(&id, 6, 2), id_number(&id, 8, 2)))
		return 0;
	for (int i = 0; i < 17; i++) {
		int v = id_value(id.c[i]);
		sum += (18 - i) * (v > id_value('N') ? v + 1 : v);
	}
	return (10 - sum % 10) % 10 == id.c[17] - '0';
}

CHECK(mx_rfc)
{
	struct id id;
	if (id_read(&id, s, size) < 0)
		return 0;
	int person = id_shape(&id, "AAAA999999***"), at = person ? 4 : 3;
	if (!person && !id_shape(&id, "AAA999999***"))
		return 0;
	return id_is_day(id_number(&id, at, 2), id_number(&id, at + 2, 2), id_number(&id, at + 4, 2)) &&
	       (id.c[id.n - 1] <= '9' || id.c[id.n - 1] == 'A');
}

CHECK(my_nric)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "999999999999"))
		return 0;
	long place = id_number(&id, 6, 2);
	return id_is_day(id_number(&id, 0, 2), id_number(&id, 2, 2), id_number(&id, 4, 2)) && place != 0 &&
	       !(place >= 17 && place <= 20) && !(place >= 69 && place <= 70) && place != 73 && !(place >= 80 && place <= 81) &&
	       !(place >= 94 && place <= 97);
}

CHECK(nz_ird)
{
	struct id id;
	if (id_read(&id, s, size) < 0)
		return 0;
	if (id_shape(&id, "99999999")) {
		memmove(id.c + 1, id.c, 9);
		id.c[0] = '0';
		id.n = 9;
	}
	if (!id_shape(&id, "999999999") || id_number(&id, 0, 9) < 10000000 || id_number(&id, 0, 9) > 150000000)
		return 0;
	int check = (11 - id_sum(&id, 0, "32765432") % 11) % 11;
	if (check == 10)
		check = (11 - id_sum(&id, 0, "74325276") % 11) % 11;
	return check == id.c[8] - '0';
}

/* HISO 10046: letters without I and O; the newer form ends in two letters, the last a check modulo 24. */
CHECK(nz_nhi)
{
	static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ";
	struct id id;
	int sum = 0;
	if (id_read(&id, s, size) < 0 || !(id_shape(&id, "AAA9999") || id_shape(&id, "AAA99AA")))
		return 0;
	for (int i = 0; i < 7; i++) {
		const char *p = id.c[i] > '9' ? strchr(letters, id.c[i]) : NULL;
		if (id.c[i] > '9' && !p)
			return 0;
		int v = p ? (int)(p - letters) + 1 : id.c[i] - '0';
		if (i < 6)
			sum += (7 - i) * v;
		else if (!p)
			return sum % 11 != 0 && (11 - sum % 11) % 10 == v;
	}
	return letters[23 - sum % 24] == id.c[6];
}

CHECK(pe_ruc)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "99999999999"))
		return 0;
	long kind = id_number(&id, 0, 2);
	return (kind == 10 || kind == 15 || kind == 16 || kind == 17 || kind == 20) && (11 - id_sum(&id, 0, "5432765432") % 11) % 10 == id.c[10] - '0';
}

/* S and T: citizens; F, G and M: foreigners. */
CHECK(sg_nric)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "A9999999A") || !one_of(id.c[0], "STFGM"))
		return 0;
	int sum = id_sum(&id, 1, "2765432") + (one_of(id.c[0], "TG") ? 4 : id.c[0] == 'M' ? 3 : 0);
	const char *letters = one_of(id.c[0], "ST") ? "JZIHGFEDCBA" : id.c[0] == 'M' ? "XWUTRQPNJLK" : "XWUTRQPNMLK";
	return letters[sum % 11] == id.c[8];
}

CHECK(th_id)
{
	struct id id;
	return id_read_shape(&id, s, size, "9999999999999") && !one_of(id.c[0], "09") &&
	       (11 - id_sum(&id, 0, "DCBA98765432") % 11) % 10 == id.c[12] - '0';
}

CHECK(tw_id)
{
	static const char order[] = "ABCDEFGHJKLMNPQRSTUVXYWZIO"; /* count 10 to 35 in this order */
	struct id id;
	if (!id_read_shape(&id, s, size, "A999999999") || !one_of(id.c[1], "1289"))
		return 0;
	int v = (int)(strchr(order, id.c[0]) - order) + 10;
	return (v / 10 + 9 * (v % 10) + id_sum(&id, 1, "876543211")) % 10 == 0;
}

CHECK(us_itin)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "999999999") || id.c[0] != '9')
		return 0;
	long group = id_number(&id, 3, 2);
	return (group >= 50 && group <= 65) || (group >= 70 && group <= 88) || (group >= 90 && group <= 92) || (group >= 94 && group <= 99);
}

CHECK(us_ein)
{
	static const char never[] = "00 07 08 09 17 18 19 28 29 49 69 70 78 79 89 96 97 ";
	struct id id;
	if (!id_read_shape(&id, s, size, "999999999"))
		return 0;
	char prefix[] = { id.c[0], id.c[1], ' ', '\0' };
	return strstr(never, prefix) == NULL;
}

/* Luhn over 80840 and the number (45 CFR 162.406): the prefix adds 24. */
CHECK(us_npi)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "9999999999") || !one_of(id.c[0], "12"))
		return 0;
	char with[] = "808400000000000";
	memcpy(with + 5, id.c, 10);
	return id_read(&id, with, 15) == 0 && id_luhn(&id, 0, 15);
}

CHECK(us_dea)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "A*9999999") || !one_of(id.c[0], "ABCDEFGHJKLMPRSTUX") || (id.c[1] < 'A' && id.c[1] != '9'))
		return 0;
	return id_sum(&id, 2, "121212") % 10 == id.c[8] - '0';
}

/* CMS: positions 2, 5, 8 and 9 are letters without S L O I B Z. */
CHECK(us_mbi)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "9A*9A*9AA99") || id.c[0] == '0')
		return 0;
	return strpbrk(id.c, "SLOIBZ") == NULL;
}

CHECK(ve_rif)
{
	static const char kinds[] = "VEJPG";
	struct id id;
	if (!id_read_shape(&id, s, size, "A999999999") || !one_of(id.c[0], kinds))
		return 0;
	int sum = 4 * (int)(strchr(kinds, id.c[0]) - kinds + 1) + id_sum(&id, 1, "32765432");
	return "00987654321"[sum % 11] == id.c[9];
}

CHECK(za_id)
{
	struct id id;
	return id_read_shape(&id, s, size, "9999999999999") && one_of(id.c[10], "012") && id_luhn(&id, 0, 13) &&
	       id_is_day(id_number(&id, 0, 2), id_number(&id, 2, 2), id_number(&id, 4, 2));
}

const struct validator valid_world[] = {
	{ "ae-emirates-id", "United Arab Emirates, identity card: 784, century and Luhn", ae_emirates_id, { { 0 } }, 50 },
	{ "ar-cuit", "Argentina, CUIT and CUIL: kind and weights 5432765432, modulo 11", ar_cuit, { { 0 } }, 94 },
	{ "au-abn", "Australia, business number: modulo 89", au_abn, { { 0 } }, 94 },
	{ "au-medicare", "Australia, Medicare card: weights 13791379, modulo 10", au_medicare, { { 0 } }, 20 },
	{ "au-tfn", "Australia, tax file number of 8 or 9 digits: weights, modulo 11", au_tfn, { { 0 } }, 10 },
	{ "br-cnh", "Brazil, driving licence: two check digits, modulo 11", br_cnh, { { 0 } }, 80 },
	{ "br-cnpj", "Brazil, CNPJ: two check digits, modulo 11; letters are values, too", br_cnpj, { { 0 } }, 96 },
	{ "br-cpf", "Brazil, CPF: two check digits, modulo 11", br_cpf, { { 0 } }, 91 },
	{ "ca-sin", "Canada, social insurance number: Luhn, not 8 in front (0 is in use for samples)", ca_sin, { { 0 } }, 10 },
	{ "cl-rut", "Chile, RUT and RUN: modulo 11, K for 10", cl_rut, { { 0 } }, 10 },
	{ "cn-resident-id", "China, resident id: province, birthday and ISO 7064 MOD 11-2", cn_resident_id, { { 0 } }, 8000 },
	{ "co-nit", "Colombia, NIT: prime weights, modulo 11", co_nit, { { 0 } }, 9.5 },
	{ "ec-cedula", "Ecuador, identity card: province and Luhn", ec_cedula, { { 0 } }, 63 },
	{ "hk-id", "Hong Kong, identity card: weights 987654321, modulo 11, A for 10", hk_id, { { 0 } }, 10 },
	{ "id-nik", "Indonesia, NIK: province and birthday", id_nik, { { 0 } }, 15 },
	{ "il-id", "Israel, identity number: Luhn", il_id, { { 0 } }, 9.4 },
	{ "in-aadhaar", "India, Aadhaar: Verhoeff, no palindrome", in_aadhaar, { { 0 } }, 11 },
	{ "in-gstin", "India, GSTIN: state, PAN and check character modulo 36", in_gstin, { { 0 } }, 180 },
	{ "in-pan", "India, PAN: kind of holder in the fourth place", in_pan, { { 0 } }, 2.3 },
	{ "jp-mynumber", "Japan, individual number: weights 65432765432, modulo 11", jp_mynumber, { { 0 } }, 10 },
	{ "kr-rrn", "Korea, resident registration: birthday and century", kr_rrn, { { 0 } }, 32 },
	{ "kr-rrn-check", "Korea, resident registration: weights 234567892345, modulo 11 (numbers given out before October 2020)", kr_rrn_check, { { 0 } }, 9.4 },
	{ "kz-iin", "Kazakhstan, IIN: birthday and two rows of weights, modulo 11", kz_iin, { { 0 } }, 440 },
	{ "mx-curp", "Mexico, CURP: birthday, state and check digit", mx_curp, { { 0 } }, 8000 },
	{ "mx-rfc", "Mexico, RFC of a person or a company: date", mx_rfc, { { 0 } }, 25 },
	{ "my-nric", "Malaysia, identity card: birthday and place of birth", my_nric, { { 0 } }, 29 },
	{ "nz-ird", "New Zealand, IRD: two rows of weights, modulo 11", nz_ird, { { 0 } }, 50 },
	{ "nz-nhi", "New Zealand, health index: modulo 11, or 24 in the newer form", nz_nhi, { { 0 } }, 13 },
	{ "pe-ruc", "Peru, RUC: kind and weights 5432765432, modulo 11", pe_ruc, { { 0 } }, 190 },
	{ "sg-nric", "Singapore, NRIC and FIN: weights 2765432, letter by modulo 11", sg_nric, { { 0 } }, 120 },
	{ "th-id", "Thailand, identity card: weights 13 to 2, modulo 11", th_id, { { 0 } }, 11 },
	{ "tw-id", "Taiwan, identity number: letter as two digits, weights 1987654321, modulo 10", tw_id, { { 0 } }, 23 },
	{ "us-dea", "United States, DEA registration: weights 121212, modulo 10", us_dea, { { 0 } }, 13 },
	{ "us-ein", "United States, EIN: prefix in use", us_ein, { { 0 } }, 1.1 },
	{ "us-itin", "United States, ITIN: 9 in front, group in use", us_itin, { { 0 } }, 2 },
	{ "us-mbi", "United States, Medicare beneficiary: letters in their places", us_mbi, { { 0 } }, 5.1 },
	{ "us-npi", "United States, NPI: Luhn with the prefix 80840", us_npi, { { 0 } }, 45 },
	{ "ve-rif", "Venezuela, RIF and cédula: kind of holder and weights 32765432, modulo 11", ve_rif, { { 0 } }, 40 },
	{ "za-id", "South Africa, identity number: birthday and Luhn", za_id, { { 0 } }, 920 },
	{ 0 },
};
