/* Rule files: what is accepted compiles, scans within its budget and gives sane findings. */
#include "detect/detect.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libconfig 1.5 loses the text it holds when it meets a syntax error behind it: a few bytes for each broken file. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig_yy\nleak:libconfig.so\n";
}

static void scan(const struct detect_set *set)
{
	static const char text[] = "abc 4012 8888 8888 1881 key=Zz9+/ eyJhbGciOi — ４０１２\n-----BEGIN A PRIVATE KEY-----";
	static struct finding out[DETECT_FINDINGS_MAX];
	const struct detect_text t = { ROLE_BODY, text, sizeof text - 1 };
	struct detect_scratch *s = detect_scratch_new(set);
	size_t n = 0;
	if (!s)
		return;
	enum cause cause = detect_scan(set, s, &t, 1, 20000, out, &n);
	if ((cause != CAUSE_NONE && cause != CAUSE_OVER_BUDGET) || n > DETECT_FINDINGS_MAX)
		abort();
	for (size_t i = 0; i < n; i++)
		if (out[i].start >= out[i].end || out[i].end > t.size || out[i].detector >= detect_count(set) || out[i].confidence < 1 || out[i].confidence > 100)
			abort();
	detect_scratch_free(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bundle b = { 0 };
	struct detect_set *set = NULL;
	struct cfgerr err = { 0 };
	if (size > 1 << 16 || bundle_add_data(&b, BUNDLE_RULES, "fuzz.rules", (const char *)data, size) < 0)
		return 0;
	if (detect_compile(&b, &set, &err) == 0)
		scan(set);
	else if (set || !err.text[0])
		abort();
	detect_free(&set);
	bundle_free(&b);
	return 0;
}
