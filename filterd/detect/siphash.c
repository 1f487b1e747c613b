#include "detect/siphash.h"

#include <endian.h>
#include <string.h>

static inline uint64_t rotate(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

static inline void one_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static inline void take(uint64_t v[4], uint64_t m)
{
	v[3] ^= m;
	one_round(v);
	one_round(v);
	v[0] ^= m;
}

static inline uint64_t word(const uint8_t *s)
{
	uint64_t m;
	memcpy(&m, s, sizeof m);
	return le64toh(m);
}

uint64_t siphash(const uint8_t key[16], const void *data, size_t size)
{
	const uint8_t *s = data;
	uint64_t k0 = word(key), k1 = word(key + 8), last = (uint64_t)size << 56;
	uint64_t v[4] = { k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573 };
	size_t i = 0;
	for (; i + 8 <= size; i += 8)
		take(v, word(s + i));
	for (unsigned shift = 0; i < size; i++, shift += 8)
		last |= (uint64_t)s[i] << shift;
	take(v, last);
	v[2] ^= 0xff;
	one_round(v);
	one_round(v);
	one_round(v);
	one_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
