#include "conf/hint.h"

#include "conf/token.h"

#include <ctype.h>
#include <string.h>

enum { DEPTH_MAX = 100 };

struct look {
	const char *file;
	struct cfgerr *err;
	struct token open[DEPTH_MAX]; /* brackets, from outside in */
	int depth;
	struct token before, now;
	struct token long_text;       /* the first text that goes over the end of a line; size 0: none yet */
};

static int is_mark(const struct token *t, char c)
{
	return t->kind == TOKEN_MARK && *t->s == c;
}

static char inside(const struct look *l)
{
	return l->depth > 0 ? *l->open[l->depth - 1].s : '{'; /* a file is like a group */
}

static int say(const struct look *l, const char *what)
{
	return cfgerr_set(l->err, l->file, l->now.line, "%s", what);
}

static char closing(char open)
{
	return open == '(' ? ')' : open == '[' ? ']' : '}';
}

static int is_opening(const struct token *t)
{
	return is_mark(t, '(') || is_mark(t, '[') || is_mark(t, '{');
}

static int is_closing(const struct token *t)
{
	return is_mark(t, ')') || is_mark(t, ']') || is_mark(t, '}');
}

static int open_bracket(struct look *l)
{
	if (inside(l) == '[')
		return say(l, "brackets [ ] hold texts and numbers only; groups and lists stand in parentheses: ( { … }, { … } )");
	if (is_mark(&l->before, '}') && is_mark(&l->now, '{') && inside(l) == '(')
		return say(l, "there is no comma between this group and the one before it");
	if (is_mark(&l->now, '{') && inside(l) == '{' && !is_mark(&l->before, '=') && !is_mark(&l->before, ':'))
		return say(l, "there is no name before this group: in a file and in groups stand settings, name = …;");
	if (l->depth == DEPTH_MAX)
		return cfgerr_set(l->err, l->file, l->now.line, "brackets stand more than %d deep in each other here", DEPTH_MAX);
	l->open[l->depth++] = l->now;
	return 0;
}

static int close_bracket(struct look *l)
{
	const char this = *l->now.s;
	if (l->depth == 0)
		return cfgerr_set(l->err, l->file, l->now.line, "this \"%c\" closes nothing", this);
	const struct token *open = &l->open[l->depth - 1];
	if (closing(*open->s) != this)
		return cfgerr_set(l->err, l->file, l->now.line, "here stands a \"%c\", but what is open is the \"%c\" of line %d", this, *open->s, open->line);
	if (is_mark(&l->before, ','))
		return say(l, "there is a comma too many before this bracket");
	l->depth--;
	return 0;
}

/* Bytes beyond ASCII, and what people use for quotes elsewhere. */
static int look_at_mark(const struct look *l)
{
	static const char *const quotes[] = { "'", "`", "\xe2\x80\x9c", "\xe2\x80\x9d", "\xe2\x80\x9e", "\xe2\x80\x98", "\xe2\x80\x99", "\xc2\xab", "\xc2\xbb" };
	for (size_t i = 0; i < sizeof quotes / sizeof *quotes; i++)
		if (strncmp(l->now.s, quotes[i], strlen(quotes[i])) == 0)
			return say(l, "texts stand in straight double quotes: \"…\"");
	return (unsigned char)*l->now.s >= 0x80 ? say(l, "outside of quotes and comments, only ASCII is allowed") : 0;
}

static int is_value_word(const struct token *t)
{
	static const char *const words[] = { "true", "false" };
	for (size_t i = 0; i < 2; i++)
		if (t->size == strlen(words[i]) && strncasecmp(t->s, words[i], t->size) == 0)
			return 1;
	return isdigit((unsigned char)*t->s) || strchr("+-.", *t->s);
}

static int look_at_word(const struct look *l)
{
	int wants_value = is_mark(&l->before, '=') || is_mark(&l->before, ':') || inside(l) != '{';
	if (wants_value && !is_value_word(&l->now))
		return cfgerr_set(l->err, l->file, l->now.line, "texts stand in double quotes: \"%.*s\"", (int)(l->now.size < 60 ? l->now.size : 60), l->now.s);
	return 0;
}

static int look_at(struct look *l)
{
	int after_equals = is_mark(&l->before, '=') || is_mark(&l->before, ':');
	if (after_equals && (is_mark(&l->now, ';') || is_mark(&l->now, ',') || is_mark(&l->now, '=') || is_closing(&l->now)))
		return say(l, "there is no value behind the \"=\"");
	if (l->before.kind == TOKEN_TEXT && (is_mark(&l->now, ':') || is_mark(&l->now, '=')))
		return say(l, "names of settings stand without quotes: name = …;");
	if (is_opening(&l->now))
		return open_bracket(l);
	if (is_closing(&l->now))
		return close_bracket(l);
	if (l->now.kind == TOKEN_MARK)
		return look_at_mark(l);
	return l->now.kind == TOKEN_WORD ? look_at_word(l) : 0;
}

static int goes_over_lines(const struct token *t)
{
	return t->kind == TOKEN_TEXT && memchr(t->s, '\n', t->size);
}

int hint_find(const char *file, const char *data, size_t size, struct cfgerr *err)
{
	struct token_cursor c = { data, data + size, 1 };
	struct look l = { .file = file, .err = err };
	int r = 0;
	for (l.now = token_next(&c); r == 0 && l.now.kind != TOKEN_END && l.now.kind != TOKEN_OPEN_TEXT; l.now = token_next(&c)) {
		if (goes_over_lines(&l.now) && !l.long_text.size)
			l.long_text = l.now;
		r = look_at(&l);
		l.before = l.now;
	}
	if (l.long_text.size && (r < 0 || l.now.kind == TOKEN_OPEN_TEXT)) /* then all behind it is turned inside out */
		return cfgerr_set(err, file, l.long_text.line, "the text that begins here goes over the end of the line: is its closing quote missing?");
	if (r == 0 && l.now.kind == TOKEN_OPEN_TEXT)
		return cfgerr_set(err, file, l.now.line, "this text has no closing quote");
	if (r == 0 && l.depth > 0)
		return cfgerr_set(err, file, l.open[l.depth - 1].line, "this \"%c\" is never closed", *l.open[l.depth - 1].s);
	return r;
}
