#include "store/blob.h"

#include "base/io.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { SALT = 24, COMMITMENT = 32, DERIVED = BLOB_KEY + BLOB_NONCE + COMMITMENT };

/* HKDF-Expand (RFC 5869 section 2.3); the object's key is random, so Extract has nothing to add. */
static int expand(const uint8_t key[BLOB_KEY], const uint8_t salt[SALT], const char *context, uint8_t out_r[DERIVED])
{
	static const char label[] = "c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM"; /* its NUL counts */
	uint8_t block[32 + sizeof label + SALT + 256 + 1], t[32];
	size_t n = strlen(context), have = 0, prev = 0;
	if (n > 256)
		return -1;
	for (uint8_t i = 1; have < DERIVED; i++) {
		size_t o = prev, take = DERIVED - have < 32 ? DERIVED - have : 32;
		unsigned len;
		memcpy(block, t, prev);
		memcpy(block + o, label, sizeof label);
		o += sizeof label;
		memcpy(block + o, salt, SALT);
		o += SALT;
		memcpy(block + o, context, n);
		o += n;
		block[o++] = i;
		if (!HMAC(EVP_sha256(), key, BLOB_KEY, block, o, t, &len))
			return -1;
		memcpy(out_r + have, t, take);
		have += take;
		prev = 32;
	}
	OPENSSL_cleanse(block, sizeof block);
	OPENSSL_cleanse(t, sizeof t);
	return 0;
}

static void chunk_nonce(const uint8_t base[BLOB_NONCE], uint64_t i, uint8_t nonce_r[BLOB_NONCE])
{
	memcpy(nonce_r, base, BLOB_NONCE);
	for (int b = 0; b < 8; b++)
		nonce_r[BLOB_NONCE - 1 - b] ^= (uint8_t)(i >> (8 * b));
}

/* The key is set once; NULL keeps it. */
static int gcm_seal(EVP_CIPHER_CTX *c, const uint8_t *key, const uint8_t *nonce, const uint8_t *in, size_t size, uint8_t *out)
{
	int n, last;
	return EVP_EncryptInit_ex(c, key ? EVP_aes_256_gcm() : NULL, NULL, key, nonce) == 1 &&
	       EVP_EncryptUpdate(c, out, &n, in, (int)size) == 1 && EVP_EncryptFinal_ex(c, out + n, &last) == 1 &&
	       EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, BLOB_TAG, out + size) == 1;
}

static int gcm_open(EVP_CIPHER_CTX *c, const uint8_t *key, const uint8_t *nonce, const uint8_t *in, size_t size, uint8_t *out)
{
	int n, last;
	return EVP_DecryptInit_ex(c, key ? EVP_aes_256_gcm() : NULL, NULL, key, nonce) == 1 &&
	       EVP_DecryptUpdate(c, out, &n, in, (int)size) == 1 &&
	       EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, BLOB_TAG, (void *)(in + size)) == 1 &&
	       EVP_DecryptFinal_ex(c, out + n, &last) == 1;
}

/* As many bytes as there are, up to size. */
static ssize_t pread_full(int fd, uint8_t *data, size_t size, off_t at)
{
	size_t have = 0;
	while (have < size) {
		ssize_t n = pread(fd, data + have, size - have, at + (off_t)have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

static int seal_chunks(int in, int out, EVP_CIPHER_CTX *c, EVP_MD_CTX *md, const uint8_t derived[DERIVED], uint64_t max,
	uint64_t *size_r)
{
	uint8_t plain[BLOB_CHUNK], sealed[BLOB_CHUNK + BLOB_TAG], nonce[BLOB_NONCE];
	ssize_t n = BLOB_CHUNK;
	int r = 0;
	*size_r = 0;
	for (uint64_t i = 0; r == 0 && n == BLOB_CHUNK; i++) {
		n = pread_full(in, plain, sizeof plain, (off_t)*size_r);
		chunk_nonce(derived + BLOB_KEY, i, nonce);
		if (n < 0)
			r = BLOB_IO;
		else if ((*size_r += (uint64_t)n) > max)
			r = BLOB_TOO_BIG;
		else if (EVP_DigestUpdate(md, plain, (size_t)n) != 1 ||
			 !gcm_seal(c, i ? NULL : derived, nonce, plain, (size_t)n, sealed) ||
			 io_write_all(out, sealed, (size_t)n + BLOB_TAG) < 0)
			r = BLOB_IO;
	}
	OPENSSL_cleanse(plain, sizeof plain);
	return r;
}

int blob_seal(int in, int out, const uint8_t key[BLOB_KEY], const char *context, uint64_t max, uint64_t *size_r, uint8_t sha256_r[32])
{
	uint8_t head[BLOB_HEAD], derived[DERIVED];
	if (getrandom(head, SALT, 0) != SALT || expand(key, head, context, derived) < 0)
		return BLOB_IO;
	memcpy(head + SALT, derived + BLOB_KEY + BLOB_NONCE, COMMITMENT);
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	int r = BLOB_IO;
	if (c && md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 && io_write_all(out, head, sizeof head) == 0)
		r = seal_chunks(in, out, c, md, derived, max, size_r);
	if (r == 0 && EVP_DigestFinal_ex(md, sha256_r, NULL) != 1)
		r = BLOB_IO;
	int e = errno;
	EVP_CIPHER_CTX_free(c);
	EVP_MD_CTX_free(md);
	OPENSSL_cleanse(derived, sizeof derived);
	errno = e;
	return r;
}

static int open_chunks(int in, int out, EVP_CIPHER_CTX *c, const uint8_t derived[DERIVED])
{
	uint8_t plain[BLOB_CHUNK], sealed[BLOB_CHUNK + BLOB_TAG], nonce[BLOB_NONCE];
	off_t at = BLOB_HEAD;
	ssize_t n = sizeof sealed;
	int r = 0;
	for (uint64_t i = 0; r == 0 && n == sizeof sealed; i++) {
		n = pread_full(in, sealed, sizeof sealed, at);
		chunk_nonce(derived + BLOB_KEY, i, nonce);
		if (n < 0)
			r = BLOB_IO;
		else if (n < BLOB_TAG || !gcm_open(c, i ? NULL : derived, nonce, sealed, (size_t)n - BLOB_TAG, plain))
			r = BLOB_DAMAGED; /* with nothing at all here, the short last chunk is missing: cut off */
		else if (io_write_all(out, plain, (size_t)n - BLOB_TAG) < 0)
			r = BLOB_IO;
		at += n;
	}
	OPENSSL_cleanse(plain, sizeof plain);
	return r;
}

int blob_open(int in, int out, const uint8_t key[BLOB_KEY], const char *context)
{
	uint8_t head[BLOB_HEAD], derived[DERIVED];
	ssize_t n = pread_full(in, head, sizeof head, 0);
	if (n < 0)
		return BLOB_IO;
	if (n < BLOB_HEAD)
		return BLOB_DAMAGED;
	if (expand(key, head, context, derived) < 0)
		return BLOB_IO;
	int r = BLOB_DAMAGED;
	if (CRYPTO_memcmp(head + SALT, derived + BLOB_KEY + BLOB_NONCE, COMMITMENT) == 0) {
		EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
		r = c ? open_chunks(in, out, c, derived) : BLOB_IO;
		EVP_CIPHER_CTX_free(c);
	}
	OPENSSL_cleanse(derived, sizeof derived);
	return r;
}

int blob_wrap(const uint8_t key[BLOB_KEY], const char *context, const void *data, size_t size, uint8_t *dst)
{
	int n;
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int ok = c && getrandom(dst, BLOB_NONCE, 0) == BLOB_NONCE &&
		 EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, dst) == 1 &&
		 EVP_EncryptUpdate(c, NULL, &n, (const uint8_t *)context, (int)strlen(context)) == 1 &&
		 gcm_seal(c, NULL, NULL, data, size, dst + BLOB_NONCE);
	EVP_CIPHER_CTX_free(c);
	return ok ? 0 : BLOB_IO;
}

int blob_unwrap(const uint8_t key[BLOB_KEY], const char *context, const uint8_t *data, size_t size, void *dst)
{
	int n;
	if (size < BLOB_NONCE + BLOB_TAG)
		return BLOB_DAMAGED;
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int ok = c && EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, data) == 1 &&
		 EVP_DecryptUpdate(c, NULL, &n, (const uint8_t *)context, (int)strlen(context)) == 1 &&
		 gcm_open(c, NULL, NULL, data + BLOB_NONCE, size - BLOB_NONCE - BLOB_TAG, dst);
	EVP_CIPHER_CTX_free(c);
	return ok ? 0 : BLOB_DAMAGED;
}
