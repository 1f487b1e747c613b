/* audit/report: every kind of target with a real listener, gone and back, and nothing forged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "audit/entry.h"
#include "audit/report.h"
#include "audit/rfc5424.h"
#include "audit/value.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <ftw.h>
#include <jansson.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct site {
	char dir[64];
	struct event_base *base;
	struct report *r;
	struct conf_syslog conf;
	char target[200], ca[128];
};

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	return remove(path);
}

static int new_site(void **state)
{
	struct site *s = calloc(1, sizeof *s);
	strcpy(s->dir, "/tmp/report-test.XXXXXX");
	if (!mkdtemp(s->dir) || !(s->base = event_base_new()))
		return -1;
	s->conf = (struct conf_syslog){ .target = s->target, .facility = "mail", .hostname = "host.example", .ca = s->ca };
	*state = s;
	return 0;
}

static int remove_site(void **state)
{
	struct site *s = *state;
	report_free(&s->r);
	nftw(s->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	event_base_free(s->base);
	free(s);
	return 0;
}

static void open_report(struct site *s)
{
	struct cfgerr err = { .text = "" };
	s->r = report_new(s->base, &s->conf, &err);
	if (!s->r)
		fail_msg("%s", err.text);
}

static void an_event(struct event_record *e, const char *from)
{
	event_record_init(e, EVENT_POLICY_BLOCK, "0123456789abcdef");
	event_record_add(e, "from", from);
	event_record_add(e, "to", "carol@partner.test");
}

static void send_one(struct site *s, const char *from)
{
	struct event_record e;
	an_event(&e, from);
	report_event(s->r, &e);
}

static void turn(struct site *s, unsigned ms)
{
	const struct timeval tv = { ms / 1000, (ms % 1000) * 1000 };
	event_base_loopexit(s->base, &tv);
	event_base_dispatch(s->base);
}

/* ---- the format ---- */

static void print(const char *from, char out[RFC5424_MAX], size_t size)
{
	struct rfc5424 f = { .facility = 2, .pid = 7 };
	struct event_record e;
	rfc5424_set_hostname(&f, "host.example");
	an_event(&e, from);
	size_t n = rfc5424_print(&f, &e, 5, out, size);
	assert_true(n > 0 && n < size && n == strlen(out));
	assert_true(text_is_utf8(out, n));
	assert_null(strpbrk(out, "\r\n"));
}

static void one_message_as_the_rfc_has_it(void **state)
{
	char out[RFC5424_MAX];
	print("alice@example.test", out, sizeof out);
	assert_memory_equal(out, "<20>1 20", 8);
	assert_string_equal(strstr(out, "Z host.example"),
		"Z host.example filterd 7 policy.block [meta sequenceId=\"5\"][event@32473 ref=\"0123456789abcdef\" "
		"from=\"alice@example.test\" to=\"carol@partner.test\"] A stanza was blocked; its sender was told.");
	assert_int_equal(rfc5424_facility("local7"), 23);
	assert_int_equal(rfc5424_facility("nonsense"), -1);
	struct rfc5424 f;
	rfc5424_set_hostname(&f, "a b\nc");
	assert_string_equal(f.hostname, "a?b?c");
}

static void hostile_values_forge_nothing(void **state)
{
	static const struct { const char *value, *shown; } row[] = {
		{ "a\n<13>1 - - - - - - forged", "from=\"a\\\\u{a}<13>1 - - - - - - forged\" to=" },
		{ "x\"] evil [a b=\"c", "from=\"x\\\"\\] evil [a b=\\\"c\" to=" },
		{ "back\\", "from=\"back\\\\\" to=" },
		{ "\xe2\x80\xae\x1b[2J\xff", "from=\"\\\\u{202e}\\\\u{1b}[2J\\\\x{ff}\" to=" },
		{ "\xc3\xa9t\xc3\xa9", "from=\"\xc3\xa9t\xc3\xa9\" to=" },
	};
	char out[RFC5424_MAX];
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		print(row[i].value, out, sizeof out);
		if (!strstr(out, row[i].shown))
			fail_msg("not in: %s", out);
	}
}

static void long_values_are_cut_on_borders(void **state)
{
	char value[4001], out[RFC5424_MAX];
	struct rfc5424 f = { .facility = 2 };
	struct event_record e;
	for (int i = 0; i < 4000; i += 2)
		memcpy(value + i, "\xc3\xa9", 2);
	value[4000] = '\0';
	print(value, out, sizeof out);
	assert_non_null(strstr(out, "\xe2\x80\xa6\" to=\"carol"));
	event_record_init(&e, EVENT_POLICY_BLOCK, "r");
	memset(value, ']', 4000); /* doubled by escaping */
	for (int i = 0; i < EVENT_FIELDS_MAX; i++)
		event_record_add(&e, "from", value);
	rfc5424_set_hostname(&f, "h");
	for (size_t max = 1200; max <= RFC5424_MAX; max += 997) {
		size_t n = rfc5424_print(&f, &e, 1, out, max);
		assert_true(n < max && n + 1200 > max);
		assert_non_null(strstr(out, "\"] A stanza was blocked; its sender was told."));
	}
}

static void entries_are_json_with_the_same_fields(void **state)
{
	struct event_record e;
	char *json;
	size_t size;
	an_event(&e, "a\n\"]\xff");
	assert_int_equal(entry_json(&e, 42, &json, &size), 0);
	json_t *o = json_loadb(json, size, JSON_REJECT_DUPLICATES, NULL);
	assert_string_equal(json_string_value(json_object_get(o, "event")), "policy.block");
	assert_string_equal(json_string_value(json_object_get(o, "from")), "a\\u{a}\"]\\x{ff}");
	assert_string_equal(json_string_value(json_object_get(o, "ref")), "0123456789abcdef");
	assert_int_equal(json_integer_value(json_object_get(o, "seq")), 42);
	assert_int_equal(strlen(json_string_value(json_object_get(o, "time"))), 24);
	assert_null(strchr(json, '\n'));
	json_decref(o);
	free(json);
}

/* ---- listeners ---- */

static int listen_unix(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	strcpy(a.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	return fd;
}

static int listen_ip(int type, int *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)*port) };
	socklen_t n = sizeof a;
	int one = 1, fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 5), 0);
	getsockname(fd, (struct sockaddr *)&a, &n);
	*port = ntohs(a.sin_port);
	return fd;
}

/* Reads one datagram, turning the loop meanwhile; "" after two seconds. */
static const char *next_datagram(struct site *s, int fd)
{
	static char text[RFC5424_MAX + 1];
	for (int i = 0; i < 200; i++) {
		ssize_t n = recv(fd, text, RFC5424_MAX, 0);
		if (n >= 0) {
			text[n] = '\0';
			return text;
		}
		turn(s, 10);
	}
	return "";
}

static void local_socket_gone_and_back(void **state)
{
	struct site *s = *state;
	char path[100];
	struct report_counters c;
	snprintf(path, sizeof path, "%s/log", s->dir);
	snprintf(s->target, sizeof s->target, "unix:%s", path);
	open_report(s);
	send_one(s, "before"); /* nobody listens yet */
	turn(s, 50);
	int fd = listen_unix(path);
	assert_non_null(strstr(next_datagram(s, fd), "from=\"before\""));
	send_one(s, "first");
	assert_non_null(strstr(next_datagram(s, fd), "from=\"first\""));
	close(fd); /* as when rsyslog is restarted */
	unlink(path);
	send_one(s, "second");
	send_one(s, "third");
	turn(s, 50);
	report_counters(s->r, &c);
	assert_true(!c.connected && c.waiting == 2);
	fd = listen_unix(path);
	assert_non_null(strstr(next_datagram(s, fd), "from=\"second\""));
	assert_non_null(strstr(next_datagram(s, fd), "from=\"third\""));
	close(fd);
}

static void a_slow_local_socket_blocks_nobody(void **state)
{
	struct site *s = *state;
	char path[100];
	struct report_counters c;
	snprintf(path, sizeof path, "%s/log", s->dir);
	snprintf(s->target, sizeof s->target, "unix:%s", path);
	int fd = listen_unix(path), got = 0, told = 0;
	open_report(s);
	turn(s, 20);
	for (int i = 0; i < REPORT_QUEUE_MAX + 2000; i++)
		send_one(s, "flood");
	report_counters(s->r, &c);
	assert_true(c.dropped > 0 && c.dropped <= 2000);
	for (;;) {
		const char *text = next_datagram(s, fd);
		char count[60];
		if (strstr(text, "flood"))
			got++;
		else if (strstr(text, "syslog.dropped")) {
			snprintf(count, sizeof count, "[event@32473 count=\"%llu\"]", (unsigned long long)c.dropped);
			assert_non_null(strstr(text, count));
			told++;
			break;
		} else
			break;
	}
	assert_int_equal(told, 1);
	assert_int_equal(got + (int)c.dropped, REPORT_QUEUE_MAX + 2000);
	close(fd);
}

static void udp(void **state)
{
	struct site *s = *state;
	int port = 0, fd = listen_ip(SOCK_DGRAM, &port);
	char big[3000];
	snprintf(s->target, sizeof s->target, "udp:127.0.0.1:%d", port);
	open_report(s);
	send_one(s, "udp");
	assert_non_null(strstr(next_datagram(s, fd), "from=\"udp\""));
	memset(big, 'x', sizeof big - 1);
	big[sizeof big - 1] = '\0';
	send_one(s, big);
	assert_true(strlen(next_datagram(s, fd)) <= RFC5424_DATAGRAM_MAX);
	close(fd);
}

/* A stream, plain or TLS, read by whole messages. */
struct peer {
	int fd;
	SSL *ssl;
	char data[1 << 16];
	size_t have;
};

static void read_some(struct peer *p)
{
	if (p->ssl) {
		int n = SSL_read(p->ssl, p->data + p->have, (int)(sizeof p->data - p->have));
		p->have += n > 0 ? (size_t)n : 0;
	} else {
		ssize_t n = recv(p->fd, p->data + p->have, sizeof p->data - p->have, 0);
		p->have += n > 0 ? (size_t)n : 0;
	}
}

static const char *next_frame(struct site *s, struct peer *p)
{
	static char text[RFC5424_MAX + 1];
	for (int i = 0; i < 200; i++) {
		char *end;
		size_t n = p->have ? strtoul(p->data, &end, 10) : 0;
		if (n && *end == ' ' && p->have - (size_t)(end + 1 - p->data) >= n) {
			memcpy(text, end + 1, n);
			text[n] = '\0';
			p->have -= (size_t)(end + 1 - p->data) + n;
			memmove(p->data, end + 1 + n, p->have);
			return text;
		}
		turn(s, 10);
		read_some(p);
	}
	return "";
}

static struct peer *accept_peer(struct site *s, int fd, SSL_CTX *tls)
{
	struct peer *p = calloc(1, sizeof *p);
	for (int i = 0; i < 300 && (p->fd = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) < 0; i++)
		turn(s, 10);
	assert_true(p->fd >= 0);
	if (tls) {
		p->ssl = SSL_new(tls);
		SSL_set_fd(p->ssl, p->fd);
		SSL_set_accept_state(p->ssl);
	}
	return p;
}

static void drop_peer(struct peer **p)
{
	if ((*p)->ssl)
		SSL_free((*p)->ssl);
	close((*p)->fd);
	free(*p);
	*p = NULL;
}

static void tcp_with_octet_counts(void **state)
{
	struct site *s = *state;
	int port = 0, fd = listen_ip(SOCK_STREAM, &port);
	char name[16];
	snprintf(s->target, sizeof s->target, "tcp:127.0.0.1:%d", port);
	open_report(s);
	send_one(s, "first");
	struct peer *p = accept_peer(s, fd, NULL);
	assert_non_null(strstr(next_frame(s, p), "from=\"first\""));
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof name, "n%d.", i);
		send_one(s, name);
	}
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof name, "\"n%d.", i);
		assert_non_null(strstr(next_frame(s, p), name));
	}
	drop_peer(&p); /* the listener restarts */
	turn(s, 50);
	send_one(s, "while away");
	p = accept_peer(s, fd, NULL);
	assert_non_null(strstr(next_frame(s, p), "from=\"while away\""));
	drop_peer(&p);
	close(fd);
}

static void run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void run(const char *fmt, ...)
{
	char command[1000];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(command, sizeof command, fmt, ap);
	va_end(ap);
	assert_int_equal(system(command), 0);
}

static SSL_CTX *make_tls(const char *dir, const char *ca, const char *names)
{
	char path[128];
	run("cd %s && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout %s.key -out %s.pem -days 2 -subj /CN=%s "
	    ">/dev/null 2>&1 && openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout s.key -out s.csr -subj /CN=syslog "
	    ">/dev/null 2>&1 && printf 'subjectAltName=%s\\n' > ext && openssl x509 -req -in s.csr -CA %s.pem -CAkey %s.key -CAcreateserial "
	    "-days 2 -extfile ext -out s.pem >/dev/null 2>&1", dir, ca, ca, ca, names, ca, ca);
	SSL_CTX *c = SSL_CTX_new(TLS_server_method());
	snprintf(path, sizeof path, "%s/s.pem", dir);
	assert_int_equal(SSL_CTX_use_certificate_file(c, path, SSL_FILETYPE_PEM), 1);
	snprintf(path, sizeof path, "%s/s.key", dir);
	assert_int_equal(SSL_CTX_use_PrivateKey_file(c, path, SSL_FILETYPE_PEM), 1);
	return c;
}

static void tls_with_a_verified_peer(void **state)
{
	struct site *s = *state;
	int port = 0, fd = listen_ip(SOCK_STREAM, &port);
	SSL_CTX *c = make_tls(s->dir, "ca", "IP:127.0.0.1,DNS:localhost");
	snprintf(s->target, sizeof s->target, "tls:127.0.0.1:%d", port);
	snprintf(s->ca, sizeof s->ca, "%s/ca.pem", s->dir);
	open_report(s);
	send_one(s, "by tls");
	struct peer *p = accept_peer(s, fd, c);
	assert_non_null(strstr(next_frame(s, p), "from=\"by tls\""));
	drop_peer(&p);
	report_free(&s->r);
	snprintf(s->target, sizeof s->target, "tls:localhost:%d", port); /* by name */
	open_report(s);
	send_one(s, "by name");
	while (p = accept_peer(s, fd, c), !strstr(next_frame(s, p), "from=\"by name\""))
		drop_peer(&p);
	drop_peer(&p);
	turn(s, 30);
	send_one(s, "again");
	p = accept_peer(s, fd, c);
	assert_non_null(strstr(next_frame(s, p), "from=\"again\""));
	drop_peer(&p);
	SSL_CTX_free(c);
	close(fd);
}

static void refuses(struct site *s, SSL_CTX *c)
{
	struct report_counters n;
	int port = 0, fd = listen_ip(SOCK_STREAM, &port);
	snprintf(s->target, sizeof s->target, "tls:127.0.0.1:%d", port);
	open_report(s);
	send_one(s, "secret");
	struct peer *p = accept_peer(s, fd, c);
	for (int i = 0; i < 30; i++) {
		turn(s, 10);
		read_some(p);
	}
	assert_int_equal(p->have, 0);
	report_counters(s->r, &n);
	assert_true(!n.connected && n.waiting == 1 && n.sent == 0);
	report_free(&s->r);
	drop_peer(&p);
	SSL_CTX_free(c);
	close(fd);
}

static void tls_refuses_strangers(void **state)
{
	struct site *s = *state;
	run("cd %s && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout t.key -out trusted.pem -days 2 -subj /CN=t >/dev/null 2>&1", s->dir);
	snprintf(s->ca, sizeof s->ca, "%s/trusted.pem", s->dir);
	refuses(s, make_tls(s->dir, "other", "IP:127.0.0.1"));  /* another CA */
	snprintf(s->ca, sizeof s->ca, "%s/ca.pem", s->dir);
	refuses(s, make_tls(s->dir, "ca", "IP:127.0.0.2,DNS:x")); /* another name */
}

static void broken_targets_are_refused(void **state)
{
	struct site *s = *state;
	static const char *const bad[] = { "", "http://x", "udp:host", "tcp::514", "tcp:h:0", "tls:h:99999" };
	struct cfgerr err;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		strcpy(s->target, bad[i]);
		assert_null(report_new(s->base, &s->conf, &err));
		assert_non_null(strstr(err.text, "syslog"));
	}
	strcpy(s->target, "tls:127.0.0.1:6514");
	strcpy(s->ca, "/nonexistent.pem");
	assert_null(report_new(s->base, &s->conf, &err));
	strcpy(s->target, "none");
	open_report(s);
	send_one(s, "nowhere");
	struct report_counters c;
	turn(s, 20);
	report_counters(s->r, &c);
	assert_int_equal(c.waiting, 0);
}

int main(void)
{
#define AT_SITE(test) cmocka_unit_test_setup_teardown(test, new_site, remove_site)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_message_as_the_rfc_has_it), cmocka_unit_test(hostile_values_forge_nothing),
		cmocka_unit_test(long_values_are_cut_on_borders), cmocka_unit_test(entries_are_json_with_the_same_fields),
		AT_SITE(local_socket_gone_and_back), AT_SITE(a_slow_local_socket_blocks_nobody), AT_SITE(udp),
		AT_SITE(tcp_with_octet_counts), AT_SITE(tls_with_a_verified_peer), AT_SITE(tls_refuses_strangers),
		AT_SITE(broken_targets_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
