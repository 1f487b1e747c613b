/* Keys that a process makes for itself at its first start and keeps in a file. */
#ifndef FILTERD_BASE_KEYFILE_H
#define FILTERD_BASE_KEYFILE_H

#include <stdint.h>

enum { KEYFILE_SIZE = 32 };

/* Reads 32 bytes from dir/name, or makes the file (mode 0600, durable) with random ones if there is none; 1 then,
 * 0 if it was there.  -1 with errno: EPERM when others than the owner may read it, EBADMSG when it is no key. */
int keyfile_load(const char *dir, const char *name, uint8_t key_r[KEYFILE_SIZE]) __attribute__((warn_unused_result));

#endif
