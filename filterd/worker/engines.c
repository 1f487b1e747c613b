#include "worker/engines.h"

#include <clamav.h>
#include <stdio.h>

static struct extract_limits limits_of(const struct conf_scan *s)
{
	return (struct extract_limits){
		.file_max = (uint64_t)s->file_max,
		.scan_max = (uint64_t)s->scan_max,
		.files_max = (uint32_t)s->files_max,
		.recursion_max = (uint32_t)s->recursion_max,
		.time_ms = (uint32_t)s->file_time_ms,
	};
}

int engines_load(const struct conf *conf, const struct bundle *b, struct engines *e_r, struct cfgerr *err)
{
	struct engines e = { 0 };
	struct extract_limits limits = limits_of(&conf->scan);
	if (detect_compile_with(b, (enum detect_matcher)conf->scan.matcher, &e.detect, err) < 0 || detect_selftest(e.detect, err) < 0 ||
	    extract_load(conf->scan.signatures, conf->scan.official, &limits, &e.extract, err) < 0) {
		engines_free(&e);
		return -1;
	}
	snprintf(e.summary, sizeof e.summary, "ClamAV %s, %u signatures (%u official), %zu detectors%s%s", cl_retver(),
	         extract_signatures(e.extract), extract_official_signatures(e.extract), detect_count(e.detect),
	         detect_jit(e.detect) ? "" : ", no JIT", detect_matcher(e.detect));
	const char *matcher = detect_degraded(e.detect), *jit = detect_jit(e.detect) ? "" : "PCRE2's JIT is not available, patterns are interpreted";
	snprintf(e.degraded, sizeof e.degraded, "%s%s%s", matcher, *matcher && *jit ? "; " : "", jit);
	*e_r = e;
	return 0;
}

void engines_free(struct engines *e)
{
	extract_free(&e->extract);
	detect_free(&e->detect);
	*e = (struct engines){ 0 };
}
