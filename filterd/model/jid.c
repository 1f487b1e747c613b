#include "model/jid.h"

#include <string.h>
#include <strings.h>

size_t jid_bare_len(const char *s, size_t size)
{
	const char *slash = memchr(s, '/', size);
	return slash ? (size_t)(slash - s) : size;
}

int jid_parse(const char *s, size_t size, struct jid *jid_r)
{
	if (size == 0 || size > JID_MAX)
		return -1;
	struct jid j = { 0 };
	size_t bare = jid_bare_len(s, size);
	if (bare < size) {
		j.resource = s + bare + 1;
		j.resource_len = size - bare - 1;
	}
	const char *at = memchr(s, '@', bare);
	if (at) {
		j.local = s;
		j.local_len = (size_t)(at - s);
		s = at + 1;
		bare -= j.local_len + 1;
	}
	if (bare > 1 && s[bare - 1] == '.') /* the same domain, RFC 7622 section 3.2; it must not be another zone's */
		bare--;
	if (bare == 0)
		return -1;
	j.domain = s;
	j.domain_len = bare;
	*jid_r = j;
	return 0;
}

size_t jid_key(const char *s, size_t size, char *dst)
{
	struct jid j;
	size_t n = 0;
	if (jid_parse(s, size, &j) == 0) {
		if (j.local_len > 0)
			memcpy(dst, j.local, j.local_len);
		dst[j.local_len] = '@';
		memcpy(dst + j.local_len + 1, j.domain, j.domain_len);
		n = j.local_len + 1 + j.domain_len;
	}
	for (size_t i = 0; i < n; i++)
		if (dst[i] >= 'A' && dst[i] <= 'Z')
			dst[i] = (char)(dst[i] + 'a' - 'A');
	dst[n] = '\0';
	return n + 1;
}

bool jid_domain_is(const char *domain, size_t domain_len, const char *suffix)
{
	size_t n = strlen(suffix);
	if (n == 0 || domain_len < n || strncasecmp(domain + domain_len - n, suffix, n) != 0)
		return false;
	return domain_len == n || domain[domain_len - n - 1] == '.';
}
