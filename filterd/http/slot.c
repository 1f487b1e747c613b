/* Slots: upload_slot(). */
#include "http/service.h"

#include "base/clock.h"
#include "http/name.h"
#include "model/jid.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

enum { ID_RANDOM_BYTES = 15, TOKEN_BYTES = 33, TOKEN_SIZE = TOKEN_BYTES / 3 * 4 + 1, SLOTS_PER_USER_MAX = 200 };

static int64_t charge(int64_t size)
{
	return size < UPLOADS_CHARGE_MIN ? UPLOADS_CHARGE_MIN : size;
}

static enum upload_refusal check_usage(struct upload_service *svc, const char *owner, int64_t size,
                                       struct upload_slot *slot_r)
{
	struct uploads_usage usage;
	if (uploads_usage(svc->uploads, owner, &usage) < 0)
		return UPLOAD_NO_SERVICE;
	if (usage.slots < SLOTS_PER_USER_MAX && usage.bytes + charge(size) <= svc->conf->upload.quota)
		return UPLOAD_OK;
	int64_t wait = usage.next_expires - clock_wall_s();
	slot_r->retry_s = wait > 1 ? wait : 1;
	return UPLOAD_QUOTA;
}

static int make_urls(const struct conf *conf, const struct upload_row *row, struct upload_slot *slot_r)
{
	char encoded[3 * UPLOAD_NAME_MAX + 1];
	size_t base = strlen(conf->upload.url);
	if (name_encode(row->name, encoded, sizeof encoded) < 0)
		return -1;
	if (base > 0 && conf->upload.url[base - 1] == '/')
		base--;
	int n = snprintf(slot_r->get_url, sizeof slot_r->get_url, "%.*s/%s/%s", (int)base, conf->upload.url, row->id,
	                 encoded);
	if (n < 0 || (size_t)n >= sizeof slot_r->get_url)
		return -1;
	/* The same address for both; what makes it a PUT is the token in the header, so that the link people
	 * pass on carries no right to write. */
	memcpy(slot_r->put_url, slot_r->get_url, (size_t)n + 1);
	return 0;
}

/* 20 random characters (120 bits: as good as unguessable) behind four that go with the time, so that what is new is
 * together in the index: with random keys every row would dirty pages of its own. */
static int make_id(char id[UPLOADS_ID_SIZE], int64_t now)
{
	char random[ID_RANDOM_BYTES / 3 * 4 + 1];
	if (random_word(random, ID_RANDOM_BYTES) < 0)
		return -1;
	snprintf(id, UPLOADS_ID_SIZE, "%04x%s", (unsigned)(now / 256) & 0xffff, random);
	return 0;
}

enum upload_refusal upload_slot(struct upload_service *svc, const char *owner, const char *name, int64_t size,
                                const char *type, struct upload_slot *slot_r)
{
	const struct conf_upload *limits = &svc->conf->upload;
	char type_copy[UPLOAD_TYPE_MAX + 1], token[TOKEN_SIZE];
	slot_r->size_max = limits->size_max < limits->quota ? limits->size_max : limits->quota;
	slot_r->retry_s = 0;
	size_t owner_size = strlen(owner);
	if (size <= 0 || !name_is_good(name) || owner_size == 0 || owner_size > JID_MAX)
		return UPLOAD_BAD_NAME;
	if (size > slot_r->size_max)
		return UPLOAD_TOO_LARGE;
	enum upload_refusal refusal = check_usage(svc, owner, size, slot_r);
	if (refusal != UPLOAD_OK)
		return refusal;
	media_type_copy(type_copy, sizeof type_copy, type ? type : "");
	int64_t now = clock_wall_s();
	struct upload_row row = {.owner = owner,
	                         .name = name,
	                         .type = type_copy,
	                         .size = size,
	                         .created = now,
	                         .expires = now + limits->slot_s};
	if (make_id(row.id, now) < 0 || random_word(token, TOKEN_BYTES) < 0 ||
	    EVP_Digest(token, strlen(token), row.token_hash, NULL, svc->sha256, NULL) != 1 ||
	    make_urls(svc->conf, &row, slot_r) < 0 || uploads_add_slot(svc->uploads, &row) < 0)
		return UPLOAD_NO_SERVICE;
	snprintf(slot_r->authorization, sizeof slot_r->authorization, "Bearer %s", token);
	OPENSSL_cleanse(token, sizeof token);
	return UPLOAD_OK;
}
