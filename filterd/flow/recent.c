#include "flow/recent.h"

#include "model/jid.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum { BUCKETS = 4096 };

struct sender {
	TAILQ_ENTRY(sender) use;      /* of those who have as many conversations, the latest used first */
	struct sender *next;          /* of the same bucket */
	uint64_t hash;
	TAILQ_HEAD(talks, recent_talk) talks; /* the latest used first */
	size_t n;
	size_t key_size;
	char key[];                   /* jid_key() */
};

struct recent_talk {
	TAILQ_ENTRY(recent_talk) use;
	struct recent_talk *next;     /* of the same bucket */
	uint64_t hash;
	struct sender *sender;
	struct window window;
	size_t key_size;
	char key[];                   /* jid_key() of from and to */
};

TAILQ_HEAD(senders, sender);

struct recent {
	struct senders having[RECENT_SHARE + 1]; /* so many conversations */
	struct sender *senders[BUCKETS];
	struct recent_talk *buckets[BUCKETS];
	uint64_t seed;                /* senders must not choose who shares a bucket */
	uint64_t numbers;
	size_t n, bytes;
};

struct recent *recent_new(void)
{
	struct recent *r = calloc(1, sizeof *r);
	if (!r || RAND_bytes((unsigned char *)&r->seed, sizeof r->seed) != 1) {
		free(r);
		return NULL;
	}
	for (size_t i = 0; i <= RECENT_SHARE; i++)
		TAILQ_INIT(&r->having[i]);
	return r;
}

static uint64_t hash(uint64_t h, const char *s, size_t size)
{
	for (size_t i = 0; i < size; i++)
		h = (h ^ (unsigned char)s[i]) * 0x100000001b3u;
	return h ^ h >> 29;
}

/* Counts n conversations of a sender from now on; one without any is no more. */
static void count(struct recent *r, struct sender *s, size_t n)
{
	TAILQ_REMOVE(&r->having[s->n], s, use);
	s->n = n;
	if (n > 0) {
		TAILQ_INSERT_HEAD(&r->having[n], s, use);
		return;
	}
	struct sender **at = &r->senders[s->hash % BUCKETS];
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	r->bytes -= sizeof *s + s->key_size;
	free(s);
}

static void forget(struct recent *r, struct recent_talk *t)
{
	struct recent_talk **at = &r->buckets[t->hash % BUCKETS];
	struct sender *s = t->sender;
	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	TAILQ_REMOVE(&s->talks, t, use);
	r->n--;
	r->bytes -= sizeof *t + t->key_size;
	count(r, s, s->n - 1);
	explicit_bzero(&t->window, sizeof t->window);
	free(t);
}

/* The one unused for the longest, of the sender unused for the longest, of those who have the most.  NULL: there is none. */
static struct recent_talk *least_missed(struct recent *r)
{
	for (size_t n = RECENT_SHARE; n > 0; n--)
		if (!TAILQ_EMPTY(&r->having[n]))
			return TAILQ_LAST(&TAILQ_LAST(&r->having[n], senders)->talks, talks);
	return NULL;
}

void recent_free(struct recent **rp)
{
	struct recent *r = *rp;
	for (struct recent_talk *t; r && (t = least_missed(r));)
		forget(r, t);
	free(r);
	*rp = NULL;
}

/* JIDs beyond what XMPP allows share a conversation.  *from_r: how much of the key is the sender's. */
static size_t put_key(char key[2 * (JID_MAX + 2)], const char *from, const char *to, size_t *from_r)
{
	size_t n = strnlen(from, JID_MAX + 1), m = strnlen(to, JID_MAX + 1);
	*from_r = jid_key(from, n > JID_MAX ? 0 : n, key);
	return *from_r + jid_key(to, m > JID_MAX ? 0 : m, key + *from_r);
}

static struct sender *find_sender(struct recent *r, uint64_t h, const char *key, size_t size)
{
	struct sender *s = r->senders[h % BUCKETS];
	while (s && (s->hash != h || s->key_size != size || memcmp(s->key, key, size) != 0))
		s = s->next;
	return s;
}

/* Has no conversation yet. */
static struct sender *sender_new(struct recent *r, uint64_t h, const char *key, size_t size)
{
	struct sender *s = calloc(1, sizeof *s + size);
	if (!s)
		return NULL;
	s->hash = h;
	s->key_size = size;
	memcpy(s->key, key, size);
	TAILQ_INIT(&s->talks);
	s->next = r->senders[h % BUCKETS];
	r->senders[h % BUCKETS] = s;
	TAILQ_INSERT_HEAD(&r->having[0], s, use);
	r->bytes += sizeof *s + size;
	return s;
}

/* The sender of a conversation that is to be made, with room for it.  NULL without memory. */
static struct sender *make_room(struct recent *r, uint64_t h, const char *key, size_t from, size_t size)
{
	struct sender *s = find_sender(r, h, key, from);
	if (s && s->n == RECENT_SHARE)
		forget(r, TAILQ_LAST(&s->talks, talks));
	while (r->n > 0 && (r->n >= RECENT_TALKS_MAX || r->bytes + sizeof *s + from + sizeof(struct recent_talk) + size > RECENT_BYTES_MAX))
		forget(r, least_missed(r));
	s = find_sender(r, h, key, from); /* may have gone with its last */
	return s ? s : sender_new(r, h, key, from);
}

struct recent_talk *recent_talk(struct recent *r, const char *from, const char *to, uint64_t since_ms)
{
	char key[2 * (JID_MAX + 2)];
	size_t from_size, size = put_key(key, from, to, &from_size);
	const uint64_t by = hash(r->seed, key, from_size), h = hash(by, key + from_size, size - from_size);
	struct recent_talk *t = r->buckets[h % BUCKETS];
	while (t && (t->hash != h || t->key_size != size || memcmp(t->key, key, size) != 0))
		t = t->next;
	if (t) {
		TAILQ_REMOVE(&t->sender->talks, t, use);
		TAILQ_INSERT_HEAD(&t->sender->talks, t, use);
		count(r, t->sender, t->sender->n);
		window_forget(&t->window, since_ms);
		return t;
	}
	struct sender *s = make_room(r, by, key, from_size, size);
	t = s ? calloc(1, sizeof *t + size) : NULL;
	if (!t) {
		if (s && s->n == 0)
			count(r, s, 0);
		return NULL;
	}
	t->hash = h;
	t->sender = s;
	t->key_size = size;
	memcpy(t->key, key, size);
	t->next = r->buckets[h % BUCKETS];
	r->buckets[h % BUCKETS] = t;
	TAILQ_INSERT_HEAD(&s->talks, t, use);
	r->n++;
	r->bytes += sizeof *t + size;
	count(r, s, s->n + 1);
	return t;
}

struct window *recent_window(struct recent_talk *t)
{
	return &t->window;
}

size_t recent_bytes(const struct recent *r)
{
	return r->bytes;
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
