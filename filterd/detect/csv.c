#include "detect/csv.h"

#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int csv_init(struct csv *c, FILE *in, char separator)
{
	*c = (struct csv){ .in = in, .separator = separator, .buf = malloc(CSV_RECORD_MAX) };
	return c->buf ? 0 : -1;
}

void csv_free(struct csv *c)
{
	if (c->buf)
		explicit_bzero(c->buf, CSV_RECORD_MAX);
	free(c->buf);
	c->buf = NULL;
}

static __attribute__((format(printf, 2, 3))) int fail(struct csv *c, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(c->error, sizeof c->error, fmt, ap);
	va_end(ap);
	return -1;
}

static int take(struct csv *c)
{
	int ch = getc_unlocked(c->in);
	if (ch != EOF)
		c->bytes++;
	c->line += ch == '\n';
	return ch;
}

static int peek(struct csv *c)
{
	int ch = getc_unlocked(c->in);
	if (ch != EOF)
		ungetc(ch, c->in);
	return ch;
}

static int put(struct csv *c, int ch)
{
	if (c->used >= CSV_RECORD_MAX - 1)
		return fail(c, "this record is larger than 1 MiB; is a quote missing?");
	c->buf[c->used++] = (char)ch;
	return 0;
}

/* Behind a field: 1 the separator, 0 the end of the record, -1 neither. */
static int after_field(struct csv *c, int ch)
{
	if (ch == (unsigned char)c->separator)
		return 1;
	if (ch == '\r' && peek(c) == '\n')
		ch = take(c);
	return ch == '\n' || ch == EOF ? 0 : -1;
}

static int quoted(struct csv *c)
{
	for (;;) {
		int ch = take(c);
		if (ch == EOF)
			return fail(c, "the quote that opens in the record of line %llu is never closed", (unsigned long long)c->begins);
		if (ch == '"') {
			if (peek(c) != '"')
				break;
			ch = take(c);
		}
		if (put(c, ch) < 0)
			return -1;
	}
	int r = after_field(c, take(c));
	return r < 0 ? fail(c, "text stands behind a closing quote; a quote inside a quoted field is written twice") : r;
}

static int plain(struct csv *c, int ch)
{
	for (;; ch = take(c)) {
		int r = after_field(c, ch);
		if (r >= 0)
			return r;
		if (ch == '"')
			return fail(c, "a quote stands inside a field that does not begin with one");
		if (ch == '\r')
			return fail(c, "a carriage return stands without a line feed");
		if (put(c, ch) < 0)
			return -1;
	}
}

static int one_field(struct csv *c)
{
	struct csv_field *f = &c->fields[c->nfields];
	size_t from = c->used;
	if (c->nfields == CSV_FIELDS_MAX)
		return fail(c, "this record has more than %d fields", CSV_FIELDS_MAX);
	int ch = take(c), r = ch == '"' ? quoted(c) : plain(c, ch);
	if (r < 0)
		return -1;
	if (put(c, '\0') < 0) /* a record of nothing but separators grows by these */
		return -1;
	*f = (struct csv_field){ c->buf + from, c->used - from - 1 };
	if (memchr(f->s, '\0', f->size))
		return fail(c, "field %zu holds a zero byte", c->nfields + 1);
	if (!text_is_utf8(f->s, f->size))
		return fail(c, "field %zu is no UTF-8; convert the file, for example with iconv -f WINDOWS-1252 -t UTF-8", c->nfields + 1);
	c->nfields++;
	return r;
}

static int skip_mark(struct csv *c)
{
	static const int mark[] = { 0xef, 0xbb, 0xbf };
	if (c->bytes > 0 || peek(c) != mark[0])
		return 0;
	for (int i = 0; i < 3; i++)
		if (take(c) != mark[i])
			return fail(c, "the file is no UTF-8");
	return 0;
}

int csv_next(struct csv *c)
{
	int r;
	c->used = c->nfields = 0;
	c->begins = c->line + 1;
	if (skip_mark(c) < 0)
		return -1;
	if (peek(c) == EOF)
		return ferror(c->in) ? fail(c, "can't be read: %s", strerror(errno)) : 0;
	while ((r = one_field(c)) > 0)
		;
	if (r < 0) {
		c->line = c->begins > c->line ? c->begins : c->line;
		return -1;
	}
	if (ferror(c->in))
		return fail(c, "can't be read: %s", strerror(errno));
	if (c->wanted == 0)
		c->wanted = c->nfields;
	if (c->nfields != c->wanted) {
		c->line = c->begins;
		return fail(c, "this record has %zu fields, but the header has %zu", c->nfields, c->wanted);
	}
	return 1;
}
