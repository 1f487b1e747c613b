#include "detect/lint.h"

#include "detect/syntax.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIALS_MAX = 32, WITNESS_MAX = 1 << 10, VARIANTS = 3, PROBE_SIZE = 1 << 10, PROBE_STEPS = 64 };

/* A text that a node might match, cut at WITNESS_MAX. */
struct witness {
	char s[WITNESS_MAX];
	size_t size;
	unsigned variant; /* which members and branches it takes */
	int full;         /* what may be left out stands there once */
};

/* Letters and digits before anything else: they are what repeats have in common. */
static char member(const struct syntax *n, unsigned variant)
{
	static const char first[VARIANTS][12] = { "a1Ab0 -._/=", "b0B a1-._/=", " -.a1Ab0_/=" };
	for (const char *c = first[variant]; *c; c++)
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
		put(w, member(n, w->variant));
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
		return write_witness(n->kids[w->variant % n->nkids], until, w);
	case SYNTAX_REPEAT:
		if (!until && n->min == 0 && w->full)
			return write_witness(n->kids[0], NULL, w);
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

/* All that can be long; the outermost first. */
static void collect_repeats(const struct syntax *n, const struct syntax **list, size_t *count)
{
	if (n->type == SYNTAX_REPEAT && n->max >= 8 && *count < TRIALS_MAX)
		list[(*count)++] = n;
	for (uint32_t i = 0; n->type != SYNTAX_ANY && i < n->nkids; i++)
		collect_repeats(n->kids[i], list, count);
}

/* Steps are counted, not timed: a verdict must not depend on the machine. */
struct steps {
	uint64_t n, max;
};

static int count_step(void *arg)
{
	struct steps *s = arg;
	return s->n++ > s->max;
}

enum limit { LIMIT_NONE, LIMIT_STEPS, LIMIT_PCRE2 };

/* Finds all in text as a scan would, in at most steps->max steps. */
static enum limit try_text(const struct regex *re, struct regex_run *run, const char *text, size_t size, struct steps *steps)
{
	steps->n = 0;
	run->tick = count_step;
	run->tick_arg = steps;
	for (size_t from = 0; from < size;) {
		int rc = regex_match(re, run, text, size, from, size, 1);
		if (rc == PCRE2_ERROR_CALLOUT)
			return LIMIT_STEPS;
		if (rc < 0)
			return LIMIT_PCRE2;
		if (rc == 0)
			break;
		const PCRE2_SIZE *ov = pcre2_get_ovector_pointer(run->data);
		from = ov[1] > from ? ov[1] : from + 1;
	}
	return LIMIT_NONE;
}

/* A text that is hard for a repeat: what stands before it, it again and again, and an end that spoils the match. */
struct hard_text {
	char s[LINT_TEXT_SIZE + 4 * WITNESS_MAX];
	struct witness before, unit, all;
};

enum { ENDS = 5 };

static size_t make_text(struct hard_text *t, size_t size, int whole, int end)
{
	size_t o = 0;
	memcpy(t->s, t->before.s, t->before.size);
	o += t->before.size;
	while (o + t->unit.size + (whole ? t->before.size : 0) <= size) {
		if (whole) { /* the whole beginning again and again: each is a start */
			memcpy(t->s + o, t->before.s, t->before.size);
			o += t->before.size;
		}
		memcpy(t->s + o, t->unit.s, t->unit.size);
		o += t->unit.size;
	}
	if (end == 1 || end == 3)
		t->s[o++] = '!';
	else if (end == 2)
		o += (size_t)sprintf(t->s + o, "\n\x01");
	if (end >= 3 && t->all.size) { /* without the characters it asks for, PCRE2 would not even begin */
		size_t n = end == 3 ? t->all.size : t->all.size - 1;
		memcpy(t->s + o, t->all.s, n);
		o += n;
	} else if (end == 2 && t->all.size) {
		t->s[o++] = t->all.s[t->all.size - 1];
	}
	return o;
}

struct trial {
	const struct regex *re;
	struct regex_run *run;
	struct hard_text *text;
	uint64_t most;       /* steps on a long text so far */
	char unit[28];       /* what was repeated then */
};

static enum limit try_repeat(struct trial *t)
{
	for (int whole = 0; whole < 2; whole++)
		for (int end = 0; end < ENDS; end++) {
			/* a short text tells whether the long one is worth trying */
			struct steps steps = { .max = LINT_STEPS_MAX };
			size_t size = make_text(t->text, PROBE_SIZE, whole, end);
			enum limit r = try_text(t->re, t->run, t->text->s, size, &steps);
			if (r == LIMIT_NONE && steps.n > PROBE_STEPS * (uint64_t)size) {
				size = make_text(t->text, LINT_TEXT_SIZE, whole, end);
				r = try_text(t->re, t->run, t->text->s, size, &steps);
			}
			if (r == LIMIT_NONE && steps.n <= t->most)
				continue;
			const struct witness *u = &t->text->unit;
			snprintf(t->unit, sizeof t->unit, "%.*s", (int)(u->size < 24 ? u->size : 24), u->s);
			t->most = steps.n;
			if (r != LIMIT_NONE)
				return r;
		}
	return LIMIT_NONE;
}

static enum limit try_all(struct trial *t, const struct syntax *root)
{
	const struct syntax *repeats[TRIALS_MAX];
	struct hard_text *h = t->text;
	enum limit r = LIMIT_NONE;
	size_t n = 0;
	collect_repeats(root, repeats, &n);
	for (unsigned k = 0; k < n * VARIANTS && r == LIMIT_NONE; k++) {
		const struct syntax *repeat = repeats[k / VARIANTS];
		h->before = (struct witness){ .variant = 0 };
		h->unit = (struct witness){ .variant = k % VARIANTS, .full = 1 };
		h->all = (struct witness){ .variant = 0 };
		write_witness(root, repeat, &h->before);
		write_witness(repeat->kids[0], NULL, &h->unit);
		write_witness(root, NULL, &h->all);
		if (h->unit.size)
			r = try_repeat(t);
	}
	return r;
}

static enum lint judge(const struct trial *t, enum limit r, char *what, size_t size)
{
	if (r == LIMIT_PCRE2)
		snprintf(what, size, "runs into PCRE2's match limit on repeated \"%s\"", t->unit);
	else if (r == LIMIT_STEPS)
		snprintf(what, size, "takes more than %d million steps on %d bytes of repeated \"%s\"", LINT_STEPS_MAX / 1000000, LINT_TEXT_SIZE, t->unit);
	else if (t->most > LINT_STEPS_MANY)
		snprintf(what, size, "takes %.1f million steps on %d bytes of repeated \"%s\"", (double)t->most / 1e6, LINT_TEXT_SIZE, t->unit);
	else
		return LINT_GOOD;
	return r == LIMIT_NONE ? LINT_QUADRATIC : LINT_SLOW;
}

enum lint lint_pattern(const struct pattern *p, char *what, size_t size)
{
	struct syntax_tree tree;
	struct regex_run run = { 0 };
	struct regex watched = { 0 }; /* a copy that counts */
	struct trial t = { .re = &watched, .run = &run, .text = calloc(1, sizeof *t.text) };
	struct arena *a = arena_new(16 << 20);
	char ignored[8];
	enum lint result = LINT_NO_MEMORY;
	if (t.text && a && regex_compile(&watched, p->def->regex, 0, 1, ignored, sizeof ignored) == 0 && regex_run_init(&run, p->re.ngroups) == 0)
		result = syntax_read(p->def->regex, a, &tree) < 0 ? LINT_GOOD : judge(&t, try_all(&t, tree.root), what, size);
	regex_run_free(&run);
	regex_free(&watched);
	arena_free(&a);
	free(t.text);
	return result;
}
