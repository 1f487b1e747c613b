#include "ipc/scan_page.h"

#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct scan_page {
	uint64_t seq;
	uint64_t started_ms;
	uint8_t socket;
};

int scan_page_new(struct scan_page **page_r, int *readonly_fd_r)
{
	int fd = memfd_create("filterd-page", MFD_CLOEXEC | MFD_ALLOW_SEALING), ro = -1;
	if (fd < 0)
		return -1;
	void *p = MAP_FAILED;
	if (ftruncate(fd, SCAN_PAGE_SIZE) == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
		p = mmap(NULL, SCAN_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p != MAP_FAILED && (ro = io_reopen_readonly(fd)) < 0)
		munmap(p, SCAN_PAGE_SIZE);
	int e = errno;
	close(fd);
	errno = e;
	if (ro < 0)
		return -1;
	*page_r = p;
	*readonly_fd_r = ro;
	return 0;
}

int scan_page_map(int fd, const struct scan_page **page_r)
{
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0 || !(seals & F_SEAL_SHRINK) || fstat(fd, &st) < 0 || st.st_size < SCAN_PAGE_SIZE) {
		errno = EINVAL;
		return -1;
	}
	void *p = mmap(NULL, SCAN_PAGE_SIZE, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return -1;
	*page_r = p;
	return 0;
}

void scan_page_unmap(const struct scan_page *page)
{
	if (page)
		munmap((void *)page, SCAN_PAGE_SIZE);
}

void scan_page_write(struct scan_page *page, enum scan_socket socket, uint64_t seq, uint64_t started_ms)
{
	__atomic_store_n(&page->seq, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&page->started_ms, started_ms, __ATOMIC_RELAXED);
	__atomic_store_n(&page->socket, (uint8_t)socket, __ATOMIC_RELAXED);
	__atomic_store_n(&page->seq, seq, __ATOMIC_RELEASE);
}

void scan_page_clear(struct scan_page *page)
{
	__atomic_store_n(&page->seq, 0, __ATOMIC_RELEASE);
}

struct scan_page_state scan_page_read(const struct scan_page *page)
{
	struct scan_page_state s = { .seq = __atomic_load_n(&page->seq, __ATOMIC_ACQUIRE) };
	s.started_ms = __atomic_load_n(&page->started_ms, __ATOMIC_RELAXED);
	s.socket = __atomic_load_n(&page->socket, __ATOMIC_RELAXED) == SCAN_SOCKET_FILE ? SCAN_SOCKET_FILE : SCAN_SOCKET_TEXT;
	return s;
}
