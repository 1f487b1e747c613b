#include "detect/edm_key.h"

#include "detect/siphash.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 64 };

/* Hash states behind the padded key, so that a value costs two blocks and no set-up. */
struct pads {
	EVP_MD_CTX *inner, *outer;
};

struct edm_key {
	EVP_MD *md;
	EVP_MD_CTX *work;
	struct pads tags, files;
	uint8_t sip[16];
	uint8_t id[EDM_KEY_ID_SIZE];
};

static EVP_MD_CTX *pad_new(const EVP_MD *md, const uint8_t key[EDM_KEY_SIZE], uint8_t pad)
{
	uint8_t block[BLOCK];
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	memset(block, pad, sizeof block);
	for (int i = 0; i < EDM_KEY_SIZE; i++)
		block[i] ^= key[i];
	if (c && (EVP_DigestInit_ex(c, md, NULL) != 1 || EVP_DigestUpdate(c, block, sizeof block) != 1)) {
		EVP_MD_CTX_free(c);
		c = NULL;
	}
	explicit_bzero(block, sizeof block);
	return c;
}

/* A key for one purpose. */
static int derive(const uint8_t raw[EDM_KEY_SIZE], const char *purpose, uint8_t out_r[EDM_KEY_SIZE])
{
	unsigned n = 0;
	return HMAC(EVP_sha256(), raw, EDM_KEY_SIZE, (const uint8_t *)purpose, strlen(purpose), out_r, &n) && n == EDM_KEY_SIZE ? 0 : -1;
}

static int pads_new(struct pads *p, const EVP_MD *md, const uint8_t raw[EDM_KEY_SIZE], const char *purpose)
{
	uint8_t key[EDM_KEY_SIZE];
	int r = derive(raw, purpose, key);
	if (r == 0 && (!(p->inner = pad_new(md, key, 0x36)) || !(p->outer = pad_new(md, key, 0x5c))))
		r = -1;
	explicit_bzero(key, sizeof key);
	return r;
}

struct edm_key *edm_key_new(const uint8_t raw[EDM_KEY_SIZE])
{
	struct edm_key *k = calloc(1, sizeof *k);
	uint8_t part[EDM_KEY_SIZE];
	if (!k)
		return NULL;
	if (!(k->md = EVP_MD_fetch(NULL, "SHA256", NULL)) || !(k->work = EVP_MD_CTX_new()) || pads_new(&k->tags, k->md, raw, "edm tags") < 0 ||
	    pads_new(&k->files, k->md, raw, "edm file") < 0 || derive(raw, "edm key id", part) < 0) {
		edm_key_free(&k);
		return NULL;
	}
	memcpy(k->id, part, sizeof k->id);
	if (derive(raw, "edm filter", part) < 0)
		edm_key_free(&k);
	else
		memcpy(k->sip, part, sizeof k->sip);
	explicit_bzero(part, sizeof part);
	return k;
}

void edm_key_free(struct edm_key **kp)
{
	struct edm_key *k = *kp;
	if (!k)
		return;
	EVP_MD_CTX_free(k->work);
	EVP_MD_CTX_free(k->tags.inner);
	EVP_MD_CTX_free(k->tags.outer);
	EVP_MD_CTX_free(k->files.inner);
	EVP_MD_CTX_free(k->files.outer);
	EVP_MD_free(k->md);
	explicit_bzero(k, sizeof *k);
	free(k);
	*kp = NULL;
}

const uint8_t *edm_key_id(const struct edm_key *k)
{
	return k->id;
}

static int finish(struct edm_key *k, const struct pads *p, uint8_t mac_r[EDM_MAC_SIZE])
{
	uint8_t inner[EVP_MAX_MD_SIZE];
	return EVP_DigestFinal_ex(k->work, inner, NULL) == 1 && EVP_MD_CTX_copy_ex(k->work, p->outer) == 1 &&
	       EVP_DigestUpdate(k->work, inner, EDM_MAC_SIZE) == 1 && EVP_DigestFinal_ex(k->work, mac_r, NULL) == 1 ? 0 : -1;
}

uint64_t edm_key_tag(struct edm_key *k, uint8_t type, const char *s, size_t size)
{
	uint8_t mac[EDM_MAC_SIZE];
	if (EVP_MD_CTX_copy_ex(k->work, k->tags.inner) != 1 || EVP_DigestUpdate(k->work, &type, 1) != 1 ||
	    EVP_DigestUpdate(k->work, s, size) != 1 || finish(k, &k->tags, mac) < 0)
		return 0;
	uint64_t tag = 0;
	for (int i = 0; i < 8; i++)
		tag = tag << 8 | mac[i];
	return tag ? tag : 1;
}

int edm_key_mac_begin(struct edm_key *k)
{
	return EVP_MD_CTX_copy_ex(k->work, k->files.inner) == 1 ? 0 : -1;
}

int edm_key_mac_add(struct edm_key *k, const void *data, size_t size)
{
	return EVP_DigestUpdate(k->work, data, size) == 1 ? 0 : -1;
}

int edm_key_mac_end(struct edm_key *k, uint8_t mac_r[EDM_MAC_SIZE])
{
	return finish(k, &k->files, mac_r);
}

uint64_t edm_key_quick(const struct edm_key *k, uint8_t type, const char *s, size_t size)
{
	uint8_t key[sizeof k->sip];
	memcpy(key, k->sip, sizeof key);
	key[7] ^= type; /* the same text is another value in a column of another type */
	return siphash(key, s, size);
}
