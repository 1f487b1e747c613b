#include "conf/syntax.h"

#include "base/text.h"
#include "conf/hint.h"
#include "conf/token.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char bom[] = "\xef\xbb\xbf";

/* A whole number that would wrap around. */
static int wraps(const struct token *t)
{
	char word[64], *rest;
	if (!isdigit((unsigned char)*t->s) && *t->s != '-' && *t->s != '+')
		return 0;
	if (t->size >= sizeof word)
		return 1;
	memcpy(word, t->s, t->size);
	word[t->size] = '\0';
	errno = 0;
	int hex = strncmp(word, "0x", 2) == 0 || strncmp(word, "0X", 2) == 0;
	long long v = strtoll(word, &rest, hex ? 16 : 10);
	if (*rest == 'L' || *rest == 'l')
		return errno == ERANGE;
	return !*rest && (errno == ERANGE || v > INT32_MAX || v < INT32_MIN);
}

static int check_bytes(const struct bundle_file *f, struct cfgerr *err)
{
	int line = 1;
	for (const char *p = f->data, *end = p + f->size, *nl; p < end; p = nl + 1, line++) {
		nl = memchr(p, '\n', (size_t)(end - p));
		nl = nl ? nl : end;
		if (memchr(p, '\0', (size_t)(nl - p)))
			return cfgerr_set(err, f->path, line, "there is a NUL byte here; is this a text file?");
		if (!text_is_utf8(p, (size_t)(nl - p)))
			return cfgerr_set(err, f->path, line, "this line is no valid UTF-8; save the file as UTF-8");
	}
	return 0;
}

static int check_tokens(const struct bundle_file *f, const char *data, size_t size, struct cfgerr *err)
{
	struct token_cursor c = { data, data + size, 1 };
	for (struct token t = token_next(&c); t.kind != TOKEN_END; t = token_next(&c)) {
		if (t.kind == TOKEN_OPEN_TEXT) {
			hint_find(f->path, data, size, err);
			return -1;
		}
		if (t.kind == TOKEN_OPEN_COMMENT)
			return cfgerr_set(err, f->path, t.line, "this comment has no end");
		if (t.kind == TOKEN_INCLUDE)
			return cfgerr_set(err, f->path, t.line, f->kind == BUNDLE_RULES ?
			                  "@include is not allowed; name other rule files in a setting: include = [ \"…\" ];" :
			                  "@include is not supported: put everything into this one file (rules have their own folder)");
		if (t.kind == TOKEN_WORD && wraps(&t))
			return cfgerr_set(err, f->path, t.line, "this number is too large; write bytes as text, such as \"10G\"");
	}
	return 0;
}

/* libconfig's own words, put for people. */
static int tell_error(const struct bundle_file *f, const char *data, size_t size, const config_t *config, struct cfgerr *err)
{
	const char *text = config_error_text(config);
	int line = config_error_line(config);
	if (text && strcmp(text, "duplicate setting name") == 0)
		return cfgerr_set(err, f->path, line, "this name is there twice in its group");
	if (hint_find(f->path, data, size, err) < 0)
		return -1;
	return cfgerr_set(err, f->path, line, "%s (a missing \";\", \",\", quote or bracket here or just above?)", text ? text : "syntax error");
}

int conf_syntax_read(const struct bundle_file *f, config_t *config, struct cfgerr *err)
{
	size_t skip = f->size >= sizeof bom - 1 && memcmp(f->data, bom, sizeof bom - 1) == 0 ? sizeof bom - 1 : 0; /* editors of Windows write it */
	if (check_bytes(f, err) < 0 || check_tokens(f, f->data + skip, f->size - skip, err) < 0)
		return -1;
	config_init(config);
	if (config_read_string(config, f->data + skip) == CONFIG_TRUE)
		return 0;
	tell_error(f, f->data + skip, f->size - skip, config, err);
	config_destroy(config);
	return -1;
}
