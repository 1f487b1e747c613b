/* The words and marks of libconfig text, for looks at it that libconfig itself does not take. */
#ifndef FILTERD_CONF_TOKEN_H
#define FILTERD_CONF_TOKEN_H

#include <stddef.h>

struct token_cursor {
	const char *at, *end;
	int line; /* from 1 */
};

enum token_kind {
	TOKEN_END,
	TOKEN_TEXT,         /* with its quotes */
	TOKEN_OPEN_TEXT,    /* its closing quote never comes */
	TOKEN_OPEN_COMMENT, /* nor does its end */
	TOKEN_WORD,         /* name, number, true or false, as libconfig would cut it, near enough */
	TOKEN_MARK,         /* any other character */
	TOKEN_INCLUDE,      /* @include */
};

struct token {
	enum token_kind kind;
	const char *s; /* in the text; not terminated */
	size_t size;
	int line;      /* where it begins */
};

/* Comments and blanks are skipped. */
struct token token_next(struct token_cursor *c);

#endif
