#include "flow/drip.h"

#include "model/jid.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum { BUCKETS = 1 << 16, KEY = 32, ID = 16, NAME = 72 };

struct value {
	uint64_t hash, at_ms;
};

/* The values of one condition and sender or conversation, in the order in which they came last. */
struct counted {
	TAILQ_ENTRY(counted) use; /* the latest asked for first */
	struct counted *next;     /* of the same bucket */
	unsigned char id[ID];
	uint32_t n, room;
	struct value *values;
};

struct drip {
	unsigned char key[KEY];
	uint64_t others;          /* how many values were not at hand */
	size_t bytes, bytes_max;
	TAILQ_HEAD(uses, counted) uses;
	struct counted *buckets[BUCKETS];
};

struct drip *drip_new(size_t bytes_max)
{
	struct drip *d = calloc(1, sizeof *d);
	if (!d || RAND_bytes(d->key, sizeof d->key) != 1) {
		free(d);
		return NULL;
	}
	d->bytes_max = bytes_max;
	TAILQ_INIT(&d->uses);
	return d;
}

static struct counted **bucket_of(struct drip *d, const unsigned char id[ID])
{
	return &d->buckets[(unsigned)id[0] << 8 | id[1]];
}

static size_t cost(const struct counted *c)
{
	return sizeof *c + c->room * sizeof *c->values;
}

static void forget(struct drip *d, struct counted *c)
{
	struct counted **at = bucket_of(d, c->id);
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	TAILQ_REMOVE(&d->uses, c, use);
	d->bytes -= cost(c);
	free(c->values);
	free(c);
}

void drip_free(struct drip **dp)
{
	struct drip *d = *dp;
	*dp = NULL;
	if (!d)
		return;
	while (!TAILQ_EMPTY(&d->uses))
		forget(d, TAILQ_FIRST(&d->uses));
	explicit_bzero(d->key, sizeof d->key);
	free(d);
}

static void keyed_hash(const struct drip *d, const void *data, size_t size, void *hash_r, size_t hash_size)
{
	unsigned char digest[EVP_MAX_MD_SIZE] = { 0 };
	unsigned n = 0;
	HMAC(EVP_sha256(), d->key, sizeof d->key, data, size, digest, &n);
	memcpy(hash_r, digest, hash_size);
}

/* How many conditions before this one of its rule count the same things: three in an hour, or ten in a day. */
static unsigned twins_before(const struct rule *r, const struct rule_condition *c)
{
	unsigned n = 0;
	for (const struct rule_condition *k = r->conditions; k < c; k++)
		n += k->tally >= 0 && k->index == c->index && k->per == c->per && k->distinct == c->distinct && k->confidence == c->confidence;
	return n;
}

/* Names what is counted: it must be the same after a reload, and differ for all that is counted on its own. */
static int name_count(const struct drip *d, struct arena *a, const struct rule *r, const struct rule_condition *c, const struct drip_item *item,
                      unsigned char id_r[ID])
{
	size_t rule = strlen(r->id) + 1, detector = strlen(c->detector) + 1;
	char *name = arena_alloc(a, rule + detector + 4 + strlen(item->from) + 2 + strlen(item->to) + 2), *p = name;
	if (!name)
		return -1;
	memcpy(p, r->id, rule);
	p += rule;
	memcpy(p, c->detector, detector);
	p += detector;
	*p++ = (char)c->per;
	*p++ = (char)c->distinct;
	*p++ = (char)c->confidence;
	*p++ = (char)twins_before(r, c); /* fewer than 256: a rule has no more conditions */
	p += jid_key(item->from, strlen(item->from), p);
	if (c->per == PER_CONVERSATION)
		p += jid_key(item->to, strlen(item->to), p);
	keyed_hash(d, name, (size_t)(p - name), id_r, ID);
	return 0;
}

static struct counted *find(struct drip *d, const unsigned char id[ID])
{
	struct counted **bucket = bucket_of(d, id), *c = *bucket;
	while (c && memcmp(c->id, id, ID) != 0)
		c = c->next;
	if (c) {
		TAILQ_REMOVE(&d->uses, c, use);
	} else {
		c = calloc(1, sizeof *c);
		if (!c)
			return NULL;
		memcpy(c->id, id, ID);
		c->next = *bucket;
		*bucket = c;
		d->bytes += cost(c);
	}
	TAILQ_INSERT_HEAD(&d->uses, c, use);
	return c;
}

static void take_out(struct counted *c, uint32_t i, uint32_t n)
{
	memmove(c->values + i, c->values + i + n, (c->n - i - n) * sizeof *c->values);
	c->n -= n;
}

static int add(struct drip *d, struct counted *c, uint64_t hash, uint64_t now_ms, uint32_t keep)
{
	if (c->n >= keep)
		take_out(c, 0, c->n - keep + 1);
	if (c->n == c->room) {
		uint32_t room = c->room ? 2 * c->room : 4;
		struct value *values = realloc(c->values, room * sizeof *values);
		if (!values)
			return -1;
		d->bytes += (room - c->room) * sizeof *values;
		c->values = values;
		c->room = room;
	}
	c->values[c->n++] = (struct value){ hash, now_ms };
	return 0;
}

/* Hashes of the findings' values, each made once for all conditions; 0: not yet. */
static int hash_value(struct drip *d, struct arena *a, const struct decide_input *in, const struct drip_item *item, size_t i, uint64_t *hash)
{
	const struct finding *f = &in->findings[i];
	if (*hash)
		return 0;
	char *value = arena_alloc(a, f->end - f->start + 1u);
	if (!value)
		return -1;
	size_t size = policy_value(in->texts, f, value);
	if (size > 0) {
		keyed_hash(d, value, size, hash, sizeof *hash);
	} else {
		struct { uint64_t number; char name[NAME]; } place = { item->name ? i : ++d->others, "" };
		snprintf(place.name, sizeof place.name, "%s", item->name ? item->name : "");
		keyed_hash(d, &place, sizeof place, hash, sizeof *hash);
	}
	explicit_bzero(value, size);
	*hash |= *hash == 0;
	return 0;
}

static int count_condition(struct drip *d, struct arena *a, const struct rule *r, const struct rule_condition *c, const struct decide_input *in,
                           const struct drip_item *item, uint64_t now_ms, uint64_t *hashes, struct decide_tally *tally_r)
{
	const uint32_t keep = c->count + DRIP_BEYOND;
	const uint64_t span_ms = (uint64_t)c->within_s * 1000;
	struct counted *counted = NULL;
	unsigned char id[ID];
	uint32_t added = 0, old = 0;
	for (size_t i = 0; i < in->nfindings && added < keep; i++) { /* beyond, nothing changes any more */
		if (!policy_finding_counts(c, &in->findings[i]) || policy_finding_allowed(r, in, i))
			continue;
		if (!counted && (name_count(d, a, r, c, item, id) < 0 || !(counted = find(d, id))))
			return -1;
		if (hash_value(d, a, in, item, i, &hashes[i]) < 0)
			return -1;
		uint32_t at = 0;
		while ((c->distinct || item->again) && at < counted->n && counted->values[at].hash != hashes[i])
			at++;
		if ((c->distinct || item->again) && at < counted->n)
			take_out(counted, at, 1);
		else
			added++;
		if (add(d, counted, hashes[i], now_ms, keep) < 0)
			return -1;
	}
	if (!counted)
		return 0;
	while (old < counted->n && now_ms - counted->values[old].at_ms > span_ms)
		old++;
	take_out(counted, 0, old);
	*tally_r = (struct decide_tally){ counted->n, now_ms - counted->values[0].at_ms };
	return 0;
}

int drip_count(struct drip *d, struct arena *a, const struct decide_input *in, const struct drip_item *item, uint64_t now_ms,
               const struct decide_tally **tallies_r)
{
	const struct policy_rules *rules = in->rules;
	*tallies_r = NULL;
	if (rules->ntallies == 0 || in->nfindings == 0)
		return 0;
	struct decide_tally *tallies = arena_alloc(a, rules->ntallies * sizeof *tallies);
	uint64_t *hashes = arena_alloc(a, in->nfindings * sizeof *hashes);
	if (!tallies || !hashes)
		return -1;
	for (size_t i = 0; i < rules->nrules; i++) {
		const struct rule *r = &rules->rules[i];
		if (!policy_rule_applies(r, in))
			continue;
		for (size_t k = 0; k < r->nconditions; k++) {
			const struct rule_condition *c = &r->conditions[k];
			if (c->tally >= 0 && count_condition(d, a, r, c, in, item, now_ms, hashes, &tallies[c->tally]) < 0)
				return -1;
		}
	}
	while (d->bytes > d->bytes_max)
		forget(d, TAILQ_LAST(&d->uses, uses));
	*tallies_r = tallies;
	return 0;
}
