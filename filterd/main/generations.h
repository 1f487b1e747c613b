/* Generations: from a configuration on disk, or the one in force, to a nursery that serves or was refused. */
#ifndef FILTERD_MAIN_GENERATIONS_H
#define FILTERD_MAIN_GENERATIONS_H

#include "main/state.h"

void generations_config_free(struct config *c);
/* Watches the folders of signatures; NULL, which is logged, if that can't be. */
struct watch *generations_watch_new(const struct conf *c);
/* Who the roles will be: the configured user if we are root, else whoever we are.  The broker is also in the groups
 * of its sockets, so that it can give them away.  -1 with the reason in why. */
int generations_find_users(const struct conf *c, struct privs *plain, struct privs *broker, char *why, size_t why_size)
	__attribute__((warn_unused_result));

/* Each starts a nursery and offers it to the broker; what goes wrong is reported as a refusal. */
void generations_begin_reload(struct monitor *m);
void generations_begin_signatures(struct monitor *m);
void generations_begin_restart(struct monitor *m);
/* The broker's answers. */
void generations_accepted(struct monitor *m, uint32_t n);
void generations_refused(struct monitor *m, enum monitor_reason reason, const char *text);

#endif
