#include "model/pattern.h"

#include "base/text.h"
#include "model/jid.h"

#include <string.h>

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
	if (at && (j.local_len == 0 || !text_glob_part(pattern, (size_t)(at - pattern), j.local, j.local_len)))
		return false;
	if (strncmp(domain, "*.", 2) == 0 && !strpbrk(domain + 2, "*?"))
		return jid_domain_is(j.domain, j.domain_len, domain + 2);
	return text_glob(domain, j.domain, j.domain_len);
}

bool pattern_fits_file(const char *pattern, const char *name)
{
	for (const char *p = name; *p; p++)
		if (*p == '/' || *p == '\\')
			name = p + 1;
	size_t size = strlen(name);
	while (size > 0 && (name[size - 1] == '.' || name[size - 1] == ' '))
		size--;
	return text_glob(pattern, name, size);
}
