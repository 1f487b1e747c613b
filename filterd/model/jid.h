/* XMPP addresses (RFC 7622), as far as a filter needs them: the server has prepared and
 * checked them before a connector hands them over, so this only takes them apart. */
#ifndef FILTERD_MODEL_JID_H
#define FILTERD_MODEL_JID_H

#include <stdbool.h>
#include <stddef.h>

enum { JID_MAX = 3071 };

/* Pointers into the text that was given; parts that are absent have length 0. */
struct jid {
	const char *local, *domain, *resource;
	size_t local_len, domain_len, resource_len;
};

/* -1 if there is no domain, or the text is longer than JID_MAX. */
int jid_parse(const char *s, size_t size, struct jid *jid_r) __attribute__((warn_unused_result));
/* The part of s before the resource. */
size_t jid_bare_len(const char *s, size_t size);
/* The bare address as a key: the same for every spelling of it that a sender may choose (ASCII case, a dot behind the domain).  dst holds
 * size + 2 bytes; returns how many were written, a NUL behind them included. */
size_t jid_key(const char *s, size_t size, char *dst);
/* True if domain equals suffix or is a sub-domain of it; ASCII case does not matter. */
bool jid_domain_is(const char *domain, size_t domain_len, const char *suffix);

#endif
