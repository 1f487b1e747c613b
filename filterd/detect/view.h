/* The normalised view of a text: what patterns, validators and evidence see.
 *
 * Pure ASCII is its own view: no copy, no map.  Otherwise each code point is replaced by its compatibility
 * decomposition (UAX #15, NFKD) without combining marks, default-ignorable code points go, every decimal
 * digit (General_Category Nd) becomes ASCII, every dash '-' and every space ' '.  Hangul syllables and voiced kana stay
 * (or are put) together.  Case is kept.  A run-length map leads from view offsets back to the original.
 */
#ifndef FILTERD_DETECT_VIEW_H
#define FILTERD_DETECT_VIEW_H

#include <stddef.h>
#include <stdint.h>

/* count times: vlen bytes of the view for olen bytes of the original; between runs both are the same. */
struct view_run {
	uint32_t v, o;
	uint32_t vlen, olen, count;
};

struct view {
	const char *data; /* the text itself, or buf */
	size_t size;
	int ascii;        /* the text is pure ASCII: offsets are those of the original */
	int turned;       /* it has U+202E: what follows is shown from right to left */
	const char *text; /* the original */
	size_t text_size;
	char *buf;        /* owned, kept from text to text */
	size_t cap;
	struct view_run *runs;
	size_t nruns, runs_cap;
	size_t runs_v, runs_o; /* where the last of them ends */
};

enum { VIEW_OK = 0, VIEW_INVALID = -1, VIEW_NOMEM = -2, VIEW_SWOLLEN = -3 };
enum { VIEW_SIZE_MAX = 64 << 20, VIEW_GROWTH = 4, VIEW_ROOM = 1024 };

/* Builds the table on first use; the nursery calls it before it forks.  -1 without memory. */
int view_init(void) __attribute__((warn_unused_result));

/* Makes v the view of the text, which must outlive it.  v is zeroed before its first use.  VIEW_INVALID:
 * the text is no UTF-8, or larger than VIEW_SIZE_MAX.  VIEW_SWOLLEN: the view would be more than VIEW_GROWTH times as
 * long, which takes a text of ligatures (U+FDFA stands for eighteen letters).  Memory, 20 bytes per run of changed length on top, is used
 * again for the next text. */
int view_make(struct view *v, const char *text, size_t size) __attribute__((warn_unused_result));
void view_free(struct view *v);

/* The original bytes behind view bytes [start, end), end > start: whole code points, grown to grapheme
 * borders (UAX #29) where the text is not ASCII. */
void view_map(const struct view *v, size_t start, size_t end, size_t *start_r, size_t *end_r);

/* The same normalisation for a short string (an evidence term, a word of a pattern) into dst; -1 if it does not fit. */
int view_fold(const char *s, size_t size, char *dst, size_t dst_size, size_t *size_r) __attribute__((warn_unused_result));

#endif
