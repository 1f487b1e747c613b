/* Where a rule applies: its `when`, which says nothing of what is found. */
#ifndef FILTERD_POLICY_WHEN_H
#define FILTERD_POLICY_WHEN_H

#include "conf/cfgwords.h"
#include "conf/conf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cfg_reader;
struct config_setting_t; /* libconfig's */

/* How the content travels.  An item has one of the first seven, and the others beside it if they fit. */
enum channel_kind {
	CHANNEL_CHAT, CHANNEL_GROUPCHAT, CHANNEL_NORMAL, CHANNEL_HEADLINE, CHANNEL_PRESENCE, CHANNEL_IQ, CHANNEL_UPLOAD,
	CHANNEL_FILE,         /* any file: an upload, one inside a stanza, the offer of one */
	CHANNEL_CORRECTION,   /* XEP-0308 */
	CHANNEL_KIND_COUNT
};
const char *channel_kind_name(enum channel_kind k);

/* A file as rules see it. */
struct decide_file {
	const char *name;     /* as its sender calls it; "" if it has none */
	const char *declared; /* media type that its sender claims; "" if none */
	const char *types;    /* media types that its content has: of the file itself, then of what is in it; separated by spaces */
	const char *sha256;   /* hex, or "" */
	uint64_t size;
	bool encrypted;
	bool unscanned;       /* it was not read to its end, whatever the cause */
};

/* `when.file`: all of it must fit one file. */
struct when_file {
	struct cfg_words types, contains, names;
	int64_t size_min, size_max;
	int8_t encrypted, unscanned; /* 1, 0, or -1: does not matter */
};

struct when {
	struct cfg_words from, to;   /* zones; n = 0: any, as in all that follows */
	uint32_t directions;         /* bit per direction; 0: any */
	uint32_t channels;           /* bit per channel_kind; 0: any */
	struct cfg_words users, not_users, recipients, not_recipients, rooms; /* patterns of JIDs */
	struct cfg_words groups, not_groups; /* of the sender; names of groups in the configuration */
	struct when_file *file;      /* NULL: applies to what is no file, too */
};

/* What is known of an item. */
struct when_facts {
	const struct conf *conf;
	const char *from;                 /* zone */
	const char *const *to;            /* zones it will be seen in */
	size_t nto;
	uint32_t channels;                /* bit per channel_kind */
	const char *sender, *recipient;   /* JIDs; "" if unknown, or nobody in particular */
	const struct decide_file *files;
	size_t nfiles;
};

/* Reads the group.  -1 with r->err. */
int when_read(const struct cfg_reader *r, const struct config_setting_t *g, struct when *w_r) __attribute__((warn_unused_result));
/* The first group that the configuration does not define, or NULL; *line_r: where it stands. */
const char *when_missing_group(const struct when *w, const struct conf *conf, int *line_r);

/* `when` but its file. */
bool when_applies(const struct when *w, const struct when_facts *f);
/* The key of it that the item does not fit, or NULL: it applies. */
const char *when_misfit(const struct when *w, const struct when_facts *f);
/* "outgoing", as `when.direction` calls it. */
const char *direction_name(bool from_own, bool to_own);
/* The first of the item's files that fits; NULL: none. */
const struct decide_file *when_file_of(const struct when_file *w, const struct when_facts *f);

#endif
