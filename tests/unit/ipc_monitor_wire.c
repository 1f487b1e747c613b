/* ipc/monitor_wire: what goes round trip, and what a side may not send. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ipc/monitor_wire.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int through(enum monitor_side from, const struct monitor_msg *m, int nfds, struct monitor_msg *back)
{
	struct buf b;
	buf_init(&b, MONITOR_PACKET_MAX);
	assert_int_equal(monitor_encode(m, &b), 0);
	int r = monitor_decode(from, &b, nfds, back);
	buf_free(&b);
	return r;
}

static void messages_round_trip(void **state)
{
	static struct monitor_msg back;
	struct monitor_msg m = { .type = MONITOR_GENERATION, .generation = 7, .reason = REASON_SIGNATURES };
	assert_int_equal(through(MONITOR_SIDE_MONITOR, &m, 2, &back), 0);
	assert_true(back.type == MONITOR_GENERATION && back.generation == 7 && back.reason == REASON_SIGNATURES);

	m = (struct monitor_msg){ .type = MONITOR_DONE, .id = 9, .ok = 1, .text = "the new generation serves" };
	assert_int_equal(through(MONITOR_SIDE_MONITOR, &m, 0, &back), 0);
	assert_true(back.id == 9 && back.ok == 1);
	assert_string_equal(back.text, m.text);

	m = (struct monitor_msg){ .type = MONITOR_REFUSED, .generation = 3, .text = "/etc/a.rules:7: broken" };
	assert_int_equal(through(MONITOR_SIDE_BROKER, &m, 0, &back), 0);
	assert_string_equal(back.text, m.text);

	m = (struct monitor_msg){ .type = MONITOR_RELOAD, .id = 4 };
	assert_int_equal(through(MONITOR_SIDE_BROKER, &m, 0, &back), 0);
	assert_int_equal(back.id, 4);

	m = (struct monitor_msg){ .type = MONITOR_PING, .id = 5 };
	assert_int_equal(through(MONITOR_SIDE_MONITOR, &m, 0, &back), 0);
	assert_int_equal(back.id, 5);
	m = (struct monitor_msg){ .type = MONITOR_PONG, .id = 6 };
	assert_int_equal(through(MONITOR_SIDE_BROKER, &m, 0, &back), 0);
	assert_int_equal(back.id, 6);
	m = (struct monitor_msg){ .type = MONITOR_RECORDER_HUNG, .id = 2 };
	assert_int_equal(through(MONITOR_SIDE_BROKER, &m, 0, &back), 0);
	assert_int_equal(back.id, 2);
	m = (struct monitor_msg){ .type = MONITOR_WRECKED, .generation = 8 };
	assert_int_equal(through(MONITOR_SIDE_BROKER, &m, 0, &back), 0);
	assert_int_equal(back.generation, 8);
}

static void event_round_trip(void **state)
{
	static struct monitor_msg m, back;
	struct event_record e;
	char value[3000];
	memset(value, 'v', sizeof value - 1);
	value[sizeof value - 1] = '\0';
	m = (struct monitor_msg){ .type = MONITOR_EVENT, .event = EVENT_CONFIG_REJECTED };
	monitor_add_field(&m, "file", "/etc/filterd/filterd.conf");
	for (int i = 0; i < 12; i++)
		monitor_add_field(&m, "reason", value);
	assert_int_equal(m.nfields, MONITOR_FIELDS_MAX); /* the largest there is fits one packet */
	assert_int_equal(through(MONITOR_SIDE_MONITOR, &m, 0, &back), 0);
	monitor_get_event(&back, &e);
	assert_int_equal(e.id, EVENT_CONFIG_REJECTED);
	assert_int_equal(e.nfields, MONITOR_FIELDS_MAX);
	assert_string_equal(e.fields[0].value, "/etc/filterd/filterd.conf");
	assert_int_equal(strlen(e.fields[1].value), MONITOR_VALUE_SIZE - 1);
}

static void each_side_has_its_words(void **state)
{
	static struct monitor_msg back;
	static const enum monitor_type monitors[] = { MONITOR_GENERATION, MONITOR_RECORDER, MONITOR_DONE, MONITOR_EVENT,
		MONITOR_PING };
	static const enum monitor_type brokers[] = { MONITOR_ACCEPTED, MONITOR_REFUSED, MONITOR_RELOAD, MONITOR_PONG, MONITOR_WRECKED,
		MONITOR_RECORDER_HUNG };
	static const int nfds[] = { 2, 1, 0, 0, 0 };
	for (size_t i = 0; i < sizeof monitors / sizeof *monitors; i++) {
		const struct monitor_msg m = { .type = monitors[i], .reason = REASON_START };
		assert_int_equal(through(MONITOR_SIDE_MONITOR, &m, nfds[i], &back), 0);
		assert_int_equal(through(MONITOR_SIDE_BROKER, &m, nfds[i], &back), -1);
		assert_int_equal(through(MONITOR_SIDE_MONITOR, &m, nfds[i] + 1, &back), -1);
	}
	for (size_t i = 0; i < sizeof brokers / sizeof *brokers; i++) {
		const struct monitor_msg m = { .type = brokers[i] };
		assert_int_equal(through(MONITOR_SIDE_BROKER, &m, 0, &back), 0);
		assert_int_equal(through(MONITOR_SIDE_MONITOR, &m, 0, &back), -1);
		assert_int_equal(through(MONITOR_SIDE_BROKER, &m, 1, &back), -1);
	}
}

static void broken_packets_are_refused(void **state)
{
	static struct monitor_msg m;
	static const struct {
		const char *data;
		size_t size;
	} packets[] = {
		{ "", 0 }, { "A", 1 }, { "A\0\0\0", 4 }, { "A\0\0\0\1x", 6 }, { "R\0\0\0\1\0", 6 }, { "Z\0\0\0\1", 5 },
		{ "F\0\0\0\1\0\5abc", 10 }, { "F\0\0\0\1\0\3a\0c", 10 },
	};
	for (size_t i = 0; i < sizeof packets / sizeof *packets; i++) {
		struct buf b;
		buf_view(&b, packets[i].data, packets[i].size);
		assert_int_equal(monitor_decode(MONITOR_SIDE_BROKER, &b, 0, &m), -1);
	}
	static const struct {
		const char *data;
		size_t size;
		int nfds;
	} from_monitor[] = {
	        {"G\0\0\0\1\0", 6, 2}, {"G\0\0\0\1\5", 6, 2},      {"D\0\0\0\1\2\0\0", 8, 0},
	        {"E\0\1x\0", 5, 0},    {"E\0\7link.up\11", 11, 0},
	};
	for (size_t i = 0; i < sizeof from_monitor / sizeof *from_monitor; i++) {
		struct buf b;
		buf_view(&b, from_monitor[i].data, from_monitor[i].size);
		assert_int_equal(monitor_decode(MONITOR_SIDE_MONITOR, &b, from_monitor[i].nfds, &m), -1);
	}
}

static void descriptors_travel_and_strays_are_closed(void **state)
{
	static struct monitor_msg m;
	int pair[2];
	assert_int_equal(io_socketpair(SOCK_SEQPACKET, pair), 0);
	int file = io_memfd_sealed("x", "abc", 3);
	const struct monitor_msg s = { .type = MONITOR_RECORDER, .fds = { file }, .nfds = 1 };
	assert_int_equal(monitor_send(pair[0], &s), 0);
	assert_int_equal(monitor_recv(pair[1], MONITOR_SIDE_MONITOR, &m), 1);
	assert_int_equal(m.nfds, 1);
	char text[4] = "";
	assert_int_equal(pread(m.fds[0], text, 3, 0), 3);
	assert_string_equal(text, "abc");
	int next = m.fds[0];
	close(next);

	/* a descriptor where none belongs: refused, and not left open */
	assert_int_equal(io_send_fds(pair[0], "A\0\0\0\1", 5, &file, 1), 0);
	assert_int_equal(monitor_recv(pair[1], MONITOR_SIDE_BROKER, &m), -1);
	assert_int_equal(errno, EPROTO);
	assert_int_equal(m.nfds, 0);
	assert_int_equal(fcntl(next, F_GETFD), -1);
	close(file);
	close(pair[0]);
	assert_int_equal(monitor_recv(pair[1], MONITOR_SIDE_BROKER, &m), 0);
	close(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_round_trip),
		cmocka_unit_test(event_round_trip),
		cmocka_unit_test(each_side_has_its_words),
		cmocka_unit_test(broken_packets_are_refused),
		cmocka_unit_test(descriptors_travel_and_strays_are_closed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
