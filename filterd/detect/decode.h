/* What a text says in disguise: encoded pieces of it replaced by what they stand for.
 *
 *   entity       &#52; &#x34; &amp;            XML 1.0 section 4.1
 *   percent      %34                           RFC 3986 section 2.1
 *   quoted       =34, = at the end of a line   RFC 2045 section 6.7
 *   backslash    \u0034 \u{34} \x34            as in JSON (RFC 8259 section 7), C and JavaScript
 *   hex          34 31 or 3431, eight bytes or more
 *   base64       and base64url, RFC 4648; sixteen characters or more
 *   mixed        words of Latin letters and Cyrillic or Greek ones that look like them (UTS #39)
 *   spelled      eight digits or more, three of them words or more, in a language of digitwords.c
 *   dressed      4012*8888*8888*1881, 4012 | 8888 | …, one digit a group, and styling (XEP-0393) within a number
 *   alike        letters in place of digits, 4o12 8888 8888 l88l: a guess
 *   leet         p4ssw0rd: keywords that say what stands beside them
 *   spaced       p a s s w o r d: six letters or digits apart or more
 *   turned       capitals and digits backwards, where U+202E or a word says so
 *
 * The rest of the text stays around them, so that a number with one digit in disguise is whole again.  A piece is replaced
 * only if it stands for text: UTF-8 without control characters.
 */
#ifndef FILTERD_DETECT_DECODE_H
#define FILTERD_DETECT_DECODE_H

#include "detect/sweep.h"
#include "detect/view.h"

#include <stddef.h>
#include <stdint.h>

enum { DECODE_DEPTH_MAX = 2, DECODE_PIECES_MAX = 1 << 16, DECODE_SIZE_MAX = 8 << 20 };

/* [from, to) of the decoded text stands for [start, end) of the text it was made of. */
struct decode_piece {
	uint32_t from, to, start, end;
	uint32_t guess; /* it may as well stand for itself: only what a check proves is to be believed */
};

struct decoded {
	char *data; /* owned, kept from text to text */
	size_t size, cap;
	struct decode_piece *pieces;
	size_t npieces, pieces_cap;
	uint64_t work; /* bytes written in vain, and what words cost */
	unsigned hints;      /* as decode_make() got them */
	size_t spelled_next, dressed_next, alike_next; /* no number spelled out, in dress, of letters begins before this place */
	int mixed; /* there may be words of mixed scripts: keywords, which stand beside what they tell of */
	int cut; /* DECODE_PIECES_MAX were there, the text was longer than DECODE_SIZE_MAX or made to be slow: the rest is as it was */
};

/* What there may be in a text. */
enum { DECODE_MARKS = 1, DECODE_WORDS = 2, DECODE_DRESSED = 4, DECODE_ALIKE = 8, DECODE_SPACED = 16, DECODE_TURNED = 32, DECODE_LEET = 64 };

/* Builds the tables on first use, before any other call; needs view_init().  -1 without memory. */
int decode_init(void) __attribute__((warn_unused_result));

/* Found out at a glance of a view and what sweep_make() says of it; 0: nothing in it can be decoded. */
unsigned decode_wanted(const struct view *v, const struct sweep *w);

/* d is zeroed before its first use; hints is what decode_wanted() says.  1: something was decoded, which is never longer than the text;
 * 0: nothing; -1: no memory.  The text is valid UTF-8, and so is the result. */
int decode_make(struct decoded *d, const char *s, size_t size, unsigned hints) __attribute__((warn_unused_result));
void decode_free(struct decoded *d);

/* The place in the text of [start, end) in the decoded one, end > start: pieces count whole.  Returns how many pieces it
 * touches. */
size_t decode_map(const struct decoded *d, size_t start, size_t end, size_t *start_r, size_t *end_r);

/* Does [start, end) of the decoded text touch a guess? */
int decode_is_guess(const struct decoded *d, size_t start, size_t end);

#endif
