#include "audit/tail.h"

#include <string.h>

static const char magic[8] = { 'f', 'i', 'l', 't', 'l', 'o', 'g', '1' };

void tail_head(uint64_t base, uint8_t head_r[TAIL_HEAD])
{
	memcpy(head_r, magic, sizeof magic);
	for (int i = 0; i < 8; i++)
		head_r[8 + i] = (uint8_t)(base >> (56 - 8 * i));
}

int tail_read_head(const uint8_t *data, size_t size, uint64_t *base_r)
{
	if (size < TAIL_HEAD || memcmp(data, magic, sizeof magic) != 0)
		return -1;
	uint64_t base = 0;
	for (int i = 8; i < TAIL_HEAD; i++)
		base = base << 8 | data[i];
	if (base % TLOG_WIDTH != 0)
		return -1;
	*base_r = base;
	return 0;
}

int tail_next(const uint8_t **p, const uint8_t *end, const uint8_t **entry_r, size_t *size_r, uint8_t leaf_r[TLOG_HASH])
{
	if (*p == end)
		return 0;
	size_t left = (size_t)(end - *p);
	if (left < 2)
		return -1;
	size_t n = (size_t)(*p)[0] << 8 | (*p)[1];
	if (n == 0 || left < 2 + n + TAIL_CHECK)
		return -1;
	tlog_leaf(*p + 2, n, leaf_r);
	if (memcmp(*p + 2 + n, leaf_r, TAIL_CHECK) != 0)
		return -1;
	*entry_r = *p + 2;
	*size_r = n;
	*p += 2 + n + TAIL_CHECK;
	return 1;
}
