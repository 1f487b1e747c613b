#include "conf/include.h"

#include "conf/cfgread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char *path_of(const char *file, const char *name)
{
	const char *slash = strrchr(file, '/');
	char *path = NULL;
	if (name[0] == '/' || !slash)
		return strdup(name);
	return asprintf(&path, "%.*s%s", (int)(slash + 1 - file), file, name) < 0 ? NULL : path;
}

size_t include_read(const struct bundle_file *f, struct include *out)
{
	struct cfgerr ignored;
	const struct cfg_reader r = { .file = f->path, .err = &ignored };
	config_t cfg;
	size_t n = 0;
	if (!memmem(f->data, f->size, "include", 7) || cfg_parse(&r, f, &cfg) < 0)
		return 0;
	const config_setting_t *s = config_setting_get_member(config_root_setting(&cfg), "include");
	int single = s && config_setting_type(s) == CONFIG_TYPE_STRING, all = s ? single ? 1 : config_setting_length(s) : 0;
	for (int i = 0; i < all && n < INCLUDES_MAX; i++) {
		const config_setting_t *e = single ? s : config_setting_get_elem(s, (unsigned)i);
		const char *name = e ? config_setting_get_string(e) : NULL;
		char *path = name && name[0] ? path_of(f->path, name) : NULL;
		if (path)
			out[n++] = (struct include){ path, (int)config_setting_source_line(e) };
	}
	config_destroy(&cfg);
	return n;
}

/* Files while circles are looked for. */
struct walk {
	const struct bundle *b;
	unsigned char *state; /* of each of the bundle's files */
	struct cfgerr *err;
};
enum { NEW, UNDER_WAY, DONE };

/* Folders name nobody in particular: of them each file is read once, and that is all. */
static size_t file_at(const struct bundle *b, const char *path)
{
	struct stat one, other;
	if (stat(path, &one) == 0 && S_ISREG(one.st_mode))
		for (size_t i = 0; i < b->nfiles; i++)
			if (b->files[i].kind == BUNDLE_RULES && stat(b->files[i].path, &other) == 0 && one.st_dev == other.st_dev && one.st_ino == other.st_ino)
				return i;
	return b->nfiles;
}

static int visit(const struct walk *w, size_t at)
{
	struct include *all = calloc(INCLUDES_MAX, sizeof *all);
	const char *path = w->b->files[at].path;
	size_t n = all ? include_read(&w->b->files[at], all) : 0;
	int r = all ? 0 : cfgerr_set(w->err, "", 0, "out of memory");
	w->state[at] = UNDER_WAY;
	for (size_t i = 0; i < n; i++) {
		size_t to = r == 0 ? file_at(w->b, all[i].path) : w->b->nfiles;
		if (to == at)
			r = cfgerr_set(w->err, path, all[i].line, "\"include\" names this very file");
		else if (to < w->b->nfiles && w->state[to] == UNDER_WAY)
			r = cfgerr_set(w->err, path, all[i].line, "\"include\" names \"%.300s\", which includes this file: that is a circle", all[i].path);
		else if (to < w->b->nfiles && w->state[to] == NEW)
			r = visit(w, to);
		free(all[i].path);
	}
	w->state[at] = DONE;
	free(all);
	return r;
}

int include_check(const struct bundle *b, struct cfgerr *err)
{
	const struct walk w = { b, calloc(b->nfiles + 1, 1), err };
	int r = w.state ? 0 : cfgerr_set(err, "", 0, "out of memory");
	for (size_t i = 0; r == 0 && i < b->nfiles; i++)
		if (b->files[i].kind == BUNDLE_RULES && w.state[i] == NEW)
			r = visit(&w, i);
	free(w.state);
	return r;
}
