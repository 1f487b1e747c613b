#include "flow/attach.h"

#include "base/clock.h"
#include "xmpp/ns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	OFFER_MS = 500,
	TAKEN_MS = 3000,   /* the connector has said yes and is connecting: its token must stay good */
};

static const char id_prefix[] = "filterd-attach-";

struct attach {
	struct broker *b;
	struct event *timer;
	uint64_t not_before_ms[BROKER_LINKS_MAX];
	uint32_t ids;
};

/* One offer goes to every host of a link: whichever connector answers first has the one channel. */
static void offer(struct attach *a, size_t i)
{
	struct link *l = a->b->links[i];
	const struct conf_link *conf = link_conf(l);
	struct buf attach, iq;
	buf_init(&attach, 16 << 10);
	buf_init(&iq, 64 << 10);
	if (channels_offer(a->b->channels, i, &attach) == 0) {
		for (size_t h = 0; h < conf->guards.count; h++) {
			char head[1400];
			int n = snprintf(head, sizeof head, "<iq type='set' id='%s%zu-%u' from='%s' to='%s'>", id_prefix, i, ++a->ids, conf->domain, conf->guards.item[h]);
			buf_reset(&iq);
			if (n > 0 && (size_t)n < sizeof head && buf_put(&iq, head, (size_t)n) == 0 &&
			    buf_put(&iq, buf_ptr(&attach), buf_left(&attach)) == 0 && buf_put(&iq, "</iq>", 5) == 0)
				(void)link_send(l, buf_ptr(&iq), buf_left(&iq));
		}
	}
	buf_free(&attach);
	buf_free(&iq);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct attach *a = ctx;
	uint64_t now = clock_ms();
	for (size_t i = 0; a->b->g && i < a->b->nlinks; i++) {
		const struct link *l = a->b->links[i];
		if (link_conf(l)->serves == LINK_FILTER && link_is_up(l) && now >= a->not_before_ms[i] && !channels_of_link(a->b->channels, i))
			offer(a, i);
	}
}

struct attach *attach_new(struct broker *b)
{
	static const struct timeval every = { 0, OFFER_MS * 1000 };
	struct attach *a = calloc(1, sizeof *a);
	if (!a)
		return NULL;
	a->b = b;
	a->timer = event_new(b->base, -1, EV_PERSIST, on_timer, a);
	if (!a->timer || event_add(a->timer, &every) < 0)
		attach_free(&a);
	return a;
}

void attach_free(struct attach **ap)
{
	struct attach *a = *ap;
	if (!a)
		return;
	if (a->timer)
		event_free(a->timer);
	free(a);
	*ap = NULL;
}

void attach_now(struct attach *a)
{
	if (!a)
		return;
	memset(a->not_before_ms, 0, sizeof a->not_before_ms);
	event_active(a->timer, EV_TIMEOUT, 0);
}

/* Anybody can send the component a result; the ids of offers are no secret. */
static bool is_from_guard(const struct conf_strings *guards, const char *from)
{
	for (size_t i = 0; from && i < guards->count; i++)
		if (strcasecmp(guards->item[i], from) == 0)
			return true;
	return false;
}

bool attach_stanza(struct attach *a, const struct xml_node *e)
{
	const char *id = xml_attr(e, "id"), *type = xml_attr(e, "type");
	if (!xml_is(e, NULL, "iq") || !id || !type || strncmp(id, id_prefix, sizeof id_prefix - 1) != 0)
		return false;
	if (strcmp(type, "result") != 0)
		return strcmp(type, "error") == 0; /* no connector there (yet), or it is attached already: the next offer comes anyway */
	unsigned long link = strtoul(id + sizeof id_prefix - 1, NULL, 10); /* the answer may come over another link: see link_take_pong() */
	if (link < a->b->nlinks && is_from_guard(&link_conf(a->b->links[link])->guards, xml_attr(e, "from")))
		a->not_before_ms[link] = clock_ms() + TAKEN_MS;
	return true;
}
