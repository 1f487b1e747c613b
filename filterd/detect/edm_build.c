#include "detect/edm_build.h"

#include "base/io.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	JUDGED_FROM = 100,     /* fewer values say nothing about a column */
	ROWS_PER_VALUE_MAX = 1000,
	SHARE_MIN = 50,        /* percent of the values that must be usable */
	FILTER_BITS_PER_ENTRY = 10,
	PER_BUCKET = 4,
	PIECE = 1 << 16,
};

struct entry {
	uint64_t tag, quick;
	uint32_t place;
};

struct build_column {
	struct edm_shape shape;
	struct edm_build_stats stats;
	uint32_t number; /* in the file */
};

struct edm_build {
	struct edm_key *key;
	const struct edm_build_column *columns;
	size_t ncolumns;
	struct build_column state[EDM_COLUMNS_MAX];
	struct entry *entries;
	size_t n, cap;
	uint32_t rows;
};

struct edm_build *edm_build_new(struct edm_key *k, const struct edm_build_column *columns, size_t ncolumns)
{
	struct edm_build *b = calloc(1, sizeof *b);
	if (b)
		*b = (struct edm_build){ .key = k, .columns = columns, .ncolumns = ncolumns };
	return b;
}

void edm_build_free(struct edm_build **bp)
{
	if (!*bp)
		return;
	free((*bp)->entries);
	free(*bp);
	*bp = NULL;
}

static const char *grow(struct edm_build *b)
{
	if (b->n == EDM_ENTRIES_MAX)
		return "there are more than 67,108,864 values; name fewer columns, or make several indexes";
	if (b->n < b->cap)
		return NULL;
	size_t cap = b->cap ? b->cap + b->cap / 2 : 4096;
	struct entry *e = realloc(b->entries, cap * sizeof *e);
	if (!e)
		return "out of memory";
	b->entries = e;
	b->cap = cap;
	return NULL;
}

const char *edm_build_add(struct edm_build *b, size_t column, const char *value, size_t size)
{
	char norm[EDM_NORM_MAX];
	enum edm_type t = b->columns[column].type;
	size_t blank = 0;
	while (blank < size && strchr(" \t\r\n", value[blank]))
		blank++;
	if (blank == size)
		return NULL;
	if (b->rows == EDM_ROWS_MAX)
		return "there are more than 134,217,728 rows; make several indexes";
	const char *wrong = grow(b);
	if (wrong)
		return wrong;
	size_t n = edm_norm_value(t, value, size, norm, &b->state[column].shape);
	if (n == 0) {
		b->state[column].stats.left_out++;
		return NULL;
	}
	struct entry e = { edm_key_tag(b->key, (uint8_t)t, norm, n), edm_key_quick(b->key, (uint8_t)t, norm, n),
	                   (uint32_t)column << EDM_ROW_BITS | b->rows };
	explicit_bzero(norm, sizeof norm);
	if (e.tag == 0)
		return "OpenSSL can't compute HMAC-SHA-256";
	b->entries[b->n++] = e;
	b->state[column].stats.values++;
	return NULL;
}

void edm_build_end_row(struct edm_build *b)
{
	b->rows++;
}

uint32_t edm_build_rows(const struct edm_build *b)
{
	return b->rows;
}

static int by_tag(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;
	if (a->tag != b->tag)
		return a->tag < b->tag ? -1 : 1;
	return a->place < b->place ? -1 : a->place > b->place;
}

static const char *refusal(const struct edm_build_stats *s)
{
	uint64_t given = (uint64_t)s->values + s->left_out;
	if (s->values == 0)
		return "it has no value that can be looked for";
	if (s->values * 100ull < given * SHARE_MIN)
		return "most of its values are too short, too long or not of its type";
	if (given >= JUDGED_FROM && (s->distinct < 10 || s->values / s->distinct > ROWS_PER_VALUE_MAX))
		return "its values are too common: they do not tell one record from another";
	return NULL;
}

void edm_build_judge(struct edm_build *b, struct edm_build_stats *stats_r)
{
	if (b->n)
		qsort(b->entries, b->n, sizeof *b->entries, by_tag);
	for (size_t i = 0, from = 0; i < b->n; i++) {
		const struct entry *e = &b->entries[i];
		struct edm_build_stats *s = &b->state[edm_place_column(e->place)].stats;
		if (i == 0 || e->tag != e[-1].tag || edm_place_column(e->place) != edm_place_column(e[-1].place)) {
			from = i;
			s->distinct++;
		}
		if (i - from + 1 > s->most)
			s->most = (uint32_t)(i - from + 1);
	}
	uint32_t number = 0;
	for (size_t i = 0; i < b->ncolumns; i++) {
		struct build_column *c = &b->state[i];
		c->stats.refused = refusal(&c->stats);
		c->number = number;
		number += !c->stats.refused;
		stats_r[i] = c->stats;
	}
	size_t kept = 0;
	for (size_t i = 0; i < b->n; i++) {
		const struct build_column *c = &b->state[edm_place_column(b->entries[i].place)];
		if (c->stats.refused)
			continue;
		b->entries[kept] = b->entries[i];
		b->entries[kept++].place = c->number << EDM_ROW_BITS | edm_place_row(b->entries[i].place);
	}
	b->n = kept;
}

/* ---- the file ---- */

struct out {
	struct edm_key *key;
	int fd;
	uint64_t size;
	size_t used;
	uint8_t buf[PIECE];
};

static int flush(struct out *o)
{
	if (edm_key_mac_add(o->key, o->buf, o->used) < 0) {
		errno = EIO;
		return -1;
	}
	int r = io_write_all(o->fd, o->buf, o->used);
	o->size += o->used;
	o->used = 0;
	return r;
}

static int put(struct out *o, const void *data, size_t size)
{
	const uint8_t *p = data;
	while (size > 0) {
		size_t n = PIECE - o->used < size ? PIECE - o->used : size;
		memcpy(o->buf + o->used, p, n);
		o->used += n;
		p += n;
		size -= n;
		if (o->used == PIECE && flush(o) < 0)
			return -1;
	}
	return 0;
}

static int put32(struct out *o, uint32_t v)
{
	v = htole32(v);
	return put(o, &v, sizeof v);
}

static int put64(struct out *o, uint64_t v)
{
	v = htole64(v);
	return put(o, &v, sizeof v);
}

struct layout {
	uint32_t ncolumns;
	unsigned bucket_bits, filter_bits;
	uint64_t size;
};

static struct layout lay_out(const struct edm_build *b)
{
	struct layout l = { 0 };
	for (size_t i = 0; i < b->ncolumns; i++)
		l.ncolumns += !b->state[i].stats.refused;
	while (l.bucket_bits < EDM_BUCKET_BITS_MAX && ((size_t)PER_BUCKET << l.bucket_bits) < b->n)
		l.bucket_bits++;
	while (l.filter_bits < EDM_FILTER_BITS_MAX && ((size_t)8 * EDM_FILTER_BLOCK << l.filter_bits) < b->n * FILTER_BITS_PER_ENTRY)
		l.filter_bits++;
	size_t buckets = 4 * (((size_t)1 << l.bucket_bits) + 1);
	l.size = EDM_HEADER_SIZE + l.ncolumns * EDM_COLUMN_SIZE + ((size_t)EDM_FILTER_BLOCK << l.filter_bits) + buckets + buckets % 8 +
	         12 * b->n + EDM_MAC_SIZE;
	return l;
}

static int put_header(struct out *o, const struct edm_build *b, const struct layout *l, uint64_t created)
{
	if (put(o, EDM_MAGIC, 8) < 0 || put32(o, EDM_HEADER_SIZE + l->ncolumns * EDM_COLUMN_SIZE) < 0 || put32(o, l->ncolumns) < 0 ||
	    put(o, edm_key_id(b->key), EDM_KEY_ID_SIZE) < 0 || put32(o, b->rows) < 0 || put32(o, (uint32_t)b->n) < 0 ||
	    put32(o, l->bucket_bits) < 0 || put32(o, l->filter_bits) < 0 || put64(o, created) < 0 || put64(o, l->size) < 0 || put64(o, 0) < 0)
		return -1;
	for (size_t i = 0; i < b->ncolumns; i++) {
		const struct build_column *c = &b->state[i];
		char name[EDM_NAME_MAX] = "";
		if (c->stats.refused)
			continue;
		memcpy(name, b->columns[i].name, strnlen(b->columns[i].name, EDM_NAME_MAX - 1));
		if (put(o, name, sizeof name) < 0 || put32(o, b->columns[i].type) < 0 || put32(o, c->shape.words) < 0 || put64(o, c->shape.lengths) < 0 ||
		    put32(o, (uint32_t)(c->shape.no_digits | c->shape.letters << 1)) < 0 || put32(o, c->stats.values) < 0 ||
		    put32(o, c->stats.distinct) < 0 || put32(o, c->stats.left_out) < 0)
			return -1;
	}
	return 0;
}

static int put_filter(struct out *o, const struct edm_build *b, const struct layout *l)
{
	size_t size = (size_t)EDM_FILTER_BLOCK << l->filter_bits;
	uint8_t *filter = calloc(1, size);
	if (!filter)
		return -1;
	for (size_t i = 0; i < b->n; i++) {
		struct edm_probe p = edm_probe_of(b->entries[i].quick, l->filter_bits);
		for (int k = 0; k < EDM_FILTER_PROBES; k++)
			filter[p.block * EDM_FILTER_BLOCK + (p.bit[k] >> 3)] |= (uint8_t)(1 << (p.bit[k] & 7));
	}
	int r = put(o, filter, size);
	free(filter);
	return r;
}

static int put_tables(struct out *o, const struct edm_build *b, const struct layout *l)
{
	size_t nbuckets = (size_t)1 << l->bucket_bits, at = 0;
	int r = put32(o, 0);
	for (size_t k = 0; k < nbuckets && r == 0; k++) {
		while (at < b->n && (l->bucket_bits ? b->entries[at].tag >> (64 - l->bucket_bits) : 0) == k)
			at++;
		r = put32(o, (uint32_t)at);
	}
	if (r == 0 && (4 * (nbuckets + 1)) % 8)
		r = put32(o, 0);
	for (size_t i = 0; i < b->n && r == 0; i++)
		r = put64(o, b->entries[i].tag);
	for (size_t i = 0; i < b->n && r == 0; i++)
		r = put32(o, b->entries[i].place);
	return r;
}

int edm_build_write(struct edm_build *b, int fd, uint64_t created, uint64_t *size_r)
{
	struct layout l = lay_out(b);
	struct out *o = malloc(sizeof *o);
	uint8_t mac[EDM_MAC_SIZE];
	if (!o)
		return -1;
	o->key = b->key;
	o->fd = fd;
	o->size = o->used = 0;
	int r = edm_key_mac_begin(b->key);
	if (r == 0 && put_header(o, b, &l, created) == 0 && put_filter(o, b, &l) == 0 && put_tables(o, b, &l) == 0 && flush(o) == 0 &&
	    edm_key_mac_end(b->key, mac) == 0)
		r = io_write_all(fd, mac, sizeof mac);
	else
		r = -1;
	*size_r = o->size + sizeof mac;
	free(o);
	return r;
}
