/* flow/pool without a scanner: every job that is taken ends once, what is not taken says why, and a nursery that replaces
 * no worker is noticed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/io.h"
#include "flow/pool.h"
#include "ipc/scan_page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void on_done(void *ctx, const struct pool_result *r)
{
	assert_int_equal(r->status, SCAN_UNSCANNABLE);
	assert_int_equal(r->cause, CAUSE_SCANNER_DOWN);
	++*(unsigned *)ctx;
}

static void on_timeout(void *ctx, const struct pool_result *r)
{
	assert_int_equal(r->cause, CAUSE_TIMEOUT);
	++*(unsigned *)ctx;
}

static void all_taken_end_once(void **state)
{
	static const struct pool_ops none;
	static char text[SCAN_TEXT_JOB_MAX];
	struct event_base *base = event_base_new();
	struct pool *p = pool_new(base, &none, NULL);
	unsigned taken = 0, done = 0;
	struct scan_text t = { ROLE_BODY, text, sizeof text };
	errno = 0;
	assert_null(pool_scan_texts(p, &t, 1, on_done, &done));
	assert_int_equal(errno, EMSGSIZE);
	t.size = sizeof text / 2;
	while (taken < 10000 && pool_scan_texts(p, &t, 1, on_done, &done))
		taken++;
	assert_int_equal(errno, EAGAIN);
	assert_true(taken > 10 && taken < 10000);
	assert_int_equal(done, 0);
	pool_free(&p);
	assert_int_equal(done, taken);
	event_base_free(base);
}

/* ---- a nursery, played by the test ---- */

enum { SLOTS = 4, GENERATION = 7 };

struct stage {
	struct event_base *base;
	struct pool *pool;
	int channel;              /* the nursery's end */
	int socks[SLOTS][2];      /* the workers' ends: text, file */
	unsigned accepted, wrecked;
};

static void on_accepted(void *ctx, struct generation *g)
{
	((struct stage *)ctx)->accepted++;
}

static void on_refused(void *ctx, uint32_t number, const char *text)
{
	fail_msg("refused: %s", text);
}

static void on_wrecked(void *ctx, uint32_t number)
{
	assert_int_equal(number, GENERATION);
	((struct stage *)ctx)->wrecked++;
}

static void on_worker_died(void *ctx, uint32_t number, unsigned slot, uint32_t pid, int signal, int code) {}

static const struct pool_ops ops = { on_accepted, on_refused, on_wrecked, on_worker_died };

static void say(const struct stage *s, const struct scan_msg *m, const int *fds, int nfds)
{
	struct buf b;
	buf_init(&b, SCAN_PACKET_MAX);
	assert_int_equal(scan_put_msg(&b, m), 0);
	assert_true(io_send_fds(s->channel, buf_ptr(&b), buf_left(&b), fds, nfds) >= 0);
	buf_free(&b);
}

static void bring_worker(struct stage *s, unsigned slot)
{
	struct scan_page *page;
	int text[2], file[2], fds[SCAN_FD_COUNT];
	assert_int_equal(io_socketpair(SOCK_STREAM, text), 0);
	assert_int_equal(io_socketpair(SOCK_SEQPACKET, file), 0);
	assert_int_equal(scan_page_new(&page, &fds[SCAN_FD_PAGE]), 0);
	fds[SCAN_FD_TEXT] = text[0];
	fds[SCAN_FD_FILE] = file[0];
	s->socks[slot][0] = text[1];
	s->socks[slot][1] = file[1];
	const struct scan_msg m = { .type = SCAN_MSG_WORKER, .worker = { .slot = (uint16_t)slot, .pid = 4711 + slot } };
	say(s, &m, fds, SCAN_FD_COUNT);
	for (int i = 0; i < SCAN_FD_COUNT; i++)
		close(fds[i]);
	scan_page_unmap(page);
}

static void end_worker(struct stage *s, unsigned slot)
{
	io_close(&s->socks[slot][0]);
	io_close(&s->socks[slot][1]);
}

static void turn_for(struct stage *s, int ms)
{
	const struct timeval time = { ms / 1000, ms % 1000 * 1000 };
	event_base_loopexit(s->base, &time);
	event_base_dispatch(s->base);
}

/* A generation of which so many workers have come. */
static void serve(struct stage *s, const unsigned *slots, size_t n)
{
	static const char text[] = "user = \"filterd\"; state_dir = \"/s\"; run_dir = \"/r\"; rules = \"/x\";\n"
				   "links = ( { domain = \"f.example\"; secret_file = \"/secret\"; } );\n";
	struct bundle b = { 0 };
	struct generation *g;
	struct cfgerr err = { 0 };
	int pair[2];
	memset(s->socks, -1, sizeof s->socks);
	s->base = event_base_new();
	s->pool = pool_new(s->base, &ops, s);
	assert_int_equal(bundle_add_data(&b, BUNDLE_CONFIG, "/filterd.conf", text, strlen(text)), 0);
	if (generation_new(GENERATION, &b, &g, &err) < 0)
		fail_msg("%s:%d: %s", err.file, err.line, err.text);
	bundle_free(&b);
	assert_int_equal(io_socketpair(SOCK_SEQPACKET, pair), 0);
	s->channel = pair[1];
	assert_int_equal(pool_add(s->pool, g, pair[0]), 0);
	const struct scan_msg hello = { .type = SCAN_MSG_HELLO, .hello = { .generation = GENERATION, .ok = 1, .workers = SLOTS } };
	say(s, &hello, NULL, 0);
	for (size_t i = 0; i < n; i++)
		bring_worker(s, slots[i]);
	turn_for(s, 50);
	assert_int_equal(s->accepted, 1);
}

static void leave(struct stage *s)
{
	pool_free(&s->pool);
	for (unsigned i = 0; i < SLOTS; i++)
		end_worker(s, i);
	close(s->channel);
	event_base_free(s->base);
}

static void nursery_that_replaces_nothing_is_wrecked(void **state)
{
	static const unsigned all[] = { 0, 1, 2, 3 };
	struct stage s = { 0 };
	serve(&s, all, SLOTS);
	end_worker(&s, 3); /* replaced in time */
	turn_for(&s, POOL_WRECKED_MS - 1500);
	bring_worker(&s, 3);
	turn_for(&s, 2000);
	assert_int_equal(s.wrecked, 0);
	end_worker(&s, 1); /* not replaced */
	turn_for(&s, POOL_WRECKED_MS - 500);
	assert_int_equal(s.wrecked, 0);
	turn_for(&s, 1000);
	assert_int_equal(s.wrecked, 1);
	assert_non_null(pool_current(s.pool)); /* what is left serves on */
	turn_for(&s, 500);
	assert_int_equal(s.wrecked, 1); /* said once */
	leave(&s);
}

static void worker_that_never_came_is_missed(void **state)
{
	static const unsigned two[] = { 0, 2 };
	struct stage s = { 0 };
	serve(&s, two, 2);
	turn_for(&s, POOL_WRECKED_MS - 500);
	assert_int_equal(s.wrecked, 0);
	turn_for(&s, 1000);
	assert_int_equal(s.wrecked, 1);
	leave(&s);
}

/* The nursery was to kill a worker that overran its time, and does not. */
static void worker_that_is_not_killed_is_missed(void **state)
{
	static const unsigned all[] = { 0, 1, 2, 3 };
	static const struct scan_text t = { ROLE_BODY, "hello", 5 };
	struct stage s = { 0 };
	unsigned done = 0;
	serve(&s, all, SLOTS);
	assert_non_null(pool_scan_texts(s.pool, &t, 1, on_timeout, &done));
	uint64_t begun = clock_ms();
	while (!s.wrecked && clock_ms() - begun < 20000)
		turn_for(&s, 100);
	assert_int_equal(s.wrecked, 1);
	assert_int_equal(done, 1);
	leave(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_taken_end_once),
		cmocka_unit_test(nursery_that_replaces_nothing_is_wrecked),
		cmocka_unit_test(worker_that_never_came_is_missed),
		cmocka_unit_test(worker_that_is_not_killed_is_missed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
