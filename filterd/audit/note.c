#include "audit/note.h"

#include "base/text.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIGNATURE = 64, TYPE_ED25519 = 1, BASE64_MAX = 256 };
static const char dash[] = "\u2014 ";

/* Strict base64 of exactly size bytes; EVP_DecodeBlock alone accepts blanks and forgets the padding. */
static int base64_get(const char *s, size_t n, uint8_t *dst, size_t size)
{
	uint8_t raw[BASE64_MAX];
	char again[BASE64_MAX * 2];
	if (n != (size + 2) / 3 * 4 || n > BASE64_MAX)
		return -1;
	if (EVP_DecodeBlock(raw, (const uint8_t *)s, (int)n) < 0)
		return -1;
	EVP_EncodeBlock((uint8_t *)again, raw, (int)size);
	if (strlen(again) != n || memcmp(again, s, n) != 0)
		return -1;
	memcpy(dst, raw, size);
	return 0;
}

static int name_ok(const char *name)
{
	size_t n = strlen(name);
	if (n == 0 || n >= NOTE_NAME_SIZE || !text_is_utf8(name, n))
		return 0;
	for (size_t i = 0; i < n; i++)
		if ((uint8_t)name[i] <= ' ' || name[i] == '+' || name[i] == 0x7f)
			return 0;
	return 1;
}

static void key_id(struct note_verifier *v)
{
	uint8_t in[NOTE_NAME_SIZE + 2 + NOTE_KEY], hash[32];
	size_t n = strlen(v->name);
	memcpy(in, v->name, n);
	in[n] = '\n';
	in[n + 1] = TYPE_ED25519;
	memcpy(in + n + 2, v->public_key, NOTE_KEY);
	SHA256(in, n + 2 + NOTE_KEY, hash);
	memcpy(v->id, hash, sizeof v->id);
}

int note_verifier_make(const char *name, const uint8_t seed[NOTE_KEY], struct note_verifier *v_r)
{
	if (!name_ok(name))
		return -1;
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, NOTE_KEY);
	size_t size = NOTE_KEY;
	int ok = key && EVP_PKEY_get_raw_public_key(key, v_r->public_key, &size) == 1;
	EVP_PKEY_free(key);
	if (!ok)
		return -1;
	snprintf(v_r->name, sizeof v_r->name, "%s", name);
	key_id(v_r);
	return 0;
}

int note_verifier_parse(const char *text, struct note_verifier *v_r)
{
	struct note_verifier v = { 0 };
	uint8_t id[4], raw[1 + NOTE_KEY];
	size_t name = strcspn(text, "+"), end = strcspn(text, "\r\n");
	char hex[9] = { 0 };
	if (name >= sizeof v.name || end < name + 10 || text[name + 9] != '+')
		return -1;
	memcpy(v.name, text, name);
	memcpy(hex, text + name + 1, 8);
	if (!name_ok(v.name) || text_unhex(id, sizeof id, hex) < 0 ||
	    base64_get(text + name + 10, end - name - 10, raw, sizeof raw) < 0 || raw[0] != TYPE_ED25519)
		return -1;
	memcpy(v.public_key, raw + 1, NOTE_KEY);
	key_id(&v);
	if (memcmp(v.id, id, sizeof id) != 0)
		return -1;
	*v_r = v;
	return 0;
}

void note_verifier_print(const struct note_verifier *v, char text_r[NOTE_VERIFIER_SIZE])
{
	uint8_t raw[1 + NOTE_KEY] = { TYPE_ED25519 };
	char hex[9], b64[64];
	memcpy(raw + 1, v->public_key, NOTE_KEY);
	text_hex(hex, v->id, sizeof v->id);
	EVP_EncodeBlock((uint8_t *)b64, raw, sizeof raw);
	snprintf(text_r, NOTE_VERIFIER_SIZE, "%s+%s+%s", v->name, hex, b64);
}

int note_sign(const struct checkpoint *c, const struct note_verifier *v, const uint8_t seed[NOTE_KEY], char note_r[NOTE_SIZE])
{
	char text[NOTE_SIZE], b64[128];
	uint8_t raw[4 + SIGNATURE];
	size_t size = SIGNATURE;
	EVP_EncodeBlock((uint8_t *)b64, c->root, sizeof c->root);
	int n = snprintf(text, sizeof text, "%s\n%" PRIu64 "\n%s\n", c->origin, c->size, b64);
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, NOTE_KEY);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok = n > 0 && (size_t)n < sizeof text && key && ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
		 EVP_DigestSign(ctx, raw + 4, &size, (uint8_t *)text, (size_t)n) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	if (!ok)
		return -1;
	memcpy(raw, v->id, 4);
	EVP_EncodeBlock((uint8_t *)b64, raw, sizeof raw);
	n = snprintf(note_r, NOTE_SIZE, "%s\n%s%s %s\n", text, dash, v->name, b64);
	return n > 0 && n < NOTE_SIZE ? 0 : -1;
}

static int signature_fits(const struct note_verifier *v, const uint8_t *signature, const char *text, size_t size)
{
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, v->public_key, NOTE_KEY);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok = key && ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
		 EVP_DigestVerify(ctx, signature, SIGNATURE, (const uint8_t *)text, size) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return ok;
}

/* One signature line: 1 signed by v, 0 somebody else's, negative as note_open. */
static int check_line(const char *line, size_t n, const struct note_verifier *v, const char *text, size_t text_size)
{
	size_t name = strlen(v->name);
	uint8_t raw[4 + SIGNATURE];
	if (n < sizeof dash || memcmp(line, dash, sizeof dash - 1) != 0)
		return NOTE_MALFORMED;
	line += sizeof dash - 1;
	n -= sizeof dash - 1;
	if (n <= name || memcmp(line, v->name, name) != 0 || line[name] != ' ')
		return 0;
	if (base64_get(line + name + 1, n - name - 1, raw, sizeof raw) < 0 || memcmp(raw, v->id, 4) != 0)
		return 0; /* the same name, but another key or kind of signature */
	return signature_fits(v, raw + 4, text, text_size) ? 1 : NOTE_FORGED;
}

static int parse_text(const char *text, size_t size, struct checkpoint *c_r)
{
	struct checkpoint c = { 0 };
	const char *line = text, *end = text + size, *nl[3];
	for (int i = 0; i < 3; i++) {
		nl[i] = memchr(line, '\n', (size_t)(end - line));
		if (!nl[i])
			return NOTE_MALFORMED;
		line = nl[i] + 1;
	}
	size_t n = (size_t)(nl[0] - text), digits = (size_t)(nl[1] - nl[0] - 1);
	if (n == 0 || n >= sizeof c.origin || digits == 0 || digits > 19)
		return NOTE_MALFORMED;
	memcpy(c.origin, text, n);
	for (const char *p = nl[0] + 1; p < nl[1]; p++) {
		if (*p < '0' || *p > '9' || (p == nl[0] + 1 && *p == '0' && digits > 1))
			return NOTE_MALFORMED;
		c.size = c.size * 10 + (uint64_t)(*p - '0');
	}
	if (base64_get(nl[1] + 1, (size_t)(nl[2] - nl[1] - 1), c.root, sizeof c.root) < 0)
		return NOTE_MALFORMED;
	*c_r = c;
	return 0;
}

int note_verify(const char *note, size_t size, const struct note_verifier *v, size_t *text_size_r)
{
	if (size == 0 || size >= NOTE_SIZE * 8 || note[size - 1] != '\n' || !text_is_utf8(note, size) || memchr(note, 0, size))
		return NOTE_MALFORMED;
	/* the text ends at the last empty line: nothing in it can pass for a signature */
	const char *split = NULL;
	for (const char *p = note; (p = memmem(p, size - (size_t)(p - note), "\n\n", 2)); p++)
		split = p;
	if (!split)
		return NOTE_MALFORMED;
	size_t text_size = (size_t)(split + 1 - note);
	int is_signed = 0;
	for (const char *line = split + 2, *nl; line < note + size; line = nl + 1) {
		nl = memchr(line, '\n', (size_t)(note + size - line));
		int r = check_line(line, (size_t)(nl - line), v, note, text_size);
		if (r < 0)
			return r;
		is_signed |= r;
	}
	*text_size_r = text_size;
	return is_signed ? 0 : NOTE_UNSIGNED;
}

int note_open(const char *note, size_t size, const struct note_verifier *v, struct checkpoint *c_r)
{
	struct checkpoint c;
	size_t text_size;
	int r = note_verify(note, size, v, &text_size);
	if (r == 0)
		r = parse_text(note, text_size, &c);
	if (r == 0)
		*c_r = c;
	return r;
}
