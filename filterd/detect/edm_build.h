/* Making an index of records (FORMAT.edm): values go in row by row, bytes of a file come out. */
#ifndef FILTERD_DETECT_EDM_BUILD_H
#define FILTERD_DETECT_EDM_BUILD_H

#include "detect/edm_index.h"

struct edm_build;

struct edm_build_column {
	const char *name;
	enum edm_type type;
};

/* What is known of a column once all rows are in. */
struct edm_build_stats {
	uint32_t values, distinct, left_out;
	uint32_t most;       /* rows in which the most frequent value stands */
	const char *refused; /* NULL, or why the column can't tell one record from others; it is then not written */
};

/* columns (at most EDM_COLUMNS_MAX) and key must outlive it.  NULL without memory. */
struct edm_build *edm_build_new(struct edm_key *k, const struct edm_build_column *columns, size_t ncolumns);
void edm_build_free(struct edm_build **b);
/* A value of the next row.  An empty one is none.  NULL, or what is wrong (too many rows or values, no memory). */
const char *edm_build_add(struct edm_build *b, size_t column, const char *value, size_t size) __attribute__((warn_unused_result));
void edm_build_end_row(struct edm_build *b);
uint32_t edm_build_rows(const struct edm_build *b);
/* Sorts, and judges the columns; stats_r has room for all of them. */
void edm_build_judge(struct edm_build *b, struct edm_build_stats *stats_r);
/* Writes the columns that were not refused to fd, made at `created` (seconds since 1970).  -1 with errno; *size_r is the file's size. */
int edm_build_write(struct edm_build *b, int fd, uint64_t created, uint64_t *size_r) __attribute__((warn_unused_result));

#endif
