/* What an archive says itself, beside the files in it: comments, the name of what was compressed, where links go. */
#ifndef FILTERD_EXTRACT_NOTES_H
#define FILTERD_EXTRACT_NOTES_H

#include "extract/text_out.h"

/* Adds it, a line each; nothing if these bytes are no zip, gzip or tar archive. */
void notes_add(struct text_out *o, const char *data, size_t size);

#endif
