#include "extract/text_xml.h"

#include "base/clock.h"
#include "extract/table.h"
#include "extract/text_markup.h"
#include "extract/text_out.h"

#include <ctype.h>
#include <expat.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { CHUNK = 1 << 16, DEPTH_MAX = 1000, VALUE_MIN = 9, FIELD_MIN = 4, SPACES_MAX = 100, LABEL_MAX = 40 };

/* What an element of documents means to the text around it, by its local name. */
enum mark { MARK_NONE, MARK_LINE, MARK_TAB, MARK_SPACES, MARK_HYPHEN, MARK_ASIDE, MARK_TABLE, MARK_ROW, MARK_CELL };

static const struct {
	const char *name;
	enum mark mark;
} marks[] = {
	/* paragraphs, cells, items: Word, PowerPoint, Excel, OpenDocument, XHTML */
	{ "p", MARK_LINE }, { "br", MARK_LINE }, { "cr", MARK_LINE }, { "si", MARK_LINE },
	{ "c", MARK_LINE }, { "is", MARK_LINE }, { "v", MARK_LINE }, { "f", MARK_LINE }, { "row", MARK_LINE }, { "comment", MARK_LINE },
	{ "h", MARK_LINE }, { "line-break", MARK_LINE }, 
	{ "list-item", MARK_LINE }, { "title", MARK_LINE }, 
	{ "li", MARK_LINE }, { "div", MARK_LINE }, { "h1", MARK_LINE }, { "h2", MARK_LINE }, { "h3", MARK_LINE },
	{ "h4", MARK_LINE }, { "h5", MARK_LINE }, { "h6", MARK_LINE }, { "subject", MARK_LINE }, { "creator", MARK_LINE },
	{ "keywords", MARK_LINE }, { "description", MARK_LINE }, { "lastModifiedBy", MARK_LINE }, { "instrText", MARK_LINE },
	{ "delText", MARK_NONE }, { "text", MARK_LINE },
	{ "tab", MARK_TAB }, { "s", MARK_SPACES }, { "noBreakHyphen", MARK_HYPHEN },
	{ "tbl", MARK_TABLE }, { "table", MARK_TABLE }, { "tr", MARK_ROW }, { "table-row", MARK_ROW }, { "tc", MARK_CELL }, { "td", MARK_CELL },
	{ "th", MARK_CELL }, { "table-cell", MARK_CELL }, { "covered-table-cell", MARK_CELL },
	/* how the letters before are read aloud: not part of the line */
	{ "rPh", MARK_ASIDE }, { "ruby-text", MARK_ASIDE }, { "rt", MARK_ASIDE },
	/* OpenDocument writes notes where they hang on, in the middle of the words */
	{ "annotation", MARK_ASIDE }, { "note-body", MARK_ASIDE }, { "note-citation", MARK_ASIDE }, { "tracked-changes", MARK_ASIDE },
};

/* Roots of documents whose runs must be joined; in any other XML an element is a field of its own. */
static const char *const joining[] = { "document", "document-content", "document-styles", "document-meta", "sst", "worksheet", "comments", "sld",
	                               "notes", "wordDocument", "package", "sldMaster", "sldLayout", "hdr", "ftr", "footnotes", "endnotes", "html", "svg", "cmLst",
	                               "chartSpace", "dataModel", "glossaryDocument" };

struct reader {
	XML_Parser parser;
	struct text_out text, rest;
	unsigned depth, aside; /* depth at which an aside began */
	bool joins, office, deep;
	char label[LABEL_MAX + 1]; /* of a field whose text has not begun */
	/* the outermost table: rows and cells within its cells are lines of them */
	struct table *table;
	unsigned row, cell;    /* depths of the present ones, or 0 */
	size_t column, next_column;
	bool cell_begun, cell_breaks;
};

static const char *local(const char *name)
{
	const char *colon = strrchr(name, ':');
	return colon ? colon + 1 : name;
}

static enum mark mark_of(const char *name)
{
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (strcmp(marks[i].name, name) == 0)
			return marks[i].mark;
	return MARK_NONE;
}

static struct text_out *place(struct reader *r)
{
	return r->aside ? &r->rest : &r->text;
}

static bool is_blank(const char *s, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!isspace((unsigned char)s[i]))
			return false;
	return true;
}

static void add(struct reader *r, const char *s, size_t size)
{
	if (!r->cell || r->aside) {
		if (!r->row || r->aside || !is_blank(s, size)) /* what is between cells is for the eye */
			text_out_add(place(r), s, size);
		return;
	}
	if ((!r->cell_begun || r->cell_breaks) && is_blank(s, size))
		return; /* between elements */
	if (r->cell_begun && r->cell_breaks)
		table_add(r->table, r->column, "\n", 1);
	table_add(r->table, r->column, s, size);
	r->cell_begun = true;
	r->cell_breaks = false;
}

static void add_break(struct reader *r)
{
	if (r->cell && !r->aside)
		r->cell_breaks = true;
	else
		text_out_break(place(r));
}

/* OpenDocument 6.1.3: more than one space. */
static void add_spaces(struct reader *r, const char **attributes)
{
	long n = 1;
	for (; *attributes; attributes += 2)
		if (strcmp(local(attributes[0]), "c") == 0)
			n = strtol(attributes[1], NULL, 10);
	for (long i = 0; i < n && i < SPACES_MAX; i++)
		add(r, " ", 1);
}

/* Before a row: the indentation of its element. */
static void trim_blanks(struct text_out *o)
{
	while (o->len > 0 && (o->data[o->len - 1] == ' ' || o->data[o->len - 1] == '\n'))
		o->len--;
}

static void begin_cell(struct reader *r, const char **attributes)
{
	long repeated = 1; /* ISO 26300, 19.675 */
	for (; *attributes; attributes += 2)
		if (strcmp(local(attributes[0]), "number-columns-repeated") == 0)
			repeated = strtol(attributes[1], NULL, 10);
	r->column = r->next_column;
	r->next_column += repeated > 0 && repeated < TABLE_COLUMNS_MAX ? (size_t)repeated : 1;
	r->cell = r->depth;
	r->cell_begun = r->cell_breaks = false;
}

/* True if the element is part of the table as such. */
static bool begin_of_table(struct reader *r, enum mark mark, const char **attributes)
{
	if (r->aside || r->cell || !r->joins)
		return false;
	if (mark == MARK_TABLE && !r->row) {
		text_out_break(&r->text);
		*r->table = (struct table){ .out = &r->text, .row = r->table->row };
	} else if (mark == MARK_ROW && !r->row) {
		trim_blanks(&r->text);
		text_out_break(&r->text);
		r->row = r->depth;
		r->next_column = 0;
	} else if (mark == MARK_CELL && r->row) {
		begin_cell(r, attributes);
	} else {
		return false;
	}
	return true;
}

/* What a field is called: by its element, or by what that says of itself (<string name="password">). */
static void set_label(struct reader *r, const char *name, const char **attributes)
{
	static const char *const names[] = { "name", "key" };
	for (; *attributes; attributes += 2)
		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			if (strcmp(local(attributes[0]), names[i]) == 0)
				name = attributes[1];
	size_t len = strlen(name);
	r->label[0] = '\0';
	if (len <= LABEL_MAX)
		memcpy(r->label, name, len + 1);
}

static void add_values(struct reader *r, const char **attributes)
{
	for (; *attributes; attributes += 2) {
		const char *name = local(attributes[0]);
		size_t len = strlen(attributes[1]), name_len = strlen(name);
		bool named = !r->joins && !r->office;
		if (len < (named ? FIELD_MIN : VALUE_MIN) || strncmp(attributes[0], "xmlns", 5) == 0)
			continue; /* positions, styles, colours */
		text_out_break(&r->rest);
		if (named && strcmp(name, "value") == 0 && r->label[0]) { /* <property name="password" value="…"/> */
			name = r->label;
			name_len = strlen(name);
		}
		if (named && name_len <= LABEL_MAX) {
			text_out_add(&r->rest, name, name_len);
			text_out_add(&r->rest, ": ", 2);
		}
		text_out_add(&r->rest, attributes[1], len);
		text_out_add(&r->rest, "\n", 1);
	}
}

static void see_root(struct reader *r, const char *name, const char **attributes)
{
	/* whose fields are settings of the program's own, and many */
	static const char *const office[] = { "http://schemas.openxmlformats.org/", "http://purl.oclc.org/ooxml/", "http://schemas.microsoft.com/office/",
		                              "urn:oasis:names:tc:opendocument:", "urn:schemas-microsoft-com:office:" };
	for (size_t i = 0; i < sizeof joining / sizeof *joining; i++)
		r->joins |= strcmp(joining[i], name) == 0;
	for (; *attributes; attributes += 2)
		for (size_t i = 0; i < sizeof office / sizeof *office; i++)
			r->office |= strncmp(attributes[0], "xmlns", 5) == 0 && strncmp(attributes[1], office[i], strlen(office[i])) == 0;
}

static void on_start(void *ctx, const char *name, const char **attributes)
{
	struct reader *r = ctx;
	const char *base = local(name);
	if (++r->depth > DEPTH_MAX) {
		r->deep = true;
		XML_StopParser(r->parser, XML_FALSE);
		return;
	}
	if (r->depth == 1)
		see_root(r, base, attributes);
	enum mark mark = mark_of(base);
	if (begin_of_table(r, mark, attributes)) {
		/* no text yet */
	} else if (mark == MARK_ASIDE && !r->aside) {
		r->aside = r->depth;
		text_out_break(&r->rest);
	} else if (mark == MARK_TAB) {
		add(r, "\t", 1);
	} else if (mark == MARK_HYPHEN) {
		add(r, "-", 1);
	} else if (mark == MARK_SPACES && r->joins) {
		add_spaces(r, attributes);
	} else if (mark == MARK_LINE || mark >= MARK_TABLE || !r->joins) {
		add_break(r);
	}
	if (!r->joins && !r->office)
		set_label(r, base, attributes);
	add_values(r, attributes);
}

static void on_end(void *ctx, const char *name)
{
	struct reader *r = ctx;
	enum mark mark = mark_of(local(name));
	if (r->aside == r->depth)
		r->aside = 0;
	r->label[0] = '\0';
	if (r->cell == r->depth) {
		r->cell = 0;
	} else if (r->row == r->depth) {
		r->row = 0;
		table_end_row(r->table);
	} else if (mark == MARK_LINE || mark >= MARK_TABLE || !r->joins) {
		add_break(r);
	}
	r->depth--;
}

static void on_text(void *ctx, const char *s, int len)
{
	struct reader *r = ctx;
	if (r->label[0] && len >= FIELD_MIN && !is_blank(s, (size_t)len)) {
		text_out_break(place(r));
		text_out_add(place(r), r->label, strlen(r->label));
		text_out_add(place(r), ": ", 2);
		r->label[0] = '\0';
	}
	add(r, s, (size_t)len);
}

/* Comments and instructions are content too: people hide things there. */
static void on_comment(void *ctx, const char *s)
{
	struct reader *r = ctx;
	text_out_break(&r->rest);
	text_out_add(&r->rest, s, strlen(s));
}

static void on_instruction(void *ctx, const char *target, const char *s)
{
	on_comment(ctx, s);
}

/* Behind comments, too, which may stand there if there is no declaration. */
static const char *skip_comments(const char *s, const char *end)
{
	for (;;) {
		while (s < end && isspace((unsigned char)*s))
			s++;
		if (end - s < 7 || memcmp(s, "<!--", 4) != 0)
			return s;
		const char *close = memmem(s + 4, (size_t)(end - s) - 4, "-->", 3);
		if (!close)
			return s;
		s = close + 3;
	}
}

/* XML needs no declaration (XML 1.0, 2.8); but only names with a namespace, as all office documents have, tell it from HTML. */
static bool begins_with_element(const char *s, const char *end)
{
	const char *name = s + 1;
	if (end - s < 2 || *s != '<')
		return false;
	while (name < end && (isalnum((unsigned char)*name) || strchr("_-.", *name)) && *name)
		name++;
	size_t head = (size_t)(end - s) < 4096 ? (size_t)(end - s) : 4096;
	const char *close = memchr(s, '>', head);
	return name > s + 1 && ((name < end && *name == ':') || memmem(s, close ? (size_t)(close - s) : head, "xmlns", 5));
}

bool text_xml_may_be(const char *data, size_t size)
{
	if (size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0)
		data += 3, size -= 3;
	const char *end = data + size, *s = skip_comments(data, end);
	size_t left = (size_t)(end - s);
	return (left >= 6 && memcmp(s, "<?xml ", 6) == 0) || begins_with_element(s, end) ||
	       (left >= 12 && memcmp(s, "\xff\xfe<\0?\0x\0m\0l\0", 12) == 0) || (left >= 12 && memcmp(s, "\xfe\xff\0<\0?\0x\0m\0l", 12) == 0);
}

static enum cause parse(struct document *d, struct reader *r)
{
	for (size_t at = 0; at < d->size;) {
		size_t n = d->size - at < CHUNK ? d->size - at : CHUNK;
		enum XML_Status status = XML_Parse(r->parser, d->data + at, (int)n, at + n == d->size);
		d->why = r->deep ? "nested deeper than may be read" : r->text.full || r->rest.full ? "more text than may be read" : "damaged XML";
		if (r->deep || r->text.full || r->rest.full)
			return CAUSE_LIMIT;
		if (status != XML_STATUS_OK)
			return CAUSE_UNSCANNABLE;
		at += n;
		if (clock_ms() > d->deadline_ms) {
			d->why = "no time left";
			return CAUSE_TIMEOUT;
		}
	}
	return CAUSE_NONE;
}

/* Feeds, maps and exports carry whole pages as text of an element. */
static void give(struct document *d, const struct text_out *text)
{
	enum markup kind = text->len > 0 ? text_markup_kind("", text->data, text->len) : MARKUP_NONE;
	struct text_out seen = { .max = 2 * text->len + TABLE_ROOM };
	if (kind != MARKUP_NONE)
		text_markup_add(&seen, kind, text->data, text->len);
	const struct text_out *from = seen.len > 0 ? &seen : text;
	if (from->len > 0)
		d->give(d->ctx, "", ROLE_FILE, from->data, from->len);
	text_out_free(&seen);
}

enum cause text_xml_read(struct document *d)
{
	/* comments and processing instructions may stand before the root; white space there is none of the text */
	while (d->size > 0 && isspace((unsigned char)*d->data))
		d->data++, d->size--;
	struct reader r = { .text = { .max = d->text_max }, .rest = { .max = d->text_max } };
	d->why = "out of memory";
	r.table = calloc(1, sizeof *r.table);
	r.parser = r.table ? XML_ParserCreate(NULL) : NULL;
	if (!r.parser) {
		free(r.table);
		return CAUSE_LIMIT;
	}
	r.table->out = &r.text;
	XML_SetUserData(r.parser, &r);
	XML_SetElementHandler(r.parser, on_start, on_end);
	XML_SetCharacterDataHandler(r.parser, on_text);
	XML_SetCommentHandler(r.parser, on_comment);
	XML_SetProcessingInstructionHandler(r.parser, on_instruction);
	enum cause cause = parse(d, &r);
	XML_ParserFree(r.parser);
	table_free(r.table);
	free(r.table);
	/* of damaged XML the caller strips the tags itself */
	if (cause != CAUSE_UNSCANNABLE) {
		text_out_break(&r.text);
		if (r.rest.len > 0)
			text_out_add(&r.text, r.rest.data, r.rest.len);
		give(d, &r.text);
	}
	text_out_free(&r.text);
	text_out_free(&r.rest);
	return cause;
}
