#include "extract/text_xml.h"

#include "base/clock.h"
#include "extract/text_markup.h"
#include "extract/text_out.h"

#include <ctype.h>
#include <expat.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { CHUNK = 1 << 16, DEPTH_MAX = 1000, VALUE_MIN = 9, SPACES_MAX = 100 };

/* What an element of documents means to the text around it, by its local name. */
enum mark { MARK_NONE, MARK_LINE, MARK_TAB, MARK_SPACES, MARK_HYPHEN, MARK_ASIDE };

static const struct {
	const char *name;
	enum mark mark;
} marks[] = {
	/* paragraphs, cells, items: Word, PowerPoint, Excel, OpenDocument, XHTML */
	{ "p", MARK_LINE }, { "br", MARK_LINE }, { "cr", MARK_LINE }, { "tc", MARK_LINE }, { "tr", MARK_LINE }, { "si", MARK_LINE },
	{ "c", MARK_LINE }, { "is", MARK_LINE }, { "v", MARK_LINE }, { "f", MARK_LINE }, { "row", MARK_LINE }, { "comment", MARK_LINE },
	{ "h", MARK_LINE }, { "line-break", MARK_LINE }, { "table-cell", MARK_LINE }, { "table-row", MARK_LINE },
	{ "list-item", MARK_LINE }, { "title", MARK_LINE }, { "td", MARK_LINE },
	{ "th", MARK_LINE }, { "li", MARK_LINE }, { "div", MARK_LINE }, { "h1", MARK_LINE }, { "h2", MARK_LINE }, { "h3", MARK_LINE },
	{ "h4", MARK_LINE }, { "h5", MARK_LINE }, { "h6", MARK_LINE }, { "subject", MARK_LINE }, { "creator", MARK_LINE },
	{ "keywords", MARK_LINE }, { "description", MARK_LINE }, { "lastModifiedBy", MARK_LINE }, { "instrText", MARK_LINE },
	{ "delText", MARK_NONE }, { "text", MARK_LINE },
	{ "tab", MARK_TAB }, { "s", MARK_SPACES }, { "noBreakHyphen", MARK_HYPHEN },
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
	bool joins, deep;
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

/* OpenDocument 6.1.3: more than one space. */
static void add_spaces(struct reader *r, const char **attributes)
{
	long n = 1;
	for (; *attributes; attributes += 2)
		if (strcmp(local(attributes[0]), "c") == 0)
			n = strtol(attributes[1], NULL, 10);
	for (long i = 0; i < n && i < SPACES_MAX; i++)
		text_out_add(place(r), " ", 1);
}

static void add_values(struct reader *r, const char **attributes)
{
	for (; *attributes; attributes += 2) {
		size_t len = strlen(attributes[1]);
		if (len < VALUE_MIN || strncmp(attributes[0], "xmlns", 5) == 0)
			continue; /* positions, styles, colours */
		text_out_break(&r->rest);
		text_out_add(&r->rest, attributes[1], len);
		text_out_add(&r->rest, "\n", 1);
	}
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
		for (size_t i = 0; i < sizeof joining / sizeof *joining; i++)
			r->joins |= strcmp(joining[i], base) == 0;
	enum mark mark = mark_of(base);
	if (mark == MARK_ASIDE && !r->aside) {
		r->aside = r->depth;
		text_out_break(&r->rest);
	} else if (mark == MARK_TAB) {
		text_out_add(place(r), "\t", 1);
	} else if (mark == MARK_HYPHEN) {
		text_out_add(place(r), "-", 1);
	} else if (mark == MARK_SPACES && r->joins) {
		add_spaces(r, attributes);
	} else if (mark == MARK_LINE || !r->joins) {
		text_out_break(place(r));
	}
	add_values(r, attributes);
}

static void on_end(void *ctx, const char *name)
{
	struct reader *r = ctx;
	if (r->aside == r->depth)
		r->aside = 0;
	if (mark_of(local(name)) == MARK_LINE || !r->joins)
		text_out_break(place(r));
	r->depth--;
}

static void on_text(void *ctx, const char *s, int len)
{
	struct reader *r = ctx;
	text_out_add(place(r), s, (size_t)len);
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
	struct text_out seen = { .max = 2 * text->len + 2 };
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
	struct reader r = { .parser = XML_ParserCreate(NULL), .text = { .max = d->text_max }, .rest = { .max = d->text_max } };
	d->why = "out of memory";
	if (!r.parser)
		return CAUSE_LIMIT;
	XML_SetUserData(r.parser, &r);
	XML_SetElementHandler(r.parser, on_start, on_end);
	XML_SetCharacterDataHandler(r.parser, on_text);
	XML_SetCommentHandler(r.parser, on_comment);
	XML_SetProcessingInstructionHandler(r.parser, on_instruction);
	enum cause cause = parse(d, &r);
	XML_ParserFree(r.parser);
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
