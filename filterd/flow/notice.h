/* What people are told: the error that comes back for a stopped stanza, and the note about a masked one. */
#ifndef FILTERD_FLOW_NOTICE_H
#define FILTERD_FLOW_NOTICE_H

#include "base/buf.h"
#include "flow/broker.h"
#include "policy/decide.h"

#include <stddef.h>

/* The sentence for this decision, in lang if the rule has it; never NULL. */
const char *notice_text(const struct decision *d, const char *lang, const char *fallback_lang);
/* The <error/> (RFC 6120 section 8.3) for a stanza that is not delivered, in jabber:client. ref may be "". */
int notice_error(struct buf *b, const struct decision *d, const char *by, const char *lang, const char *fallback_lang,
                 const char *ref) __attribute__((warn_unused_result));
/* A headline to the sender of what was delivered, with parts masked or as it was. */
int notice_delivered(struct buf *b, const struct decision *d, const char *from, const char *to, const char *lang,
                    const char *fallback_lang, const char *ref) __attribute__((warn_unused_result));

/* Sends it over that link, in the component's own name: no right to speak for others is needed. */
void notice_send(struct broker *b, size_t link, const struct decision *d, const char *to, const char *lang, const char *fallback_lang, const char *ref);

#endif
