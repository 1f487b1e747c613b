/* Masking of what a detector found: for the redacted stanza and for evidence in events. */
#ifndef FILTERD_MODEL_MASK_H
#define FILTERD_MODEL_MASK_H

#include <stddef.h>
#include <stdint.h>

/* How many letters and digits stay readable at either end; all else becomes U+2022 ("•"),
 * but spaces, dashes, dots, slashes and underscores stay, so that a card number keeps its shape. */
struct mask {
	uint8_t keep_first;
	uint8_t keep_last;
};

/* Masks size bytes of UTF-8 at s into dst (NUL-terminated); dst_size >= 3*size+1 always
 * suffices.  Never keeps more than a third of the letters and digits, whatever the mask says
 * (a 6-digit code with keep_last = 4 would be no secret any more), and none of a text with encoded characters in it.  -1 if dst is too small. */
int mask_apply(const struct mask *m, const char *s, size_t size, char *dst, size_t dst_size)
	__attribute__((warn_unused_result));

#endif
