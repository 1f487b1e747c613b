#include "model/pattern.h"

#include "base/text.h"
#include "model/jid.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

/* Bytes of the code point at s; of what is no UTF-8, one. */
static size_t point(const char *s, size_t size)
{
	uint32_t cp;
	int n = text_decode(s, size, &cp);
	return n > 0 ? (size_t)n : 1;
}

static bool fits(const char *pattern, size_t pattern_size, const char *s, size_t size)
{
	size_t p = 0, i = 0, star = SIZE_MAX, retry = 0;
	while (i < size) {
		if (p < pattern_size && pattern[p] == '*') {
			star = p++;
			retry = i;
		} else if (p < pattern_size && pattern[p] == '?') {
			p++;
			i += point(s + i, size - i);
		} else if (p < pattern_size && tolower((unsigned char)pattern[p]) == tolower((unsigned char)s[i])) {
			p++;
			i++;
		} else if (star != SIZE_MAX) { /* only the last star can be what took too little */
			p = star + 1;
			retry += point(s + retry, size - retry);
			i = retry;
		} else {
			return false;
		}
	}
	while (p < pattern_size && pattern[p] == '*')
		p++;
	return p == pattern_size;
}

bool pattern_fits(const char *pattern, const char *s, size_t size)
{
	return fits(pattern, strlen(pattern), s, size);
}

bool pattern_jid_is_good(const char *pattern)
{
	const char *at = strchr(pattern, '@'), *domain = at ? at + 1 : pattern;
	return at != pattern && domain[0] && domain[0] != '.' && !strpbrk(domain, "@/ \t") && !strpbrk(pattern, " \t/");
}

bool pattern_fits_jid(const char *pattern, const char *jid, size_t size)
{
	struct jid j;
	const char *at = strchr(pattern, '@'), *domain = at ? at + 1 : pattern;
	if (jid_parse(jid, size, &j) < 0)
		return false;
	if (at && (j.local_len == 0 || !fits(pattern, (size_t)(at - pattern), j.local, j.local_len)))
		return false;
	if (strncmp(domain, "*.", 2) == 0 && !strpbrk(domain + 2, "*?"))
		return jid_domain_is(j.domain, j.domain_len, domain + 2);
	return pattern_fits(domain, j.domain, j.domain_len);
}

bool pattern_fits_file(const char *pattern, const char *name)
{
	for (const char *p = name; *p; p++)
		if (*p == '/' || *p == '\\')
			name = p + 1;
	size_t size = strlen(name);
	while (size > 0 && (name[size - 1] == '.' || name[size - 1] == ' '))
		size--;
	return pattern_fits(pattern, name, size);
}
