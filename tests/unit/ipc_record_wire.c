/* ipc/record_wire: each message comes back as it went, and nothing else is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ipc/record_wire.h"

#include <stdlib.h>
#include <string.h>

static const struct record_msg messages[] = {
	{ .type = RECORD_RECORD, .seq = 1, .json = "{}", .json_size = 2 },
	{ .type = RECORD_HOLD, .seq = UINT64_MAX, .item = "a-b_9", .json = "{\"a\":1}", .json_size = 7 },
	{ .type = RECORD_LIST, .seq = 3, .limit = 500 },
	{ .type = RECORD_GET, .seq = 4, .item = "x" },
	{ .type = RECORD_ACK, .seq = 5, .status = RECORD_NO_SPACE },
	{ .type = RECORD_ITEMS, .seq = 6, .json = "[]", .json_size = 2 },
	{ .type = RECORD_CONTENT, .seq = 7, .status = RECORD_ON_DISK, .json = "{}", .json_size = 2 },
	{ .type = RECORD_NOTICE, .json = "{}", .json_size = 2 },
};

static void round_trip(void **state)
{
	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
		const struct record_msg *in = &messages[i];
		struct record_msg out;
		struct buf b;
		buf_init(&b, RECORD_PACKET_MAX);
		assert_int_equal(record_wire_put(&b, in), 0);
		assert_int_equal(record_wire_get(buf_ptr(&b), buf_left(&b), &out), 0);
		assert_true(out.type == in->type && out.seq == in->seq && out.limit == in->limit && out.status == in->status);
		assert_string_equal(out.item, in->item);
		assert_int_equal(out.json_size, in->json_size);
		if (in->json_size)
			assert_memory_equal(out.json, in->json, in->json_size);
		assert_int_equal(record_wire_fds(&out), in->type == RECORD_HOLD || in->type == RECORD_CONTENT);
		for (size_t n = 0; n < buf_left(&b) - in->json_size; n++) /* cut in the fixed part */
			assert_int_equal(record_wire_get(buf_ptr(&b), n, &out), -1);
		if (!in->json) { /* nothing may follow */
			assert_int_equal(buf_put_u8(&b, 0), 0);
			assert_int_equal(record_wire_get(buf_ptr(&b), buf_left(&b), &out), -1);
		}
		buf_free(&b);
	}
}

static void nonsense_is_refused(void **state)
{
	static const struct { const char *data; size_t size; } row[] = {
		{ "", 0 }, { "Z\0\0\0\0\0\0\0\1", 9 }, { "G\0\0\0\0\0\0\0\1\0\2..", 13 }, { "G\0\0\0\0\0\0\0\1\0\3a/b", 14 },
		{ "G\0\0\0\0\0\0\0\1\0\0", 11 }, { "G\0\0\0\0\0\0\0\1\0\2-r", 13 }, { "A\0\0\0\0\0\0\0\1\3", 10 },
		{ "H\0\0\0\0\0\0\0\1\0\1a\0\5{}", 16 }, { "H\0\0\0\0\0\0\0\1\0\1a\0\1{}", 16 },
	};
	struct record_msg out = { .type = 'x' };
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		assert_int_equal(record_wire_get(row[i].data, row[i].size, &out), -1);
	assert_int_equal(out.type, 'x');
}

static void bounds(void **state)
{
	static char big[RECORD_PACKET_MAX + 1];
	struct record_msg m = { .type = RECORD_RECORD, .json = big, .json_size = RECORD_ENTRY_MAX + 1 }, out;
	struct buf b;
	buf_init(&b, RECORD_PACKET_MAX);
	assert_true(record_wire_put(&b, &m) < 0);
	buf_reset(&b);
	m.json_size = RECORD_ENTRY_MAX;
	assert_int_equal(record_wire_put(&b, &m), 0);
	m = (struct record_msg){ .type = RECORD_GET };
	memset(m.item, 'a', RECORD_ITEM_MAX);
	assert_true(record_wire_item_ok(m.item));
	assert_false(record_wire_item_ok("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
	big[0] = 'I';
	assert_int_equal(record_wire_get(big, RECORD_PACKET_MAX, &out), 0);
	assert_int_equal(record_wire_get(big, RECORD_PACKET_MAX + 1, &out), -1);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(round_trip), cmocka_unit_test(nonsense_is_refused), cmocka_unit_test(bounds) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
