/* Contacts, calendars and directories (RFC 6350, 5545, 2849), which cut long lines wherever they are long. */
#ifndef FILTERD_EXTRACT_TEXT_FOLDED_H
#define FILTERD_EXTRACT_TEXT_FOLDED_H

#include "extract/text_out.h"

bool text_folded_is(const char *s, size_t size);
/* Adds the lines of s (UTF-8) in one piece each, escapes and quoted-printable (vCard 2.1) decoded. */
void text_folded_add(struct text_out *o, const char *s, size_t size);

#endif
