/* Hyperscan as the body of the literal matcher. */
#include "detect/literal_body.h"

#include <config.h>

#ifdef HAVE_HYPERSCAN
#include <hs/hs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hyper {
	hs_database_t *db;     /* NULL: no literals */
	hs_scratch_t *scratch; /* written while matching: its pages are a process's own */
	size_t memory;
	uint8_t *sizes;        /* of the literals */
};

static void hyper_free(void *set)
{
	struct hyper *h = set;
	hs_free_scratch(h->scratch);
	hs_free_database(h->db);
	free(h->sizes);
	free(h);
}

static int compile(struct hyper *h, const struct literal_text *texts, size_t n)
{
	const char **s = calloc(n, sizeof *s);
	size_t *sizes = calloc(n, sizeof *sizes);
	unsigned *ids = calloc(n, sizeof *ids), *flags = calloc(n, sizeof *flags);
	hs_compile_error_t *error = NULL;
	int r = -1;
	for (size_t i = 0; s && sizes && ids && flags && i < n; i++) {
		s[i] = texts[i].s;
		sizes[i] = h->sizes[i] = texts[i].size;
		ids[i] = (unsigned)i;
	}
	if (s && sizes && ids && flags && hs_compile_lit_multi(s, flags, ids, sizes, (unsigned)n, HS_MODE_BLOCK, NULL, &h->db, &error) == HS_SUCCESS &&
	    hs_alloc_scratch(h->db, &h->scratch) == HS_SUCCESS && hs_database_size(h->db, &h->memory) == HS_SUCCESS)
		r = 0;
	hs_free_compile_error(error);
	free(s);
	free(sizes);
	free(ids);
	free(flags);
	return r;
}

static void *hyper_new(const struct literal_text *texts, size_t n)
{
	struct hyper *h = calloc(1, sizeof *h);
	if (!h)
		return NULL;
	h->sizes = calloc(n + 1, 1);
	if (!h->sizes || (n > 0 && (hs_valid_platform() != HS_SUCCESS || compile(h, texts, n) < 0))) {
		hyper_free(h);
		return NULL;
	}
	return h;
}

static size_t hyper_memory(const void *set)
{
	return ((const struct hyper *)set)->memory;
}

struct hearing {
	const struct hyper *h;
	struct literal_hits *hits;
};

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *arg)
{
	struct hearing *a = arg;
	return literal_add_hit(a->hits, (uint32_t)(to - a->h->sizes[id]), id) < 0;
}

static int hyper_scan(const void *set, const char *low, size_t size, struct literal_hits *hits)
{
	const struct hyper *h = set;
	struct hearing a = { h, hits };
	if (!h->db || size == 0)
		return 0;
	return size <= UINT32_MAX && hs_scan(h->db, low, (unsigned)size, 0, h->scratch, on_match, &a) == HS_SUCCESS ? 0 : -1;
}

static int on_any(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *arg)
{
	*(int *)arg = 1;
	return 1;
}

/* The pattern's match at each place of a text, at each alignment.  1: all found. */
static int finds_everywhere(const char *pattern, const char *match, char *msg, size_t size)
{
	enum { ALIGN = 64, TEXT = 100 };
	hs_database_t *db = NULL;
	hs_scratch_t *scratch = NULL;
	hs_compile_error_t *error = NULL;
	size_t n = strlen(match);
	int ok = hs_compile(pattern, 0, HS_MODE_BLOCK, NULL, &db, &error) == HS_SUCCESS && hs_alloc_scratch(db, &scratch) == HS_SUCCESS;
	for (size_t align = 0; align < ALIGN && ok; align++)
		for (size_t at = 0; at + n <= TEXT && ok; at++) {
			char buf[ALIGN + TEXT];
			int found = 0;
			memset(buf, '!', sizeof buf);
			memcpy(buf + align + at, match, n);
			ok = hs_scan(db, buf + align, TEXT, 0, scratch, on_any, &found) >= HS_SCAN_TERMINATED && found;
		}
	if (!ok)
		snprintf(msg, size, "hyperscan %s lost a match of %s", hs_version(), pattern);
	hs_free_compile_error(error);
	hs_free_scratch(scratch);
	hs_free_database(db);
	return ok;
}

/* Of its kin, Vectorscan 5.4.9 (Debian 12) loses these on AVX-512, the last one on AVX2 too: VectorCamp/vectorscan issue 317. */
static int hyper_honest(char *msg, size_t size)
{
	static const struct {
		const char *pattern, *match;
	} known[] = { { "s[a-f0-9]", "s7" }, { "[0-9]a", "4a" }, { "\\s+k", " k" }, { "[0-9]{1,3}?a\\.*?", "12a." } };
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!finds_everywhere(known[i].pattern, known[i].match, msg, size))
			return 0;
	return 1;
}

const struct literal_body_ops literal_hyperscan = { "hyperscan", hyper_new, hyper_free, hyper_memory, hyper_scan, hyper_honest };
#endif
