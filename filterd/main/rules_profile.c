/* filterctl rules profile: what each pattern costs on texts of the author's own. */
#include "main/rules_cli.h"

#include "base/clock.h"
#include "base/text.h"
#include "main/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_BUDGET_US = 5000000, PROGRESS_EVERY_MS = 500, LINES_BETWEEN_LOOKS = 64 };

struct profiler {
	const struct detect_set *set;
	struct detect_scratch *s;
	struct finding *out;
	uint64_t *found;      /* of each detector */
	uint64_t texts, bytes, not_utf8, incomplete, ns;
	uint64_t told_ms;     /* when progress was shown last; 0: it is not wanted */
};

static void tell_progress(struct profiler *p, const char *name)
{
	if (!p->told_ms || p->texts % LINES_BETWEEN_LOOKS || clock_ms() - p->told_ms < PROGRESS_EVERY_MS)
		return;
	p->told_ms = clock_ms();
	fprintf(stderr, "\r\033[K%s: %llu texts, %.1f MB", name, (unsigned long long)p->texts, (double)p->bytes / 1e6);
}

static void scan_text(struct profiler *p, const char *text, size_t size)
{
	const struct detect_text one = { ROLE_BODY, text, size };
	size_t n = 0;
	uint64_t begin = clock_ns();
	enum cause cause = detect_scan(p->set, p->s, &one, 1, TEXT_BUDGET_US, p->out, &n);
	p->ns += clock_ns() - begin;
	p->texts++;
	p->bytes += size;
	if (cause != CAUSE_NONE && cause != CAUSE_UNSCANNABLE)
		p->incomplete++;
	for (size_t i = 0; i < n; i++)
		p->found[p->out[i].detector]++;
}

/* Each line is a text. */
static int scan_file(struct profiler *p, const char *path)
{
	int is_stdin = strcmp(path, "-") == 0;
	FILE *f = is_stdin ? stdin : fopen(path, "re");
	const char *name = is_stdin ? "stdin" : path;
	char *line = NULL;
	size_t cap = 0;
	for (ssize_t n; f && (n = getline(&line, &cap, f)) >= 0;) {
		size_t size = n > 0 && line[n - 1] == '\n' ? (size_t)n - 1 : (size_t)n;
		if (text_is_utf8(line, size))
			scan_text(p, line, size);
		else
			p->not_utf8++;
		tell_progress(p, name);
	}
	int bad = !f || ferror(f);
	if (bad)
		fprintf(stderr, "filterctl: %s: %s\n", name, strerror(errno));
	if (f && !is_stdin)
		fclose(f);
	free(line);
	return bad ? -1 : 0;
}

static int dearest_first(const void *pa, const void *pb)
{
	const struct detect_cost *a = pa, *b = pb;
	if (a->ns != b->ns)
		return a->ns < b->ns ? 1 : -1;
	if (a->calls != b->calls)
		return a->calls < b->calls ? 1 : -1;
	return a->detector < b->detector ? -1 : a->detector > b->detector;
}

static double share(const struct profiler *p, uint64_t ns)
{
	return p->ns ? 100.0 * (double)ns / (double)p->ns : 0;
}

/* What is not PCRE2's: normal form, literal scan, number pass, decoders, evidence. */
static uint64_t rest(const struct profiler *p, const struct detect_cost *costs, size_t n)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += costs[i].ns;
	return sum < p->ns ? p->ns - sum : 0;
}

static json_t *cost_json(const struct profiler *p, const struct detect_cost *c)
{
	return json_pack("{s:s, s:s, s:i, s:s, s:s, s:f, s:f, s:I, s:I, s:I}", "detector", detect_info(p->set, c->detector)->id, "file", c->file, "line",
	                 c->line, "class", c->kind, "regex", c->regex, "share", share(p, c->ns), "ms", (double)c->ns / 1e6, "confirms",
	                 (json_int_t)c->calls, "matched", (json_int_t)c->matched, "found", (json_int_t)p->found[c->detector]);
}

static int print_json(const struct profiler *p, const struct detect_cost *costs, size_t n)
{
	json_t *list = json_array(), *found = json_object();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, cost_json(p, &costs[i]));
	for (size_t i = 0; i < detect_count(p->set); i++)
		if (p->found[i])
			json_object_set_new(found, detect_info(p->set, i)->id, json_integer((json_int_t)p->found[i]));
	uint64_t shared = rest(p, costs, n);
	return rules_print_json(json_pack("{s:I, s:I, s:I, s:I, s:f, s:f, s:o, s:o}", "texts", (json_int_t)p->texts, "bytes", (json_int_t)p->bytes,
	                                  "not_utf8", (json_int_t)p->not_utf8, "incomplete", (json_int_t)p->incomplete, "ms", (double)p->ns / 1e6,
	                                  "shared_ms", (double)shared / 1e6, "patterns", list, "found", found));
}

static void print_table(const struct profiler *p, const struct detect_cost *costs, size_t n)
{
	size_t idle = 0;
	uint64_t shared = rest(p, costs, n);
	printf("%llu texts, %.1f MB in %.0f ms: %.2f us a text\n", (unsigned long long)p->texts, (double)p->bytes / 1e6, (double)p->ns / 1e6,
	       p->texts ? (double)p->ns / 1e3 / (double)p->texts : 0);
	if (p->not_utf8)
		printf("%llu lines are no UTF-8 and were left out\n", (unsigned long long)p->not_utf8);
	if (p->incomplete)
		printf("%llu texts ran into a limit\n", (unsigned long long)p->incomplete);
	printf("%6s %10s %10s %9s %8s  %-9s %s\n", "share", "ms", "confirms", "matched", "found", "class", "detector");
	printf("%5.1f%% %10.2f %10s %9s %8s  %-9s %s\n", share(p, shared), (double)shared / 1e6, "", "", "", "shared", "(what all patterns share)");
	for (size_t i = 0; i < n; i++) {
		const struct detect_cost *c = &costs[i];
		if (c->calls == 0 && p->found[c->detector] == 0)
			idle++;
		else
			printf("%5.1f%% %10.2f %10llu %9llu %8llu  %-9s %s (%s:%d)\n", share(p, c->ns), (double)c->ns / 1e6, (unsigned long long)c->calls,
			       (unsigned long long)c->matched, (unsigned long long)p->found[c->detector], c->kind,
			       detect_info(p->set, c->detector)->id, c->file, c->line);
	}
	printf("%zu other patterns cost nothing of their own\n", idle);
}

static int report(const struct profiler *p, const struct rules_options *o, long only)
{
	size_t all = detect_patterns(p->set), n = 0;
	struct detect_cost *costs = calloc(all + 1, sizeof *costs);
	if (!costs)
		return -1;
	for (size_t i = 0; i < all; i++) {
		detect_profile_cost(p->set, p->s, i, &costs[n]);
		n += only < 0 || costs[n].detector == (size_t)only;
	}
	qsort(costs, n, sizeof *costs, dearest_first);
	int r = 0;
	if (o->json)
		r = print_json(p, costs, n);
	else
		print_table(p, costs, n);
	free(costs);
	return r;
}

static int run(const struct rules_loaded *l, const struct rules_options *o, long only)
{
	static char *const standard_input[] = { "-" };
	char *const *files = o->nfiles ? o->files : standard_input;
	struct profiler p = { .set = l->set, .s = detect_scratch_new(l->set), .out = malloc(DETECT_FINDINGS_MAX * sizeof *p.out),
	                      .found = calloc(detect_count(l->set) + 1, sizeof *p.found), .told_ms = isatty(STDERR_FILENO) ? clock_ms() : 0 };
	int r = p.s && p.out && p.found ? detect_profile_begin(l->set, p.s) : -1;
	if (r < 0)
		fputs("filterctl: out of memory\n", stderr);
	for (int i = 0; r == 0 && i < (o->nfiles ? o->nfiles : 1); i++)
		r = scan_file(&p, files[i]);
	if (p.told_ms)
		fputs("\r\033[K", stderr);
	if (r == 0)
		r = report(&p, o, only);
	free(p.found);
	free(p.out);
	detect_scratch_free(&p.s);
	return r;
}

int rules_profile(const struct rules_options *o)
{
	struct rules_loaded l;
	long only = -1;
	int status = CTL_OK;
	if (rules_load(o->rules, &l) < 0)
		return CTL_FOUND;
	if (o->detector && (only = rules_find(&l, o)) < 0)
		status = CTL_FOUND;
	else if (run(&l, o, only) < 0)
		status = CTL_FAILED;
	rules_unload(&l);
	return status;
}
