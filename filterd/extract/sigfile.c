#include "extract/sigfile.h"

#include "base/text.h"
#include "extract/engine.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MESSAGE_MAX = 400, CHECK_SECONDS = 60 };

/* What libclamav takes from a folder, by the end of its name; those with signo hold signatures. */
static const struct suffix {
	const char *text;
	int signo;
} suffixes[] = {
	{ ".db", 1 },  { ".ndb", 1 }, { ".ndu", 1 }, { ".ldb", 1 }, { ".ldu", 1 }, { ".hdb", 1 }, { ".hdu", 1 },  { ".hsb", 1 },
	{ ".hsu", 1 }, { ".mdb", 1 }, { ".mdu", 1 }, { ".msb", 1 }, { ".msu", 1 }, { ".imp", 1 }, { ".cdb", 1 },  { ".idb", 1 },
	{ ".cbc", 1 }, { ".yar", 1 }, { ".yara", 1 }, { ".cvd", 1 }, { ".cld", 1 }, { ".cud", 1 }, { ".fp", 0 },  { ".sfp", 0 },
	{ ".pdb", 0 }, { ".gdb", 0 }, { ".wdb", 0 }, { ".ign", 0 }, { ".ign2", 0 }, { ".ftm", 0 }, { ".cfg", 0 }, { ".crb", 0 },
	{ ".pwdb", 0 }, { ".cat", 0 }, { ".ioc", 1 },
};

static const struct suffix *suffix_of(const char *name)
{
	size_t n = strlen(name);
	for (size_t i = 0; name[0] != '.' && i < sizeof suffixes / sizeof *suffixes; i++) {
		size_t len = strlen(suffixes[i].text);
		if (n > len && strcmp(name + n - len, suffixes[i].text) == 0)
			return &suffixes[i];
	}
	return NULL;
}

static int is_database(const struct dirent *d)
{
	return suffix_of(d->d_name) != NULL;
}

unsigned sigfile_count(const char *dir)
{
	struct dirent **list;
	int n = scandir(dir, &list, is_database, alphasort);
	for (int i = 0; i < n; i++)
		free(list[i]);
	if (n >= 0)
		free(list);
	return n > 0 ? (unsigned)n : 0;
}

/* In the child: the first complaint counts, later ones only follow from it. */
static char complaint[MESSAGE_MAX];

static void remember(enum cl_msg severity, const char *fullmsg, const char *msg, void *context)
{
	if (severity < CL_MSG_WARN)
		return;
	/* keep the one that names a line */
	if (complaint[0] && (strstr(complaint, "line ") || !strstr(msg, "line ")))
		return;
	text_quote(complaint, sizeof complaint, msg, strcspn(msg, "\n"));
}

static int load_alone(const char *path, const struct suffix *suffix, FILE *report)
{
	static const struct extract_limits limits = { .file_max = 1 << 20, .scan_max = 1 << 20, .files_max = 10,
		                                      .recursion_max = 5, .time_ms = 1000 };
	unsigned signo = 0;
	struct cl_engine *cl = engine_init() == 0 ? engine_new(&limits) : NULL;
	if (!cl) {
		fputs("libclamav does not start", report);
		return 1;
	}
	cl_set_clcb_msg(remember);
	cl_error_t r = cl_load(path, cl, &signo, CL_DB_STDOPT);
	if (r == CL_SUCCESS && !complaint[0] && cl_engine_compile(cl) != CL_SUCCESS)
		r = CL_EMALFDB;
	if (r == CL_SUCCESS && !complaint[0] && (signo > 0 || !suffix->signo))
		return 0;
	if (complaint[0])
		fputs(complaint, report);
	else
		fputs(r != CL_SUCCESS ? cl_strerror(r) : "there is no signature in it", report);
	return 1;
}

static int line_in(const char *message)
{
	const char *p = strstr(message, "line ");
	return p ? atoi(p + 5) : 0;
}

/* A child, since a broken file may crash the library, and half of it would stay in the engine. */
static int check_file(const char *path, const struct suffix *suffix, struct cfgerr *err)
{
	int ends[2], status;
	char message[MESSAGE_MAX + 1];
	if (pipe(ends) < 0)
		return cfgerr_set(err, path, 0, "can't be checked: %s", strerror(errno));
	pid_t pid = fork();
	if (pid < 0) {
		close(ends[0]);
		close(ends[1]);
		return cfgerr_set(err, path, 0, "can't be checked: %s", strerror(errno));
	}
	if (pid == 0) {
		alarm(CHECK_SECONDS);
		FILE *report = fdopen(ends[1], "w");
		int r = report ? load_alone(path, suffix, report) : 1;
		if (report)
			fflush(report);
		_exit(r);
	}
	close(ends[1]);
	size_t have = 0;
	ssize_t n;
	while (have < MESSAGE_MAX && ((n = read(ends[0], message + have, MESSAGE_MAX - have)) > 0 || (n < 0 && errno == EINTR)))
		have += n > 0 ? (size_t)n : 0;
	message[have] = '\0';
	close(ends[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		return cfgerr_set(err, path, 0, "libclamav died of signal %d while it loaded this file", WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return cfgerr_set(err, path, line_in(message), "not a usable signature file: %s", message);
	return 0;
}

int sigfile_check_dir(const char *dir, unsigned *files_r, struct cfgerr *err)
{
	struct dirent **list;
	*files_r = 0;
	int n = scandir(dir, &list, is_database, alphasort), r = 0;
	if (n < 0)
		return errno == ENOENT ? 0 : cfgerr_set(err, dir, 0, "can't be read: %s", strerror(errno));
	for (int i = 0; i < n; i++) {
		char path[4096];
		if (r == 0 && (size_t)snprintf(path, sizeof path, "%s/%s", dir, list[i]->d_name) < sizeof path)
			r = check_file(path, suffix_of(list[i]->d_name), err);
		free(list[i]);
	}
	free(list);
	*files_r = (unsigned)n;
	return r;
}
