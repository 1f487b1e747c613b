#include "conf/syntax.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct cursor {
	const char *at, *end;
	int line;
};

static void step(struct cursor *c, size_t n)
{
	for (; n > 0 && c->at < c->end; n--)
		c->line += *c->at++ == '\n';
}

static int starts(const struct cursor *c, const char *what)
{
	size_t n = strlen(what);
	return (size_t)(c->end - c->at) >= n && memcmp(c->at, what, n) == 0;
}

static void skip_line(struct cursor *c)
{
	while (c->at < c->end && *c->at != '\n')
		step(c, 1);
}

/* Both return -1 if the end never comes. */
static int skip_string(struct cursor *c)
{
	for (step(c, 1); c->at < c->end; step(c, 1)) {
		if (*c->at == '\\')
			step(c, 1);
		else if (*c->at == '"')
			return step(c, 1), 0;
	}
	return -1;
}

static int skip_comment(struct cursor *c)
{
	for (step(c, 2); c->at < c->end; step(c, 1))
		if (starts(c, "*/"))
			return step(c, 2), 0;
	return -1;
}

/* A word or number as libconfig would cut it, near enough; tells a whole number that would wrap. */
static int skip_word(struct cursor *c, int *wraps_r)
{
	const char *from = c->at;
	while (c->at < c->end && (isalnum((unsigned char)*c->at) || strchr("_.*+-", *c->at)) && *c->at)
		step(c, 1);
	size_t n = (size_t)(c->at - from);
	char word[64];
	*wraps_r = 0;
	if (n == 0)
		return step(c, 1), 0;
	if (!isdigit((unsigned char)*from) && *from != '-' && *from != '+')
		return 0;
	if (n >= sizeof word)
		return *wraps_r = 1, 0;
	memcpy(word, from, n);
	word[n] = '\0';
	char *rest;
	errno = 0;
	int hex = strncmp(word, "0x", 2) == 0 || strncmp(word, "0X", 2) == 0;
	long long v = strtoll(word, &rest, hex ? 16 : 10);
	if (*rest == 'L' || *rest == 'l')
		*wraps_r = errno == ERANGE;
	else if (!*rest)
		*wraps_r = errno == ERANGE || v > INT32_MAX || v < INT32_MIN;
	return 0;
}

static int check(const struct bundle_file *f, struct cfgerr *err)
{
	struct cursor c = { f->data, f->data + f->size, 1 };
	while (c.at < c.end) {
		int from = c.line, wraps = 0;
		if (*c.at == '"') {
			if (skip_string(&c) < 0)
				return cfgerr_set(err, f->path, from, "this text has no closing quote");
		} else if (starts(&c, "/*")) {
			if (skip_comment(&c) < 0)
				return cfgerr_set(err, f->path, from, "this comment has no end");
		} else if (*c.at == '#' || starts(&c, "//")) {
			skip_line(&c);
		} else if (starts(&c, "@include")) {
			return cfgerr_set(err, f->path, from,
			                  "@include is not supported: put everything into this one file (rules have "
			                  "their own folder)");
		} else if (skip_word(&c, &wraps), wraps) {
			return cfgerr_set(err, f->path, from,
			                  "this number is too large; write bytes as text, such as \"10G\"");
		}
	}
	return 0;
}

int conf_syntax_read(const struct bundle_file *f, config_t *config, struct cfgerr *err)
{
	const char *nul = memchr(f->data, '\0', f->size);
	if (nul) {
		int line = 1;
		for (const char *p = f->data; p < nul; p++)
			line += *p == '\n';
		return cfgerr_set(err, f->path, line, "there is a NUL byte here; is this a text file?");
	}
	if (check(f, err) < 0)
		return -1;
	config_init(config);
	if (config_read_string(config, f->data) == CONFIG_TRUE)
		return 0;
	cfgerr_set(err, f->path, config_error_line(config), "%s",
	           config_error_text(config) ? config_error_text(config) : "syntax error");
	config_destroy(config);
	return -1;
}
