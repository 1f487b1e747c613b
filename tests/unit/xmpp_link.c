/* Component links: to a host by its name, and what comes of an address where nobody listens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/io.h"
#include "xmpp/link.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_S = 20 };

struct world {
	struct event_base *base;
	struct event *connected;
	struct conf_link conf;
	struct link *link;
	int listener, peer;
	char opening[6];       /* of the stream */
	char reason[32];       /* of the last down() */
	unsigned downs, downs_wanted;
};

static void up(void *ctx, struct link *l)
{
	fail_msg("nobody shook hands");
}

static void down(void *ctx, struct link *l, const char *reason, uint32_t retry_ms)
{
	struct world *w = ctx;
	strncpy(w->reason, reason, sizeof w->reason - 1);
	if (++w->downs == w->downs_wanted)
		event_base_loopbreak(w->base);
}

static void stanza(void *ctx, struct link *l, const struct xml_node *e)
{
	fail_msg("nobody sent one");
}

static void on_opening(evutil_socket_t fd, short what, void *ctx)
{
	struct world *w = ctx;
	if (read(fd, w->opening, sizeof w->opening - 1) > 0)
		event_base_loopbreak(w->base);
}

static void on_connected(evutil_socket_t fd, short what, void *ctx)
{
	struct world *w = ctx;
	w->peer = accept(fd, NULL, NULL);
	event_base_once(w->base, w->peer, EV_READ, on_opening, w, NULL);
}

/* On IPv4 only, as many a server does. */
static int listen_on_loopback(int *port_r)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof a;
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(s >= 0);
	assert_int_equal(bind(s, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(s, 4), 0);
	assert_int_equal(getsockname(s, (struct sockaddr *)&a, &size), 0);
	*port_r = ntohs(a.sin_port);
	return s;
}

static void begin(struct world *w, char *host)
{
	static const struct link_ops ops = { up, down, stanza };
	*w = (struct world){ .base = event_base_new(), .peer = -1 };
	w->conf = (struct conf_link){ .domain = "filter.example.test", .host = host, .secret = "secret" };
	w->listener = listen_on_loopback(&w->conf.port);
	w->connected = event_new(w->base, w->listener, EV_READ, on_connected, w);
	event_add(w->connected, NULL);
	w->link = link_new(w->base, &w->conf, &ops, w);
	assert_non_null(w->link);
}

static void run(struct world *w)
{
	static const struct timeval limit = { PATIENCE_S, 0 };
	event_base_loopexit(w->base, &limit);
	event_base_dispatch(w->base);
}

static void end(struct world *w)
{
	link_free(&w->link);
	event_free(w->connected);
	event_base_free(w->base);
	if (w->peer >= 0)
		close(w->peer);
	if (w->listener >= 0)
		close(w->listener);
}

/* localhost often is ::1 too, where nobody listens: then the next try takes the other address. */
static void hosts_are_found_by_name(void **state)
{
	static char *const hosts[] = { "localhost", "127.0.0.1" };
	for (size_t i = 0; i < 2; i++) {
		struct world w;
		begin(&w, hosts[i]);
		run(&w);
		assert_string_equal(w.opening, "<?xml");
		end(&w);
	}
}

static void who_does_not_listen_is_tried_again(void **state)
{
	struct world w;
	begin(&w, "localhost");
	close(w.listener);
	w.listener = -1;
	event_del(w.connected);
	w.downs_wanted = 3;
	run(&w);
	assert_int_equal(w.downs, 3);
	assert_string_equal(w.reason, "refused");
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_are_found_by_name),
		cmocka_unit_test(who_does_not_listen_is_tried_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
