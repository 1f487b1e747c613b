/* Tables as comma-separated values (RFC 4180), read record by record, strictly: a table that is not what it claims to be
 * must not become half an index. */
#ifndef FILTERD_DETECT_CSV_H
#define FILTERD_DETECT_CSV_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { CSV_FIELDS_MAX = 512, CSV_RECORD_MAX = 1 << 20 };

struct csv_field {
	const char *s; /* NUL behind it */
	size_t size;
};

struct csv {
	FILE *in;
	char separator;
	char *buf;        /* one record, fields one behind the other */
	size_t used;
	struct csv_field fields[CSV_FIELDS_MAX];
	size_t nfields;
	size_t wanted;    /* fields each record must have: as many as the first */
	uint64_t line;    /* lines read */
	uint64_t begins;  /* the line on which the record at hand begins; records may hold line ends */
	uint64_t bytes;   /* read so far */
	char error[200];  /* what is wrong, without the line */
};

/* -1 without memory.  A byte order mark at the start is skipped. */
int csv_init(struct csv *c, FILE *in, char separator) __attribute__((warn_unused_result));
void csv_free(struct csv *c);
/* 1: a record is in fields, until the next call; 0: the end; -1: error says what is wrong at line `line`. */
int csv_next(struct csv *c) __attribute__((warn_unused_result));

#endif
