/* The key of an index of records: what turns values into the tags that stand in it (FORMAT.edm, section 3).
 *
 * A tag is HMAC-SHA-256 (RFC 2104), cut to 64 bits.  A second, cheaper keyed hash (SipHash-2-4) serves the filter in front of
 * it.  Both hash the type of the value too.
 */
#ifndef FILTERD_DETECT_EDM_KEY_H
#define FILTERD_DETECT_EDM_KEY_H

#include <stddef.h>
#include <stdint.h>

enum { EDM_KEY_SIZE = 32, EDM_MAC_SIZE = 32, EDM_KEY_ID_SIZE = 8 };

struct edm_key;

/* Makes the key ready: whatever OpenSSL must fetch or allocate is done here.  NULL without memory. */
struct edm_key *edm_key_new(const uint8_t raw[EDM_KEY_SIZE]);
void edm_key_free(struct edm_key **k);
/* Names the key in an index, without telling it. */
const uint8_t *edm_key_id(const struct edm_key *k);
/* The tag of a value in normal form; 0 on failure of the library, which no value has. */
uint64_t edm_key_tag(struct edm_key *k, uint8_t type, const char *s, size_t size);
uint64_t edm_key_quick(const struct edm_key *k, uint8_t type, const char *s, size_t size);

/* HMAC over a whole index, piece by piece: begin, add …, end. */
int edm_key_mac_begin(struct edm_key *k) __attribute__((warn_unused_result));
int edm_key_mac_add(struct edm_key *k, const void *data, size_t size) __attribute__((warn_unused_result));
int edm_key_mac_end(struct edm_key *k, uint8_t mac_r[EDM_MAC_SIZE]) __attribute__((warn_unused_result));

#endif
