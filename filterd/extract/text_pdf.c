#include "extract/text_pdf.h"

#include "base/clock.h"
#include "extract/text_out.h"

#include <ctype.h>
#include <poppler.h>
#include <stdio.h>
#include <string.h>

enum { PAGES_MAX = 20000, HEAD = 1024, BOOKMARKS_MAX = 100000, DEPTH_MAX = 50 };

/* poppler tells of damage only in messages; one document is read at a time. */
static unsigned errors;

static GLogWriterOutput no_messages(GLogLevelFlags level, const GLogField *fields, gsize n, gpointer ctx)
{
	for (gsize i = 0; i < n; i++)
		if (strcmp(fields[i].key, "MESSAGE") == 0 && fields[i].value && strstr((const char *)fields[i].value, "error"))
			errors++;
	return G_LOG_WRITER_HANDLED;
}

bool text_pdf_may_be(const char *data, size_t size)
{
	return memmem(data, size < HEAD ? size : HEAD, "%PDF-", 5) != NULL;
}

bool text_pdf_is(const char *data, size_t size)
{
	return text_pdf_may_be(data, size) && memmem(data, size, " obj", 4);
}

static bool has(const char *data, size_t size, const char *word)
{
	return memmem(data, size, word, strlen(word)) != NULL;
}

static bool begins(const char *data, size_t size, const char *with)
{
	return size >= strlen(with) && memcmp(data, with, strlen(with)) == 0;
}

bool text_pdf_is_own(const char *data, size_t size)
{
	if (size > 0 && data[0] != '<' && has(data, size, "BT") && has(data, size, "ET") && (has(data, size, "Tj") || has(data, size, "TJ")))
		return true;
	while (size > 0 && isspace((unsigned char)*data))
		data++, size--;
	/* fonts and their tables; dictionaries, of which poppler is not asked for programs */
	return begins(data, size, "/CIDInit") || begins(data, size, "%!PS-AdobeFont") || begins(data, size, "%!FontType") ||
	       (begins(data, size, "<<") && !has(data, size, "/JS"));
}

/* Takes s: given to g_free(). */
static void add_owned(struct text_out *o, char *s)
{
	if (!s)
		return;
	/* poppler's strings are UTF-8, whatever the file said; a form's value is not always */
	text_out_decoded(o, NULL, s, strlen(s));
	text_out_break(o);
	explicit_bzero(s, strlen(s));
	g_free(s);
}

/* True if there are attached files among them. */
static bool add_annotations(struct text_out *o, PopplerPage *page)
{
	bool files = false;
	GList *all = poppler_page_get_annot_mapping(page);
	for (GList *l = all; l; l = l->next) {
		PopplerAnnot *a = ((PopplerAnnotMapping *)l->data)->annot;
		files |= POPPLER_IS_ANNOT_FILE_ATTACHMENT(a);
		add_owned(o, poppler_annot_get_contents(a));
		if (POPPLER_IS_ANNOT_MARKUP(a)) {
			add_owned(o, poppler_annot_markup_get_label(POPPLER_ANNOT_MARKUP(a)));
			add_owned(o, poppler_annot_markup_get_subject(POPPLER_ANNOT_MARKUP(a)));
		}
	}
	poppler_page_free_annot_mapping(all);
	return files;
}

static void add_links(struct text_out *o, PopplerPage *page)
{
	GList *all = poppler_page_get_link_mapping(page);
	for (GList *l = all; l; l = l->next) {
		PopplerAction *a = ((PopplerLinkMapping *)l->data)->action;
		if (a && a->type == POPPLER_ACTION_URI)
			add_owned(o, g_strdup(a->uri.uri));
	}
	poppler_page_free_link_mapping(all);
}

static void add_fields(struct text_out *o, PopplerPage *page)
{
	GList *all = poppler_page_get_form_field_mapping(page);
	for (GList *l = all; l; l = l->next) {
		PopplerFormField *f = ((PopplerFormFieldMapping *)l->data)->field;
		if (poppler_form_field_get_field_type(f) == POPPLER_FORM_FIELD_TEXT)
			add_owned(o, poppler_form_field_text_get_text(f));
		else if (poppler_form_field_get_field_type(f) == POPPLER_FORM_FIELD_CHOICE &&
		         poppler_form_field_choice_is_editable(f))
			add_owned(o, poppler_form_field_choice_get_text(f));
	}
	poppler_page_free_form_field_mapping(all);
}

/* What a page shows, as far as it matters to whether the document was read. */
struct shown {
	bool text, pictures;
};

static bool has_pictures(PopplerPage *page)
{
	GList *all = poppler_page_get_image_mapping(page);
	bool any = all != NULL;
	poppler_page_free_image_mapping(all);
	return any;
}

static enum cause read_page(struct document *d, PopplerDocument *pdf, int index, struct text_out *o, struct shown *shown)
{
	PopplerPage *page = poppler_document_get_page(pdf, index);
	if (!page) {
		d->why = "page that can't be read";
		return CAUSE_UNSCANNABLE;
	}
	unsigned before = errors;
	size_t len = o->len;
	char *text = poppler_page_get_text(page);
	/* a page may well have no text, but not because of something in it that made no sense */
	bool lost = (!text || !text[strspn(text, " \n\f")]) && errors != before;
	add_owned(o, text);
	d->parts_unread |= add_annotations(o, page);
	add_links(o, page);
	add_fields(o, page);
	shown->text |= o->len > len;
	shown->pictures |= !shown->text && has_pictures(page);
	if (o->len > len)
		text_out_add(o, "\n", 1);
	g_object_unref(page);
	if (lost)
		d->why = "damaged page";
	return lost ? CAUSE_UNSCANNABLE : CAUSE_NONE;
}

static void add_properties(struct text_out *o, PopplerDocument *pdf)
{
	add_owned(o, poppler_document_get_title(pdf));
	add_owned(o, poppler_document_get_subject(pdf));
	add_owned(o, poppler_document_get_keywords(pdf));
	add_owned(o, poppler_document_get_author(pdf));
	add_owned(o, poppler_document_get_metadata(pdf));
}

/* The titles of bookmarks; takes iter, which may be NULL.  False if there are more than may be read. */
static bool add_bookmarks(struct document *d, struct text_out *o, PopplerIndexIter *iter, unsigned depth, unsigned *left)
{
	bool all = true;
	if (!iter)
		return true;
	do {
		if (depth > DEPTH_MAX || *left == 0 || clock_ms() > d->deadline_ms) {
			all = false;
			break;
		}
		--*left;
		PopplerAction *action = poppler_index_iter_get_action(iter);
		if (action && action->any.title)
			add_owned(o, g_strdup(action->any.title));
		if (action)
			poppler_action_free(action);
		all = add_bookmarks(d, o, poppler_index_iter_get_child(iter), depth + 1, left);
	} while (all && poppler_index_iter_next(iter));
	poppler_index_iter_free(iter);
	return all;
}

static enum cause read_pages(struct document *d, PopplerDocument *pdf, struct text_out *o)
{
	enum cause cause = CAUSE_NONE;
	struct shown shown = { 0 };
	size_t before = o->len;
	int n = poppler_document_get_n_pages(pdf);
	if (n <= 0 || n > PAGES_MAX) {
		d->why = n <= 0 ? "no pages" : "too many pages";
		return n <= 0 ? CAUSE_UNSCANNABLE : CAUSE_LIMIT;
	}
	for (int i = 0; i < n; i++) {
		if (clock_ms() > d->deadline_ms) {
			d->why = "no time left";
			return CAUSE_TIMEOUT;
		}
		enum cause of_page = read_page(d, pdf, i, o, &shown);
		if (of_page != CAUSE_NONE)
			cause = of_page; /* the other pages are read all the same */
		if (o->full) {
			d->why = "more text than may be read";
			return CAUSE_LIMIT;
		}
	}
	/* what people read in it is a picture, or drawn */
	if (cause == CAUSE_NONE && !shown.text && (shown.pictures || (before == 0 && !d->parts_unread && !poppler_document_has_attachments(pdf)))) {
		d->why = "PDF without text";
		return CAUSE_UNSCANNABLE;
	}
	return cause;
}

static PopplerDocument *open_bytes(const char *data, size_t size, GError **error)
{
	GBytes *bytes = g_bytes_new_static(data, size);
	PopplerDocument *pdf = poppler_document_new_from_bytes(bytes, NULL, error);
	g_bytes_unref(bytes);
	return pdf;
}

enum cause text_pdf_read(struct document *d)
{
	GError *error = NULL;
	struct text_out o = { .max = d->text_max };
	PopplerDocument *pdf = open_bytes(d->data, d->size, &error);
	if (!pdf) {
		bool encrypted = error && g_error_matches(error, POPPLER_ERROR, POPPLER_ERROR_ENCRYPTED);
		g_clear_error(&error);
		d->why = encrypted ? "password-protected PDF" : "damaged PDF";
		return encrypted ? CAUSE_ENCRYPTED : CAUSE_UNSCANNABLE;
	}
	unsigned bookmarks = BOOKMARKS_MAX;
	add_properties(&o, pdf);
	enum cause cause = read_pages(d, pdf, &o);
	if (!add_bookmarks(d, &o, poppler_index_iter_new(pdf), 0, &bookmarks) && cause == CAUSE_NONE) {
		d->why = "more bookmarks than may be read";
		cause = CAUSE_LIMIT;
	}
	if (o.len > 0)
		d->give(d->ctx, "", ROLE_FILE, o.data, o.len);
	text_out_free(&o);
	/* not asked for them themselves: of damaged ones poppler dies */
	d->parts_unread |= poppler_document_has_attachments(pdf);
	g_object_unref(pdf);
	return cause;
}

/* One page that says "ready". */
static size_t sample(char *dst, size_t room)
{
	static const char page[] = "BT /F1 12 Tf 72 700 Td (ready) Tj ET";
	static const char *const objects[] = {
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
		NULL,
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
	};
	enum { N = sizeof objects / sizeof *objects };
	size_t at[N], len = (size_t)snprintf(dst, room, "%%PDF-1.4\n");
	for (size_t i = 0; i < N; i++) {
		at[i] = len;
		if (objects[i])
			len += (size_t)snprintf(dst + len, room - len, "%zu 0 obj\n%s\nendobj\n", i + 1, objects[i]);
		else
			len += (size_t)snprintf(dst + len, room - len, "%zu 0 obj\n<</Length %zu>>stream\n%s\nendstream\nendobj\n", i + 1,
			                        sizeof page - 1, page);
	}
	size_t xref = len;
	len += (size_t)snprintf(dst + len, room - len, "xref\n0 %d\n0000000000 65535 f \n", N + 1);
	for (size_t i = 0; i < N; i++)
		len += (size_t)snprintf(dst + len, room - len, "%010zu 00000 n \n", at[i]);
	return len + (size_t)snprintf(dst + len, room - len, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%zu\n%%%%EOF\n", N + 1, xref);
}

int text_pdf_init(void)
{
	static char bytes[2048];
	/* while a document is open the library keeps its tables; so the workers inherit them */
	static PopplerDocument *kept;
	if (kept)
		return 0;
	g_log_set_writer_func(no_messages, NULL, NULL);
	kept = open_bytes(bytes, sample(bytes, sizeof bytes), NULL);
	PopplerPage *page = kept ? poppler_document_get_page(kept, 0) : NULL;
	if (!page)
		return -1;
	char *text = poppler_page_get_text(page);
	int r = text && strstr(text, "ready") ? 0 : -1;
	g_free(text);
	g_object_unref(page);
	return r;
}
