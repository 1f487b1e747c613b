/* Addresses, keys and seed phrases of crypto currencies: each carries a checksum. */
#include "detect/valid_wallet.h"

#include "detect/valid.h"

#include <stdlib.h>
#include <string.h>

#define CHECK(fn) static int fn(const char *s, size_t size, const double *num)

enum { BASE58_BYTES_MAX = 112 };

/* Big-endian bytes of a base58 text; 0 if it isn't one or is too long. */
static size_t base58_decode(const char *s, size_t size, const char *alphabet, uint8_t dst[BASE58_BYTES_MAX])
{
	size_t zeros = 0, n = 0;
	uint8_t little[BASE58_BYTES_MAX];
	if (size > BASE58_BYTES_MAX)
		return 0;
	while (zeros < size && s[zeros] == alphabet[0])
		zeros++;
	for (size_t i = zeros; i < size; i++) {
		const char *p = s[i] ? strchr(alphabet, s[i]) : NULL;
		if (!p)
			return 0;
		unsigned carry = (unsigned)(p - alphabet);
		for (size_t k = 0; k < n; k++) {
			carry += 58u * little[k];
			little[k] = (uint8_t)carry;
			carry >>= 8;
		}
		if (carry)
			little[n++] = (uint8_t)carry; /* 58 < 256: never more than a byte, and never more bytes than characters */
	}
	if (zeros + n > BASE58_BYTES_MAX)
		return 0;
	memset(dst, 0, zeros);
	for (size_t i = 0; i < n; i++)
		dst[zeros + i] = little[n - 1 - i];
	return zeros + n;
}

static int base58check_of(const char *s, size_t size, const char *alphabet, int version)
{
	uint8_t raw[BASE58_BYTES_MAX], hash[32];
	size_t n = base58_decode(s, size, alphabet, raw);
	if (n < 9 || (version >= 0 && raw[0] != version))
		return 0;
	hash_sha256(raw, n - 4, hash);
	hash_sha256(hash, sizeof hash, hash);
	return memcmp(hash, raw + n - 4, 4) == 0;
}

static const char bitcoin_base58[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

CHECK(base58check)
{
	return base58check_of(s, size, bitcoin_base58, (int)num[0]);
}

CHECK(base58check_ripple)
{
	return base58check_of(s, size, "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz", (int)num[0]);
}

static uint32_t bech32_step(uint32_t sum, unsigned value)
{
	static const uint32_t gen[] = { 0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3 };
	uint32_t top = sum >> 25;
	sum = (sum & 0x1ffffff) << 5 ^ value;
	for (int i = 0; i < 5; i++)
		if (top >> i & 1)
			sum ^= gen[i];
	return sum;
}

/* BIP-173 and BIP-350: upper or lower case, never both. */
CHECK(bech32)
{
	static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
	const char *one = memrchr(s, '1', size);
	size_t prefix = one ? (size_t)(one - s) : 0;
	uint32_t sum = 1;
	int lower = 0, upper = 0;
	if (prefix == 0 || size - prefix < 7 || size > 1023)
		return 0;
	for (size_t i = 0; i < size; i++) {
		if (s[i] < 33 || s[i] > 126)
			return 0;
		lower |= s[i] >= 'a' && s[i] <= 'z';
		upper |= s[i] >= 'A' && s[i] <= 'Z';
	}
	if (lower && upper)
		return 0;
	for (size_t i = 0; i < prefix; i++)
		sum = bech32_step(sum, (unsigned)(s[i] | (upper && s[i] >= 'A' && s[i] <= 'Z' ? 32 : 0)) >> 5);
	sum = bech32_step(sum, 0);
	for (size_t i = 0; i < prefix; i++)
		sum = bech32_step(sum, (unsigned)(s[i] | (upper && s[i] >= 'A' && s[i] <= 'Z' ? 32 : 0)) & 31);
	for (size_t i = prefix + 1; i < size; i++) {
		const char *p = strchr(alphabet, upper && s[i] >= 'A' && s[i] <= 'Z' ? s[i] + 32 : s[i]);
		if (!p)
			return 0;
		sum = bech32_step(sum, (unsigned)(p - alphabet));
	}
	return sum == 1 || sum == 0x2bc830a3;
}

/* ERC-55: a hexadecimal letter is upper case where the Keccak hash of the address has a nibble of 8 or more. */
CHECK(eip55)
{
	uint8_t low[40], hash[32];
	int letters = 0;
	if (size == 42 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		s += 2;
	else if (size != 40)
		return 0;
	for (int i = 0; i < 40; i++) {
		low[i] = (uint8_t)(s[i] >= 'A' && s[i] <= 'F' ? s[i] + 32 : s[i]);
		if (!((low[i] >= '0' && low[i] <= '9') || (low[i] >= 'a' && low[i] <= 'f')))
			return 0;
		letters += low[i] >= 'a';
	}
	hash_keccak256(low, 40, hash);
	for (int i = 0; i < 40; i++)
		if (low[i] >= 'a' && (s[i] != (char)low[i]) != ((hash[i / 2] >> (i & 1 ? 0 : 4) & 15) >= 8))
			return 0;
	return letters > 0;
}

static int word_cmp(const void *key, const void *item)
{
	return strcmp(key, item);
}

/* 12, 15, 18, 21 or 24 words of the English list: 11 bits each, the last 1/33 of them the start of the SHA-256 of the
 * rest.  Between words stand spaces, punctuation or numbers ("1. abandon 2. ability"). */
CHECK(bip39)
{
	uint8_t bits[34] = { 0 }, hash[32];
	size_t n = 0;
	for (size_t i = 0; i < size;) {
		char word[BIP39_WORD_MAX + 1];
		size_t k = 0;
		while (i < size && !((s[i] | 32) >= 'a' && (s[i] | 32) <= 'z'))
			i++;
		if (i == size)
			break;
		for (; i < size && (s[i] | 32) >= 'a' && (s[i] | 32) <= 'z'; i++, k++) {
			if (k == BIP39_WORD_MAX)
				return 0;
			word[k] = (char)(s[i] | 32);
		}
		word[k] = '\0';
		const char(*p)[BIP39_WORD_MAX + 1] = bsearch(word, bip39_words, BIP39_WORDS, sizeof *bip39_words, word_cmp);
		if (!p || n == 24)
			return 0;
		size_t index = (size_t)(p - bip39_words);
		for (size_t b = 0; b < 11; b++)
			if (index >> (10 - b) & 1)
				bits[(n * 11 + b) / 8] |= (uint8_t)(0x80 >> (n * 11 + b) % 8);
		n++;
	}
	if (n < 12 || n % 3 != 0)
		return 0;
	hash_sha256(bits, n * 4 / 3, hash); /* 12 words: 16 bytes, 24 words: 32 */
	unsigned check = (unsigned)n / 3, mask = 0xffu << (8 - check) & 0xff;
	return (bits[n * 4 / 3] & mask) == (hash[0] & mask);
}

const struct validator valid_wallet[] = {
	{ "base58check", "Bitcoin's base58 with four bytes of double SHA-256; version: the first byte, -1 for any", base58check, { { "version", -1, -1, 255 } }, 4e9 },
	{ "base58check-ripple", "the same with the alphabet of the XRP ledger", base58check_ripple, { { "version", -1, -1, 255 } }, 4e9 },
	{ "bech32", "BIP-173 or BIP-350 checksum, with any prefix", bech32, { { 0 } }, 1e9 },
	{ "bip39", "12, 15, 18, 21 or 24 words of the English list of BIP-39, with their checksum", bip39, { { 0 } }, 1e6 },
	{ "eip55", "ERC-55: case of the letters of an Ethereum address", eip55, { { 0 } }, 4000 },
	{ 0 },
};
