#include "extract/seen.h"

#include <clamav.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM_FIRST = 256, ROOM_MAX = 1 << 17, KEY = 16 };

/* The slot of this key, or the free one where it belongs; all zeros is free. */
static unsigned char *find(const struct seen *s, const unsigned char key[KEY])
{
	static const unsigned char none[KEY];
	size_t at;
	memcpy(&at, key, sizeof at);
	for (at &= s->room - 1; memcmp(s->slots[at], none, KEY) != 0 && memcmp(s->slots[at], key, KEY) != 0; at = (at + 1) & (s->room - 1))
		;
	return s->slots[at];
}

/* Makes room for one more; false if there is none. */
static bool grow(struct seen *s)
{
	struct seen bigger = { .room = s->room ? 2 * s->room : ROOM_FIRST, .n = s->n };
	if (2 * s->n < s->room)
		return true;
	bigger.slots = bigger.room <= ROOM_MAX ? calloc(bigger.room, sizeof *bigger.slots) : NULL;
	if (!bigger.slots)
		return s->room > 0;
	for (size_t i = 0; i < s->room; i++)
		memcpy(find(&bigger, s->slots[i]), s->slots[i], KEY);
	free(s->slots);
	*s = bigger;
	return true;
}

bool seen_before(struct seen *s, const char *data, size_t size)
{
	unsigned char hash[32];
	unsigned len = 0;
	while (size > 0 && isspace((unsigned char)data[size - 1])) /* parts of mails gain and lose line ends */
		size--;
	if (!cl_sha256(data, size, hash, &len) || !grow(s))
		return false;
	unsigned char *slot = find(s, hash);
	if (memcmp(slot, hash, KEY) == 0)
		return true;
	if (2 * s->n < s->room) {
		memcpy(slot, hash, KEY);
		s->n++;
	}
	return false;
}

void seen_free(struct seen *s)
{
	free(s->slots);
	*s = (struct seen){ 0 };
}
