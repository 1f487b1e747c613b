/* The matching engine: PCRE2-JIT pattern by pattern, ours, and its literal scan alone, in one interleaved run.
 *   dlp [--hyperscan] [RULES-FOLDER [COUNT-OF-RULES...]]
 * Rules are the shipped detectors and variations of them; texts are sentences of this machine's documentation.  Times are
 * CPU time, the best of three rounds; p99 is of ours.  Memory is what a rule set takes, which the workers share; --hyperscan has
 * it look for the literals.
 */
#include "base/clock.h"
#include "base/text.h"
#include "detect/scratch.h"

#include <dirent.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MESSAGES = 4000, BLOCK = 64 << 10, ROUNDS = 3 };

struct corpus {
	const char *name;
	struct detect_text *t;
	size_t n, bytes;
};

static unsigned seed = 42;

static unsigned rnd(unsigned n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 8) % n;
}

static void die(const char *what)
{
	fprintf(stderr, "dlp: %s\n", what);
	exit(1);
}

static uint64_t cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* -- texts */

struct lines {
	char **s;
	size_t n, cap;
};

static void add_line(struct lines *l, const char *s, size_t size)
{
	while (size && (s[0] == ' ' || s[0] == '\t'))
		s++, size--;
	if (size < 20 || size > 400 || !text_is_utf8(s, size))
		return;
	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 1024;
		l->s = realloc(l->s, l->cap * sizeof *l->s);
	}
	l->s[l->n++] = strndup(s, size);
}

static void read_lines(struct lines *l, const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t cap = 0;
	for (ssize_t n; f && (n = getline(&line, &cap, f)) > 0 && l->n < 60000;)
		add_line(l, line, strcspn(line, "\n"));
	free(line);
	if (f)
		fclose(f);
}

static void read_folder(struct lines *l, const char *folder, const char *file)
{
	DIR *d = opendir(folder);
	char path[1024];
	for (struct dirent *e; d && (e = readdir(d));) {
		snprintf(path, sizeof path, "%s/%s%s", folder, e->d_name, file);
		if (e->d_name[0] != '.')
			read_lines(l, path);
	}
	if (d)
		closedir(d);
}

static void add_text(struct corpus *c, char *s)
{
	c->t = realloc(c->t, (c->n + 1) * sizeof *c->t);
	c->t[c->n++] = (struct detect_text){ ROLE_BODY, s, strlen(s) };
	c->bytes += strlen(s);
}

static char *digits_line(void)
{
	char s[200];
	size_t o = 0;
	while (o < 90) {
		for (unsigned k = 1 + rnd(19); k > 0; k--)
			s[o++] = (char)('0' + rnd(10));
		s[o++] = "  -./,"[rnd(6)];
		if (rnd(9) == 0)
			o += (size_t)sprintf(s + o, "item ");
	}
	s[o] = '\0';
	return strdup(s);
}

static char *foreign_line(void)
{
	static const char *const words[] = { "привет", "сегодня", "карта", "größer", "Überweisung", "会议", "明天", "信用卡", "カード", "été", "señor", "ａｂｃ", "٣٤٥", "👍" };
	char s[300];
	size_t o = 0;
	for (int k = 0; k < 10; k++)
		o += (size_t)sprintf(s + o, "%s ", words[rnd(sizeof words / sizeof *words)]);
	return strdup(s);
}

static void make_texts(struct corpus c[4])
{
	struct lines l = { 0 };
	read_folder(&l, "/usr/share/common-licenses", "");
	read_folder(&l, "/usr/share/doc", "/copyright");
	if (l.n < 1000)
		die("too little documentation in /usr/share/doc to make texts of");
	c[0].name = "chat";
	c[1].name = "mixed";
	c[2].name = "digits";
	c[3].name = "64 KiB";
	for (int i = 0; i < MESSAGES; i++) {
		unsigned kind = rnd(100);
		add_text(&c[0], strdup(l.s[rnd((unsigned)l.n)]));
		add_text(&c[1], kind < 22 ? foreign_line() : kind < 34 ? digits_line() : strdup(l.s[rnd((unsigned)l.n)]));
		add_text(&c[2], digits_line());
	}
	for (int i = 0; i < 8; i++) {
		char *b = malloc(BLOCK + 512);
		size_t o = 0;
		while (o < BLOCK)
			o += (size_t)sprintf(b + o, "%s\n", l.s[rnd((unsigned)l.n)]);
		b[BLOCK] = '\0';
		add_text(&c[3], b);
	}
}

/* -- rules: the shipped detectors as they are, with validators and evidence, and variations with other prefixes, words and lengths */

struct blocks {
	char **s;
	size_t n;
};

/* Behind the string or comment that begins at s, or s. */
static const char *skip(const char *s)
{
	if (*s == '#')
		return s + strcspn(s, "\n");
	if (*s != '"')
		return s;
	for (s++; *s && *s != '"'; s++)
		s += *s == '\\' && s[1];
	return s;
}

/* The detectors of one file: what stands in braces in the list called so. */
static void read_blocks(struct blocks *l, const char *path)
{
	FILE *f = fopen(path, "r");
	char *data = NULL;
	size_t cap = 0;
	if (!f || getdelim(&data, &cap, '\0', f) <= 0)
		die(path);
	fclose(f);
	int depth = 0;
	const char *from = NULL, *list = strstr(data, "\ndetectors: (");
	for (const char *s = list ? list + 1 : ""; *s; s++) {
		s = skip(s);
		if (*s == '{' && depth++ == 0)
			from = s;
		if (*s != '}' || --depth > 0)
			continue;
		l->s = realloc(l->s, (l->n + 1) * sizeof *l->s);
		l->s[l->n++] = strndup(from, (size_t)(s + 1 - from));
	}
	free(data);
}

static void read_shipped(struct blocks *l, const char *folder)
{
	struct dirent **files;
	char path[1024];
	int n = scandir(folder, &files, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		const char *dot = strrchr(files[i]->d_name, '.');
		snprintf(path, sizeof path, "%s/%s", folder, files[i]->d_name);
		if (dot && strcmp(dot, ".rules") == 0)
			read_blocks(l, path);
		free(files[i]);
	}
	if (n <= 0 || l->n == 0)
		die("no rules there");
	free(files);
}

static void word(char *dst, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		dst[i] = "abcdefghijklmnoprstuvwz"[rnd(23)];
	dst[size] = '\0';
}

/* As rules are written: a number without a check digit wants a word near it. */
static void variation(FILE *f, unsigned i)
{
	char a[16], b[16];
	word(a, 4 + rnd(4));
	word(b, 3 + rnd(5));
	fprintf(f, "{ id = \"variation-%u\"; title = \"t\"; patterns = ( { confidence = 50; regex = \"", i);
	switch (i % 6) {
	case 0:
		fprintf(f, "(?<![A-Za-z0-9])%s_[A-Za-z0-9]{%u}(?![A-Za-z0-9])\"; } ); }", a, 20 + rnd(30));
		break;
	case 1:
		fprintf(f, "(?i)%s[_ -]?%s[\\\"']?\\s{0,4}[:=]\\s{0,4}[\\\"']?[A-Za-z0-9/+]{%u}\"; } ); validate = \"entropy\"; }", a, b, 20 + rnd(30));
		break;
	case 2:
		fprintf(f, "(?i)\\b%s\\s%s\\b\"; } ); }", a, b);
		break;
	case 3: /* number-shaped ones are few in practice: never more than some */
		if (i < 300) {
			fprintf(f, "(?<!\\d)\\d{%u}([ .-]?)\\d{%u}\\1\\d{%u}(?!\\d)\"; } ); ", 3 + rnd(3), 3 + rnd(3), 3 + rnd(4));
			if (i % 2)
				fputs("validate = \"luhn\"; }", f);
			else
				fprintf(f, "evidence = ( { words = [ \"%s\", \"%s\" ]; within = 50; required = true; } ); }", a, b);
			break;
		}
		/* fall through */
	case 4:
		fprintf(f, "(?i)\\b(?:%s|%s) (?:no|nr|number|id)\\b[ :#]{0,3}[A-Z0-9-]{5,20}\"; } ); }", a, b);
		break;
	default:
		fprintf(f, "%s://[^\\s:/@]{1,64}:[^\\s/@]{3,64}@\"; } ); }", a);
		break;
	}
}

/* Shipped detectors and variations by turns, so that a small set is no worse than a big one. */
static void make_rules(struct bundle *b, const struct blocks *shipped, unsigned n)
{
	char *data = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&data, &size);
	seed = 7;
	fputs("detectors: (", f);
	for (unsigned i = 0; i < n; i++) {
		fputs(i ? ",\n" : "", f);
		if (i % 2 == 0 && i / 2 < shipped->n) /* by far steps through the list, so that neighbours are of different kinds */
			fputs(shipped->s[(size_t)(i / 2) * 89 % shipped->n], f);
		else
			variation(f, i);
	}
	fputs(");", f);
	fclose(f);
	if (bundle_add_data(b, BUNDLE_RULES, "bench.rules", data, size) < 0)
		die("rules do not fit");
	free(data);
}

/* -- the three ways */

static size_t sink;

static int is_valid(const struct pattern *p, const struct detector *d, const char *s, const PCRE2_SIZE *ov)
{
	size_t start = ov[2 * p->group], end = ov[2 * p->group + 1];
	return start != PCRE2_UNSET && valid_all(&p->def->validate, s + start, end - start) && valid_all(&d->def->validate, s + start, end - start);
}

static void naive(const struct detect_set *set, struct detect_scratch *s, const struct detect_text *t)
{
	if (view_make(&s->view, t->data, t->size) < 0)
		return;
	for (size_t i = 0; i < set->npatterns; i++)
		for (size_t from = 0; from < s->view.size;) {
			if (regex_match(&set->patterns[i].re, &s->run, s->view.data, s->view.size, from, s->view.size, s->view.ascii) != 1)
				break;
			const PCRE2_SIZE *ov = pcre2_get_ovector_pointer(s->run.data);
			sink += (size_t)is_valid(&set->patterns[i], &set->detectors[set->patterns[i].detector], s->view.data, ov);
			from = ov[1] > from ? ov[1] : from + 1;
		}
}

static void literals(const struct detect_set *set, struct detect_scratch *s, const struct detect_text *t, const char *low)
{
	int n = literal_scan(set->literals, low, t->size, s->hits, SCAN_HITS_MAX);
	sink += n > 0 ? (size_t)n : 0;
}

static int by_value(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

struct result {
	double naive, ours, literal, p99; /* µs a text */
	size_t incomplete;
};

static struct result measure(const struct detect_set *set, struct detect_scratch *s, const struct corpus *c, char *const *low)
{
	static struct finding out[DETECT_FINDINGS_MAX];
	struct result r = { 1e9, 1e9, 1e9, 0, 0 };
	size_t few = set->npatterns > 500 ? c->n / 10 + 1 : c->n; /* the naive way takes long enough */
	uint32_t *each = calloc(c->n, sizeof *each);
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t from = cpu_ns();
		for (size_t i = 0; i < few; i++)
			naive(set, s, &c->t[i]);
		double v = (double)(cpu_ns() - from) / 1000 / (double)few;
		r.naive = v < r.naive ? v : r.naive;
		from = cpu_ns();
		for (size_t i = 0; i < c->n; i++) {
			size_t n;
			r.incomplete += detect_scan(set, s, &c->t[i], 1, 1000000, out, &n) != CAUSE_NONE;
			sink += n;
		}
		v = (double)(cpu_ns() - from) / 1000 / (double)c->n;
		r.ours = v < r.ours ? v : r.ours;
		from = cpu_ns();
		for (size_t i = 0; i < c->n; i++)
			literals(set, s, &c->t[i], low[i]);
		v = (double)(cpu_ns() - from) / 1000 / (double)c->n;
		r.literal = v < r.literal ? v : r.literal;
	}
	for (size_t i = 0; i < c->n; i++) {
		struct timespec a, b;
		size_t n;
		clock_gettime(CLOCK_MONOTONIC, &a);
		r.incomplete += detect_scan(set, s, &c->t[i], 1, 1000000, out, &n) != CAUSE_NONE;
		clock_gettime(CLOCK_MONOTONIC, &b);
		each[i] = (uint32_t)((b.tv_sec - a.tv_sec) * 1000000000 + b.tv_nsec - a.tv_nsec);
	}
	qsort(each, c->n, sizeof *each, by_value);
	r.p99 = each[c->n * 99 / 100] / 1000.0;
	free(each);
	return r;
}

static char **lower_all(const struct corpus *c)
{
	char **low = calloc(c->n, sizeof *low);
	for (size_t i = 0; i < c->n; i++) {
		low[i] = calloc(1, c->t[i].size + LITERAL_PAD);
		for (size_t k = 0; k < c->t[i].size; k++)
			low[i][k] = c->t[i].data[k] >= 'A' && c->t[i].data[k] <= 'Z' ? (char)(c->t[i].data[k] + 32) : c->t[i].data[k];
	}
	return low;
}

static size_t jit_size(const struct detect_set *set)
{
	size_t all = 0, one;
	for (size_t i = 0; i < set->npatterns; i++) {
		if (pcre2_pattern_info(set->patterns[i].re.ascii, PCRE2_INFO_JITSIZE, &one) == 0)
			all += one;
		if (pcre2_pattern_info(set->patterns[i].re.unicode, PCRE2_INFO_JITSIZE, &one) == 0)
			all += one;
	}
	return all;
}

static size_t allocated(void)
{
	struct mallinfo2 m = mallinfo2();
	return m.uordblks + m.hblkhd;
}

/* What it costs to see a text as the rules do, before any of them looks: of ASCII, and of other scripts. */
static void bench_views(const struct corpus *chat)
{
	static const char *const scripts[][2] = {
		{ "Cyrillic", "Завтра в десять часов у нас будет встреча с заказчиком, приходите. " }, { "Greek", "Αύριο στις δέκα έχουμε συνάντηση με τον πελάτη. " },
		{ "German", "Übermorgen können wir die Verträge für größere Räume prüfen. " }, { "Chinese", "明天上午十点我们和客户开会请大家准时参加。" },
		{ "Arabic", "غدا في الساعة العاشرة لدينا اجتماع مع العميل. " }, { "full width", "ＡＢＣ１２３ｄｅｆ" },
	};
	struct view v = { 0 };
	printf("\nview, ns a byte:");
	for (size_t k = 0; k <= sizeof scripts / sizeof *scripts; k++) {
		double best = 1e9;
		size_t size = 0;
		char *s = malloc(BLOCK + 512);
		for (size_t i = 0; size < BLOCK; i++)
			size += (size_t)sprintf(s + size, "%s ", k == 0 ? chat->t[i % chat->n].data : scripts[k - 1][1]);
		for (int round = 0; round < 50; round++) {
			uint64_t from = cpu_ns();
			sink += (size_t)view_make(&v, s, size) + v.size;
			double ns = (double)(cpu_ns() - from) / (double)size;
			best = ns < best ? ns : best;
		}
		printf("  %s %.2f", k == 0 ? "ASCII" : scripts[k - 1][0], best);
		free(s);
	}
	view_free(&v);
	printf("\n");
}

static void bench_set(const struct blocks *shipped, enum detect_matcher matcher, unsigned nrules, const struct corpus corpora[4])
{
	struct bundle b = { 0 };
	struct detect_set *set = NULL;
	struct cfgerr err;
	make_rules(&b, shipped, nrules);
	size_t before = allocated();
	uint64_t from = cpu_ns();
	if (detect_compile_with(&b, matcher, &set, &err) < 0)
		die(err.text);
	double build_ms = (double)(cpu_ns() - from) / 1e6, mib = (double)(allocated() - before + jit_size(set)) / (1 << 20);
	struct detect_scratch *s = detect_scratch_new(set);
	if (!s)
		die("out of memory");
	for (int k = 0; k < 4; k++) {
		char **low = lower_all(&corpora[k]);
		struct result r = measure(set, s, &corpora[k], low);
		printf("%5u  %-7s %10.2f %9.3f %9.3f %8.0fx %8.2f %9.2f %8.0f %7.1f %6zu\n", nrules, corpora[k].name, r.naive, r.ours, r.literal, r.naive / r.ours,
		       r.literal / r.ours, r.p99, build_ms, mib, r.incomplete);
		fflush(stdout);
		for (size_t i = 0; i < corpora[k].n; i++)
			free(low[i]);
		free(low);
	}
	detect_scratch_free(&s);
	detect_free(&set);
	bundle_free(&b);
}

int main(int argc, char **argv)
{
	struct corpus corpora[4] = { 0 };
	struct blocks shipped = { 0 };
	const unsigned counts[] = { 10, 100, 250, 1000, 5000 };
	enum detect_matcher matcher = argc > 1 && strcmp(argv[1], "--hyperscan") == 0 ? DETECT_HYPERSCAN : DETECT_PORTABLE;
	argc -= matcher == DETECT_HYPERSCAN;
	argv += matcher == DETECT_HYPERSCAN;
	read_shipped(&shipped, argc > 1 ? argv[1] : "rules");
	make_texts(corpora);
	for (int k = 0; k < 4; k++)
		printf("%s: %zu texts of %zu bytes\n", corpora[k].name, corpora[k].n, corpora[k].bytes / corpora[k].n);
	printf("\n%5s  %-7s %10s %9s %9s %9s %8s %9s %8s %7s %6s\n", "rules", "text", "naive us", "ours us", "scan us", "faster", "of scan", "p99 us", "build ms", "MiB", "cut");
	for (size_t i = 0; i < sizeof counts / sizeof *counts && argc <= 2; i++)
		bench_set(&shipped, matcher, counts[i], corpora);
	for (int i = 2; i < argc; i++)
		bench_set(&shipped, matcher, (unsigned)strtoul(argv[i], NULL, 10), corpora);
	bench_views(&corpora[0]);
	return sink == 1; /* keeps the work from being optimised away */
}
