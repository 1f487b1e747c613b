/* Where syslog messages go: a connection of any of the four kinds, with the same few calls. */
#ifndef FILTERD_AUDIT_SYSLOG_TARGET_H
#define FILTERD_AUDIT_SYSLOG_TARGET_H

#include "conf/conf.h"

#include <stddef.h>

struct event_base;
struct syslog_target;

struct syslog_hooks {
	void (*up)(void *ctx);
	void (*room)(void *ctx, size_t done); /* `done` messages that were TAKEN are out; more can be sent */
	void (*down)(void *ctx);              /* gone or not reachable; TAKEN ones may be lost.  Not from within send. */
	void *ctx;
};

enum syslog_sent {
	SYSLOG_SENT,   /* out */
	SYSLOG_TAKEN,  /* to be kept by the caller until room() counts it */
	SYSLOG_LATER,  /* no room now: after room(), or up() */
	SYSLOG_UNFIT,  /* the target will never take a message of this size */
};

struct syslog_target *syslog_target_new(struct event_base *base, const struct conf_syslog *conf, const struct syslog_hooks *hooks,
	struct cfgerr *err) __attribute__((warn_unused_result));
/* Begins to connect; up() or down() follows, perhaps at once. */
void syslog_target_connect(struct syslog_target *t);
enum syslog_sent syslog_target_send(struct syslog_target *t, const char *text, size_t size) __attribute__((warn_unused_result));
int syslog_target_is_datagram(const struct syslog_target *t);
void syslog_target_free(struct syslog_target **t);

#endif
