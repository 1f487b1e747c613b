#include "audit/verify.h"

#include "audit/jfile.h"
#include "audit/tail.h"
#include "base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct walk {
	int dir;
	struct journal_report *report;
	const struct checkpoint *before;
	struct checkpoint now;
	struct tlog tree;   /* of the entries themselves */
};

static void fault(struct walk *w, const char *path, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void fault(struct walk *w, const char *path, const char *fmt, ...)
{
	struct journal_report *r = w->report;
	if (r->nfaults < JOURNAL_FAULTS_MAX) {
		va_list ap;
		va_start(ap, fmt);
		snprintf(r->fault[r->nfaults].path, sizeof r->fault[0].path, "%s", path);
		vsnprintf(r->fault[r->nfaults].text, sizeof r->fault[0].text, fmt, ap);
		va_end(ap);
	}
	r->nfaults++;
}

/* Compares a tile with what the entries give; partial ones are prefixes of the full. */
static void check_file(struct walk *w, const char *path, const uint8_t *want, size_t want_size, int must)
{
	uint8_t *data;
	size_t size;
	if (jfile_read(w->dir, path, JFILE_BUNDLE_MAX, &data, &size) < 0) {
		if (must || errno != ENOENT)
			fault(w, path, "can't be read: %s", strerror(errno));
		return;
	}
	if (size != want_size)
		fault(w, path, "has %zu bytes instead of %zu", size, want_size);
	else if (memcmp(data, want, size) != 0)
		fault(w, path, "does not fit the entries");
	free(data);
}

/* Every partial version that is still there (readers of older checkpoints use them). */
static void check_partials(struct walk *w, unsigned level, uint64_t index, const uint8_t *want, unsigned count)
{
	char path[TLOG_PATH_SIZE + 4];
	tlog_path((int)level, index, 0, path);
	strcat(path, ".p");
	int fd = openat(w->dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		io_close(&fd);
		return;
	}
	for (struct dirent *e; (e = readdir(d));) {
		char *end;
		unsigned long width = strtoul(e->d_name, &end, 10);
		if (*end != '\0' || width == 0 || width > count)
			continue; /* a temporary name, or written meanwhile by the recorder */
		tlog_path((int)level, index, (unsigned)width, path);
		check_file(w, path, want, width * TLOG_HASH, 0);
	}
	closedir(d);
}

static int full_tile(void *ctx, unsigned level, uint64_t index, const uint8_t hash[TLOG_WIDTH][TLOG_HASH])
{
	struct walk *w = ctx;
	char path[TLOG_PATH_SIZE];
	tlog_path((int)level, index, 0, path);
	/* beyond the checkpoint, the recorder may just be about to write it */
	int must = ((index + 1) << (8 * (level + 1))) <= w->now.size;
	check_file(w, path, hash[0], (size_t)TLOG_WIDTH * TLOG_HASH, must);
	check_partials(w, level, index, hash[0], TLOG_WIDTH - 1);
	return 0;
}

static void check_root(struct walk *w, const struct checkpoint *c, const char *what)
{
	uint8_t root[TLOG_HASH];
	tlog_root(&w->tree, root);
	if (memcmp(root, c->root, sizeof root) != 0)
		fault(w, what, "the root of its %" PRIu64 " entries is another one", c->size);
}

/* The right-hand edge under the checkpoint, before later entries change it. */
static void check_edge(struct walk *w)
{
	for (unsigned l = 0; l < TLOG_LEVELS; l++) {
		char path[TLOG_PATH_SIZE];
		unsigned count = w->tree.level[l].count;
		uint64_t index = (w->tree.size >> (8 * l)) >> 8;
		if (count == 0)
			continue;
		tlog_path((int)l, index, 0, path);
		if (faccessat(w->dir, path, F_OK, 0) == 0)
			continue; /* the full one is there, and full_tile() looks at it */
		check_partials(w, l, index, w->tree.level[l].hash[0], count);
		tlog_path((int)l, index, count, path);
		check_file(w, path, w->tree.level[l].hash[0], count * TLOG_HASH, 1);
	}
}

static void add_entry(struct walk *w, const uint8_t leaf[TLOG_HASH])
{
	(void)!tlog_add(&w->tree, leaf, full_tile, w);
	if (w->before && w->tree.size == w->before->size)
		check_root(w, w->before, "earlier checkpoint");
	if (w->tree.size == w->now.size) {
		check_root(w, &w->now, "checkpoint");
		check_edge(w);
		tlog_root(&w->tree, w->report->root);
	}
}

/* Older partial bundles are prefixes of the newest one. */
static void check_partial_bundles(struct walk *w, uint64_t index, const uint8_t *newest, size_t newest_size)
{
	char path[TLOG_PATH_SIZE + 4];
	tlog_path(TLOG_ENTRIES, index, 0, path);
	strcat(path, ".p");
	int fd = openat(w->dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		io_close(&fd);
		return;
	}
	for (struct dirent *e; (e = readdir(d));) {
		const uint8_t *p = newest, *entry;
		char *end;
		size_t n;
		unsigned long width = strtoul(e->d_name, &end, 10), i = 0;
		if (*end != '\0' || width == 0 || width >= TLOG_WIDTH)
			continue;
		while (i < width && jfile_bundle_next(&p, newest + newest_size, &entry, &n) == 1)
			i++;
		tlog_path(TLOG_ENTRIES, index, (unsigned)width, path);
		if (i == width)
			check_file(w, path, newest, (size_t)(p - newest), 0);
	}
	closedir(d);
}

/* One bundle; 0 when it ends the walk (partial, missing or broken). */
static int walk_bundle(struct walk *w, uint64_t index)
{
	uint64_t first = index * TLOG_WIDTH;
	unsigned partial = first < w->now.size && w->now.size - first < TLOG_WIDTH ? (unsigned)(w->now.size - first) : 0;
	char path[TLOG_PATH_SIZE];
	uint8_t *data, leaf[TLOG_HASH];
	const uint8_t *entry;
	size_t size, n;
	unsigned count = 0;
	int more;
	tlog_path(TLOG_ENTRIES, index, partial, path);
	if (jfile_read_bundle(w->dir, index, partial, &data, &size) < 0) {
		if (first < w->now.size)
			fault(w, path, "can't be read: %s", strerror(errno));
		return 0;
	}
	const uint8_t *p = data, *end = data + size;
	while (count < TLOG_WIDTH && (more = jfile_bundle_next(&p, end, &entry, &n)) == 1) {
		tlog_leaf(entry, n, leaf);
		if (first + count >= w->tree.size)
			add_entry(w, leaf);
		count++;
	}
	int full = count == TLOG_WIDTH;
	if (p != end || (!full && count != partial))
		fault(w, path, "is damaged after its entry %u", count);
	else if (!full)
		check_partial_bundles(w, index, data, size);
	full = full && p == end;
	free(data);
	return full;
}

/* Entries in the tail: those already walked must be the same, later ones are beyond the checkpoint. */
static void walk_tail(struct walk *w)
{
	uint8_t *data, leaf[TLOG_HASH];
	const uint8_t *entry;
	size_t size, n;
	uint64_t base, at;
	int more;
	if (jfile_read(w->dir, "tail", 256 << 20, &data, &size) < 0) {
		fault(w, "tail", "can't be read: %s", strerror(errno));
		return;
	}
	if (tail_read_head(data, size, &base) < 0) {
		fault(w, "tail", "has no valid header");
		free(data);
		return;
	}
	const uint8_t *p = data + TAIL_HEAD, *end = data + size;
	for (at = base; (more = tail_next(&p, end, &entry, &n, leaf)) == 1; at++) {
		uint64_t in_tile = w->tree.size - w->tree.size % TLOG_WIDTH;
		if (at == w->tree.size)
			add_entry(w, leaf);
		else if (at > w->tree.size)
			break; /* rotated between our two looks; nothing to compare it with */
		else if (at >= in_tile && memcmp(w->tree.level[0].hash[at - in_tile], leaf, TLOG_HASH) != 0)
			fault(w, "tail", "entry %" PRIu64 " is another one than in its bundle", at);
	}
	if (more < 0)
		w->report->torn_bytes = (uint64_t)(end - p);
	if (more < 0 && at < w->now.size)
		fault(w, "tail", "is damaged below the checkpoint, at entry %" PRIu64, at);
	free(data);
}

static int read_note(struct walk *w, const struct note_verifier *v)
{
	uint8_t *data;
	size_t size;
	if (jfile_read(w->dir, "checkpoint", NOTE_SIZE * 8 - 1, &data, &size) < 0) {
		fault(w, "checkpoint", "can't be read: %s", strerror(errno));
		return -1;
	}
	int r = note_open((const char *)data, size, v, &w->now);
	free(data);
	if (r == NOTE_UNSIGNED)
		fault(w, "checkpoint", "is not signed by this key");
	else if (r == NOTE_FORGED)
		fault(w, "checkpoint", "has a wrong signature");
	else if (r < 0)
		fault(w, "checkpoint", "is damaged");
	if (r == 0 && strcmp(w->now.origin, v->name) != 0)
		fault(w, "checkpoint", "belongs to another journal");
	return r;
}

int journal_verify(const char *dir, const struct note_verifier *v, const struct checkpoint *before, struct journal_report *report_r)
{
	struct walk *w = calloc(1, sizeof *w);
	memset(report_r, 0, sizeof *report_r);
	if (!w)
		return -1;
	w->report = report_r;
	w->before = before;
	w->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->dir < 0) {
		fault(w, dir, "can't be opened: %s", strerror(errno));
	} else if (read_note(w, v) == 0) {
		memcpy(report_r->origin, w->now.origin, sizeof report_r->origin);
		report_r->covered = w->now.size;
		if (before && strcmp(before->origin, w->now.origin) != 0)
			fault(w, "earlier checkpoint", "belongs to another journal");
		if (before && before->size > w->now.size)
			fault(w, "checkpoint", "covers fewer entries than the earlier one: the journal was rolled back");
		if (w->now.size == 0)
			check_root(w, &w->now, "checkpoint");
		for (uint64_t i = 0; walk_bundle(w, i); i++)
			;
		walk_tail(w);
		if (w->tree.size < w->now.size)
			fault(w, "checkpoint", "covers %" PRIu64 " entries, but only %" PRIu64 " are there", w->now.size, w->tree.size);
		else
			report_r->beyond = w->tree.size - w->now.size;
	}
	io_close(&w->dir);
	free(w);
	return report_r->nfaults ? -1 : 0;
}
