/* A stanza as a connector hands it over: parsed, taken apart, masked and written again. */
#include "flow/stanza.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Masks the middle of every text, or puts another in its place; what is written must be read again. */
static void mask_and_write(struct stanza *s)
{
	for (size_t i = 0; i < s->ntexts; i++) {
		const struct stanza_text *t = &s->texts[i];
		uint32_t start = t->size / 3, end = t->size - t->size / 3;
		while (start > 0 && ((unsigned char)t->data[start] & 0xc0) == 0x80)
			start--;
		while (end < t->size && ((unsigned char)t->data[end] & 0xc0) == 0x80)
			end++;
		const struct stanza_span span = { start, end, { 1, 1 }, i % 2 ? "[x]" : NULL };
		if (start < end)
			(void)!stanza_mask(s, i, &span, 1);
	}
	(void)!stanza_mask_end(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(XML_ARENA_MAX);
	struct stanza s, again;
	struct buf b;
	buf_init(&b, 8 << 20);
	if (a && stanza_read(a, (const char *)data, size, &s) == 0) {
		if (s.ntexts > SCAN_TEXTS_MAX || s.nblobs > STANZA_BLOBS_MAX)
			abort();
		mask_and_write(&s);
		if (stanza_write(&b, &s) == 0 && buf_left(&b) <= XML_BYTES_MAX &&
		    stanza_read(a, (const char *)buf_ptr(&b), buf_left(&b), &again) < 0 && arena_used(a) < XML_ARENA_MAX / 2)
			abort();
	}
	buf_free(&b);
	arena_free(&a);
	return 0;
}
