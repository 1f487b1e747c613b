/* The allow-list: `allow` of rule files.  What is on it is no reason for an action until its last day is over; that it would have been one is recorded.
 *
 * It speaks of rules alone: malware, and what could not be inspected, is not on any list.
 */
#ifndef FILTERD_POLICY_ALLOW_H
#define FILTERD_POLICY_ALLOW_H

#include "base/arena.h"
#include "conf/cfgerr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cfg_reader;
struct config_setting_t; /* libconfig's */

enum { ALLOW_MAX = 10000, ALLOW_VALUE_SIZE = 8, ALLOW_FILE_SIZE = 32 };

enum allow_kind { ALLOW_VALUE, ALLOW_SENDER, ALLOW_FILE };
const char *allow_kind_name(enum allow_kind k); /* "value", "sender", "file": the key in the file */

struct allow_entry {
	enum allow_kind kind;
	unsigned char hash[ALLOW_FILE_SIZE]; /* of a value: keyed, its first ALLOW_VALUE_SIZE bytes; of a file: SHA-256 */
	const char *sender;   /* of ALLOW_SENDER: pattern of JIDs */
	const char *rule;     /* it is for this rule alone; NULL: for all */
	const char *reason;
	const char *until;    /* "2027-01-31", its last day, in UTC … */
	int last_day;         /* … as days since 1970-01-01 */
	const char *file;     /* where it is written */
	int line;
};

/* Sorted by kind, then by hash. */
struct allow_list {
	struct allow_entry *entry;
	size_t n, nvalues;
};

/* Adds the groups of a list to l, which has room for ALLOW_MAX.  -1 with r->err. */
int allow_read(const struct cfg_reader *r, const struct config_setting_t *list, struct allow_list *l) __attribute__((warn_unused_result));
/* Once all are read. */
void allow_sort(struct allow_list *l);
/* The day it is, for the calls below: days since 1970-01-01 UTC. */
int allow_today(int64_t unix_s);
bool allow_is_over(const struct allow_entry *e, int today);

/* The first entry for a value with this hash, whatever its rule and day; those for the same value follow it.  NULL: none. */
const struct allow_entry *allow_value(const struct allow_list *l, const unsigned char hash[ALLOW_VALUE_SIZE]);
/* The entry for this rule that counts today: from the one that allow_value() gave (or NULL) on … */
const struct allow_entry *allow_value_for(const struct allow_list *l, const struct allow_entry *first, const char *rule, int today);
/* … for the sender (a JID, or "") … */
const struct allow_entry *allow_sender(const struct allow_list *l, const char *sender, const char *rule, int today);
/* … for a file (SHA-256 in hex, or ""). */
const struct allow_entry *allow_file(const struct allow_list *l, const char *sha256, const char *rule, int today);

#endif
