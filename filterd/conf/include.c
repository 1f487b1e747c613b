#include "conf/include.h"

#include "conf/cfgread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
