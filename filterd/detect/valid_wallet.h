/* What the validators of wallets and seed phrases stand on. */
#ifndef FILTERD_DETECT_VALID_WALLET_H
#define FILTERD_DETECT_VALID_WALLET_H

#include <stddef.h>
#include <stdint.h>

enum { BIP39_WORDS = 2048, BIP39_WORD_MAX = 8 };
extern const char bip39_words[BIP39_WORDS][BIP39_WORD_MAX + 1]; /* in order */

/* One-shot digests for checksums of at most HASH_INPUT_MAX bytes.  libcrypto's would open its configuration on first
 * use, which a worker's sandbox forbids, and has no Keccak as Ethereum uses it. */
enum { HASH_INPUT_MAX = 128 };
void hash_sha256(const uint8_t *data, size_t size, uint8_t digest_r[32]);    /* FIPS 180-4 */
void hash_keccak256(const uint8_t *data, size_t size, uint8_t digest_r[32]); /* Keccak, the padding before FIPS 202 */

#endif
