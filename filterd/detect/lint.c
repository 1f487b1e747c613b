#include "detect/lint.h"

#include "detect/syntax.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TRIALS_MAX = 32, WITNESS_MAX = 1 << 10, UNITS_MAX = 64 };

/* A text that a node might match, cut at WITNESS_MAX. */
struct witness {
	char s[WITNESS_MAX];
	size_t size;
};

/* Letters and digits before anything else: they are what repeats have in common. */
static char member(const struct syntax *n)
{
	static const char first[] = "a1Ab0 -._/=";
	for (const char *c = first; *c; c++)
		if (byte_set_has(&n->set, (unsigned char)*c))
			return *c;
	for (unsigned c = 32; c < 127; c++)
		if (byte_set_has(&n->set, c))
			return (char)c;
	return byte_set_has(&n->set, '\n') ? '\n' : 'a';
}

static void put(struct witness *w, char c)
{
	if (w->size < sizeof w->s)
		w->s[w->size++] = c;
}

/* Writes a witness of n; stops before the node `until` and says so with 1. */
static int write_witness(const struct syntax *n, const struct syntax *until, struct witness *w)
{
	if (n == until)
		return 1;
	switch (n->type) {
	case SYNTAX_SET:
		put(w, member(n));
		break;
	case SYNTAX_CAT:
		for (uint32_t i = 0; i < n->nkids; i++)
			if (write_witness(n->kids[i], until, w))
				return 1;
		break;
	case SYNTAX_ALT:
		for (uint32_t i = 1; until && i < n->nkids; i++) { /* the branch that until is in */
			size_t size = w->size;
			if (write_witness(n->kids[i], until, w))
				return 1;
			w->size = size;
		}
		return write_witness(n->kids[0], until, w);
	case SYNTAX_REPEAT:
		if (until && n->min == 0) {
			size_t size = w->size;
			if (write_witness(n->kids[0], until, w))
				return 1;
			w->size = size;
			break;
		}
		for (uint32_t i = 0; i < n->min && w->size < sizeof w->s; i++)
			if (write_witness(n->kids[0], until, w))
				return 1;
		break;
	default:
		break;
	}
	return 0;
}

static void collect_repeats(const struct syntax *n, const struct syntax **list, size_t *count)
{
	if (n->type == SYNTAX_REPEAT && n->max >= 16 && n->max > n->min && *count < TRIALS_MAX)
		list[(*count)++] = n;
	for (uint32_t i = 0; n->type != SYNTAX_ANY && i < n->nkids; i++)
		collect_repeats(n->kids[i], list, count);
}

static uint64_t cpu_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

struct clock_left {
	uint64_t deadline;
	unsigned ticks;
};

static int out_of_time(void *arg)
{
	struct clock_left *c = arg;
	return c->ticks++ % 256 == 0 && cpu_us() > c->deadline;
}

/* Finds all in text as a scan would.  1: too slow. */
static int try_text(const struct pattern *p, struct regex_run *run, const char *text, size_t size, char *what, size_t what_size)
{
	struct clock_left left = { cpu_us() + LINT_LIMIT_US, 0 };
	run->tick = out_of_time;
	run->tick_arg = &left;
	int slow = 0;
	for (size_t from = 0; from < size && !slow;) {
		size_t to = from + 16 < size ? from + 16 : size; /* few starts a call, so that the clock is looked at */
		int rc = regex_match(&p->re, run, text, size, from, to, 1);
		if (rc == PCRE2_ERROR_CALLOUT || cpu_us() > left.deadline) {
			snprintf(what, what_size, "takes more than %d ms", LINT_LIMIT_US / 1000);
			slow = 1;
		} else if (rc < 0) {
			snprintf(what, what_size, "runs into PCRE2's %s", rc == PCRE2_ERROR_MATCHLIMIT ? "match limit" : "limits");
			slow = 1;
		}
		const PCRE2_SIZE *ov = pcre2_get_ovector_pointer(run->data);
		from = rc == 1 && ov[1] > from ? ov[1] : to + 1;
	}
	run->tick = NULL;
	run->tick_arg = NULL;
	return slow;
}

static int try_repeat(const struct pattern *p, const struct syntax *root, const struct syntax *repeat, struct regex_run *run, char *what, size_t size)
{
	static const char *const ends[] = { "", "!", "\n\x01" };
	struct witness *w = calloc(3, sizeof *w);
	char *text = malloc(LINT_TEXT_SIZE + 2 * WITNESS_MAX + 8);
	int slow = 0;
	if (!w || !text) {
		free(w);
		free(text);
		return -1;
	}
	write_witness(root, repeat, &w[0]);
	write_witness(repeat->kids[0], NULL, &w[1]);
	write_witness(root, NULL, &w[2]);
	/* the repeat alone, and the whole beginning again and again */
	for (int whole = 0; whole < 2 && !slow; whole++)
		for (size_t i = 0; i < sizeof ends / sizeof *ends && !slow; i++) {
			size_t o = 0, unit = w[1].size + (whole ? w[0].size : 0);
			memcpy(text, w[0].s, w[0].size);
			o += w[0].size;
			for (; unit && o + unit <= LINT_TEXT_SIZE; o += w[1].size) {
				if (whole) {
					memcpy(text + o, w[0].s, w[0].size);
					o += w[0].size;
				}
				memcpy(text + o, w[1].s, w[1].size);
			}
			o += (size_t)sprintf(text + o, "%s", ends[i]);
			/* without the last byte it asks for, PCRE2 would not even begin */
			if (i > 0 && w[2].size)
				text[o++] = w[2].s[w[2].size - 1];
			slow = try_text(p, run, text, o, what, size);
		}
	if (slow) {
		char unit[40];
		snprintf(unit, sizeof unit, "%.*s", (int)(w[1].size < 24 ? w[1].size : 24), w[1].s);
		size_t len = strlen(what);
		snprintf(what + len, size - len, " on %d bytes of repeated \"%s\"", LINT_TEXT_SIZE, unit);
	}
	free(w);
	free(text);
	return slow;
}

int lint_pattern(const struct pattern *p, char *what, size_t size)
{
	const struct syntax *repeats[TRIALS_MAX];
	struct syntax_tree tree;
	struct regex_run run;
	size_t n = 0;
	int slow = 0;
	struct arena *a = arena_new(16 << 20);
	if (!a || regex_run_init(&run, p->re.ngroups) < 0) {
		arena_free(&a);
		return -1;
	}
	if (syntax_read(p->def->regex, a, &tree) == 0)
		collect_repeats(tree.root, repeats, &n);
	for (size_t i = 0; i < n && !slow; i++)
		slow = try_repeat(p, tree.root, repeats[i], &run, what, size);
	regex_run_free(&run);
	arena_free(&a);
	return slow;
}
