/* The strings of a workbook that its cells name by number, as all of its formats have them (MS-XLS 2.4.265; ISO 29500-1, 18.4.9). */
#ifndef FILTERD_EXTRACT_SHARED_STRINGS_H
#define FILTERD_EXTRACT_SHARED_STRINGS_H

#include "extract/text_out.h"

struct shared_strings {
	struct text_out text; /* one string behind the other; text.max is set by the owner, the rest starts as 0 */
	struct shared_string { size_t start, end; } *string; /* of each, in text */
	size_t n, room;
};

/* Begins the next string; what is added to text up to shared_strings_end() is it.  false: there are too many, or no memory. */
bool shared_strings_begin(struct shared_strings *s);
/* So far goes the one that was begun last. */
void shared_strings_end(struct shared_strings *s);
/* String n of the workbook, valid until the next one is begun; *size_r is 0 if there is none of this number. */
const char *shared_strings_at(const struct shared_strings *s, size_t n, size_t *size_r);
/* Zeroes and frees. */
void shared_strings_free(struct shared_strings *s);

#endif
