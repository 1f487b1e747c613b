/* Descriptors: whole reads and writes, hand-over between processes, memory files. */
#ifndef FILTERD_BASE_IO_H
#define FILTERD_BASE_IO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* All return 0 (or a descriptor) on success and -1 with errno set on failure. */

int io_nonblock(int fd) __attribute__((warn_unused_result));
int io_cloexec(int fd, int on) __attribute__((warn_unused_result));
void io_close(int *fd); /* closes if >= 0, sets -1 */

/* Writes everything, going on after EINTR and short writes.  For blocking descriptors. */
int io_write_all(int fd, const void *data, size_t size) __attribute__((warn_unused_result));

/* Reads a whole regular file of at most max bytes.  *data_r is malloc'ed with a NUL behind it.
 * EFBIG when it is larger, EINVAL when it is not a regular file. */
int io_read_file(const char *path, size_t max, char **data_r, size_t *size_r) __attribute__((warn_unused_result));
/* The same for a descriptor, from offset 0, whatever its file offset. */
int io_pread_all(int fd, size_t max, char **data_r, size_t *size_r) __attribute__((warn_unused_result));

/* One packet with up to IO_FDS_MAX descriptors on a SOCK_SEQPACKET or SOCK_STREAM socket. */
enum { IO_FDS_MAX = 4 };
int io_send_fds(int sock, const void *data, size_t size, const int *fds, int nfds) __attribute__((warn_unused_result));
/* Returns the size of the packet, 0 at the end, -1 on failure.  fds_r has room for IO_FDS_MAX;
 * what was sent beyond that is closed.  EMSGSIZE when the packet did not fit.  Received
 * descriptors are close-on-exec and belong to the caller. */
ssize_t io_recv_fds(int sock, void *data, size_t size, int fds_r[IO_FDS_MAX], int *nfds_r) __attribute__((warn_unused_result));

/* A sealed (unwritable) memory file with this content; name shows in /proc. */
int io_memfd_sealed(const char *name, const void *data, size_t size) __attribute__((warn_unused_result));
/* A second, read-only open of the file behind fd: a receiver can't write through it.  Of a descriptor that is
 * read-only already, a duplicate (sharing its offset). */
int io_reopen_readonly(int fd) __attribute__((warn_unused_result));
/* A connected pair; type SOCK_STREAM or SOCK_SEQPACKET; both close-on-exec. */
int io_socketpair(int type, int fds_r[2]) __attribute__((warn_unused_result));

#endif
