/* Reading libconfig settings by table: each kind of group has a table of its keys, so that an unknown
 * key, a wrong type or a number out of bounds is refused in one place, with file and line. */
#ifndef FILTERD_CONF_CFGREAD_H
#define FILTERD_CONF_CFGREAD_H

#include "base/arena.h"
#include "conf/bundle.h"
#include "conf/cfgerr.h"
#include "conf/cfgwords.h"

#include <libconfig.h>
#include <stddef.h>
#include <stdint.h>

enum cfg_type { CFG_STRING, CFG_INT, CFG_SIZE, CFG_NUMBER, CFG_BOOL, CFG_STRINGS, CFG_GROUP, CFG_GROUPS, CFG_ANY };

struct cfg_key {
	const char *name; /* NULL ends the table */
	enum cfg_type type;
	int required;
	double min, max;  /* of CFG_INT, CFG_SIZE and CFG_NUMBER; of the size of strings and the count of lists (max 0: no bound) */
};

struct cfg_reader {
	const char *file;     /* as the admin knows it */
	struct arena *arena;  /* what is read is copied here */
	struct cfgerr *err;
};

/* Parses the bytes of one file, as conf/syntax.h does.  On success *cfg is initialised and the caller destroys it. */
int cfg_parse(const struct cfg_reader *r, const struct bundle_file *f, config_t *cfg) __attribute__((warn_unused_result));

/* Fills r->err with the place of s; returns -1. */
int cfg_error(const struct cfg_reader *r, const config_setting_t *s, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Checks every key of the group against the table; what names the group in messages ("detector"). */
int cfg_check(const struct cfg_reader *r, const config_setting_t *group, const char *what, const struct cfg_key *keys)
	__attribute__((warn_unused_result));

/* Values of a group that passed cfg_check.  Copies are in the arena; NULL or dflt if the key is not there;
 * without memory cfg_string returns "" of static storage and cfg_strings 0 items, never NULL for a key that is there. */
const char *cfg_string(const struct cfg_reader *r, const config_setting_t *group, const char *key);
/* The path of a file beside the one that is read, by its name, which ends in this suffix (".words").  NULL with the error told. */
const char *cfg_beside(const struct cfg_reader *r, const config_setting_t *s, const char *name, const char *suffix);
int cfg_int(const config_setting_t *group, const char *key, int dflt);
double cfg_number(const config_setting_t *group, const char *key, double dflt);
int cfg_bool(const config_setting_t *group, const char *key, int dflt);
/* Bytes, of a CFG_SIZE. */
int64_t cfg_size(const config_setting_t *group, const char *key, int64_t dflt);

/* A list or array of strings, or one string alone. */
int cfg_strings(const struct cfg_reader *r, const config_setting_t *group, const char *key, struct cfg_words *w_r)
	__attribute__((warn_unused_result));

#endif
