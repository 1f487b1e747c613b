/* Texts made to hurt, against the shipped rules and patterns that an author should not have written.
 *   adversarial [RULES-FOLDER]
 * Each is scanned as a message of 16 KiB with 5 ms to spend and as 1 MiB of a file with 50 ms.  Printed: how long the worker was
 * held, and how it ended ("cut": the scan says that it is not complete).  The exit code is 1 if one was held longer than its budget and a
 * call of PCRE2, OVERTIME_US.
 */
#include "detect/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MESSAGE = 16 << 10, MESSAGE_US = 5000, FILE_SIZE = 1 << 20, FILE_US = 50000, OVERTIME_US = 2000, ROUNDS = 3 };

static const char hostile[] =
	"detectors: ("
	"{ id = \"x-token\"; title = \"t\"; patterns = ( { regex = \"eyJ[\\\\w-]+\\\\.[\\\\w-]+\\\\.[\\\\w-]+\"; confidence = 60; } ); },"
	"{ id = \"x-pem\"; title = \"t\"; patterns = ( { regex = \"-----BEGIN [A-Z ]+-----[\\\\s\\\\S]*?-----END\"; confidence = 60; } ); },"
	"{ id = \"x-exponential\"; title = \"t\"; patterns = ( { regex = \"(?:a+)+b\"; confidence = 60; } ); },"
	"{ id = \"x-ways\"; title = \"t\"; patterns = ( { regex = \"(a|aa|aaa)*c\"; confidence = 60; } ); },"
	"{ id = \"x-square\"; title = \"t\"; patterns = ( { regex = \"a{1,1000}[ab]{1,1000}c\"; confidence = 60; } ); },"
	"{ id = \"x-dots\"; title = \"t\"; patterns = ( { regex = \"key.*=.*;.*!\"; confidence = 60; } ); },"
	"{ id = \"x-mail\"; title = \"t\"; patterns = ( { regex = \"[\\\\w.]+@[\\\\w.]+\\\\.[a-z]{2,}\"; confidence = 60; } ); },"
	"{ id = \"x-digits\"; title = \"t\"; patterns = ( { regex = \"(?:\\\\d[ -]?){12,18}\\\\d\"; confidence = 60; } ); validate = \"luhn\"; },"
	"{ id = \"x-again\"; title = \"t\"; patterns = ( { regex = \"(\\\\d+)\\\\1\\\\1x\"; confidence = 60; } ); },"
	"{ id = \"x-commas\"; title = \"t\"; patterns = ( { regex = \"(?:.*,){11}P\"; confidence = 60; } ); },"
	"{ id = \"x-row\"; title = \"t\"; patterns = ( { regex = \"[A-Z0-9]{30,2000}(?=;)\"; confidence = 60; } ); }"
	");";

/* unit again and again, then tail. */
static const struct {
	const char *name, *unit, *tail;
} texts[] = {
	{ "a token's beginning", "eyJhbGciOi", "." },
	{ "a key's beginning", "-----BEGIN A-----", "" },
	{ "one letter", "a", "b!" },
	{ "one letter and no end", "a", " c" },
	{ "assignments", "key=;", "\n!" },
	{ "addresses", "a@a.a-", "" },
	{ "commas", "1,2,3,", "" },
	{ "digits apart", "4 ", "" },
	{ "digits", "4", "" },
	{ "ones", "1", "x" },
	{ "card numbers", "4111 1111 1111 1111 ", "" },
	{ "card numbers, off by one", "4111 1111 1111 1112 ", "" },
	{ "numbers", "12-34.56 789/0 1234-567 ", "" },
	{ "numbers with words", "passport tax id 123456789 ", "" },
	{ "capitals", "ABCDEFGH", "" },
	{ "capitals and digits", "AB12", "" },
	{ "tokens", "AB12CD34 ", "" },
	{ "account numbers", "DE89 3704 0044 0532 0130 00 ", "" },
	{ "account numbers, wrong", "DE88370400440532013000 ", "" },
	{ "keywords", "password secret token api_key credit card ", "" },
	{ "passwords", "password: Tr0ub4dor&3 ", "" },
	{ "seed words", "abandon ability able about above ", "" },
	{ "percent of percent", "%2525252541", "" },
	{ "entities of entities", "&amp;amp;#52;", "" },
	{ "hex", "34 31 31 31 ", "" },
	{ "words for digits", "four oh one two, vier null eins zwei, ", "" },
	{ "words for digits, of two languages", "four vier one uno ", "." },
	{ "words for digits among digits", "1 2 3 4 5 6 7 8 one, ", "" },
	{ "words in one piece", "fouronetwo", "x" },
	{ "digits of Chinese", "四零一二", "" },
	{ "stars", "4012*8888*", "" },
	{ "stars and dashes", "4012*8888-", "" },
	{ "letters for digits", "4o12 l88l ", "" },
	{ "letters apart", "p a s s ", "" },
	{ "codes", "52 48 ", "" },
	{ "bits", "00110100", "" },
	{ "leet", "p4ssw0rd ", "" },
	{ "backwards", "reversed 1881 8888 ", "" },
	{ "wide base64", "NAAwADEA", "" },
	{ "hex of hex", "3334333133313331", "" },
	{ "base64", "NDExMTExMTExMTExMTExMQ== ", "" },
	{ "base64 without end", "NDExMTExMTExMTExMTEx", "" },
	{ "almost base64", "QUJDREVGR0hJSktM\x01", "" },
	{ "spelled digits", "four one one ", "" },
	{ "mixed scripts", "p\xd0\xb0ssword ", "" },
	{ "marks", "4\xcc\x81", "" },
	{ "long ligatures", "\xef\xb7\xba", "" },
	{ "digits of another script", "\xd9\xa4\xd9\xa1", "" },
	{ "invisible characters", "4\xe2\x80\x8b", "" },
};

static void die(const char *what)
{
	fprintf(stderr, "adversarial: %s\n", what);
	exit(2);
}

/* Of this thread: what else runs on the machine is not what is measured. */
static uint64_t cpu_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static char *text_of(size_t i, size_t size)
{
	size_t unit = strlen(texts[i].unit), o = 0;
	char *s = malloc(size + unit + strlen(texts[i].tail) + 1);
	for (; o < size; o += unit)
		memcpy(s + o, texts[i].unit, unit);
	strcpy(s + o, texts[i].tail);
	return s;
}

struct result {
	uint64_t us;
	int cut;
	size_t found;
};

/* The best of some rounds. */
static struct result run(const struct detect_set *set, struct detect_scratch *s, size_t i, size_t size, uint32_t budget_us)
{
	static struct finding out[DETECT_FINDINGS_MAX];
	char *text = text_of(i, size);
	const struct detect_text t = { ROLE_BODY, text, strlen(text) };
	struct result r = { UINT64_MAX, 0, 0 };
	for (int k = 0; k < ROUNDS; k++) {
		uint64_t from = cpu_us();
		r.cut = detect_scan(set, s, &t, 1, budget_us, out, &r.found) != CAUSE_NONE;
		uint64_t took = cpu_us() - from;
		r.us = took < r.us ? took : r.us;
	}
	free(text);
	return r;
}

int main(int argc, char **argv)
{
	struct bundle b = { 0 };
	struct detect_set *set = NULL;
	struct cfgerr err;
	uint64_t worst[2] = { 0, 0 };
	if (bundle_add_rules(&b, argc > 1 ? argv[1] : "rules", &err) < 0 || bundle_add_data(&b, BUNDLE_RULES, "hostile.rules", hostile, sizeof hostile - 1) < 0 ||
	    detect_compile(&b, &set, &err) < 0)
		die(err.text);
	struct detect_scratch *s = detect_scratch_new(set);
	if (!s)
		die("out of memory");
	printf("%-28s %12s %6s %6s   %12s %6s %6s\n", "text", "16 KiB ms", "", "found", "1 MiB ms", "", "found");
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct result m = run(set, s, i, MESSAGE, MESSAGE_US), f = run(set, s, i, FILE_SIZE, FILE_US);
		printf("%-28s %12.2f %6s %6zu   %12.2f %6s %6zu\n", texts[i].name, (double)m.us / 1000, m.cut ? "cut" : "", m.found, (double)f.us / 1000, f.cut ? "cut" : "", f.found);
		worst[0] = m.us > worst[0] ? m.us : worst[0];
		worst[1] = f.us > worst[1] ? f.us : worst[1];
	}
	printf("%-28s %12.2f %13s   %12.2f\n", "worst", (double)worst[0] / 1000, "", (double)worst[1] / 1000);
	detect_scratch_free(&s);
	detect_free(&set);
	bundle_free(&b);
	return worst[0] > MESSAGE_US + OVERTIME_US || worst[1] > FILE_US + OVERTIME_US;
}
