#include "control/client.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/io.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 65536, ANSWER_MAX = 262144 }; /* PROTOCOL.control */

int control_client_connect(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof to.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(to.sun_path, path, strlen(path));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
		return fd;
	int e = errno;
	close(fd);
	errno = e;
	return -1;
}

static int send_line(int fd, const char *line, size_t size, int pass_fd)
{
	size_t sent = 0;
	if (pass_fd >= 0) { /* with the first byte, so that it belongs to this line */
		if (io_send_fds(fd, line, 1, &pass_fd, 1) < 0)
			return -1;
		sent = 1;
	}
	while (sent < size) {
		ssize_t n = send(fd, line + sent, size - sent, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		sent += (size_t)n;
	}
	return 0;
}

static int send_request(int fd, const json_t *request, int pass_fd)
{
	char *text = json_dumps(request, JSON_COMPACT);
	if (!text) {
		errno = ENOMEM;
		return -1;
	}
	size_t size = strlen(text);
	int r = -1;
	if (size + 1 > LINE_MAX_BYTES) {
		errno = EMSGSIZE;
	} else {
		text[size] = '\n'; /* in place of the NUL */
		r = send_line(fd, text, size + 1, pass_fd);
	}
	free(text);
	return r;
}

static int wait_readable(int fd, uint64_t end_ms)
{
	struct pollfd p = { fd, POLLIN, 0 };
	for (;;) {
		uint64_t now = clock_ms();
		if (now >= end_ms) {
			errno = ETIMEDOUT;
			return -1;
		}
		int r = poll(&p, 1, (int)(end_ms - now));
		if (r > 0)
			return 0;
		if (r < 0 && errno != EINTR)
			return -1;
	}
}

/* Reads up to and including the line's end into in. */
static int receive_line(int fd, struct buf *in, uint64_t end_ms)
{
	while (!memchr(buf_ptr(in), '\n', buf_left(in))) {
		if (wait_readable(fd, end_ms) < 0)
			return -1;
		if (buf_left(in) >= ANSWER_MAX || buf_reserve(in, 4096) < 0) {
			errno = EPROTO;
			return -1;
		}
		ssize_t n = recv(fd, buf_end(in), 4096, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (n == 0)
				errno = EPIPE;
			return -1;
		}
		in->len += (size_t)n;
	}
	return 0;
}

json_t *control_client_ask(int fd, const json_t *request, int pass_fd, int timeout_s)
{
	struct buf in;
	json_t *answer = NULL;
	if (send_request(fd, request, pass_fd) < 0)
		return NULL;
	buf_init(&in, ANSWER_MAX + 4096);
	int e = 0;
	if (receive_line(fd, &in, clock_ms() + (uint64_t)timeout_s * 1000) < 0) {
		e = errno;
	} else {
		const char *line = (const char *)buf_ptr(&in), *end = memchr(line, '\n', buf_left(&in));
		answer = json_loadb(line, (size_t)(end - line), JSON_REJECT_DUPLICATES, NULL);
		if (!json_is_object(answer)) {
			json_decref(answer);
			answer = NULL;
			e = EPROTO;
		}
	}
	buf_free(&in);
	errno = e;
	return answer;
}
