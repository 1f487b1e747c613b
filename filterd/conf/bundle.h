/* One generation of configuration, as bytes: the configuration file, the rule files and the secrets.
 *
 * The monitor, which alone may read them from disk, collects them into a bundle and hands it to each
 * role in a sealed memory file, leaving out what that role has no need of.  So all roles of
 * a generation see the same bytes, and none needs the file system for it later.
 */
#ifndef FILTERD_CONF_BUNDLE_H
#define FILTERD_CONF_BUNDLE_H

#include "conf/cfgerr.h"

#include <stddef.h>

enum bundle_kind { BUNDLE_CONFIG = 1, BUNDLE_RULES = 2, BUNDLE_SECRET = 3, BUNDLE_WORDS = 4, BUNDLE_INDEX = 5, BUNDLE_INDEX_KEY = 6 };

struct bundle_file {
	enum bundle_kind kind;
	char *path;    /* owned; as the admin knows it, for error messages */
	char *data;    /* owned, NUL behind it; zeroed when freed */
	size_t size;
	int fd;        /* BUNDLE_INDEX: a sealed memory file, owned; data is empty.  Else -1 */
};

struct bundle {
	struct bundle_file *files;
	size_t nfiles;
};

enum { BUNDLE_FILE_MAX = 4 << 20, BUNDLE_FILES_MAX = 1024, BUNDLE_MAX = 64 << 20, BUNDLE_INDEXES_MAX = 4 };
#define BUNDLE_INDEX_MAX ((size_t)4 << 30)

/* What a role is given beyond configuration, rules and words. */
enum { BUNDLE_WITH_SECRETS = 1, BUNDLE_WITH_INDEXES = 2 };

/* Reads one file into the bundle.  BUNDLE_SECRET refuses a file that group or others can read. */
int bundle_add_file(struct bundle *b, enum bundle_kind kind, const char *path, struct cfgerr *err) __attribute__((warn_unused_result));
/* All *.rules files of a folder, in byte order of their names, its dictionaries (*.words) and its
 * indexes of records with their keys and sets of fingerprints (*.edm, *.key, *.fpr); a single file is taken as it
 * is, with those others of its folder that can be read.  Then the files and folders that they name by `include`. */
int bundle_add_rules(struct bundle *b, const char *dir, struct cfgerr *err) __attribute__((warn_unused_result));
/* Takes a copy of data. */
int bundle_add_data(struct bundle *b, enum bundle_kind kind, const char *path, const char *data, size_t size) __attribute__((warn_unused_result));
/* The first file of this kind (and path, unless NULL), or NULL. */
const struct bundle_file *bundle_find(const struct bundle *b, enum bundle_kind kind, const char *path);

/* A sealed memory file of the bundle, with what the role shall have (BUNDLE_WITH_...); -1 with errno.  Indexes are not in it:
 * they go beside it, as bundle_index_fds() gives them. */
int bundle_to_fd(const struct bundle *b, int with) __attribute__((warn_unused_result));
/* The indexes' descriptors, still the bundle's, in the order in which their receiver has them as fd + 1, fd + 2 … with the bundle as
 * fd.  Returns how many. */
int bundle_index_fds(const struct bundle *b, int fds_r[BUNDLE_INDEXES_MAX]);
/* Reads what bundle_to_fd wrote, and takes the indexes' descriptors behind fd; -1 if it is not that. */
int bundle_from_fd(int fd, struct bundle *b) __attribute__((warn_unused_result));
/* Zeroes and frees the content; the struct itself is the caller's. */
void bundle_free(struct bundle *b);

#endif
