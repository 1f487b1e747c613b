/* Media types of a file and of what is in it, by content: what libclamav took its layers for, in the words of the IANA registry. */
#ifndef FILTERD_EXTRACT_FILETYPE_H
#define FILTERD_EXTRACT_FILETYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FILETYPE_LIST_MAX = 3072 }; /* bytes of the longest list, with its NUL */

/* Plain data; all zero: nothing is known. */
struct filetypes {
	uint64_t seen[2];   /* bit per row of the table */
	unsigned whole;     /* row of the file itself, counted from 1; 0: unknown */
};

/* A layer of libclamav's type ("CL_TYPE_…"), or an archive of a kind that archive_need() names.  whole: it is the file itself; libclamav may come to it again, with a closer name. */
void filetype_add(struct filetypes *t, const char *type, bool whole);
/* "application/zip text/csv": the file's own first (application/octet-stream if it has no other), then all others once, separated
 * by spaces; "" if nothing is known.  dst has room for FILETYPE_LIST_MAX. */
void filetype_list(const struct filetypes *t, char *dst);

#endif
