/* Files: malware by libclamav, and the text of the layers it unpacks.
 *
 * libclamav often answers "clean" when it did not scan.  This room's one duty is to
 * never pass that on: the result is clean only if every byte was looked at.
 */
#ifndef FILTERD_EXTRACT_EXTRACT_H
#define FILTERD_EXTRACT_EXTRACT_H

#include "conf/cfgerr.h"
#include "extract/filetype.h"
#include "model/verdict.h"

#include <stddef.h>
#include <stdint.h>

struct extract_limits {
	uint64_t file_max;        /* bytes of the file, and of a member */
	uint64_t scan_max;        /* bytes unpacked, all layers together */
	uint32_t files_max;       /* members */
	uint32_t recursion_max;
	uint32_t time_ms;         /* wall clock for one file */
};

struct extract_engine; /* loaded and compiled signatures; shared by workers through fork */

/* Loads local (ours and the site's; first, so that .ign2 works) and then official (may be NULL, or not exist: no official
 * signatures).  Refuses with the file's name what libclamav would refuse, or silently skip (broken YARA).
 * Ends with a self-test: EICAR is found, and an encrypted document noticed. */
int extract_load(const char *local, const char *official, const struct extract_limits *limits,
                 struct extract_engine **engine_r, struct cfgerr *err) __attribute__((warn_unused_result));
void extract_free(struct extract_engine **engine);
unsigned extract_signatures(const struct extract_engine *engine);
/* How many of them came from the official folder. */
unsigned extract_official_signatures(const struct extract_engine *engine);

/* In the worker, after fork: private temp folder (must exist, empty), fresh seed. */
int extract_worker_init(struct extract_engine *engine, const char *tmp_dir) __attribute__((warn_unused_result));

struct extract_result {
	enum scan_status status;
	enum cause cause;         /* when unscannable */
	char name[128];           /* signature name, or what could not be read; cut and made printable */
	uint64_t scanned;         /* bytes looked at, all layers */
	char types[FILETYPE_LIST_MAX]; /* media types of the file and of what is in it, as filetype_list() has them */
};

/* Called for each text: that of a layer or document (ROLE_FILE) and the names of members (ROLE_NAME).  text is UTF-8, path
 * the inner path of what it belongs to ("" for the file itself; else like "report.zip/word/document.xml"). */
typedef void extract_text_fn(void *ctx, const char *path, enum text_role role, const char *text, size_t size);

/* Scans a regular file, within time_ms or the engine's time_ms, whichever is less (0: the engine's); always
 * fills *r.  Not reentrant: one scan at a time in a process.  on_text may be NULL.  Needs extract_worker_init(). */
void extract_scan(struct extract_engine *engine, int fd, const char *name, uint32_t time_ms,
                  extract_text_fn *on_text, void *ctx, struct extract_result *r);

#endif
