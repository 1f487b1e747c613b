#include "conf/cfgerr.h"

#include <stdarg.h>
#include <stdio.h>

int cfgerr_set(struct cfgerr *e, const char *file, int line, const char *fmt, ...)
{
	if (!e)
		return -1;
	va_list ap;
	va_start(ap, fmt);
	snprintf(e->file, sizeof e->file, "%s", file ? file : "");
	e->line = line;
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	return -1;
}
