/* Registers of Europe, by country.  Each check is the register's own; sources stand with the detectors that use it. */
#include "detect/valid.h"
#include "detect/valid_id.h"

#include <string.h>

#define CHECK(fn) static int fn(const char *s, size_t size, const double *num)

static int one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* Mostly: a remainder of 10 is written 0. */
static int mod11_10_as_0(int sum)
{
	return sum % 11 % 10;
}

CHECK(at_svnr)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "9999999999") || id.c[0] == '0')
		return 0;
	/* day 31 of month 13 and the like stand where the birthday is unknown or used up */
	if (!(id_is_day(id_number(&id, 8, 2), id_number(&id, 6, 2), id_number(&id, 4, 2)) ||
	      (id_number(&id, 6, 2) >= 13 && id_number(&id, 6, 2) <= 15 && id_number(&id, 4, 2) <= 31)))
		return 0;
	return id_sum(&id, 0, "3790584216") % 11 == id.c[3] - '0';
}

CHECK(be_rrn)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "99999999999") || id_number(&id, 6, 3) == 0)
		return 0;
	long month = id_number(&id, 2, 2) % 20, day = id_number(&id, 4, 2); /* +20, +40: bis numbers */
	if (month > 12 || day > 31 || (month && day && !id_is_day(0, month, day)))
		return 0;
	long n = id_number(&id, 0, 9), check = id_number(&id, 9, 2);
	return check == 97 - n % 97 || check == 97 - (2000000000L + n) % 97;
}

CHECK(bg_egn)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "9999999999"))
		return 0;
	long year = 1900 + id_number(&id, 0, 2), month = id_number(&id, 2, 2);
	if (month > 40) {
		year += 100;
		month -= 40;
	} else if (month > 20) {
		year -= 100;
		month -= 20;
	}
	return id_is_day(year, month, id_number(&id, 4, 2)) && mod11_10_as_0(id_sum(&id, 0, "2485A9736")) == id.c[9] - '0';
}

CHECK(ch_ahv)
{
	struct id id;
	return id_read_shape(&id, s, size, "7569999999999") && id_sum(&id, 0, "1313131313131") % 10 == 0;
}

CHECK(ch_uid)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "CHE999999999"))
		return 0;
	int check = (11 - id_sum(&id, 3, "54327654") % 11) % 11;
	return check == id.c[11] - '0';
}

/* Birth numbers of Czechoslovakia and what came after: +50 women, +20 when a day's numbers were used up. */
CHECK(cz_rodne_cislo)
{
	struct id id;
	if (id_read(&id, s, size) < 0 || !(id_shape(&id, "999999999") || id_shape(&id, "9999999999")))
		return 0;
	long year = 1900 + id_number(&id, 0, 2), month = id_number(&id, 2, 2) % 50 % 20;
	if (id.n == 9)
		return year < 1954 && id_number(&id, 2, 2) % 50 <= 12 && id_is_day(year, month, id_number(&id, 4, 2)) && id_number(&id, 6, 3) != 0;
	if (year < 1954)
		year += 100;
	if (id_number(&id, 2, 2) % 50 > 12 && year < 2004)
		return 0;
	if (!id_is_day(year, month, id_number(&id, 4, 2)))
		return 0;
	return id_remainder(&id, 0, 9, 11) % 10 == id.c[9] - '0';
}

CHECK(de_steuer_id)
{
	struct id id;
	int seen[10] = { 0 }, doubled = 0, missing = 0;
	if (!id_read_shape(&id, s, size, "99999999999") || id.c[0] == '0')
		return 0;
	for (int i = 0; i < 10; i++)
		seen[id.c[i] - '0']++;
	for (int i = 0; i < 10; i++) {
		if (seen[i] > 3)
			return 0;
		doubled += seen[i] > 1;
		missing += seen[i] == 0;
	}
	/* one digit twice and one missing; since 2016 also one three times and two missing */
	return doubled == 1 && (missing == 1 || missing == 2) && id_mod11_10(&id, 0, 11);
}

CHECK(de_ust_id)
{
	struct id id;
	return id_read_shape(&id, s, size, "DE999999999") && id.c[2] != '0' && id_mod11_10(&id, 2, 9);
}

/* ICAO 9303 7-3-1; serials of identity cards and passports have no vowels and none of B D O Q S. */
CHECK(de_ausweis)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "*********9"))
		return 0;
	for (int i = 0; i < 9; i++)
		if (one_of(id.c[i], "ABDEIOQSU"))
			return 0;
	return !one_of(id.c[0], "0123456789") && id_sum(&id, 0, "731731731") % 10 == id.c[9] - '0';
}

/* The letter counts as its place in the alphabet, two digits. */
CHECK(de_kvnr)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "A999999999"))
		return 0;
	int letter = id.c[0] - 'A' + 1, sum = letter / 10 + (letter % 10 * 2) / 10 + (letter % 10 * 2) % 10;
	for (int i = 1; i < 9; i++) {
		int v = (id.c[i] - '0') * (i % 2 ? 1 : 2);
		sum += v / 10 + v % 10;
	}
	return sum % 10 == id.c[9] - '0';
}

CHECK(de_rvnr)
{
	static const char weights[] = "212571212121";
	struct id id;
	char d[13];
	int sum = 0;
	if (!id_read_shape(&id, s, size, "99999999A999"))
		return 0;
	if (id_number(&id, 4, 2) > 12 || id_number(&id, 2, 2) > 31 + 50 || id_number(&id, 0, 2) < 2)
		return 0;
	int letter = id.c[8] - 'A' + 1;
	memcpy(d, id.c, 8);
	d[8] = (char)('0' + letter / 10);
	d[9] = (char)('0' + letter % 10);
	memcpy(d + 10, id.c + 9, 2);
	for (int i = 0; i < 12; i++) {
		int v = (d[i] - '0') * (weights[i] - '0');
		sum += v / 10 + v % 10;
	}
	return sum % 10 == id.c[11] - '0';
}

/* Numbers with a check digit by weights 4327654321 ended in 2007; what is always there is the day. */
CHECK(dk_cpr)
{
	struct id id;
	return id_read_shape(&id, s, size, "9999999999") && id_number(&id, 6, 4) != 0 &&
	       id_is_day(id_number(&id, 4, 2), id_number(&id, 2, 2), id_number(&id, 0, 2));
}

CHECK(dk_cpr_mod11)
{
	struct id id;
	return id_read_shape(&id, s, size, "9999999999") && id_sum(&id, 0, "4327654321") % 11 == 0;
}

/* Estonia and Lithuania share one scheme. */
CHECK(ee_isikukood)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "99999999999") || !one_of(id.c[0], "12345678"))
		return 0;
	long year = 1800 + (id.c[0] - '1') / 2 * 100 + id_number(&id, 1, 2);
	if (!id_is_day(year, id_number(&id, 3, 2), id_number(&id, 5, 2)))
		return 0;
	int check = id_sum(&id, 0, "1234567891") % 11;
	if (check == 10)
		check = id_sum(&id, 0, "3456789123") % 11 % 10;
	return check == id.c[10] - '0';
}

static const char dni_letters[] = "TRWAGMYFPDXBNJZSQVHLCKE";

CHECK(es_dni)
{
	struct id id;
	return id_read_shape(&id, s, size, "99999999A") && dni_letters[id_number(&id, 0, 8) % 23] == id.c[8];
}

CHECK(es_nie)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "A9999999A") || !one_of(id.c[0], "XYZ"))
		return 0;
	return dni_letters[((id.c[0] - 'X') * 10000000L + id_number(&id, 1, 7)) % 23] == id.c[8];
}

CHECK(es_cif)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "A9999999*") || !one_of(id.c[0], "ABCDEFGHJNPQRSUVW"))
		return 0;
	int sum = 0;
	for (int i = 1; i < 8; i++) {
		int v = id.c[i] - '0';
		sum += i & 1 ? v / 5 + 2 * v % 10 : v;
	}
	int check = (10 - sum % 10) % 10, digit = id.c[8] == '0' + check, letter = id.c[8] == "JABCDEFGHI"[check];
	if (one_of(id.c[0], "ABEH"))
		return digit;
	return one_of(id.c[0], "NPQRSW") ? letter : digit || letter;
}

CHECK(fi_hetu)
{
	static const char checks[] = "0123456789ABCDEFHJKLMNPRSTUVWXY";
	struct id id;
	if (size != 11 || !memchr("+-ABCDEFYXWVUabcdefyxwvu", s[6], 24)) /* the century's sign, of which id_read() drops some */
		return 0;
	if (id_read(&id, s, 6) < 0 || !id_shape(&id, "999999") || !id_is_day(id_number(&id, 4, 2), id_number(&id, 2, 2), id_number(&id, 0, 2)))
		return 0;
	long n = id_number(&id, 0, 6);
	if (!id_read_shape(&id, s + 7, 4, "999*") || id_number(&id, 0, 3) < 2)
		return 0;
	return checks[(n * 1000 + id_number(&id, 0, 3)) % 31] == id.c[3];
}

CHECK(fi_ytunnus)
{
	struct id id;
	return id_read_shape(&id, s, size, "99999999") && id_sum(&id, 0, "79A58421") % 11 == 0;
}

CHECK(fr_nir)
{
	struct id id;
	if (id_read(&id, s, size) < 0 || id.n != 15 || !one_of(id.c[0], "1234678"))
		return 0;
	int corsica = id.c[5] == '2' && (id.c[6] == 'A' || id.c[6] == 'B') ? id.c[6] - 'A' + 1 : 0;
	if (corsica)
		id.c[6] = corsica == 1 ? '9' : '8'; /* 2A counts as 19, 2B as 18 */
	if (corsica)
		id.c[5] = '1';
	if (!id_shape(&id, "999999999999999"))
		return 0;
	long month = id_number(&id, 3, 2);
	if (!((month >= 1 && month <= 12) || (month >= 20 && month <= 42) || month >= 50)) /* from 20 on: month unknown */
		return 0;
	return id_number(&id, 13, 2) == 97 - id_remainder(&id, 0, 13, 97);
}

CHECK(fr_siren)
{
	struct id id;
	return id_read_shape(&id, s, size, "999999999") && id_number(&id, 0, 9) != 0 && id_luhn(&id, 0, 9);
}

CHECK(fr_siret)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "99999999999999") || id_number(&id, 0, 9) == 0 || !id_luhn(&id, 0, 9))
		return 0;
	if (strncmp(id.c, "356000000", 9) == 0) /* La Poste has more places of business than Luhn has numbers for */
		return id_luhn(&id, 0, 14) || id_sum(&id, 0, "11111111111111") % 5 == 0;
	return id_luhn(&id, 0, 14);
}

CHECK(fr_spi)
{
	struct id id;
	return id_read_shape(&id, s, size, "9999999999999") && id.c[0] <= '3' && id_remainder(&id, 0, 10, 511) == id_number(&id, 10, 3);
}

CHECK(gb_nino)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "AA999999A") || one_of(id.c[0], "DFIQUV") || one_of(id.c[1], "DFIOQUV") || id.c[8] > 'D')
		return 0;
	static const char never[] = "BG GB NK KN TN NT ZZ ";
	char prefix[] = { id.c[0], id.c[1], ' ', '\0' };
	return strstr(never, prefix) == NULL;
}

CHECK(gb_nhs)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "9999999999") || id_number(&id, 0, 9) == 0)
		return 0;
	return id_sum(&id, 0, "A987654321") % 11 == 0;
}

CHECK(gb_utr)
{
	struct id id;
	return id_read_shape(&id, s, size, "9999999999") && id_number(&id, 1, 9) != 0 &&
	       "21987654321"[id_sum(&id, 1, "6789A5432") % 11] == id.c[0];
}

CHECK(gr_amka)
{
	struct id id;
	return id_read_shape(&id, s, size, "99999999999") && id_luhn(&id, 0, 11) &&
	       id_is_day(id_number(&id, 4, 2), id_number(&id, 2, 2), id_number(&id, 0, 2));
}

CHECK(gr_afm)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "999999999") || id_number(&id, 0, 9) == 0)
		return 0;
	long sum = 0;
	for (int i = 0; i < 8; i++)
		sum = (sum + id.c[i] - '0') * 2;
	return sum % 11 % 10 == id.c[8] - '0';
}

CHECK(hr_oib)
{
	struct id id;
	return id_read_shape(&id, s, size, "99999999999") && id_mod11_10(&id, 0, 11);
}

CHECK(hu_taj)
{
	struct id id;
	return id_read_shape(&id, s, size, "999999999") && id_number(&id, 0, 9) != 0 && id_sum(&id, 0, "37373737") % 10 == id.c[8] - '0';
}

CHECK(hu_adoazonosito)
{
	struct id id;
	return id_read_shape(&id, s, size, "8999999999") && id_sum(&id, 0, "123456789") % 11 == id.c[9] - '0';
}

CHECK(ie_pps)
{
	struct id id;
	if (id_read(&id, s, size) < 0 || !(id_shape(&id, "9999999A") || id_shape(&id, "9999999AA")))
		return 0;
	if (id.n == 9 && !one_of(id.c[8], "ABCDEFGHITWX"))
		return 0;
	int sum = id_sum(&id, 0, "8765432");
	if (id.n == 9 && !one_of(id.c[8], "WTX")) /* those of old, such as the W of wives, count nothing */
		sum += 9 * (id.c[8] - 'A' + 1);
	return "WABCDEFGHIJKLMNOPQRSTUV"[sum % 23] == id.c[7];
}

CHECK(is_kennitala)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "9999999999") || !one_of(id.c[9], "890"))
		return 0;
	long day = id_number(&id, 0, 2);
	return id_is_day(id_number(&id, 4, 2), id_number(&id, 2, 2), day > 40 ? day - 40 : day) && id_sum(&id, 0, "327654321") % 11 == 0;
}

/* In namesakes' codes letters stand for digits from the right (omocodia): L 0, M 1, N 2, P 3 … V 9. */
CHECK(it_codice_fiscale)
{
	static const char omocodia[] = "LMNPQRSTUV", months[] = "ABCDEHLMPRST";
	static const int odd[] = { 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23 };
	static const int places[] = { 6, 7, 9, 10, 12, 13, 14 };
	struct id id;
	int sum = 0;
	if (!id_read_shape(&id, s, size, "AAAAAA**A**A***A"))
		return 0;
	for (int i = 0; i < 15; i++) {
		int v = id_value(id.c[i]);
		v = v >= 10 ? v - 10 : v;
		sum += i & 1 ? v : odd[v];
	}
	if ('A' + sum % 26 != id.c[15])
		return 0;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		char *c = &id.c[places[i]];
		const char *p = *c >= 'A' ? strchr(omocodia, *c) : NULL;
		if (*c >= 'A' && !p)
			return 0;
		if (p)
			*c = (char)('0' + (p - omocodia));
	}
	const char *m = strchr(months, id.c[8]);
	long day = id_number(&id, 9, 2);
	return m && id_is_day(id_number(&id, 6, 2), m - months + 1, day > 40 ? day - 40 : day);
}

CHECK(it_partita_iva)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "99999999999") || id_number(&id, 0, 7) == 0)
		return 0;
	long office = id_number(&id, 7, 3);
	return ((office >= 1 && office <= 100) || office == 120 || office == 121 || office == 888 || office == 999) && id_luhn(&id, 0, 11);
}

/* Two check digits, each over the first eleven. */
CHECK(lu_matricule)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "9999999999999") || !id_is_day(id_number(&id, 0, 4), id_number(&id, 4, 2), id_number(&id, 6, 2)) || !one_of(id.c[0], "12"))
		return 0;
	if (!id_luhn(&id, 0, 12))
		return 0;
	id.c[11] = id.c[12];
	return id_verhoeff(&id, 0, 12);
}

/* Since 2017 numbers begin with 32 and tell no birthday. */
CHECK(lv_personas_kods)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "99999999999"))
		return 0;
	if (id.c[0] == '3' && id.c[1] >= '2')
		return 1;
	if (!one_of(id.c[6], "012") || !id_is_day(id_number(&id, 4, 2), id_number(&id, 2, 2), id_number(&id, 0, 2)))
		return 0;
	return (1 + id_sum(&id, 0, "A584216379")) % 11 % 10 == id.c[10] - '0';
}

CHECK(nl_bsn)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "999999999") || id_number(&id, 0, 9) == 0)
		return 0;
	return (id_sum(&id, 0, "98765432") - (id.c[8] - '0')) % 11 == 0;
}

CHECK(no_fodselsnummer)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "99999999999"))
		return 0;
	long day = id_number(&id, 0, 2), month = id_number(&id, 2, 2);
	day = day > 40 ? day - 40 : day;                                            /* D-numbers */
	month = month > 80 ? month - 80 : month > 65 ? month - 65 : month > 40 ? month - 40 : month; /* test and help numbers */
	return id_is_day(id_number(&id, 4, 2), month, day) && id_sum(&id, 0, "3761894521") % 11 == 0 &&
	       id_sum(&id, 0, "54327654321") % 11 == 0;
}

CHECK(pl_pesel)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "99999999999"))
		return 0;
	static const int centuries[] = { 1900, 2000, 2100, 2200, 1800 };
	long month = id_number(&id, 2, 2);
	return id_is_day(centuries[month / 20] + id_number(&id, 0, 2), month % 20, id_number(&id, 4, 2)) &&
	       id_sum(&id, 0, "13791379131") % 10 == 0;
}

CHECK(pl_nip)
{
	struct id id;
	return id_read_shape(&id, s, size, "9999999999") && id.c[0] != '0' && id_sum(&id, 0, "657234567") % 11 == id.c[9] - '0';
}

CHECK(pl_regon)
{
	struct id id;
	if (id_read(&id, s, size) < 0 || !(id_shape(&id, "999999999") || id_shape(&id, "99999999999999")) || id_number(&id, 0, 9) == 0)
		return 0;
	if (mod11_10_as_0(id_sum(&id, 0, "89234567")) != id.c[8] - '0')
		return 0;
	return id.n == 9 || mod11_10_as_0(id_sum(&id, 0, "2485097361248")) == id.c[13] - '0';
}

CHECK(pt_nif)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "999999999") || one_of(id.c[0], "04"))
		return 0;
	return (11 - id_sum(&id, 0, "98765432") % 11) % 11 % 10 == id.c[8] - '0';
}

CHECK(ro_cnp)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "9999999999999") || id.c[0] == '0')
		return 0;
	long county = id_number(&id, 7, 2);
	if (!((county >= 1 && county <= 48) || county == 51 || county == 52 || county == 70 || (county >= 80 && county <= 83)))
		return 0;
	int check = id_sum(&id, 0, "279146358279") % 11;
	return (check == 10 ? 1 : check) == id.c[12] - '0' && id_is_day(id_number(&id, 1, 2), id_number(&id, 3, 2), id_number(&id, 5, 2));
}

CHECK(ru_inn)
{
	struct id id;
	if (id_read(&id, s, size) < 0 || !(id_shape(&id, "9999999999") || id_shape(&id, "999999999999")) || id_number(&id, 0, 4) == 0)
		return 0;
	if (id.n == 10)
		return mod11_10_as_0(id_sum(&id, 0, "24A359468")) == id.c[9] - '0';
	return mod11_10_as_0(id_sum(&id, 0, "724A359468")) == id.c[10] - '0' && mod11_10_as_0(id_sum(&id, 0, "3724A359468")) == id.c[11] - '0';
}

CHECK(ru_snils)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "99999999999") || id_number(&id, 0, 9) <= 1001998) /* before that there were no check digits */
		return 0;
	return id_sum(&id, 0, "987654321") % 101 % 100 == id_number(&id, 9, 2);
}

/* Ten or twelve digits; +60 on the day is a coordination number. */
CHECK(se_personnummer)
{
	struct id id;
	if (id_read(&id, s, size) < 0 || !(id_shape(&id, "9999999999") || id_shape(&id, "999999999999")))
		return 0;
	int at = id.n - 10;
	if (at && strncmp(id.c, "18", 2) != 0 && strncmp(id.c, "19", 2) != 0 && strncmp(id.c, "20", 2) != 0)
		return 0;
	long day = id_number(&id, at + 4, 2);
	return id_is_day(id_number(&id, at, 2), id_number(&id, at + 2, 2), day > 60 ? day - 60 : day) && id_luhn(&id, at, 10);
}

/* The register of Yugoslavia, which its successors went on with. */
CHECK(si_emso)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "9999999999999"))
		return 0;
	long year = id_number(&id, 4, 3) + (id.c[4] == '0' ? 2000 : 1000);
	int check = 11 - id_sum(&id, 0, "765432765432") % 11;
	return id_is_day(year, id_number(&id, 2, 2), id_number(&id, 0, 2)) && id.c[12] - '0' == (check > 9 ? 0 : check);
}

CHECK(tr_kimlik)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "99999999999") || id.c[0] == '0')
		return 0;
	int odd = id_sum(&id, 0, "101010101"), even = id_sum(&id, 0, "01010101");
	int tenth = ((7 * odd - even) % 10 + 10) % 10;
	return tenth == id.c[9] - '0' && (odd + even + tenth) % 10 == id.c[10] - '0';
}

CHECK(ua_rnokpp)
{
	struct id id;
	if (!id_read_shape(&id, s, size, "9999999999") || id_number(&id, 0, 9) == 0)
		return 0;
	int sum = -(id.c[0] - '0') + id_sum(&id, 1, "57946A57");
	return (sum % 11 + 11) % 11 % 10 == id.c[9] - '0';
}

const struct validator valid_europe[] = {
	{ "at-svnr", "Austria, social security: birthday and weights 3790584216, modulo 11", at_svnr, { { 0 } }, 260 },
	{ "be-rrn", "Belgium, national register: birthday and modulo 97", be_rrn, { { 0 } }, 220 },
	{ "bg-egn", "Bulgaria, civil number: birthday and weights 2 4 8 5 10 9 7 3 6, modulo 11", bg_egn, { { 0 } }, 85 },
	{ "ch-ahv", "Switzerland, AHV: 756 and the check digit of EAN-13", ch_ahv, { { 0 } }, 10 },
	{ "ch-uid", "Switzerland, enterprise number: CHE and weights 54327654, modulo 11", ch_uid, { { 0 } }, 11 },
	{ "cz-rodne-cislo", "Czechia and Slovakia, birth number: birthday and modulo 11", cz_rodne_cislo, { { 0 } }, 68 },
	{ "de-ausweis", "Germany, serial of identity cards and passports: its letters, and weights 731 of ICAO 9303", de_ausweis, { { 0 } }, 14 },
	{ "de-kvnr", "Germany, health insurance: letter as two digits, weights 1 2 with cross sums, modulo 10", de_kvnr, { { 0 } }, 9.4 },
	{ "de-rvnr", "Germany, pension insurance: weights 212571212121 with cross sums, modulo 10", de_rvnr, { { 0 } }, 90 },
	{ "de-steuer-id", "Germany, tax id: repeated digits and ISO 7064 MOD 11-10", de_steuer_id, { { 0 } }, 260 },
	{ "de-ust-id", "Germany, VAT: DE and ISO 7064 MOD 11-10", de_ust_id, { { 0 } }, 10 },
	{ "dk-cpr", "Denmark, CPR: birthday", dk_cpr, { { 0 } }, 26 },
	{ "dk-cpr-mod11", "Denmark, CPR: weights 4327654321, modulo 11 (numbers given out before 2007)", dk_cpr_mod11, { { 0 } }, 10 },
	{ "ee-isikukood", "Estonia and Lithuania, personal code: birthday and two rows of weights, modulo 11", ee_isikukood, { { 0 } }, 300 },
	{ "es-cif", "Spain, tax number of a company", es_cif, { { 0 } }, 22 },
	{ "es-dni", "Spain, DNI: letter by modulo 23", es_dni, { { 0 } }, 24 },
	{ "es-nie", "Spain, NIE: letter by modulo 23", es_nie, { { 0 } }, 23 },
	{ "fi-hetu", "Finland, personal identity code: birthday and character by modulo 31", fi_hetu, { { 0 } }, 800 },
	{ "fi-y-tunnus", "Finland, business id: weights 7 9 10 5 8 4 2, modulo 11", fi_ytunnus, { { 0 } }, 10 },
	{ "fr-nir", "France, NIR: modulo 97, with 2A and 2B of Corsica", fr_nir, { { 0 } }, 150 },
	{ "fr-siren", "France, SIREN: Luhn", fr_siren, { { 0 } }, 9.5 },
	{ "fr-siret", "France, SIRET: Luhn over both parts, La Poste's exception", fr_siret, { { 0 } }, 95 },
	{ "fr-spi", "France, tax number: modulo 511", fr_spi, { { 0 } }, 500 },
	{ "gb-nhs", "United Kingdom, NHS number: weights 10 to 2, modulo 11", gb_nhs, { { 0 } }, 10 },
	{ "gb-nino", "United Kingdom, national insurance number: letters in use", gb_nino, { { 0 } }, 11 },
	{ "gb-utr", "United Kingdom, unique taxpayer reference: weights 6 7 8 9 10 5 4 3 2, modulo 11", gb_utr, { { 0 } }, 10 },
	{ "gr-afm", "Greece, tax number: powers of two, modulo 11", gr_afm, { { 0 } }, 10 },
	{ "gr-amka", "Greece, AMKA: birthday and Luhn", gr_amka, { { 0 } }, 270 },
	{ "hr-oib", "Croatia, OIB: ISO 7064 MOD 11-10", hr_oib, { { 0 } }, 9.4 },
	{ "hu-adoazonosito", "Hungary, tax id of a person: weights 1 to 9, modulo 11", hu_adoazonosito, { { 0 } }, 100 },
	{ "hu-taj", "Hungary, TAJ: weights 37373737, modulo 10", hu_taj, { { 0 } }, 9.4 },
	{ "ie-pps", "Ireland, PPS number: letter by modulo 23", ie_pps, { { 0 } }, 52 },
	{ "is-kennitala", "Iceland, kennitala: birthday and weights 327654321, modulo 11", is_kennitala, { { 0 } }, 470 },
	{ "it-codice-fiscale", "Italy, codice fiscale: birthday, check letter, omocodia", it_codice_fiscale, { { 0 } }, 85 },
	{ "it-partita-iva", "Italy, VAT number: tax office and Luhn", it_partita_iva, { { 0 } }, 89 },
	{ "lu-matricule", "Luxembourg, matricule: birthday, Luhn and Verhoeff", lu_matricule, { { 0 } }, 1800 },
	{ "lv-personas-kods", "Latvia, personal code: birthday and weights 10 5 8 4 2 1 6 3 7 9, modulo 11; from 32 on without either", lv_personas_kods, { { 0 } }, 11 },
	{ "nl-bsn", "Netherlands, BSN: the eleven test", nl_bsn, { { 0 } }, 10 },
	{ "no-fodselsnummer", "Norway, birth number: birthday and two check digits, modulo 11", no_fodselsnummer, { { 0 } }, 370 },
	{ "pl-nip", "Poland, NIP: weights 657234567, modulo 11", pl_nip, { { 0 } }, 11 },
	{ "pl-pesel", "Poland, PESEL: birthday and weights 1379137913, modulo 10", pl_pesel, { { 0 } }, 52 },
	{ "pl-regon", "Poland, REGON: weights 89234567, modulo 11; 14 digits have a second one", pl_regon, { { 0 } }, 95 },
	{ "pt-nif", "Portugal, NIF: weights 9 to 2, modulo 11", pt_nif, { { 0 } }, 11 },
	{ "ro-cnp", "Romania, CNP: birthday, county and weights 279146358279, modulo 11", ro_cnp, { { 0 } }, 550 },
	{ "ru-inn", "Russia, INN of a company or a person: weights, modulo 11", ru_inn, { { 0 } }, 95 },
	{ "ru-snils", "Russia, SNILS: weights 9 to 1, modulo 101", ru_snils, { { 0 } }, 97 },
	{ "se-personnummer", "Sweden, personal number: birthday and Luhn", se_personnummer, { { 0 } }, 260 },
	{ "si-emso", "Slovenia, Serbia and their neighbours, EMSO or JMBG: birthday and weights 765432765432, modulo 11", si_emso, { { 0 } }, 260 },
	{ "tr-kimlik", "Turkey, identity number: two check digits", tr_kimlik, { { 0 } }, 100 },
	{ "ua-rnokpp", "Ukraine, taxpayer card: weights -1 5 7 9 4 6 10 5 7, modulo 11", ua_rnokpp, { { 0 } }, 9.5 },
	{ 0 },
};
