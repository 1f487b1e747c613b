#include "extract/ole.h"

#include "base/clock.h"

#include <gsf/gsf.h>
#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 16, PATH_MAX_BYTES = 512 };

struct walk {
	size_t file_size;
	struct archive_budget *budget;
	archive_member_fn *member;
	void *ctx;
	const char *why;
};

bool ole_is(const char *data, size_t size)
{
	return size >= 512 && memcmp(data, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8) == 0;
}

void ole_init(void)
{
	gsf_init();
}

static enum cause refuse(struct walk *w, enum cause cause, const char *why)
{
	w->why = why;
	return cause;
}

static enum cause hand_over(struct walk *w, GsfInput *stream, const char *path)
{
	gsf_off_t size = gsf_input_size(stream);
	/* a directory may lie: no stream is larger than what it stands in */
	if (size < 0 || (uint64_t)size > w->file_size)
		return refuse(w, CAUSE_UNSCANNABLE, "damaged compound file");
	if (size == 0)
		return CAUSE_NONE;
	if ((uint64_t)size > w->budget->member_max || (uint64_t)size > w->budget->total_left)
		return refuse(w, CAUSE_LIMIT, "stream larger than may be unpacked");
	const guint8 *data = gsf_input_read(stream, (size_t)size, NULL);
	if (!data)
		return refuse(w, CAUSE_UNSCANNABLE, "damaged compound file");
	w->budget->total_left -= (uint64_t)size;
	return w->member(w->ctx, path, data, (size_t)size);
}

static enum cause walk(struct walk *w, GsfInfile *storage, const char *path, unsigned depth)
{
	int n = gsf_infile_num_children(storage);
	enum cause cause = CAUSE_NONE;
	if (depth > DEPTH_MAX)
		return refuse(w, CAUSE_LIMIT, "nested deeper than may be unpacked");
	for (int i = 0; i < n && cause == CAUSE_NONE; i++) {
		char below[PATH_MAX_BYTES];
		const char *name = gsf_infile_name_by_index(storage, i);
		if (clock_ms() > w->budget->deadline_ms)
			return refuse(w, CAUSE_TIMEOUT, "no time left");
		if (w->budget->members_left == 0)
			return refuse(w, CAUSE_LIMIT, "too many streams");
		w->budget->members_left--;
		GsfInput *child = gsf_infile_child_by_index(storage, i);
		if (!child)
			return refuse(w, CAUSE_UNSCANNABLE, "damaged compound file");
		snprintf(below, sizeof below, "%s%s%s", path, path[0] ? "/" : "", name ? name : "-");
		if (GSF_IS_INFILE(child) && gsf_infile_num_children(GSF_INFILE(child)) >= 0)
			cause = walk(w, GSF_INFILE(child), below, depth + 1);
		else
			cause = hand_over(w, child, below);
		g_object_unref(child);
	}
	return cause;
}

enum cause ole_unpack(const void *data, size_t size, struct archive_budget *budget, archive_member_fn *member, void *ctx, const char **what_r)
{
	struct walk w = { .file_size = size, .budget = budget, .member = member, .ctx = ctx, .why = "damaged compound file" };
	enum cause cause = CAUSE_UNSCANNABLE;
	GsfInput *file = gsf_input_memory_new(data, (gsf_off_t)size, FALSE);
	GsfInfile *root = file ? gsf_infile_msole_new(file, NULL) : NULL;
	if (root) {
		cause = walk(&w, root, "", 0);
		g_object_unref(root);
	}
	if (file)
		g_object_unref(file);
	*what_r = w.why;
	return cause;
}
