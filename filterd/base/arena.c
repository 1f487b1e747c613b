#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct chunk {
	struct chunk *next;
	size_t used, size;
	alignas(max_align_t) unsigned char data[];
};

struct arena {
	struct chunk *head;
	size_t used, max;
};

enum { CHUNK_FIRST = 2048 };

struct arena *arena_new(size_t max)
{
	struct arena *a = calloc(1, sizeof *a);
	if (a)
		a->max = max;
	return a;
}

void arena_free(struct arena **ap)
{
	struct arena *a = *ap;
	if (!a)
		return;
	for (struct chunk *c = a->head, *next; c; c = next) {
		next = c->next;
		explicit_bzero(c->data, c->used);
		free(c);
	}
	free(a);
	*ap = NULL;
}

void *arena_alloc(struct arena *a, size_t size)
{
	const size_t align = alignof(max_align_t);
	if (size > a->max)
		return NULL;
	size = (size + align - 1) & ~(align - 1);
	if (size > a->max - a->used)
		return NULL;
	struct chunk *c = a->head;
	if (!c || c->size - c->used < size) {
		size_t want = c ? c->size * 2 : CHUNK_FIRST;
		if (want < size)
			want = size;
		c = malloc(sizeof *c + want);
		if (!c)
			return NULL;
		c->next = a->head;
		c->used = 0;
		c->size = want;
		a->head = c;
	}
	void *p = c->data + c->used;
	c->used += size;
	a->used += size;
	memset(p, 0, size);
	return p;
}

char *arena_strndup(struct arena *a, const char *s, size_t size)
{
	if (size == SIZE_MAX)
		return NULL;
	char *p = arena_alloc(a, size + 1);
	if (p && size)
		memcpy(p, s, size);
	return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

size_t arena_used(const struct arena *a)
{
	return a->used;
}
