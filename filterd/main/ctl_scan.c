/* filterctl scan: by the daemon if it runs, else by ourselves. */
#include "main/ctl_daemon.h"
#include "main/ctl_offline.h"

#include "base/text.h"
#include "control/client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SCAN_S = 700 };

static int say_wrong(const char *path, const char *why)
{
	char name[512];
	fprintf(stderr, "%s: %s\n", text_quote(name, sizeof name, path, strlen(path)), why);
	return CTL_FAILED;
}

static void print_findings(const char *name, const json_t *findings)
{
	size_t i;
	json_t *f;
	json_array_foreach(findings, i, f) {
		const char *inner = ctl_text(f, "path");
		printf("%s%s%s: found %s at %" JSON_INTEGER_FORMAT "-%" JSON_INTEGER_FORMAT
		       ", confidence %" JSON_INTEGER_FORMAT "\n",
		       name, *inner ? "/" : "", inner, ctl_text(f, "detector"),
		       json_integer_value(json_object_get(f, "start")), json_integer_value(json_object_get(f, "end")),
		       json_integer_value(json_object_get(f, "confidence")));
		if (json_object_get(f, "document"))
			printf("%s%s%s: that is %" JSON_INTEGER_FORMAT " %% of document %" JSON_INTEGER_FORMAT " and %" JSON_INTEGER_FORMAT
			       " %% of the text\n", name, *inner ? "/" : "", inner, json_integer_value(json_object_get(f, "share_document")),
			       json_integer_value(json_object_get(f, "document")), json_integer_value(json_object_get(f, "share_message")));
	}
}

static void print_human(const char *path, const json_t *answer)
{
	char name[512];
	const char *status = ctl_text(answer, "status");
	text_quote(name, sizeof name, path, strlen(path));
	if (strcmp(status, "malware") == 0)
		printf("%s: MALWARE %s\n", name, ctl_text(answer, "name"));
	else if (strcmp(status, "unscannable") == 0)
		printf("%s: NOT SCANNED (%s) %s\n", name, ctl_text(answer, "cause"), ctl_text(answer, "name"));
	else
		printf("%s: %s\n", name,
		       json_array_size(json_object_get(answer, "findings")) ? "no malware, but:" : "clean");
	print_findings(name, json_object_get(answer, "findings"));
}

static int judge(const json_t *answer)
{
	const char *status = json_string_value(json_object_get(answer, "status"));
	int clean = status && strcmp(status, "clean") == 0 && json_array_size(json_object_get(answer, "findings")) == 0;
	return clean ? CTL_OK : CTL_FOUND;
}

/* Who scans: the daemon behind a socket, or a filterd-scan of our own. */
struct scanner {
	const struct ctl *ctl;
	int daemon;
	struct offline *offline;
};

static json_t *ask_daemon(const struct scanner *s, int fd, const char *name)
{
	json_t *answer = NULL;
	int r = ctl_daemon_ask(s->ctl, s->daemon, json_pack("{s:s,s:s}", "cmd", "scan", "name", name), fd, SCAN_S,
	                       &answer);
	return r == CTL_OK ? answer : NULL;
}

static int scan_one(const struct scanner *s, const char *path)
{
	char name[512];
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return say_wrong(path, strerror(errno));
	struct stat st;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return say_wrong(path, "not scanned: it is no regular file");
	}
	text_quote(name, sizeof name, base, strlen(base)); /* JSON and the scan protocol take UTF-8 only */
	json_t *answer = s->offline ? offline_scan(s->offline, fd, name) : ask_daemon(s, fd, name);
	close(fd);
	if (!answer)
		return say_wrong(path, "not scanned");
	if (s->ctl->json) {
		json_object_del(answer, "ok");
		json_object_set_new(answer, "file",
		                    text_is_utf8(path, strlen(path)) ? json_string(path) : json_string(name));
		ctl_print_json(answer);
	} else {
		print_human(path, answer);
	}
	int status = judge(answer);
	json_decref(answer);
	return status;
}

/* The daemon if it is there; -1 if neither can be had. */
static int open_scanner(struct scanner *s)
{
	s->daemon = control_client_connect(s->ctl->control);
	if (s->daemon >= 0)
		return 0;
	if (errno != ENOENT && errno != ECONNREFUSED) {
		say_wrong(s->ctl->control, strerror(errno));
		return -1;
	}
	s->offline = offline_start(s->ctl);
	return s->offline ? 0 : -1;
}

static void close_scanner(struct scanner *s)
{
	if (s->daemon >= 0)
		close(s->daemon);
	offline_stop(&s->offline);
}

int ctl_scan(const struct ctl *ctl, int argc, char **argv)
{
	struct scanner s = { .ctl = ctl };
	if (argc < 2) {
		fputs("usage: filterctl scan [--json] FILE...\n", stderr);
		return CTL_USAGE;
	}
	if (open_scanner(&s) < 0)
		return CTL_FAILED;
	int worst = CTL_OK;
	for (int i = 1; i < argc; i++) {
		int status = scan_one(&s, argv[i]);
		worst = status > worst ? status : worst;
		if (status == CTL_FAILED && !s.offline) { /* filterd may have closed the connection with its refusal */
			close(s.daemon);
			if ((s.daemon = ctl_daemon_connect(ctl)) < 0)
				break;
		}
	}
	close_scanner(&s);
	return worst;
}
