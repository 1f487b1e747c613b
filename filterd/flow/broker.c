#include "flow/broker.h"

#include "base/text.h"
#include "policy/zones.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
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
