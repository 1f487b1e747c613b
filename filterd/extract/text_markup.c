#include "extract/text_markup.h"

#include "extract/entity.h"
#include "extract/table.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SAMPLE = 1 << 16, NAME_MAX_BYTES = 16 };

/* What an element of HTML means to the text around it. */
static const struct element {
	const char *name;
	bool breaks; /* a reader sees a new line, field or cell behind it */
} elements[] = {
	{ "a", false }, { "abbr", false }, { "article", true }, { "b", false }, { "big", false }, { "blockquote", true }, { "body", true }, { "br", true },
	{ "button", true }, { "caption", true }, { "center", true }, { "cite", false }, { "code", false }, { "dd", true }, { "del", false }, { "div", true },
	{ "dl", true }, { "dt", true }, { "em", false }, { "font", false }, { "footer", true }, { "form", true }, { "h1", true }, { "h2", true },
	{ "h3", true }, { "h4", true }, { "h5", true }, { "h6", true }, { "head", true }, { "header", true }, { "hr", true }, { "html", true }, { "i", false },
	{ "img", false }, { "input", true }, { "ins", false }, { "label", false }, { "li", true }, { "main", true }, { "mark", false }, { "nav", true },
	{ "ol", true }, { "option", true }, { "p", true }, { "pre", true }, { "script", true }, { "section", true }, { "small", false }, { "span", false },
	{ "strike", false }, { "strong", false }, { "style", true }, { "sub", false }, { "sup", false }, { "table", true }, { "tbody", true }, { "td", true },
	{ "textarea", true }, { "th", true }, { "thead", true }, { "title", true }, { "tr", true }, { "tt", false }, { "u", false }, { "ul", true },
	{ "wbr", false },
};

/* Elements of other formats that break a line; their local names. */
static const char *const breaks[] = { "cr", "tab", "si", "c", "v", "row", "h", "line-break", "table-cell", "item" };

struct reader {
	struct text_out *text, attributes;
	struct table *table; /* the innermost: what holds it is no table to the eye, but a layout */
	bool row, cell, cell_breaks;
	size_t column;
	enum markup kind;
	unsigned pre; /* inside of elements whose lines are lines */
};

static const struct element *element_of(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof elements / sizeof *elements; i++)
		if (strlen(elements[i].name) == len && strncasecmp(elements[i].name, name, len) == 0)
			return &elements[i];
	return NULL;
}

static bool is_break(const char *name, size_t len)
{
	const char *colon = memchr(name, ':', len);
	if (colon) {
		len -= (size_t)(colon + 1 - name);
		name = colon + 1;
	}
	const struct element *e = element_of(name, len);
	if (e)
		return e->breaks;
	for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++)
		if (strlen(breaks[i]) == len && strncasecmp(breaks[i], name, len) == 0)
			return true;
	return false;
}

static void end_row(struct reader *r)
{
	if (r->row)
		table_end_row(r->table);
	r->row = r->cell = false;
}

static void begin_cell(struct reader *r)
{
	if (!r->row)
		text_out_break(r->text);
	r->column = r->row ? r->column + 1 : 0;
	r->row = r->cell = true;
	r->cell_breaks = false;
}

/* True if the tag is part of a table as such. */
static bool is_of_table(struct reader *r, const char *name, size_t len, bool closes)
{
	bool cell = len == 2 && (strncasecmp(name, "td", 2) == 0 || strncasecmp(name, "th", 2) == 0);
	if (len == 5 && strncasecmp(name, "table", 5) == 0) {
		end_row(r);
		text_out_break(r->text);
		*r->table = (struct table){ .out = r->text, .row = r->table->row };
	} else if (len == 2 && strncasecmp(name, "tr", 2) == 0) {
		end_row(r);
		text_out_break(r->text);
	} else if (cell && !closes) {
		begin_cell(r);
	} else if (cell) {
		r->cell = false;
	} else {
		return false;
	}
	return true;
}

static bool is_blank(const char *s, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!isspace((unsigned char)s[i]))
			return false;
	return true;
}

static void add_break(struct reader *r)
{
	if (r->cell)
		r->cell_breaks = true;
	else if (!r->row)
		text_out_add(r->text, "\n", 1);
}

static void add_to_cell(struct reader *r, const char *s, size_t size)
{
	size_t begun = table_size(r->table, r->column);
	if ((begun == 0 || r->cell_breaks) && is_blank(s, size))
		return;
	if (begun > 0 && r->cell_breaks)
		table_add(r->table, r->column, "\n", 1);
	else if (begun > 0 && s[0] == ' ' && r->table->row.data[r->table->row.len - 1] == ' ')
		s++, size--; /* one space, on whatever side of a tag it stands */
	r->cell_breaks = false;
	table_add(r->table, r->column, s, size);
}

/* Adds markup text with its entities decoded. */
static void add_decoded(struct text_out *o, const char *s, size_t size)
{
	for (size_t i = 0; i < size && !o->full;) {
		const char *amp = memchr(s + i, '&', size - i);
		size_t plain = (amp ? (size_t)(amp - s) : size) - i, n;
		uint32_t cp;
		text_out_add(o, s + i, plain);
		i += plain;
		if (i == size)
			return;
		n = entity_decode(s + i + 1, size - i - 1, &cp);
		if (n > 0)
			text_out_cp(o, cp);
		else
			text_out_add(o, "&", 1);
		i += 1 + n;
	}
}

/* White space of a page is one space, however it is written. */
static void add_flowing(struct text_out *o, const char *s, size_t size)
{
	for (size_t i = 0; i < size && !o->full;) {
		size_t n = 0;
		while (i + n < size && isspace((unsigned char)s[i + n]))
			n++;
		if (n > 0 && o->len > 0 && !isspace((unsigned char)o->data[o->len - 1]))
			text_out_add(o, " ", 1);
		i += n;
		for (n = 0; i + n < size && !isspace((unsigned char)s[i + n]);)
			n++;
		add_decoded(o, s + i, n);
		i += n;
	}
}

static void add_text(struct reader *r, const char *s, size_t size)
{
	void (*add)(struct text_out *, const char *, size_t) = r->kind == MARKUP_HTML && !r->pre ? add_flowing : add_decoded;
	struct text_out part = { .max = r->text->max };
	if (!r->row) {
		add(r->text, s, size);
		return;
	}
	/* what stands between cells is for nobody, unless it says something */
	if (!r->cell && is_blank(s, size))
		return;
	if (add == add_flowing && size > 0 && isspace((unsigned char)s[0]))
		text_out_add(&part, " ", 1);
	add(&part, s, size);
	if (part.len > 0)
		add_to_cell(r, part.data, part.len);
	r->text->full |= part.full;
	text_out_free(&part);
}

static void add_attribute(struct reader *r, const char *s, size_t size)
{
	if (size == 0)
		return;
	add_decoded(&r->attributes, s, size);
	text_out_add(&r->attributes, "\n", 1);
}

/* The attributes of a tag, from behind its name; returns their length with the '>'. */
static size_t attributes(struct reader *r, const char *s, size_t size)
{
	size_t i = 0;
	while (i < size && s[i] != '>') {
		if (s[i] == '"' || s[i] == '\'') {
			const char *end = memchr(s + i + 1, s[i], size - i - 1);
			if (!end)
				break;
			add_attribute(r, s + i + 1, (size_t)(end - s) - i - 1);
			i = (size_t)(end - s);
		} else if (s[i] == '=' && i + 1 < size && !strchr("\"' \t\r\n>", s[i + 1])) { /* a value without quotes */
			size_t begin = i + 1;
			while (i + 1 < size && s[i + 1] != '>' && !isspace((unsigned char)s[i + 1]))
				i++;
			add_attribute(r, s + begin, i + 1 - begin);
		} else if (r->kind == MARKUP_FRAGMENT && !isspace((unsigned char)s[i]) && !strchr("=/", s[i])) {
			/* it may be no tag at all */
			size_t begin = i;
			while (i + 1 < size && !strchr("=>\"'", s[i + 1]) && !isspace((unsigned char)s[i + 1]))
				i++;
			add_attribute(r, s + begin, i + 1 - begin);
		}
		i++;
	}
	return i < size ? i + 1 : size;
}

static bool is_preformatted(const char *name, size_t len)
{
	return (len == 3 && strncasecmp(name, "pre", 3) == 0) || (len == 8 && strncasecmp(name, "textarea", 8) == 0) ||
	       (len == 6 && strncasecmp(name, "script", 6) == 0) || (len == 5 && strncasecmp(name, "style", 5) == 0);
}

/* One tag at s[0] = '<'.  Returns its length, or 0 if it is none. */
static size_t tag(struct reader *r, const char *s, size_t size)
{
	size_t i = 1, name;
	if (size >= 4 && memcmp(s, "<!--", 4) == 0) { /* comments are content too: people hide things there */
		const char *end = memmem(s + 4, size - 4, "-->", 3);
		size_t len = end ? (size_t)(end - s) : size;
		text_out_add(&r->attributes, s + 4, len - 4);
		text_out_add(&r->attributes, "\n", 1);
		return end ? len + 3 : len;
	}
	if (size >= 9 && memcmp(s, "<![CDATA[", 9) == 0) {
		const char *end = memmem(s + 9, size - 9, "]]>", 3);
		size_t len = end ? (size_t)(end - s) : size;
		if (r->row)
			add_to_cell(r, s + 9, len - 9);
		else
			text_out_add(r->text, s + 9, len - 9);
		return end ? len + 3 : len;
	}
	bool closes = i < size && s[i] == '/';
	i += closes;
	for (name = i; i < size && s[i] != '>' && s[i] != '/' && !isspace((unsigned char)s[i]); i++)
		;
	if (r->kind == MARKUP_FRAGMENT && !element_of(s + name, i - name))
		return 0;
	if (!is_of_table(r, s + name, i - name, closes) && is_break(s + name, i - name))
		add_break(r);
	if (is_preformatted(s + name, i - name)) {
		if (!closes)
			r->pre++;
		else if (r->pre > 0)
			r->pre--;
	}
	return i + attributes(r, s + i, size - i);
}

void text_markup_add(struct text_out *o, enum markup kind, const char *s, size_t size)
{
	struct reader r = { .text = o, .attributes = { .max = o->max }, .kind = kind, .table = calloc(1, sizeof *r.table) };
	if (!r.table) {
		o->full = true;
		return;
	}
	r.table->out = o;
	for (size_t i = 0; i < size && !o->full;) {
		size_t n = 0;
		if (s[i] == '<' && i + 1 < size && (isalpha((unsigned char)s[i + 1]) || (s[i + 1] && strchr("/!?", s[i + 1]))))
			n = tag(&r, s + i, size - i);
		if (n == 0) {
			const char *next = memchr(s + i + 1, '<', size - i - 1);
			n = next ? (size_t)(next - s) - i : size - i;
			add_text(&r, s + i, n);
		}
		i += n;
	}
	end_row(&r);
	table_free(r.table);
	free(r.table);
	text_out_add(o, "\n", 1);
	if (r.attributes.len > 0)
		text_out_add(o, r.attributes.data, r.attributes.len);
	o->full |= r.attributes.full;
	text_out_free(&r.attributes);
}

/* Elements that end, or stand alone: what only looks like one, in a formula or a program, does neither. */
static bool has_elements(const char *s, size_t size)
{
	size_t left = size < SAMPLE ? size : SAMPLE;
	for (const char *p = s, *end = s + left; (p = memchr(p, '<', (size_t)(end - p))); p++) {
		const char *name = p + 1 + (end - p > 1 && p[1] == '/');
		size_t len = 0;
		while (len < NAME_MAX_BYTES && name + len < end && isalnum((unsigned char)name[len]))
			len++;
		if (len == 0 || name + len == end || !element_of(name, len))
			continue;
		if ((p[1] == '/' && name[len] == '>') || (len == 2 && strncasecmp(name, "br", 2) == 0 && strchr("/> ", name[len])))
			return true;
	}
	return false;
}

enum markup text_markup_kind(const char *type, const char *s, size_t size)
{
	static const struct {
		const char *start;
		enum markup kind;
	} starts[] = { { "<?xml", MARKUP_XML }, { "<!doctype", MARKUP_HTML }, { "<html", MARKUP_HTML }, { "<svg", MARKUP_XML }, { "<w:", MARKUP_XML },
		       { "<office:", MARKUP_XML } };
	if (strstr(type, "HTML"))
		return MARKUP_HTML;
	if (strstr(type, "XML"))
		return MARKUP_XML;
	const char *first = s, *end = s + size;
	while (first < end && isspace((unsigned char)*first))
		first++;
	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
		if ((size_t)(end - first) >= strlen(starts[i].start) && strncasecmp(first, starts[i].start, strlen(starts[i].start)) == 0)
			return starts[i].kind;
	return has_elements(s, size) ? MARKUP_FRAGMENT : MARKUP_NONE;
}
