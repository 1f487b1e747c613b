#include "extract/text_rtf.h"

#include "base/clock.h"
#include "extract/text_out.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 1000, WORD_MAX = 32, BYTES_MAX = 256, STEPS_BETWEEN_LOOKS = 1 << 16 };

struct group {
	bool skip;     /* not text: tables of fonts, pictures */
	unsigned uc;   /* how many letters stand in for one of \u */
};

struct reader {
	struct text_out *out;
	struct group groups[DEPTH_MAX];
	size_t depth;
	unsigned to_skip;      /* letters that stand in for the \u before */
	uint32_t high;         /* first half of a surrogate pair */
	bool starred;          /* behind \* */
	char charset[16];
	char bytes[BYTES_MAX]; /* \'xx in a row: letters of several bytes */
	size_t nbytes;
};

/* What a control word says to the text. */
static const struct {
	const char *word, *text;
} letters[] = {
	{ "par", "\n" }, { "line", "\n" }, { "sect", "\n" }, { "page", "\n" }, { "row", "\n" }, { "cell", "\t" }, { "nestcell", "\t" },
	{ "nestrow", "\n" }, { "tab", "\t" }, { "emdash", "\xe2\x80\x94" }, { "endash", "\xe2\x80\x93" }, { "bullet", "\xe2\x80\xa2" },
	{ "lquote", "\xe2\x80\x98" }, { "rquote", "\xe2\x80\x99" }, { "ldblquote", "\xe2\x80\x9c" }, { "rdblquote", "\xe2\x80\x9d" },
	{ "emspace", " " }, { "enspace", " " }, { "qmspace", " " },
	/* destinations of their own, apart from the text around */
	{ "footnote", "\n" }, { "header", "\n" }, { "footer", "\n" }, { "annotation", "\n" }, { "title", "\n" }, { "subject", "\n" },
	{ "author", "\n" }, { "keywords", "\n" }, { "comment", "\n" }, { "doccomm", "\n" }, { "fldinst", "\n" }, { "fldrslt", "\n" },
	{ "shptxt", "\n" }, { "company", "\n" }, { "manager", "\n" }, { "category", "\n" },
};

/* Groups without anything that people wrote.  Unknown ones, marked as to be skipped or not, are read. */
static const char *const skipped[] = { "fonttbl", "colortbl", "stylesheet", "listtable", "listoverridetable", "rsidtbl", "pict", "objdata",
	                               "themedata", "colorschememapping", "datastore", "latentstyles", "generator", "blipuid",
	                               "filetbl", "revtbl", "mmathPr", "xmlnstbl", "panose", "falt", "pnseclvl" };

static struct group *top(struct reader *r)
{
	return &r->groups[r->depth];
}

static void flush(struct reader *r)
{
	if (r->nbytes > 0)
		text_out_decoded(r->out, r->charset[0] ? r->charset : "CP1252", r->bytes, r->nbytes);
	r->nbytes = 0;
}

/* One letter of the file's own code page. */
static void add_byte(struct reader *r, unsigned char c)
{
	if (r->to_skip > 0) {
		r->to_skip--;
		return;
	}
	if (top(r)->skip)
		return;
	if (r->nbytes == BYTES_MAX)
		flush(r);
	r->bytes[r->nbytes++] = (char)c;
}

static void add_text(struct reader *r, const char *s)
{
	flush(r);
	if (!top(r)->skip)
		text_out_add(r->out, s, strlen(s));
}

/* \uN: UTF-16, as a signed number. */
static void add_unicode(struct reader *r, long n)
{
	uint32_t unit = (uint32_t)n & 0xffff;
	r->to_skip = top(r)->uc;
	flush(r);
	if (top(r)->skip)
		return;
	if (unit >= 0xd800 && unit < 0xdc00) {
		r->high = unit;
		return;
	}
	if (unit >= 0xdc00 && unit < 0xe000 && r->high)
		unit = 0x10000 + ((r->high - 0xd800) << 10) + (unit - 0xdc00);
	r->high = 0;
	text_out_cp(r->out, unit);
}

static void word(struct reader *r, const char *name, bool has_number, long number)
{
	bool starred = r->starred;
	r->starred = false;
	if (strcmp(name, "u") == 0 && has_number) {
		add_unicode(r, number);
		return;
	}
	r->to_skip = 0;
	if (strcmp(name, "uc") == 0) {
		top(r)->uc = number >= 0 && number < 100 ? (unsigned)number : 1;
	} else if (strcmp(name, "ansicpg") == 0 && number > 0 && number < 100000) {
		snprintf(r->charset, sizeof r->charset, "CP%ld", number);
	} else if (strcmp(name, "mac") == 0) {
		strcpy(r->charset, "MACINTOSH");
	} else if (strcmp(name, "pc") == 0) {
		strcpy(r->charset, "CP437");
	} else {
		for (size_t i = 0; i < sizeof skipped / sizeof *skipped; i++)
			if (strcmp(skipped[i], name) == 0) {
				flush(r);
				top(r)->skip = true;
				return;
			}
		for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
			if (strcmp(letters[i].word, name) == 0) {
				add_text(r, letters[i].text);
				return;
			}
		if (starred)
			add_text(r, "\n");
	}
}

static int hex(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* A control at s[0] = '\\'; returns its length. */
static size_t control(struct reader *r, const char *s, size_t size)
{
	char name[WORD_MAX + 1];
	size_t n = 1, len = 0;
	if (size < 2)
		return 1;
	if (!isalpha((unsigned char)s[1])) {
		switch (s[1]) {
		case '\'':
			if (size < 4 || !isxdigit((unsigned char)s[2]) || !isxdigit((unsigned char)s[3]))
				return 2;
			add_byte(r, (unsigned char)(hex(s[2]) * 16 + hex(s[3])));
			return 4;
		case '\\':
		case '{':
		case '}': add_byte(r, (unsigned char)s[1]); return 2;
		case '~': add_text(r, " "); return 2;
		case '_': add_text(r, "-"); return 2;
		case '\n':
		case '\r': add_text(r, "\n"); return 2;
		case '*': r->starred = true; return 2;
		default: return 2;
		}
	}
	for (; n < size && isalpha((unsigned char)s[n]); n++)
		if (len < WORD_MAX)
			name[len++] = s[n];
	name[len] = '\0';
	bool negative = n + 1 < size && s[n] == '-' && isdigit((unsigned char)s[n + 1]), has_number = false;
	long number = 0;
	if (negative)
		n++;
	for (; n < size && isdigit((unsigned char)s[n]); n++) {
		has_number = true;
		if (number < 1000000000)
			number = number * 10 + (s[n] - '0');
	}
	if (n < size && s[n] == ' ')
		n++;
	if (strcmp(name, "bin") == 0) /* raw bytes follow, braces among them */
		return number > 0 && (size_t)number < size - n ? n + (size_t)number : n;
	word(r, name, has_number, negative ? -number : number);
	return n;
}

static enum cause parse(struct document *d, struct reader *r)
{
	size_t steps = 0;
	for (size_t i = 0; i < d->size;) {
		char c = d->data[i];
		if (r->out->full) {
			d->why = "more text than may be read";
			return CAUSE_LIMIT;
		}
		if (++steps % STEPS_BETWEEN_LOOKS == 0 && clock_ms() > d->deadline_ms) {
			d->why = "no time left";
			return CAUSE_TIMEOUT;
		}
		if (c == '\\') {
			i += control(r, d->data + i, d->size - i);
			continue;
		}
		i++;
		if (c == '{') {
			flush(r);
			r->to_skip = 0;
			if (r->depth + 1 == DEPTH_MAX) {
				d->why = "nested deeper than may be read";
				return CAUSE_LIMIT;
			}
			r->groups[r->depth + 1] = r->groups[r->depth];
			r->depth++;
		} else if (c == '}') {
			flush(r);
			r->to_skip = 0;
			r->starred = false;
			if (r->depth > 0)
				r->depth--;
		} else if (c != '\r' && c != '\n' && c != '\0') {
			add_byte(r, (unsigned char)c);
		}
	}
	flush(r);
	return CAUSE_NONE;
}

bool text_rtf_is(const char *data, size_t size)
{
	size_t head = size < 64 ? size : 64;
	return memmem(data, head, "{\\rt", 4) != NULL; /* Word asks for no more */
}

enum cause text_rtf_read(struct document *d)
{
	struct text_out out = { .max = d->text_max };
	struct reader *r = calloc(1, sizeof *r);
	d->why = "out of memory";
	if (!r)
		return CAUSE_LIMIT;
	r->out = &out;
	r->groups[0].uc = 1;
	enum cause cause = parse(d, r);
	if (out.len > 0)
		d->give(d->ctx, "", ROLE_FILE, out.data, out.len);
	text_out_free(&out);
	explicit_bzero(r, sizeof *r);
	free(r);
	return cause;
}
