/* Blobs at rest: C2SP chunked-encryption with AES-256-GCM.
 * File = 24-byte salt ‖ 32-byte commitment ‖ chunks of 16 KiB, each with its tag, the last one shorter. */
#ifndef FILTERD_STORE_BLOB_H
#define FILTERD_STORE_BLOB_H

#include <stddef.h>
#include <stdint.h>

enum { BLOB_KEY = 32, BLOB_CHUNK = 16384, BLOB_TAG = 16, BLOB_HEAD = 56, BLOB_NONCE = 12 };
enum { BLOB_IO = -1 /* errno says */, BLOB_DAMAGED = -2 /* changed, cut, another key or context */, BLOB_TOO_BIG = -3 };

/* Encrypts what fd in holds from offset 0 to its end (at most max bytes) to out, at its offset.  context binds the
 * blob to what it is.  Outputs the plain size and its SHA-256. */
int blob_seal(int in, int out, const uint8_t key[BLOB_KEY], const char *context, uint64_t max, uint64_t *size_r,
	uint8_t sha256_r[32]) __attribute__((warn_unused_result));
/* The reverse, from offset 0 of in.  On failure out may have part of the content, all of it authentic. */
int blob_open(int in, int out, const uint8_t key[BLOB_KEY], const char *context) __attribute__((warn_unused_result));

/* One small text under a key with a random nonce (AES-256-GCM, context as AAD): nonce ‖ cipher ‖ tag.
 * dst has room for size + 28. */
int blob_wrap(const uint8_t key[BLOB_KEY], const char *context, const void *data, size_t size, uint8_t *dst)
	__attribute__((warn_unused_result));
/* dst has room for size - 28; BLOB_DAMAGED unless it is what blob_wrap made with this key and context. */
int blob_unwrap(const uint8_t key[BLOB_KEY], const char *context, const uint8_t *data, size_t size, void *dst)
	__attribute__((warn_unused_result));

#endif
