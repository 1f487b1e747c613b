#include "extract/shared_strings.h"

#include <stdlib.h>

enum { STRINGS_MAX = 1 << 22 };

bool shared_strings_begin(struct shared_strings *s)
{
	if (s->n == s->room) {
		size_t room = s->room ? 2 * s->room : 1024;
		struct shared_string *bigger = s->room < STRINGS_MAX ? realloc(s->string, room * sizeof *bigger) : NULL;
		if (!bigger)
			return false;
		s->string = bigger;
		s->room = room;
	}
	s->string[s->n++] = (struct shared_string){ s->text.len, s->text.len };
	return true;
}

void shared_strings_end(struct shared_strings *s)
{
	s->string[s->n - 1].end = s->text.len;
}

const char *shared_strings_at(const struct shared_strings *s, size_t n, size_t *size_r)
{
	*size_r = n < s->n ? s->string[n].end - s->string[n].start : 0;
	return *size_r > 0 ? s->text.data + s->string[n].start : "";
}

void shared_strings_free(struct shared_strings *s)
{
	text_out_free(&s->text);
	free(s->string);
	s->string = NULL;
	s->n = s->room = 0;
}
