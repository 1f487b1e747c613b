/* Benchmark: document fingerprints, on texts that hold none (what nearly every text is) and on one that is all copied.
 *
 *     prints
 *
 * ns per byte of the fingerprints' own pass, views made already; sets of 1, 100 and 10,000 documents of 10,000 letters each.
 */
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

/* Words of 2 to 9 letters, or of ideographs. */
static void fill(char *dst, size_t size, int wide)
{
	size_t o = 0;
	while (o + 40 < size) {
		for (unsigned n = 2 + rnd(8); n > 0; n--) {
			unsigned c = 0x4e00 + rnd(0x4000);
			if (wide)
				o += (size_t)sprintf(dst + o, "%c%c%c", (char)(0xe0 | c >> 12), (char)(0x80 | (c >> 6 & 0x3f)), (char)(0x80 | (c & 0x3f)));
			else
				dst[o++] = (char)('a' + rnd(26));
		}
		dst[o++] = ' ';
	}
	dst[o] = '\0';
}

struct prints_taken {
	uint64_t *prints;
	size_t n;
};

static int take(void *arg, const struct winnow_print *p)
{
	struct prints_taken *t = arg;
	t->prints[t->n++] = p->hash;
	return 0;
}

struct lookup {
	const struct prints_index *x;
	size_t found, n;
	uint64_t waiting[32];
};

/* As detect/prints_scan.c does. */
static int look(void *arg, const struct winnow_print *p)
{
	struct lookup *l = arg;
	size_t first;
	l->waiting[l->n++] = prints_index_begin(l->x, p->hash);
	if (l->n < 32)
		return 0;
	l->n = 0;
	for (size_t i = 0; i < 32; i++)
		l->found += prints_index_end(l->x, l->waiting[i], &first) > first;
	return 0;
}

/* Of this process, since others may be at work too. */
static double cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void measure(const struct winnow_table *t, const struct prints_index *x, size_t documents, const char *what, const char *text)
{
	struct lookup l = { .x = x };
	size_t size = strlen(text);
	double begin = cpu_ns();
	for (int i = 0; i < ROUNDS; i++)
		winnow(t, text, size, look, &l);
	printf("%9zu  %-10s %6.2f ns/byte  %8zu found\n", documents, what, (cpu_ns() - begin) / ROUNDS / (double)size, l.found / ROUNDS);
}

int main(void)
{
	static const size_t counts[] = { 1, 100, 10000 };
	static char ascii[TEXT], wide[TEXT], document[DOCUMENT];
	struct winnow_table t;
	struct prints p = { .key = "for a benchmark", .common = PRINTS_COMMON_DEFAULT, .next_id = 1 };
	winnow_init(&t);
	if (view_init() < 0)
		return 1;
	fill(ascii, sizeof ascii, 0);
	fill(wide, sizeof wide, 1);
	printf("documents  text\n");
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		struct prints_index x;
		/* all of this step's documents as one, which costs lookups the same and the benchmark less */
		struct prints_taken taken = { .prints = calloc((counts[i] + 1) * DOCUMENT / 8, sizeof *taken.prints) };
		struct prints_document d = { .name = "d" };
		for (size_t k = 0; taken.prints && k < counts[i]; k++) {
			fill(document, sizeof document, 0);
			winnow(&t, document, strlen(document), take, &taken);
		}
		if (!taken.prints || prints_add(&p, &d, taken.prints, taken.n) || prints_index_make(&p, &x) < 0)
			return 1;
		measure(&t, &x, counts[i], "ascii", ascii);
		measure(&t, &x, counts[i], "ideographs", wide);
		measure(&t, &x, counts[i], "copied", document);
		prints_index_free(&x);
		free(taken.prints);
	}
	prints_free(&p);
	return 0;
}
