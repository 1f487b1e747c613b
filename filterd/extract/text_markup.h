/* What a reader sees of a page, and behind it what its tags say.  For HTML that no parser would take, and damaged XML. */
#ifndef FILTERD_EXTRACT_TEXT_MARKUP_H
#define FILTERD_EXTRACT_TEXT_MARKUP_H

#include "extract/text_out.h"

enum markup {
	MARKUP_NONE,
	MARKUP_XML,      /* any name may be an element */
	MARKUP_HTML,     /* the same; a line's end is a space */
	MARKUP_FRAGMENT, /* HTML without its frame: what is no element of HTML is text */
};

/* What s (UTF-8) is, by libclamav's type ("CL_TYPE_…") and by how it begins. */
enum markup text_markup_kind(const char *type, const char *s, size_t size);
/* Adds the text of s to o. */
void text_markup_add(struct text_out *o, enum markup kind, const char *s, size_t size);

#endif
