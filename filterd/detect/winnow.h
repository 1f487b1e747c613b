/* Fingerprints of a text by winnowing (Schleimer, Wilkerson, Aiken: "Winnowing: Local Algorithms for Document
 * Fingerprinting", SIGMOD 2003), robust variant.
 *
 * Of a normalised view only letters and digits count, in lower case: copies that were reflowed, punctuated or cased otherwise have the
 * same fingerprints.  Each WINNOW_K of these characters are hashed; of each WINNOW_W hashes in a row the least is a fingerprint.  So two
 * texts that share WINNOW_T characters in a row share a fingerprint, and what they share in fewer than WINNOW_K shows nowhere.
 */
#ifndef FILTERD_DETECT_WINNOW_H
#define FILTERD_DETECT_WINNOW_H

#include <stddef.h>
#include <stdint.h>

enum { WINNOW_K = 25, WINNOW_T = 50, WINNOW_W = WINNOW_T - WINNOW_K + 1, WINNOW_TABLE = 0x800, WINNOW_AT_ONCE = 64 };

struct winnow_table {
	uint64_t values[WINNOW_TABLE]; /* of each code point that counts and takes two bytes at most; 0: it doesn't */
};
void winnow_init(struct winnow_table *t);

struct winnow_print {
	uint64_t hash;       /* the same in every process and release: FORMAT.fingerprint */
	uint32_t start, end; /* bytes of the view, of the WINNOW_K characters */
	uint32_t at;         /* how many characters that count stand before them */
};
/* Takes n fingerprints, at least one and WINNOW_AT_ONCE at most, in the order of the text.  Other than 0 ends it. */
typedef int winnow_fn(void *arg, const struct winnow_print *p, size_t n);

/* Gives the fingerprints of a view (view.h; view_init() has been called).  Returns how many characters count. */
size_t winnow(const struct winnow_table *t, const char *view, size_t size, winnow_fn *fn, void *arg);

/* The same of a text.  0, or -1: it is no UTF-8, or no memory. */
int winnow_text(const struct winnow_table *t, const char *text, size_t size, winnow_fn *fn, void *arg, size_t *characters_r)
	__attribute__((warn_unused_result));

/* Where the n-th character that counts before `at` (towards < 0) or the end of the n-th behind it stands, but not beyond a line end. */
size_t winnow_grow(const struct winnow_table *t, const char *view, size_t size, size_t at, int towards, int n);

#endif
