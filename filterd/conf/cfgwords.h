/* A list of strings as it stands in a file (conf/cfgread.h reads it). */
#ifndef FILTERD_CONF_CFGWORDS_H
#define FILTERD_CONF_CFGWORDS_H

#include <stddef.h>

struct cfg_words {
	const char **item;
	const char **file; /* of each item, for error messages, and its line */
	int *line;
	size_t n;
};

#endif
