/* Inside of the extract room: the engine that loading makes and scanning uses. */
#ifndef FILTERD_EXTRACT_ENGINE_H
#define FILTERD_EXTRACT_ENGINE_H

#include "extract/extract.h"

#include <clamav.h>
#include <iconv.h>

enum { ENGINE_CHARSETS = 48 };

struct extract_engine {
	struct cl_engine *cl;
	struct extract_limits limits;
	unsigned local, official; /* signatures */
	iconv_t charsets[ENGINE_CHARSETS];
	size_t ncharsets;
};

/* A new libclamav engine with no signatures and all our settings; NULL without memory. */
struct cl_engine *engine_new(const struct extract_limits *limits);
/* cl_init() once per process. */
int engine_init(void) __attribute__((warn_unused_result));

#endif
