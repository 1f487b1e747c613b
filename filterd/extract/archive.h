/* Archives that libclamav passes over as if they were plain data: unpacked with libarchive, or refused.
 *
 * Debian's libclamav has no RAR, skips zip64 entries, members of zip and 7z in some methods and all but the
 * first stream of bzip2, and takes zstd, lz4, lzip, ar and others for unknown bytes; all of it ends "clean" there.
 */
#ifndef FILTERD_EXTRACT_ARCHIVE_H
#define FILTERD_EXTRACT_ARCHIVE_H

#include "model/verdict.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum archive_need { ARCHIVE_NO_NEED, ARCHIVE_UNPACK, ARCHIVE_REFUSE };

/* Whether these bytes must be unpacked by us, or can be unpacked by nobody here; *kind_r names the format. */
enum archive_need archive_need(const void *data, size_t size, const char **kind_r);

/* The offset of an archive that follows a program in the same file and needs us too; 0 if there is none. */
size_t archive_embedded(const void *data, size_t size);

struct archive_budget {
	uint64_t member_max;  /* bytes of one member */
	uint64_t total_left;  /* bytes of all; counted down */
	uint32_t members_left;
	uint64_t deadline_ms; /* clock_ms() */
};

/* A member's content, valid during the call.  Anything but CAUSE_NONE ends the unpacking with it. */
typedef enum cause archive_member_fn(void *ctx, const char *name, const void *data, size_t size);

/* Hands over each member.  Returns CAUSE_NONE only if all of them were read to their end; otherwise
 * *what_r (static text) says what was in the way. */
enum cause archive_unpack(const void *data, size_t size, struct archive_budget *budget, archive_member_fn *member, void *ctx,
                          const char **what_r) __attribute__((warn_unused_result));

/* Whether these bytes are of a kind that libclamav unpacks, but does not tell when it can't go on. */
bool archive_may_be_cut(const void *data, size_t size);
/* Unpacks these only to see whether they are whole; as archive_unpack(). */
enum cause archive_check(const void *data, size_t size, struct archive_budget *budget, const char **what_r) __attribute__((warn_unused_result));

#endif
