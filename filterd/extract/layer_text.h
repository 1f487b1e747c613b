/* The readable text of one layer of a file, as UTF-8. */
#ifndef FILTERD_EXTRACT_LAYER_TEXT_H
#define FILTERD_EXTRACT_LAYER_TEXT_H

#include <stddef.h>

struct layer_text {
	const char *data; /* UTF-8 */
	size_t size;
	char *owned;      /* behind data, unless it points into the layer */
	size_t owned_size;
};

/* Text of plain UTF-8, UTF-16 (with or without mark) and single-byte layers; of XML and HTML what a reader sees, and behind
 * it the attribute values.  type is libclamav's ("CL_TYPE_…"), data must outlive t.  Returns 1 if there is text, 0 if there is none, and -1 if
 * there is no memory for it. */
int layer_text_plain(const char *type, const char *data, size_t size, struct layer_text *t_r);
/* The same; of what is no text its runs of readable letters (text_runs.h), but for what libclamav takes apart itself. */
int layer_text_get(const char *type, const char *data, size_t size, struct layer_text *t_r);
/* Zeroes and frees. */
void layer_text_free(struct layer_text *t);

#endif
