/* The control socket's commands (PROTOCOL.control). */
#ifndef FILTERD_FLOW_ADMIN_H
#define FILTERD_FLOW_ADMIN_H

#include "control/server.h"
#include "flow/broker.h"

/* How the admin's reload gets to the monitor, and the answer back. */
struct admin;

struct admin_ops {
	/* Asks the monitor; admin_reloaded(a, id, …) follows.  -1 if it can't be asked. */
	int (*reload)(void *ctx, uint32_t id);
};

struct admin *admin_new(struct broker *b, const struct admin_ops *ops, void *ctx, struct cfgerr *err);
void admin_free(struct admin **a);
void admin_reloaded(struct admin *a, uint32_t id, int ok, const char *text);

#endif
