/* Load for an XMPP server: N senders write chat messages to N receivers, over plain TCP on loopback.
 *
 *   xmppload PORT DOMAIN PASSWORD one|flood|steady N COUNT [RATE]
 *
 * Accounts are s0…s(N-1) and r0…r(N-1) at DOMAIN, all with PASSWORD.  Sender i writes COUNT messages of 60 bytes of body
 * to receiver i: one at a time (the next when the last has arrived), as a flood, or RATE a second.  Prints one line of JSON:
 *   {"sent":…,"received":…,"bounced":…,"reordered":…,"seconds":…,"p50_us":…,"p99_us":…,"max_us":…}
 * Number and time of sending of a message are in its id, so the body stays what a person could have written.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { OUT_SIZE = 64 << 10, IN_SIZE = 256 << 10, SILENCE_S = 10, SESSIONS_MAX = 64 };

static const char *const BODIES[] = { /* 60 bytes each */
	"shall we move the review to half past three this afternoon??",
	"thanks, the build is green again, i will merge it after tea.",
	"could you have a look at the second draft before it goes out",
	"lunch at the usual place? the queue is short before midday..",
};

struct session {
	int fd;
	bool sender;
	unsigned index;        /* of its pair */
	unsigned sent, next;   /* next: the number expected by the receiver */
	size_t in_size, out_size, out_at;
	char out[OUT_SIZE], in[IN_SIZE];
};

static struct session *sessions[2 * SESSIONS_MAX];
static const char *domain, *password;
static unsigned pairs, count, rate, port;
static unsigned received, bounced, reordered;
static uint32_t *latencies_us;
static int ep;

static void die(const char *what)
{
	fprintf(stderr, "xmppload: %s: %s\n", what, errno ? strerror(errno) : "failed");
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* --- login: blocking, one after the other; only what comes afterwards is measured */

static void put_all(int fd, const char *text)
{
	size_t n = strlen(text);
	while (n > 0) {
		ssize_t r = write(fd, text, n);
		if (r <= 0)
			die("write");
		text += r;
		n -= (size_t)r;
	}
}

static void expect(int fd, const char *text)
{
	char buf[16384];
	size_t n = 0;
	do {
		ssize_t r = read(fd, buf + n, sizeof buf - 1 - n);
		if (r <= 0)
			die(text);
		n += (size_t)r;
		buf[n] = '\0';
		if (strstr(buf, "<failure") || n == sizeof buf - 1) {
			errno = 0;
			die(buf);
		}
	} while (!strstr(buf, text));
}

static void base64(char *dst, const unsigned char *src, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)src[i] << 16 | (i + 1 < n ? (uint32_t)src[i + 1] << 8 : 0) | (i + 2 < n ? src[i + 2] : 0);
		*dst++ = digits[v >> 18];
		*dst++ = digits[v >> 12 & 63];
		*dst++ = i + 1 < n ? digits[v >> 6 & 63] : '=';
		*dst++ = i + 2 < n ? digits[v & 63] : '=';
	}
	*dst = '\0';
}

static struct session *login(unsigned index, bool sender)
{
	struct session *s = calloc(1, sizeof *s);
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char text[1024], plain[512], coded[1024];
	int one = 1;
	if (!s || (s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0 || connect(s->fd, (struct sockaddr *)&a, sizeof a))
		die("connect");
	setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	s->index = index;
	s->sender = sender;
	snprintf(text, sizeof text, "<?xml version='1.0'?><stream:stream to='%s' version='1.0' xmlns='jabber:client' "
		"xmlns:stream='http://etherx.jabber.org/streams'>", domain);
	put_all(s->fd, text);
	expect(s->fd, "</stream:features>");
	int n = snprintf(plain, sizeof plain, "%c%c%u%c%s", 0, sender ? 's' : 'r', index, 0, password);
	base64(coded, (unsigned char *)plain, (size_t)n);
	char auth[1200];
	snprintf(auth, sizeof auth, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>%s</auth>", coded);
	put_all(s->fd, auth);
	expect(s->fd, "<success");
	put_all(s->fd, text);
	expect(s->fd, "</stream:features>");
	put_all(s->fd, "<iq type='set' id='b1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>b</resource></bind></iq>");
	expect(s->fd, "</iq>");
	put_all(s->fd, "<iq type='set' id='b2'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>");
	expect(s->fd, "b2");
	if (!sender) {
		put_all(s->fd, "<presence/>");
		expect(s->fd, "<presence");
	}
	return s;
}

/* --- sending and receiving */

static bool add_message(struct session *s)
{
	if (s->out_at == s->out_size)
		s->out_at = s->out_size = 0;
	if (s->out_size + 512 > OUT_SIZE)
		return false;
	s->out_size += (size_t)snprintf(s->out + s->out_size, OUT_SIZE - s->out_size,
		"<message to='r%u@%s/b' type='chat' id='x%u.%llu'><body>%s</body></message>", s->index, domain, s->sent,
		(unsigned long long)now_ns(), BODIES[s->sent & 3]);
	s->sent++;
	return true;
}

/* Writes what the socket takes; false when something is left. */
static bool flush(struct session *s)
{
	while (s->out_at < s->out_size) {
		ssize_t r = write(s->fd, s->out + s->out_at, s->out_size - s->out_at);
		if (r < 0 && errno == EAGAIN)
			return false;
		if (r <= 0)
			die("write");
		s->out_at += (size_t)r;
	}
	return true;
}

static void flood(struct session *s)
{
	do {
		while (s->sent < count && add_message(s))
			;
		if (!flush(s))
			return;
	} while (s->sent < count);
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = s };
	epoll_ctl(ep, EPOLL_CTL_MOD, s->fd, &e);
}

static void arrived(struct session *s, unsigned number, uint64_t sent_ns, uint64_t t)
{
	if (s->sender) { /* it came back */
		bounced++;
		return;
	}
	uint64_t us = (t - sent_ns) / 1000;
	if (received < pairs * count)
		latencies_us[received] = us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
	received++;
	if (number != s->next)
		reordered++;
	s->next = number + 1;
}

/* Looks for our ids in what came in; keeps a tail that may be the begin of one. */
static void receive(struct session *s)
{
	ssize_t r = read(s->fd, s->in + s->in_size, IN_SIZE - 1 - s->in_size);
	if (r < 0 && errno == EAGAIN)
		return;
	if (r <= 0)
		die("connection closed by the server");
	s->in_size += (size_t)r;
	s->in[s->in_size] = '\0';
	uint64_t t = now_ns();
	char *at = s->in, *end = s->in + s->in_size, *found;
	while ((found = memmem(at, (size_t)(end - at), " id=", 4))) {
		char *stop = memchr(found, '>', (size_t)(end - found));
		if (!stop)
			break;
		unsigned number;
		unsigned long long sent_ns;
		if ((found[4] == '\'' || found[4] == '"') && sscanf(found + 5, "x%u.%llu", &number, &sent_ns) == 2)
			arrived(s, number, sent_ns, t);
		at = found + 4;
	}
	size_t keep = found ? (size_t)(end - found) : (size_t)(end - at) < 3 ? (size_t)(end - at) : 3;
	memmove(s->in, end - keep, keep);
	s->in_size = keep;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	if (argc < 7)
		return 2;
	port = (unsigned)atoi(argv[1]);
	domain = argv[2];
	password = argv[3];
	bool one = strcmp(argv[4], "one") == 0, steady = strcmp(argv[4], "steady") == 0;
	pairs = (unsigned)atoi(argv[5]);
	count = (unsigned)atoi(argv[6]);
	rate = argc > 7 ? (unsigned)atoi(argv[7]) : 0;
	if (pairs < 1 || pairs > SESSIONS_MAX || count < 1 || (steady && rate < 1))
		return 2;
	latencies_us = calloc((size_t)pairs * count, sizeof *latencies_us);
	ep = epoll_create1(EPOLL_CLOEXEC);
	if (!latencies_us || ep < 0)
		die("start");
	for (unsigned i = 0; i < 2 * pairs; i++) {
		sessions[i] = login(i / 2, i & 1);
		fcntl(sessions[i]->fd, F_SETFL, O_NONBLOCK);
		struct epoll_event e = { .events = EPOLLIN | (!one && !steady && (i & 1) ? EPOLLOUT : 0), .data.ptr = sessions[i] };
		epoll_ctl(ep, EPOLL_CTL_ADD, sessions[i]->fd, &e);
	}
	usleep(200000); /* presence and the like has passed */
	uint64_t begin = now_ns(), last = begin, settled = 0;
	while (received + bounced < pairs * count) {
		uint64_t t = now_ns(), next_ns = 100000000;
		for (unsigned i = 1; i < 2 * pairs && (one || steady); i += 2) {
			struct session *s = sessions[i];
			uint64_t due = received + bounced == s->sent ? s->sent + 1 : s->sent;
			if (steady) { /* senders take turns within the interval, as independent people would */
				uint64_t interval = 1000000000u / rate, shift = interval * s->index / pairs, run = t - begin;
				due = run < shift ? 0 : (run - shift) / interval + 1;
				uint64_t left = run < shift ? shift - run : interval - (run - shift) % interval;
				next_ns = left < next_ns ? left : next_ns;
			}
			for (; s->sent < due && s->sent < count && add_message(s);)
				;
			flush(s);
		}
		struct epoll_event e[64];
		int n = epoll_pwait2(ep, e, 64, &(struct timespec){ 0, (long)next_ns }, NULL);
		for (int i = 0; i < n; i++) {
			if (e[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
				receive(e[i].data.ptr);
			if (e[i].events & EPOLLOUT)
				flood(e[i].data.ptr);
		}
		t = now_ns();
		if (received + bounced != settled) {
			settled = received + bounced;
			last = t;
		} else if (t - last > SILENCE_S * 1000000000ull)
			break;
	}
	double seconds = (double)(last - begin) / 1e9;
	unsigned sent = 0;
	for (unsigned i = 1; i < 2 * pairs; i += 2)
		sent += sessions[i]->sent;
	unsigned n = received < pairs * count ? received : pairs * count;
	qsort(latencies_us, n, sizeof *latencies_us, by_value);
	printf("{\"sent\":%u,\"received\":%u,\"bounced\":%u,\"reordered\":%u,\"seconds\":%.6f,\"p50_us\":%u,\"p99_us\":%u,\"max_us\":%u}\n",
		sent, received, bounced, reordered, seconds, n ? latencies_us[n / 2] : 0,
		n ? latencies_us[(size_t)n * 99 / 100] : 0, n ? latencies_us[n - 1] : 0);
	return 0;
}
