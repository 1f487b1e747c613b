#include "http/sweep.h"

#include "base/clock.h"
#include "http/commit.h"
#include "http/service.h"
#include "http/verdict.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* libmicrohttpd's timeout counts from the last byte: two bytes a second keep a connection for ever. */
static bool is_too_slow(const struct conf_upload *limits, const struct conn *c, uint64_t now_ms)
{
	uint64_t elapsed = now_ms - c->since_ms, grace = (uint64_t)limits->header_s * 1000;
	uint64_t rate = limits->rate_min > 0 ? (uint64_t)limits->rate_min : 1;
	switch (c->state) {
	case CONN_HEADER:
		return elapsed > grace;
	case CONN_BODY:
		return elapsed > grace && (uint64_t)c->bytes < (elapsed - grace) * rate / 1000;
	case CONN_REPLY:
		return elapsed > grace + (uint64_t)c->bytes / rate * 1000;
	case CONN_HELD:
		break; /* waits for us, not we for it; see verdict_sweep() */
	}
	return false;
}

/* Its epoll is edge-triggered: a FIN that comes together with data is read past, and the connection with
 * its spool file would stay until a timeout. */
static bool has_hidden_end(const struct conn *c)
{
	char byte;
	return (c->state == CONN_HEADER || c->state == CONN_BODY) &&
	       recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void checkpointed(struct durable_item *item)
{
	((struct upload_service *)item->ctx)->checkpointing = false;
	free(item);
}

static void run_checkpoint(struct durable_item *item)
{
	uploads_checkpoint(((struct upload_service *)item->ctx)->uploads);
}

static void checkpoint(struct upload_service *svc)
{
	struct durable_item *item = malloc(sizeof *item);
	if (!item)
		return; /* the next sweep tries again */
	*item = (struct durable_item){.kind = DURABLE_RUN, .run = run_checkpoint, .done = checkpointed, .ctx = svc};
	svc->checkpointing = true;
	durable_submit(svc->durable, item);
}

/* Deleting is slow, and makes ext4 slow for whoever creates files next: so a few at a time, in a thread. */
enum { EXPIRE_STEP = 16 };

struct expiry {
	struct durable_item item;
	int dir_fd, count;
	struct uploads_path paths[EXPIRE_STEP];
};

static void run_expiry(struct durable_item *item)
{
	struct expiry *e = item->ctx;
	for (int i = 0; i < e->count; i++)
		if (e->paths[i].path[0])
			unlinkat(e->dir_fd, e->paths[i].path, 0);
}

static void expired(struct durable_item *item)
{
	free(item->ctx);
}

static void expire(struct upload_service *svc)
{
	struct expiry *e = calloc(1, sizeof *e);
	if (!e)
		return;
	e->count = uploads_expire(svc->uploads, clock_wall_s(), e->paths, EXPIRE_STEP);
	/* Rows first: a file without a row is deleted at the next start, a row without a file would be an error. */
	if (e->count <= 0 || commit_index(svc) < 0) {
		free(e);
		return;
	}
	e->dir_fd = uploads_dir_fd(svc->uploads);
	e->item = (struct durable_item){.kind = DURABLE_RUN, .run = run_expiry, .done = expired, .ctx = e};
	durable_submit(svc->durable, &e->item);
}

void sweep(struct upload_service *svc)
{
	uint64_t now_ms = clock_ms();
	for (struct conn *c = svc->conns; c; c = c->next)
		if (is_too_slow(&svc->conf->upload, c, now_ms) || has_hidden_end(c))
			shutdown(c->fd, SHUT_RDWR); /* the daemon sees the end and clears up */
	verdict_sweep(svc, now_ms);
	expire(svc);
	/* Slots and refusals need no disk before they are answered, so they wait for this. */
	if (commit_index(svc) == 0 && uploads_wants_checkpoint(svc->uploads) && !svc->checkpointing)
		checkpoint(svc);
}
