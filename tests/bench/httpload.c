/* Load for tests/bench/put.py: PUTs or GETs over so many connections at once, as fast as the server answers.
 *
 *   httpload PUT|GET PORT HOST SIZE CONNECTIONS keep|new < TARGETS
 *
 * TARGETS: a line for each request, "PATH AUTHORIZATION-OR-DASH".  Prints one JSON object: requests, errors,
 * seconds, p50_us, p99_us. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct target {
	char *path, *authorization;
};

struct conn {
	int fd;
	size_t head_size, sent, received, want; /* want: bytes of the response in all, 0 until its header is there */
	int status;
	double begin;
	char head[4096], answer[4096];
};

static struct target *targets;
static size_t ntargets, next_target, done, errors, size;
static double *latencies;
static char *body;
static const char *host;
static int port, epoll_fd, is_put, is_new;

static double now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void read_targets(void)
{
	char line[4096], path[2048], authorization[2048];
	size_t room = 0;
	while (fgets(line, sizeof line, stdin)) {
		if (sscanf(line, "%2047s %2047[^\n]", path, authorization) != 2)
			continue;
		if (ntargets == room && !(targets = realloc(targets, (room = room * 2 + 64) * sizeof *targets)))
			die("realloc");
		targets[ntargets++] = (struct target){ strdup(path), strdup(authorization) };
	}
}

static void open_conn(struct conn *c)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int one = 1;
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to) < 0)
		die("connect");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c };
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &e) < 0)
		die("epoll_ctl");
}

static void pump(struct conn *c);

static void start(struct conn *c)
{
	if (next_target == ntargets) {
		close(c->fd);
		c->fd = -1;
		return;
	}
	const struct target *t = &targets[next_target++];
	int n = snprintf(c->head, sizeof c->head, "%s %s HTTP/1.1\r\nHost: %s\r\n", is_put ? "PUT" : "GET", t->path, host);
	if (is_put)
		n += snprintf(c->head + n, sizeof c->head - (size_t)n, "Content-Length: %zu\r\n", size);
	if (strcmp(t->authorization, "-") != 0)
		n += snprintf(c->head + n, sizeof c->head - (size_t)n, "Authorization: %s\r\n", t->authorization);
	n += snprintf(c->head + n, sizeof c->head - (size_t)n, "%s\r\n", is_new ? "Connection: close\r\n" : "");
	c->head_size = (size_t)n;
	c->sent = c->received = c->want = 0;
	c->status = 0;
	c->begin = now();
	if (is_new || c->fd < 0) {
		if (c->fd >= 0)
			close(c->fd);
		open_conn(c);
	}
	pump(c);
}

static void finish(struct conn *c, int failed)
{
	latencies[done++] = now() - c->begin;
	if (failed || (c->status != 200 && c->status != 201 && c->status != 204))
		errors++;
	if (failed) {
		close(c->fd);
		c->fd = -1;
		if (next_target < ntargets)
			open_conn(c);
	}
	start(c);
}

static void send_more(struct conn *c)
{
	size_t total = c->head_size + (is_put ? size : 0);
	while (c->sent < total) {
		ssize_t n = c->sent < c->head_size
			? send(c->fd, c->head + c->sent, c->head_size - c->sent, MSG_DONTWAIT | MSG_NOSIGNAL | (is_put ? MSG_MORE : 0))
			: send(c->fd, body + (c->sent - c->head_size), total - c->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0)
			return;
		c->sent += (size_t)n;
	}
}

static void look_at_head(struct conn *c, size_t have)
{
	c->answer[have] = '\0';
	char *end = strstr(c->answer, "\r\n\r\n"), *length = strcasestr(c->answer, "\r\nContent-Length:");
	if (!end)
		return;
	c->status = atoi(c->answer + 9);
	c->want = (size_t)(end + 4 - c->answer) + (length && length < end ? (size_t)atoll(length + 17) : 0);
	if (!is_put && c->status == 200 && c->want != (size_t)(end + 4 - c->answer) + size)
		c->status = 999;
}

static void pump(struct conn *c)
{
	static char sink[1 << 18];
	send_more(c);
	for (;;) {
		size_t have = c->received < sizeof c->answer - 1 ? c->received : sizeof c->answer - 1;
		int in_head = c->want == 0;
		ssize_t n = in_head ? recv(c->fd, c->answer + have, sizeof c->answer - 1 - have, MSG_DONTWAIT)
				    : recv(c->fd, sink, sizeof sink, MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			finish(c, 1);
			return;
		}
		c->received += (size_t)n;
		if (in_head)
			look_at_head(c, c->received);
		if (c->want && c->received >= c->want) {
			finish(c, 0);
			return;
		}
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	if (argc != 7)
		return 2;
	is_put = strcmp(argv[1], "PUT") == 0;
	port = atoi(argv[2]);
	host = argv[3];
	size = (size_t)atoll(argv[4]);
	size_t nconns = (size_t)atoi(argv[5]);
	is_new = strcmp(argv[6], "new") == 0;
	read_targets();
	latencies = calloc(ntargets + 1, sizeof *latencies);
	body = malloc(size + 1);
	struct conn *conns = calloc(nconns, sizeof *conns);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (!latencies || !body || !conns || epoll_fd < 0)
		die("memory");
	srandom((unsigned)time(NULL));
	for (size_t i = 0; i < size; i++)
		body[i] = (char)random();
	double begin = now();
	for (size_t i = 0; i < nconns; i++) {
		conns[i].fd = -1;
		if (next_target < ntargets)
			start(&conns[i]);
	}
	while (done < ntargets) {
		struct epoll_event events[64];
		int n = epoll_wait(epoll_fd, events, 64, 30000);
		if (n == 0) {
			fprintf(stderr, "no answer for 30 s: %zu of %zu done\n", done, ntargets);
			return 1;
		}
		for (int i = 0; i < n; i++)
			if (((struct conn *)events[i].data.ptr)->fd >= 0)
				pump(events[i].data.ptr);
	}
	double seconds = now() - begin;
	qsort(latencies, done, sizeof *latencies, by_value);
	printf("{\"requests\":%zu,\"errors\":%zu,\"seconds\":%.6f,\"p50_us\":%.0f,\"p99_us\":%.0f}\n", done, errors, seconds,
		latencies[done / 2] * 1e6, latencies[done * 99 / 100] * 1e6);
	return 0;
}
