/* ipc/scan_wire and ipc/scan_page: what a worker says must not get the broker to believe the impossible. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/io.h"
#include "ipc/scan_page.h"
#include "ipc/scan_wire.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct finding findings[SCAN_FINDINGS_MAX];
static struct scan_file_finding file_findings[SCAN_FINDINGS_MAX];

static const struct scan_text two[] = { { ROLE_BODY, "caf\xc3\xa9 4012", 10 }, { ROLE_SUBJECT, "", 0 } };
static const struct scan_text_job job = { .seq = 7, .budget_us = 50000, .ntexts = 2, .texts = two };

static void text_job_trickles_in(void **state)
{
	struct buf all, in;
	struct scan_text texts[SCAN_TEXTS_MAX];
	struct scan_text_job got;
	buf_init(&all, SCAN_TEXT_JOB_MAX);
	buf_init(&in, SCAN_TEXT_JOB_MAX);
	assert_int_equal(scan_put_text_job(&all, &job), 0);
	size_t size = buf_left(&all);
	for (size_t i = 0; i < size; i++) {
		assert_int_equal(scan_get_text_job(&in, texts, &got), SCAN_WIRE_SHORT);
		assert_int_equal(buf_put(&in, buf_ptr(&all) + i, 1), 0);
	}
	assert_int_equal(scan_get_text_job(&in, texts, &got), 0);
	assert_int_equal(buf_left(&in), 0);
	assert_true(got.seq == 7 && got.budget_us == 50000 && got.ntexts == 2);
	assert_true(got.texts[0].role == ROLE_BODY && got.texts[0].size == 10 && got.texts[1].size == 0);
	assert_memory_equal(got.texts[0].data, "caf\xc3\xa9 4012", 10);
	buf_free(&all);
	buf_free(&in);
}

static void text_job_limits(void **state)
{
	struct buf out;
	static char big[SCAN_TEXT_JOB_MAX];
	struct scan_text t = { ROLE_BODY, big, SCAN_TEXT_JOB_MAX - 9 - 5 };
	struct scan_text_job j = { .seq = 1, .ntexts = 1, .texts = &t };
	buf_init(&out, 4 + SCAN_TEXT_JOB_MAX);
	assert_int_equal(scan_put_text_job(&out, &j), 0);
	assert_int_equal(scan_put_text_job(&out, &job), SCAN_WIRE_FULL);
	assert_int_equal(buf_left(&out), 4 + SCAN_TEXT_JOB_MAX); /* nothing half-written */
	buf_reset(&out);
	t.size++;
	assert_int_equal(scan_put_text_job(&out, &j), SCAN_WIRE_FULL);
	t.size = UINT32_MAX;
	assert_int_equal(scan_put_text_job(&out, &j), SCAN_WIRE_FULL);
	j.ntexts = 0;
	assert_int_equal(scan_put_text_job(&out, &j), SCAN_WIRE_FULL);
	assert_int_equal(buf_left(&out), 0);
	buf_free(&out);
}

/* Encodes one finding in an otherwise good answer to `job`, and returns what decoding it gives. */
static int answer_with(uint32_t seq, uint8_t cause, struct finding f, size_t ndetectors)
{
	struct buf b;
	struct scan_text_answer a = { .seq = seq, .cause = (enum cause)cause, .n = 1, .findings = &f }, got;
	buf_init(&b, 65536);
	assert_int_equal(scan_put_text_answer(&b, &a), 0);
	int r = scan_get_text_answer(&b, &job, ndetectors, findings, &got);
	if (r == 0) {
		assert_int_equal(buf_left(&b), 0);
		assert_memory_equal(&got.findings[0], &f, sizeof f);
		assert_int_equal(got.cause, cause);
	}
	buf_free(&b);
	return r;
}

static void text_answer_is_checked_against_its_job(void **state)
{
	const struct finding good = { .text = 0, .detector = 2, .start = 6, .end = 10, .confidence = 90 };
	struct finding f;
	assert_int_equal(answer_with(7, 0, good, 3), 0);
	assert_int_equal(answer_with(7, CAUSE_OVER_BUDGET, good, 3), 0);
	assert_int_equal(answer_with(8, 0, good, 3), SCAN_WIRE_BAD);
	assert_int_equal(answer_with(7, CAUSE_COUNT, good, 3), SCAN_WIRE_BAD);
	assert_int_equal(answer_with(7, CAUSE_SCANNER_DOWN, good, 3), SCAN_WIRE_BAD);
	assert_int_equal(answer_with(7, CAUSE_CRASHED, good, 3), SCAN_WIRE_BAD);
	assert_int_equal(answer_with(7, CAUSE_RELOADING, good, 3), SCAN_WIRE_BAD);
	assert_int_equal(answer_with(7, 0, good, 2), SCAN_WIRE_BAD); /* no such detector */
	f = good, f.text = 2;
	assert_int_equal(answer_with(7, 0, f, 3), SCAN_WIRE_BAD);
	f = good, f.text = 1; /* an empty text holds nothing */
	assert_int_equal(answer_with(7, 0, f, 3), SCAN_WIRE_BAD);
	f = good, f.end = 11;
	assert_int_equal(answer_with(7, 0, f, 3), SCAN_WIRE_BAD);
	f = good, f.end = UINT32_MAX;
	assert_int_equal(answer_with(7, 0, f, 3), SCAN_WIRE_BAD);
	f = good, f.start = f.end;
	assert_int_equal(answer_with(7, 0, f, 3), SCAN_WIRE_BAD);
	f = good, f.start = 4; /* in the middle of é */
	assert_int_equal(answer_with(7, 0, f, 3), SCAN_WIRE_BAD);
	f = good, f.start = 0, f.end = 4;
	assert_int_equal(answer_with(7, 0, f, 3), SCAN_WIRE_BAD);
	f = good, f.confidence = 0;
	assert_int_equal(answer_with(7, 0, f, 3), SCAN_WIRE_BAD);
	f = good, f.confidence = 101;
	assert_int_equal(answer_with(7, 0, f, 3), SCAN_WIRE_BAD);
	const struct finding passage = { .detector = 2, .start = 6, .end = 10, .confidence = 100, .document = 70000, .share_document = 1, .share_message = 100 };
	assert_int_equal(answer_with(7, 0, passage, 3), 0);
	f = passage, f.share_document = 0;
	assert_int_equal(answer_with(7, 0, f, 3), SCAN_WIRE_BAD);
	f = passage, f.share_message = 101;
	assert_int_equal(answer_with(7, 0, f, 3), SCAN_WIRE_BAD);
	f = passage, f.confidence = 0;
	assert_int_equal(answer_with(7, 0, f, 3), SCAN_WIRE_BAD);
}

static void text_answer_counts_must_fit(void **state)
{
	struct buf in;
	struct scan_text_answer got = { .seq = 99 };
	/* says one finding, brings none */
	buf_view(&in, "\0\0\0\7\0\0\0\7\0\0\1", 11);
	assert_int_equal(scan_get_text_answer(&in, &job, 3, findings, &got), SCAN_WIRE_BAD);
	/* brings a byte more than it says */
	buf_view(&in, "\0\0\0\10\0\0\0\7\0\0\0!", 12);
	assert_int_equal(scan_get_text_answer(&in, &job, 3, findings, &got), SCAN_WIRE_BAD);
	/* a length that nothing legal has is refused before it is waited for */
	buf_view(&in, "\xff\xff\xff\xff", 4);
	assert_int_equal(scan_get_text_answer(&in, &job, 3, findings, &got), SCAN_WIRE_BAD);
	assert_int_equal(got.seq, 99);
	/* the most that is legal passes */
	static struct finding many[SCAN_FINDINGS_MAX];
	for (size_t i = 0; i < SCAN_FINDINGS_MAX; i++)
		many[i] = (struct finding){ .start = 6, .end = 10, .confidence = 1 };
	struct scan_text_answer a = { .seq = 7, .n = SCAN_FINDINGS_MAX, .findings = many };
	struct buf b;
	buf_init(&b, 1 << 20);
	assert_int_equal(scan_put_text_answer(&b, &a), 0);
	assert_int_equal(scan_get_text_answer(&b, &job, 1, findings, &got), 0);
	assert_int_equal(got.n, SCAN_FINDINGS_MAX);
	/* all of them passages of documents */
	for (size_t i = 0; i < SCAN_FINDINGS_MAX; i++)
		many[i].document = 1, many[i].share_document = many[i].share_message = 100;
	assert_int_equal(scan_put_text_answer(&b, &a), 0);
	assert_int_equal(scan_get_text_answer(&b, &job, 1, findings, &got), 0);
	assert_int_equal(got.n, SCAN_FINDINGS_MAX);
	a.n++;
	assert_int_equal(scan_put_text_answer(&b, &a), SCAN_WIRE_FULL);
	buf_free(&b);
}

static void file_job_round_trip(void **state)
{
	struct buf b;
	struct scan_file_job got, j = { .seq = 3, .kind = SCAN_KIND_FILE, .size = 5000000000, .time_ms = 20000,
		                        .name = "r\xc3\xa9sum\xc3\xa9.pdf", .name_len = 12 };
	buf_init(&b, SCAN_PACKET_MAX);
	assert_int_equal(scan_put_file_job(&b, &j), 0);
	assert_int_equal(scan_get_file_job(&b, &got), 0);
	assert_true(got.seq == 3 && got.kind == SCAN_KIND_FILE && got.size == 5000000000 && got.time_ms == 20000);
	assert_int_equal(got.name_len, 12);
	/* longer names are cut between code points */
	static char longname[SCAN_NAME_MAX + 1];
	memset(longname, 'a', sizeof longname);
	memcpy(longname + SCAN_NAME_MAX - 1, "\xc3\xa9", 2);
	j.name = longname;
	j.name_len = sizeof longname;
	buf_reset(&b);
	assert_int_equal(scan_put_file_job(&b, &j), 0);
	assert_int_equal(scan_get_file_job(&b, &got), 0);
	assert_int_equal(got.name_len, SCAN_NAME_MAX - 1);
	buf_free(&b);
}

static int file_answer_with(struct scan_file_answer a, const struct scan_file_job *sent, const char *more, size_t nmore)
{
	struct buf b;
	struct scan_file_answer got;
	buf_init(&b, SCAN_PACKET_MAX);
	assert_int_equal(scan_put_file_answer(&b, &a), 0);
	assert_int_equal(buf_put(&b, more, nmore), 0);
	int r = scan_get_file_answer(&b, sent, 2, file_findings, &got);
	if (r == 0) {
		assert_true(got.status == a.status && got.cause == a.cause && got.n == a.n && got.scanned == a.scanned);
		assert_int_equal(got.name_len, a.name_len);
		assert_int_equal(got.types_len, a.types_len);
		if (a.types_len)
			assert_memory_equal(got.types, a.types, a.types_len);
		if (a.n)
			assert_memory_equal(got.findings[0].path, a.findings[0].path, a.findings[0].path_len);
	}
	buf_free(&b);
	return r;
}

static void file_answer_is_checked(void **state)
{
	const struct scan_file_job file = { .seq = 5, .kind = SCAN_KIND_FILE, .size = 10 };
	const struct scan_file_job text = { .seq = 5, .kind = SCAN_KIND_TEXT, .size = 10 };
	struct scan_file_finding f = { .start = 3, .end = 400, .detector = 1, .confidence = 75, .path = "a.zip/b", .path_len = 7 };
	struct scan_file_answer a = { .seq = 5, .status = SCAN_CLEAN, .name = "", .scanned = 10, .n = 1, .findings = &f };
	assert_int_equal(file_answer_with(a, &file, "", 0), 0);
	assert_int_equal(file_answer_with(a, &file, "x", 1), SCAN_WIRE_BAD);
	a.types = "text/plain a/b";
	a.types_len = 14;
	assert_int_equal(file_answer_with(a, &file, "", 0), 0);
	a.types = "text/plain\na/b";
	assert_int_equal(file_answer_with(a, &file, "", 0), SCAN_WIRE_BAD);
	a.types = "text/plaïn a/";
	assert_int_equal(file_answer_with(a, &file, "", 0), SCAN_WIRE_BAD);
	a.types_len = 0;
	assert_int_equal(file_answer_with(a, &text, "", 0), SCAN_WIRE_BAD); /* beyond the text, and with a path */
	f.path_len = 0, f.end = 10;
	assert_int_equal(file_answer_with(a, &text, "", 0), 0);
	f.document = 3, f.share_document = 40, f.share_message = 60;
	assert_int_equal(file_answer_with(a, &text, "", 0), 0);
	assert_true(file_findings[0].document == 3 && file_findings[0].share_document == 40 && file_findings[0].share_message == 60);
	f.share_document = 0;
	assert_int_equal(file_answer_with(a, &file, "", 0), SCAN_WIRE_BAD);
	f.share_document = 40;
	const struct scan_file_job prints = { .seq = 5, .kind = SCAN_KIND_PRINTS, .size = 10 };
	assert_int_equal(file_answer_with(a, &prints, "", 0), SCAN_WIRE_BAD); /* no rules were run */
	f.detector = 2;
	assert_int_equal(file_answer_with(a, &file, "", 0), SCAN_WIRE_BAD);
	a.n = 0;
	a.cause = CAUSE_LIMIT; /* clean, but why not */
	assert_int_equal(file_answer_with(a, &file, "", 0), SCAN_WIRE_BAD);
	a.status = SCAN_UNSCANNABLE;
	assert_int_equal(file_answer_with(a, &file, "", 0), 0);
	a.cause = CAUSE_NONE;
	assert_int_equal(file_answer_with(a, &file, "", 0), SCAN_WIRE_BAD);
	a.status = SCAN_MALWARE; /* nameless */
	assert_int_equal(file_answer_with(a, &file, "", 0), SCAN_WIRE_BAD);
	a.name = "Eicar";
	a.name_len = 5;
	assert_int_equal(file_answer_with(a, &file, "", 0), 0);
	a.name = "\xff";
	a.name_len = 1;
	assert_int_equal(file_answer_with(a, &file, "", 0), SCAN_WIRE_BAD);
	a.name_len = 0;
	a.status = SCAN_CLEAN;
	a.seq = 6;
	assert_int_equal(file_answer_with(a, &file, "", 0), SCAN_WIRE_BAD);
}

static void file_answer_fits_a_packet(void **state)
{
	static struct scan_file_finding many[SCAN_FINDINGS_MAX];
	static char path[SCAN_PATH_MAX], types[SCAN_TYPES_MAX + 1];
	memset(types, 't', sizeof types);
	memset(path, 'p', sizeof path);
	for (size_t i = 0; i < SCAN_FINDINGS_MAX; i++)
		many[i] = (struct scan_file_finding){ .end = 1, .confidence = 1, .path = path, .path_len = 100 };
	struct scan_file_answer a = { .seq = 1, .name = "", .n = SCAN_FINDINGS_MAX, .findings = many };
	struct buf b;
	buf_init(&b, 1 << 20);
	assert_int_equal(scan_put_file_answer(&b, &a), SCAN_WIRE_FULL);
	assert_int_equal(buf_left(&b), 0);
	a.n = 500;
	assert_int_equal(scan_put_file_answer(&b, &a), 0);
	assert_int_equal(buf_left(&b), scan_file_answer_size(0, 500, 50000) - SCAN_TYPES_MAX);
	buf_reset(&b);
	a.types = types;
	a.types_len = SCAN_TYPES_MAX;
	assert_int_equal(scan_put_file_answer(&b, &a), 0);
	assert_int_equal(buf_left(&b), scan_file_answer_size(0, 500, 50000));
	a.types_len++;
	assert_int_equal(scan_put_file_answer(&b, &a), SCAN_WIRE_FULL);
	buf_free(&b);
}

static void nursery_messages_round_trip(void **state)
{
	struct buf b;
	struct scan_msg m = { .type = SCAN_MSG_HELLO, .hello = { 4, 1, 123456, 12, 2, "ClamAV 1.4", "no JIT" } }, got;
	buf_init(&b, SCAN_PACKET_MAX);
	assert_int_equal(scan_put_msg(&b, &m), 0);
	assert_int_equal(scan_get_msg(&b, &got), 0);
	assert_memory_equal(&got.hello, &m.hello, sizeof m.hello);
	m = (struct scan_msg){ .type = SCAN_MSG_DETECTOR, .detector = { 11, "payment-card", "Payment card number", 0, 4, 1 } };
	assert_int_equal(scan_put_msg(&b, &m), 0);
	assert_int_equal(scan_get_msg(&b, &got), 0);
	assert_memory_equal(&got.detector, &m.detector, sizeof m.detector);
	static const enum scan_msg_type types[] = { SCAN_MSG_WORKER, SCAN_MSG_EXIT, SCAN_MSG_KILL };
	for (size_t i = 0; i < 3; i++) {
		m = (struct scan_msg){ .type = types[i], .worker = { 1, 4711, 0, 0 } };
		if (types[i] == SCAN_MSG_EXIT)
			m.worker.signal = 9;
		assert_int_equal(scan_put_msg(&b, &m), 0);
		assert_int_equal(scan_get_msg(&b, &got), 0);
		assert_true(got.type == types[i] && got.worker.slot == 1 && got.worker.pid == 4711 &&
		            got.worker.signal == m.worker.signal);
	}
	buf_free(&b);
}

static void nursery_messages_refused(void **state)
{
	static const struct {
		const char *data;
		size_t size;
	} bad[] = {
		{ "", 0 },
		{ "?", 1 },
		{ "K\0\1\0\0\0\0", 7 },         /* pid 0 would be our own group */
		{ "K\0\1\xff\xff\xff\xff", 7 }, /* -1 everything */
		{ "K\0\1\0\0\1", 6 },
		{ "K\0\1\0\0\1\0x", 8 },
		{ "H\0\0\0\1\2\0\0\0\0\0\0\0\0\0\0", 16 },  /* ok is 0 or 1 */
		{ "D\0\0\0\1\xff\0\0\0\0", 10 },            /* id not UTF-8 */
		{ "D\0\0\0\2a\0\0\0\0\0", 11 },             /* id with a NUL */
	};
	struct scan_msg got;
	struct buf b;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		buf_view(&b, bad[i].data, bad[i].size);
		assert_int_equal(scan_get_msg(&b, &got), SCAN_WIRE_BAD);
	}
}

static void page_tells_the_job(void **state)
{
	struct scan_page *page;
	const struct scan_page *view;
	int fd;
	assert_int_equal(scan_page_new(&page, &fd), 0);
	assert_int_equal(scan_page_map(fd, &view), 0);
	assert_true(scan_page_read(view).seq == 0);
	scan_page_write(page, SCAN_SOCKET_FILE, 9, 1234);
	struct scan_page_state s = scan_page_read(view);
	assert_true(s.seq == 9 && s.started_ms == 1234 && s.socket == SCAN_SOCKET_FILE);
	scan_page_clear(page);
	assert_true(scan_page_read(view).seq == 0);
	/* the receiver can't write, and nobody can pull the page away from under it */
	assert_ptr_equal(mmap(NULL, SCAN_PAGE_SIZE, PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	assert_int_equal(ftruncate(fd, 0), -1);
	scan_page_unmap(page);
	scan_page_unmap(view);
	close(fd);
}

static void page_refuses_what_could_shrink(void **state)
{
	const struct scan_page *view;
	int fd = memfd_create("x", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(ftruncate(fd, SCAN_PAGE_SIZE), 0);
	assert_int_equal(scan_page_map(fd, &view), -1);
	close(fd);
	fd = io_memfd_sealed("y", "short", 5);
	assert_int_equal(scan_page_map(fd, &view), -1);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_job_trickles_in),
		cmocka_unit_test(text_job_limits),
		cmocka_unit_test(text_answer_is_checked_against_its_job),
		cmocka_unit_test(text_answer_counts_must_fit),
		cmocka_unit_test(file_job_round_trip),
		cmocka_unit_test(file_answer_is_checked),
		cmocka_unit_test(file_answer_fits_a_packet),
		cmocka_unit_test(nursery_messages_round_trip),
		cmocka_unit_test(nursery_messages_refused),
		cmocka_unit_test(page_tells_the_job),
		cmocka_unit_test(page_refuses_what_could_shrink),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
