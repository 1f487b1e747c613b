#include "extract/text_sheet.h"

#include "base/clock.h"
#include "extract/archive.h"
#include "extract/shared_strings.h"
#include "extract/table.h"
#include "extract/text_out.h"

#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHEETS_MAX = 1000, CHUNK = 1 << 16 };

struct member {
	char *name, *data;
	size_t size;
};

struct book {
	struct document *doc;
	struct member shared, sheets[SHEETS_MAX];
	size_t nsheets;
	struct shared_strings strings;
	bool *used; /* of each string */
};

/* One part being parsed. */
struct part {
	struct book *book;
	XML_Parser parser;
	struct text_out out;
	struct table *table;
	size_t column;      /* of the present cell */
	char value[32];     /* of a cell, as far as it may be the number of a string */
	size_t value_len;
	bool is_shared, in_value, in_text, in_cell, aside, bad;
};

static const char *local(const char *name)
{
	const char *colon = strrchr(name, ':');
	return colon ? colon + 1 : name;
}

static void string_start(void *ctx, const char *name, const char **attributes)
{
	struct part *p = ctx;
	const char *base = local(name);
	if (strcmp(base, "si") == 0 && !shared_strings_begin(&p->book->strings))
		p->bad = true;
	p->aside |= strcmp(base, "rPh") == 0; /* how it is read aloud */
	p->in_text = strcmp(base, "t") == 0 && !p->aside;
}

static void string_end(void *ctx, const char *name)
{
	struct part *p = ctx;
	if (strcmp(local(name), "rPh") == 0)
		p->aside = false;
	p->in_text = false;
}

static void string_text(void *ctx, const char *s, int len)
{
	struct part *p = ctx;
	struct shared_strings *strings = &p->book->strings;
	if (!p->in_text || strings->n == 0)
		return;
	text_out_add(&strings->text, s, (size_t)len);
	shared_strings_end(strings);
}

/* The column of a cell's reference, "BC12"; SIZE_MAX if it says none. */
static size_t column_of(const char *reference)
{
	size_t column = 0;
	for (; *reference >= 'A' && *reference <= 'Z' && column < TABLE_COLUMNS_MAX; reference++)
		column = column * 26 + (size_t)(*reference - 'A') + 1;
	return column - 1;
}

static void begin_cell(struct part *p, const char **attributes)
{
	size_t column = SIZE_MAX;
	p->is_shared = false;
	for (; *attributes; attributes += 2) {
		if (strcmp(attributes[0], "t") == 0)
			p->is_shared = strcmp(attributes[1], "s") == 0;
		else if (strcmp(attributes[0], "r") == 0)
			column = column_of(attributes[1]);
	}
	/* a reference is optional (ISO 29500-1, 18.3.1.4): the next one then */
	p->column = column == SIZE_MAX ? p->column + 1 : column;
	p->in_cell = true;
}

static void add(struct part *p, const char *s, size_t size)
{
	if (p->in_cell)
		table_add(p->table, p->column, s, size);
	else
		text_out_add(&p->out, s, size);
}

static void cell_start(void *ctx, const char *name, const char **attributes)
{
	struct part *p = ctx;
	const char *base = local(name);
	if (strcmp(base, "c") == 0) {
		begin_cell(p, attributes);
	} else if (strcmp(base, "v") == 0) {
		p->in_value = true;
		p->in_text = !p->is_shared;
		p->value_len = 0;
	} else if (strcmp(base, "t") == 0) {
		p->in_text = true;
	} else if (strcmp(base, "f") == 0) {
		p->in_text = true;
		add(p, "=", 1);
	} else {
		/* headers and footers, links, rules of validation: lines of their own */
		p->in_text = true;
		for (; *attributes; attributes += 2)
			if (strlen(attributes[1]) >= 9 && strncmp(attributes[0], "xmlns", 5) != 0) {
				text_out_break(&p->out);
				text_out_add(&p->out, attributes[1], strlen(attributes[1]));
				text_out_break(&p->out);
			}
	}
	if (strcmp(base, "row") == 0)
		p->column = SIZE_MAX;
}

static void add_shared(struct part *p)
{
	struct book *b = p->book;
	p->value[p->value_len] = '\0';
	char *end;
	unsigned long n = strtoul(p->value, &end, 10);
	if (p->value_len == 0 || *end || n >= b->strings.n) {
		add(p, p->value, p->value_len);
		return;
	}
	size_t size;
	const char *string = shared_strings_at(&b->strings, n, &size);
	b->used[n] = true;
	if (size > 0)
		add(p, string, size);
}

/* Long numbers may be written with an exponent, which no reader sees: 4.01288888888188E15. */
static void add_plain(struct part *p)
{
	char *end, digits[32];
	p->value[p->value_len] = '\0';
	if (!strpbrk(p->value, "eE"))
		return;
	double n = strtod(p->value, &end);
	if (*end || !(n >= 1e6 && n < 1e20))
		return;
	add(p, " ", 1);
	add(p, digits, (size_t)snprintf(digits, sizeof digits, "%.0f", n));
}

static void cell_end(void *ctx, const char *name)
{
	struct part *p = ctx;
	const char *base = local(name);
	if (p->in_value && strcmp(base, "v") == 0) {
		if (p->is_shared)
			add_shared(p);
		else
			add_plain(p);
	}
	p->in_value = p->in_text = false;
	if (strcmp(base, "c") == 0)
		p->in_cell = false;
	else if (strcmp(base, "f") == 0)
		add(p, "\t", 1);
	else if (strcmp(base, "row") == 0)
		table_end_row(p->table);
	else if (!p->in_cell)
		text_out_break(&p->out);
}

static void cell_text(void *ctx, const char *s, int len)
{
	struct part *p = ctx;
	if (p->in_text)
		add(p, s, (size_t)len);
	for (int i = 0; p->in_value && i < len && p->value_len + 1 < sizeof p->value; i++)
		p->value[p->value_len++] = s[i];
}

/* True if all of it was read; out may be freed by the caller either way. */
static bool parse(struct part *p, const struct member *m, XML_StartElementHandler start, XML_EndElementHandler end, XML_CharacterDataHandler text)
{
	bool ok = true;
	p->parser = XML_ParserCreate(NULL);
	if (!p->parser)
		return false;
	XML_SetUserData(p->parser, p);
	XML_SetElementHandler(p->parser, start, end);
	XML_SetCharacterDataHandler(p->parser, text);
	for (size_t at = 0; ok && at < m->size;) {
		size_t n = m->size - at < CHUNK ? m->size - at : CHUNK;
		ok = XML_Parse(p->parser, m->data + at, (int)n, at + n == m->size) == XML_STATUS_OK && !p->bad && !p->out.full &&
		     !p->book->strings.text.full && clock_ms() <= p->book->doc->deadline_ms;
		at += n;
	}
	XML_ParserFree(p->parser);
	return ok;
}

static bool ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), e = strlen(end);
	return n >= e && strcasecmp(name + n - e, end) == 0;
}

static enum cause on_member(void *ctx, const char *name, const void *data, size_t size)
{
	struct book *b = ctx;
	struct member *m = NULL;
	if (!b->shared.data && ends_in(name, "xl/sharedStrings.xml"))
		m = &b->shared;
	else if (strstr(name, "xl/worksheets/") && ends_in(name, ".xml") && b->nsheets < SHEETS_MAX)
		m = &b->sheets[b->nsheets];
	if (!m || size == 0)
		return CAUSE_NONE;
	m->name = strdup(name);
	m->data = malloc(size);
	m->size = size;
	if (!m->name || !m->data)
		return CAUSE_LIMIT;
	memcpy(m->data, data, size);
	b->nsheets += m != &b->shared;
	return CAUSE_NONE;
}

static void give_unused(struct book *b)
{
	struct text_out o = { .max = b->doc->text_max };
	for (size_t i = 0, size; i < b->strings.n; i++) {
		const char *string = shared_strings_at(&b->strings, i, &size);
		if (b->used[i] || size == 0)
			continue;
		text_out_add(&o, string, size);
		text_out_break(&o);
	}
	if (o.len > 0 && !o.full)
		b->doc->give(b->doc->ctx, b->shared.name, ROLE_FILE, o.data, o.len);
	if (!o.full)
		b->doc->given(b->doc->ctx, b->shared.data, b->shared.size);
	text_out_free(&o);
}

static void read_book(struct book *b)
{
	struct document *d = b->doc;
	struct part strings = { .book = b };
	b->strings.text.max = d->text_max;
	if (b->shared.data && !parse(&strings, &b->shared, string_start, string_end, string_text))
		return;
	b->used = calloc(b->strings.n + 1, sizeof *b->used);
	if (!b->used)
		return;
	for (size_t i = 0; i < b->nsheets; i++) {
		struct part p = { .book = b, .out = { .max = d->text_max }, .table = calloc(1, sizeof *p.table) };
		if (!p.table)
			return;
		p.table->out = &p.out;
		bool ok = parse(&p, &b->sheets[i], cell_start, cell_end, cell_text);
		table_end_row(p.table);
		table_free(p.table);
		free(p.table);
		if (p.out.len > 0)
			d->give(d->ctx, b->sheets[i].name, ROLE_FILE, p.out.data, p.out.len);
		if (ok)
			d->given(d->ctx, b->sheets[i].data, b->sheets[i].size);
		text_out_free(&p.out);
	}
	if (b->shared.data)
		give_unused(b);
}

static void member_free(struct member *m)
{
	if (m->data)
		explicit_bzero(m->data, m->size);
	free(m->data);
	free(m->name);
}

bool text_sheet_is(const char *data, size_t size)
{
	return size > 30 && memcmp(data, "PK", 2) == 0 && memmem(data, size, "xl/worksheets/", 14);
}

enum cause text_sheet_read(struct document *d)
{
	struct book *b = calloc(1, sizeof *b);
	struct archive_budget budget = { .member_max = d->text_max, .total_left = d->unpack_max, .members_left = d->parts_max,
		                         .deadline_ms = d->deadline_ms };
	const char *why;
	d->why = "out of memory";
	if (!b)
		return CAUSE_LIMIT;
	b->doc = d;
	/* where this fails nothing is lost: libclamav, or the room's own unpacking, comes to all parts and judges them */
	if (archive_unpack(d->data, d->size, &budget, on_member, b, &why) == CAUSE_NONE)
		read_book(b);
	member_free(&b->shared);
	for (size_t i = 0; i < SHEETS_MAX; i++)
		member_free(&b->sheets[i]);
	shared_strings_free(&b->strings);
	free(b->used);
	free(b);
	d->why = "no time left";
	return clock_ms() > d->deadline_ms ? CAUSE_TIMEOUT : CAUSE_NONE;
}
