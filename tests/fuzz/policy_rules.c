/* The `rules` part of a rule file. */
#include "policy/rules.h"

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
	struct policy_rules *r = NULL;
	struct cfgerr err = { 0 };
	if (bundle_add_data(&b, BUNDLE_RULES, "fuzz.rules", (const char *)data, size) < 0)
		return 0;
	if (policy_rules_parse(&b, &r, &err) < 0 && (r || !err.text[0]))
		abort();
	policy_rules_free(&r);
	bundle_free(&b);
	return 0;
}
