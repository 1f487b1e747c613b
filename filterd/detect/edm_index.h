/* Reading an index of records (FORMAT.edm): which rows a value stands in, without knowing any value.
 *
 * The bytes may come from anywhere: edm_index_read() checks every offset and the order of all entries before anything is looked
 * up, so that later reads stay inside.
 */
#ifndef FILTERD_DETECT_EDM_INDEX_H
#define FILTERD_DETECT_EDM_INDEX_H

#include "detect/edm_key.h"
#include "detect/edm_norm.h"

enum {
	EDM_COLUMNS_MAX = 15,
	EDM_NAME_MAX = 40,
	EDM_HEADER_SIZE = 64,
	EDM_COLUMN_SIZE = 72,
	EDM_ROWS_MAX = 1 << 27,
	EDM_ENTRIES_MAX = 1 << 26,
	EDM_BUCKET_BITS_MAX = 26,
	EDM_FILTER_BITS_MAX = 22,
	EDM_FILTER_BLOCK = 64, /* bytes */
	EDM_FILTER_PROBES = 6,
	EDM_ROW_BITS = 28,
};
#define EDM_MAGIC "FLTEDM\0\1"

struct edm_column {
	char name[EDM_NAME_MAX]; /* NUL behind it */
	enum edm_type type;
	struct edm_shape shape;
	uint32_t values;   /* rows with a value in it */
	uint32_t distinct; /* different values */
	uint32_t left_out; /* values that were no such type, or too short */
};

struct edm_index {
	const uint8_t *data;
	size_t size;
	uint8_t key_id[EDM_KEY_ID_SIZE];
	uint32_t rows, entries, ncolumns;
	uint64_t created; /* seconds since 1970 */
	struct edm_column columns[EDM_COLUMNS_MAX];
	struct edm_shape shapes[EDM_TYPES]; /* of all columns of a type; lengths 0: there is none */
	unsigned bucket_bits, filter_bits;
	const uint8_t *filter, *buckets, *tags, *places;
};

/* Entries [first, first + n) of one value; each names a column and a row, in this order. */
struct edm_range {
	uint32_t first, n;
};

/* data must outlive it.  NULL, or what is wrong with the bytes. */
const char *edm_index_read(const uint8_t *data, size_t size, struct edm_index *x_r) __attribute__((warn_unused_result));
/* Is it whole, and made with this key?  NULL, or what is wrong. */
const char *edm_index_verify(const struct edm_index *x, struct edm_key *k) __attribute__((warn_unused_result));

/* n is 0 if no record has this value. */
struct edm_range edm_index_find(const struct edm_index *x, struct edm_key *k, enum edm_type t, const char *norm, size_t size);
/* The same without the filter, for its measurement. */
struct edm_range edm_index_find_tag(const struct edm_index *x, uint64_t tag);
/* Column and row of an entry. */
uint32_t edm_index_place(const struct edm_index *x, uint32_t entry);
static inline uint32_t edm_place_column(uint32_t place) { return place >> EDM_ROW_BITS; }
static inline uint32_t edm_place_row(uint32_t place) { return place & ((1u << EDM_ROW_BITS) - 1); }
/* The part of a range that belongs to a column. */
struct edm_range edm_index_column(const struct edm_index *x, struct edm_range r, uint32_t column);
/* True if one of the entries, all of one column, is of this row. */
int edm_index_has_row(const struct edm_index *x, struct edm_range r, uint32_t row);

/* The filter's block and bits of a quick hash, shared with the builder. */
struct edm_probe {
	size_t block;
	uint16_t bit[EDM_FILTER_PROBES];
};
struct edm_probe edm_probe_of(uint64_t quick, unsigned filter_bits);

#endif
