#include "detect/edm_index.h"

#include <endian.h>
#include <string.h>

static uint32_t get32(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof v);
	return le32toh(v);
}

static uint64_t get64(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof v);
	return le64toh(v);
}

struct edm_probe edm_probe_of(uint64_t quick, unsigned filter_bits)
{
	struct edm_probe p = { .block = filter_bits ? (size_t)(quick >> (64 - filter_bits)) : 0 };
	uint64_t bits = quick * 0x9e3779b97f4a7c15u;
	for (int i = 0; i < EDM_FILTER_PROBES; i++)
		p.bit[i] = (uint16_t)(bits >> (10 + 9 * i) & (8 * EDM_FILTER_BLOCK - 1));
	return p;
}

static const char *read_column(const uint8_t *p, struct edm_column *c)
{
	memcpy(c->name, p, EDM_NAME_MAX);
	if (c->name[0] == '\0' || c->name[EDM_NAME_MAX - 1] != '\0')
		return "a column has no name";
	uint32_t type = get32(p + 40), flags = get32(p + 56);
	if (type < EDM_NUMBER || type >= EDM_TYPES)
		return "a column is of no known type";
	c->type = (enum edm_type)type;
	c->shape = (struct edm_shape){ .words = get32(p + 44), .lengths = get64(p + 48), .no_digits = flags & 1, .letters = flags >> 1 & 1 };
	c->values = get32(p + 60);
	c->distinct = get32(p + 64);
	c->left_out = get32(p + 68);
	if (flags > 3 || c->distinct > c->values || c->shape.words >> (EDM_RUN_MAX + 1))
		return "a column's description makes no sense";
	return NULL;
}

static void add_shape(struct edm_shape *all, const struct edm_shape *s)
{
	all->lengths |= s->lengths;
	all->words |= s->words;
	all->no_digits |= s->no_digits;
	all->letters |= s->letters;
}

static unsigned bucket_of(uint64_t tag, unsigned bits)
{
	return bits ? (unsigned)(tag >> (64 - bits)) : 0;
}

/* Every entry: sorted by tag, then place, in its bucket, of a column and row that exist. */
static const char *check_entries(const struct edm_index *x)
{
	uint32_t nbuckets = 1u << x->bucket_bits, end = 0;
	uint64_t last = 0;
	uint32_t last_place = 0;
	if (get32(x->buckets) != 0 || get32(x->buckets + 4 * (size_t)nbuckets) != x->entries)
		return "its buckets do not hold its entries";
	for (uint32_t b = 0; b < nbuckets; b++) {
		uint32_t i = end;
		end = get32(x->buckets + 4 * ((size_t)b + 1));
		if (end < i || end > x->entries)
			return "its buckets are out of order";
		for (; i < end; i++) {
			uint64_t tag = get64(x->tags + 8 * (size_t)i);
			uint32_t place = edm_index_place(x, i);
			if (bucket_of(tag, x->bucket_bits) != b || tag < last || (i && tag == last && place <= last_place))
				return "its entries are out of order";
			if (edm_place_column(place) >= x->ncolumns || edm_place_row(place) >= x->rows)
				return "an entry names a column or row that does not exist";
			last = tag;
			last_place = place;
		}
	}
	return NULL;
}

const char *edm_index_read(const uint8_t *data, size_t size, struct edm_index *x_r)
{
	struct edm_index x = { .data = data, .size = size };
	if (size < EDM_HEADER_SIZE + EDM_COLUMN_SIZE + EDM_MAC_SIZE || memcmp(data, EDM_MAGIC, 8) != 0)
		return "this is no index made by filterctl edm build";
	uint32_t header = get32(data + 8);
	x.ncolumns = get32(data + 12);
	memcpy(x.key_id, data + 16, sizeof x.key_id);
	x.rows = get32(data + 24);
	x.entries = get32(data + 28);
	x.bucket_bits = get32(data + 32);
	x.filter_bits = get32(data + 36);
	x.created = get64(data + 40);
	if (get64(data + 48) != size)
		return "it is not whole: its size is not what its header says";
	if (x.ncolumns < 1 || x.ncolumns > EDM_COLUMNS_MAX || x.rows > EDM_ROWS_MAX || x.entries > EDM_ENTRIES_MAX ||
	    x.bucket_bits > EDM_BUCKET_BITS_MAX || x.filter_bits > EDM_FILTER_BITS_MAX ||
	    header != EDM_HEADER_SIZE + x.ncolumns * EDM_COLUMN_SIZE)
		return "its header makes no sense";
	/* all below 2^33: nothing overflows */
	size_t filter = (size_t)EDM_FILTER_BLOCK << x.filter_bits, buckets = 4 * (((size_t)1 << x.bucket_bits) + 1);
	size_t pad = buckets % 8; /* tags stand aligned */
	if (header + filter + buckets + pad + 12 * (size_t)x.entries + EDM_MAC_SIZE != size)
		return "its parts do not add up to its size";
	x.filter = data + header;
	x.buckets = x.filter + filter;
	x.tags = x.buckets + buckets + pad;
	x.places = x.tags + 8 * (size_t)x.entries;
	const char *wrong = NULL;
	for (uint32_t i = 0; i < x.ncolumns && !wrong; i++) {
		wrong = read_column(data + EDM_HEADER_SIZE + (size_t)i * EDM_COLUMN_SIZE, &x.columns[i]);
		add_shape(&x.shapes[x.columns[i].type], &x.columns[i].shape);
	}
	if (!wrong)
		wrong = check_entries(&x);
	if (!wrong)
		*x_r = x;
	return wrong;
}

const char *edm_index_verify(const struct edm_index *x, struct edm_key *k)
{
	uint8_t mac[EDM_MAC_SIZE];
	if (memcmp(x->key_id, edm_key_id(k), EDM_KEY_ID_SIZE) != 0)
		return "it was made with another key";
	if (edm_key_mac_begin(k) < 0 || edm_key_mac_add(k, x->data, x->size - EDM_MAC_SIZE) < 0 || edm_key_mac_end(k, mac) < 0)
		return "its checksum can't be computed";
	return memcmp(mac, x->data + x->size - EDM_MAC_SIZE, EDM_MAC_SIZE) == 0 ? NULL : "it is damaged: its checksum is wrong";
}

uint32_t edm_index_place(const struct edm_index *x, uint32_t entry)
{
	return get32(x->places + 4 * (size_t)entry);
}

struct edm_range edm_index_find_tag(const struct edm_index *x, uint64_t tag)
{
	size_t b = bucket_of(tag, x->bucket_bits);
	uint32_t lo = get32(x->buckets + 4 * b), end = get32(x->buckets + 4 * (b + 1)), hi = end;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (get64(x->tags + 8 * (size_t)mid) < tag)
			lo = mid + 1;
		else
			hi = mid;
	}
	struct edm_range r = { lo, 0 };
	for (hi = end; lo < hi;) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (get64(x->tags + 8 * (size_t)mid) <= tag)
			lo = mid + 1;
		else
			hi = mid;
	}
	r.n = lo - r.first;
	return r;
}

static int in_filter(const struct edm_index *x, uint64_t quick)
{
	struct edm_probe p = edm_probe_of(quick, x->filter_bits);
	const uint8_t *block = x->filter + p.block * EDM_FILTER_BLOCK;
	for (int i = 0; i < EDM_FILTER_PROBES; i++)
		if (!(block[p.bit[i] >> 3] >> (p.bit[i] & 7) & 1))
			return 0;
	return 1;
}

struct edm_range edm_index_find(const struct edm_index *x, struct edm_key *k, enum edm_type t, const char *norm, size_t size)
{
	uint64_t tag;
	if (!in_filter(x, edm_key_quick(k, (uint8_t)t, norm, size)) || (tag = edm_key_tag(k, (uint8_t)t, norm, size)) == 0)
		return (struct edm_range){ 0, 0 };
	return edm_index_find_tag(x, tag);
}

/* The first entry of [r) whose place is not below. */
static uint32_t first_from(const struct edm_index *x, struct edm_range r, uint32_t place)
{
	uint32_t lo = r.first, hi = r.first + r.n;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (edm_index_place(x, mid) < place)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct edm_range edm_index_column(const struct edm_index *x, struct edm_range r, uint32_t column)
{
	uint32_t first = first_from(x, r, column << EDM_ROW_BITS);
	uint32_t end = column < EDM_COLUMNS_MAX ? first_from(x, r, (column + 1) << EDM_ROW_BITS) : r.first + r.n;
	return (struct edm_range){ first, end - first };
}

int edm_index_has_row(const struct edm_index *x, struct edm_range r, uint32_t row)
{
	if (r.n == 0)
		return 0;
	uint32_t place = edm_place_column(edm_index_place(x, r.first)) << EDM_ROW_BITS | row, at = first_from(x, r, place);
	return at < r.first + r.n && edm_index_place(x, at) == place;
}
