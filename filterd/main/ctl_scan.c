/* filterctl scan: by the daemon if it runs, else by ourselves. */
#include "main/ctl_daemon.h"
#include "main/ctl_scan_offline.h"

#include "base/text.h"
#include "control/client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
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
		printf("%s%s%s: found %s at %" JSON_INTEGER_FORMAT "-%" JSON_INTEGER_FORMAT ", confidence %" JSON_INTEGER_FORMAT "\n", name, *inner ? "//" : "", inner,
			ctl_text(f, "detector"), json_integer_value(json_object_get(f, "start")), json_integer_value(json_object_get(f, "end")),
			json_integer_value(json_object_get(f, "confidence")));
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
		printf("%s: clean\n", name);
	print_findings(name, json_object_get(answer, "findings"));
}

static int judge(const json_t *answer)
{
	const char *status = json_string_value(json_object_get(answer, "status"));
	int clean = status && strcmp(status, "clean") == 0 && json_array_size(json_object_get(answer, "findings")) == 0;
	return clean ? CTL_OK : CTL_FOUND;
}

static int scan_one(const struct ctl *ctl, int daemon, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return say_wrong(path, strerror(errno));
	const char *slash = strrchr(path, '/');
	json_t *request = json_pack("{s:s,s:s%}", "cmd", "scan", "name", slash ? slash + 1 : path, strnlen(slash ? slash + 1 : path, 255));
	if (!request) {
		close(fd);
		return say_wrong(path, "its name is not UTF-8; filterd can't be told it");
	}
	json_t *answer = ctl_daemon_ask(ctl, daemon, request, fd, SCAN_S);
	close(fd);
	if (!answer)
		return say_wrong(path, "not scanned");
	if (ctl->json) {
		json_object_del(answer, "ok");
		json_object_set_new(answer, "file", json_string(path));
		ctl_print_json(answer);
	} else {
		print_human(path, answer);
	}
	int status = judge(answer);
	json_decref(answer);
	return status;
}

int ctl_scan(const struct ctl *ctl, int argc, char **argv)
{
	if (argc < 2) {
		fputs("usage: filterctl scan [--json] FILE…\n", stderr);
		return CTL_USAGE;
	}
	int worst = CTL_OK, daemon = control_client_connect(ctl->control);
	if (daemon < 0 && errno != ENOENT && errno != ECONNREFUSED)
		return say_wrong(ctl->control, strerror(errno));
	if (daemon < 0)
		return ctl_scan_offline(ctl, argc - 1, argv + 1);
	for (int i = 1; i < argc; i++) {
		int status = scan_one(ctl, daemon, argv[i]);
		worst = status > worst ? status : worst;
		if (status == CTL_FAILED) { /* filterd may have closed the connection with its refusal */
			close(daemon);
			if ((daemon = ctl_daemon_connect(ctl)) < 0)
				return CTL_FAILED;
		}
	}
	close(daemon);
	return worst;
}
