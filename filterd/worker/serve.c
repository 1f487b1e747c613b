#include "worker/serve.h"

#include "base/clock.h"
#include "base/io.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	READ_SIZE = 65536,
	IN_MAX = 4 + SCAN_TEXT_JOB_MAX + READ_SIZE,
	OUT_FLUSH = 65536, /* answers are written when so many bytes are together, … */
	OUT_MAX = OUT_FLUSH + 4 + SCAN_TEXT_ANSWER_MAX,
	FLUSH_US = 1000    /* … or the first of them has waited so long, or nothing is left to do */
};

struct server {
	struct jobs *jobs;
	struct scan_page *page;
	int text, file; /* -1 once closed */
	struct buf in, out, packet;
	struct scan_text texts[SCAN_TEXTS_MAX];
};

static int send_all(int sock, struct buf *b)
{
	while (buf_left(b) > 0) {
		ssize_t n = send(sock, buf_ptr(b), buf_left(b), MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		buf_skip(b, (size_t)n);
	}
	return 0;
}

/* Answers all whole jobs that are in the buffer. */
static int answer_texts(struct server *s)
{
	struct scan_text_job job;
	uint64_t first_us = 0;
	int r;
	while ((r = scan_get_text_job(&s->in, s->texts, &job)) == SCAN_WIRE_OK) {
		uint64_t now_us = clock_us();
		/* what is done must not wait behind a slow one */
		if (buf_left(&s->out) > 0 && (buf_left(&s->out) >= OUT_FLUSH || now_us - first_us >= FLUSH_US) && send_all(s->text, &s->out) < 0)
			return -1;
		if (buf_left(&s->out) == 0)
			first_us = now_us;
		scan_page_write(s->page, SCAN_SOCKET_TEXT, job.seq, now_us / 1000);
		if (jobs_text(s->jobs, &job, &s->out) < 0)
			return -1;
	}
	if (r != SCAN_WIRE_SHORT || send_all(s->text, &s->out) < 0)
		return -1;
	scan_page_clear(s->page);
	return 0;
}

static int read_texts(struct server *s)
{
	if (buf_reserve(&s->in, READ_SIZE) < 0)
		return -1;
	ssize_t n = recv(s->text, buf_end(&s->in), READ_SIZE, MSG_DONTWAIT);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -1;
	if (n == 0) {
		io_close(&s->text);
		return 0;
	}
	s->in.len += (size_t)n;
	return answer_texts(s);
}

static int read_file(struct server *s)
{
	int fds[IO_FDS_MAX], nfds, r = -1;
	struct scan_file_job job;
	buf_reset(&s->packet);
	if (buf_reserve(&s->packet, SCAN_PACKET_MAX) < 0)
		return -1;
	ssize_t n = io_recv_fds(s->file, buf_end(&s->packet), SCAN_PACKET_MAX, fds, &nfds);
	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	if (n == 0) {
		io_close(&s->file);
		return 0;
	}
	s->packet.len += (size_t)n;
	if (nfds >= 1 && scan_get_file_job(&s->packet, &job) == SCAN_WIRE_OK && nfds == (job.kind == SCAN_KIND_PRINTS ? 2 : 1)) {
		scan_page_write(s->page, SCAN_SOCKET_FILE, job.seq, clock_ms());
		r = jobs_file(s->jobs, &job, fds[0], nfds == 2 ? fds[1] : -1, &s->out);
	}
	while (nfds > 0)
		close(fds[--nfds]);
	if (r == 0)
		r = send_all(s->file, &s->out); /* one packet: the buffer held nothing else */
	scan_page_clear(s->page);
	return r;
}

int serve(struct jobs *jobs, int text_sock, int file_sock, struct scan_page *page)
{
	struct server s = { .jobs = jobs, .page = page, .text = text_sock, .file = file_sock };
	int r = 0;
	buf_init(&s.in, IN_MAX);
	buf_init(&s.out, OUT_MAX);
	buf_init(&s.packet, SCAN_PACKET_MAX);
	while (r == 0 && (s.text >= 0 || s.file >= 0)) {
		struct pollfd p[2] = { { .fd = s.text, .events = POLLIN }, { .fd = s.file, .events = POLLIN } };
		if (poll(p, 2, -1) < 0) {
			r = errno == EINTR ? 0 : -1;
			continue;
		}
		/* texts first: people wait for them */
		if (p[0].revents)
			r = read_texts(&s);
		if (r == 0 && p[1].revents)
			r = read_file(&s);
	}
	buf_free(&s.in);
	buf_free(&s.out);
	buf_free(&s.packet);
	return r;
}
