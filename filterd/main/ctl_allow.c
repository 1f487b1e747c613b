#include "main/ctl_allow.h"

#include "base/io.h"
#include "base/text.h"
#include "conf/conf.h"
#include "flow/value.h"
#include "main/ctl_daemon.h"
#include "main/ctl_say.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 60000, ASK_S = 10 };

static int usage(void)
{
	fputs("usage: filterctl allow hash [--offline] [--json] <VALUES\n", stderr);
	return CTL_USAGE;
}

/* Who hashes: the running filterd, or we, with its key. */
struct hasher {
	const struct ctl *ctl;
	int fd;
	unsigned char key[VALUE_KEY];
};

static int load_key(struct hasher *h)
{
	char path[4200], *data = NULL;
	size_t size = 0;
	snprintf(path, sizeof path, "%s/keys/hash.key", h->ctl->conf ? h->ctl->conf->state_dir : FILTERD_STATEDIR);
	if (io_read_file(path, VALUE_KEY, &data, &size) < 0) {
		ctl_complain(path, errno == ENOENT ? "there is no key; filterd makes it at its first start" : strerror(errno));
		return -1;
	}
	if (size == VALUE_KEY)
		memcpy(h->key, data, size);
	else
		ctl_complain(path, "this is no key");
	explicit_bzero(data, size);
	free(data);
	return size == VALUE_KEY ? 0 : -1;
}

static int hash_by_daemon(const struct hasher *h, const char *value, size_t size, char hex_r[VALUE_HASH_SIZE])
{
	json_t *answer, *text = json_stringn(value, size), *request = text ? json_pack("{s:s, s:o}", "cmd", "hash", "value", text) : NULL;
	if (!request) {
		fputs("filterctl: this line is no text in UTF-8\n", stderr);
		return CTL_FAILED;
	}
	int status = ctl_daemon_ask(h->ctl, h->fd, request, -1, ASK_S, &answer);
	if (status == CTL_OK) {
		const char *hash = json_string_value(json_object_get(answer, "hash"));
		snprintf(hex_r, VALUE_HASH_SIZE, "%s", hash ? hash : "");
		json_decref(answer);
	}
	return status;
}

static int hash_line(const struct hasher *h, const char *value, size_t size)
{
	char hex[VALUE_HASH_SIZE];
	unsigned char hash[VALUE_HASH];
	int status = CTL_OK;
	if (size > LINE_MAX_BYTES) {
		fputs("filterctl: this line is too long for a value\n", stderr);
		return CTL_FAILED;
	}
	if (h->fd >= 0)
		status = hash_by_daemon(h, value, size, hex);
	else if (value_hash(h->key, value, size, hash) < 0)
		status = CTL_FAILED;
	else
		text_hex(hex, hash, VALUE_HASH);
	if (status == CTL_OK)
		printf(h->ctl->json ? "{\"hash\":\"%s\"}\n" : "%s\n", hex);
	return status;
}

static int hash_lines(const struct hasher *h)
{
	char *line = NULL;
	size_t cap = 0;
	int status = CTL_OK;
	for (ssize_t n; status == CTL_OK && (n = getline(&line, &cap, stdin)) >= 0;) {
		while (n > 0 && strchr(" \t\r\n", line[n - 1]))
			n--;
		size_t skip = strspn(line, " \t");
		if ((size_t)n > skip)
			status = hash_line(h, line + skip, (size_t)n - skip);
	}
	if (line)
		explicit_bzero(line, cap);
	free(line);
	if (fflush(stdout) != 0)
		status = CTL_FAILED;
	return status;
}

/* Values come by standard input: what stands in a command line, everybody on the machine can read. */
static int hash_values(const struct ctl *ctl, bool offline)
{
	struct hasher h = { .ctl = ctl, .fd = -1 };
	if (offline ? load_key(&h) < 0 : (h.fd = ctl_daemon_connect(ctl)) < 0)
		return CTL_FAILED;
	int status = hash_lines(&h);
	io_close(&h.fd);
	explicit_bzero(h.key, sizeof h.key);
	return status;
}

int ctl_allow(const struct ctl *ctl, int argc, char **argv)
{
	bool offline = argc == 3 && strcmp(argv[2], "--offline") == 0;
	if (argc < 2 || strcmp(argv[1], "hash") != 0 || argc > 2 + offline)
		return usage();
	return hash_values(ctl, offline);
}
