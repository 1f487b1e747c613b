#include "detect/literal_body.h"

#include <config.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct literal_set {
	const struct literal_body_ops *ops;
	void *body;
};

static const struct literal_body_ops *ops_of(enum literal_body body)
{
#ifdef HAVE_HYPERSCAN
	if (body == LITERAL_HYPERSCAN)
		return &literal_hyperscan;
#endif
	return body == LITERAL_PORTABLE ? &literal_grams : NULL;
}

int literal_has(enum literal_body body)
{
	return ops_of(body) != NULL;
}

const char *literal_name(const struct literal_set *l)
{
	return l->ops->name;
}

static struct literal_set *make(const struct literal_body_ops *ops, const struct literal_text *texts, size_t n)
{
	struct literal_set *l = ops ? calloc(1, sizeof *l) : NULL;
	if (!l)
		return NULL;
	l->ops = ops;
	l->body = ops->make(texts, n);
	if (!l->body) {
		free(l);
		return NULL;
	}
	return l;
}

struct literal_set *literal_new(enum literal_body body, const struct literal_text *texts, size_t n)
{
	return make(ops_of(body), texts, n);
}

void literal_free(struct literal_set **lp)
{
	struct literal_set *l = *lp;
	if (l)
		l->ops->free(l->body);
	free(l);
	*lp = NULL;
}

size_t literal_memory(const struct literal_set *l)
{
	return l->ops->memory(l->body);
}

int literal_scan(const struct literal_set *l, const char *low, size_t size, struct literal_hit *hits, size_t max)
{
	struct literal_hits h = { hits, 0, max };
	return l->ops->scan(l->body, low, size, &h) < 0 ? -1 : (int)h.n;
}

static unsigned rnd(unsigned *seed, unsigned n)
{
	*seed = *seed * 1103515245u + 12345u;
	return (*seed >> 16) % n;
}

/* A few short literals in a short text at some alignment: each occurrence must be found.  1: they were. */
static int find_random(const struct literal_body_ops *ops, unsigned *seed)
{
	enum { LITERALS_MAX = 5, LITERAL_MAX = 8, TEXT_MAX = 128, ALIGN = 64 };
	char words[LITERALS_MAX][LITERAL_MAX], buf[ALIGN + TEXT_MAX + LITERAL_PAD];
	struct literal_text t[LITERALS_MAX];
	struct literal_hit hits[LITERALS_MAX * TEXT_MAX];
	size_t n = 2 + rnd(seed, LITERALS_MAX - 1), size = 64 + rnd(seed, TEXT_MAX - 64), want = 0;
	for (size_t i = 0; i < n; i++) {
		t[i] = (struct literal_text){ words[i], (uint8_t)(3 + rnd(seed, LITERAL_MAX - 2)) };
		for (size_t k = 0; k < t[i].size; k++)
			words[i][k] = (char)('a' + rnd(seed, 3) + (k == 0 ? 4 * i : 0)); /* no two are the same */
	}
	char *s = buf + rnd(seed, ALIGN);
	for (size_t k = 0; k < size; k++)
		s[k] = "abcefgijkmno qrs"[rnd(seed, 16)];
	for (size_t i = 0; i < n; i++) {
		size_t at = rnd(seed, (unsigned)(size - t[i].size) + 1);
		memcpy(s + at, t[i].s, t[i].size);
	}
	memset(s + size, 0, LITERAL_PAD);
	for (size_t i = 0; i < n; i++)
		for (size_t at = 0; at + t[i].size <= size; at++)
			want += memcmp(s + at, t[i].s, t[i].size) == 0;
	struct literal_set *l = make(ops, t, n);
	int got = l ? literal_scan(l, s, size, hits, sizeof hits / sizeof *hits) : -1;
	literal_free(&l);
	return got == (int)want;
}

int literal_prove(const struct literal_body_ops *ops, char *msg, size_t size)
{
	enum { ROUNDS = 600 };
	unsigned seed = 17;
	for (int i = 0; i < ROUNDS; i++)
		if (!find_random(ops, &seed)) {
			snprintf(msg, size, "%s lost a literal", ops->name);
			return -1;
		}
	return !ops->honest || ops->honest(msg, size) ? 0 : -1;
}

int literal_selftest(enum literal_body body, char *msg, size_t size)
{
	const struct literal_body_ops *ops = ops_of(body);
	if (ops)
		return literal_prove(ops, msg, size);
	snprintf(msg, size, "it is not built in");
	return -1;
}
