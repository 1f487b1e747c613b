/* The configuration file: an admin writes it, but a parser is a parser. */
#include "conf/conf.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libconfig 1.5 loses the text it holds when it meets a syntax error behind it: a few bytes for each broken file. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig_yy\nleak:libconfig.so\n";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bundle b = { 0 };
	struct conf *c = NULL;
	struct cfgerr err = { 0 };
	if (bundle_add_data(&b, BUNDLE_CONFIG, "/fuzz.conf", (const char *)data, size) < 0)
		return 0;
	if (conf_parse(&b, &c, &err) == 0) {
		/* what is accepted keeps its promises */
		if (c->nlinks == 0 || c->npolicies == 0 || c->policies[c->npolicies - 1].from[0] != '*' || c->scan.file_max < 1)
			abort();
	} else if (c || !err.text[0]) {
		abort();
	}
	conf_free(&c);
	bundle_free(&b);
	return 0;
}
