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

static int find(const char *self, const char *const *places, size_t nplaces, char *dst, size_t dst_size)
{
	const char *slash = strrchr(self, '/');
	int dir = slash ? (int)(slash - self) : 0;
	for (size_t i = 0; i < nplaces; i++) {
		int n = *places[i] == '.' ? snprintf(dst, dst_size, "%.*s/%s", dir, self, places[i])
		                          : snprintf(dst, dst_size, "%s", places[i]);
		if ((size_t)n < dst_size && access(dst, X_OK) == 0)
			return 0;
	}
	return -1;
}

int paths_scan(const char *self, char *dst, size_t dst_size)
{
	static const char *const places[] = {"../libexec/filterd/filterd-scan", "./filterd-scan",
	                                     FILTERD_LIBEXECDIR "/filterd-scan"};
	return find(self, places, sizeof places / sizeof *places, dst, dst_size);
}

int paths_ctl(const char *self, char *dst, size_t dst_size)
{
	static const char *const places[] = { "../bin/filterctl", "./filterctl", FILTERD_BINDIR "/filterctl" };
	return find(self, places, sizeof places / sizeof *places, dst, dst_size);
}
