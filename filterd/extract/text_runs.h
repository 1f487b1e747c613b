/* Runs of readable letters among bytes that are no text: what a picture, a recording, a database or an unknown file says. */
#ifndef FILTERD_EXTRACT_TEXT_RUNS_H
#define FILTERD_EXTRACT_TEXT_RUNS_H

#include "extract/text_out.h"

/* Adds each run of eight letters or more, in UTF-8 or Latin-1 and then in UTF-16LE and UTF-16BE, on a line of its own. */
void text_runs_add(struct text_out *o, const char *data, size_t size);

#endif
