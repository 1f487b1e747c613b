#include "extract/text_ole.h"

#include "base/clock.h"
#include "extract/layer_text.h"
#include "extract/ole.h"
#include "extract/text_biff.h"
#include "extract/text_out.h"
#include "extract/text_word.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A stream that has to wait for another. */
struct kept {
	char *data;
	size_t size;
};

struct reader {
	struct document *doc;
	struct kept word, tables[2];
	enum cause cause;
};

static bool keep(struct kept *k, const void *data, size_t size)
{
	if (k->data)
		return true;
	k->data = malloc(size);
	if (!k->data)
		return false;
	memcpy(k->data, data, size);
	k->size = size;
	return true;
}

static void drop(struct kept *k)
{
	if (k->data)
		explicit_bzero(k->data, k->size);
	free(k->data);
}

/* Ends with o: gives it, and frees it.  The stream itself needs no second look if all of it was read. */
static void give(struct reader *r, const char *name, struct text_out *o, bool whole, const void *data, size_t size)
{
	struct document *d = r->doc;
	if (o->len > 0)
		d->give(d->ctx, name, ROLE_FILE, o->data, o->len);
	if (o->full)
		document_fail(r->doc, &r->cause, CAUSE_LIMIT, "more text than may be read");
	else if (whole)
		d->given(d->ctx, data, size);
	text_out_free(o);
}

static void give_workbook(struct reader *r, const char *name, const char *data, size_t size)
{
	struct text_out o = { .max = r->doc->text_max };
	enum cause cause = text_biff_add(&o, data, size);
	if (cause == CAUSE_ENCRYPTED)
		document_fail(r->doc, &r->cause, cause, "Filterd.Encrypted.XLS"); /* as the signature of it is called */
	else if (cause != CAUSE_NONE)
		document_fail(r->doc, &r->cause, cause, "damaged workbook");
	give(r, name, &o, cause == CAUSE_NONE, data, size);
}

/* MS-PPT, 2.3.1: containers hold records, and these two atoms text. */
static bool add_slides(struct text_out *o, const uint8_t *s, size_t size)
{
	enum { CONTAINER = 0xf, CHARS = 0xfa0, BYTES = 0xfa8, STRING = 0xfba };
	size_t at = 0;
	while (size - at >= 8 && !o->full) {
		unsigned kind = s[at + 2] | (unsigned)s[at + 3] << 8;
		size_t len = s[at + 4] | (size_t)s[at + 5] << 8 | (size_t)s[at + 6] << 16 | (size_t)s[at + 7] << 24;
		bool holds = (s[at] & 0xf) == CONTAINER;
		at += 8;
		if (len > size - at)
			return false;
		size_t begin = o->len;
		if (kind == BYTES && !holds)
			text_out_decoded(o, "ISO-8859-1", (const char *)s + at, len);
		else if ((kind == CHARS || kind == STRING) && !holds)
			text_out_decoded(o, "UTF-16LE", (const char *)s + at, len & ~(size_t)1);
		for (size_t i = begin; i < o->len; i++) /* ends of paragraphs and lines */
			if (o->data[i] == '\r' || o->data[i] == '\v')
				o->data[i] = '\n';
		text_out_break(o);
		at += holds ? 0 : len;
	}
	return at == size;
}

static void give_slides(struct reader *r, const char *name, const char *data, size_t size)
{
	struct text_out o = { .max = r->doc->text_max };
	bool whole = add_slides(&o, (const uint8_t *)data, size);
	give(r, name, &o, whole, data, size);
}

/* Properties of a message: type 001F is UTF-16, 001E of the sender's code page. */
static void give_property(struct reader *r, const char *name, const char *data, size_t size)
{
	struct text_out o = { .max = r->doc->text_max };
	if (strcmp(name + strlen(name) - 4, "001F") == 0)
		text_out_decoded(&o, "UTF-16LE", data, size & ~(size_t)1);
	else
		text_out_decoded(&o, NULL, data, size);
	give(r, name, &o, true, data, size);
}

static void give_page(struct reader *r, const char *name, const char *data, size_t size)
{
	struct layer_text t;
	int got = layer_text_plain("CL_TYPE_HTML", data, size, &t);
	if (got < 0)
		document_fail(r->doc, &r->cause, CAUSE_LIMIT, "out of memory");
	if (got > 0) {
		r->doc->give(r->doc->ctx, name, ROLE_FILE, t.data, t.size);
		r->doc->given(r->doc->ctx, data, size);
	}
	layer_text_free(&t);
}

static bool ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), e = strlen(end);
	return n >= e && strcmp(name + n - e, end) == 0;
}

static enum cause on_stream(void *ctx, const char *name, const void *data, size_t size)
{
	struct reader *r = ctx;
	const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
	bool kept = true;
	if (strcmp(base, "Workbook") == 0 || strcmp(base, "Book") == 0)
		give_workbook(r, name, data, size);
	else if (strcmp(base, "PowerPoint Document") == 0)
		give_slides(r, name, data, size);
	else if (strcmp(name, "WordDocument") == 0)
		kept = keep(&r->word, data, size);
	else if (strcmp(name, "0Table") == 0 || strcmp(name, "1Table") == 0)
		kept = keep(&r->tables[name[0] - '0'], data, size);
	else if (strcmp(base, "__substg1.0_10130102") == 0)
		give_page(r, name, data, size);
	else if (strncmp(base, "__substg1.0_", 12) == 0 && (ends_in(base, "001F") || ends_in(base, "001E")))
		give_property(r, name, data, size);
	if (!kept)
		document_fail(r->doc, &r->cause, CAUSE_LIMIT, "out of memory");
	return r->cause == CAUSE_LIMIT ? CAUSE_LIMIT : CAUSE_NONE; /* of what is damaged, the rest is read all the same */
}

static void give_document(struct reader *r)
{
	struct kept *word = &r->word;
	int which = word->data ? text_word_table(word->data, word->size) : -1;
	struct text_out o = { .max = r->doc->text_max };
	bool whole;
	if (which < 0 || !r->tables[which].data)
		return;
	enum cause cause = text_word_add(&o, word->data, word->size, r->tables[which].data, r->tables[which].size, &whole);
	if (cause == CAUSE_ENCRYPTED)
		document_fail(r->doc, &r->cause, cause, "Filterd.Encrypted.DOC");
	else if (cause != CAUSE_NONE)
		document_fail(r->doc, &r->cause, cause, "damaged document");
	give(r, "WordDocument", &o, whole, word->data, word->size);
}

enum cause text_ole_read(struct document *d)
{
	struct reader *r = calloc(1, sizeof *r);
	struct archive_budget budget = { .member_max = d->text_max, .total_left = d->unpack_max, .members_left = d->parts_max,
		                         .deadline_ms = d->deadline_ms };
	const char *why;
	d->why = "out of memory";
	if (!r)
		return CAUSE_LIMIT;
	r->doc = d;
	enum cause cause = ole_unpack(d->data, d->size, &budget, on_stream, r, &why);
	if (cause == CAUSE_NONE) {
		give_document(r);
		cause = r->cause;
	} else if (r->cause == CAUSE_NONE) {
		d->why = why;
	}
	drop(&r->word);
	drop(&r->tables[0]);
	drop(&r->tables[1]);
	free(r);
	d->parts_unread = true;
	return cause;
}
