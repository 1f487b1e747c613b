/* Benchmark: exact data match.  An index of made-up records is built, and values that stand in it or not are looked up: by HMAC
 * alone ("naive": the key set up for each value, a search in all tags), and as filterd does.  Then chat-like messages, with and
 * without records, are scanned.
 *
 *     edm [ROWS]       default 1,000,000, of four columns
 */
#include "base/clock.h"
#include "base/io.h"
#include "detect/detect.h"
#include "detect/edm_build.h"
#include "detect/view.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { VALUES = 200000, NAIVE_VALUES = 20000, ROUNDS = 20, MESSAGES = 1000 };

static const uint8_t raw[EDM_KEY_SIZE] = "made up for this benchmark only";

static uint64_t next_random(void)
{
	static uint64_t s = 88172645463325252u;
	s ^= s << 13;
	s ^= s >> 7;
	return s ^= s << 17;
}

static void make_name(char *dst, size_t size)
{
	static const char *const parts[] = { "ba", "ko", "mi", "ter", "lan", "sch", "ni", "ru", "del", "vo", "han", "gel", "pri", "so", "wa", "tu" };
	snprintf(dst, size, "%s%s %s%s%s", parts[next_random() % 16], parts[next_random() % 16], parts[next_random() % 16], parts[next_random() % 16],
	         parts[next_random() % 16]);
}

static struct edm_build *build(struct edm_key *k, const struct edm_build_column *columns, unsigned rows)
{
	struct edm_build *b = edm_build_new(k, columns, 4);
	char v[64];
	for (unsigned i = 0; b && i < rows; i++) {
		make_name(v, sizeof v);
		const char *wrong = edm_build_add(b, 0, v, strlen(v));
		snprintf(v, sizeof v, "DE%020u", i * 7 + 3);
		wrong = wrong ? wrong : edm_build_add(b, 1, v, strlen(v));
		snprintf(v, sizeof v, "%u-%02u-%02u", 1930 + (unsigned)(next_random() % 80), 1 + (unsigned)(next_random() % 12), 1 + (unsigned)(next_random() % 28));
		wrong = wrong ? wrong : edm_build_add(b, 2, v, strlen(v));
		snprintf(v, sizeof v, "user%u@example.org", i);
		wrong = wrong ? wrong : edm_build_add(b, 3, v, strlen(v));
		edm_build_end_row(b);
		if (wrong) {
			fprintf(stderr, "%s\n", wrong);
			exit(1);
		}
	}
	return b;
}

/* step 7: values that stand in the index; 1: next to none does. */
static double look_up(const struct edm_index *x, struct edm_key *k, unsigned step, size_t *found_r)
{
	char v[64];
	*found_r = 0;
	uint64_t begin = clock_us();
	for (unsigned i = 0; i < VALUES; i++) {
		int n = snprintf(v, sizeof v, "de%020u", (i * 5) % (x->rows ? x->rows : 1) * step + (step == 7 ? 3 : 2000000000u));
		*found_r += edm_index_find(x, k, EDM_NUMBER, v, (size_t)n).n;
	}
	return (double)(clock_us() - begin) * 1000 / VALUES;
}

static double look_up_naively(const struct edm_index *x, size_t *found_r)
{
	char v[64];
	uint8_t mac[EVP_MAX_MD_SIZE];
	*found_r = 0;
	uint64_t begin = clock_us();
	for (unsigned i = 0; i < NAIVE_VALUES; i++) {
		int n = snprintf(v, sizeof v, "de%020u", 2000000000u + i);
		uint64_t tag;
		HMAC(EVP_sha256(), raw, sizeof raw, (const uint8_t *)v, (size_t)n, mac, NULL);
		memcpy(&tag, mac, sizeof tag);
		*found_r += edm_index_find_tag(x, tag).n;
	}
	return (double)(clock_us() - begin) * 1000 / NAIVE_VALUES;
}

static double scan(const struct bundle *b, const char *text)
{
	struct detect_set *set;
	struct cfgerr err = { 0 };
	static struct finding out[DETECT_FINDINGS_MAX];
	size_t n;
	if (detect_compile(b, &set, &err) < 0) {
		fprintf(stderr, "%s:%d: %s\n", err.file, err.line, err.text);
		exit(1);
	}
	struct detect_scratch *s = detect_scratch_new(set);
	const struct detect_text t = { ROLE_BODY, text, strlen(text) };
	double best = 0;
	for (int round = 0; round < ROUNDS; round++) { /* what others did meanwhile isn't the filter's */
		uint64_t begin = clock_us();
		for (int i = 0; i < MESSAGES; i++)
			if (detect_scan(set, s, &t, 1, 1000000, out, &n) != CAUSE_NONE)
				exit(1);
		double us = (double)(clock_us() - begin) / MESSAGES;
		best = round == 0 || us < best ? us : best;
	}
	detect_scratch_free(&s);
	detect_free(&set);
	return best;
}

static void bench_messages(const char *path)
{
	static const char rules[] = "detectors: ( { id = \"r\"; title = \"r\"; edm = { index = \"bench.edm\"; columns = [ \"name\", \"iban\", \"birth\", \"mail\" ]; "
	                            "confidence = 90; }; } );";
	static const char *const texts[] = {
		"Good morning everyone, the minutes of yesterday's meeting are on the wiki; please have a look before Thursday and add what is missing.",
		"transfer to DE00000000000000000003, mail user0@example.org, born 1971-05-06, order 4711 0815 22",
	};
	struct bundle b = { 0 };
	struct cfgerr err = { 0 };
	if (bundle_add_data(&b, BUNDLE_RULES, "t.rules", rules, sizeof rules - 1) < 0 || bundle_add_file(&b, BUNDLE_INDEX, path, &err) < 0 ||
	    bundle_add_data(&b, BUNDLE_INDEX_KEY, "bench.key", (const char *)raw, sizeof raw) < 0)
		exit(1);
	for (size_t i = 0; i < b.nfiles; i++)
		if (b.files[i].kind == BUNDLE_INDEX) {
			free(b.files[i].path);
			b.files[i].path = strdup("bench.edm");
		}
	printf("message of %3zu bytes, no record     %8.2f us\n", strlen(texts[0]), scan(&b, texts[0]));
	printf("message of %3zu bytes, one record    %8.2f us\n", strlen(texts[1]), scan(&b, texts[1]));
	bundle_free(&b);
}

int main(int argc, char **argv)
{
	static const struct edm_build_column columns[] = { { "name", EDM_TEXT }, { "iban", EDM_NUMBER }, { "birth", EDM_DATE }, { "mail", EDM_EMAIL } };
	struct edm_build_stats stats[4];
	struct edm_key *k = edm_key_new(raw);
	struct edm_index x;
	char path[] = "/tmp/bench-edm-XXXXXX";
	uint64_t size = 0;
	size_t in, out, naive;
	unsigned rows = argc > 1 ? (unsigned)atoi(argv[1]) : 1000000;
	if (!k || view_init() < 0)
		return 1;
	uint64_t begin = clock_us();
	struct edm_build *b = build(k, columns, rows);
	int fd = mkstemp(path);
	if (!b || fd < 0)
		return 1;
	edm_build_judge(b, stats);
	if (edm_build_write(b, fd, 1, &size) < 0)
		return 1;
	edm_build_free(&b);
	printf("built %u rows of 4 columns in %.1f s: %.1f MB, %.1f bytes a value\n", rows, (double)(clock_us() - begin) / 1e6, (double)size / 1e6,
	       (double)size / rows / 4);
	void *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	begin = clock_us();
	if (map == MAP_FAILED || edm_index_read(map, size, &x) || edm_index_verify(&x, k))
		return 1;
	printf("opened and checked in %.0f ms\n", (double)(clock_us() - begin) / 1000);
	double naive_ns = look_up_naively(&x, &naive), out_ns = look_up(&x, k, 1, &out), in_ns = look_up(&x, k, 7, &in);
	printf("look-up, naive                       %8.0f ns\n", naive_ns);
	printf("look-up, value in no record          %8.0f ns   %.1f times as fast (%zu of %d found)\n", out_ns, naive_ns / out_ns, out, VALUES);
	printf("look-up, value of a record           %8.0f ns   %.1f times as fast (%zu of %d found)\n", in_ns, naive_ns / in_ns, in, VALUES);
	bench_messages(path);
	unlink(path);
	close(fd);
	edm_key_free(&k);
	return in == VALUES ? 0 : 1;
}
