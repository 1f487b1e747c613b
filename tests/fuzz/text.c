/* Hostile texts through the whole engine: findings lie on code point borders, in order, and invalid text is no verdict. */
#include "base/text.h"
#include "detect/detect.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char rules[] =
	"detectors: ("
	"{ id = \"card\"; title = \"t\"; patterns = ( { regex = \"(?<!\\d)\\d{4}([ .-])\\d{4}\\1\\d{4}\\1\\d{4}(?!\\d)\"; confidence = 50; },"
	"  { regex = \"(?:\\d[ .\\-/_|,]{0,2}){12,18}\\d\"; confidence = 30; } ); validate = [ \"luhn\", \"card-iin\" ];"
	"  evidence = ( { any = [ \"card no\", \"*karte*\", \"\xe5\x8d\xa1\" ]; within = 20; add = 20; } ); },"
	"{ id = \"iban\"; title = \"t\"; patterns = ( { regex = \"(?i)[a-z]{2}\\d{2}(?:[ .-]?[a-z0-9]){11,30}\"; confidence = 60; } ); validate = [ \"iban\" ]; },"
	"{ id = \"key\"; title = \"t\"; patterns = ( { regex = \"(?i)key\\s{0,4}[:=]\\s{0,4}(?<secret>\\S{8,40})\"; confidence = 60; },"
	"  { regex = \"\\b[A-Za-z0-9/+]{40}\\b\"; confidence = 20; } ); validate = [ \"not-placeholder\" ]; exclude = { values = [ \"aaaaaaaa\" ]; patterns = [ \"a+b\" ]; }; },"
	"{ id = \"pem\"; title = \"t\"; patterns = ( { regex = \"-----BEGIN[\\s\\S]{1,4000}?-----END\"; confidence = 60; } ); },"
	"{ id = \"mail\"; title = \"t\"; patterns = ( { regex = \"[\\w.]+@[\\w.]+\\.[a-z]{2,}\"; confidence = 60; } ); },"
	"{ id = \"rest\"; title = \"t\"; patterns = ( { regex = \"\\p{Lu}\\X\\R\"; confidence = 60; }, { regex = \"(?:ab|a)+?c.*d\"; confidence = 9; } ); }"
	");";

static struct detect_set *set;
static struct detect_scratch *scratch;

static void setup(void)
{
	struct bundle b = { 0 };
	struct cfgerr err;
	if (bundle_add_data(&b, BUNDLE_RULES, "fuzz.rules", rules, sizeof rules - 1) < 0 || detect_compile(&b, &set, &err) < 0)
		abort();
	scratch = detect_scratch_new(set);
	if (!scratch)
		abort();
	bundle_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct finding out[DETECT_FINDINGS_MAX];
	const struct detect_text t = { ROLE_BODY, (const char *)data, size };
	size_t n = 0;
	if (!set)
		setup();
	enum cause cause = detect_scan(set, scratch, &t, 1, 100000, out, &n);
	if (!text_is_utf8(t.data, size) != (cause == CAUSE_UNSCANNABLE))
		abort();
	for (size_t i = 0; i < n; i++) {
		const struct finding *f = &out[i];
		if (f->start >= f->end || f->end > size || !text_is_utf8(t.data + f->start, f->end - f->start) || f->confidence < 1 || f->confidence > 100)
			abort();
		if (i > 0 && (f->start < out[i - 1].start || (f->start == out[i - 1].start && f->detector <= out[i - 1].detector)))
			abort();
	}
	return 0;
}
