#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *role_name = "filterd";
static enum log_level level_max = LOG_INFO_L;

static const char *const level_names[] = { "fatal", "error", "warning", "info", "debug" };

void log_init(const char *role, enum log_level level)
{
	role_name = role;
	level_max = level;
}

const char *log_role(void)
{
	return role_name;
}

static void vwrite(enum log_level level, const char *fmt, va_list ap)
{
	char line[2048];
	int head = snprintf(line, sizeof line, "%s %s ", level_names[level], role_name);
	if (head < 0 || (size_t)head >= sizeof line)
		return;
	int body = vsnprintf(line + head, sizeof line - (size_t)head - 1, fmt, ap);
	if (body < 0)
		return;
	size_t n = strlen(line);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[n++] = '\n';
	ssize_t w = write(STDERR_FILENO, line, n); /* nobody left to tell if this fails */
	(void)w;
}

void log_write(enum log_level level, const char *fmt, ...)
{
	if (level > level_max)
		return;
	va_list ap;
	va_start(ap, fmt);
	vwrite(level, fmt, ap);
	va_end(ap);
}

void log_fatal(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vwrite(LOG_FATAL_L, fmt, ap);
	va_end(ap);
	exit(1);
}

void log_panic(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vwrite(LOG_FATAL_L, fmt, ap);
	va_end(ap);
	abort();
}
