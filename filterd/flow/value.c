#include "flow/value.h"

#include "base/text.h"
#include "policy/decide.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int digest_of(const unsigned char *key, int key_size, const char *value, size_t size, unsigned char digest_r[EVP_MAX_MD_SIZE], unsigned *n_r)
{
	char *plain = malloc(size + 1);
	if (!plain)
		return -1;
	size_t n = policy_plain(value, size, plain);
	int r = HMAC(EVP_sha256(), key, key_size, (const unsigned char *)plain, n, digest_r, n_r) ? 0 : -1;
	explicit_bzero(plain, n);
	free(plain);
	return r;
}

int value_hash(const unsigned char key[VALUE_KEY], const char *value, size_t size, unsigned char hash_r[VALUE_HASH])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n;
	if (digest_of(key, VALUE_KEY, value, size, digest, &n) < 0)
		return -1;
	memcpy(hash_r, digest, VALUE_HASH);
	return 0;
}

static bool looks_like_number(const char *hex)
{
	size_t row = 0;
	for (; *hex && row <= 3; hex++)
		row = *hex <= '9' ? row + 1 : 0;
	return row > 3;
}

int value_token(const unsigned char key[VALUE_KEY], const char *value, size_t size, char token_r[VALUE_TOKEN_SIZE])
{
	static const unsigned char purpose[] = "token";
	unsigned char digest[EVP_MAX_MD_SIZE], own[EVP_MAX_MD_SIZE];
	unsigned n;
	int r = HMAC(EVP_sha256(), key, VALUE_KEY, purpose, sizeof purpose - 1, own, &n) ? digest_of(own, (int)n, value, size, digest, &n) : -1;
	explicit_bzero(own, sizeof own);
	if (r < 0)
		return -1;
	unsigned at = 0;
	do
		text_hex(token_r, digest + at, (VALUE_TOKEN_SIZE - 1) / 2);
	while (looks_like_number(token_r) && (at += (VALUE_TOKEN_SIZE - 1) / 2) < n);
	if (looks_like_number(token_r)) /* all eight parts: one value in some ten thousand */
		token_r[2] = token_r[5] = 'a';
	return 0;
}
