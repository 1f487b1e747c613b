#include "main/ctl_daemon.h"

#include "base/text.h"
#include "control/client.h"
#include "main/ctl_say.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RELOAD_S = 310, ASK_S = 40 }; /* more than filterd gives itself: its own words are better than ours */

int ctl_daemon_connect(const struct ctl *ctl)
{
	int fd = control_client_connect(ctl->control);
	if (fd >= 0)
		return fd;
	const char *hint = errno == ENOENT || errno == ECONNREFUSED
	                           ? "filterd does not run, or its control socket is elsewhere (see -c and --control)"
	                   : errno == EACCES || errno == EPERM
	                           ? "you may not use it; filterd.conf's control.group names who may"
	                           : strerror(errno);
	return ctl_complain(ctl->control, hint);
}

const char *ctl_text(const json_t *object, const char *member)
{
	static char texts[8][1200];
	static unsigned turn;
	const char *s = json_string_value(json_object_get(object, member));
	return ctl_clean(texts[turn++ % 8], sizeof texts[0], s ? s : "");
}

void ctl_print_json(const json_t *v)
{
	json_dumpf(v, stdout, JSON_COMPACT);
	putchar('\n');
}

int ctl_daemon_ask(const struct ctl *ctl, int fd, json_t *request, int pass_fd, int timeout_s, json_t **answer_r)
{
	json_t *answer = control_client_ask(fd, request, pass_fd, timeout_s);
	int e = errno;
	json_decref(request);
	if (!answer) {
		fprintf(stderr, "filterctl: %s: %s\n", ctl->control,
		        e == ETIMEDOUT ? "filterd does not answer"
		        : e == EPIPE   ? "filterd hung up"
		        : e == EPROTO  ? "this is not a filterd of our version"
		                       : strerror(e));
		return CTL_FAILED;
	}
	if (json_is_true(json_object_get(answer, "ok"))) {
		*answer_r = answer;
		return CTL_OK;
	}
	if (ctl->json)
		ctl_print_json(answer);
	else
		fprintf(stderr, "filterctl: %s\n", ctl_text(answer, "error"));
	json_decref(answer);
	return CTL_FOUND;
}

/* One question, one answer. */
static int ask_once(const struct ctl *ctl, json_t *request, int timeout_s, json_t **answer_r)
{
	int fd = ctl_daemon_connect(ctl);
	if (fd < 0) {
		json_decref(request);
		return CTL_FAILED;
	}
	int status = ctl_daemon_ask(ctl, fd, request, -1, timeout_s, answer_r);
	close(fd);
	return status;
}

static int usage(const char *text)
{
	fprintf(stderr, "usage: filterctl %s\n", text);
	return CTL_USAGE;
}

/* ---- status ---- */

static json_int_t number(const json_t *object, const char *member)
{
	return json_integer_value(json_object_get(object, member));
}

static void print_uptime(json_int_t s)
{
	if (s >= 86400)
		printf("%" JSON_INTEGER_FORMAT " d %" JSON_INTEGER_FORMAT " h", s / 86400, s % 86400 / 3600);
	else if (s >= 3600)
		printf("%" JSON_INTEGER_FORMAT " h %" JSON_INTEGER_FORMAT " min", s / 3600, s % 3600 / 60);
	else
		printf("%" JSON_INTEGER_FORMAT " min %" JSON_INTEGER_FORMAT " s", s / 60, s % 60);
}

static void print_links(const json_t *links)
{
	size_t i;
	json_t *l;
	json_array_foreach(links, i, l) printf(
	        "link      %s (%s) at %s:%" JSON_INTEGER_FORMAT ": %s\n", ctl_text(l, "domain"), ctl_text(l, "serves"),
	        ctl_text(l, "host"), number(l, "port"), json_is_true(json_object_get(l, "up")) ? "up" : "DOWN");
}

static void print_channels(const json_t *channels)
{
	size_t i;
	json_t *c;
	if (json_array_size(channels) == 0)
		puts("channel   none: no connector is attached, so nothing is filtered yet");
	json_array_foreach(channels, i, c)
	        printf("channel   %s, %s: %" JSON_INTEGER_FORMAT " inspected, %" JSON_INTEGER_FORMAT " under way\n",
	               ctl_text(c, "link"), ctl_text(c, "software"), number(c, "inspected"), number(c, "open"));
}

/* Numbers by name, in the order in which filterd tells them. */
static void print_numbers(const char *title, const json_t *object)
{
	const char *name;
	json_t *v;
	const char *before = "";
	printf("%-9s ", title);
	json_object_foreach((json_t *)object, name, v) {
		char label[64];
		size_t n = 0;
		for (; name[n] && n < sizeof label - 1; n++)
			label[n] = name[n] == '_' ? ' ' : name[n];
		label[n] = '\0';
		if (json_is_integer(v))
			printf("%s%s %" JSON_INTEGER_FORMAT, before, label, json_integer_value(v));
		else if (json_is_boolean(v))
			printf("%s%s %s", before, label, json_is_true(v) ? "yes" : "NO");
		else
			continue;
		before = ", ";
	}
	putchar('\n');
}

static int is_healthy(const json_t *status)
{
	size_t i;
	json_t *l;
	json_array_foreach(json_object_get(status, "links"), i, l)
		if (!json_is_true(json_object_get(l, "up")))
			return 0;
	return !json_is_false(json_object_get(json_object_get(status, "scan"), "serving"));
}

int ctl_status(const struct ctl *ctl, int argc, char **argv)
{
	if (argc > 1)
		return usage("status [--json]");
	json_t *s;
	int r = ask_once(ctl, json_pack("{s:s}", "cmd", "status"), ASK_S, &s);
	if (r != CTL_OK)
		return r;
	int healthy = is_healthy(s);
	if (ctl->json) {
		ctl_print_json(s);
	} else {
		printf("filterd %s, up ", ctl_text(s, "version"));
		print_uptime(number(s, "uptime_s"));
		printf(", generation %" JSON_INTEGER_FORMAT "\n", number(s, "generation"));
		print_links(json_object_get(s, "links"));
		print_channels(json_object_get(s, "channels"));
		print_numbers("scan", json_object_get(s, "scan"));
		if (json_object_get(json_object_get(s, "scan"), "degraded"))
			printf("          DEGRADED: %s\n", ctl_text(json_object_get(s, "scan"), "degraded"));
		print_numbers("rules", json_object_get(s, "rules"));
		print_numbers("so far", json_object_get(s, "counters"));
	}
	json_decref(s);
	return healthy ? CTL_OK : CTL_FOUND;
}

/* ---- reload ---- */

int ctl_reload(const struct ctl *ctl, int argc, char **argv)
{
	if (argc > 1)
		return usage("reload [--json]");
	json_t *answer;
	int r = ask_once(ctl, json_pack("{s:s}", "cmd", "reload"), RELOAD_S, &answer);
	if (r != CTL_OK)
		return r;
	if (ctl->json)
		ctl_print_json(answer);
	else
		printf("reloaded: generation %" JSON_INTEGER_FORMAT " serves\n", number(answer, "generation"));
	json_decref(answer);
	return CTL_OK;
}

/* ---- quarantine ---- */

static void print_item(const json_t *item)
{
	static const char *const members[] = {"item",  "id",      "time", "from", "to",    "rule",
	                                      "cause", "channel", "name", "size", "sha256"};
	const char *before = "";
	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		json_t *v = json_object_get(item, members[i]);
		if (json_is_string(v) && *json_string_value(v))
			printf("%s%s=%s", before, members[i], ctl_text(item, members[i]));
		else if (json_is_integer(v))
			printf("%s%s=%" JSON_INTEGER_FORMAT, before, members[i], json_integer_value(v));
		else
			continue;
		before = "  ";
	}
	putchar('\n');
}

static int quarantine_list(const struct ctl *ctl)
{
	json_t *answer, *item;
	size_t i;
	int r = ask_once(ctl, json_pack("{s:s,s:s,s:i}", "cmd", "quarantine", "op", "list", "limit", 1000), ASK_S,
	                 &answer);
	if (r != CTL_OK)
		return r;
	json_t *items = json_object_get(answer, "items");
	if (ctl->json)
		ctl_print_json(answer);
	else if (json_array_size(items) == 0)
		puts("the quarantine is empty");
	else
		json_array_foreach(items, i, item)
			print_item(item);
	json_decref(answer);
	return CTL_OK;
}

static int quarantine_show(const struct ctl *ctl, const char *id)
{
	json_t *answer;
	int r = ask_once(ctl, json_pack("{s:s,s:s,s:s}", "cmd", "quarantine", "op", "show", "id", id), ASK_S, &answer);
	if (r != CTL_OK)
		return r;
	if (ctl->json)
		ctl_print_json(answer);
	else
		print_item(json_object_get(answer, "item"));
	json_decref(answer);
	return CTL_OK;
}

int ctl_quarantine(const struct ctl *ctl, int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "list") == 0)
		return quarantine_list(ctl);
	if (argc == 3 && strcmp(argv[1], "show") == 0)
		return quarantine_show(ctl, argv[2]);
	return usage("quarantine list [--json]\n       filterctl quarantine show ITEM [--json]");
}
