#include "flow/recent.h"

#include "model/jid.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum { BUCKETS = 4096 };

struct recent_talk {
	TAILQ_ENTRY(recent_talk) use; /* the latest used first */
	struct recent_talk *next;     /* of the same bucket */
	uint64_t hash;
	struct window window;
	size_t key_size;
	char key[];                   /* jid_key() of from and to */
};

struct recent {
	TAILQ_HEAD(talks, recent_talk) uses;
	struct recent_talk *buckets[BUCKETS];
	uint64_t seed;                /* senders must not choose who shares a bucket */
	uint64_t numbers;
	size_t n;
};

struct recent *recent_new(void)
{
	struct recent *r = calloc(1, sizeof *r);
	if (!r || RAND_bytes((unsigned char *)&r->seed, sizeof r->seed) != 1) {
		free(r);
		return NULL;
	}
	TAILQ_INIT(&r->uses);
	return r;
}

static uint64_t hash(uint64_t h, const char *s, size_t size)
{
	for (size_t i = 0; i < size; i++)
		h = (h ^ (unsigned char)s[i]) * 0x100000001b3u;
	return h ^ h >> 29;
}

static void forget(struct recent *r, struct recent_talk *t)
{
	struct recent_talk **at = &r->buckets[t->hash % BUCKETS];
	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	TAILQ_REMOVE(&r->uses, t, use);
	r->n--;
	explicit_bzero(&t->window, sizeof t->window);
	free(t);
}

void recent_free(struct recent **rp)
{
	struct recent *r = *rp;
	while (r && !TAILQ_EMPTY(&r->uses))
		forget(r, TAILQ_FIRST(&r->uses));
	free(r);
	*rp = NULL;
}

/* JIDs beyond what XMPP allows share a conversation. */
static size_t put_key(char key[2 * (JID_MAX + 2)], const char *from, const char *to)
{
	size_t n = strnlen(from, JID_MAX + 1), m = strnlen(to, JID_MAX + 1);
	n = jid_key(from, n > JID_MAX ? 0 : n, key);
	return n + jid_key(to, m > JID_MAX ? 0 : m, key + n);
}

struct recent_talk *recent_talk(struct recent *r, const char *from, const char *to, uint64_t since_ms)
{
	char key[2 * (JID_MAX + 2)];
	size_t size = put_key(key, from, to);
	uint64_t h = hash(r->seed, key, size);
	struct recent_talk *t = r->buckets[h % BUCKETS];
	while (t && (t->hash != h || t->key_size != size || memcmp(t->key, key, size) != 0))
		t = t->next;
	if (t) {
		TAILQ_REMOVE(&r->uses, t, use);
		TAILQ_INSERT_HEAD(&r->uses, t, use);
		window_forget(&t->window, since_ms);
		return t;
	}
	if (r->n == RECENT_TALKS_MAX)
		forget(r, TAILQ_LAST(&r->uses, talks));
	t = calloc(1, sizeof *t + size);
	if (!t)
		return NULL;
	t->hash = h;
	t->key_size = size;
	memcpy(t->key, key, size);
	t->next = r->buckets[h % BUCKETS];
	r->buckets[h % BUCKETS] = t;
	TAILQ_INSERT_HEAD(&r->uses, t, use);
	r->n++;
	return t;
}

struct window *recent_window(struct recent_talk *t)
{
	return &t->window;
}

uint64_t recent_number(struct recent *r)
{
	return ++r->numbers;
}

uint64_t recent_name(const struct recent *r, const char *id)
{
	uint64_t h = id[0] ? hash(r->seed, id, strlen(id)) : 0;
	return id[0] && h == 0 ? 1 : h;
}
