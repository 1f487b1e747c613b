/* control/server against control/client, and against clients that break the rules.  The server runs in a child. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/io.h"
#include "control/client.h"
#include "control/server.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the server ---- */

struct later {
	struct control_request *req;
	struct event *timer;
};

static int gone_seen; /* requests whose client had gone when they were answered */

static void do_echo(void *ctx, struct control_request *req, json_t *cmd, int fd)
{
	control_reply(req, json_pack("{s:b,s:O}", "ok", 1, "said", json_object_get(cmd, "say")));
}

static void do_read(void *ctx, struct control_request *req, json_t *cmd, int fd)
{
	char text[32] = "";
	ssize_t n = pread(fd, text, sizeof text - 1, 0);
	close(fd);
	if (n < 0)
		control_reply_error(req, "can't be read: %s", strerror(errno));
	else
		control_reply(req, json_pack("{s:b,s:s}", "ok", 1, "text", text));
}

static void on_later(evutil_socket_t fd, short what, void *ctx)
{
	struct later *l = ctx;
	gone_seen += control_request_is_gone(l->req);
	control_reply(l->req, json_pack("{s:b}", "ok", 1));
	event_free(l->timer);
	free(l);
}

/* Answers after "ms". */
static void do_wait(void *ctx, struct control_request *req, json_t *cmd, int fd)
{
	struct later *l = calloc(1, sizeof *l);
	long ms = (long)json_integer_value(json_object_get(cmd, "ms"));
	const struct timeval tv = { ms / 1000, ms % 1000 * 1000 };
	l->req = req;
	l->timer = event_new(ctx, -1, 0, on_later, l);
	event_add(l->timer, &tv);
}

static void do_gone(void *ctx, struct control_request *req, json_t *cmd, int fd)
{
	control_reply(req, json_pack("{s:b,s:i}", "ok", 1, "gone", gone_seen));
}

static void do_huge(void *ctx, struct control_request *req, json_t *cmd, int fd)
{
	char *text = malloc(300001);
	memset(text, 'x', 300000);
	text[300000] = '\0';
	control_reply(req, json_pack("{s:b,s:s}", "ok", 1, "text", text));
	free(text);
}

static const struct control_command commands[] = {
        {"echo", 0, 5, do_echo}, {"read", 1, 5, do_read}, {"wait", 0, 1, do_wait},
        {"gone", 0, 5, do_gone}, {"huge", 0, 5, do_huge}, {NULL, 0, 0, NULL},
};

static void on_term(evutil_socket_t signo, short what, void *ctx)
{
	event_base_loopbreak(ctx);
}

static int serve(const char *path, int ready)
{
	struct event_base *base = event_base_new();
	const struct control_ops ops = { commands, base };
	struct control_server *s = control_server_new(base, path, "", &ops);
	struct event *term = evsignal_new(base, SIGTERM, on_term, base);
	if (!s || !term || event_add(term, NULL) < 0)
		return 1;
	if (write(ready, "y", 1) != 1)
		return 1;
	event_base_dispatch(base);
	control_server_free(&s);
	event_free(term);
	event_base_free(base);
	return 0;
}

/* ---- the stage ---- */

struct stage {
	char dir[64], path[100];
	pid_t server;
};

static int setup(void **state)
{
	struct stage *s = calloc(1, sizeof *s);
	int ready[2];
	char c;
	snprintf(s->dir, sizeof s->dir, "/tmp/filterd-control-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	snprintf(s->path, sizeof s->path, "%s/control", s->dir);
	assert_int_equal(pipe(ready), 0);
	s->server = fork();
	if (s->server == 0) {
		close(ready[0]);
		_exit(serve(s->path, ready[1]));
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct stage *s = *state;
	int status;
	struct stat st;
	kill(s->server, SIGTERM);
	waitpid(s->server, &status, 0);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	/* the name stays, it may be a successor's; nobody listens behind it */
	assert_true(lstat(s->path, &st) == 0 && S_ISSOCK(st.st_mode) && unlink(s->path) == 0);
	rmdir(s->dir);
	free(s);
	return 0;
}

static int dial(const struct stage *s)
{
	int fd = control_client_connect(s->path);
	assert_true(fd >= 0);
	return fd;
}

static json_t *ask(int fd, json_t *request, int pass_fd)
{
	json_t *answer = control_client_ask(fd, request, pass_fd, 10);
	json_decref(request);
	if (!answer)
		fail_msg("no answer: %s", strerror(errno));
	return answer;
}

/* Sends raw bytes and returns the answer's error, then expects the connection to be closed. */
static void raw_is_refused(const struct stage *s, const char *data, size_t size, const char *error)
{
	int fd = dial(s);
	char answer[500];
	size_t have = 0;
	ssize_t n;
	assert_int_equal(io_write_all(fd, data, size), 0);
	while (have < sizeof answer - 1 && (n = read(fd, answer + have, sizeof answer - 1 - have)) > 0)
		have += (size_t)n;
	answer[have] = '\0';
	if (!strstr(answer, error))
		fail_msg("wanted \"%s\", got: %s", error, answer);
	close(fd);
}

/* ---- the tests ---- */

static void socket_is_for_owner_and_group_only(void **state)
{
	struct stat st;
	assert_int_equal(stat(((struct stage *)*state)->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
}

static void many_requests_on_one_connection(void **state)
{
	int fd = dial(*state);
	for (int i = 0; i < 100; i++) {
		json_t *a = ask(fd, json_pack("{s:s,s:i}", "cmd", "echo", "say", i), -1);
		assert_true(json_is_true(json_object_get(a, "ok")));
		assert_int_equal(json_integer_value(json_object_get(a, "said")), i);
		json_decref(a);
	}
	close(fd);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
	int fd = dial(*state);
	static const char three[] =
	        "{\"cmd\":\"wait\",\"ms\":50}\n{\"cmd\":\"echo\",\"say\":1}\n{\"cmd\":\"echo\",\"say\":2}\n";
	static const char want[] = "{\"ok\":true}\n{\"ok\":true,\"said\":1}\n{\"ok\":true,\"said\":2}\n";
	char got[sizeof want] = "";
	assert_int_equal(io_write_all(fd, three, sizeof three - 1), 0);
	for (size_t n = 0; n < sizeof want - 1;) {
		ssize_t k = read(fd, got + n, sizeof want - 1 - n);
		assert_true(k > 0);
		n += (size_t)k;
	}
	assert_string_equal(got, want);
	close(fd);
}

static void line_may_come_byte_by_byte(void **state)
{
	int fd = dial(*state);
	static const char line[] = "{\"cmd\":\"echo\",\"say\":7}\n";
	char got[64] = "";
	for (size_t i = 0; i < sizeof line - 1; i++)
		assert_int_equal(write(fd, line + i, 1), 1);
	assert_true(read(fd, got, sizeof got - 1) > 0);
	assert_string_equal(got, "{\"ok\":true,\"said\":7}\n");
	close(fd);
}

static void descriptor_comes_with_its_line(void **state)
{
	int fd = dial(*state), file = io_memfd_sealed("test", "content", 7);
	for (int i = 0; i < 3; i++) {
		json_t *a = ask(fd, json_pack("{s:s}", "cmd", "read"), file);
		assert_string_equal(json_string_value(json_object_get(a, "text")), "content");
		json_decref(a);
	}
	close(file);
	close(fd);
}

static void descriptors_where_they_do_not_belong(void **state)
{
	int fd = dial(*state), file = io_memfd_sealed("test", "content", 7);
	json_t *a = ask(fd, json_pack("{s:s,s:i}", "cmd", "echo", "say", 1), file);
	assert_non_null(strstr(json_string_value(json_object_get(a, "error")), "takes no file descriptor"));
	json_decref(a);
	close(fd);
	close(file);
	raw_is_refused(*state, "{\"cmd\":\"read\"}\n", 15, "needs a file descriptor");
}

static void nonsense_is_answered_and_closed(void **state)
{
	char *deep = malloc(70001);
	memset(deep, '[', 70000);
	deep[40000] = '\n';
	raw_is_refused(*state, deep, 40001, "not a JSON object");
	deep[40000] = '[';
	raw_is_refused(*state, deep, 65536, "too long");
	free(deep);
	raw_is_refused(*state, "\n", 1, "not a JSON object");
	raw_is_refused(*state, "[1]\n", 4, "not a JSON object");
	raw_is_refused(*state, "{\"cmd\":3}\n", 10, "\\\"cmd\\\"");
	raw_is_refused(*state, "{\"cmd\":\"rm\"}\n", 13, "no such command");
	raw_is_refused(*state, "{\"cmd\":\"echo\",\"cmd\":\"gone\"}\n", 28, "not a JSON object");
}

static void late_answer_is_replaced(void **state)
{
	int fd = dial(*state);
	json_t *a = ask(fd, json_pack("{s:s,s:i}", "cmd", "wait", "ms", 1500), -1);
	assert_false(json_is_true(json_object_get(a, "ok")));
	assert_non_null(strstr(json_string_value(json_object_get(a, "error")), "in time"));
	json_decref(a);
	usleep(700000); /* the handler's own answer is let fall, and does not disturb the next */
	a = ask(fd, json_pack("{s:s}", "cmd", "gone"), -1);
	assert_int_equal(json_integer_value(json_object_get(a, "gone")), 1);
	json_decref(a);
	close(fd);
}

static void client_that_leaves_disturbs_nobody(void **state)
{
	int fd = dial(*state);
	assert_true(write(fd, "{\"cmd\":\"wait\",\"ms\":100}\n", 24) == 24);
	usleep(20000);
	close(fd);
	usleep(200000);
	fd = dial(*state);
	json_t *a = ask(fd, json_pack("{s:s}", "cmd", "gone"), -1);
	assert_int_equal(json_integer_value(json_object_get(a, "gone")), 1);
	json_decref(a);
	close(fd);
}

static void answer_that_is_too_long_says_so(void **state)
{
	int fd = dial(*state);
	json_t *a = ask(fd, json_pack("{s:s}", "cmd", "huge"), -1);
	assert_non_null(strstr(json_string_value(json_object_get(a, "error")), "too long"));
	json_decref(a);
	close(fd);
}

static void too_many_connections_are_told(void **state)
{
	int fds[CONTROL_CONNECTIONS_MAX];
	for (int i = 0; i < CONTROL_CONNECTIONS_MAX; i++) {
		fds[i] = dial(*state);
		json_decref(ask(fds[i], json_pack("{s:s,s:i}", "cmd", "echo", "say", i), -1));
	}
	int fd = dial(*state);
	char got[200] = "";
	assert_true(read(fd, got, sizeof got - 1) > 0);
	assert_non_null(strstr(got, "too many"));
	close(fd);
	for (int i = 0; i < CONTROL_CONNECTIONS_MAX; i++)
		close(fds[i]);
}

static void client_gives_up_in_time(void **state)
{
	int fd = dial(*state);
	json_t *request = json_pack("{s:s,s:i}", "cmd", "wait", "ms", 5000);
	uint64_t begun = clock_ms();
	assert_null(control_client_ask(fd, request, -1, 0));
	assert_int_equal(errno, ETIMEDOUT);
	assert_true(clock_ms() - begun < 1000);
	json_decref(request);
	close(fd);
}

static void only_a_socket_makes_way(void **state)
{
	struct event_base *base = event_base_new();
	const struct control_ops ops = { commands, base };
	char path[150];
	snprintf(path, sizeof path, "%s/file", ((struct stage *)*state)->dir);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	assert_null(control_server_new(base, path, "", &ops));
	assert_int_equal(errno, EEXIST);
	unlink(path);
	event_base_free(base);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(socket_is_for_owner_and_group_only),
		TEST(many_requests_on_one_connection),
		TEST(pipelined_requests_are_answered_in_order),
		TEST(line_may_come_byte_by_byte),
		TEST(descriptor_comes_with_its_line),
		TEST(descriptors_where_they_do_not_belong),
		TEST(nonsense_is_answered_and_closed),
		TEST(late_answer_is_replaced),
		TEST(client_that_leaves_disturbs_nobody),
		TEST(answer_that_is_too_long_says_so),
		TEST(too_many_connections_are_told),
		TEST(client_gives_up_in_time),
		TEST(only_a_socket_makes_way),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
