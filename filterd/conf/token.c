#include "conf/token.h"

#include <ctype.h>
#include <string.h>

static void step(struct token_cursor *c, size_t n)
{
	for (; n > 0 && c->at < c->end; n--)
		c->line += *c->at++ == '\n';
}

static int starts(const struct token_cursor *c, const char *what)
{
	size_t n = strlen(what);
	return (size_t)(c->end - c->at) >= n && memcmp(c->at, what, n) == 0;
}

static void skip_line(struct token_cursor *c)
{
	while (c->at < c->end && *c->at != '\n')
		step(c, 1);
}

/* Both return -1 if the end never comes. */
static int skip_string(struct token_cursor *c)
{
	for (step(c, 1); c->at < c->end; step(c, 1)) {
		if (*c->at == '\\')
			step(c, 1);
		else if (*c->at == '"')
			return step(c, 1), 0;
	}
	return -1;
}

static int skip_comment(struct token_cursor *c)
{
	for (step(c, 2); c->at < c->end; step(c, 1))
		if (starts(c, "*/"))
			return step(c, 2), 0;
	return -1;
}

static int is_word(char ch)
{
	return isalnum((unsigned char)ch) || (ch && strchr("_.*+-", ch));
}

/* -1: a comment that never ends begins at c. */
static int skip_between(struct token_cursor *c)
{
	while (c->at < c->end) {
		if (*c->at == '#' || starts(c, "//"))
			skip_line(c);
		else if (starts(c, "/*")) {
			const struct token_cursor from = *c;
			if (skip_comment(c) < 0) {
				*c = from;
				return -1;
			}
		} else if (isspace((unsigned char)*c->at))
			step(c, 1);
		else
			break;
	}
	return 0;
}

struct token token_next(struct token_cursor *c)
{
	static const char include[] = "@include";
	int open = skip_between(c) < 0;
	struct token t = { TOKEN_MARK, c->at, 0, c->line };
	if (open) {
		t.kind = TOKEN_OPEN_COMMENT;
		c->at = c->end;
	} else if (c->at == c->end) {
		t.kind = TOKEN_END;
	} else if (*c->at == '"') {
		t.kind = skip_string(c) < 0 ? TOKEN_OPEN_TEXT : TOKEN_TEXT;
	} else if (starts(c, include)) {
		t.kind = TOKEN_INCLUDE;
		step(c, sizeof include - 1);
	} else if (is_word(*c->at)) {
		t.kind = TOKEN_WORD;
		while (c->at < c->end && is_word(*c->at))
			step(c, 1);
	} else {
		step(c, 1);
	}
	t.size = (size_t)(c->at - t.s);
	return t;
}
