#include "extract/streams.h"

#include <clamav.h>
#include <stdlib.h>
#include <string.h>

enum { STREAMS_MAX = 4096, KEY = 16 };

struct stream {
	unsigned char key[KEY];
	char *name;
	bool handed;
};

static bool hash(const void *data, size_t size, unsigned char hash_r[32])
{
	unsigned len = 0;
	return cl_sha256(data, size, hash_r, &len) != NULL;
}

void streams_add(struct streams *s, const char *name, const void *data, size_t size)
{
	unsigned char key[32];
	if (!hash(data, size, key))
		return;
	if (s->n == s->room) {
		size_t room = s->room ? 2 * s->room : 64;
		struct stream *bigger = s->room < STREAMS_MAX ? realloc(s->all, room * sizeof *bigger) : NULL;
		if (!bigger)
			return;
		s->all = bigger;
		s->room = room;
	}
	struct stream *e = &s->all[s->n];
	*e = (struct stream){ .name = strdup(name) };
	memcpy(e->key, key, KEY);
	s->n += e->name != NULL;
}

static struct stream *find(const struct streams *s, const void *data, size_t size)
{
	unsigned char key[32];
	if (s->n == 0 || !hash(data, size, key))
		return NULL;
	for (size_t i = 0; i < s->n; i++)
		if (memcmp(s->all[i].key, key, KEY) == 0)
			return &s->all[i];
	return NULL;
}

const char *streams_hand(struct streams *s, const void *data, size_t size)
{
	struct stream *e = find(s, data, size);
	if (!e)
		return NULL;
	e->handed = true;
	return e->name;
}

bool streams_handed(const struct streams *s, const void *data, size_t size)
{
	const struct stream *e = find(s, data, size);
	return e && e->handed;
}

void streams_free(struct streams *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->all[i].name);
	free(s->all);
	*s = (struct streams){ 0 };
}
