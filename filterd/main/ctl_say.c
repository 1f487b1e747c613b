#include "main/ctl_say.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

const char *ctl_clean(char *dst, size_t dst_size, const char *s)
{
	char *to = dst;
	text_quote(dst, dst_size, s, strlen(s));
	for (const char *from = dst; *from; from++) {
		if (*from == '\\' && (from[1] == '"' || from[1] == '\\'))
			from++;
		*to++ = *from;
	}
	*to = '\0';
	return dst;
}

int ctl_complain(const char *what, const char *why)
{
	char clean_what[1200], clean_why[1200];
	ctl_clean(clean_what, sizeof clean_what, what);
	ctl_clean(clean_why, sizeof clean_why, why);
	fprintf(stderr, "filterctl: %s%s%s\n", clean_what, *why ? ": " : "", clean_why);
	return -1;
}

int ctl_complain_of(const struct cfgerr *e, const char *kind)
{
	char file[600], text[1200];
	ctl_clean(file, sizeof file, *e->file ? e->file : "filterctl");
	ctl_clean(text, sizeof text, e->text);
	if (*e->file && e->line)
		fprintf(stderr, "%s:%d: %s%s\n", file, e->line, kind, text);
	else
		fprintf(stderr, "%s: %s%s\n", file, kind, text);
	return -1;
}

int ctl_wants_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return 1;
	return 0;
}
