/* Tables and indexes of records.  The first byte says which: an index of any bytes is refused or can be searched without leaving it; a table of any
 * bytes is refused or has as many fields in each record. */
#include "detect/csv.h"
#include "detect/edm_index.h"
#include "detect/view.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void one_table(const uint8_t *data, size_t size)
{
	struct csv c;
	char norm[EDM_NORM_MAX];
	FILE *f = fmemopen((void *)data, size, "r");
	if (!f || csv_init(&c, f, ',') < 0)
		abort();
	while (csv_next(&c) == 1) {
		if (c.nfields != c.wanted)
			abort();
		for (size_t i = 0; i < c.nfields; i++)
			for (int t = EDM_NUMBER; t < EDM_TYPES; t++) {
				struct edm_shape shape = { 0 };
				if (strlen(c.fields[i].s) != c.fields[i].size || edm_norm_value((enum edm_type)t, c.fields[i].s, c.fields[i].size, norm, &shape) > EDM_NORM_MAX)
					abort();
			}
	}
	csv_free(&c);
	fclose(f);
}

static void one_index(const uint8_t *data, size_t size)
{
	static struct edm_key *k;
	struct edm_index x;
	uint8_t raw[EDM_KEY_SIZE] = { 1 };
	if (!k && !(k = edm_key_new(raw)))
		abort();
	uint8_t *copy = malloc(size); /* no byte behind it */
	if (!copy)
		abort();
	memcpy(copy, data, size);
	if (!edm_index_read(copy, size, &x)) {
		(void)!edm_index_verify(&x, k);
		for (uint32_t i = 0; i < x.entries && i < 1000; i++) {
			struct edm_range r = edm_index_find_tag(&x, i * 0x123456789abcdefull);
			if (r.first + r.n > x.entries || edm_place_column(edm_index_place(&x, i)) >= x.ncolumns)
				abort();
			r = edm_index_column(&x, (struct edm_range){ 0, i }, i % x.ncolumns);
			edm_index_has_row(&x, (struct edm_range){ 0, i }, i);
		}
		edm_index_find(&x, k, EDM_TEXT, "anna", 4);
	}
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2 || size > 1 << 20 || view_init() < 0)
		return 0;
	if (data[0] == 'T')
		one_table(data + 1, size - 1);
	else
		one_index(data + 1, size - 1);
	return 0;
}
