/* http: names, ranges, the helper thread; and the service in this process's own loop, over a real socket, for what
 * only the caller of its interface sees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/durable.h"
#include "http/name.h"
#include "http/range.h"
#include "http/upload.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void names(void **state)
{
	char encoded[64];
	assert_true(name_is_good("a") && name_is_good("Grüße.txt") && name_is_good("...") && name_is_good("%2e%2e"));
	assert_false(name_is_good("") || name_is_good(".") || name_is_good("..") || name_is_good("a/b") || name_is_good("a\\b"));
	assert_false(name_is_good("\xff") || name_is_good("a\tb") || name_is_good("\xe2\x80\xaegpj.exe") || name_is_good("a\xc2\x85"));
	assert_int_equal(name_encode("a b/ü%", encoded, sizeof encoded), 0);
	assert_string_equal(encoded, "a%20b%2F%C3%BC%25");
	assert_true(name_matches(encoded, "a b/ü%"));
	assert_int_equal(name_encode("ü", encoded, 6), -1);
	assert_int_equal(name_encode("ü", encoded, 7), 0);
	assert_true(name_matches("%61b", "ab") && name_matches("%c3%BC", "ü") && name_matches("", ""));
	assert_false(name_matches("ab%00", "ab") || name_matches("ab", "abc") || name_matches("abc", "ab") || name_matches("a%", "a%"));
	assert_false(name_matches("a%6", "af") || name_matches("a%g1", "aa") || name_matches("%00", ""));
}

static void media_types(void **state)
{
	char type[UPLOAD_TYPE_MAX + 1];
	static const char *const cases[][2] = {
		{ "text/plain", "text/plain" }, { "TEXT/HTML; charset=x", "text/html" }, { "a/b", "a/b" }, { "", "" }, { "text", "" },
		{ "text/", "" }, { "/plain", "" }, { "a/b/c", "" }, { "a/b\r\nX: y", "" }, { "text/pl<ain", "" },
		{ "image/svg+xml", "image/svg+xml" }, { " text/plain", "" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		media_type_copy(type, sizeof type, cases[i][0]);
		assert_string_equal(type, cases[i][1]);
	}
	media_type_copy(type, 5, "text/plain");
	assert_string_equal(type, "");
}

static void ranges(void **state)
{
	int64_t first = -1, count = -1;
	assert_int_equal(range_parse("bytes=9223372036854775807-", 10, &first, &count), RANGE_NONE);
	assert_int_equal(range_parse("bytes=-99999999999999999999999", 10, &first, &count), RANGE_PART);
	assert_true(first == 0 && count == 10);
	assert_int_equal(range_parse("bytes=9-9", 10, &first, &count), RANGE_PART);
	assert_true(first == 9 && count == 1);
	static const char *const whole[] = { "", "bytes=", "bytes=-", "bytes=--1", "bytes=1", "bytes=1-2x", "bytes= 1-2", "bytes=2-1" };
	for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
		assert_int_equal(range_parse(whole[i], 10, &first, &count), RANGE_WHOLE);
	assert_int_equal(range_parse(NULL, 10, &first, &count), RANGE_WHOLE);
}

/* --- the helper thread --- */

static int ndone, nfailed;

static void on_done(struct durable_item *item)
{
	ndone++;
	nfailed += item->error != 0;
}

static void thread_names_and_reports(void **state)
{
	enum { N = 70 }; /* more than two batches */
	char dir[] = "/tmp/filterd-durable-XXXXXX", names_[N][16];
	struct durable_item items[N] = { 0 };
	struct event_base *base = event_base_new();
	assert_non_null(mkdtemp(dir));
	int dir_fd = open(dir, O_RDONLY | O_DIRECTORY);
	struct durable *d = durable_new(base);
	assert_non_null(d);
	ndone = nfailed = 0;
	for (int i = 0; i < N; i++) {
		snprintf(names_[i], sizeof names_[i], "f%d", i == N - 1 ? 0 : i); /* the last: a name that is taken */
		items[i] = (struct durable_item){ .kind = DURABLE_FILE, .fd = openat(dir_fd, ".", O_TMPFILE | O_RDWR, 0600), .dir_fd = dir_fd,
			.name = names_[i], .done = on_done };
		assert_int_equal(write(items[i].fd, "abc", 3), 3);
		durable_submit(d, &items[i]);
	}
	struct durable_item bad = { .kind = DURABLE_SYNC, .fd = -1, .done = on_done };
	durable_submit(d, &bad);
	durable_free(&d); /* everything is done and told before it returns */
	assert_int_equal(ndone, N + 1);
	assert_int_equal(nfailed, 2);
	assert_int_equal(items[N - 1].error, EEXIST);
	assert_int_equal(bad.error, EBADF);
	for (int i = 0; i < N; i++) {
		close(items[i].fd);
		assert_int_equal(unlinkat(dir_fd, names_[i], 0), i == N - 1 ? -1 : 0);
	}
	close(dir_fd);
	rmdir(dir);
	event_base_free(base);
}

/* --- the service --- */

struct world {
	struct event_base *base;
	struct upload_service *svc;
	struct conf conf;
	char dir[64];
	struct upload_job *job; /* the last that came for judgement */
	int fd;
	char owner[64], name[64], type[64];
	uint8_t sha256[32];
	int64_t size;
	int scans, events, status;
	char reason[64];
	bool is_busy;
};

static int on_scan(void *ctx, struct upload_job *job, int fd, const struct upload_meta *meta)
{
	struct world *w = ctx;
	w->scans++;
	if (w->is_busy)
		return -1;
	w->job = job;
	w->fd = fd;
	w->size = meta->size;
	snprintf(w->owner, sizeof w->owner, "%s", meta->owner);
	snprintf(w->name, sizeof w->name, "%s", meta->name);
	snprintf(w->type, sizeof w->type, "%s", meta->type);
	memcpy(w->sha256, meta->sha256, sizeof w->sha256);
	return 0;
}

static void on_event(void *ctx, const struct event_record *e)
{
	struct world *w = ctx;
	w->events++;
	assert_int_equal(e->id, EVENT_UPLOAD_REFUSED);
	for (size_t i = 0; i < e->nfields; i++) {
		if (strcmp(e->fields[i].name, "status") == 0)
			w->status = atoi(e->fields[i].value);
		if (strcmp(e->fields[i].name, "reason") == 0)
			snprintf(w->reason, sizeof w->reason, "%s", e->fields[i].value);
	}
}

static int begin(void **state)
{
	static struct world world;
	static char *inline_types[] = { "image/png" };
	struct cfgerr err = { 0 };
	signal(SIGPIPE, SIG_IGN);
	world = (struct world){ .dir = "/tmp/filterd-http-XXXXXX" };
	*state = &world;
	if (!mkdtemp(world.dir) || !(world.base = event_base_new()))
		return -1;
	world.conf = (struct conf){ .path = "test", .state_dir = world.dir, .scan = { .file_time_ms = 20000 },
		.upload = { .listen = "127.0.0.1", .url = "https://upload.example.test/files/", .certificate = "", .key = "", .size_max = 1 << 20,
			.quota = 4 << 20, .slot_s = 60, .expire_s = 600, .connections_max = 4, .header_s = 5, .rate_min = 1,
			.inline_types = { inline_types, 1 } } };
	if (upload_service_new(world.base, &world.conf, (struct upload_ops){ on_scan, on_event }, &world, &world.svc, &err) == 0)
		return 0;
	print_error("%s: %s\n", err.file, err.text);
	return -1;
}

static int end(void **state)
{
	struct world *w = *state;
	char cmd[100];
	upload_service_free(&w->svc);
	event_base_free(w->base);
	snprintf(cmd, sizeof cmd, "rm -r %s", w->dir);
	return system(cmd);
}

/* Turns the loop until what is wanted is there, or fails after some seconds. */
static void turn_until(struct world *w, bool (*wanted)(struct world *))
{
	for (int i = 0; i < 5000 && !wanted(w); i++) {
		event_base_loop(w->base, EVLOOP_NONBLOCK);
		usleep(1000);
	}
	assert_true(wanted(w));
}

static bool has_job(struct world *w) { return w->job; }
static bool was_scanned(struct world *w) { return w->scans > 0; }
static bool is_unconnected(struct world *w)
{
	struct upload_stats s;
	upload_service_stats(w->svc, &s);
	return s.connections == 0;
}

static int client(struct world *w, const char *text)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)upload_service_port(w->svc)),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	assert_int_equal(send(fd, text, strlen(text), 0), (ssize_t)strlen(text));
	return fd;
}

static int put(struct world *w, const struct upload_slot *slot, const char *body)
{
	char text[4096];
	snprintf(text, sizeof text, "PUT %s HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\nAuthorization: %s\r\n\r\n%s",
		strstr(slot->put_url, "/files/"), strlen(body), slot->authorization, body);
	return client(w, text);
}

/* The status of the answer. */
static int answer(struct world *w, int fd, char *text, size_t size)
{
	for (int i = 0; i < 5000; i++) {
		ssize_t n = recv(fd, text, size - 1, MSG_DONTWAIT);
		if (n >= 0) {
			text[n] = '\0';
			return n > 12 ? atoi(text + 9) : 0;
		}
		event_base_loop(w->base, EVLOOP_NONBLOCK);
		usleep(1000);
	}
	return -1;
}

static void slot_for(struct world *w, struct upload_slot *slot)
{
	assert_int_equal(upload_slot(w->svc, "alice@example.test", "é.png", 5, "image/PNG", slot), UPLOAD_OK);
}

static void judge_sees_what_was_sent(void **state)
{
	struct world *w = *state;
	struct upload_slot slot;
	uint8_t want[32];
	char text[4096], body[6] = "";
	slot_for(w, &slot);
	assert_non_null(strstr(slot.put_url, "https://upload.example.test/files/"));
	assert_null(strstr(slot.put_url, "files//"));
	int fd = put(w, &slot, "hello");
	turn_until(w, has_job);
	SHA256((const uint8_t *)"hello", 5, want);
	assert_memory_equal(w->sha256, want, 32);
	assert_string_equal(w->owner, "alice@example.test");
	assert_string_equal(w->name, "é.png");
	assert_string_equal(w->type, "image/png");
	assert_int_equal(w->size, 5);
	assert_int_equal(pread(w->fd, body, 5, 0), 5);
	assert_string_equal(body, "hello");
	assert_true(pwrite(w->fd, "x", 1, 0) < 0 && ftruncate(w->fd, 0) < 0); /* no writing through it */
	upload_verdict(w->job, UPLOAD_CLEAN, NULL, NULL);
	assert_int_equal(answer(w, fd, text, sizeof text), 201);
	assert_int_equal(w->events, 0);
	snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", strstr(slot.get_url, "/files/"));
	close(fd);
	fd = client(w, text);
	assert_int_equal(answer(w, fd, text, sizeof text), 200);
	assert_non_null(strstr(text, "Content-Disposition: inline; filename*=UTF-8''%C3%A9.png\r\n"));
	close(fd);
}

static void refusal_is_told_and_reported(void **state)
{
	struct world *w = *state;
	struct upload_slot slot;
	char text[4096];
	slot_for(w, &slot);
	int fd = put(w, &slot, "hello");
	turn_until(w, has_job);
	char *reason = strdup("Malware was found."); /* texts are copied */
	upload_verdict(w->job, UPLOAD_REFUSED, "feedfacefeedface", reason);
	memset(reason, 'X', strlen(reason));
	free(reason);
	assert_int_equal(answer(w, fd, text, sizeof text), 403);
	assert_non_null(strstr(text, "\r\n\r\nMalware was found.\nReference: feedfacefeedface\n"));
	assert_int_equal(w->status, 403);
	close(fd);
}

static void length_mismatch_is_reported_but_strangers_are_not(void **state)
{
	struct world *w = *state;
	struct upload_slot slot;
	char text[4096];
	slot_for(w, &slot);
	int fd = put(w, &slot, "hello, world");
	assert_int_equal(answer(w, fd, text, sizeof text), 413);
	close(fd);
	assert_true(w->events == 1 && w->status == 413 && w->scans == 0);
	memset(slot.authorization + 7, 'A', 10);
	fd = put(w, &slot, "hello");
	assert_int_equal(answer(w, fd, text, sizeof text), 403);
	close(fd);
	assert_int_equal(w->events, 1);
}

static void judge_without_time(void **state)
{
	struct world *w = *state;
	struct upload_slot slot;
	char text[4096];
	w->is_busy = true;
	slot_for(w, &slot);
	int fd = put(w, &slot, "hello");
	turn_until(w, was_scanned);
	assert_int_equal(answer(w, fd, text, sizeof text), 503);
	assert_non_null(strstr(text, "Retry-After: "));
	close(fd);
}

static void verdict_after_the_client_has_gone(void **state)
{
	struct world *w = *state;
	struct upload_slot slot;
	struct upload_stats s;
	slot_for(w, &slot);
	int fd = put(w, &slot, "hello");
	turn_until(w, has_job);
	close(fd);
	upload_verdict(w->job, UPLOAD_CLEAN, NULL, NULL);
	turn_until(w, is_unconnected);
	upload_service_stats(w->svc, &s);
	assert_true(s.stored == 0 && s.jobs == 0);
}

static void verdict_after_the_service_has_gone(void **state)
{
	struct world *w = *state;
	struct upload_slot slot;
	char text[4096];
	slot_for(w, &slot);
	int fd = put(w, &slot, "hello");
	turn_until(w, has_job);
	upload_service_free(&w->svc);
	assert_null(w->svc);
	assert_int_equal(recv(fd, text, sizeof text, 0), 0);
	assert_int_equal(pread(w->fd, text, 5, 0), 5); /* still the judge's to read */
	upload_verdict(w->job, UPLOAD_CLEAN, NULL, NULL);
	assert_true(fcntl(w->fd, F_GETFD) < 0);
	close(fd);
}

/* Who leaves while the judge works keeps his place among the connections: jobs can't pile up behind the limit. */
static void held_jobs_count_as_connections(void **state)
{
	struct world *w = *state; /* connections_max = 4 */
	struct upload_job *jobs[4];
	struct upload_slot slot;
	char text[4096];
	for (int i = 0; i < 4; i++) {
		slot_for(w, &slot);
		w->job = NULL;
		close(put(w, &slot, "hello"));
		turn_until(w, has_job);
		jobs[i] = w->job;
	}
	slot_for(w, &slot);
	w->job = NULL;
	int fd = put(w, &slot, "hello");
	for (int i = 0; i < 200; i++) {
		event_base_loop(w->base, EVLOOP_NONBLOCK);
		usleep(1000);
	}
	assert_null(w->job);
	for (int i = 0; i < 4; i++)
		upload_verdict(jobs[i], UPLOAD_UNAVAILABLE, NULL, NULL);
	turn_until(w, has_job);
	upload_verdict(w->job, UPLOAD_CLEAN, NULL, NULL);
	assert_int_equal(answer(w, fd, text, sizeof text), 201);
	close(fd);
}

static void overdue_verdict_is_not_waited_for(void **state)
{
	struct world *w = *state;
	struct upload_slot slot;
	char text[4096];
	w->conf.scan.file_time_ms = -29900; /* the limit is twice this and a minute: 200 ms */
	slot_for(w, &slot);
	int fd = put(w, &slot, "hello");
	turn_until(w, has_job);
	assert_int_equal(answer(w, fd, text, sizeof text), 503);
	assert_true(w->events == 1 && w->status == 503);
	assert_int_equal(pread(w->fd, text, 5, 0), 5); /* still the judge's to read */
	upload_verdict(w->job, UPLOAD_CLEAN, NULL, NULL);
	snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", strstr(slot.get_url, "/files/"));
	close(fd);
	fd = client(w, text);
	assert_int_equal(answer(w, fd, text, sizeof text), 404);
	close(fd);
}

static void failed_link_is_no_success(void **state)
{
	struct world *w = *state;
	struct upload_slot slot;
	struct stat st;
	char text[4096], path[200];
	slot_for(w, &slot);
	int fd = put(w, &slot, "hello");
	turn_until(w, has_job);
	/* what a broken disk or a bug would do: the name is taken */
	int day = (int)(time(NULL) / 86400);
	snprintf(path, sizeof path, "%s/uploads/d%d/%.24s", w->dir, day, strstr(slot.get_url, "/files/") + 7);
	int taken = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(taken >= 0);
	close(taken);
	upload_verdict(w->job, UPLOAD_CLEAN, NULL, NULL);
	assert_int_equal(answer(w, fd, text, sizeof text), 500);
	assert_int_equal(w->status, 500);
	assert_int_equal(stat(path, &st), 0); /* not ours to delete */
	snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", strstr(slot.get_url, "/files/"));
	close(fd);
	fd = client(w, text);
	assert_int_equal(answer(w, fd, text, sizeof text), 404);
	close(fd);
}

static void limits_change_with_a_reload(void **state)
{
	struct world *w = *state;
	struct upload_slot slot;
	struct conf other = w->conf;
	other.upload.size_max = 4;
	upload_service_reload(w->svc, &other);
	assert_int_equal(upload_slot(w->svc, "a@b", "n", 5, NULL, &slot), UPLOAD_TOO_LARGE);
	assert_int_equal(slot.size_max, 4);
	upload_service_reload(w->svc, &w->conf);
	assert_int_equal(upload_slot(w->svc, "a@b", "n", 5, NULL, &slot), UPLOAD_OK);
}

static void second_listener_on_the_port(void **state)
{
	struct world *w = *state;
	struct conf other = w->conf;
	struct cfgerr err = { 0 };
	struct upload_service *svc = NULL;
	char dir[100];
	snprintf(dir, sizeof dir, "%s/other", w->dir);
	mkdir(dir, 0700);
	other.state_dir = dir;
	other.upload.port = upload_service_port(w->svc);
	assert_int_equal(upload_service_new(w->base, &other, (struct upload_ops){ on_scan, on_event }, w, &svc, &err), -1);
	assert_null(svc);
	assert_non_null(strstr(err.text, "cannot listen"));
	other.upload.listen = "no address";
	assert_int_equal(upload_service_new(w->base, &other, (struct upload_ops){ on_scan, on_event }, w, &svc, &err), -1);
	assert_non_null(strstr(err.text, "numeric"));
}

int main(void)
{
#define S(test) cmocka_unit_test_setup_teardown(test, begin, end)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names), cmocka_unit_test(media_types), cmocka_unit_test(ranges), cmocka_unit_test(thread_names_and_reports),
		S(judge_sees_what_was_sent), S(refusal_is_told_and_reported), S(length_mismatch_is_reported_but_strangers_are_not),
		S(judge_without_time), S(verdict_after_the_client_has_gone), S(verdict_after_the_service_has_gone),
		S(held_jobs_count_as_connections), S(overdue_verdict_is_not_waited_for), S(failed_link_is_no_success), S(limits_change_with_a_reload), S(second_listener_on_the_port),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
