#include "main/paths.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int paths_self(char *dst, size_t dst_size)
{
	static const char deleted[] = " (deleted)";
	ssize_t n = readlink("/proc/self/exe", dst, dst_size - 1);
	if (n < 0)
		return -1;
	dst[n] = '\0';
	/* An upgrade replaced the file: its successor is what we start from now on. */
	size_t tail = sizeof deleted - 1;
	if ((size_t)n > tail && strcmp(dst + n - tail, deleted) == 0)
		dst[(size_t)n - tail] = '\0';
	return 0;
}

int paths_scan(const char *self, char *dst, size_t dst_size)
{
	const char *slash = strrchr(self, '/');
	int dir = slash ? (int)(slash - self) : 0;
	static const char *const relative[] = { "/../libexec/filterd/filterd-scan", "/filterd-scan" };
	for (size_t i = 0; i < sizeof relative / sizeof *relative; i++)
		if ((size_t)snprintf(dst, dst_size, "%.*s%s", dir, self, relative[i]) < dst_size && access(dst, X_OK) == 0)
			return 0;
	if ((size_t)snprintf(dst, dst_size, "%s/filterd-scan", FILTERD_LIBEXECDIR) < dst_size && access(dst, X_OK) == 0)
		return 0;
	return -1;
}
