/* The table behind the view: what each code point becomes.  Built from utf8proc once per process
 * before any scan, and only read afterwards. */
#ifndef FILTERD_DETECT_FOLD_H
#define FILTERD_DETECT_FOLD_H

#include <stddef.h>
#include <stdint.h>

enum { FOLD_BYTES_MAX = 40 };

struct fold {
	uint8_t size;    /* bytes it becomes; 0: dropped */
	uint8_t compose; /* joins the code point before it: Hangul vowel or tail, kana voice mark */
	uint32_t cp;     /* the one code point that it becomes, if it is one */
	char bytes[FOLD_BYTES_MAX];
};

/* -1 without memory. */
int fold_init(void) __attribute__((warn_unused_result));
/* NULL if cp stays as it is.  fold_init() has been called, cp <= 0x10ffff. */
const struct fold *fold_get(uint32_t cp);
/* What ends a row of code points that stay as they are. */
struct fold_stop {
	const struct fold *fold; /* what the next one becomes, */
	size_t size;             /* and its bytes; 0: the text ends, or is no UTF-8, or it is one of the few above U+FFFF */
	size_t last;             /* where the last one of the row begins, if it is not ASCII; else SIZE_MAX */
};
/* How many bytes of the text, which need not be UTF-8, are whole code points that stay as they are. */
size_t fold_plain(const char *s, size_t size, struct fold_stop *stop_r);
/* The code point that a and the mark behind it make, or 0. */
uint32_t fold_compose(uint32_t a, uint32_t mark);
/* Simple lower case of the same length in UTF-8, or cp itself. */
uint32_t fold_lower(uint32_t cp);

#endif
