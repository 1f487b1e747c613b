/* The status page that a worker shares with the broker: which job it is at, written without a system call.
 *
 * The worker is hostile: what the page says is a hint about blame, never a reason to spare it, and the
 * file is sealed against shrinking, so that reading it can't fault.
 */
#ifndef FILTERD_IPC_SCAN_PAGE_H
#define FILTERD_IPC_SCAN_PAGE_H

#include <stdint.h>

enum { SCAN_PAGE_SIZE = 4096 };
enum scan_socket { SCAN_SOCKET_TEXT, SCAN_SOCKET_FILE };

struct scan_page;

struct scan_page_state {
	uint64_t seq;        /* of the job under way; 0 = idle */
	uint64_t started_ms; /* clock_ms() */
	enum scan_socket socket;
};

/* A new page: mapped for writing, and a read-only descriptor of it to give away.  0, or -1 with errno. */
int scan_page_new(struct scan_page **page_r, int *readonly_fd_r) __attribute__((warn_unused_result));
/* Maps a page that was received, for reading; fd stays the caller's.  -1 with errno, EINVAL if it is
 * not a sealed file of the right size. */
int scan_page_map(int fd, const struct scan_page **page_r) __attribute__((warn_unused_result));
/* Unmaps it.  NULL is fine. */
void scan_page_unmap(const struct scan_page *page);

void scan_page_write(struct scan_page *page, enum scan_socket socket, uint64_t seq, uint64_t started_ms);
/* Marks it idle. */
void scan_page_clear(struct scan_page *page);
/* Reads of a page that is being written give idle, or a mixture of two jobs: a hint only. */
struct scan_page_state scan_page_read(const struct scan_page *page);

#endif
