/* filterctl, the program, against a filterd that this test plays: words, exit statuses, hostile answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/server.h"

#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT_MAX = 8192 };

/* ---- the daemon ---- */

static void do_status(void *ctx, struct control_request *req, json_t *cmd, int fd)
{
	control_reply(req, json_pack("{s:b,s:s,s:i,s:i,s:[{s:s,s:s,s:s,s:i,s:b},{s:s,s:s,s:s,s:i,s:b}],s:[{s:s,s:s,s:i,"
	                             "s:i}],s:{s:b,s:i},s:{s:i},s:{s:i,s:i}}",
	                             "ok", 1, "version", "9.9", "uptime_s", 90061, "generation", 3, "links", "domain",
	                             "f.example", "serves", "filter", "host", "127.0.0.1", "port", 5347, "up", 1,
	                             "domain", "u.example\x1b[2J", "serves", "upload", "host", "127.0.0.1", "port",
	                             5347, "up", 0, "channels", "link", "f.example", "software", "mod_filterd/1.0",
	                             "open", 2, "inspected", 40, "scan", "serving", 1, "text_workers", 4, "rules",
	                             "detectors", 13, "counters", "inspected", 40, "blocked", 1));
}

static void do_reload(void *ctx, struct control_request *req, json_t *cmd, int fd)
{
	control_reply_error(req, "/etc/filterd/a.rules:7: the pattern \"x\\d\" is broken\n\x1b[31mred");
}

static void do_scan(void *ctx, struct control_request *req, json_t *cmd, int fd)
{
	char text[32] = "";
	ssize_t n = pread(fd, text, sizeof text - 1, 0);
	close(fd);
	if (n > 0 && strcmp(text, "bad") == 0)
		control_reply(req, json_pack("{s:b,s:s,s:s,s:s,s:[]}", "ok", 1, "status", "malware", "name",
		                             "Evil.Thing", "cause", "none", "findings"));
	else if (n > 0 && strcmp(text, "locked") == 0)
		control_reply(req, json_pack("{s:b,s:s,s:s,s:s,s:[]}", "ok", 1, "status", "unscannable", "name", "",
		                             "cause", "encrypted", "findings"));
	else if (n > 0 && strcmp(text, "card") == 0)
		control_reply(req, json_pack("{s:b,s:s,s:s,s:s,s:[{s:s,s:i,s:i,s:i,s:s}]}", "ok", 1, "status", "clean",
		                             "name", "", "cause", "none", "findings", "detector", "payment-card",
		                             "start", 3, "end", 19, "confidence", 90, "path", "a/b.txt"));
	else if (n > 0 && strcmp(text, "busy") == 0)
		control_reply_error(req, "No more jobs can be taken now; try again.");
	else
		control_reply(req, json_pack("{s:b,s:s,s:s,s:s,s:[]}", "ok", 1, "status", "clean", "name", "", "cause",
		                             "none", "findings"));
}

static void do_quarantine(void *ctx, struct control_request *req, json_t *cmd, int fd)
{
	const char *op = json_string_value(json_object_get(cmd, "op"));
	if (strcmp(op, "list") == 0)
		control_reply(req, json_pack("{s:b,s:[{s:s,s:s,s:i}]}", "ok", 1, "items", "item", "4f00", "from",
		                             "a@b.example\nforged=1", "size", 12));
	else
		control_reply_error(req, "There is no item with this id.");
}

static const struct control_command commands[] = {
        {"status", 0, 5, do_status},         {"reload", 0, 5, do_reload}, {"scan", 1, 5, do_scan},
        {"quarantine", 0, 5, do_quarantine}, {NULL, 0, 0, NULL},
};

static int serve(const char *path, int ready)
{
	struct event_base *base = event_base_new();
	const struct control_ops ops = { commands, NULL };
	if (!control_server_new(base, path, "", &ops) || write(ready, "y", 1) != 1)
		return 1;
	return event_base_dispatch(base); /* until it is killed */
}

/* ---- the stage ---- */

static char dir[64], control[100];
static pid_t server;

static int setup(void **state)
{
	int ready[2];
	char c;
	snprintf(dir, sizeof dir, "/tmp/filterd-ctl-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(control, sizeof control, "%s/control", dir);
	assert_int_equal(pipe(ready), 0);
	server = fork();
	if (server == 0)
		_exit(serve(control, ready[1]));
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	return 0;
}

static int teardown(void **state)
{
	char command[100];
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	snprintf(command, sizeof command, "rm -rf '%s'", dir);
	return system(command);
}

static const char *file(const char *name, const char *content)
{
	static char paths[4][128];
	static int turn;
	char *path = paths[turn++ % 4];
	snprintf(path, sizeof paths[0], "%s/%s", dir, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(content, f);
	fclose(f);
	return path;
}

/* Runs filterctl with these arguments (both outputs together) and returns its exit status. */
static int run(char output[OUTPUT_MAX], const char *arguments)
{
	char command[1000];
	snprintf(command, sizeof command, "filterd/main/filterctl --control %s %s 2>&1", control, arguments);
	FILE *p = popen(command, "r");
	assert_non_null(p);
	size_t n = fread(output, 1, OUTPUT_MAX - 1, p);
	output[n] = '\0';
	int status = pclose(p);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void has(const char *output, const char *what)
{
	if (!strstr(output, what))
		fail_msg("\"%s\" is not in:\n%s", what, output);
}

/* ---- the tests ---- */

static void status_reads_well(void **state)
{
	char out[OUTPUT_MAX];
	assert_int_equal(run(out, "status"), 1); /* a link is down */
	has(out, "filterd 9.9, up 1 d 1 h, generation 3\n");
	has(out, "link      f.example (filter) at 127.0.0.1:5347: up\n");
	has(out, "link      u.example\\u{1b}[2J (upload) at 127.0.0.1:5347: DOWN\n");
	has(out, "channel   f.example, mod_filterd/1.0: 40 inspected, 2 under way\n");
	has(out, "scan      serving yes, text workers 4\n");
	assert_int_equal(run(out, "--json status"), 1);
	has(out, "{\"ok\":true,\"version\":\"9.9\"");
	assert_null(strchr(out, '\x1b'));
}

static void refusal_is_told_as_it_is(void **state)
{
	char out[OUTPUT_MAX];
	assert_int_equal(run(out, "reload"), 1);
	assert_string_equal(out,
	                    "filterctl: /etc/filterd/a.rules:7: the pattern \"x\\d\" is broken\\u{a}\\u{1b}[31mred\n");
	assert_int_equal(run(out, "quarantine show 12"), 1);
	has(out, "There is no item");
}

static void scan_says_what_was_found(void **state)
{
	char out[OUTPUT_MAX], args[600];
	const char *clean = file("clean.txt", "fine"), *bad = file("bad.bin", "bad"),
	           *locked = file("locked.zip", "locked"), *card = file("card.zip", "card");
	snprintf(args, sizeof args, "scan %s", clean);
	assert_int_equal(run(out, args), 0);
	has(out, "clean.txt: clean\n");
	snprintf(args, sizeof args, "scan %s %s %s %s", clean, bad, locked, card);
	assert_int_equal(run(out, args), 1);
	has(out, "bad.bin: MALWARE Evil.Thing\n");
	has(out, "locked.zip: NOT SCANNED (encrypted)");
	has(out, "card.zip: no malware, but:\n");
	has(out, "card.zip/a/b.txt: found payment-card at 3-19, confidence 90\n");
	snprintf(args, sizeof args, "scan %s --json", bad);
	assert_int_equal(run(out, args), 1);
	has(out, "{\"status\":\"malware\",\"name\":\"Evil.Thing\",\"cause\":\"none\",\"findings\":[],\"file\":\"");
}

static void file_that_was_not_scanned_is_no_success(void **state)
{
	char out[OUTPUT_MAX], args[600];
	const char *busy = file("busy", "busy"), *clean = file("clean.txt", "fine");
	snprintf(args, sizeof args, "scan %s %s/none %s", busy, dir, clean);
	assert_int_equal(run(out, args), 3);
	has(out, "busy: not scanned\n");
	has(out, "none: No such file or directory\n");
	has(out, "clean.txt: clean\n"); /* the rest is still done */
}

static void hostile_text_stays_on_its_line(void **state)
{
	char out[OUTPUT_MAX];
	assert_int_equal(run(out, "quarantine list"), 0);
	assert_string_equal(out, "item=4f00  from=a@b.example\\u{a}forged=1  size=12\n");
}

static void absent_daemon_is_an_answer_too(void **state)
{
	char out[OUTPUT_MAX];
	assert_int_equal(run(out, "--control /nonexistent/socket status"), 3);
	has(out, "filterd does not run");
}

static void wrong_use_is_told(void **state)
{
	char out[OUTPUT_MAX];
	assert_int_equal(run(out, ""), 2);
	assert_int_equal(run(out, "frobnicate"), 2);
	has(out, "--help");
	assert_int_equal(run(out, "--frobnicate"), 2);
	assert_int_equal(run(out, "status now"), 2);
	assert_int_equal(run(out, "quarantine"), 2);
	assert_int_equal(run(out, "scan"), 2);
	assert_int_equal(run(out, "--help"), 0);
	assert_int_equal(run(out, "-c /nonexistent.conf status"), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_reads_well),
		cmocka_unit_test(refusal_is_told_as_it_is),
		cmocka_unit_test(scan_says_what_was_found),
		cmocka_unit_test(file_that_was_not_scanned_is_no_success),
		cmocka_unit_test(hostile_text_stays_on_its_line),
		cmocka_unit_test(absent_daemon_is_an_answer_too),
		cmocka_unit_test(wrong_use_is_told),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
