/* A stanza as the filter sees it: where it goes, what in it is text, what in it can't be read, and how to
 * mask a part of it.
 *
 * Everything that a stanza carries is text to inspect: all texts and all attribute values, of known
 * and unknown extensions alike.  A text may be joined from several nodes (XHTML-IM splits words by
 * markup); its pieces say where each part came from, and that is where masking writes.
 */
#ifndef FILTERD_FLOW_STANZA_H
#define FILTERD_FLOW_STANZA_H

#include "base/arena.h"
#include "base/buf.h"
#include "ipc/scan_wire.h"
#include "model/mask.h"
#include "policy/rules.h"
#include "xmpp/xml.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes [start, end) of a text are exactly the content of a node or an attribute. */
struct stanza_piece {
	uint32_t start, end;
	struct xml_node *node;   /* a text node, or NULL */
	struct xml_attr *attr;   /* an attribute, or NULL; both NULL: not ours to change (addresses, ids) */
};

struct stanza_text {
	enum text_role role;
	char *data;              /* in the arena */
	uint32_t size;
	struct stanza_piece *pieces; /* in order; what lies between them is separators of our own */
	size_t npieces;
};

/* A file inside a stanza, decoded from base64: avatar, vCard photo, Bits of Binary. */
struct stanza_blob {
	const char *name;
	unsigned char *data;     /* in the arena */
	size_t size;
};

enum { STANZA_BLOBS_MAX = 8 };

struct stanza {
	struct arena *arena;
	struct xml_node *top;
	enum channel_kind channel;
	const char *from, *to, *type, *id; /* "" if absent */
	const char *lang;        /* NULL if it names none */
	bool answerable;         /* an error may be sent back (RFC 6120 section 8.3) */
	bool broadcast;          /* seen by more than `to`: presence, PEP, vCard */
	bool file_offer;         /* asks to send a file past the upload service */
	bool correction;         /* of a message before (XEP-0308) */
	uint32_t causes;         /* bit 1 << enum cause: what can't be read */
	struct stanza_text *texts;
	size_t ntexts, texts_cap; /* at most SCAN_TEXTS_MAX */
	struct stanza_blob blobs[STANZA_BLOBS_MAX];
	size_t nblobs;
	struct stanza_edit *edits; /* what stanza_mask() said */
};

/* Parses and takes apart.  -1 when it is not a stanza that XMPP allows, or a cap is hit.  All memory is a's. */
int stanza_read(struct arena *a, const char *data, size_t size, struct stanza *s_r) __attribute__((warn_unused_result));

/* A span to mask. */
struct stanza_span {
	uint32_t start, end;
	struct mask mask;
	const char *text;        /* comes in its place (UTF-8, not empty); NULL: the mask, which keeps the number of code points */
};
/* Says what of text i is to be masked (spans sorted by start; what overlaps is masked whole).  -1 when a span touches what may not be changed, or
 * memory is out: then the stanza must not pass. */
int stanza_mask(struct stanza *s, size_t i, const struct stanza_span *spans, size_t n) __attribute__((warn_unused_result));
/* Does it, for all texts.  Offsets that other extensions hold into a body or subject (XEP-0372, 0394, 0428, 0461) stay true, or the
 * extension goes.  -1 as above. */
int stanza_mask_end(struct stanza *s) __attribute__((warn_unused_result));
/* The stanza as it is now, in jabber:client. */
int stanza_write(struct buf *b, const struct stanza *s) __attribute__((warn_unused_result));

#endif
