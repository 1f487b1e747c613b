/* Validators against the vectors their standards or issuers publish, both ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "detect/valid.h"

#include "detect_odds.h"

#include <string.h>

struct vector {
	const char *name, *text;
	int want;
};

static const struct vector vectors[] = {
	/* Luhn: ISO/IEC 7812-1 Annex B's example, and networks' test numbers */
	{ "luhn", "79927398713", 1 }, { "luhn", "79927398710", 0 }, { "luhn", "4012888888881881", 1 }, { "luhn", "4012 8888-8888.1881", 1 },
	{ "luhn", "4012888888881882", 0 }, { "luhn", "401288888888188x", 0 }, { "luhn", "0", 0 }, { "luhn", "", 0 },
	/* issuer ranges: range borders and lengths */
	{ "card-iin", "4111111111111111", 1 }, { "card-iin", "4222222222222", 1 }, { "card-iin", "41111111111111", 0 },
	{ "card-iin", "5105105105105100", 1 }, { "card-iin", "510510510510510", 0 }, { "card-iin", "2221000000000009", 1 },
	{ "card-iin", "2220990000000000", 0 }, { "card-iin", "2720990000000007", 1 }, { "card-iin", "2721000000000000", 0 },
	{ "card-iin", "371449635398431", 1 }, { "card-iin", "3714496353984310", 0 }, { "card-iin", "6011000990139424", 1 },
	{ "card-iin", "3528000000000007", 1 }, { "card-iin", "3527990000000000", 0 }, { "card-iin", "30569309025904", 1 },
	{ "card-iin", "36006666333344", 1 }, { "card-iin", "6200000000000005", 1 }, { "card-iin", "2200000000000004", 1 },
	{ "card-iin", "1234567812345670", 0 }, { "card-iin", "9999999999999995", 0 }, { "card-iin", "0000000000000000", 0 },
	/* ISO 7064 MOD 97-10 and IBAN: the registry's own examples */
	{ "mod97", "3214282912345698765432161182", 1 }, { "mod97", "3214282912345698765432161183", 0 },
	{ "iban", "AL47212110090000000235698741", 1 }, { "iban", "AT611904300234573201", 1 }, { "iban", "BE68539007547034", 1 },
	{ "iban", "BR1800360305000010009795493C1", 1 }, { "iban", "CH9300762011623852957", 1 }, { "iban", "DE89370400440532013000", 1 },
	{ "iban", "EE382200221020145685", 1 }, { "iban", "ES9121000418450200051332", 1 }, { "iban", "FR1420041010050500013M02606", 1 },
	{ "iban", "GB29NWBK60161331926819", 1 }, { "iban", "GI75NWBK000000007099453", 1 }, { "iban", "IE29AIBK93115212345678", 1 },
	{ "iban", "IT60X0542811101000000123456", 1 }, { "iban", "LC55HEMM000100010012001200023015", 1 },
	{ "iban", "MT84MALT011000012345MTLCAST001S", 1 }, { "iban", "NL91ABNA0417164300", 1 }, { "iban", "NO9386011117947", 1 },
	{ "iban", "PL61109010140000071219812874", 1 }, { "iban", "SE4550000000058398257466", 1 }, { "iban", "TR330006100519786457841326", 1 },
	{ "iban", "UA213223130000026007233566001", 1 }, { "iban", "VG96VPVG0000012345678901", 1 }, { "iban", "gb29 nwbk 6016 1331 9268 19", 1 },
	{ "iban", "DE89370400440532013001", 0 }, { "iban", "DE8937040044053201300", 0 }, { "iban", "ZZ89370400440532013000", 0 },
	{ "iban", "DE", 0 }, { "iban", "", 0 }, { "iban", "DEXX370400440532013000", 0 },
	/* SSA: never issued, and the numbers that advertisements made known */
	{ "us-ssn", "536-90-4399", 1 }, { "us-ssn", "899-01-0001", 1 }, { "us-ssn", "001-01-0001", 1 }, { "us-ssn", "000-12-3456", 0 },
	{ "us-ssn", "666-12-3456", 0 }, { "us-ssn", "900-12-3456", 0 }, { "us-ssn", "999-12-3456", 0 }, { "us-ssn", "536-00-4399", 0 },
	{ "us-ssn", "536-90-0000", 0 }, { "us-ssn", "078-05-1120", 0 }, { "us-ssn", "219-09-9999", 0 }, { "us-ssn", "53690439", 0 },
	/* ABA: Bank of America NT&SA, Federal Reserve Bank of Boston */
	{ "aba", "111000025", 1 }, { "aba", "011000015", 1 }, { "aba", "111000026", 0 }, { "aba", "991000028", 0 }, { "aba", "000000000", 0 },
	/* ISO/IEC 7064; Damm's thesis; Verhoeff's book and its usual examples */
	{ "mod11-10", "794623", 1 }, { "mod11-10", "0020 0667 3085", 1 }, { "mod11-10", "794624", 0 }, { "mod11-10", "79462x", 0 }, { "mod11-10", "1", 0 },
	{ "damm", "5724", 1 }, { "damm", "5742", 0 }, { "damm", "5727", 0 }, { "damm", "", 0 }, { "damm", "572a", 0 },
	{ "verhoeff", "2363", 1 }, { "verhoeff", "12-345.1", 1 }, { "verhoeff", "2364", 0 }, { "verhoeff", "123541", 0 }, { "verhoeff", "236a", 0 },
	{ "not-same", "1111 1111", 0 }, { "not-same", "1111 1112", 1 }, { "not-same", "", 0 },
	/* JWT: RFC 7515, A.1.1; RFC 7519, 6.1 (unsecured) */
	{ "jwt", "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UifQ.dBjftJeZ4CVP", 1 }, { "jwt", "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UifQ.", 1 },
	{ "jwt", "eyJ0eXAiOiJKV1QifQ.eyJpc3MiOiJqb2UifQ.x", 0 }, { "jwt", "eyJhbGciOiJub25lIn0", 0 }, { "jwt", ".a.b", 0 }, { "jwt", "", 0 },
	{ "pem", "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04fSeQ6tF1aY/PuoAoGCCqGSM49\n-----END EC PRIVATE KEY-----", 1 },
	{ "pem", "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04fSeQ6tF1aY/PuoAoGCCqGSM49\n-----END RSA PRIVATE KEY-----", 0 },
	{ "pem", "-----BEGIN EC PRIVATE KEY-----\nshort\n-----END EC PRIVATE KEY-----", 0 }, { "pem", "-----BEGIN ", 0 }, { "pem", "", 0 },
	{ "entropy", "q8Z2mTf0vK4xWcR7pLs1", 1 }, { "entropy", "aaaaaaaabaaaaaaa", 0 }, { "entropy", "", 0 },
	{ "classes", "abcDEF", 1 }, { "classes", "abcdef", 0 }, { "classes", "abc1", 1 },
	/* a made-up token whose checksum is right; GitHub describes the scheme in "Behind GitHub's new authentication token formats" */
	{ "crc32-base62", "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", 1 }, { "crc32-base62", "ghp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18", 0 },
	{ "crc32-base62", "ghp_", 0 }, { "crc32-base62", "", 0 },
	{ "not-placeholder", "Tr0ub4dor", 1 }, { "not-placeholder", "password", 0 }, { "not-placeholder", "PASSWORD", 0 }, { "not-placeholder", "********", 0 },
	{ "not-placeholder", "<secret>", 0 }, { "not-placeholder", "${DB_PASSWORD}", 0 }, { "not-placeholder", "your-password-here", 0 },
	{ "not-placeholder", "xxxx", 0 }, { "not-placeholder", "••••", 0 }, { "not-placeholder", "", 0 },
	{ "password", "Tr0ub4dor&3", 1 }, { "password", "hunter2", 1 }, { "password", "Sommer2024!", 1 }, { "password", "Hunter-2019", 1 },
	{ "password", "P@ssw0rd.x", 1 }, { "password", "h4llo_pg", 1 }, { "password", "Zürich7", 1 }, { "password", "k!tten", 1 }, { "password", "kd8.ww2q", 1 },
	{ "password", "swordfish", 0 }, { "password", "wrong!", 0 }, { "password", "k2!", 0 }, { "password", "12345678", 0 }, { "password", "", 0 },
	{ "password", "12chars", 0 }, { "password", "8Zeichen", 0 }, { "password", "2026-11-25T10", 0 }, { "password", "10:30am", 0 },
	{ "password", "v1.2.3-rc1", 0 }, { "password", "2.0beta", 0 }, { "password", "sha256sum", 0 }, { "password", "UTF-8", 0 }, { "password", "oauth2", 0 },
	{ "password", "password_hash2", 0 }, { "password", "DB_PASS1", 0 }, { "password", "config.db1", 0 }, { "password", "web01.example.org:8080", 0 },
	{ "password", "anna2@example.org", 0 }, { "password", "@anna2", 0 }, { "password", "https://x1.example/", 0 }, { "password", "/etc/file1", 0 },
	{ "password", "notes2.txt", 0 }, { "password", "JIRA-1234", 0 }, { "password", "getpass2()", 0 }, { "password", "user=anna2", 0 },
	{ "password", "cache_auth=True2", 0 }, { "password", "asn1_NOVALUE", 0 }, { "password", "Summer2024_x", 1 },
	{ "password", "--stdin2", 0 }, { "password", "#general", 0 }, { "password", "!vault", 0 }, { "password", "Gatto_Nero9", 1 }, { "password", "config.Db1", 1 }, { "password", "${DB_PASS1}", 0 },
	{ "password", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0", 0 },
};

static void published_vectors(void **state)
{
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		const struct vector *t = &vectors[i];
		struct valid_use u = { .v = valid_find(t->name) };
		assert_non_null(u.v);
		for (int k = 0; k < VALID_PARAMS_MAX; k++)
			u.num[k] = u.v->params[k].dflt;
		if (valid_run(&u, t->text, strlen(t->text)) != t->want)
			fail_msg("%s must%s accept \"%s\"", t->name, t->want ? "" : " not", t->text);
	}
}

static void every_validator_has_vectors_both_ways(void **state)
{
	for (const struct validator *v = valid_tables[0]; v->name; v++) { /* the other tables: detect_country */
		if (v->check == valid_needs_own) /* detect_own */
			continue;
		int seen[2] = { 0, 0 };
		for (size_t k = 0; k < sizeof vectors / sizeof *vectors; k++)
			if (strcmp(vectors[k].name, v->name) == 0)
				seen[vectors[k].want] = 1;
		if (!seen[0] || !seen[1])
			fail_msg("no vector of each kind for %s", v->name);
	}
}

/* Luhn and MOD 97 find every single wrong digit; MOD 97 every swap of neighbours too. */
static void single_errors_are_found(void **state)
{
	char card[] = "4012888888881881", iban[] = "DE89370400440532013000";
	for (size_t i = 0; i < strlen(card); i++)
		for (char c = '0'; c <= '9'; c++) {
			char keep = card[i];
			card[i] = c;
			assert_int_equal(valid_luhn(card, strlen(card), NULL), c == keep);
			card[i] = keep;
		}
	for (size_t i = 4; i + 1 < strlen(iban); i++) {
		char a = iban[i], b = iban[i + 1];
		iban[i] = b;
		iban[i + 1] = a;
		assert_int_equal(valid_iban(iban, strlen(iban), NULL), a == b);
		iban[i] = a;
		iban[i + 1] = b;
	}
}

static void odds_are_not_overstated(void **state)
{
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
		if (vectors[i].want && !odds_hold(vectors[i].name, vectors[i].text))
			fail_msg("%s passes random texts like \"%s\" more often than it says", vectors[i].name, vectors[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_vectors),
		cmocka_unit_test(every_validator_has_vectors_both_ways),
		cmocka_unit_test(single_errors_are_found),
		cmocka_unit_test(odds_are_not_overstated),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
