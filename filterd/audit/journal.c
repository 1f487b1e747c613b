#include "audit/journal.h"

#include "audit/jfile.h"
#include "audit/tail.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TAIL_MAX = 256 << 20, ROTATE_RETRY_MS = 1000 };

struct journal {
	int dir, lock, tail;
	off_t tail_size;           /* durable bytes of the tail; what is behind them was never acknowledged */
	int tail_dirty;            /* a failed write may have left bytes behind tail_size */
	uint64_t rotate_after_ms;  /* a failed rotation is not tried again before */
	struct tlog *full;         /* tree of all full bundles: the tail begins behind it */
	struct tlog *head;         /* tree of all committed entries */
	struct buf staged;         /* records of the group, as they go into the tail */
	uint8_t (*leaf)[TLOG_HASH]; /* their leaf hashes */
	size_t nstaged, leaf_cap;
	uint64_t covered;
	struct note_verifier verifier;
	uint8_t seed[NOTE_KEY];
	char note[NOTE_SIZE];
};

/* ---- writing ---- */

static int write_full_tile(void *ctx, unsigned level, uint64_t index, const uint8_t hash[TLOG_WIDTH][TLOG_HASH])
{
	struct journal *j = ctx;
	char path[TLOG_PATH_SIZE];
	tlog_path((int)level, index, 0, path);
	if (jfile_write(j->dir, path, hash, (size_t)TLOG_WIDTH * TLOG_HASH) < 0)
		return JOURNAL_IO;
	jfile_drop_partials(j->dir, (int)level, index);
	return 0;
}

static int open_tail(struct journal *j, const void *data, size_t size)
{
	if (jfile_write(j->dir, "tail", data, size) < 0)
		return JOURNAL_IO;
	int fd = openat(j->dir, "tail", O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return JOURNAL_IO;
	io_close(&j->tail);
	j->tail = fd;
	j->tail_size = (off_t)size;
	j->tail_dirty = 0;
	return 0;
}

/* Takes up to `count` entries from the tail's records at *p into a bundle. */
static int make_bundle(const uint8_t **p, const uint8_t *end, size_t count, struct buf *bundle, uint8_t (*leaf)[TLOG_HASH])
{
	const uint8_t *entry;
	size_t size;
	for (size_t i = 0; i < count; i++) {
		if (tail_next(p, end, &entry, &size, leaf[i]) != 1) {
			errno = EBADMSG; /* what we wrote ourselves is not there any more */
			return JOURNAL_IO;
		}
		if (buf_put_str16(bundle, (const char *)entry, size) < 0) {
			errno = ENOMEM;
			return JOURNAL_IO;
		}
	}
	return 0;
}

static int write_bundle(struct journal *j, uint64_t index, unsigned width, const struct buf *bundle)
{
	char path[TLOG_PATH_SIZE];
	tlog_path(TLOG_ENTRIES, index, width, path);
	return jfile_write(j->dir, path, buf_ptr(bundle), buf_left(bundle)) < 0 ? JOURNAL_IO : 0;
}

static int read_tail(const struct journal *j, uint8_t **data_r)
{
	size_t size;
	if (io_pread_all(j->tail, TAIL_MAX, (char **)data_r, &size) < 0)
		return JOURNAL_IO;
	if (size >= (size_t)j->tail_size)
		return 0;
	free(*data_r);
	errno = EBADMSG;
	return JOURNAL_IO;
}

/* One full bundle out of the tail: the bundle first, then the tiles it completes, lowest first. */
static int write_full_bundle(struct journal *j, struct tlog *t, const uint8_t **p, const uint8_t *end)
{
	struct buf bundle;
	uint8_t leaf[TLOG_WIDTH][TLOG_HASH];
	uint64_t index = t->size / TLOG_WIDTH;
	buf_init(&bundle, JFILE_BUNDLE_MAX);
	int r = make_bundle(p, end, TLOG_WIDTH, &bundle, leaf);
	if (r == 0)
		r = write_bundle(j, index, 0, &bundle);
	buf_free(&bundle);
	for (int i = 0; r == 0 && i < TLOG_WIDTH; i++)
		r = tlog_add(t, leaf[i], write_full_tile, j);
	if (r == 0)
		jfile_drop_partials(j->dir, TLOG_ENTRIES, index);
	return r;
}

/* Moves full bundles out of the tail.  The new tail is renamed over the old one last. */
static int rotate(struct journal *j)
{
	if (j->head->size - j->full->size < TLOG_WIDTH)
		return 0;
	uint8_t *data = NULL;
	struct tlog *t = malloc(sizeof *t);
	int r = JOURNAL_IO;
	if (!t || (r = read_tail(j, &data)) < 0) {
		free(t);
		return r;
	}
	*t = *j->full;
	const uint8_t *p = data + TAIL_HEAD, *end = data + j->tail_size;
	while (r == 0 && j->head->size - t->size >= TLOG_WIDTH)
		r = write_full_bundle(j, t, &p, end);
	if (r == 0) {
		/* the header goes in front of what is left, over bytes that are in the bundle now */
		uint8_t *start = data + (p - data) - TAIL_HEAD;
		tail_head(t->size, start);
		r = open_tail(j, start, (size_t)(end - start));
		if (r == 0) {
			struct tlog *old = j->full;
			j->full = t;
			t = old;
		}
	}
	int e = errno;
	free(t);
	free(data);
	errno = e;
	return r;
}

int journal_append(struct journal *j, const void *entry, size_t size)
{
	if (size == 0 || size > JOURNAL_ENTRY_MAX)
		return JOURNAL_MALFORMED;
	if (buf_left(&j->staged) + size + 2 + TAIL_CHECK > JOURNAL_BATCH_MAX)
		return JOURNAL_FULL_BATCH;
	if (j->nstaged == j->leaf_cap) {
		size_t cap = j->leaf_cap ? j->leaf_cap * 2 : 64;
		void *leaf = realloc(j->leaf, cap * TLOG_HASH);
		if (!leaf)
			return JOURNAL_FULL_BATCH;
		j->leaf = leaf;
		j->leaf_cap = cap;
	}
	if (buf_reserve(&j->staged, size + 2 + TAIL_CHECK) < 0)
		return JOURNAL_FULL_BATCH;
	tlog_leaf(entry, size, j->leaf[j->nstaged]);
	if (buf_put_str16(&j->staged, entry, size) < 0 || buf_put(&j->staged, j->leaf[j->nstaged], TAIL_CHECK) < 0)
		return JOURNAL_FULL_BATCH;
	j->nstaged++;
	return 0;
}

size_t journal_staged(const struct journal *j)
{
	return j->nstaged;
}

/* Cuts off what a failed write left.  After a failed fsync nobody knows what the disk has, so
 * nothing is written behind such bytes before they are gone, durably. */
static int clean_tail(struct journal *j)
{
	if (!j->tail_dirty)
		return 0;
	if (ftruncate(j->tail, j->tail_size) < 0 || fsync(j->tail) < 0)
		return JOURNAL_IO;
	j->tail_dirty = 0;
	return 0;
}

static int write_group(struct journal *j)
{
	const uint8_t *p = buf_ptr(&j->staged);
	size_t left = buf_left(&j->staged);
	off_t at = j->tail_size;
	if (at + (off_t)left > TAIL_MAX) {
		errno = ENOSPC; /* bundles can't be written for long, or the tail would be short */
		return JOURNAL_IO;
	}
	if (clean_tail(j) < 0)
		return JOURNAL_IO;
	j->tail_dirty = 1;
	while (left > 0) {
		ssize_t n = pwrite(j->tail, p, left, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return JOURNAL_IO;
		p += n;
		at += n;
		left -= (size_t)n;
	}
	if (fdatasync(j->tail) < 0)
		return JOURNAL_IO;
	j->tail_dirty = 0;
	j->tail_size = at;
	return 0;
}

int journal_commit(struct journal *j)
{
	if (j->nstaged == 0)
		return 0;
	int r = write_group(j), e = errno;
	if (r < 0)
		(void)!clean_tail(j); /* at once, so that a crash now does not replay what was refused; else next time */
	for (size_t i = 0; r == 0 && i < j->nstaged; i++)
		(void)!tlog_add(j->head, j->leaf[i], NULL, NULL);
	buf_reset(&j->staged);
	j->nstaged = 0;
	if (r == 0 && clock_ms() >= j->rotate_after_ms && rotate(j) < 0)
		j->rotate_after_ms = clock_ms() + ROTATE_RETRY_MS; /* entries are safe in the tail meanwhile */
	errno = e;
	return r;
}

/* Partial tiles and bundle of the tree's right-hand edge: what the checkpoint's readers need. */
static int write_edge(struct journal *j)
{
	const struct tlog *t = j->head;
	for (unsigned l = 0; l < TLOG_LEVELS; l++) {
		char path[TLOG_PATH_SIZE];
		if (t->level[l].count == 0)
			continue;
		tlog_path((int)l, (t->size >> (8 * l)) >> 8, t->level[l].count, path);
		if (faccessat(j->dir, path, F_OK, 0) == 0 && l > 0)
			continue; /* same width, same bytes */
		if (jfile_write(j->dir, path, t->level[l].hash, (size_t)t->level[l].count * TLOG_HASH) < 0)
			return JOURNAL_IO;
	}
	unsigned width = (unsigned)(t->size % TLOG_WIDTH);
	if (width == 0)
		return 0;
	struct buf bundle;
	uint8_t *data, leaf[TLOG_WIDTH][TLOG_HASH];
	if (read_tail(j, &data) < 0)
		return JOURNAL_IO;
	const uint8_t *p = data + TAIL_HEAD;
	buf_init(&bundle, JFILE_BUNDLE_MAX);
	int r = make_bundle(&p, data + j->tail_size, width, &bundle, leaf);
	if (r == 0)
		r = write_bundle(j, t->size / TLOG_WIDTH, width, &bundle);
	buf_free(&bundle);
	free(data);
	return r;
}

int journal_checkpoint(struct journal *j)
{
	struct checkpoint c = { .size = j->head->size };
	char note[NOTE_SIZE];
	if (j->note[0] && j->covered == j->head->size)
		return 0;
	if (rotate(j) < 0 || write_edge(j) < 0)
		return JOURNAL_IO;
	memcpy(c.origin, j->verifier.name, sizeof c.origin);
	tlog_root(j->head, c.root);
	if (note_sign(&c, &j->verifier, j->seed, note) < 0) {
		errno = EIO;
		return JOURNAL_IO;
	}
	if (jfile_write(j->dir, "checkpoint", note, strlen(note)) < 0)
		return JOURNAL_IO;
	memcpy(j->note, note, sizeof note);
	j->covered = c.size;
	return 0;
}

uint64_t journal_size(const struct journal *j) { return j->head->size; }
uint64_t journal_covered(const struct journal *j) { return j->covered; }
const char *journal_note(const struct journal *j) { return j->note; }

/* ---- opening ---- */

struct opening {
	struct journal *j;
	struct journal_repair repair;
	struct checkpoint checkpoint; /* size 0 without one */
	char *error;
	size_t error_size;
};

static int refuse(struct opening *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int refuse(struct opening *o, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(o->error, o->error_size, fmt, ap);
	va_end(ap);
	return -1;
}

static int open_folder(struct opening *o, const char *dir)
{
	struct journal *j = o->j;
	j->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (j->dir < 0)
		return refuse(o, "can't open the journal folder %s: %s", dir, strerror(errno));
	j->lock = openat(j->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (j->lock < 0)
		return refuse(o, "can't make the journal's lock in %s: %s", dir, strerror(errno));
	if (flock(j->lock, LOCK_EX | LOCK_NB) < 0)
		return refuse(o, "the journal in %s is in use by another process", dir);
	return 0;
}

static int read_checkpoint(struct opening *o, const char *origin)
{
	struct journal *j = o->j;
	uint8_t *data;
	size_t size;
	char verifier[NOTE_VERIFIER_SIZE];
	if (jfile_read(j->dir, "checkpoint", NOTE_SIZE - 1, &data, &size) < 0) {
		if (errno != ENOENT)
			return refuse(o, "can't read the journal's checkpoint: %s", strerror(errno));
		if (faccessat(j->dir, "tile", F_OK, 0) == 0 && faccessat(j->dir, "tail", F_OK, 0) < 0)
			return refuse(o, "the journal has entries but neither checkpoint nor tail: it is damaged");
		if (note_verifier_make(origin, j->seed, &j->verifier) < 0)
			return refuse(o, "'%s' can't name a journal's key", origin);
	} else {
		/* an old journal keeps its name, whatever the configuration calls it now */
		char name[NOTE_NAME_SIZE] = { 0 };
		memcpy(j->note, data, size);
		free(data);
		j->note[size] = '\0';
		size_t n = strcspn(j->note, "\n");
		memcpy(name, j->note, n < sizeof name ? n : sizeof name - 1);
		if (note_verifier_make(name, j->seed, &j->verifier) < 0)
			return refuse(o, "the journal's checkpoint is damaged");
		switch (note_open(j->note, size, &j->verifier, &o->checkpoint)) {
		case 0: break;
		case NOTE_UNSIGNED: return refuse(o, "the journal's checkpoint is signed by another key than keys/journal.key");
		case NOTE_FORGED: return refuse(o, "the journal's checkpoint has a wrong signature");
		default: return refuse(o, "the journal's checkpoint is damaged");
		}
		j->covered = o->checkpoint.size;
	}
	note_verifier_print(&j->verifier, verifier);
	strcat(verifier, "\n");
	if (jfile_write(j->dir, "verifier", verifier, strlen(verifier)) < 0)
		return refuse(o, "can't write the journal's verifier key: %s", strerror(errno));
	return 0;
}

/* The checkpoint vouches for its own tiles: they must give its root before anything is built on them. */
static int check_covered(struct opening *o)
{
	uint8_t root[TLOG_HASH];
	if (o->checkpoint.size == 0)
		return 0;
	if (jfile_load_tree(o->j->dir, o->checkpoint.size, o->j->head) < 0)
		return refuse(o, "the journal's tiles below checkpoint %" PRIu64 " can't be read: %s", o->checkpoint.size,
			strerror(errno));
	tlog_root(o->j->head, root);
	if (memcmp(root, o->checkpoint.root, sizeof root) != 0)
		return refuse(o, "the journal's tiles don't give the root of checkpoint %" PRIu64, o->checkpoint.size);
	return 0;
}

/* Adds a bundle's entries to a tail; those the checkpoint covers must have their tile's hashes. */
static int refill_tail(const struct opening *o, uint64_t first, const uint8_t *p, const uint8_t *end, struct buf *tail)
{
	uint8_t leaf[TLOG_HASH];
	const uint8_t *entry;
	size_t n;
	int more;
	for (uint64_t at = first; (more = jfile_bundle_next(&p, end, &entry, &n)) == 1; at++) {
		tlog_leaf(entry, n, leaf);
		if (at < o->checkpoint.size && memcmp(leaf, o->j->head->level[0].hash[at % TLOG_WIDTH], TLOG_HASH) != 0)
			return -1;
		if (buf_put_str16(tail, (const char *)entry, n) < 0 || buf_put(tail, leaf, TAIL_CHECK) < 0)
			return -1;
	}
	return more;
}

/* A tail from the partial bundle that the checkpoint covers, and from full ones beyond it. */
static int rebuild_tail(struct opening *o)
{
	struct journal *j = o->j;
	uint64_t base = o->checkpoint.size - o->checkpoint.size % TLOG_WIDTH;
	unsigned width = (unsigned)(o->checkpoint.size % TLOG_WIDTH);
	uint8_t head[TAIL_HEAD], *data;
	size_t size;
	struct buf tail;
	tail_head(base, head);
	buf_init(&tail, TAIL_MAX);
	int ok = buf_put(&tail, head, sizeof head) == 0;
	for (uint64_t first = base; ok; first += TLOG_WIDTH) {
		if (jfile_read_bundle(j->dir, first / TLOG_WIDTH, first == base ? width : 0, &data, &size) < 0) {
			ok = errno == ENOENT && (first > base || width == 0);
			break;
		}
		ok = refill_tail(o, first, data, data + size, &tail) == 0;
		free(data);
	}
	ok = ok && open_tail(j, buf_ptr(&tail), buf_left(&tail)) == 0;
	buf_free(&tail);
	return ok ? 0 : refuse(o, "the journal's tail is short and its last bundle missing or damaged");
}

/* Keeps what is cut off where an admin can look at it. */
static int cut_torn(struct opening *o, const uint8_t *torn, size_t size, uint64_t index, off_t at)
{
	char name[64];
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof name, "torn-%" PRIu64 "-%d", index, i);
		if (faccessat(o->j->dir, name, F_OK, 0) < 0)
			break;
	}
	if (jfile_write(o->j->dir, name, torn, size) < 0 || ftruncate(o->j->tail, at) < 0 || fsync(o->j->tail) < 0)
		return refuse(o, "can't cut a torn entry off the journal's tail: %s", strerror(errno));
	o->repair.torn_bytes = size;
	return 0;
}

/* Reads the tail into the head tree; 1 when it holds less than the checkpoint covers. */
static int replay(struct opening *o)
{
	struct journal *j = o->j;
	uint8_t *data, leaf[TLOG_HASH], root[TLOG_HASH];
	const uint8_t *entry, *p, *end;
	uint64_t base;
	size_t size, n;
	int more, checked = 0;
	io_close(&j->tail);
	j->tail = openat(j->dir, "tail", O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (j->tail < 0 && errno == ENOENT)
		return 1;
	if (j->tail < 0 || io_pread_all(j->tail, TAIL_MAX, (char **)&data, &size) < 0)
		return refuse(o, "can't read the journal's tail: %s", strerror(errno));
	if (tail_read_head(data, size, &base) < 0 || base > o->checkpoint.size + TAIL_MAX ||
	    jfile_load_tree(j->dir, base, j->full) < 0) {
		free(data);
		return o->checkpoint.size ? 1 : refuse(o, "the journal's tail is damaged or does not fit its tiles");
	}
	*j->head = *j->full;
	p = data + TAIL_HEAD;
	end = data + size;
	checked = o->checkpoint.size <= base; /* check_covered() has seen to those */
	while ((more = tail_next(&p, end, &entry, &n, leaf)) == 1) {
		(void)!tlog_add(j->head, leaf, NULL, NULL);
		if (j->head->size != o->checkpoint.size)
			continue;
		tlog_root(j->head, root);
		if (memcmp(root, o->checkpoint.root, sizeof root) != 0)
			break;
		checked = 1;
	}
	j->tail_size = p - data;
	int r = checked ? 0 : 1;
	if (checked && more < 0)
		r = cut_torn(o, p, (size_t)(end - p), j->head->size, j->tail_size);
	free(data);
	return r;
}

static int recover(struct opening *o, const char *dir, const char *origin)
{
	struct journal *j = o->j;
	if (open_folder(o, dir) < 0 || read_checkpoint(o, origin) < 0 || check_covered(o) < 0)
		return -1;
	int r = replay(o);
	if (r == 1) {
		o->repair.rebuilt_tail = o->checkpoint.size > 0;
		/* what is there is kept: it may hold entries that nothing covers */
		if (faccessat(j->dir, "tail", F_OK, 0) == 0) {
			char name[64];
			snprintf(name, sizeof name, "torn-%" PRIu64 "-tail-%" PRId64, o->checkpoint.size, clock_wall_s());
			if (renameat(j->dir, "tail", j->dir, name) < 0)
				return refuse(o, "can't set the journal's short tail aside: %s", strerror(errno));
		}
		if (check_covered(o) < 0 || rebuild_tail(o) < 0)
			return -1;
		r = replay(o);
	}
	if (r != 0)
		return r < 0 ? -1 : refuse(o, "the journal's tail can't be rebuilt");
	o->repair.replayed = j->head->size - o->checkpoint.size;
	if (rotate(j) < 0)
		j->rotate_after_ms = clock_ms() + ROTATE_RETRY_MS;
	return 0;
}

struct journal *journal_open(const char *dir, const uint8_t seed[NOTE_KEY], const char *origin, struct journal_repair *repair_r,
	char *error, size_t error_size)
{
	struct journal *j = calloc(1, sizeof *j);
	if (j) {
		j->dir = j->lock = j->tail = -1;
		j->full = calloc(1, sizeof *j->full);
		j->head = calloc(1, sizeof *j->head);
		memcpy(j->seed, seed, NOTE_KEY);
		buf_init(&j->staged, JOURNAL_BATCH_MAX);
	}
	struct opening o = { .j = j, .error = error, .error_size = error_size };
	if (!j || !j->full || !j->head) {
		refuse(&o, "no memory for the journal");
		journal_close(&j);
	} else if (recover(&o, dir, origin) < 0) {
		journal_close(&j);
	}
	if (repair_r)
		*repair_r = o.repair;
	return j;
}

void journal_close(struct journal **jp)
{
	struct journal *j = *jp;
	if (!j)
		return;
	io_close(&j->tail);
	io_close(&j->lock);
	io_close(&j->dir);
	buf_free(&j->staged);
	explicit_bzero(j->seed, sizeof j->seed);
	free(j->leaf);
	free(j->full);
	free(j->head);
	free(j);
	*jp = NULL;
}
