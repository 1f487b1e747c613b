#include "main/recorder.h"

#include "audit/entry.h"
#include "audit/journal.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/keyfile.h"
#include "base/log.h"
#include "ipc/record_wire.h"
#include "proc/sandbox.h"
#include "store/quarantine.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	GROUP_MAX = 64,              /* RECORDs that share one fsync */
	CHECKPOINT_MS = 1000,        /* an entry is covered after at most this … */
	CHECKPOINT_ENTRIES = 4096,   /* … or this many */
	ANCHOR_MS = 300000,          /* checkpoints go to syslog at most this often */
	HOLD_ALONE = 256 << 10,      /* bytes: a larger item ends the group before it */
};

struct waiting {
	uint64_t seq;
	char item[RECORD_ITEM_MAX + 1]; /* of a HOLD, to be taken back if the journal fails */
};

struct role {
	int sock;
	struct journal *journal;
	struct quarantine *quarantine;
	struct waiting group[GROUP_MAX];
	size_t ngroup;
	uint64_t checkpoint_ms;      /* when the next one is due; 0 = nothing to cover */
	uint64_t anchor_ms;          /* when the next one may go to syslog */
	int failing;                 /* the last checkpoint or commit failed, and was logged */
	uint8_t packet[RECORD_PACKET_MAX];
};

/* ---- answers ---- */

/* The socket does not block; waiting here for the broker to read is right, since it always does. */
static int send_packet(struct role *w, const struct record_msg *m, int fd)
{
	struct buf b;
	int r;
	buf_init(&b, RECORD_PACKET_MAX);
	if (record_wire_put(&b, m) < 0)
		log_panic("answer type=%c does not fit its packet", m->type);
	while ((r = io_send_fds(w->sock, buf_ptr(&b), buf_left(&b), &fd, fd >= 0)) < 0 && (errno == EAGAIN || errno == ENOBUFS)) {
		struct pollfd p = { .fd = w->sock, .events = POLLOUT };
		poll(&p, 1, 1000);
		if (p.revents & (POLLERR | POLLHUP))
			break;
	}
	buf_free(&b);
	return r;
}

static int send_ack(struct role *w, uint64_t seq, enum record_status status)
{
	struct record_msg m = { .type = RECORD_ACK, .seq = seq, .status = (uint8_t)status };
	return send_packet(w, &m, -1);
}

/* An event of our own: to the journal with the next group, and to the broker for syslog. */
static int tell(struct role *w, const struct event_record *e, int record)
{
	char *json;
	size_t size;
	if (entry_json(e, 0, &json, &size) < 0)
		return -1;
	struct record_msg m = { .type = RECORD_NOTICE, .json = json, .json_size = size };
	int r = record && journal_append(w->journal, json, size) < 0 ? -1 : 0;
	if (send_packet(w, &m, -1) < 0)
		r = -1;
	free(json);
	return r;
}

/* ---- groups ---- */

static void say_once(struct role *w, const char *what)
{
	if (!w->failing)
		log_error("%s failed error=\"%s\"", what, strerror(errno));
	w->failing = 1;
}

/* One fsync for all that waits, and only then the answers. */
static int end_group(struct role *w)
{
	enum record_status status = RECORD_ON_DISK;
	if (w->ngroup == 0 && journal_staged(w->journal) == 0)
		return 0;
	if (journal_commit(w->journal) < 0) {
		say_once(w, "journal");
		status = RECORD_NO_SPACE;
		for (size_t i = 0; i < w->ngroup; i++)
			if (w->group[i].item[0])
				quarantine_undo(w->quarantine, w->group[i].item);
	} else {
		w->failing = 0;
		if (!w->checkpoint_ms)
			w->checkpoint_ms = clock_ms() + CHECKPOINT_MS;
	}
	int r = 0;
	for (size_t i = 0; r == 0 && i < w->ngroup; i++)
		r = send_ack(w, w->group[i].seq, status);
	w->ngroup = 0;
	return r;
}

/* Takes an entry into the group; refusals are answered at once. */
static int stage(struct role *w, uint64_t seq, const char *item, const char *entry, size_t size)
{
	if (w->ngroup == GROUP_MAX && end_group(w) < 0)
		return -1;
	int r = journal_append(w->journal, entry, size);
	if (r == JOURNAL_FULL_BATCH) {
		if (end_group(w) < 0)
			return -1;
		r = journal_append(w->journal, entry, size);
	}
	if (r < 0) {
		if (item)
			quarantine_undo(w->quarantine, item);
		return send_ack(w, seq, r == JOURNAL_MALFORMED ? RECORD_REFUSED : RECORD_NO_SPACE);
	}
	struct waiting *g = &w->group[w->ngroup++];
	g->seq = seq;
	snprintf(g->item, sizeof g->item, "%s", item ? item : "");
	return 0;
}

/* ---- the messages ---- */

static int take_record(struct role *w, const struct record_msg *m, int fd)
{
	json_t *o = json_loadb(m->json, m->json_size, JSON_REJECT_DUPLICATES, NULL);
	int ok = json_is_object(o);
	json_decref(o);
	return ok ? stage(w, m->seq, NULL, m->json, m->json_size) : send_ack(w, m->seq, RECORD_REFUSED);
}

/* Meta as it is kept and journalled: with what only we know of the content. */
static char *complete_meta(const struct record_msg *m, uint64_t size, const uint8_t sha256[32])
{
	char hex[65];
	json_t *o = json_loadb(m->json, m->json_size, JSON_REJECT_DUPLICATES, NULL);
	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", sha256[i]);
	char number[24];
	snprintf(number, sizeof number, "%" PRIu64, size);
	char *meta = NULL;
	if (json_is_object(o) && json_object_set_new(o, "item", json_string(m->item)) == 0 &&
	    json_object_set_new(o, "size", json_string(number)) == 0 && json_object_set_new(o, "sha256", json_string(hex)) == 0)
		meta = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return meta;
}

static int take_hold(struct role *w, const struct record_msg *m, int fd)
{
	uint64_t size;
	uint8_t sha256[32];
	struct stat st;
	/* what already waits is not made to wait for a big file */
	if (fstat(fd, &st) == 0 && st.st_size > HOLD_ALONE && end_group(w) < 0)
		return -1;
	int r = quarantine_seal(w->quarantine, m->item, fd, &size, sha256);
	if (r < 0) {
		if (r == QUARANTINE_IO)
			say_once(w, "quarantine");
		return send_ack(w, m->seq, r == QUARANTINE_IO ? RECORD_NO_SPACE : RECORD_REFUSED);
	}
	char *meta = complete_meta(m, size, sha256);
	if (!meta) {
		quarantine_abort(w->quarantine);
		return send_ack(w, m->seq, RECORD_REFUSED);
	}
	r = quarantine_hold(w->quarantine, meta, strlen(meta));
	if (r == QUARANTINE_IO)
		say_once(w, "quarantine");
	if (r < 0)
		r = send_ack(w, m->seq, r == QUARANTINE_IO ? RECORD_NO_SPACE : RECORD_REFUSED);
	else
		r = stage(w, m->seq, m->item, meta, strlen(meta));
	free(meta);
	return r;
}

struct listing {
	json_t *array;
	size_t size;
};

static int add_row(void *ctx, const char *item, int64_t time, const char *meta)
{
	static const size_t room = RECORD_PACKET_MAX - 64;
	struct listing *l = ctx;
	json_t *o = json_loads(meta, 0, NULL);
	if (!json_is_object(o)) {
		json_decref(o);
		o = json_object(); /* listed all the same: it is there */
	}
	json_object_set_new(o, "item", json_string(item));
	json_object_set_new(o, "held_ms", json_integer(time));
	size_t n = json_dumpb(o, NULL, 0, JSON_COMPACT) + 1;
	if (l->size + n > room) {
		json_decref(o);
		json_array_append_new(l->array, json_pack("{s:b}", "more", 1));
		return 1;
	}
	l->size += n;
	json_array_append_new(l->array, o);
	return 0;
}

static int take_list(struct role *w, const struct record_msg *m, int fd)
{
	struct listing l = { .array = json_array() };
	if (end_group(w) < 0) { /* what is listed is also journalled */
		json_decref(l.array);
		return -1;
	}
	int r = quarantine_list(w->quarantine, m->limit, add_row, &l);
	char *json = r == 0 ? json_dumps(l.array, JSON_COMPACT) : NULL;
	json_decref(l.array);
	if (!json)
		return send_ack(w, m->seq, RECORD_NO_SPACE);
	struct record_msg items = { .type = RECORD_ITEMS, .seq = m->seq, .json = json, .json_size = strlen(json) };
	r = send_packet(w, &items, -1);
	free(json);
	return r;
}

static int take_get(struct role *w, const struct record_msg *m, int fd)
{
	struct record_msg content = { .type = RECORD_CONTENT, .seq = m->seq, .json = "{}", .json_size = 2 };
	char *meta = NULL;
	int memory = memfd_create("quarantine", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int r = memory < 0 ? QUARANTINE_IO : quarantine_get(w->quarantine, m->item, memory, &meta);
	if (r == 0 && fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
		r = QUARANTINE_IO;
	if (r == QUARANTINE_DAMAGED)
		log_error("quarantine item=%s is damaged", m->item);
	content.status = r == 0 ? RECORD_ON_DISK : r == QUARANTINE_IO ? RECORD_NO_SPACE : RECORD_REFUSED;
	if (r == 0) {
		content.json = meta;
		content.json_size = strlen(meta);
	}
	r = send_packet(w, &content, r == 0 ? memory : -1);
	io_close(&memory);
	free(meta);
	return r;
}

static const struct {
	uint8_t type;
	int (*take)(struct role *w, const struct record_msg *m, int fd);
} messages[] = {
	{ RECORD_RECORD, take_record },
	{ RECORD_HOLD, take_hold },
	{ RECORD_LIST, take_list },
	{ RECORD_GET, take_get },
};

/* One packet: 0, or -1 when the broker is gone or speaks nonsense. */
static int take_packet(struct role *w, size_t size, const int *fds, int nfds)
{
	struct record_msg m;
	if (record_wire_get(w->packet, size, &m) < 0 || nfds != record_wire_fds(&m)) {
		log_error("malformed packet from the broker size=%zu descriptors=%d", size, nfds);
		return -1;
	}
	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
		if (messages[i].type == m.type)
			return messages[i].take(w, &m, nfds ? fds[0] : -1);
	log_error("unexpected packet from the broker type=%c", m.type);
	return -1;
}

/* Takes what is there, up to a group.  1 = go on, 0 = the broker is gone. */
static int take_packets(struct role *w)
{
	int r = 0;
	for (int i = 0; r == 0 && i < GROUP_MAX; i++) {
		int fds[IO_FDS_MAX], nfds;
		ssize_t n = io_recv_fds(w->sock, w->packet, sizeof w->packet, fds, &nfds);
		if (n < 0 && errno == EAGAIN)
			break;
		r = n > 0 ? take_packet(w, (size_t)n, fds, nfds) : -1;
		for (int f = 0; f < nfds; f++)
			io_close(&fds[f]);
	}
	int ended = end_group(w); /* also what came before the end or the nonsense */
	return r == 0 && ended == 0;
}

/* ---- checkpoints ---- */

static void anchor(struct role *w, uint64_t now)
{
	/* origin, size, root and signature: enough to put the note together again, away from this disk */
	char copy[NOTE_SIZE], *rest = copy, *line[5] = { 0 };
	struct event_record e;
	snprintf(copy, sizeof copy, "%s", journal_note(w->journal));
	for (int i = 0; i < 5 && rest; i++)
		line[i] = strsep(&rest, "\n");
	event_record_init(&e, EVENT_JOURNAL_CHECKPOINT, NULL);
	event_record_add(&e, "origin", line[0]);
	event_record_add(&e, "entries", line[1]);
	event_record_add(&e, "root", line[2]);
	event_record_add(&e, "signature", line[4] ? strrchr(line[4], ' ') + 1 : NULL);
	if (tell(w, &e, 0) == 0)
		w->anchor_ms = now + ANCHOR_MS;
}

static void checkpoint(struct role *w)
{
	uint64_t now = clock_ms();
	if (journal_checkpoint(w->journal) < 0) {
		say_once(w, "checkpoint");
		w->checkpoint_ms = now + CHECKPOINT_MS;
		return;
	}
	w->checkpoint_ms = 0;
	if (now >= w->anchor_ms)
		anchor(w, now);
}

static int wait_ms(const struct role *w)
{
	if (!w->checkpoint_ms)
		return -1;
	uint64_t now = clock_ms();
	return w->checkpoint_ms <= now ? 0 : (int)(w->checkpoint_ms - now);
}

static void serve(struct role *w)
{
	for (;;) {
		struct pollfd p = { .fd = w->sock, .events = POLLIN };
		int n = poll(&p, 1, wait_ms(w));
		if (n < 0 && errno != EINTR)
			log_fatal("poll failed error=\"%s\"", strerror(errno));
		if (n > 0 && !take_packets(w))
			return;
		if ((w->checkpoint_ms && clock_ms() >= w->checkpoint_ms) ||
		    journal_size(w->journal) - journal_covered(w->journal) >= CHECKPOINT_ENTRIES)
			checkpoint(w);
	}
}

/* ---- start ---- */

static void make_folder(const char *state_dir, const char *name, char path_r[4096])
{
	if (snprintf(path_r, 4096, "%s/%s", state_dir, name) >= 4096)
		log_fatal("state_dir is too long");
	if (mkdir(path_r, 0700) < 0 && errno != EEXIST)
		log_fatal("can't make folder=%s error=\"%s\"", path_r, strerror(errno));
}

static void load_key(const char *keys, const char *name, uint8_t key[KEYFILE_SIZE])
{
	int r = keyfile_load(keys, name, key);
	if (r < 0)
		log_fatal("can't load key=%s/%s error=\"%s\"", keys, name,
			errno == EPERM ? "it must be a file of ours that others can't read (mode 0600)" : strerror(errno));
	if (r == 1)
		log_info("made key=%s/%s; keep a copy of it in a safe place", keys, name);
}

/* What the journal's key is called: the first filter link's domain, else the machine's name. */
static void origin_of(const struct conf *conf, char origin_r[NOTE_NAME_SIZE])
{
	char host[128] = "localhost";
	const char *name = host;
	gethostname(host, sizeof host - 1);
	for (size_t i = 0; i < conf->nlinks; i++)
		if (conf->links[i].serves == LINK_FILTER) {
			name = conf->links[i].domain;
			break;
		}
	snprintf(origin_r, NOTE_NAME_SIZE, "%.200s/audit", name);
}

static void tell_repair(struct role *w, const struct journal_repair *j, const struct quarantine_found *q)
{
	struct event_record e;
	char a[24], b[24], c[24];
	if (j->replayed || j->torn_bytes || j->rebuilt_tail) {
		log_warn("journal repaired replayed=%" PRIu64 " torn_bytes=%" PRIu64 " rebuilt_tail=%d", j->replayed, j->torn_bytes, j->rebuilt_tail);
		event_record_init(&e, EVENT_JOURNAL_REPAIRED, NULL);
		snprintf(a, sizeof a, "%" PRIu64, j->replayed);
		snprintf(b, sizeof b, "%" PRIu64, j->torn_bytes);
		event_record_add(&e, "entries", a);
		event_record_add(&e, "torn", b);
		(void)!tell(w, &e, 1);
	}
	if (q->adopted || q->orphans || q->lost) {
		log_warn("quarantine compared adopted=%u orphans=%u lost=%u example=%s", q->adopted, q->orphans, q->lost, q->example);
		event_record_init(&e, EVENT_QUARANTINE_REPAIRED, NULL);
		snprintf(a, sizeof a, "%u", q->adopted);
		snprintf(b, sizeof b, "%u", q->orphans);
		snprintf(c, sizeof c, "%u", q->lost);
		event_record_add(&e, "adopted", a);
		event_record_add(&e, "orphans", b);
		event_record_add(&e, "lost", c);
		event_record_add(&e, "item", q->lost ? q->example : NULL);
		(void)!tell(w, &e, 1);
	}
}

/* Only its own folders, no new programs, no new sockets. */
static void close_in(const char *journal, const char *quarantine)
{
	struct sandbox s = { .profile = SANDBOX_RECORDER,
		.paths = { { journal, SANDBOX_WRITE }, { quarantine, SANDBOX_WRITE } }, .npaths = 2, .fds_max = 64 };
	const char *why;
	if (sandbox_canary(&s, &why) < 0 || sandbox_enter(&s, &why) < 0)
		log_fatal("can't close in role=recorder step=\"%s\"", why);
}

int recorder_main(const struct conf *conf, int sock)
{
	char keys[4096], journal[4096], quarantine[4096], origin[NOTE_NAME_SIZE], error[512];
	uint8_t key[KEYFILE_SIZE];
	struct journal_repair repair = { 0 };
	struct quarantine_found found = { 0 };
	struct role *w = calloc(1, sizeof *w);
	if (!w || io_nonblock(sock) < 0)
		log_fatal("can't start role=recorder");
	w->sock = sock;
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a limit on file sizes is a full disk, not death */
	umask(077);
	make_folder(conf->state_dir, "keys", keys);
	make_folder(conf->state_dir, "journal", journal);
	make_folder(conf->state_dir, "quarantine", quarantine);
	origin_of(conf, origin);
	load_key(keys, "journal.key", key);
	w->journal = journal_open(journal, key, origin, &repair, error, sizeof error);
	if (!w->journal)
		log_fatal("journal: %s", error);
	load_key(keys, "quarantine.key", key);
	w->quarantine = quarantine_open(quarantine, key, &found, error, sizeof error);
	if (!w->quarantine)
		log_fatal("quarantine: %s", error);
	OPENSSL_cleanse(key, sizeof key);

	close_in(journal, quarantine);

	tell_repair(w, &repair, &found);
	(void)!end_group(w);
	checkpoint(w); /* covers what a crash left uncovered */
	serve(w);
	checkpoint(w);
	quarantine_close(&w->quarantine);
	journal_close(&w->journal);
	io_close(&w->sock);
	OPENSSL_cleanse(w, sizeof *w);
	free(w);
	return 0;
}
