#include "flow/broker.h"

#include "base/text.h"
#include "policy/zones.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <string.h>

void broker_reference(char ref_r[EVENT_REF_SIZE])
{
	unsigned char random[(EVENT_REF_SIZE - 1) / 2];
	if (RAND_bytes(random, sizeof random) != 1)
		memset(random, 0, sizeof random); /* still a reference, though not a unique one */
	text_hex(ref_r, random, sizeof random);
}

void broker_hash(const struct broker *b, const char *value, size_t size, char hash_r[17])
{
	unsigned char digest[EVP_MAX_MD_SIZE] = { 0 };
	unsigned n = 0;
	HMAC(EVP_sha256(), b->hash_key, sizeof b->hash_key, (const unsigned char *)value, size, digest, &n);
	text_hex(hash_r, digest, 8);
}

static bool looks_like_number(const char *hex)
{
	size_t row = 0;
	for (; *hex && row <= 3; hex++)
		row = *hex <= '9' ? row + 1 : 0;
	return row > 3;
}

void broker_token(const struct broker *b, const char *value, size_t size, char token_r[9])
{
	static const char purpose[] = "token";
	unsigned char digest[EVP_MAX_MD_SIZE] = { 0 }, key[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	/* a key of its own: nobody who sees tokens and events can tell which belong together */
	HMAC(EVP_sha256(), b->hash_key, sizeof b->hash_key, (const unsigned char *)purpose, sizeof purpose - 1, key, &n);
	HMAC(EVP_sha256(), key, (int)n, (const unsigned char *)value, size, digest, &n);
	text_hex(token_r, digest, 4);
	for (unsigned i = 4; i + 4 <= n && looks_like_number(token_r); i += 4)
		text_hex(token_r, digest + i, 4);
	if (looks_like_number(token_r)) /* of all eight parts: about one value in a billion */
		memcpy(token_r + 3, "a", 1);
	explicit_bzero(key, sizeof key);
}

void broker_report(struct broker *b, const struct event_record *e)
{
	report_event(b->report, e);
}

size_t broker_all_zones(const struct conf *conf, const char **zones_r)
{
	size_t n = 0;
	for (size_t i = 0; i < conf->nzones; i++)
		zones_r[n++] = conf->zones[i].name;
	zones_r[n++] = ZONE_PUBLIC;
	return n;
}
