#include "xmpp/rooms.h"

#include "ipc/inspect_wire.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define uthash_fatal(msg) abort()
#include <uthash.h>

enum { BYTES_MAX = 32 << 20 }; /* of all rooms of one connector */

struct room {
	size_t name_size, domains_size;
	UT_hash_handle hh;
	char bytes[];               /* name, then domains */
};

struct rooms {
	struct room *table;
	size_t bytes;
};

struct rooms *rooms_new(void)
{
	return calloc(1, sizeof(struct rooms));
}

static size_t cost(size_t name_size, size_t domains_size)
{
	return sizeof(struct room) + name_size + domains_size;
}

static void drop(struct rooms *rs, struct room *r)
{
	HASH_DEL(rs->table, r);
	rs->bytes -= cost(r->name_size, r->domains_size);
	free(r);
}

void rooms_free(struct rooms **rs)
{
	if (!*rs)
		return;
	rooms_forget(*rs, "", 0);
	free(*rs);
	*rs = NULL;
}

static struct room *find(const struct rooms *rs, const char *name, size_t size)
{
	struct room *r;
	HASH_FIND(hh, rs->table, name, size, r);
	return r;
}

void rooms_set(struct rooms *rs, const char *name, size_t name_size, const void *domains, size_t size)
{
	struct room *r = find(rs, name, name_size);
	if (r)
		drop(rs, r);
	if (HASH_COUNT(rs->table) >= INSPECT_ROOMS_MAX || rs->bytes + cost(name_size, size) > BYTES_MAX)
		return;
	r = malloc(cost(name_size, size));
	if (!r)
		return;
	memset(r, 0, sizeof *r);
	r->name_size = name_size;
	r->domains_size = size;
	memcpy(r->bytes, name, name_size);
	if (size > 0)
		memcpy(r->bytes + name_size, domains, size);
	HASH_ADD_KEYPTR(hh, rs->table, r->bytes, name_size, r);
	rs->bytes += cost(name_size, size);
}

void rooms_forget(struct rooms *rs, const char *name, size_t name_size)
{
	struct room *r, *tmp;
	if (name_size > 0) {
		r = find(rs, name, name_size);
		if (r)
			drop(rs, r);
		return;
	}
	HASH_ITER(hh, rs->table, r, tmp)
		drop(rs, r);
}

int rooms_find(const struct rooms *rs, const char *name, size_t name_size, struct buf *domains_r)
{
	const struct room *r = find(rs, name, name_size);
	if (!r)
		return -1;
	buf_view(domains_r, r->bytes + r->name_size, r->domains_size);
	return 0;
}

size_t rooms_count(const struct rooms *rs)
{
	return HASH_COUNT(rs->table);
}
