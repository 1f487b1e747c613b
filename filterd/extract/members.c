#include "extract/members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_MAX = 4096, NAME_MAX_BYTES = 512 };

struct member_name {
	uint64_t size;
	char *name; /* NULL: taken */
};

bool members_is(const char *name, const char *base)
{
	size_t n = strlen(name), b = strlen(base);
	return b > 0 && n >= b && strcmp(name + n - b, base) == 0 && (n == b || name[n - b - 1] == '/' || name[n - b - 1] == '\\');
}

bool members_add(struct members *m, const char *name, uint64_t size)
{
	const struct member_name *last = m->n > m->first ? &m->names[m->n - 1] : NULL;
	if (!name[0] || (last && last->name && last->size == size && strcmp(last->name, name) == 0))
		return false;
	if (m->n == m->room) {
		size_t room = m->room ? 2 * m->room : 64;
		struct member_name *bigger = m->n < NAMES_MAX ? realloc(m->names, room * sizeof *bigger) : NULL;
		if (!bigger)
			return false;
		m->names = bigger;
		m->room = room;
	}
	char *kept = strndup(name, NAME_MAX_BYTES - 1);
	if (!kept)
		return false;
	m->names[m->n++] = (struct member_name){ size, kept };
	return true;
}

void members_take(struct members *m, const char *base, uint64_t size, char *dst, size_t dst_size)
{
	struct member_name *best = NULL;
	for (size_t i = m->first; i < m->n; i++) {
		struct member_name *e = &m->names[i];
		if (!e->name || !members_is(e->name, base))
			continue;
		if (e->size == size) {
			best = e;
			break;
		}
		if (!best)
			best = e;
	}
	snprintf(dst, dst_size, "%s", best ? best->name : base);
	if (!best)
		return;
	free(best->name);
	best->name = NULL;
	while (m->first < m->n && !m->names[m->first].name)
		m->first++;
	if (m->first == m->n)
		m->first = m->n = 0;
}

void members_free(struct members *m)
{
	for (size_t i = m->first; i < m->n; i++)
		free(m->names[i].name);
	free(m->names);
	*m = (struct members){ 0 };
}
