/* flow/pool without a scanner: every job that is taken ends once, and what is not taken says why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/pool.h"

#include <errno.h>
#include <stdlib.h>

static void on_done(void *ctx, const struct pool_result *r)
{
	assert_int_equal(r->status, SCAN_UNSCANNABLE);
	assert_int_equal(r->cause, CAUSE_SCANNER_DOWN);
	++*(unsigned *)ctx;
}

static void all_taken_end_once(void **state)
{
	static const struct pool_ops ops;
	static char text[SCAN_TEXT_JOB_MAX];
	struct event_base *base = event_base_new();
	struct pool *p = pool_new(base, &ops, NULL);
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

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(all_taken_end_once) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
