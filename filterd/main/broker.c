/* The broker: the role that talks to XMPP servers, connectors and HTTP clients, and decides. */
#include "main/roles.h"

#include "config.h"

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "flow/admin.h"
#include "flow/attach.h"
#include "flow/broker.h"
#include "flow/component.h"
#include "flow/file.h"
#include "flow/message.h"
#include "ipc/monitor_wire.h"
#include "proc/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DRAIN_MS = 5000, DRAIN_CHECK_MS = 20, FLUSH_MS = 50 };

struct role {
	struct broker b;
	int monitor_fd;
	struct event *monitor;
	struct event *draining;     /* while stopping */
	uint64_t stop_ms;
	struct attach *attach;
	struct admin *admin;
	enum monitor_reason reason; /* of the generation on its way */
	uint32_t recorders;         /* sockets to recorders we were given so far */
};

static void tell_monitor(struct role *r, const struct monitor_msg *m)
{
	if (monitor_send(r->monitor_fd, m) < 0)
		log_error("monitor send error=\"%s\"", strerror(errno));
}

/* Generations */

/* With each generation anew, so that it is not overlooked. */
static void report_degraded(struct broker *b, const struct generation *g, const char *number)
{
	struct event_record e;
	if (!g->degraded[0])
		return;
	event_record_init(&e, EVENT_ENGINE_DEGRADED, NULL);
	event_record_add(&e, "generation", number);
	event_record_add(&e, "reason", g->degraded);
	broker_report(b, &e);
	log_error("generation=%s degraded reason=\"%s\"", number, g->degraded);
}

static void on_accepted(void *ctx, struct generation *g)
{
	struct role *r = ctx;
	struct broker *b = &r->b;
	struct event_record e;
	char number[16], detectors[16], signatures[16];
	struct generation *old = b->g;
	b->g = generation_ref(g);
	if (b->uploads)
		upload_service_reload(b->uploads, g->conf);
	generation_unref(&old);
	tell_monitor(r, &(struct monitor_msg){ .type = MONITOR_ACCEPTED, .generation = g->number });
	snprintf(number, sizeof number, "%u", g->number);
	snprintf(detectors, sizeof detectors, "%zu", g->ndetectors - g->noff);
	snprintf(signatures, sizeof signatures, "%u", g->signatures);
	event_record_init(&e, r->reason == REASON_SIGNATURES ? EVENT_SIGNATURES_RELOADED : EVENT_CONFIG_RELOADED, NULL);
	event_record_add(&e, "generation", number);
	event_record_add(&e, "detectors", r->reason == REASON_SIGNATURES ? NULL : detectors);
	event_record_add(&e, "signatures", signatures);
	broker_report(b, &e);
	report_degraded(b, g, number);
	log_info("generation=%s detectors=%s signatures=%s serving", number, detectors, signatures);
	attach_now(r->attach);
}

static void on_refused(void *ctx, uint32_t number, const char *text)
{
	struct role *r = ctx;
	struct monitor_msg m = { .type = MONITOR_REFUSED, .generation = number };
	log_error("generation=%u refused reason=\"%s\"", number, text);
	snprintf(m.text, sizeof m.text, "%s", text);
	tell_monitor(r, &m);
}

static void on_worker_died(void *ctx, uint32_t number, unsigned slot, uint32_t pid, int signo, int code)
{
	struct role *r = ctx;
	struct event_record e;
	char slot_text[16], pid_text[16], signal_text[16], code_text[16], number_text[16];
	snprintf(slot_text, sizeof slot_text, "%u", slot);
	snprintf(pid_text, sizeof pid_text, "%u", pid);
	snprintf(signal_text, sizeof signal_text, "%d", signo);
	snprintf(code_text, sizeof code_text, "%d", code);
	snprintf(number_text, sizeof number_text, "%u", number);
	event_record_init(&e, EVENT_WORKER_DIED, NULL);
	event_record_add(&e, "slot", slot_text);
	event_record_add(&e, "pid", pid_text);
	event_record_add(&e, "signal", signal_text);
	event_record_add(&e, "code", code_text);
	event_record_add(&e, "generation", number_text);
	broker_report(&r->b, &e);
}

static void on_wrecked(void *ctx, uint32_t number)
{
	struct role *r = ctx;
	log_error("generation=%u lacks workers: asking for another nursery", number);
	tell_monitor(r, &(struct monitor_msg){ .type = MONITOR_WRECKED, .generation = number });
}

static const struct pool_ops pool_ops = { on_accepted, on_refused, on_wrecked, on_worker_died };

/* Links */

static void on_link_up(void *ctx, struct link *l)
{
	struct role *r = ctx;
	struct event_record e;
	event_record_init(&e, EVENT_LINK_UP, NULL);
	event_record_add(&e, "link", link_conf(l)->domain);
	event_record_add(&e, "server", link_conf(l)->host);
	broker_report(&r->b, &e);
	log_info("link=%s up", link_conf(l)->domain);
	attach_now(r->attach);
}

static void on_link_down(void *ctx, struct link *l, const char *reason, uint32_t retry_ms)
{
	struct role *r = ctx;
	struct event_record e;
	char retry[16];
	snprintf(retry, sizeof retry, "%u", retry_ms);
	event_record_init(&e, EVENT_LINK_DOWN, NULL);
	event_record_add(&e, "link", link_conf(l)->domain);
	event_record_add(&e, "server", link_conf(l)->host);
	event_record_add(&e, "reason", reason);
	event_record_add(&e, "retry_ms", retry);
	broker_report(&r->b, &e);
	log_warn("link=%s down reason=%s retry_ms=%u", link_conf(l)->domain, reason, retry_ms);
}

static void on_stanza(void *ctx, struct link *l, const struct xml_node *e)
{
	struct role *r = ctx;
	for (size_t i = 0; i < r->b.nlinks; i++)
		if (link_take_pong(r->b.links[i], e))
			return;
	if (!r->attach || !attach_stanza(r->attach, e))
		(void)component_stanza(&r->b, l, e); /* what is no request is nothing to us */
}

static const struct link_ops link_ops = { on_link_up, on_link_down, on_stanza };

/* Channels */

static void on_channel_up(void *ctx, struct channel *c)
{
	struct role *r = ctx;
	struct event_record e;
	event_record_init(&e, EVENT_CHANNEL_UP, NULL);
	event_record_add(&e, "channel", link_conf(r->b.links[channel_link(c)])->domain);
	event_record_add(&e, "software", channel_software(c));
	broker_report(&r->b, &e);
}

static void on_channel_down(void *ctx, struct channel *c, const char *reason)
{
	struct role *r = ctx;
	struct event_record e;
	char open[16];
	snprintf(open, sizeof open, "%u", channel_open(c));
	event_record_init(&e, EVENT_CHANNEL_DOWN, NULL);
	event_record_add(&e, "channel", link_conf(r->b.links[channel_link(c)])->domain);
	event_record_add(&e, "reason", reason);
	event_record_add(&e, "open", open);
	broker_report(&r->b, &e);
	log_warn("channel=%s down reason=%s", link_conf(r->b.links[channel_link(c)])->domain, reason);
	attach_now(r->attach);
}

static void on_inspect(void *ctx, struct session *s, uint32_t id, bool again, const char *stanza, size_t size)
{
	struct role *r = ctx;
	message_inspect(&r->b, s, id, again, stanza, size);
}

/* The broker injects nothing: its notices go over the component link. */
static void on_injected(void *ctx, struct channel *c, uint32_t id, uint8_t status) {}

static const struct channel_ops channel_ops = { on_channel_up, on_channel_down, on_inspect, on_injected };

/* Monitor */

static int on_admin_reload(void *ctx, uint32_t id)
{
	struct role *r = ctx;
	return monitor_send(r->monitor_fd, &(struct monitor_msg){ .type = MONITOR_RELOAD, .id = id });
}

static const struct admin_ops admin_ops = { on_admin_reload };

static void on_recorder_event(void *ctx, const struct event_record *e)
{
	struct role *r = ctx;
	broker_report(&r->b, e);
}

/* Everything that was pending has failed by now; until the monitor brings another, every incident does. */
static void on_recorder_gone(void *ctx, int hung)
{
	struct role *r = ctx;
	if (hung)
		tell_monitor(r, &(struct monitor_msg){ .type = MONITOR_RECORDER_HUNG, .id = r->recorders });
	log_error("recorder gone: incidents can't be recorded until the monitor has started another");
}

static void take_recorder(struct role *r, int fd)
{
	const struct recorder_hooks hooks = { on_recorder_event, on_recorder_gone, r };
	recorder_free(&r->b.recorder);
	r->recorders++;
	r->b.recorder = recorder_new(r->b.base, fd, &hooks);
	if (!r->b.recorder)
		log_fatal("out of memory");
}

static void take_generation(struct role *r, const struct monitor_msg *m)
{
	struct bundle b;
	struct cfgerr err = { 0 };
	struct generation *g = NULL;
	char text[MONITOR_TEXT_SIZE];
	int nursery = m->fds[1];
	r->reason = m->reason;
	if (bundle_from_fd(m->fds[0], &b) < 0) {
		on_refused(r, m->generation, "the configuration bundle can't be read");
		close(nursery);
	} else {
		if (generation_new(m->generation, &b, &g, &err) < 0) {
			snprintf(text, sizeof text, "%s:%d: %s", err.file, err.line, err.text);
			on_refused(r, m->generation, text);
			close(nursery);
		} else if (pool_add(r->b.pool, g, nursery) < 0) {
			on_refused(r, m->generation, "out of memory");
		}
		bundle_free(&b);
	}
	close(m->fds[0]);
}

static void on_drain(evutil_socket_t fd, short what, void *ctx)
{
	static const struct timeval flush = { 0, FLUSH_MS * 1000 };
	struct role *r = ctx;
	struct report_counters events;
	report_counters(r->b.report, &events);
	if ((r->b.items > 0 || events.waiting > 0) && clock_ms() - r->stop_ms <= DRAIN_MS)
		return;
	event_del(r->draining);
	event_base_loopexit(r->b.base, &flush); /* the last answers and events have yet to leave */
}

/* The monitor closed its end: nothing new is taken, what is open is answered. */
static void stop(struct role *r)
{
	static const struct timeval every = { 0, DRAIN_CHECK_MS * 1000 };
	event_del(r->monitor);
	attach_free(&r->attach);
	r->stop_ms = clock_ms();
	r->draining = event_new(r->b.base, -1, EV_PERSIST, on_drain, r);
	if (!r->draining || event_add(r->draining, &every) < 0)
		event_base_loopbreak(r->b.base);
}

static void on_monitor(evutil_socket_t fd, short what, void *ctx)
{
	struct role *r = ctx;
	struct monitor_msg m;
	struct event_record e;
	int n;
	while ((n = monitor_recv(r->monitor_fd, MONITOR_SIDE_MONITOR, &m)) > 0) {
		switch (m.type) {
		case MONITOR_GENERATION:
			take_generation(r, &m);
			break;
		case MONITOR_RECORDER:
			take_recorder(r, m.fds[0]);
			break;
		case MONITOR_PING:
			tell_monitor(r, &(struct monitor_msg){ .type = MONITOR_PONG, .id = m.id });
			break;
		case MONITOR_DONE:
			admin_reloaded(r->admin, m.id, m.ok, m.text);
			break;
		case MONITOR_EVENT:
			monitor_get_event(&m, &e);
			broker_report(&r->b, &e);
			break;
		default:
			break;
		}
	}
	if (n == 0 || errno != EAGAIN)
		stop(r);
}

/* Setting up */

/* The key of the hashes in events: made once, so that the same value has the same hash over the years. */
static void load_hash_key(struct broker *b)
{
	char path[4200];
	char *data = NULL;
	size_t size = 0;
	snprintf(path, sizeof path, "%s/keys/hash.key", b->conf->state_dir);
	if (io_read_file(path, VALUE_KEY, &data, &size) == 0 && size == VALUE_KEY) {
		memcpy(b->hash_key, data, size);
		explicit_bzero(data, size);
		free(data);
		return;
	}
	if (data)
		log_fatal("file=%s size=%zu: this is no key; move it away to have a new one made", path, size);
	if (errno != ENOENT)
		log_fatal("file=%s error=\"%s\"", path, strerror(errno));
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || RAND_bytes(b->hash_key, sizeof b->hash_key) != 1 || io_write_all(fd, b->hash_key, sizeof b->hash_key) < 0 || fsync(fd) < 0)
		log_fatal("file=%s can't be made error=\"%s\"", path, strerror(errno));
	close(fd);
}

static void close_in(const struct conf *conf)
{
	const char *why = NULL;
	char uploads[4200];
	snprintf(uploads, sizeof uploads, "%s/uploads", conf->state_dir);
	const struct sandbox s = {
		.profile = SANDBOX_BROKER,
		.paths = { { uploads, SANDBOX_WRITE }, { conf->run_dir, SANDBOX_WRITE }, { "/etc", SANDBOX_READ }, { "/usr/share/zoneinfo", SANDBOX_READ },
		           { "/usr/lib/ssl", SANDBOX_READ }, { "/proc/self", SANDBOX_READ }, { "/dev/urandom", SANDBOX_READ } },
		.npaths = 7,
		.fds_max = 16384,
	};
	if (sandbox_canary(&s, &why) < 0 || sandbox_enter(&s, &why) < 0)
		log_fatal("sandbox step=\"%s\" error=\"%s\"", why, strerror(errno));
}

static void fatal_config(const struct cfgerr *err)
{
	if (err->line)
		log_fatal("%s:%d: %s", err->file, err->line, err->text);
	log_fatal("%s: %s", err->file, err->text);
}

/* What libevent has to say, such as that a name server doesn't answer. */
static void on_libevent(int severity, const char *text)
{
	if (severity >= EVENT_LOG_MSG)
		log_warn("libevent says=\"%s\"", text);
}

static void set_up(struct role *r, const struct conf *conf, int recorder_fd)
{
	struct broker *b = &r->b;
	struct cfgerr err = { 0 };
	b->conf = conf;
	b->started_ms = clock_ms();
	load_hash_key(b);
	event_set_log_callback(on_libevent);
	b->base = event_base_new();
	if (!b->base)
		log_fatal("event loop error=\"%s\"", strerror(errno));
	b->report = report_new(b->base, &conf->syslog, &err);
	if (!b->report)
		fatal_config(&err);
	b->pool = pool_new(b->base, &pool_ops, r);
	b->recent = recent_new();
	b->drip = drip_new(DRIP_BYTES_MAX);
	if (!b->pool || !b->recent || !b->drip)
		log_fatal("out of memory");
	take_recorder(r, recorder_fd);
	if (channels_new(b->base, &conf->inspect, &channel_ops, r, &b->channels, &err) < 0)
		fatal_config(&err);
	if (conf->upload.listen[0] && upload_service_new(b->base, conf, file_upload_ops, b, &b->uploads, &err) < 0)
		fatal_config(&err);
	r->attach = attach_new(b);
	r->admin = admin_new(b, &admin_ops, r, &err);
	if (!r->admin)
		fatal_config(&err);
	if (!r->attach || io_nonblock(r->monitor_fd) < 0)
		log_fatal("out of memory");
	r->monitor = event_new(b->base, r->monitor_fd, EV_READ | EV_PERSIST, on_monitor, r);
	if (!r->monitor || event_add(r->monitor, NULL) < 0)
		log_fatal("out of memory");
}

static void start_links(struct role *r, const struct conf *conf)
{
	struct broker *b = &r->b;
	for (size_t i = 0; i < conf->nlinks && i < BROKER_LINKS_MAX; i++) {
		b->links[i] = link_new(b->base, &conf->links[i], &link_ops, r);
		if (!b->links[i])
			log_fatal("link=%s can't be set up; is its ca (%s) a PEM file that filterd's user can read?", conf->links[i].domain, conf->links[i].ca);
		b->nlinks++;
	}
}

static void take_down(struct role *r)
{
	struct broker *b = &r->b;
	admin_free(&r->admin);
	attach_free(&r->attach);
	upload_service_free(&b->uploads);
	pool_free(&b->pool); /* what is still open ends as scanner-down */
	recent_free(&b->recent);
	channels_free(&b->channels);
	drip_free(&b->drip);
	for (size_t i = 0; i < b->nlinks; i++)
		link_free(&b->links[i]);
	generation_unref(&b->g);
	recorder_free(&b->recorder);
	report_free(&b->report);
	if (r->draining)
		event_free(r->draining);
	event_free(r->monitor);
	event_base_free(b->base);
	explicit_bzero(b->hash_key, sizeof b->hash_key);
}

int broker_main(const struct bundle *bundle, const struct conf *conf, int monitor_fd, int recorder_fd)
{
	struct role *r = calloc(1, sizeof *r);
	if (!r)
		log_fatal("out of memory");
	r->monitor_fd = monitor_fd;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file over RLIMIT_FSIZE is an error of write() */
	signal(SIGHUP, SIG_IGN);  /* the monitor's to answer */
	signal(SIGTERM, SIG_IGN); /* it closes the channel when it wants us gone */
	signal(SIGINT, SIG_IGN);
	set_up(r, conf, recorder_fd);
	start_links(r, conf); /* they connect in the loop; their CA files are read now */
	close_in(conf);
	event_base_dispatch(r->b.base);
	take_down(r);
	free(r);
	return 0;
}
