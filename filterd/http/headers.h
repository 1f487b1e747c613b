/* Our own look at a request's headers.  libmicrohttpd parses them, but lets pass what RFC 9112
 * forbids: two lengths, a length and a transfer encoding, "Content-Length :", control characters, no Host.
 *
 * What we can't see behind it: a bare LF as a line's end, a folded line (obs-fold), and what follows a NUL in a value
 * (RFC 9112 sections 2.2 and 5.2).  They matter where two parsers must agree on where a request ends; here none of them
 * can lend a body to a request of ours, whose one length is that of its slot. */
#ifndef FILTERD_HTTP_HEADERS_H
#define FILTERD_HTTP_HEADERS_H

#include <stdbool.h>
#include <stdint.h>

struct MHD_Connection;

struct headers {
	unsigned lengths, encodings, hosts, types, authorizations; /* how often each is there */
	const char *authorization, *type;                          /* the first of each, or NULL */
	int64_t length; /* bytes; -1 if there is none or it is not 1 to 18 digits */
	bool is_broken; /* a name that is no token, or a control character in a value */
};

void headers_read(struct MHD_Connection *connection, struct headers *h_r);
/* 0, or the status to refuse with and why: what holds for every method. */
int headers_check(const struct headers *h, const char *version, const char **why_r) __attribute__((warn_unused_result));
/* The same for a body, which must come with exactly one length. */
int headers_check_body(const struct headers *h, const char **why_r) __attribute__((warn_unused_result));

#endif
