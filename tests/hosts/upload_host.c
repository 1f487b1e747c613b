/* The upload service alone, with a judge whose verdicts the test chooses: for end-to-end tests of its HTTP side
 * and for benchmarks.
 *
 *   upload_host --dir DIR [--policy POLICY] [--sandbox] [--OPTION VALUE …]
 *
 * POLICY: clean, refuse, unavailable, busy (scan() itself fails), never (until the command "release"), or
 * MS:POLICY to decide after so many milliseconds.  With --sandbox it closes itself in as the broker does.  Options are those of upload { } in filterd.conf.
 * Speaks JSON, one object a line: first {"port":N}, then an answer to each command on standard input:
 *   {"cmd":"slot","owner":…,"name":…,"size":…,"type":…}  {"cmd":"policy","policy":…}  {"cmd":"release","policy":…}
 *   {"cmd":"stats"}  {"cmd":"quit"}
 * Ends when standard input does. */
#include "base/io.h"
#include "base/log.h"
#include "http/upload.h"
#include "proc/sandbox.h"

#include <errno.h>
#include <event2/event.h>
#include <getopt.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum policy { POLICY_CLEAN, POLICY_REFUSE, POLICY_UNAVAILABLE, POLICY_BUSY, POLICY_NEVER };
static const char *const policies[] = { "clean", "refuse", "unavailable", "busy", "never" };

struct held {
	struct host *host;
	struct upload_job *job;
	struct event *timer;
	enum policy policy;
	struct held *next;
};

struct host {
	struct event_base *base;
	struct upload_service *svc;
	struct conf conf;
	enum policy policy;
	int delay_ms, sandbox;
	struct held *held;     /* under "never" */
	struct held *delayed;
	unsigned nheld, events;
	long scanned, bad_fds; /* descriptors that could be written through, or of the wrong size */
	char line[65536];
	size_t line_size;
};

static int set_policy(struct host *h, const char *text)
{
	char *end;
	long delay_ms = strtol(text, &end, 10);
	if (*end == ':')
		text = end + 1;
	for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
		if (strcmp(text, policies[i]) == 0) {
			h->policy = (enum policy)i;
			h->delay_ms = (int)delay_ms;
			return 0;
		}
	}
	return -1;
}

static void decide(struct upload_job *job, enum policy policy)
{
	if (policy == POLICY_REFUSE)
		upload_verdict(job, UPLOAD_REFUSED, "0123456789abcdef", "The file carries malware (Test.Signature).");
	else
		upload_verdict(job, policy == POLICY_CLEAN ? UPLOAD_CLEAN : UPLOAD_UNAVAILABLE, NULL, NULL);
}

static void on_delay(int fd, short what, void *arg)
{
	struct held *held = arg, **at = &held->host->delayed;
	while (*at != held)
		at = &(*at)->next;
	*at = held->next;
	decide(held->job, held->policy);
	event_free(held->timer);
	free(held);
}

static int on_scan(void *ctx, struct upload_job *job, int fd, const struct upload_meta *meta)
{
	struct host *h = ctx;
	struct stat st;
	struct timeval tv = { h->delay_ms / 1000, h->delay_ms % 1000 * 1000 };
	if (h->policy == POLICY_BUSY)
		return -1;
	h->scanned++;
	if (fstat(fd, &st) < 0 || st.st_size != meta->size || write(fd, "x", 1) >= 0)
		h->bad_fds++;
	struct held *held = calloc(1, sizeof *held);
	if (!held)
		return -1;
	*held = (struct held){ .host = h, .job = job, .policy = h->policy };
	if (h->policy == POLICY_NEVER) {
		held->next = h->held;
		h->held = held;
		h->nheld++;
		return 0;
	}
	held->next = h->delayed;
	h->delayed = held;
	held->timer = evtimer_new(h->base, on_delay, held);
	if (!held->timer || event_add(held->timer, &tv) < 0)
		log_fatal("out of memory");
	return 0;
}

static void on_event(void *ctx, const struct event_record *e)
{
	((struct host *)ctx)->events++;
}

static void say(json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT);
	puts(text);
	fflush(stdout);
	free(text);
	json_decref(object);
}

static json_t *do_slot(struct host *h, json_t *cmd)
{
	static const char *const refusals[] = { "ok", "too-large", "quota", "bad-name", "no-service" };
	struct upload_slot slot;
	const char *owner, *name, *type = NULL;
	json_int_t size;
	if (json_unpack(cmd, "{s:s,s:s,s:I,s?s}", "owner", &owner, "name", &name, "size", &size, "type", &type) < 0)
		return json_pack("{s:s}", "error", "owner, name, size");
	enum upload_refusal r = upload_slot(h->svc, owner, name, size, type, &slot);
	if (r != UPLOAD_OK)
		return json_pack("{s:s,s:I,s:I}", "refusal", refusals[r], "size_max", (json_int_t)slot.size_max, "retry_s",
			(json_int_t)slot.retry_s);
	return json_pack("{s:s,s:s,s:s}", "put", slot.put_url, "get", slot.get_url, "authorization", slot.authorization);
}

static json_t *do_stats(struct host *h)
{
	struct upload_stats s;
	upload_service_stats(h->svc, &s);
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "puts", (json_int_t)s.puts, "stored",
		(json_int_t)s.stored, "refused", (json_int_t)s.refused, "unavailable", (json_int_t)s.unavailable, "failed",
		(json_int_t)s.failed, "gets", (json_int_t)s.gets, "connections", (json_int_t)s.connections, "jobs", (json_int_t)s.jobs,
		"held", (json_int_t)h->nheld, "events", (json_int_t)h->events, "scanned", (json_int_t)h->scanned, "bad_fds",
		(json_int_t)h->bad_fds);
}

static void release(struct host *h)
{
	struct held *held = h->held;
	h->held = NULL;
	h->nheld = 0;
	for (struct held *next; held; held = next) {
		next = held->next;
		decide(held->job, h->policy);
		free(held);
	}
}

static void obey(struct host *h, const char *line)
{
	json_t *cmd = json_loads(line, 0, NULL), *answer;
	const char *name = "", *policy = NULL;
	json_unpack(cmd, "{s:s,s?s}", "cmd", &name, "policy", &policy);
	if (policy && set_policy(h, policy) < 0)
		log_fatal("unknown policy");
	if (strcmp(name, "slot") == 0)
		answer = do_slot(h, cmd);
	else if (strcmp(name, "stats") == 0)
		answer = do_stats(h);
	else if (strcmp(name, "release") == 0)
		release(h), answer = json_object();
	else if (strcmp(name, "policy") == 0)
		answer = json_object();
	else
		event_base_loopbreak(h->base), answer = json_object();
	say(answer);
	json_decref(cmd);
}

static void on_stdin(int fd, short what, void *arg)
{
	struct host *h = arg;
	ssize_t n = read(fd, h->line + h->line_size, sizeof h->line - h->line_size - 1);
	if (n <= 0) {
		event_base_loopbreak(h->base);
		return;
	}
	h->line_size += (size_t)n;
	h->line[h->line_size] = '\0';
	char *start = h->line;
	for (char *end; (end = strchr(start, '\n')); start = end + 1) {
		*end = '\0';
		obey(h, start);
	}
	h->line_size -= (size_t)(start - h->line);
	memmove(h->line, start, h->line_size);
}

static void on_signal(int sig, short what, void *arg)
{
	event_base_loopbreak(arg);
}

static void configure(struct host *h, int argc, char **argv)
{
	enum { DIR, POLICY, SANDBOX, LISTEN, PORT, URL, CERT, KEY, SIZE_MAX_, QUOTA, SLOT_S, EXPIRE_S, CONNS, PER_IP, HEADER_S, RATE_MIN };
	static const struct option options[] = {
		{ "dir", 1, NULL, DIR }, { "policy", 1, NULL, POLICY }, { "sandbox", 0, NULL, SANDBOX }, { "listen", 1, NULL, LISTEN }, { "port", 1, NULL, PORT },
		{ "url", 1, NULL, URL }, { "certificate", 1, NULL, CERT }, { "key", 1, NULL, KEY }, { "size_max", 1, NULL, SIZE_MAX_ },
		{ "quota", 1, NULL, QUOTA }, { "slot_s", 1, NULL, SLOT_S }, { "expire_s", 1, NULL, EXPIRE_S },
		{ "connections_max", 1, NULL, CONNS }, { "per_ip_max", 1, NULL, PER_IP }, { "header_s", 1, NULL, HEADER_S },
		{ "rate_min", 1, NULL, RATE_MIN }, { 0 },
	};
	static char *inline_types[] = { "image/png", "image/jpeg" };
	struct conf_upload *u = &h->conf.upload;
	h->conf.path = "command line";
	h->conf.scan.file_time_ms = 20000;
	*u = (struct conf_upload){ .listen = "127.0.0.1", .url = "", .certificate = "", .key = "", .size_max = 100 << 20,
		.quota = 1 << 30, .slot_s = 300, .expire_s = 86400, .connections_max = 512, .header_s = 10, .rate_min = 1024,
		.inline_types = { inline_types, 2 } };
	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (c) {
		case DIR: h->conf.state_dir = optarg; break;
		case POLICY:
			if (set_policy(h, optarg) < 0)
				log_fatal("unknown policy");
			break;
		case SANDBOX: h->sandbox = 1; break;
		case LISTEN: u->listen = optarg; break;
		case PORT: u->port = atoi(optarg); break;
		case URL: u->url = optarg; break;
		case CERT: u->certificate = optarg; break;
		case KEY: u->key = optarg; break;
		case SIZE_MAX_: u->size_max = atoll(optarg); break;
		case QUOTA: u->quota = atoll(optarg); break;
		case SLOT_S: u->slot_s = atoi(optarg); break;
		case EXPIRE_S: u->expire_s = atoi(optarg); break;
		case CONNS: u->connections_max = atoi(optarg); break;
		case PER_IP: u->per_ip_max = atoi(optarg); break;
		case HEADER_S: u->header_s = atoi(optarg); break;
		case RATE_MIN: u->rate_min = atoi(optarg); break;
		default: exit(2);
		}
	}
	if (!h->conf.state_dir)
		log_fatal("--dir is missing");
}

int main(int argc, char **argv)
{
	static struct host host;
	struct host *h = &host;
	struct cfgerr err = { 0 };
	char url[64];
	log_init("upload_host", LOG_INFO_L);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	configure(h, argc, argv);
	h->base = event_base_new();
	if (!h->base || upload_service_new(h->base, &h->conf, (struct upload_ops){ on_scan, on_event }, h, &h->svc, &err) < 0)
		log_fatal("%s: %s", err.file, err.text);
	const char *why;
	struct sandbox sandbox = { .profile = SANDBOX_BROKER, .paths = { { h->conf.state_dir, SANDBOX_WRITE } }, .npaths = 1 };
	if (h->sandbox && sandbox_enter(&sandbox, &why) < 0)
		log_fatal("sandbox: %s", why);
	int port = upload_service_port(h->svc);
	if (!*h->conf.upload.url) {
		snprintf(url, sizeof url, "http%s://127.0.0.1:%d", *h->conf.upload.certificate ? "s" : "", port);
		h->conf.upload.url = url;
		upload_service_reload(h->svc, &h->conf);
	}
	say(json_pack("{s:i}", "port", port));
	struct event *input = event_new(h->base, 0, EV_READ | EV_PERSIST, on_stdin, h);
	struct event *term = evsignal_new(h->base, SIGTERM, on_signal, h->base);
	if (!input || !term || event_add(input, NULL) < 0 || event_add(term, NULL) < 0)
		log_fatal("out of memory");
	event_base_dispatch(h->base);
	upload_service_free(&h->svc);
	while (h->delayed)
		on_delay(-1, 0, h->delayed);
	release(h); /* verdicts that come after the service's end */
	event_free(input);
	event_free(term);
	event_base_free(h->base);
	return 0;
}
