/* One pattern in PCRE2, compiled twice: with UTF alone for ASCII texts, where it is several times faster and
 * finds the same, and with UTF and UCP for all others. */
#ifndef FILTERD_DETECT_REGEX_H
#define FILTERD_DETECT_REGEX_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stddef.h>
#include <stdint.h>

enum {
	REGEX_MATCH_LIMIT = 20000,
	REGEX_DEPTH_LIMIT = 2000,
	REGEX_HEAP_KIB = 4096,
	REGEX_JIT_STACK_MIN = 32 << 10,
	REGEX_JIT_STACK_MAX = 1 << 20,
};

struct regex {
	pcre2_code *ascii, *unicode;
	uint32_t ngroups;
	int jit;      /* both run as machine code */
	int callout;  /* has a callout at its end, number REGEX_CALLOUT */
	int watched;  /* has a callout at every step: the clock can stop a single call */
};

/* Asked now and then while a watched pattern runs; nonzero stops it (PCRE2_ERROR_CALLOUT). */
typedef int (*regex_tick)(void *arg);

struct regex;
typedef void (*regex_watch)(void *arg, const struct regex *r, int rc, uint64_t ns);

enum { REGEX_CALLOUT = 254 };

/* The working memory of one process: match data, JIT stack, limits.  Nothing is allocated while matching. */
struct regex_run {
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_jit_stack *stack;
	regex_tick tick; /* or NULL */
	void *tick_arg;
	regex_watch watch; /* or NULL: told of every call and what came of it, as PCRE2 says it, with the time it took */
	void *watch_arg;
};

/* Compiles UTF-8 text pattern.  On failure msg (size bytes) says why, with the offset in code units from 0.
 * callout: lets the caller judge each end that the pattern could have (regex_match_judged).  watched: several times slower,
 * for patterns whose backtracking no limit of PCRE2 bounds. */
int regex_compile(struct regex *r, const char *pattern, int callout, int watched, char *msg, size_t size) __attribute__((warn_unused_result));
void regex_free(struct regex *r);
/* The number of the group called name, or 0. */
int regex_group(const struct regex *r, const char *name);
/* 1 if a group has nearly this name, by a slip (base/nearest.h): its name goes to dst. */
int regex_misnamed(const struct regex *r, const char *name, char *dst, size_t dst_size);

int regex_run_init(struct regex_run *run, uint32_t ngroups_max) __attribute__((warn_unused_result));
void regex_run_free(struct regex_run *run);

/* A match that begins in [start, last] of the size bytes at s, which are valid UTF-8; start and last lie on code
 * point borders.  1: found, offsets in pcre2_get_ovector_pointer(run->data); 0: none; negative: a PCRE2 error
 * such as PCRE2_ERROR_MATCHLIMIT. */
int regex_match(const struct regex *r, struct regex_run *run, const char *s, size_t size, size_t start, size_t last, int ascii);

/* The same, but the match is one that judge() accepts: refused, PCRE2 goes on to other ends, then to other starts.
 * judge gets start and end of group (0: the whole match); 1: accept, 0: refuse, negative: give up. */
typedef int (*regex_judge)(void *arg, size_t start, size_t end);
int regex_match_judged(const struct regex *r, struct regex_run *run, const char *s, size_t size, size_t start, size_t last, int ascii,
                       unsigned group, regex_judge judge, void *arg);

#endif
