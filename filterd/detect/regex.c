#include "detect/regex.h"

#include "base/clock.h"
#include "base/nearest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* \C would stop inside a code point, (*…) verbs could switch UTF, UCP and the limits off. */
static int compile_one(pcre2_code **code_r, const char *pattern, uint32_t options, int *jit, char *msg, size_t size)
{
	int error;
	PCRE2_SIZE at;
	options |= PCRE2_UTF | PCRE2_USE_OFFSET_LIMIT | PCRE2_NEVER_BACKSLASH_C | PCRE2_NEVER_UCP * !(options & PCRE2_UCP);
	*code_r = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, options, &error, &at, NULL);
	if (!*code_r) {
		PCRE2_UCHAR text[200];
		pcre2_get_error_message(error, text, sizeof text);
		snprintf(msg, size, "%s, at offset %zu", (char *)text, (size_t)at);
		return -1;
	}
	if (pcre2_jit_compile(*code_r, PCRE2_JIT_COMPLETE) != 0)
		*jit = 0;
	return 0;
}

/* Of (?i)[[:upper:]] PCRE2 makes something else with UCP than without, in ASCII too. */
static int differs_by_ucp(const char *pattern)
{
	return strstr(pattern, "upper:]") || strstr(pattern, "lower:]");
}

static int compile_both(struct regex *r, const char *pattern, int watched, char *msg, size_t size)
{
	uint32_t options = (watched ? PCRE2_AUTO_CALLOUT : 0) | (differs_by_ucp(pattern) ? PCRE2_UCP : 0);
	*r = (struct regex){ .jit = 1, .watched = watched };
	if (compile_one(&r->ascii, pattern, options, &r->jit, msg, size) < 0 ||
	    compile_one(&r->unicode, pattern, options | PCRE2_UCP, &r->jit, msg, size) < 0) {
		regex_free(r);
		return -1;
	}
	pcre2_pattern_info(r->ascii, PCRE2_INFO_CAPTURECOUNT, &r->ngroups);
	return 0;
}

enum { AUTO_CALLOUT = 255 }; /* PCRE2's own number, of PCRE2_AUTO_CALLOUT */

static int is_foreign(pcre2_callout_enumerate_block *b, void *arg)
{
	return b->callout_number != AUTO_CALLOUT;
}

int regex_compile(struct regex *r, const char *pattern, int callout, int watched, char *msg, size_t size)
{
	if (strncmp(pattern, "(*", 2) == 0) {
		snprintf(msg, size, "a pattern must not begin with a (*VERB), at offset 0");
		return -1;
	}
	struct regex plain;
	if (compile_both(&plain, pattern, watched, msg, size) < 0) /* first, so that messages are about what the author wrote */
		return -1;
	if (pcre2_callout_enumerate(plain.ascii, is_foreign, NULL) != 0) { /* it would be taken for ours */
		snprintf(msg, size, "a pattern must not have callouts, (?C…), at offset 0");
		regex_free(&plain);
		return -1;
	}
	*r = plain;
	char *with = callout ? malloc(strlen(pattern) + 32) : NULL, ignored[8];
	if (!with)
		return 0;
	sprintf(with, "(?:%s)(?C%d)", pattern, REGEX_CALLOUT);
	/* an open comment or \Q would swallow the callout: then it stays without */
	if (compile_both(r, with, watched, ignored, sizeof ignored) == 0 && r->ngroups == plain.ngroups) {
		r->callout = 1;
		regex_free(&plain);
	} else {
		regex_free(r);
		*r = plain;
	}
	free(with);
	return 0;
}

void regex_free(struct regex *r)
{
	pcre2_code_free(r->ascii);
	pcre2_code_free(r->unicode);
	*r = (struct regex){ 0 };
}

int regex_group(const struct regex *r, const char *name)
{
	int n = pcre2_substring_number_from_name(r->ascii, (PCRE2_SPTR)name);
	return n > 0 ? n : 0;
}

int regex_misnamed(const struct regex *r, const char *name, char *dst, size_t dst_size)
{
	uint32_t n = 0, size = 0;
	PCRE2_SPTR table = NULL;
	if (pcre2_pattern_info(r->ascii, PCRE2_INFO_NAMECOUNT, &n) != 0 || pcre2_pattern_info(r->ascii, PCRE2_INFO_NAMEENTRYSIZE, &size) != 0 ||
	    pcre2_pattern_info(r->ascii, PCRE2_INFO_NAMETABLE, &table) != 0)
		return 0;
	for (uint32_t i = 0; i < n; i++) { /* two bytes of its number, then its name */
		struct nearest near = { .word = (const char *)table + (size_t)i * size + 2 };
		nearest_try(&near, name);
		if (near.best) {
			snprintf(dst, dst_size, "%s", near.word);
			return 1;
		}
	}
	return 0;
}

int regex_run_init(struct regex_run *run, uint32_t ngroups_max)
{
	*run = (struct regex_run){ 0 };
	run->data = pcre2_match_data_create(ngroups_max + 1, NULL);
	run->context = pcre2_match_context_create(NULL);
	run->stack = pcre2_jit_stack_create(REGEX_JIT_STACK_MIN, REGEX_JIT_STACK_MAX, NULL);
	if (!run->data || !run->context || !run->stack) {
		regex_run_free(run);
		return -1;
	}
	pcre2_set_match_limit(run->context, REGEX_MATCH_LIMIT);
	pcre2_set_depth_limit(run->context, REGEX_DEPTH_LIMIT);
	pcre2_set_heap_limit(run->context, REGEX_HEAP_KIB);
	pcre2_jit_stack_assign(run->context, NULL, run->stack);
	return 0;
}

void regex_run_free(struct regex_run *run)
{
	pcre2_match_data_free(run->data);
	pcre2_match_context_free(run->context);
	pcre2_jit_stack_free(run->stack);
	*run = (struct regex_run){ 0 };
}

struct judging {
	regex_judge judge; /* or NULL: every end will do */
	void *arg;
	unsigned group;
	const struct regex_run *run;
};

static int on_callout(pcre2_callout_block *b, void *arg)
{
	const struct judging *j = arg;
	size_t start = b->start_match, end = b->current_position;
	if (b->callout_number != REGEX_CALLOUT)
		return j->run->tick && j->run->tick(j->run->tick_arg) ? PCRE2_ERROR_CALLOUT : 0;
	if (!j->judge)
		return 0;
	if (j->group) {
		if (j->group >= b->capture_top || b->offset_vector[2 * j->group] == PCRE2_UNSET)
			return 1;
		start = b->offset_vector[2 * j->group];
		end = b->offset_vector[2 * j->group + 1];
	}
	int r = j->judge(j->arg, start, end);
	return r < 0 ? PCRE2_ERROR_CALLOUT : !r;
}

int regex_match_judged(const struct regex *r, struct regex_run *run, const char *s, size_t size, size_t start, size_t last, int ascii,
                       unsigned group, regex_judge judge, void *arg)
{
	struct judging j = { judge, arg, group, run };
	int use = r->watched || judge;
	pcre2_set_offset_limit(run->context, last);
	pcre2_set_callout(run->context, use ? on_callout : NULL, use ? &j : NULL);
	uint64_t begin = run->watch ? clock_ns() : 0;
	int rc = pcre2_match(ascii ? r->ascii : r->unicode, (PCRE2_SPTR)s, size, start, PCRE2_NO_UTF_CHECK, run->data, run->context);
	if (run->watch)
		run->watch(run->watch_arg, r, rc, clock_ns() - begin);
	return rc >= 0 ? 1 : rc == PCRE2_ERROR_NOMATCH ? 0 : rc;
}

int regex_match(const struct regex *r, struct regex_run *run, const char *s, size_t size, size_t start, size_t last, int ascii)
{
	return regex_match_judged(r, run, s, size, start, last, ascii, 0, NULL, NULL);
}
