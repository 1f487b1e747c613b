#include "proc/watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
	char *path;
	int wd;    /* -1: not there at the moment */
};

struct watch {
	int fd;
	bool changed;
	uint64_t first_ms, last_ms; /* of the changes not yet taken */
	bool missing;               /* a folder is, and is looked for every WATCH_RETRY_MS */
	size_t nfolders;
	struct folder folders[];
};

enum {
	MASK = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF |
	       IN_ONLYDIR
};

bool watch_is_database(const char *name)
{
	/* libclamav's CLI_DBEXT, and the hashes' own variants */
	static const char *const suffixes[] = {"db",  "hdb",  "hdu",  "hsb",      "hsu",  "fp",  "sfp", "mdb",  "mdu",
	                                       "msb", "msu",  "imp",  "ndb",      "ndu",  "ldb", "ldu", "sdb",  "zmd",
	                                       "rmd", "pdb",  "gdb",  "wdb",      "cbc",  "ftm", "cfg", "cvd",  "cld",
	                                       "cud", "cdb",  "cat",  "crb",      "idb",  "ioc", "yar", "yara", "pwdb",
	                                       "ign", "ign2", "info", "cvd.sign", "sign", "crt"};
	const char *dot = strrchr(name, '.');
	if (!dot || *name == '.')
		return false;
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
		if (strcasecmp(dot + 1, suffixes[i]) == 0)
			return true;
	return false;
}

static bool look_for_missing(struct watch *w)
{
	bool found = false, missing = false;
	for (size_t i = 0; i < w->nfolders; i++) {
		if (w->folders[i].wd >= 0)
			continue;
		w->folders[i].wd = inotify_add_watch(w->fd, w->folders[i].path, MASK);
		found |= w->folders[i].wd >= 0;
		missing |= w->folders[i].wd < 0;
	}
	w->missing = missing;
	return found;
}

struct watch *watch_new(const char *const *dirs, size_t ndirs)
{
	struct watch *w = calloc(1, sizeof *w + ndirs * sizeof w->folders[0]);
	if (!w)
		return NULL;
	w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	for (size_t i = 0; i < ndirs && w->fd >= 0; i++) {
		if (!*dirs[i])
			continue;
		struct folder *f = &w->folders[w->nfolders++];
		f->wd = -1;
		if (!(f->path = strdup(dirs[i]))) {
			watch_free(&w);
			errno = ENOMEM;
			return NULL;
		}
	}
	if (w->fd < 0) {
		free(w);
		return NULL;
	}
	look_for_missing(w);
	return w;
}

void watch_free(struct watch **w)
{
	if (!*w)
		return;
	for (size_t i = 0; i < (*w)->nfolders; i++)
		free((*w)->folders[i].path);
	close((*w)->fd);
	free(*w);
	*w = NULL;
}

int watch_fd(const struct watch *w)
{
	return w->fd;
}

static void mark(struct watch *w, uint64_t now_ms)
{
	if (!w->changed)
		w->first_ms = now_ms;
	w->changed = true;
	w->last_ms = now_ms;
}

static void forget_folder(struct watch *w, int wd)
{
	for (size_t i = 0; i < w->nfolders; i++)
		if (w->folders[i].wd == wd)
			w->folders[i].wd = -1;
}

/* A new file that somebody still writes: IN_CLOSE_WRITE comes when it is done.  A link is whole at once. */
static bool is_unfinished(const struct watch *w, const struct inotify_event *e)
{
	char path[4096];
	struct stat st;
	if (!(e->mask & IN_CREATE))
		return false;
	for (size_t i = 0; i < w->nfolders; i++)
		if (w->folders[i].wd == e->wd &&
		    (size_t)snprintf(path, sizeof path, "%s/%s", w->folders[i].path, e->name) < sizeof path)
			return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1;
	return false;
}

static void take_event(struct watch *w, const struct inotify_event *e, uint64_t now_ms)
{
	if (e->mask & IN_MOVE_SELF)
		inotify_rm_watch(w->fd, e->wd); /* another folder may take its place: IN_IGNORED follows */
	if (e->mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF | IN_Q_OVERFLOW)) {
		if (e->mask & IN_IGNORED)
			forget_folder(w, e->wd);
		w->missing = true;
		mark(w, now_ms);
	} else if (e->len > 0 && watch_is_database(e->name) && !is_unfinished(w, e)) {
		mark(w, now_ms);
	}
}

void watch_read(struct watch *w, uint64_t now_ms)
{
	_Alignas(struct inotify_event) char events[8192];
	ssize_t n;
	while ((n = read(w->fd, events, sizeof events)) > 0)
		for (char *p = events; p < events + n;) {
			const struct inotify_event *e = (const struct inotify_event *)p;
			take_event(w, e, now_ms);
			p += sizeof *e + e->len;
		}
}

static uint64_t due_ms(const struct watch *w)
{
	uint64_t quiet = w->last_ms + WATCH_QUIET_MS, latest = w->first_ms + WATCH_LATEST_MS;
	return quiet < latest ? quiet : latest;
}

int watch_timeout_ms(const struct watch *w, uint64_t now_ms)
{
	int retry = w->missing ? WATCH_RETRY_MS : -1;
	if (!w->changed)
		return retry;
	uint64_t due = due_ms(w);
	int ms = due <= now_ms ? 0 : (int)(due - now_ms);
	return retry >= 0 && retry < ms ? retry : ms;
}

bool watch_take(struct watch *w, uint64_t now_ms)
{
	if (w->missing && look_for_missing(w))
		mark(w, now_ms);
	if (!w->changed || due_ms(w) > now_ms)
		return false;
	w->changed = false;
	return true;
}
