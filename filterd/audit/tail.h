/* The journal's tail: committed entries that no full bundle has yet, in one file that only grows. */
#ifndef FILTERD_AUDIT_TAIL_H
#define FILTERD_AUDIT_TAIL_H

#include "audit/tlog.h"

#include <stddef.h>
#include <stdint.h>

enum { TAIL_HEAD = 16, TAIL_CHECK = 8 };

/* Its 16 bytes of header. */
void tail_head(uint64_t base, uint8_t head_r[TAIL_HEAD]);
int tail_read_head(const uint8_t *data, size_t size, uint64_t *base_r) __attribute__((warn_unused_result));
/* Walks records after the header: 1 and the next entry with its leaf hash, 0 at the end, -1 if torn here. */
int tail_next(const uint8_t **p, const uint8_t *end, const uint8_t **entry_r, size_t *size_r, uint8_t leaf_r[TLOG_HASH]);

#endif
