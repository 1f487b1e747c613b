/* Benchmark: document fingerprints, on texts that hold none (what nearly every text is) and on one that is all copied.
 *
 *     prints
 *
 * ns per byte of the fingerprints' own pass, views made already; sets of 1, 100 and 10,000 documents of 10,000 letters each.
 */
#include "base/text.h"
#include "detect/prints_index.h"
#include "detect/view.h"
#include "detect/winnow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DOCUMENT = 10000, TEXT = 1 << 20, ROUNDS = 20 };

static uint64_t state = 1;

static unsigned rnd(unsigned n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % n;
}

/* Words of 2 to 9 letters from some in a row. */
static void fill(char *dst, size_t size, uint32_t first, unsigned count)
{
	size_t o = 0;
	while (o + 40 < size) {
		for (unsigned n = 2 + rnd(8); n > 0; n--)
			o += (size_t)text_encode(first + rnd(count), dst + o);
		dst[o++] = ' ';
	}
	dst[o] = '\0';
}

struct prints_taken {
	uint64_t *prints;
	size_t n;
};

static int take(void *arg, const struct winnow_print *p, size_t n)
{
	struct prints_taken *t = arg;
	for (size_t i = 0; i < n; i++)
		t->prints[t->n++] = p[i].hash;
	return 0;
}

struct lookup {
	const struct prints_index *x;
	size_t found;
};

/* As detect/prints_scan.c does. */
static int look(void *arg, const struct winnow_print *p, size_t n)
{
	struct lookup *l = arg;
	uint64_t hashes[WINNOW_AT_ONCE];
	size_t first;
	for (size_t i = 0; i < n; i++)
		hashes[i] = prints_index_begin(l->x, p[i].hash);
	for (size_t i = 0; i < n; i++)
		l->found += prints_index_end(l->x, hashes[i], &first) > first;
	return 0;
}

/* Of this process, since others may be at work too. */
static double cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The best of some rounds: what others did meanwhile isn't the filter's. */
static void measure(const struct winnow_table *t, const struct prints_index *x, size_t documents, const char *what, const char *text, size_t piece)
{
	struct lookup l = { .x = x };
	size_t size = strlen(text) / piece * piece;
	double best = 0;
	for (int i = 0; i < ROUNDS; i++) {
		double begin = cpu_ns();
		for (size_t at = 0; at < size; at += piece)
			winnow(t, text + at, piece, look, &l);
		double ns = cpu_ns() - begin;
		best = i == 0 || ns < best ? ns : best;
	}
	printf("%9zu  %-22s %6.2f ns/byte  %8zu found\n", documents, what, best / (double)size, l.found / ROUNDS);
}

int main(void)
{
	static const size_t counts[] = { 1, 100, 10000 };
	static char ascii[TEXT], cyrillic[TEXT], wide[TEXT], document[DOCUMENT];
	struct winnow_table t;
	struct prints p = { .key = "for a benchmark", .common = PRINTS_COMMON_DEFAULT, .next_id = 1 };
	winnow_init(&t);
	if (view_init() < 0)
		return 1;
	fill(ascii, sizeof ascii, 'a', 26);
	fill(cyrillic, sizeof cyrillic, 0x430, 32);
	fill(wide, sizeof wide, 0x4e00, 0x4000);
	printf("documents  text\n");
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		struct prints_index x;
		/* all of this step's documents as one, which costs lookups the same and the benchmark less */
		struct prints_taken taken = { .prints = calloc((counts[i] + 1) * DOCUMENT / 8, sizeof *taken.prints) };
		struct prints_document d = { .name = "d" };
		for (size_t k = 0; taken.prints && k < counts[i]; k++) {
			fill(document, sizeof document, 'a', 26);
			winnow(&t, document, strlen(document), take, &taken);
		}
		if (!taken.prints || prints_add(&p, &d, taken.prints, taken.n) || prints_index_make(&p, &x) < 0)
			return 1;
		measure(&t, &x, counts[i], "ascii", ascii, strlen(ascii));
		measure(&t, &x, counts[i], "ascii, 200 at a time", ascii, 200);
		measure(&t, &x, counts[i], "cyrillic", cyrillic, strlen(cyrillic));
		measure(&t, &x, counts[i], "ideographs", wide, strlen(wide));
		measure(&t, &x, counts[i], "copied", document, strlen(document));
		prints_index_free(&x);
		free(taken.prints);
	}
	prints_free(&p);
	return 0;
}
